"""The instances of ids and answers: one for each id in a session, which takes the newer answer."""

from __future__ import annotations

from typing import Any, TypeVar

from attio_orm.connection import sessions
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, session_of
from attio_orm.errors import InvalidResponseError, ValidationError
from attio_orm.guards import is_dict
from attio_orm.resources.base import BaseResource, endpoints_of, fields_of
from attio_orm.resources.endpoints import Changes, Scope
from attio_orm.resources.state import HasState, Json, ResourceState, resource_state, set_state
from attio_orm.types.checks import as_uuid
from attio_orm.wording import show, with_article

R = TypeVar("R", bound=BaseResource)


def valid_id(model: type[BaseResource], given: object) -> str:
    """A UUID as Attio writes it. Raises ``ValidationError`` for what is none."""
    found = as_uuid(given)
    if found is None:
        raise ValidationError(
            f"{show(given)} is not the id of {with_article(model.__name__)}: give its UUID."
        )
    return found


def reference(
    model: type[R],
    id: str,
    connection: BaseConnection | None,
    session: Session | None = None,
    *,
    scope: Scope | None = None,
    asynchronous: bool = False,
) -> R:
    """The live instance of an id in a session, else one that loads when it is touched."""
    valid = valid_id(model, id)
    if connection is None:
        return with_state(model, ResourceState(valid, scope=dict(scope or {})))
    session = session_of(connection) if session is None else session
    with session.lock:
        found: R | None = session.get(model, valid)
        if found is None:
            found = with_state(
                model,
                ResourceState(
                    valid,
                    connection=connection,
                    session=session,
                    scope=dict(scope or {}),
                    asynchronous=asynchronous,
                ),
            )
            session.map(model).put(valid, found)
        return found


def reference_beside(instance: HasState, model: type[R], id: str) -> R:
    """The instance of an id that the answer of another one names, in the session of that one."""
    state = resource_state(instance)
    return reference(model, id, state.connection, state.session, asynchronous=state.asynchronous)


def with_state(model: type[R], state: ResourceState) -> R:
    """An instance of this state, which no ``__init__`` saw."""
    found = model.__new__(model)
    set_state(found, state)
    return found


def materialize(
    model: type[R],
    rows: list[Json],
    connection: BaseConnection,
    session: Session,
    *,
    asynchronous: bool,
    scope: Scope | None = None,
) -> list[R]:
    """The instances of these answers: live ones take them in where untouched, others are new."""
    found: list[R] = []
    with session.lock:
        for row in rows:
            each = reference(
                model,
                id_in(model, row),
                connection,
                session,
                scope=scope,
                asynchronous=asynchronous,
            )
            take_in(each, row)
            if session.explicit:
                session.keep(model, str(each.id), each)
            found.append(each)
    return found


def id_in(model: type[BaseResource], row: Json) -> str:
    """The id that an answer has. Raises ``InvalidResponseError`` where it has none."""
    key, ids = endpoints_of(model).key, row.get("id")
    found = as_uuid(ids.get(key) if is_dict(ids) else ids)
    if found is None:
        raise InvalidResponseError(
            f"A {model.__name__} came without its id ({key}): ask what stands between here and "
            f"Attio."
        )
    return found


def take_in(instance: BaseResource, row: Json, saved: Changes | None = None) -> None:
    """Let an instance be what an answer says; what was set since, and not ``saved``, stays.

    ``None`` keeps all unsaved changes, and what they were loaded with.
    """
    state, fields = resource_state(instance), fields_of(type(instance))
    if state.raw is None:
        state.raw = dict(row)
    else:
        left = dict(state.values) if state.values else {}
        kept: dict[str, Any] = {}
        for name, value in left.items():
            field = fields[name]
            new = field.accepted(value)
            if field.key(new) == field.key(field.of(state.raw, instance)):
                continue  # a list that was only read
            if saved is not None and name in saved and field.key(saved[name].new) == field.key(new):
                continue
            kept[name] = value
        # what a change began with stays: on_conflict="raise" is to find that it is no longer so
        base = {} if saved is not None else {
            fields[name].member: state.raw.get(fields[name].member) for name in kept
        }  # fmt: skip
        state.raw, state.values = {**row, **base}, kept
    state.deleted, state.loaded_at = False, sessions.now()
