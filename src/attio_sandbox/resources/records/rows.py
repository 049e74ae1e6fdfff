"""The row of a record or an entry: found by the path of a request, answered, deleted."""

from __future__ import annotations

from typing import Any, NamedTuple

from attio_sandbox.records.changes import Changes
from attio_sandbox.records.documents import SELECT_ROWS, Draft, RecordRow
from attio_sandbox.records.rendering import one_body, renderer
from attio_sandbox.records.writes import update
from attio_sandbox.requests import Call
from attio_sandbox.schema import Collection, List


class Found(NamedTuple):
    """A record or an entry: its object or list, its number, and its row for rendering."""

    collection: Collection
    num: int
    row: RecordRow


def find(call: Call) -> Found:
    """Give the record (`{record_id}`) or entry (`{entry_id}`) of a path; raises its 404."""
    collection = call.collection
    kind = "Entry" if isinstance(collection, List) else "Record"
    key = call.uuid(f"{kind.lower()}_id")
    num, *row = call.one(
        f"{SELECT_ROWS} WHERE r.id = ? AND r.object = ?",
        (key, collection.num),
        f'{kind} with ID "{key}" not found.',
    )
    return Found(collection, num, tuple(row))


def get(call: Call) -> bytes:
    """Answer the GET of a record or an entry."""
    found = find(call)
    return one_body(renderer(found.collection, call.schema).record(found.row))


def change(call: Call, found: Found, values: dict[str, Any], *, overwrite: bool) -> bytes:
    """Answer a PATCH, which adds to multi-values, or a PUT, which overwrites them."""
    changes = call.changes()
    draft = changes.draft(found.num)
    update(changes, draft, values, overwrite=overwrite)
    return answer(call, changes, draft)


def answer(call: Call, changes: Changes, draft: Draft) -> bytes:
    """Store the changes and give the body that shows a record or entry as it is then."""
    changes.flush()
    row = call.database.row(f"{SELECT_ROWS} WHERE r.num = ?", (draft.num,))
    return one_body(renderer(draft.collection, call.schema).record(row[1:]))


def delete(call: Call) -> bytes:
    """Answer the DELETE of a record, with its entries, or of an entry, whose record stays."""
    changes = call.changes()
    changes.delete(changes.draft(find(call).num))
    changes.flush()
    return b"{}"
