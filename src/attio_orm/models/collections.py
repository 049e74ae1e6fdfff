"""Writes that start from a queryset: create, get or create, upsert, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attio_orm import context, signals
from attio_orm.errors import InvalidRequestError, UniquenessConflictError, ValidationError
from attio_orm.identity import session_of
from attio_orm.models import (
    changes,
    conflicts,
    loading,
    opposites,
    saving,
    validation,
    writing,
)
from attio_orm.models.state import Batch
from attio_orm.models.targets import target_of
from attio_orm.operations import Operation, colour, emit, gather
from attio_orm.plans import NOT_SENT
from attio_orm.query import fetching
from attio_orm.query.q import Q
from attio_orm.query.resolving import ModelResolver

if TYPE_CHECKING:
    from attio_orm.models.model import Model
    from attio_orm.query.query import Query

M = TypeVar("M", bound="Model")

CONCURRENCY = 8


def adopt(instance: Any, query: Query[M]) -> Operation[None]:
    """Give an unsaved instance its connection and session, where it has none."""
    connection = query.connection or context.current()
    connection.check_open()
    how = yield from colour()
    if instance._state.batch is None:
        instance._state.batch = Batch(
            connection, session_of(connection), asynchronous=how == "async", mode=query.mode.value
        )
    elif instance.connection is not connection:
        raise ValidationError(
            f"{instance!r} belongs to another connection ({instance.connection!r})."
        )


def build(query: Query[M], values: Mapping[str, Any]) -> Operation[M]:
    """An unsaved instance of these values, on the query's connection."""
    connection = query.connection or context.current()
    connection.check_open()
    yield from connection.ready(query.model, writing=True)
    yield from validation.load_choices(connection, query.model, values)
    with connection.active():
        instance = query.model(**values)
    yield from adopt(instance, query)
    return instance


def create(query: Query[M], values: Mapping[str, Any]) -> Operation[M]:
    """One new record."""
    yield from saving.check_receivers(query.model)
    instance = yield from build(query, values)
    yield from saving.save(instance)
    return instance


def _exact(
    query: Query[M], lookups: Mapping[str, Any], connection: Any, *, defaults: bool
) -> dict[str, Any]:
    """The lookups as values of a new record: the plain ones only."""
    resolver = ModelResolver(query.model, connection)
    found: dict[str, Any] = {}
    for name, value in lookups.items():
        plain = name.removesuffix("__exact")
        attribute = resolver.attribute(plain)
        if attribute is None and not defaults:
            raise ValidationError(
                f"{name} says nothing that a new {query.model.__name__} could be made of: put it "
                f"into filter({name}=...) before, or give defaults for a new one."
            )
        if attribute is None:
            continue  # a part, a relation's attribute or another lookup: it says nothing to set
        found[plain] = (
            [value] if attribute.is_multi and not isinstance(value, list | tuple) else value
        )
    return found


def get_or_create(
    query: Query[M], defaults: Mapping[str, Any] | None, lookups: Mapping[str, Any]
) -> Operation[tuple[M, bool]]:
    """The record that matches, or a new one; a race for a unique value ends with the other's."""
    if not lookups:
        raise ValidationError("get_or_create() needs a lookup to find the record by.")
    yield from saving.check_receivers(query.model)
    narrowed = query.replace(where=query.where & Q(**lookups))
    found = yield from fetching.one_or_none(narrowed)
    if found is not None:
        return found, False
    values = yield from _new_values(query, lookups, defaults)
    try:
        created = yield from create(query, values)
    except UniquenessConflictError:
        found = yield from fetching.one_or_none(narrowed)
        if found is None:
            raise
        return found, False
    return created, True


def _new_values(
    query: Query[M], lookups: Mapping[str, Any], defaults: Mapping[str, Any] | None
) -> Operation[dict[str, Any]]:
    connection = query.connection or context.current()
    yield from connection.ready(query.model, writing=True)
    given = {name: v() if callable(v) else v for name, v in (defaults or {}).items()}
    found = _exact(query, lookups, connection, defaults=bool(given))
    return {**found, **given}


def update_or_create(
    query: Query[M], defaults: Mapping[str, Any] | None, lookups: Mapping[str, Any]
) -> Operation[tuple[M, bool]]:
    """The record that matches, with ``defaults`` set and saved, or a new one."""
    found, created = yield from get_or_create(query, defaults, lookups)
    if not created and defaults:
        given = {name: v() if callable(v) else v for name, v in defaults.items()}
        connection = found.connection
        assert connection is not None
        yield from connection.ready(query.model, writing=True)
        writing.assign_all(found, given)
        yield from saving.save(found)
    return found, created


