"""Notes on records."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, path, read, remove, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Settle, Transport


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
    return read(transport, path("notes"), rows, params)


def get(transport: Transport, /, note_id: str) -> Operation[Json]:
    """One note, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/notes/get-a-note.
    """
    return read(transport, path("notes", note_id), row_of("note_id", note_id))


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Write a note: ``parent_object``, ``parent_record_id``, ``title``, ``content``.

    ``format`` is ``"plaintext"`` unless ``"markdown"`` is given. See
    https://docs.attio.com/rest-api/endpoint-reference/notes/create-a-note.
    """
    sent = body(data, fields, format="plaintext")
    return write(transport, "POST", path("notes"), sent, row)


def update(
    transport: Transport,
    /,
    note_id: str,
    data: Fields | None = None,
    *,
    settle: Settle | None = None,
    **fields: object,
) -> Operation[Json]:
    """Change the ``title`` of a note, or all of its ``content``; what is left out stays.

    ``format`` says how the content is written: ``"plaintext"`` unless ``"markdown"`` is given.
    The record that it is on cannot be changed. See
    https://docs.attio.com/rest-api/endpoint-reference/notes/update-a-note.
    """
    sent = body(data, fields)
    if "content" in sent["data"]:
        sent["data"].setdefault("format", "plaintext")  # Attio does not say what it is without
    where, decode = path("notes", note_id), row_of("note_id", note_id)
    return write(transport, "PATCH", where, sent, decode, settle=settle)


def delete(transport: Transport, /, note_id: str) -> Operation[None]:
    """Delete a note for good.

    See https://docs.attio.com/rest-api/endpoint-reference/notes/delete-a-note.
    """
    return remove(transport, path("notes", note_id))
