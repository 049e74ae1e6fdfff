"""One resource read by its id, and read anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attio_orm import signals
from attio_orm.connection import current, sessions
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, session_of
from attio_orm.effects import Operation, colour
from attio_orm.errors import NotFoundError, ValidationError
from attio_orm.resources.base import Resource, gone, materialize
from attio_orm.resources.fields import Json
from attio_orm.transport.sharing import sharing_reads
from attio_orm.types.checks import as_uuid
from attio_orm.wording import show, with_article

R = TypeVar("R", bound=Resource)


def place_of(instance: Resource) -> tuple[BaseConnection, Session]:
    """The connection and session of an instance, else those in use here."""
    state = instance._state  # pyright: ignore[reportPrivateUsage]
    connection = current.current() if state.connection is None else state.connection
    connection.check_open()
    session = session_of(connection) if state.session is None else state.session
    return connection, session


def fetch(
    model: type[R], id: str, connection: BaseConnection, scope: Mapping[str, Any]
) -> Operation[Json]:
    """One answer by its id; ``DoesNotExist`` of the class where there is none."""
    try:
        row = yield from model._get(connection, id, scope)  # pyright: ignore[reportPrivateUsage]
    except NotFoundError as error:
        if not error.is_gone:
            raise
        raise model.DoesNotExist(
            f"There is no {model.__name__} with the id {id} in the workspace."
        ) from error
    yield from model._before(connection, [row])  # pyright: ignore[reportPrivateUsage]
    return row


def loaded(
    model: type[R],
    rows: list[Json],
    connection: BaseConnection,
    session: Session,
    scope: Mapping[str, Any] | None = None,
) -> Operation[list[R]]:
    """The instances of answers, told to the receivers of ``post_load``."""
    yield from model._before(connection, rows)  # pyright: ignore[reportPrivateUsage]
    yield from model._bring(connection, rows)  # pyright: ignore[reportPrivateUsage]
    asynchronous = (yield from colour()) == "async"
    found = materialize(model, rows, connection, session, asynchronous=asynchronous, scope=scope)
    if signals.post_load.receivers:
        for each in found:
            signals.send(signals.post_load, model, {"instance": each, "connection": connection})
    return found


def by_id(
    model: type[R], given: object, connection: BaseConnection, scope: Mapping[str, Any]
) -> Operation[R]:
    """The instance of an id: of the session where its ``ttl`` says so, else by one request."""
    id = as_uuid(given)
    if id is None:
        raise ValidationError(
            f"{show(given)} is not the id of {with_article(model.__name__)}: give its UUID."
        )
    connection.check_open()
    session = session_of(connection)
    held: R | None = session.get(model, id)
    if held is not None and _is_fresh(held, session):
        return held
    if signals.post_load.receivers:
        signals.refuse_coroutines(signals.post_load, model)
    row = yield from sharing_reads(fetch(model, id, connection, scope))
    return (yield from loaded(model, [row], connection, session, scope))[0]


def _is_fresh(held: Resource, session: Session) -> bool:
    state, connection = held._state, session.connection  # pyright: ignore[reportPrivateUsage]
    if state.deleted or state.raw is None or session.ttl is None or connection is None:
        return False
    is_known = state.loaded_at > connection.outdated_at
    return is_known and sessions.now() - state.loaded_at < session.ttl


def refresh(instance: Resource) -> Operation[None]:
    """Read it anew and drop what was changed."""
    state = instance._state  # pyright: ignore[reportPrivateUsage]
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
