"""Objects: the tables of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, row, rows
from attio_orm.api.requests import body, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def list_(transport: Transport, /) -> Operation[list[Json]]:
    """All objects that are active in the workspace.

    See https://docs.attio.com/rest-api/endpoint-reference/objects/list-objects.
    """
    return transport.send(Request("GET", path("objects"), purpose="introspect", decode=rows))


def get(transport: Transport, /, object: str) -> Operation[Json]:
    """One object, by slug or id.

    See https://docs.attio.com/rest-api/endpoint-reference/objects/get-an-object.
    """
    where = path("objects", object)
    return transport.send(Request("GET", where, purpose="introspect", decode=row))


def create(
    transport: Transport, /, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Make an object of ``api_slug``, ``singular_noun`` and ``plural_noun`` (all three).

    ``ConflictError`` where the slug is taken. See
    https://docs.attio.com/rest-api/endpoint-reference/objects/create-an-object.
    """
    sent = body(data, fields)
    return transport.send(Request("POST", path("objects"), json=sent, purpose="write", decode=row))


def update(
    transport: Transport, /, object: str, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Change ``api_slug``, ``singular_noun`` or ``plural_noun`` of an object.

    See https://docs.attio.com/rest-api/endpoint-reference/objects/update-an-object.
    """
    where, sent = path("objects", object), body(data, fields)
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=row))