def upsert(query: Query[M], matching: str, values: Mapping[str, Any]) -> Operation[M]:
    """Attio's assert: one request that creates or updates by a unique attribute."""
    yield from saving.check_receivers(query.model)
    instance = yield from build(query, values)
    model, state = query.model, instance._state
    batch = state.batch
    assert batch is not None
    connection = batch.connection
    attribute = instance._attribute(matching)
    if attribute is None:
        raise writing.unknown_attribute(instance, matching)
    if not changes.local_values(instance, attribute):
        raise ValidationError(
            f"upsert({matching!r}, ...) needs a value of {matching!r} to match by: give "
            f"{matching}=... among the values."
        )
    spec = writing.spec_of(instance, attribute)
    if not spec.is_unique and not attribute.create_only:
        schema = connection.schema.get(model._object)
        unique = [a.slug for a in schema.attributes.values() if a.is_unique] if schema else []
        unique = ["parent"] if model._is_entry else unique
        raise ValidationError(
            f"{model.__name__}.{matching} is not unique, so nothing can be matched by it. Unique "
            f"here: {', '.join(unique) or 'nothing'}. Match by one of these."
        )
    signals.refuse_coroutines(signals.post_load, model)
    payload = {"instance": instance, "created": None, "connection": connection}
    before = changes.changes(instance)
    yield from emit(signals.pre_save, model, **payload, changes=before)
    yield from saving.check_values(instance, batch, list(values), creating=False)
    yield from saving.make_matches(instance, batch, None)
    sent = {edit.slug: saving.value_of(edit) for edit in changes.changed(instance) if edit.local}
    for name in values:  # what is given empty is to be cleared where the record is there already
        given = changes.named(instance, name)
        if not changes.local_values(instance, given):
            sent[given.slug] = []
    try:
        with saving.noting(instance, batch, sent):
            row = yield from target_of(model._object).assert_(
                connection.transport, attribute.slug, sent
            )
    except UniquenessConflictError as error:
        conflicts.explain_conflict(error, instance, batch)
        raise
    except InvalidRequestError as error:
        if not model._is_entry or error.code != "multiple_match_results":
            raise
        parent = changes.local_values(instance, attribute)[0]
        raise model.MultipleObjectsReturned(
            f"{parent!r} has several entries in the list, and Attio cannot tell which one to "
            f"update. Choose one of {model.__name__}.objects.filter(parent=...), change it and "
            f"save it."
        ) from error
    if row is NOT_SENT:
        return instance
    edits = opposites.seen_from(batch, model, row.id.record_id, sent)
    (found,) = loading.materialize(model, [row], batch)
    opposites.forget(found, batch, edits)
    yield from emit(signals.post_save, model, **{**payload, "instance": found}, changes=before)
    return found


def update(query: Query[M], values: Mapping[str, Any]) -> Operation[int]:
    """Set values on every record that matches; gives how many were changed."""
    if not values:
        return 0
    if query.empty:
        return 0
    yield from saving.check_receivers(query.model)
    connection = query.connection or context.current()
    yield from connection.ready(query.model, writing=True)
    with connection.active():  # before anything is read: a name that is wrong, or read-only
        probe = query.model()
        for name in values:
            attribute = probe._attribute(name)
            if attribute is None:
                raise writing.unknown_attribute(probe, name)
            writing.refuse_read_only(probe, attribute)
    yield from validation.load_choices(connection, query.model, values)
    found = yield from fetching.everything(query.replace(connection=connection))
    names, before = list(values), [frozenset(each._state.touched or ()) for each in found]
    made: saving.Made = {}
    changed: list[M] = []
    try:
        for instance in found:
            writing.assign_all(instance, values)
        changed += [each for each in found if changes.changed(each, names)]
        for first in changed[:1]:  # what by(..., create=...) stands for is made once, for all
            batch = yield from loading.batch_for(first)
            yield from saving.make_matches(first, batch, names, made)
        yield from gather(
            (saving.save(each, fields=names, made=made) for each in changed), CONCURRENCY
        )
    except BaseException as error:
        left = sum(bool(changes.changed(each, names)) for each in changed)
        for instance, touched in zip(found, before, strict=True):
            loading.drop_changes(instance, set(instance._state.touched or ()) - touched)
        error.add_note(
            f"update() had changed {len(changed) - left} of {len(changed)} records, not counting "
            f"what was under way when it stopped."
        )
        raise
    return len(changed)


def delete(query: Query[M], confirm: int) -> Operation[int]:
    """Delete every record that matches, where there are as many as expected."""
    if isinstance(confirm, bool) or not isinstance(confirm, int):
        raise ValidationError(
            f"confirm is how many records you expect to be deleted, not {confirm!r}: count() first."
        )
    yield from saving.check_delete_receivers(query.model)
    found = yield from fetching.everything(query)
    if len(found) != confirm:
        raise ValidationError(
            f"{len(found)} records of {query.model.__name__} match, and confirm={confirm}: nothing "
            f"was deleted. Deleting is for good; if you mean it, pass confirm={len(found)}."
        )
    yield from gather((saving.delete(each) for each in found), CONCURRENCY)
    return len(found)
