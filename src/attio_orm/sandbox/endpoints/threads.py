"""Threads of comments: list those of a record or an entry, get one."""

from __future__ import annotations

from attio_orm.sandbox.activities.conversations import thread_documents
from attio_orm.sandbox.activities.paging import cursor_body, read_pair, read_window
from attio_orm.sandbox.activities.parents import find_entry, find_parent
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.errors import QUERY_MESSAGE, Issue, invalid, not_found
from attio_orm.sandbox.rendering import json_body
from attio_orm.sandbox.routes import Route

_SELECT = "SELECT num, id, created_at FROM threads"


def list_threads(call: Call) -> bytes:
    """Answer GET /v2/threads: the oldest first; those of a record are not on an entry of it."""
    window = read_window(call, 10, 50)
    record = read_pair(call.params, "object", "record_id")
    entry = read_pair(call.params, "list", "entry_id")
    if record is not None and entry is not None:
        message = "Only one of record_id and entry_id can be given"
        raise invalid(QUERY_MESSAGE, [Issue("invalid_union", ("entry_id",), message)])
    where, values = "", list[int]()
    if record is not None:
        found = find_parent(call.database, call.schema, *record)
        where, values = " WHERE record = ? AND entry IS NULL", [found.num]
    elif entry is not None:
        place = find_entry(call.database, call.schema, *entry, call.actor)
        where, values = " WHERE entry = ?", [place.num]
    rows = call.database.rows(
        f"{_SELECT}{where} ORDER BY created_at, num LIMIT ? OFFSET ?", (*values, *window)
    )
    return json_body({"data": thread_documents(call.database, call.schema, rows)})


def get_thread(call: Call) -> bytes:
    """Answer GET /v2/threads/{thread_id}: all its comments, on the one page that there is."""
    key = call.uuid("thread_id")
    rows = call.database.rows(f"{_SELECT} WHERE id = ?", (key,))
    if not rows:
        raise not_found(f'Thread with ID "{key}" was not found.')
    return cursor_body(thread_documents(call.database, call.schema, rows)[0], None)


# Beside comment:read, Attio asks for the scopes of records or of lists, as the thread is on.
_READ = ("comment:read",)
ROUTES = (
    Route("GET", "/v2/threads", list_threads, scopes=_READ),
    Route("GET", "/v2/threads/{thread_id}", get_thread, scopes=_READ),
)
