"""Notes on records: list, create, get, change, delete."""

from __future__ import annotations

from typing import Any

from attio_sandbox.bodies import UUID, Nullable, OneOf, Shape, Text, checked_creation, wrapped
from attio_sandbox.errors import EMPTY_PAYLOAD, Refusal, invalid, not_found
from attio_sandbox.records.rendering import actor_document, json_body
from attio_sandbox.records.transactions import FoundRecord
from attio_sandbox.requests import Call
from attio_sandbox.requests.paging import read_uuid, read_window
from attio_sandbox.resources.notes import markdown
from attio_sandbox.schema import Schema

# Attio publishes no number for what is too large (facts.md 8).
MAX_CONTENT = 10 * 2**20
_FORMAT = OneOf("plaintext", "markdown")
_CREATE = wrapped(
    Shape(
        {
            "parent_object": Text(),
            "parent_record_id": UUID,
            "title": Text(),
            "format": _FORMAT,
            "content": Text(),
        },
        {"created_at": Text(), "meeting_id": Nullable(UUID)},
    )
)
# The parent cannot change; what else is sent is ignored, as in most bodies (facts.md 16).
_UPDATE = wrapped(Shape({}, {"title": Text(), "format": _FORMAT, "content": Text()}))
_SELECT = (
    "SELECT notes.id, records.object, records.id, notes.title, meetings.id, plaintext, markdown,"
    " notes.actor, notes.created_at FROM notes JOIN records ON records.num = record"
    " LEFT JOIN meetings ON meetings.num = meeting"
)

_Row = tuple[str, int, str, str, str | None, str, str, int, str]


def _document(row: _Row, schema: Schema) -> dict[str, Any]:
    key, object_num, record_id, title, meeting_id, plaintext, rich, actor, created_at = row
    return {
        "id": {"workspace_id": schema.workspace_id, "note_id": key},
        "parent_object": schema.objects_by_num[object_num].slug,
        "parent_record_id": record_id,
        "title": title,
        "meeting_id": meeting_id,
        "content_plaintext": plaintext,
        "content_markdown": rich,
        # Only the editor of Attio's application makes tags; no format of the API has a mention.
        "tags": [],
        "created_by_actor": actor_document(schema, actor),
        "created_at": created_at,
    }


def list_notes(call: Call) -> bytes:
    """Answer GET /v2/notes: the newest first."""
    window = read_window(call, 10, 50)
    name, key = call.params.get("parent_object"), read_uuid(call.params, "parent_record_id")
    where, values = "", list[int]()
    if key is not None:
        found = call.find_anywhere(key) if name is None else call.find_record(name, key)
        if found is None:
            raise not_found(f'Record with ID "{key}" not found.')
        where, values = "WHERE notes.record = ?", [found.num]
    elif name is not None:
        where, values = "WHERE records.object = ?", [call.schema.object(name).num]
    rows = call.database.rows(
        f"{_SELECT} {where} ORDER BY notes.created_at DESC, notes.num DESC LIMIT ? OFFSET ?",
        (*values, *window),
    )
    return json_body({"data": [_document(row, call.schema) for row in rows]})


def create_note(call: Call) -> bytes:
    """Answer POST /v2/notes; Markdown is read as plain text too, and the other way round."""
    data = call.checked(_CREATE)["data"]
    parent = call.find_record(data["parent_object"], data["parent_record_id"])
    meeting, meeting_id = None, data.get("meeting_id")
    if meeting_id is not None:
        missing = f'Meeting with ID "{meeting_id}" was not found.'
        sql = "SELECT num FROM meetings WHERE id = ?"
        (meeting,) = call.one(sql, (meeting_id.lower(),), missing)
    plaintext, rich = _both_formats(data["content"], data["format"])
    key = call.ids.new()
    call.database.insert(
        "notes",
        id=key,
        record=parent.num,
        title=data["title"],
        plaintext=plaintext,
        markdown=rich,
        meeting=meeting,
        actor=call.actor,
        created_at=checked_creation(data.get("created_at"), call.now),
    )
    _emit(call, "note.created", key, parent)
    return json_body({"data": _document(_find(call, key), call.schema)})


def _both_formats(content: str, format: str) -> tuple[str, str]:
    """Give what is written as plain text and as Markdown; raises the 413 where it is too much."""
    if len(content.encode()) > MAX_CONTENT:
        message = f"The content of a note may have {MAX_CONTENT} bytes at most."
        raise Refusal(413, "validation_type", message)
    if format == "markdown":
        return markdown.to_plaintext(content), markdown.normalise(content)
    return content, markdown.from_plaintext(content)


def get_note(call: Call) -> bytes:
    """Answer GET /v2/notes/{note_id}."""
    return json_body({"data": _document(_find(call, call.uuid("note_id")), call.schema)})


def update_note(call: Call) -> bytes:
    """Answer PATCH /v2/notes/{note_id}: what is left out stays; `content` replaces all of it.

    What changes nothing is not an event.
    """
    key = call.uuid("note_id")
    _, _, _, title, _, *texts, _, _ = _find(call, key)
    data = call.checked(_UPDATE)["data"]
    if "title" not in data and "content" not in data:
        raise invalid(EMPTY_PAYLOAD)
    new_title, new_texts = data.get("title", title), tuple(texts)
    if "content" in data:
        # Attio does not say what content without a format is: as it is written changes nothing.
        new_texts = _both_formats(data["content"], data.get("format", "plaintext"))
    (num,) = call.database.row("SELECT record FROM notes WHERE id = ?", (key,))
    call.database.run(
        "UPDATE notes SET title = ?, plaintext = ?, markdown = ? WHERE id = ?",
        (new_title, *new_texts, key),
    )
    parent = call.record(num)
    if new_title != title:
        _emit(call, "note.updated", key, parent)
    if new_texts != tuple(texts):
        _emit(call, "note-content.updated", key, parent)
    return get_note(call)


def delete_note(call: Call) -> bytes:
    """Answer DELETE /v2/notes/{note_id}."""
    key = call.uuid("note_id")
    _find(call, key)  # for its 404
    row = call.database.row("SELECT num, record FROM notes WHERE id = ?", (key,))
    call.database.run("DELETE FROM notes WHERE num = ?", (row[0],))
    _emit(call, "note.deleted", key, call.record(row[1]))
    return b"{}"


def _find(call: Call, key: str) -> _Row:
    missing = f'Note with ID "{key}" was not found.'
    row: _Row = call.one(f"{_SELECT} WHERE notes.id = ?", (key,), missing)
    return row


def _emit(call: Call, type: str, key: str, parent: FoundRecord) -> None:
    place = {"parent_object_id": parent.object.id, "parent_record_id": parent.id}
    call.emit(type, {"note_id": key}, **place)
