"""Threads and comments as the API shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from attio_orm.sandbox.rendering import actor_document
from attio_orm.sandbox.schema import Schema
from attio_orm.sandbox.storage import Database

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
        "resolved_by": {"type": None, "id": None},
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
        "list_id": None if list_num is None else schema.holders[list_num].id,
        "entry_id": entry_id,
    }


def thread_documents(
    database: Database, schema: Schema, rows: Sequence[tuple[int, str, str]]
) -> list[dict[str, Any]]:
    """Give threads, each with its comments from the oldest on, from number, id and time."""
    comments: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
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
