"""Threads of comments: list those of a record or an entry, get one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from attio_sandbox.errors import bad_param, not_found
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call
from attio_sandbox.requests.paging import cursor_body, read_pair, read_window
from attio_sandbox.resources.comments.handlers import SELECT_COMMENT, comment_document
from attio_sandbox.schema import Schema
from attio_sandbox.storage import Database

_SELECT = "SELECT num, id, created_at FROM threads"


def thread_documents(
    database: Database, schema: Schema, rows: Sequence[tuple[int, str, str]]
) -> list[dict[str, Any]]:
    """Give threads, each with its comments from the oldest on, from number, id and time."""
    comments: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    # All comments of a page in one query, whatever the number of its threads.
    marks = ", ".join("?" * len(rows))
    for row in database.rows(
        f"{SELECT_COMMENT} WHERE thread IN ({marks}) ORDER BY comments.created_at, comments.num",
        [num for num, _, _ in rows],
    ):
        comments[row[0]].append(comment_document(row, schema))
    return [
        {
            "id": {"workspace_id": schema.workspace_id, "thread_id": key},
            "comments": comments[num],
            "created_at": created_at,
        }
        for num, key, created_at in rows
    ]


def list_threads(call: Call) -> bytes:
    """Answer GET /v2/threads: the oldest first; those of a record are not on an entry of it."""
    window = read_window(call, 10, 50)
    record = read_pair(call.params, "object", "record_id")
    entry = read_pair(call.params, "list", "entry_id")
    if record is not None and entry is not None:
        message = "Only one of record_id and entry_id can be given"
        raise bad_param(message, "entry_id", "invalid")
    where, values = "", list[int]()
    if record is not None:
        found = call.find_record(*record)
        where, values = " WHERE record = ? AND entry IS NULL", [found.num]
    elif entry is not None:
        place = call.find_entry(*entry)
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
