"""Instances that ``ref()`` made: they load at the first touch, those of one session together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attio_orm.errors import NotFoundError
from attio_orm.models import lazy_loads, loading
from attio_orm.models.state import Batch
from attio_orm.operations import Operation, colour
from attio_orm.query.paging import PAGE

if TYPE_CHECKING:
    from attio_orm.identity import Session
    from attio_orm.models.model import Model


def load(instance: Model) -> Operation[None]:
    """Load an instance, and with it up to 499 others of its class that wait for a first touch."""
    batch = yield from loading.batch_for(instance)
    waiting = _waiting(instance, batch.session)
    lazy_loads.note_deferred(instance, len(waiting))
    if len(waiting) > 1:
        yield from _load_together(waiting, batch)
    if instance._is_deferred:  # alone, or not among what was found: says so
        yield from loading.refresh(instance, keep_changes=True)


def _waiting(instance: Model, session: Session | None) -> dict[str, Model]:
    found = {str(instance._state.id): instance}
    if instance._is_entry:  # Attio has no filter by their ids
        return found
    for other in session.live(type(instance)) if session is not None else ():
        if len(found) >= PAGE:
            break
        if other._is_deferred and not other._state.deleted:
            found.setdefault(str(other._state.id), other)
    return found


def _load_together(waiting: dict[str, Model], batch: Batch) -> Operation[None]:
    from attio_orm.query.including import query_ids

    connection, model = batch.connection, type(next(iter(waiting.values())))
    try:
        rows = yield from query_ids(connection, model._object, list(waiting))
    except NotFoundError:
        yield from connection.require_object(model)
        raise
    if rows and not model._strict:
        yield from loading.know_undeclared(connection, model, rows[0])
    how = yield from colour()
    together = Batch(connection, batch.session, asynchronous=how == "async", mode=batch.mode)
    for row in rows:
        loading.absorb(waiting[row.id.record_id], row, together)
