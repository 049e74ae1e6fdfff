"""The token in use: its workspace and scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attio_orm.api.answers import Json, whole
from attio_orm.api.requests import path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def get(transport: Transport, /) -> Operation[Json]:
    """The workspace and the scopes (``scope``, separated by spaces) of the token.

    A token that was revoked gives ``{"active": False}``, not an error. See
    https://docs.attio.com/rest-api/endpoint-reference/meta/identify.
    """
    return transport.send(Request("GET", path("self"), purpose="introspect", decode=whole))
