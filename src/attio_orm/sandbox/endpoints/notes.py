"""Notes on records: list, create, get, delete. Attio has no way to change one."""

from __future__ import annotations

from typing import Any

from attio_orm.sandbox import markdown
from attio_orm.sandbox.activities.moments import read_past
from attio_orm.sandbox.activities.paging import read_uuid, read_window
from attio_orm.sandbox.activities.parents import find_anywhere, find_parent, parent_of
from attio_orm.sandbox.bodies import UUID_FORM, Nullable, OneOf, Shape, Text, wrapped
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.errors import not_found
from attio_orm.sandbox.rendering import actor_document, json_body
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Schema

_UUID = Text(pattern=UUID_FORM)
_CREATE = wrapped(
    Shape(
        {
            "parent_object": Text(),
            "parent_record_id": _UUID,
            "title": Text(),
            "format": OneOf("plaintext", "markdown"),
            "content": Text(),
        },
        {"created_at": Text(), "meeting_id": Nullable(_UUID)},
    )
)
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
        found = (
            find_anywhere(call.database, call.schema, key)
            if name is None
            else find_parent(call.database, call.schema, name, key)
        )
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
    parent = find_parent(
        call.database, call.schema, data["parent_object"], data["parent_record_id"]
    )
    meeting, meeting_id = None, data.get("meeting_id")
    if meeting_id is not None:
        row = call.database.row("SELECT num FROM meetings WHERE id = ?", (meeting_id.lower(),))
        if row is None:
            raise not_found(f'Meeting with ID "{meeting_id}" was not found.')
        meeting = row[0]
    content: str = data["content"]
    if data["format"] == "markdown":
        plaintext, rich = markdown.to_plaintext(content), markdown.normalise(content)
    else:
        plaintext, rich = content, markdown.from_plaintext(content)
    key = call.ids.new()
    created_at = read_past(data.get("created_at"), call.now)
    call.database.insert(
        "INSERT INTO notes (id, record, title, plaintext, markdown, meeting, actor, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (key, parent.num, data["title"], plaintext, rich, meeting, call.actor, created_at),
    )
    _emit(call, "note.created", key, parent.object.id, parent.id)
    return json_body({"data": _document(_find(call, key), call.schema)})


def get_note(call: Call) -> bytes:
    """Answer GET /v2/notes/{note_id}."""
    return json_body({"data": _document(_find(call, call.uuid("note_id")), call.schema)})


def delete_note(call: Call) -> bytes:
    """Answer DELETE /v2/notes/{note_id}."""
    key = call.uuid("note_id")
    _find(call, key)
    row = call.database.row("SELECT num, record FROM notes WHERE id = ?", (key,))
    call.database.run("DELETE FROM notes WHERE num = ?", (row[0],))
    parent = parent_of(call.database, call.schema, row[1])
    _emit(call, "note.deleted", key, parent.object.id, parent.id)
    return b"{}"


def _find(call: Call, key: str) -> _Row:
    row: _Row | None = call.database.row(f"{_SELECT} WHERE notes.id = ?", (key,))
    if row is None:
        raise not_found(f'Note with ID "{key}" was not found.')
    return row


def _emit(call: Call, type: str, key: str, object_id: str, record_id: str) -> None:
    call.emit(type, {"note_id": key}, parent_object_id=object_id, parent_record_id=record_id)


_READS = ("object_configuration:read", "record_permission:read")
_READ = ("note:read", *_READS)
ROUTES = (
    Route("GET", "/v2/notes", list_notes, scopes=_READ),
    Route("POST", "/v2/notes", create_note, writes=True, scopes=("note:read-write", *_READS)),
    Route("GET", "/v2/notes/{note_id}", get_note, scopes=_READ),
    Route("DELETE", "/v2/notes/{note_id}", delete_note, writes=True, scopes=("note:read-write",)),
)
