"""Lists: pipelines and collections of the records of one object."""

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
    """All lists that the token can see.

    See https://docs.attio.com/rest-api/endpoint-reference/lists/list-all-lists.
    """
    return transport.send(Request("GET", path("lists"), purpose="introspect", decode=rows))


def get(transport: Transport, /, list: str) -> Operation[Json]:
    """One list, by slug or id.

    See https://docs.attio.com/rest-api/endpoint-reference/lists/get-a-list.
    """
    return transport.send(Request("GET", path("lists", list), purpose="introspect", decode=row))


def create(
    transport: Transport, /, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Make a list of ``name``, ``api_slug`` and ``parent_object`` (one slug).

    Left out, ``workspace_access`` is full access and ``workspace_member_access`` is empty. See
    https://docs.attio.com/rest-api/endpoint-reference/lists/create-a-list.
    """
    sent = body(data, fields, workspace_access="full-access", workspace_member_access=[])
    return transport.send(Request("POST", path("lists"), json=sent, purpose="write", decode=row))


def update(
    transport: Transport, /, list: str, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Change the name, the slug or the access of a list; its parent object stays.

    See https://docs.attio.com/rest-api/endpoint-reference/lists/update-a-list.
    """
    where, sent = path("lists", list), body(data, fields)
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=row))
