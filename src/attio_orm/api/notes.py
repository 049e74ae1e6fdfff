"""Notes on records. Attio has no way to change one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, nothing, row, rows
from attio_orm.api.requests import body, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def list_(
    transport: Transport,
    /,
    *,
    parent_object: str | None = None,
    parent_record_id: str | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Operation[list[Json]]:
    """Notes, of one record where one is named (10 at a time unless told, 50 at most).

    See https://docs.attio.com/rest-api/endpoint-reference/notes/list-notes.
    """
    params = {
        "parent_object": parent_object,
        "parent_record_id": parent_record_id,
        "limit": limit,
        "offset": offset,
    }
    return transport.send(Request("GET", path("notes"), params=params, decode=rows))


def get(transport: Transport, /, note_id: str) -> Operation[Json]:
    """One note, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/notes/get-a-note.
    """
    return transport.send(Request("GET", path("notes", note_id), decode=row))


def create(
    transport: Transport, /, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Write a note: ``parent_object``, ``parent_record_id``, ``title``, ``content``.

    ``format`` is ``"plaintext"`` unless ``"markdown"`` is given. See
    https://docs.attio.com/rest-api/endpoint-reference/notes/create-a-note.
    """
    sent = body(data, fields, format="plaintext")
    return transport.send(Request("POST", path("notes"), json=sent, purpose="write", decode=row))


def delete(transport: Transport, /, note_id: str) -> Operation[None]:
    """Delete a note for good.

    See https://docs.attio.com/rest-api/endpoint-reference/notes/delete-a-note.
    """
    where = path("notes", note_id)
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))
