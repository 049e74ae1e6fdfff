"""What a connection says of its token: whose it is, and which scopes it has or lacks."""

from __future__ import annotations

from attio_orm.api import self_
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import ValidationError
from attio_orm.models.connection import Connection
from attio_orm.models.scopes import scopes_for
from attio_orm.oauth.identity import Identity, identity_of
from attio_orm.transport.granted import joined, missing
from attio_orm.transport.scopes import Scope
from attio_orm.wording import show

_KNOWN = frozenset(map(str, Scope))


@sync_method
def whoami(connection: Connection) -> Operation[Identity]:
    """Ask Attio whose token it is, and what it may do. One request each time.

    From then on a write without its scope is refused before it is sent (``ForbiddenError``). A
    token that was revoked gives an ``Identity`` that is not active. Raises ``APIError``,
    ``TransportError``. See https://docs.attio.com/rest-api/endpoint-reference/meta/identify.
    """
    return _whoami(connection)


awhoami = async_twin(whoami)


@sync_method
def scopes(connection: Connection) -> Operation[frozenset[Scope]]:
    """The scopes of the token; asked for once, ``whoami()`` asks again.

    Raises ``AuthenticationError`` where the token is not active, and what ``whoami()`` does.
    """
    return _scopes(connection)


ascopes = async_twin(scopes)


@sync_method
def missing_scopes(
    connection: Connection,
    *models_resources_or_scopes: type[object] | Scope | str,
    write: bool = False,
) -> Operation[frozenset[Scope]]:
    """The scopes that the token lacks to read these, or to write them as well.

    ``connection.missing_scopes(Person, Note, "webhook:read-write", write=True)``: models of objects
    and lists, resources and scopes. Raises ``ValidationError`` for anything else, and what
    ``scopes()`` does.
    """
    wanted: set[str] = set()
    for each in models_resources_or_scopes:
        wanted |= _wanted(each, write=write)
    granted = yield from _scopes(connection)
    return frozenset(map(Scope, missing(joined(wanted), frozenset(map(str, granted)))))


amissing_scopes = async_twin(missing_scopes)


def _whoami(connection: Connection) -> Operation[Identity]:
    return identity_of((yield from self_.get(connection.transport)))


def _scopes(connection: Connection) -> Operation[frozenset[Scope]]:
    known = yield from connection.transport.known_scopes()
    if known is not None:
        return identity_of({"active": True, "scope": " ".join(known)}).scopes
    identity = yield from _whoami(connection)
    identity.check_active()
    return identity.scopes


def _wanted(each: object, *, write: bool) -> frozenset[str]:
    """The scopes of all operations on something; of those that only read, without ``write``."""
    if isinstance(each, str):
        if each not in _KNOWN:
            raise ValidationError(
                f"There is no scope {show(each)}. Scopes are called like note:read and "
                f"note:read-write: see attio_orm.oauth.Scope."
            )
        return frozenset({str(each)})
    needed = scopes_for(each, write=write)
    if needed is None:
        raise ValidationError(
            f"missing_scopes() takes models, resources such as Note, and scopes, not {show(each)}."
        )
    return needed
