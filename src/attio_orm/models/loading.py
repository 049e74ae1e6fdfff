"""From rows to instances, through the identity map; and what reloads one instance."""

from __future__ import annotations

import time
import weakref
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from attio_orm import context, hydration, signals
from attio_orm.errors import DoesNotExist, NotFoundError, NotLoadedError, ValidationError
from attio_orm.identity import Session, in_task, session_of
from attio_orm.models.state import Batch, RecordState, Touched
from attio_orm.models.targets import target_of
from attio_orm.operations import Operation, colour, run
from attio_orm.values.lists import is_tracked
from attio_orm.values.references import as_uuid

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.hydration import Row
    from attio_orm.models.model import Model

M = TypeVar("M", bound="Model")


def materialize(model: type[M], rows: Iterable[Row], batch: Batch) -> list[M]:
    """The instances of these rows: live ones refreshed where untouched, the rest made anew."""
    session = batch.session
    if session is None:
        return [_make(model, row, batch) for row in rows]
    found: list[M] = []
    peers = batch.peers
    with session.lock:
        refs = session.map(model)
        for row in rows:
            record_id = row.id.record_id
            instance = refs.get(record_id)
            if instance is None:
                instance = _make(model, row, batch)
                ref = instance._state.ref = refs.put(record_id, instance)
                peers.append(ref)
            else:
                merge(instance, row, batch)
                peers.append(weakref.ref(instance))
            if session.explicit:
                session.keep(model, record_id, instance)
            found.append(instance)
    if signals.post_load.receivers:
        for instance in found:
            signals.send(
                signals.post_load, model, {"instance": instance, "connection": batch.connection}
            )
    return found


def _make(model: type[M], row: Row, batch: Batch) -> M:
    instance = model.__new__(model)
    _set_state(
        instance,
        RecordState(
            row.id.record_id, row.created_at, row.web_url, row.values, batch, as_of=row.asked
        ),
    )
    return instance


def _set_state(instance: Any, state: RecordState) -> None:
    object.__setattr__(instance, "_state", state)


def merge(instance: Model, row: Row, batch: Batch, *, saved: Iterable[str] | None = None) -> None:
    """Take a newer row into a live instance; what the user changed since stays.

    ``saved`` names (by key) the changes that this row already contains.
    """
    state = instance._state
    asked = row.asked or time.monotonic()
    if asked < state.as_of and not saved:
        return  # asked for before what is known: it may be from before a save
    state.as_of = asked
    old_values, old_parts = state.values, state.parts
    state.created_at, state.web_url, state.batch = row.created_at, row.web_url, batch
    state.id = row.id.record_id
    state.deleted = False
    was_stale, state.stale = state.stale is not None, None
    cache = instance.__dict__
    settled = set(saved or ())
    if settled and state.touched:
        for key in settled:
            state.touched.pop(key, None)
        if not state.touched:
            state.touched = None
            if batch.session is not None:
                batch.session.release(instance)
    is_same = old_values is not None and old_values == row.values and not was_stale
    if is_same and not settled and not state.touched:
        return
    state.values = row.values
    state.parts = None
    if not cache:
        return
    if old_parts is None:
        old_parts = hydration.split(old_values)
    parts = state.parts = hydration.split(row.values)
    begun = set(state.touched or ())
    touched = _still_changed(instance)
    settled |= begun.difference(touched)  # set back, and so taken as it comes
    for key in list(cache):
        if key in touched:
            continue
        attribute = (
            instance._slugged(key[1:-1]) if key.startswith("[") else instance._attribute(key)
        )
        if attribute is None or attribute.key != key:
            continue
        new = parts.get(attribute.slug)
        if key not in settled and new is not None and old_parts.get(attribute.slug) == new:
            continue
        value: Any = cache[key]
        if attribute.type == "record-reference":
            _merge_relation(instance, attribute, new)
        elif is_tracked(value):
            value.settle(attribute.read(new))
        else:
            del cache[key]


def _still_changed(instance: Model) -> dict[str, Touched]:
    """What the user changed, without what they have set back."""
    state = instance._state
    if not state.touched:
        return {}
    from attio_orm.models.changes import edit_of
    from attio_orm.models.planner import is_changed

    for key, touched in list(state.touched.items()):
        if not is_changed(edit_of(instance, touched.attribute, touched.base)):
            del state.touched[key]
    return state.touched


def _merge_relation(instance: Model, relation: Any, raw: Any) -> None:
    # keep the related instances that are still the ones meant; load the rest at the next touch
    from attio_orm.models.relations import identify

    value = instance.__dict__[relation.key]
    wanted = [(each.object, each.id) for each in relation.read(raw)]
    if is_tracked(value):
        have = {identify(each): each for each in value}
        if all(key in have for key in wanted):
            value.settle([have[key] for key in wanted])
            return
    elif (value is not None and [identify(value)] == wanted) or (value is None and not wanted):
        return
    del instance.__dict__[relation.key]


def deferred(model: type[M], record_id: str) -> M:
    """The instance of this id: the live one of this session, else one that loads when touched."""
    valid = as_uuid(record_id)
    if valid is None:
        raise ValidationError(
            f"{record_id!r} is no record id: {model.__name__}.ref() takes the UUID of a record."
        )
    connection = context.current_or_none()
    return deferred_in(model, valid, connection, session_of(connection) if connection else None)


