"""One resource read by its id, and read anew."""

from __future__ import annotations

from typing import TypeVar

from attio_orm import signals
from attio_orm.connection import current, sessions
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, session_of
from attio_orm.effects import Operation, colour
from attio_orm.errors import NotFoundError, ValidationError
from attio_orm.resources.base import BaseResource, endpoints_of, gone
from attio_orm.resources.endpoints import Scope
from attio_orm.resources.instances import materialize, valid_id
from attio_orm.resources.state import Json, resource_state
from attio_orm.transport.sharing import sharing_reads

R = TypeVar("R", bound=BaseResource)


def place_of(instance: BaseResource) -> tuple[BaseConnection, Session]:
    """The connection and session of an instance, else those in use here."""
    state = resource_state(instance)
    connection = current.current() if state.connection is None else state.connection
    connection.check_open()
    session = session_of(connection) if state.session is None else state.session
    return connection, session


def fetch(model: type[R], id: str, connection: BaseConnection, scope: Scope) -> Operation[Json]:
    """One answer by its id; ``DoesNotExist`` of the class where there is none."""
    try:
        row = yield from endpoints_of(model).get(connection, id, scope)
    except NotFoundError as error:
        if not error.is_gone:
            raise
        raise model.DoesNotExist(
            f"There is no {model.__name__} with the id {id} in the workspace."
        ) from error
    yield from endpoints_of(model).before(connection, [row])
    return row


def loaded(
    model: type[R],
    rows: list[Json],
    connection: BaseConnection,
    session: Session,
    scope: Scope | None = None,
) -> Operation[list[R]]:
    """The instances of answers, told to the receivers of ``post_load``."""
    yield from endpoints_of(model).before(connection, rows)
    yield from endpoints_of(model).bring(connection, rows)
    asynchronous = (yield from colour()) == "async"
    found = materialize(model, rows, connection, session, asynchronous=asynchronous, scope=scope)
    if signals.post_load.receivers:
        for each in found:
            signals.send(signals.post_load, model, {"instance": each, "connection": connection})
    return found


def by_id(model: type[R], given: object, connection: BaseConnection, scope: Scope) -> Operation[R]:
    """The instance of an id: of the session where its ``ttl`` says so, else by one request."""
    id = valid_id(model, given)
    connection.check_open()
    session = session_of(connection)
    held: R | None = session.get(model, id)
    if held is not None and _is_fresh(held, session):
        return held
    if signals.post_load.receivers:
        signals.refuse_coroutines(signals.post_load, model)
    row = yield from sharing_reads(fetch(model, id, connection, scope))
    return (yield from loaded(model, [row], connection, session, scope))[0]


def _is_fresh(held: BaseResource, session: Session) -> bool:
    state, connection = resource_state(held), session.connection
    if state.deleted or state.raw is None or session.ttl is None or connection is None:
        return False
    is_known = state.loaded_at > connection.outdated_at
    return is_known and sessions.now() - state.loaded_at < session.ttl


def refresh(instance: BaseResource) -> Operation[None]:
    """Read it anew and drop what was changed."""
    state = resource_state(instance)
    if state.id is None:
        raise ValidationError(
            f"This {type(instance).__name__} is not saved yet, so there is nothing to read: save "
            f"it first."
        )
    connection, session = place_of(instance)
    try:
        row = yield from fetch(type(instance), state.id, connection, state.scope)
    except instance.DoesNotExist as error:
        state.deleted = True
        session.expunge(instance)
        raise gone(instance) from error
    state.connection, state.session = connection, session
    state.raw, state.values, state.deleted = dict(row), {}, False
    state.loaded_at = sessions.now()
    session.release(instance)
