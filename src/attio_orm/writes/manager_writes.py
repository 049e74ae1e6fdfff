"""Writes that start from a queryset: create, get or create, update or create, update, delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from attio_orm import signals
from attio_orm.conditions.q import Q
from attio_orm.effects import Operation, emit, gather
from attio_orm.errors import (
    AttioError,
    OutcomeUnknownError,
    UniquenessConflictError,
    ValidationError,
)
from attio_orm.query import reads
from attio_orm.query.pages import everything
from attio_orm.query.query import Query
from attio_orm.query.resolver import AttributeResolver
from attio_orm.records.assignment import assign_all, refuse_nameless, refuse_read_only
from attio_orm.records.base import Record, set_state, state_of
from attio_orm.records.changes import changes
from attio_orm.records.loading import CONCURRENCY, context_for, drop_changes
from attio_orm.records.names import required_attribute
from attio_orm.records.rows import Row, RowId
from attio_orm.records.state import RecordState, changed
from attio_orm.transport.caching import uncached
from attio_orm.types.base import AnyAttribute
from attio_orm.writes import creations, saving
from attio_orm.writes.planner import ChangeSet
from attio_orm.writes.saving import load_choices
from attio_orm.writes.upserts import build, make

M = TypeVar("M", bound=Record)


def create(query: Query[M], values: Mapping[str, object]) -> Operation[M]:
    """One new record."""
    yield from saving.check_receivers(query.model)
    record = yield from build(query, values)
    yield from saving.save_as_its_class(record, make=make)
    return record


def _exact(query: Query[M], lookups: Mapping[str, object], *, defaults: bool) -> dict[str, Any]:
    """The lookups as values of a new record: the plain ones only."""
    resolver = AttributeResolver(query.model, query.connection)
    found: dict[str, Any] = {}
    for name, value in lookups.items():
        plain = name.removesuffix("__exact")
        attribute = resolver.attribute(plain)
        if attribute is not None:
            several = attribute.is_multi and not isinstance(value, list | tuple)
            found[plain] = [value] if several else value
        elif not defaults:  # a part, a relation's attribute or another lookup: nothing to set
            raise ValidationError(
                f"{name} says nothing that a new {query.model.__name__} could be made of: put it "
                f"into filter({name}=...) before, or give defaults for a new one."
            )
    return found


def get_or_create(
    query: Query[M], defaults: Mapping[str, object] | None, lookups: Mapping[str, object]
) -> Operation[tuple[M, bool]]:
    """The record that matches, or a new one; a race for a unique value ends with the other's.

    Where a create got no answer, the record is looked for. It is ours if it has all that was sent.
    """
    if not lookups:
        raise ValidationError("get_or_create() needs a lookup to find the record by.")
    yield from saving.check_receivers(query.model)
    narrowed = query.replace(where=query.where & Q(**lookups))
    found = yield from uncached(reads.one_or_none(narrowed))
    if found is not None:
        return found, False
    yield from query.connection.mapping.ready(query.model, writing=True)
    given = _called(defaults)
    values = {**_exact(query, lookups, defaults=bool(given)), **given}
    record = yield from build(query, values)
    failure: UniquenessConflictError | OutcomeUnknownError
    try:
        yield from creations.saved(record, lambda: saving.save_as_its_class(record, make=make))
        return record, True
    except UniquenessConflictError as error:  # somebody made it since the look
        failure = error
    except OutcomeUnknownError as error:  # without a unique value of its own, the lookups tell
        if state_of(record).unanswered is None:
            raise
        failure = error
    ours = False
    try:
        found = yield from uncached(reads.one_or_none(narrowed))
        if found is not None and isinstance(failure, OutcomeUnknownError):
            # ours, and perhaps changed since by others, or somebody else's who was first
            ours = yield from _is_ours(record, found)
    except AttioError as error:
        if isinstance(failure, UniquenessConflictError):
            raise
        failure.add_note(f"Looking for it by what was asked for failed too: {error}")
        raise failure from failure.__cause__
    if found is None:
        raise failure
    if ours:  # of what is settled by reading it is told once, as of any save
        payload = {"instance": found, "connection": state_of(found).connection}
        before = changes(record)
        yield from emit(signals.post_save, query.model, **payload, created=True, changes=before)
    return found, ours


def _is_ours(record: Record, found: Record) -> Operation[bool]:
    """Whether the save of a new record, which nobody answered, made the one that was found."""
    state, context = state_of(found), state_of(record).context
    assert state.id is not None
    assert state.values is not None
    assert context is not None
    row = Row(RowId(state.id), state.created_at, state.web_url, state.values)
    return (yield from creations.is_ours(record, row, context))


def _called(defaults: Mapping[str, object] | None) -> dict[str, Any]:
    return {name: v() if callable(v) else v for name, v in (defaults or {}).items()}


def update_or_create(
    query: Query[M], defaults: Mapping[str, object] | None, lookups: Mapping[str, object]
) -> Operation[tuple[M, bool]]:
    """The record that matches, with ``defaults`` set and saved, or a new one."""
    found, created = yield from get_or_create(query, defaults, lookups)
    if not created and defaults:
        given = _called(defaults)
        refuse_nameless(given)
        connection = state_of(found).connection
        assert connection is not None
        yield from connection.mapping.ready(query.model, writing=True)
        assign_all(found, given)
        yield from saving.save_as_its_class(found, make=make)
    return found, created


def writable_attributes(
    query: Query[M], names: Iterable[str], *, create_only: bool = False
) -> list[AnyAttribute]:
    """The attributes of these names. Raises for a name that is wrong, or read-only.

    ``create_only``: of records that may have to be made, which take what is set once.
    """
    with query.connection.active():
        probe: Record = query.model.__new__(query.model)
        set_state(probe, RecordState(parts={}))
        attributes = [required_attribute(probe, name) for name in names]
        for attribute in attributes:
            if not (create_only and attribute.create_only):
                refuse_read_only(probe, attribute)
    return attributes


def update(query: Query[M], values: Mapping[str, object]) -> Operation[int]:
    """Set values on every record that matches; gives how many were changed."""
    if not values or query.empty:
        return 0
    yield from saving.check_receivers(query.model)
    connection = query.connection
    yield from connection.mapping.ready(query.model, writing=True)
    yield from load_choices(connection, query.model, values)
    attributes = writable_attributes(query, values)  # before anything is read
    found = yield from uncached(everything(query.replace(source=query.source or connection)))
    # what the user had changed before stays changed, whatever becomes of this
    before = [frozenset(state_of(each).changed) for each in found]
    keys = {attribute.key for attribute in attributes}
    made: saving.Made = {}
    differing: list[tuple[M, ChangeSet]] = []
    try:
        for record in found:
            assign_all(record, values)
        for record in found:
            change_set = saving.gather_changes(record, keys)
            if change_set.edits:
                differing.append((record, change_set))
        for record, change_set in differing:  # all of them: a refusal comes before any request
            context = yield from context_for(record)
            yield from saving.check_changes(record, context, change_set)
        saves = [
            saving.save(record, make=make, fields=values, known=change_set, made=made)
            for record, change_set in differing
        ]
        if saving.makes(change_set for _, change_set in differing):
            # what by(..., create=...) stands for is made once: the first save makes it for all
            yield from saves.pop(0)
        yield from gather(saves, CONCURRENCY)
    except BaseException as error:
        left = sum(bool(changed(record, keys)) for record, _ in differing)
        for record, pending in zip(found, before, strict=True):
            drop_changes(record, set(state_of(record).changed) - pending)
        error.add_note(
            f"update() had changed {len(differing) - left} of {len(differing)} records, not "
            f"counting what was under way when it stopped."
        )
        raise
    return len(differing)


def delete(query: Query[M], confirm: int) -> Operation[int]:
    """Delete every record that matches, where there are as many as expected."""
    if isinstance(confirm, bool) or not isinstance(confirm, int):
        raise ValidationError(
            f"confirm is how many records you expect to be deleted, not {confirm!r}: count() first."
        )
    yield from saving.check_receivers(query.model, of_delete=True)
    found = yield from uncached(everything(query))
    if len(found) != confirm:
        raise ValidationError(
            f"{len(found)} records of {query.model.__name__} match, and confirm={confirm}: nothing "
            f"was deleted. Deleting is for good; if you mean it, pass confirm={len(found)}."
        )
    yield from gather((saving.delete(each) for each in found), CONCURRENCY)
    return len(found)
