"""Objects: the tables of a workspace."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, path, read, remove, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def list_(transport: Transport, /) -> Operation[list[Json]]:
    """All objects that are active in the workspace.

    See https://docs.attio.com/rest-api/endpoint-reference/objects/list-objects.
    """
    return read(transport, path("objects"), rows, purpose="introspect")


def get(transport: Transport, /, object: str) -> Operation[Json]:
    """One object, by slug or id.

    See https://docs.attio.com/rest-api/endpoint-reference/objects/get-an-object.
    """
    where = path("objects", object)
    return read(transport, where, row_of("object_id", object), purpose="introspect")


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Make an object of ``api_slug``, ``singular_noun`` and ``plural_noun`` (all three).

    ``ConflictError`` where the slug is taken. See
    https://docs.attio.com/rest-api/endpoint-reference/objects/create-an-object.
    """
    return write(transport, "POST", path("objects"), body(data, fields), row)


def update(
    transport: Transport, /, object: str, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Change ``api_slug``, ``singular_noun`` or ``plural_noun`` of an object.

    See https://docs.attio.com/rest-api/endpoint-reference/objects/update-an-object.
    """
    sent = body(data, fields)
    return write(transport, "PATCH", path("objects", object), sent, row_of("object_id", object))


def delete(transport: Transport, /, object: str) -> Operation[None]:
    """Delete an object of the workspace's own with all its records, for good.

    ``BadRequestError`` for one that Attio brings, as people. See
    https://docs.attio.com/rest-api/endpoint-reference/objects.
    """
    return remove(transport, path("objects", object))
