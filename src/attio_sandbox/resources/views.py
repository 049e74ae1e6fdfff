"""Saved views of objects and lists, which the API can only read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from attio_sandbox.requests import Call, Resource, Route
from attio_sandbox.requests.paging import cursor_body, next_cursor, read_cursor, read_window
from attio_sandbox.schema import Catalog, Collection, List, Schema

TABLES = """
CREATE TABLE views (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, holder INTEGER NOT NULL,
    title TEXT NOT NULL, filter TEXT NOT NULL, is_archived INTEGER NOT NULL,
    created_at TEXT NOT NULL);
CREATE INDEX views_by_holder ON views (holder, num);
CREATE INDEX views_by_id ON views (holder, id);
"""
_DEFAULT, _MAXIMUM = 500, 1_000


def add_view(
    catalog: Catalog,
    collection: Collection,
    title: str,
    filter: Mapping[str, Any],
    *,
    is_archived: bool = False,
) -> str:
    """Save a view of an object or list and give its id; the filter is as in a query."""
    key = catalog.ids.new()
    catalog.schema.database.insert(
        "views",
        id=key,
        holder=collection.num,
        title=title,
        filter=msgspec.json.encode(dict(filter)).decode(),
        is_archived=is_archived,
        created_at=catalog.now,
    )
    return key


def view_document(
    collection: Collection, row: tuple[str, str, str], schema: Schema
) -> dict[str, Any]:
    """Give a view, which is its id, title and created_at, as the API shows it."""
    key, title, created_at = row
    kind = "list_id" if isinstance(collection, List) else "object_id"
    return {
        "id": {"workspace_id": schema.workspace_id, kind: collection.id, "view_id": key},
        "title": title,
        "created_at": created_at,
    }


def list_views(call: Call) -> bytes:
    """Answer GET /v2/objects/{object}/views and /v2/lists/{list}/views, in the order of ids."""
    collection = call.collection
    limit, _ = read_window(call, _DEFAULT, _MAXIMUM)
    cursor = read_cursor(call.params, str)
    hidden = "" if call.flag("show_archived") else " AND NOT is_archived"
    # One row more than a page has tells whether there is another page.
    rows = call.database.rows(
        "SELECT id, title, created_at FROM views"
        f" WHERE holder = ? AND id > ?{hidden} ORDER BY id LIMIT ?",
        (collection.num, cursor[0] if cursor else "", limit + 1),
    )
    views = [view_document(collection, row, call.schema) for row in rows[:limit]]
    return cursor_body(views, next_cursor(rows, limit, 0))


RESOURCE = Resource(
    routes=(
        Route(
            "GET", "/v2/objects/{object}/views", list_views, scopes=("object_configuration:read",)
        ),
        Route("GET", "/v2/lists/{list}/views", list_views, scopes=("list_configuration:read",)),
    ),
    tables=TABLES,
)
