"""What a connection says of its token: whose it is, and which scopes it has or lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from attio_orm.api.base import path
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import ValidationError
from attio_orm.guards import is_mapping
from attio_orm.models.connection import Connection
from attio_orm.oauth.identity import Identity, identity_of, tells_scopes
from attio_orm.transport import Request
from attio_orm.transport.granted import joined, missing
from attio_orm.transport.scopes import NEEDED, Scope
from attio_orm.wording import show

# What has scopes, by the name of its class; derived classes are theirs.
_RESOURCES = {
    "ListEntry": ("/v2/lists/{list}/entries",),
    "Model": ("/v2/objects/{object}/records",),
    "Activity": ("/v2/activities", "/v2/activities/{activity}/records"),
    "CallRecording": ("/v2/meetings/{meeting_id}/call_recordings",),
    "Comment": ("/v2/comments", "/v2/threads"),
    "Email": ("/v2/emails",),
    "File": ("/v2/files",),
    "Meeting": ("/v2/meetings",),
    "Member": ("/v2/workspace_members",),
    "Note": ("/v2/notes",),
    "Task": ("/v2/tasks",),
    "Thread": ("/v2/threads", "/v2/comments"),
    "Transcript": ("/v2/meetings/{meeting_id}/call_recordings",),
    "Webhook": ("/v2/webhooks",),
}
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
    request = Request("GET", path("self"), purpose="introspect")
    answer, token = yield from connection.transport.send_as(request)
    said: Mapping[str, Any] = answer if is_mapping(answer) else {}
    identity = identity_of(said)
    found = frozenset(map(str, identity.scopes)) if tells_scopes(said) else None
    connection.transport.granted.note(token, found)
    return identity


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
    roots = _roots(each)
    found: set[str] = set()
    for name, scopes_of_it in NEEDED.items():
        method, _, place = name.partition(" ")
        reads = method == "GET" or place.endswith(("/query", "/search"))
        if (write or reads) and any(_is_at(place, root) for root in roots):
            found.update(scopes_of_it)
    return frozenset(found)


def _is_at(place: str, root: str) -> bool:
    """Whether an operation is on what stands at a path, or on one of it."""
    return place == root or (place.startswith(f"{root}/") and "/" not in place[len(root) + 1 :])


def _roots(each: object) -> tuple[str, ...]:
    # the nearest one counts: activities are models as well
    for base in cast("type[object]", each).__mro__ if isinstance(each, type) else ():
        if base.__module__.partition(".")[0] == "attio_orm" and base.__name__ in _RESOURCES:
            return _RESOURCES[base.__name__]
    raise ValidationError(
        f"missing_scopes() takes models, resources such as Note, and scopes, not {show(each)}."
    )
