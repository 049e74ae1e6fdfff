"""The token in use: its workspace and scopes."""

from __future__ import annotations

from attio_orm.api.base import Json, path, read, whole
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def get(transport: Transport, /) -> Operation[Json]:
    """The workspace and the scopes (``scope``, separated by spaces) of the token.

    ``token_level`` is ``"workspace"``, or ``"user"`` of one that acts for a member.
    A token that was revoked gives ``{"active": False}``, not an error. See
    https://docs.attio.com/rest-api/endpoint-reference/meta/identify.
    """
    return read(transport, path("self"), whole, purpose="introspect")
