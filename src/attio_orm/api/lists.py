"""Lists: pipelines and collections of the records of one object."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, path, read, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def list_(transport: Transport, /) -> Operation[list[Json]]:
    """All lists that the token can see.

    See https://docs.attio.com/rest-api/endpoint-reference/lists/list-all-lists.
    """
    return read(transport, path("lists"), rows, purpose="introspect")


def get(transport: Transport, /, list: str) -> Operation[Json]:
    """One list, by slug or id.

    See https://docs.attio.com/rest-api/endpoint-reference/lists/get-a-list.
    """
    return read(transport, path("lists", list), row_of("list_id", list), purpose="introspect")


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Make a list of ``name``, ``api_slug`` and ``parent_object`` (one slug).

    Left out, ``workspace_access`` is full access and ``workspace_member_access`` is empty. See
    https://docs.attio.com/rest-api/endpoint-reference/lists/create-a-list.
    """
    # Attio wants both each time
    sent = body(data, fields, workspace_access="full-access", workspace_member_access=[])
    return write(transport, "POST", path("lists"), sent, row)


def update(
    transport: Transport, /, list: str, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Change the name, the slug or the access of a list; its parent object stays.

    See https://docs.attio.com/rest-api/endpoint-reference/lists/update-a-list.
    """
    sent = body(data, fields)
    return write(transport, "PATCH", path("lists", list), sent, row_of("list_id", list))
