"""Comments on records and entries: create, get, delete."""

from __future__ import annotations

from typing import Any

from attio_sandbox.bodies import UUID, OneOf, Shape, Text, checked_creation, wrapped
from attio_sandbox.errors import Refusal, bad_body, forbidden, value_not_found
from attio_sandbox.records.rendering import actor_document, json_body
from attio_sandbox.requests import Call
from attio_sandbox.requests.routes import twice_spelled
from attio_sandbox.resources.comments.places import require_scopes
from attio_sandbox.schema import Schema

_PLACES = {
    "thread_id": UUID,
    "record": Shape({"object": Text(), "record_id": UUID}),
    "entry": Shape({"list": Text(), "entry_id": UUID}),
}
_CREATE = wrapped(
    Shape(
        {
            "format": OneOf("plaintext"),
            "content": Text(),
            "author": Shape({"type": OneOf("workspace-member"), "id": UUID}),
        },
        {"created_at": Text(), **_PLACES},
    )
)
_NO_THREAD = "The referenced Thread could not be found, it might have been deleted."
# A comment with its thread, the record it is on, and the entry of that record where it has one.
SELECT_COMMENT = (
    "SELECT comments.thread, threads.id, comments.id, content, comments.actor,"
    " comments.created_at, records.object, records.id, entries.object, entries.id"
    " FROM comments JOIN threads ON threads.num = thread"
    " JOIN records ON records.num = threads.record"
    " LEFT JOIN records AS entries ON entries.num = threads.entry"
)
CommentRow = tuple[int, str, str, str, int, str, int, str, int | None, str | None]


def comment_document(row: CommentRow, schema: Schema) -> dict[str, Any]:
    """Give a comment as the API shows it. Nothing in the API resolves one."""
    _, thread_id, key, content, actor, created_at, *_ = row
    place = comment_place(row, schema)
    entry = None
    if place["entry_id"] is not None:
        entry = {"entry_id": place["entry_id"], "list_id": place["list_id"]}
    return {
        "id": {"workspace_id": schema.workspace_id, "comment_id": key},
        "thread_id": thread_id,
        "content_plaintext": content,
        "entry": entry,
        "record": {"record_id": place["record_id"], "object_id": place["object_id"]},
        "resolved_at": None,
        "resolved_by": None,
        "created_at": created_at,
        "author": actor_document(schema, actor),
    }


def comment_place(row: CommentRow, schema: Schema) -> dict[str, str | None]:
    """Give where a comment stands, as the events of comments tell it."""
    object_num, record_id, list_num, entry_id = row[6:]
    return {
        "thread_id": row[1],
        "object_id": schema.objects_by_num[object_num].id,
        "record_id": record_id,
        "list_id": None if list_num is None else schema.lists_by_num[list_num].id,
        "entry_id": entry_id,
    }


@twice_spelled
def create_comment(call: Call) -> bytes:
    """Answer POST /v2/comments: in a thread, or a new one on a record or an entry."""
    data = call.checked(_CREATE)["data"]
    if sum(name in data for name in _PLACES) != 1:
        message = "Expected exactly one of thread_id, record and entry"
        raise bad_body(message, ("data",), "invalid")
    author = call.schema.member_actor(data["author"]["id"])
    if author is None:
        raise value_not_found(f'Workspace member with ID "{data["author"]["id"]}" not found.')
    created_at = checked_creation(data.get("created_at"), call.now)
    key = call.ids.new()
    thread = _thread(call, data, created_at, key)
    call.database.insert(
        "comments",
        id=key,
        thread=thread,
        content=data["content"],
        actor=author,
        created_at=created_at,
    )
    row = _find(call, key)
    require_scopes(call, is_entry=row[8] is not None)
    call.emit("comment.created", {"comment_id": key}, **comment_place(row, call.schema))
    return json_body({"data": comment_document(row, call.schema)})


def _thread(call: Call, data: dict[str, Any], created_at: str, comment_id: str) -> int:
    """Give the number of the thread a comment goes to, which is made where it starts one.

    A thread has the id of its first comment (facts.md 16).
    """
    if "thread_id" in data:
        key = data["thread_id"].lower()
        row = call.database.row("SELECT num FROM threads WHERE id = ?", (key,))
        if row is None:
            raise value_not_found(_NO_THREAD)
        return int(row[0])
    try:
        if "record" in data:
            place = data["record"]
            record = call.find_record(place["object"], place["record_id"])
            entry = None
        else:
            place = data["entry"]
            found = call.find_entry(place["list"], place["entry_id"])
            record, entry = found.record, found.num
    except Refusal as refusal:  # a 404 of the path, but a 400 of the body
        raise value_not_found(refusal.message) from refusal
    return call.database.insert(
        "threads", id=comment_id, record=record.num, entry=entry, created_at=created_at
    )


def _find(call: Call, key: str, missing: str = "") -> CommentRow:
    sql = f"{SELECT_COMMENT} WHERE comments.id = ?"
    row: CommentRow = call.one(sql, (key,), missing.format(key))
    return row


def get_comment(call: Call) -> bytes:
    """Answer GET /v2/comments/{comment_id}."""
    row = _find(call, call.uuid("comment_id"), 'Comment with ID "{}" was not found.')
    require_scopes(call, is_entry=row[8] is not None)
    return json_body({"data": comment_document(row, call.schema)})


def delete_comment(call: Call) -> bytes:
    """Answer DELETE /v2/comments/{comment_id}; the one that started a thread ends it.

    The event names the comment of the request; Attio documents none for the others.
    """
    key = call.uuid("comment_id")
    row = _find(call, key, 'Could not find Comment with ID "{}".')
    # A user-level token deletes only what its own member wrote (facts.md 1).
    if call.token is not None and call.token.member is not None and row[4] != call.actor:
        raise forbidden("You do not have the necessary permissions to delete this comment.")
    # Deleting the head deletes its thread (facts.md 8); of one moment, the one made first is it.
    head = call.database.row("SELECT id, num FROM comments WHERE thread = ? ORDER BY num", row[:1])
    if head[0] == key:
        call.database.run("DELETE FROM comments WHERE thread = ?", row[:1])
        call.database.run("DELETE FROM threads WHERE num = ?", row[:1])
    else:
        call.database.run("DELETE FROM comments WHERE id = ?", (key,))
    call.emit("comment.deleted", {"comment_id": key}, **comment_place(row, call.schema))
    return b"{}"
