"""Comments on records and entries: create, get, delete."""

from __future__ import annotations

from typing import Any

from attio_orm.sandbox.activities.conversations import (
    SELECT_COMMENT,
    CommentRow,
    comment_document,
    comment_place,
)
from attio_orm.sandbox.activities.links import find_member_actor
from attio_orm.sandbox.activities.moments import read_past
from attio_orm.sandbox.activities.parents import find_entry, find_parent
from attio_orm.sandbox.activities.refusals import spelled_in_camel_case
from attio_orm.sandbox.bodies import UUID_FORM, OneOf, Shape, Text, wrapped
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.errors import (
    BODY_MESSAGE,
    Issue,
    Refusal,
    invalid,
    not_found,
    value_not_found,
)
from attio_orm.sandbox.rendering import json_body
from attio_orm.sandbox.routes import Route

_UUID = Text(pattern=UUID_FORM)
_PLACES = {
    "thread_id": _UUID,
    "record": Shape({"object": Text(), "record_id": _UUID}),
    "entry": Shape({"list": Text(), "entry_id": _UUID}),
}
_CREATE = wrapped(
    Shape(
        {
            "format": OneOf("plaintext"),
            "content": Text(),
            "author": Shape({"type": OneOf("workspace-member"), "id": _UUID}),
        },
        {"created_at": Text(), **_PLACES},
        strict=True,
    )
)
_NO_THREAD = "The referenced Thread could not be found, it might have been deleted."


@spelled_in_camel_case
def create_comment(call: Call) -> bytes:
    """Answer POST /v2/comments: in a thread, or a new one on a record or an entry."""
    data = call.checked(_CREATE)["data"]
    if sum(name in data for name in _PLACES) != 1:
        message = "Expected exactly one of thread_id, record and entry"
        raise invalid(BODY_MESSAGE, [Issue("invalid_union", ("data",), message)])
    author = find_member_actor(call, data["author"]["id"])
    if author is None:
        raise value_not_found(f'Workspace member with ID "{data["author"]["id"]}" not found.')
    created_at = read_past(data.get("created_at"), call.now)
    thread = _thread(call, data, created_at)
    key = call.ids.new()
    call.database.insert(
        "INSERT INTO comments (id, thread, content, actor, created_at) VALUES (?, ?, ?, ?, ?)",
        (key, thread, data["content"], author, created_at),
    )
    row = _find(call, key)
    call.emit("comment.created", {"comment_id": key}, **comment_place(row, call.schema))
    return json_body({"data": comment_document(row, call.schema)})


def _thread(call: Call, data: dict[str, Any], created_at: str) -> int:
    """Give the number of the thread a comment goes to, which is made where it starts one."""
    if "thread_id" in data:
        key = data["thread_id"].lower()
        row = call.database.row("SELECT num FROM threads WHERE id = ?", (key,))
        if row is None:
            raise value_not_found(_NO_THREAD)
        return int(row[0])
    try:
        if "record" in data:
            place = data["record"]
            record = find_parent(call.database, call.schema, place["object"], place["record_id"])
            entry = None
        else:
            place = data["entry"]
            found = find_entry(
                call.database, call.schema, place["list"], place["entry_id"], call.actor
            )
            record, entry = found.record, found.num
    except Refusal as refusal:
        raise value_not_found(refusal.message) from refusal
    return call.database.insert(
        "INSERT INTO threads (id, record, entry, created_at) VALUES (?, ?, ?, ?)",
        (call.ids.new(), record.num, entry, created_at),
    )


def _find(call: Call, key: str) -> CommentRow | Any:
    return call.database.row(f"{SELECT_COMMENT} WHERE comments.id = ?", (key,))


def get_comment(call: Call) -> bytes:
    """Answer GET /v2/comments/{comment_id}."""
    key = call.uuid("comment_id")
    row = _find(call, key)
    if row is None:
        raise not_found(f'Comment with ID "{key}" was not found.')
    return json_body({"data": comment_document(row, call.schema)})


def delete_comment(call: Call) -> bytes:
    """Answer DELETE /v2/comments/{comment_id}; the one that started a thread ends it.

    The event names the comment of the request; Attio documents none for the others.
    """
    key = call.uuid("comment_id")
    row = _find(call, key)
    if row is None:
        raise not_found(f'Could not find Comment with ID "{key}".')
    head = call.database.row("SELECT id, num FROM comments WHERE thread = ? ORDER BY num", row[:1])
    if head[0] == key:
        call.database.run("DELETE FROM comments WHERE thread = ?", row[:1])
        call.database.run("DELETE FROM threads WHERE num = ?", row[:1])
    else:
        call.database.run("DELETE FROM comments WHERE id = ?", (key,))
    call.emit("comment.deleted", {"comment_id": key}, **comment_place(row, call.schema))
    return b"{}"


_ONE = "/v2/comments/{comment_id}"
# Attio asks for the scopes of records or of lists too, as the comment is on.
ROUTES = (
    Route("POST", "/v2/comments", create_comment, writes=True, scopes=("comment:read-write",)),
    Route("GET", _ONE, get_comment, scopes=("comment:read",)),
    Route("DELETE", _ONE, delete_comment, writes=True, scopes=("comment:read-write",)),
)
