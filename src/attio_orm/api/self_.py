"""The token in use: its workspace and scopes."""

from __future__ import annotations

from attio_orm.api.base import Json, path, whole
from attio_orm.effects import Operation
from attio_orm.transport import Request, Transport
from attio_orm.transport.granted import scopes_of


def get(transport: Transport, /) -> Operation[Json]:
    """The workspace and the scopes (``scope``, separated by spaces) of the token.

    ``token_level`` is ``"workspace"``, or ``"user"`` of one that acts for a member.
    A token that was revoked gives ``{"active": False}``, not an error. See
    https://docs.attio.com/rest-api/endpoint-reference/meta/identify.
    """
    request = Request("GET", path("self"), decode=whole, purpose="introspect")
    answer, token = yield from transport.send_as(request)
    me: Json = answer
    # from now on a write without its scope is refused before it is sent
    transport.granted.note(token, scopes_of(me))
    return me
