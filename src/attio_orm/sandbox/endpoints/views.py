"""Saved views of objects and lists, which can only be read."""

from __future__ import annotations

from typing import Any

from attio_orm.sandbox.activities.paging import cursor_body, read_cursor, read_window, write_cursor
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.endpoints.holders import holder_of
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Holder, List, Schema

_DEFAULT, _MAXIMUM = 500, 1_000


def view_document(holder: Holder, row: tuple[int, str, str, str], schema: Schema) -> dict[str, Any]:
    """Give a view of `holder`, which is its number, id, title and created_at, as the API does."""
    _, key, title, created_at = row
    kind = "list_id" if isinstance(holder, List) else "object_id"
    return {
        "id": {"workspace_id": schema.workspace_id, kind: holder.id, "view_id": key},
        "title": title,
        "created_at": created_at,
    }


def list_views(call: Call) -> bytes:
    """Answer GET /v2/objects/{object}/views and /v2/lists/{list}/views."""
    holder = holder_of(call)
    limit = read_window(call, _DEFAULT, _MAXIMUM).limit
    cursor = read_cursor(call.params, int)
    hidden = "" if call.flag("show_archived") else " AND NOT is_archived"
    rows = call.database.rows(
        "SELECT num, id, title, created_at FROM views"
        f" WHERE holder = ? AND num > ?{hidden} ORDER BY num LIMIT ?",
        (holder.num, cursor[0] if cursor else 0, limit + 1),
    )
    views = [view_document(holder, row, call.schema) for row in rows[:limit]]
    return cursor_body(views, write_cursor(rows[limit - 1][:1]) if len(rows) > limit else None)


ROUTES = (
    Route("GET", "/v2/objects/{object}/views", list_views, scopes=("object_configuration:read",)),
    Route("GET", "/v2/lists/{list}/views", list_views, scopes=("list_configuration:read",)),
)
