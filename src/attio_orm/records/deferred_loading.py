"""Records that ``ref()`` made: they load at the first touch, those of one session together."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import TypeVar

from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, in_task, session_of
from attio_orm.effects import Operation, run
from attio_orm.errors import NotFoundError, NotLoadedError, ValidationError
from attio_orm.records import lazy_load_warnings
from attio_orm.records.base import Record, mapper_of, set_state, state_of
from attio_orm.records.loading import (
    MOST_IDS,
    LoadContext,
    absorb,
    context_for,
    fetch_rows,
    gone,
    know_undeclared,
    load_context,
    new_context,
    refresh,
)
from attio_orm.records.owners import bring_members
from attio_orm.records.state import RecordState
from attio_orm.types.checks import as_uuid

R = TypeVar("R", bound=Record)


def deferred(model: type[R], record_id: str) -> R:
    """The record of this id: the live one of the session in use, else one that loads when touched.

    Raises ``ValidationError`` where the id is not a UUID.
    """
    valid = as_uuid(record_id)
    if valid is None:
        raise ValidationError(
            f"{record_id!r} is not a valid record id: {model.__name__}.ref() takes the UUID of a "
            f"record."
        )
    connection = current.current_or_none()
    return deferred_in(model, valid, connection, session_of(connection) if connection else None)


def deferred_in(
    model: type[R], record_id: str, connection: BaseConnection | None, session: Session | None
) -> R:
    """Like ``deferred``, in the given session."""
    if session is None or connection is None:
        return _deferred(model, record_id, None)
    with session.lock:  # two threads that ask for one record get one object
        found: R | None = session.get(model, record_id)
        if found is None:
            found = _deferred(model, record_id, new_context(connection, session))
            session.map(model).put(record_id, found)
        return found


def _deferred(model: type[R], record_id: str, context: LoadContext | None) -> R:
    record = model.__new__(model)
    set_state(record, RecordState(record_id, context=context))
    load_when_touched(record)
    return record


def load_when_touched(record: Record) -> None:
    """Let a record that was never loaded load itself when something of it is read."""
    # weakly: the state belongs to the record, and must not keep it alive
    reference = weakref.ref(record)

    def load_it() -> None:
        alive = reference()
        if alive is not None:
            _load_now(alive)

    state_of(record).loader = load_it


def _load_now(record: Record) -> None:
    """Load a record at its first touch (sync code only)."""
    state = state_of(record)
    if in_task() or (state.context is not None and state.context.asynchronous):
        raise NotLoadedError(
            f"{record!r} is not loaded, and loading it here would block the event loop: "
            f"`await instance.arefresh()` first."
        )
    if state.deleted:
        raise gone(record)
    run(_load(record), "Touching what ref() made", "await arefresh() before")


def _load(record: Record) -> Operation[None]:
    """Load a record, and with it up to 499 others of its class that wait for a first touch."""
    context = yield from context_for(record)
    waiting = _waiting(record, context.session)
    lazy_load_warnings.note_deferred(record, len(waiting))
    if len(waiting) > 1:
        yield from _load_together(waiting, context)
    if state_of(record).is_deferred:  # alone, or not among what was found: says so
        yield from refresh(record, keep_changes=True)


def _waiting(record: Record, session: Session) -> dict[str, Record]:
    found = {str(state_of(record).id): record}
    if mapper_of(type(record)).is_entry:  # Attio has no filter by their ids
        return found
    for other in session.live(type(record)):
        if len(found) >= MOST_IDS:
            break
        state = state_of(other)
        if state.is_deferred and not state.deleted:
            found.setdefault(str(state.id), other)
    return found


def _load_together(waiting: Mapping[str, Record], context: LoadContext) -> Operation[None]:
    connection, model = context.connection, type(next(iter(waiting.values())))
    try:
        rows = yield from fetch_rows(connection, mapper_of(model).object, list(waiting))
    except NotFoundError:
        yield from connection.mapping.require_object(model)  # or it is the object that is missing
        raise
    if rows:
        yield from know_undeclared(connection, model, rows[0])
    yield from bring_members(connection, model, rows)
    together = yield from load_context(connection, context.session, mode=context.mode)
    for row in rows:
        absorb(waiting[row.id.record_id], row, together)
