"""Attio's assert: one request that creates a record, or updates the one with the same value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from attio_orm import signals
from attio_orm.conditions.paths import PARENT
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, emit
from attio_orm.errors import BadRequestError, ValidationError
from attio_orm.query.query import Query
from attio_orm.records.assignment import refuse_nameless, settle_extra, settle_titles, spec_of
from attio_orm.records.back_references import forget, seen_from
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.changes import changes
from attio_orm.records.loading import LoadContext, accepting, load_context, materialize
from attio_orm.records.names import required_attribute
from attio_orm.records.relations import model_of
from attio_orm.records.rows import endpoint_of
from attio_orm.records.state import UNKNOWN_BASE, Edit, changed, edit_of, local_values
from attio_orm.transport.dry_run import NotSent
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import Reference, ReferenceMatch
from attio_orm.writes import conflicts, settling
from attio_orm.writes.planner import ChangeSet, whole
from attio_orm.writes.saving import (
    check_changes,
    check_receivers,
    load_choices,
    make_matches,
    noting,
)
from attio_orm.writes.traces import Sent

M = TypeVar("M", bound=Record)


def build(query: Query[M], values: Mapping[str, object]) -> Operation[M]:
    """An unsaved instance of these values, on the query's connection."""
    refuse_nameless(values)
    connection = query.connection
    yield from connection.mapping.ready(query.model, writing=True)
    yield from load_choices(connection, query.model, values)
    with connection.active():
        record = query.model(**values)
    yield from adopt(record, query)
    return record


def adopt(record: Record, query: Query[M]) -> Operation[None]:
    """Give an unsaved record its connection and session, where it has none."""
    connection, state = query.connection, state_of(record)
    connection.check_open()
    if state.context is None:
        state.attach((yield from load_context(connection, mode=query.mode)))
    elif state.connection is not connection:
        raise ValidationError(f"{record!r} belongs to another connection ({state.connection!r}).")


def upsert(query: Query[M], matching: str, values: Mapping[str, object]) -> Operation[M]:
    """Create or update by a unique attribute, in one request."""
    yield from check_receivers(query.model)
    record = yield from build(query, values)
    model, context = query.model, state_of(record).context
    assert context is not None
    yield from settle_extra(record, context.connection)
    yield from settle_titles(record, None)
    attribute = required_attribute(record, matching)
    _check_matching(record, attribute, matching, context)
    signals.refuse_coroutines(signals.post_load, model)
    # Attio answers alike, whether it made the record or changed it
    payload = {"instance": record, "created": None, "connection": context.connection}
    before = changes(record)
    yield from emit(signals.pre_save, model, **payload, changes=before)
    change_set = ChangeSet(_edits(record, values))
    yield from check_changes(record, context, change_set)
    # Attio makes none itself: it would refuse
    change_set = yield from make_matches(record, context, change_set, make)
    sent = {edit.slug: whole(edit) for edit in change_set.edits.values()}
    object = mapper_of(model).object
    accept = accepting(context.connection, object)
    settle = settling.of_upsert(record, context, attribute, _sent(record, attribute, change_set))
    try:
        with noting(record, sent):
            row = yield from endpoint_of(object).assert_(
                context.connection.transport, attribute.slug, sent, accept, settle
            )
    except BadRequestError as error:
        conflicts.explain(error, record, context, change_set.edits.values())
        if not mapper_of(model).is_entry or error.code != "multiple_match_results":
            raise
        parent = local_values(record, attribute)[0]
        raise model.MultipleObjectsReturned(
            f"{parent!r} has several entries in the list, and Attio cannot tell which one to "
            f"update. Choose one of {model.__name__}.objects.filter(parent=...), change it and "
            f"save it."
        ) from error
    if isinstance(row, NotSent):
        return record
    # before the row is taken in: afterwards nobody knows what the record referred to
    edits = seen_from(context, model, row.id.record_id, sent)
    (found,) = materialize(model, [row], context)
    forget(found, context, edits)
    yield from emit(signals.post_save, model, **{**payload, "instance": found}, changes=before)
    return found


def _edits(record: Record, names: Iterable[str]) -> dict[str, Edit]:
    """What the one request is to send; ``names`` are those of the values that were given."""
    found = changed(record)
    for name in names:  # what is given empty is to be cleared where the record is there already
        given = required_attribute(record, name)
        if not local_values(record, given):
            found[given.key] = edit_of(record, given, None)
    return found


def _sent(record: Record, matching: AnyAttribute, change_set: ChangeSet) -> list[Sent]:
    """What is sent of each attribute: nobody knows what a record that is there has of it."""
    return [
        Sent(
            attribute,
            [item.key for item in edit.local if item.json != ""],
            UNKNOWN_BASE,
            adds=attribute is matching and edit.multi,  # as Attio does with these alone
        )
        for edit in change_set.edits.values()
        # the parent of an entry is what it is matched by, and no value that was set
        if (attribute := required_attribute(record, edit.slug)).slug != PARENT
    ]


def _check_matching(
    record: Record, attribute: AnyAttribute, matching: str, context: LoadContext
) -> None:
    """Raise ``ValidationError`` where nothing can be matched by the attribute."""
    model, mapper = type(record).__name__, mapper_of(type(record))
    if not local_values(record, attribute):
        raise ValidationError(
            f"upsert({matching!r}, ...) needs a value of {matching!r} to match by: give "
            f"{matching}=... among the values."
        )
    spec = spec_of(record, attribute)
    if not spec.is_unique and attribute.slug != PARENT:
        schema = context.connection.schema.get(mapper.object)
        unique = [a.slug for a in schema.attributes.values() if a.is_unique] if schema else []
        unique = ["parent"] if mapper.is_entry else unique
        raise ValidationError(
            f"{model}.{matching} is not unique, so nothing can be matched by it. Unique "
            f"here: {', '.join(unique) or 'nothing'}. Match by one of these."
        )


def make(context: LoadContext, match: ReferenceMatch) -> Operation[Record | ReferenceMatch]:
    """The record that ``by(..., create=...)`` stands for, made if there is none."""
    connection: BaseConnection = context.connection
    model = model_of(Reference(match.object, ""), None, connection)
    query, by_slug = Query(model, source=connection), mapper_of(model).by_slug
    names = {slug: attribute.name for slug, attribute in by_slug.items()}
    values = {names.get(slug, slug): value for slug, value in (match.create or {}).items()}
    found = yield from upsert(query, names.get(match.attribute, match.attribute), values)
    return found if state_of(found).id is not None else match  # a dry run makes nothing
