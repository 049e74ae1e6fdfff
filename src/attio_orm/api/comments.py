"""Comments on records and entries. Attio has no way to change one."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, path, read, remove, row, row_of, write
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def get(transport: Transport, /, comment_id: str) -> Operation[Json]:
    """One comment, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/comments/get-a-comment.
    """
    return read(transport, path("comments", comment_id), row_of("comment_id", comment_id))


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Write a comment: ``content``, ``author``, and one of ``thread_id``, ``record``, ``entry``.

    ``author`` is ``{"type": "workspace-member", "id": ...}``. See
    https://docs.attio.com/rest-api/endpoint-reference/comments/create-a-comment.
    """
    sent = body(data, fields, format="plaintext")  # compulsory, and the only one for comments
    return write(transport, "POST", path("comments"), sent, row)


def delete(transport: Transport, /, comment_id: str) -> Operation[None]:
    """Delete a comment for good; the first one of a thread takes the thread with it.

    See https://docs.attio.com/rest-api/endpoint-reference/comments/delete-a-comment.
    """
    return remove(transport, path("comments", comment_id))