def deferred_in(
    model: type[M], record_id: str, connection: Connection | None, session: Session | None
) -> M:
    """Like ``deferred``, in the given session."""
    if session is None or connection is None:
        return _deferred(model, record_id, None)
    with session.lock:
        found: M | None = session.get(model, record_id)
        if found is None:
            found = _deferred(model, record_id, Batch(connection, session))
            session.map(model).put(record_id, found)
        return found


def _deferred(model: type[M], record_id: str, batch: Batch | None) -> M:
    instance = model.__new__(model)
    _set_state(instance, RecordState(record_id, "", None, None, batch))
    return instance


def load_deferred(instance: Model) -> None:
    """Load an instance made by ``ref()`` at its first touch (sync code only)."""
    batch = instance._state.batch
    if in_task() or (batch is not None and batch.asynchronous):
        raise NotLoadedError(
            f"{instance!r} is not loaded, and loading it here would block the event loop: "
            f"`await instance.arefresh()` first."
        )
    if instance._state.deleted:
        raise gone(instance)
    from attio_orm.models import deferral

    run(deferral.load(instance))


def know_undeclared(connection: Connection, model: type[Model], row: Row) -> Operation[None]:
    """Make the schema known where a row has attributes that the class does not declare."""
    if connection.schema.get(model._object) is None:
        known = {*model._by_slug, "record_id", "created_at", "created_by"}
        if any(slug not in known for slug in hydration.split(row.values)):
            yield from connection.schema.ensure(model._object)


def refresh(instance: Model, *, keep_changes: bool = False) -> Operation[None]:
    """Read one record anew, into the same instance."""
    state = instance._state
    if state.id is None:
        raise ValidationError(
            f"This {type(instance).__name__} is not saved yet, so there is nothing to refresh it "
            f"from: save it first."
        )
    batch = yield from batch_for(instance)
    row = yield from fetch_one(type(instance), state.id, batch.connection, instance)
    if not instance._strict:
        yield from know_undeclared(batch.connection, type(instance), row)
    if not keep_changes:
        drop_changes(instance)
    absorb(instance, row, batch)


def absorb(instance: Model, row: Row, batch: Batch, *, saved: Iterable[str] | None = None) -> None:
    """Take a row that answers this instance's own request, and make it the session's object."""
    session = batch.session
    if session is None:
        merge(instance, row, batch, saved=saved)
        return
    model = type(instance)
    with session.lock:
        merge(instance, row, batch, saved=saved)
        known = session.map(model).get(row.id.record_id)
        if known is None:
            session.map(model).put(row.id.record_id, instance)
            session.keep(model, row.id.record_id, instance)
        elif known is not instance:
            merge(known, row, batch)
    batch.peers.append(weakref.ref(instance))


def drop_changes(instance: Model, keys: Collection[str] | None = None) -> None:
    """Forget what the user changed and did not save: all of it, or of these attributes (keys)."""
    state = instance._state
    every = state.touched or {}
    kept = {} if keys is None else {k: every[k] for k in every if k not in keys}
    for key, touched in every.items():
        if key in kept:
            continue
        value: Any = instance.__dict__.get(key)
        if is_tracked(value) and touched.attribute.type != "record-reference":
            parts = {} if instance._is_deferred else instance._split()
            value.settle(touched.attribute.read(parts.get(touched.attribute.slug)))
        else:
            instance.__dict__.pop(key, None)
    state.touched = kept or None
    if keys is None:
        state.extra = None
    if not kept and state.batch is not None and state.batch.session is not None:
        state.batch.session.release(instance)


def batch_for(instance: Model) -> Operation[Batch]:
    """A batch for a request about one instance, in its own connection and session."""
    old = instance._state.batch
    connection = old.connection if old is not None else context.current()
    session = old.session if old is not None and old.session is not None else session_of(connection)
    how = yield from colour()
    return Batch(
        connection,
        session,
        asynchronous=how == "async",
        mode=old.mode if old is not None else "peers",
    )


def fetch_one(
    model: type[Model], record_id: str, connection: Connection, instance: Model | None = None
) -> Operation[Row]:
    """One record's row by its id; ``DoesNotExist`` of the model where there is none."""
    try:
        asked = time.monotonic()
        row: Row = yield from target_of(model._object).get(connection.transport, record_id)
    except NotFoundError as error:
        yield from connection.require_object(model)
        if instance is not None:
            instance._state.deleted = True
            raise gone(instance) from error
        raise model.DoesNotExist(
            f"There is no {model.__name__} with id {record_id} in this workspace. Check the id and "
            f"the connection; get_or_none(id=...) gives None instead."
        ) from error
    row.asked = asked
    return row


def gone(instance: Model) -> DoesNotExist:
    """The error for a record that is no longer there."""
    return instance.DoesNotExist(
        f"{type(instance).__name__} {instance._state.id} no longer exists in the workspace. It was "
        f"deleted or merged into another record: look for it by its values, or create it anew."
    )
