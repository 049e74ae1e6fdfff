"""Comments on records and entries. Attio has no way to change one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, nothing, row
from attio_orm.api.requests import body, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def get(transport: Transport, /, comment_id: str) -> Operation[Json]:
    """One comment, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/comments/get-a-comment.
    """
    return transport.send(Request("GET", path("comments", comment_id), decode=row))


def create(
    transport: Transport, /, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Write a comment: ``content``, ``author``, and one of ``thread_id``, ``record``, ``entry``.

    ``author`` is ``{"type": "workspace-member", "id": ...}``. See
    https://docs.attio.com/rest-api/endpoint-reference/comments/create-a-comment.
    """
    sent = body(data, fields, format="plaintext")
    where = path("comments")
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))


def delete(transport: Transport, /, comment_id: str) -> Operation[None]:
    """Delete a comment for good; the first one of a thread takes the thread with it.

    See https://docs.attio.com/rest-api/endpoint-reference/comments/delete-a-comment.
    """
    where = path("comments", comment_id)
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))
