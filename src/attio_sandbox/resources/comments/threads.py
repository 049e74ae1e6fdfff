"""Threads of comments: list those of a record or an entry, get one in parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from attio_sandbox.errors import bad_param
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call
from attio_sandbox.requests.paging import (
    cursor_body,
    next_cursor,
    read_cursor,
    read_pair,
    read_window,
)
from attio_sandbox.resources.comments.handlers import SELECT_COMMENT, comment_document
from attio_sandbox.resources.comments.places import require_scopes
from attio_sandbox.schema import Schema
from attio_sandbox.storage import Database
from attio_sandbox.timestamps import read_timestamp

_SELECT = "SELECT num, id, created_at FROM threads"
# In a list a thread carries 80 replies at most (facts.md 8). Whether the comment that began it
# counts is not said: here it does, so that nobody relies on the 81st.
MAX_LISTED = 80
# How many a part has unless told is not documented; 250 is the most.
_DEFAULT, _MAXIMUM = MAX_LISTED, 250
_OLDEST_FIRST = "comments.created_at, comments.num"

_Row = tuple[int, str, str]


def thread_documents(
    database: Database, schema: Schema, rows: Sequence[_Row]
) -> list[dict[str, Any]]:
    """Give threads, each with its first comments from the oldest on, from number, id and time."""
    comments: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    # All comments of a page in one query, whatever the number of its threads; one more of each
    # than is shown, which tells that there are more.
    marks = ", ".join("?" * len(rows))
    for row in database.rows(
        f"{SELECT_COMMENT} WHERE comments.num IN (SELECT num FROM (SELECT num, row_number() OVER"
        " (PARTITION BY thread ORDER BY created_at, num) AS place FROM comments"
        f" WHERE thread IN ({marks})) WHERE place <= ?) ORDER BY {_OLDEST_FIRST}",
        [*(num for num, _, _ in rows), MAX_LISTED + 1],
    ):
        comments[row[0]].append(comment_document(row, schema))
    return [
        {
            **_document(schema, key, comments[num][:MAX_LISTED], created_at),
            "has_more_comments": len(comments[num]) > MAX_LISTED,
        }
        for num, key, created_at in rows
    ]


def _document(
    schema: Schema, key: str, comments: list[dict[str, Any]], created_at: str
) -> dict[str, Any]:
    return {
        "id": {"workspace_id": schema.workspace_id, "thread_id": key},
        "comments": comments,
        "created_at": created_at,
    }


def list_threads(call: Call) -> bytes:
    """Answer GET /v2/threads: the oldest first; those of a record are not on an entry of it."""
    window = read_window(call, 10, 50)
    record = read_pair(call.params, "object", "record_id")
    entry = read_pair(call.params, "list", "entry_id")
    if record is not None and entry is not None:
        message = "Only one of record_id and entry_id can be given"
        raise bad_param(message, "entry_id", "invalid")
    if entry is None:
        require_scopes(call, is_entry=False)
    if record is None:
        require_scopes(call, is_entry=True)
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
    """Answer GET /v2/threads/{thread_id}: a part of its comments, from the oldest on.

    With `created_after` it is of those that were written later; there may be none.
    """
    key = call.uuid("thread_id")
    limit, _ = read_window(call, _DEFAULT, _MAXIMUM)
    missing = f'Thread with ID "{key}" was not found.'
    num, created_at, entry = call.one(
        "SELECT num, created_at, entry FROM threads WHERE id = ?", (key,), missing
    )
    require_scopes(call, is_entry=entry is not None)
    conditions, values = ["thread = ?"], [num]
    since = call.params.get("created_after")
    if since is not None:
        moment = read_timestamp(since)
        if moment is None:
            raise bad_param("Invalid date", "created_after", "invalid_date")
        conditions.append("created_at > ?")
        values.append(moment)
    after = read_cursor(call.params, str, int)
    if after is not None:
        conditions.append("(created_at, num) > (?, ?)")
        values += after
    rows = call.database.rows(
        f"SELECT created_at, num FROM comments WHERE {' AND '.join(conditions)}"
        " ORDER BY created_at, num LIMIT ?",
        (*values, limit + 1),
    )
    marks = ", ".join("?" * len(rows[:limit]))
    comments = [
        comment_document(row, call.schema)
        for row in call.database.rows(
            f"{SELECT_COMMENT} WHERE comments.num IN ({marks}) ORDER BY {_OLDEST_FIRST}",
            [number for _, number in rows[:limit]],
        )
    ]
    document = _document(call.schema, key, comments, created_at)
    return cursor_body(document, next_cursor(rows, limit, 0, 1))
