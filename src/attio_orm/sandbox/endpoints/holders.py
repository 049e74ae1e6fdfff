"""What a path speaks of: an object or a list, and a record or an entry of it."""

from __future__ import annotations

from typing import NamedTuple

from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.documents import Draft
from attio_orm.sandbox.errors import not_found
from attio_orm.sandbox.rendering import SELECT_ROWS, RecordRow, one_body, renderer
from attio_orm.sandbox.schema import Holder, List


class Found(NamedTuple):
    """A record or an entry: its object or list, its number, and its row for rendering."""

    holder: Holder
    num: int
    row: RecordRow


def holder_of(call: Call) -> Holder:
    """Give what `{object}`, `{list}` or `{target}/{identifier}` names; raises its 404."""
    names = call.names
    target = names.get("target") or ("lists" if "list" in names else "objects")
    if target == List.target:
        return list_of(call)
    return call.schema.object(names.get("object") or names["identifier"])


def list_of(call: Call) -> List:
    """Give the list that the path names; raises the 404 where the token sees none."""
    names = call.names
    return call.schema.get_list(names.get("list") or names["identifier"], call.actor)


def find(call: Call) -> Found:
    """Give the record (`{record_id}`) or entry (`{entry_id}`) of a path; raises its 404."""
    holder = holder_of(call)
    is_entry = isinstance(holder, List)
    key = call.uuid("entry_id" if is_entry else "record_id")
    row = call.database.row(f"{SELECT_ROWS} WHERE r.id = ? AND r.object = ?", (key, holder.num))
    if row is None:
        raise not_found(f'{"Entry" if is_entry else "Record"} with ID "{key}" not found.')
    return Found(holder, row[0], row[1:])


def answer(call: Call, changes: Changes, draft: Draft) -> bytes:
    """Store the changes and give the body that shows a record or entry as it is then."""
    changes.flush()
    row = call.database.row(f"{SELECT_ROWS} WHERE r.num = ?", (draft.num,))
    return one_body(renderer(draft.object, call.schema).record(row[1:]))


def delete(call: Call) -> bytes:
    """Answer the DELETE of a record, with its entries, or of an entry, whose record stays."""
    changes = call.changes()
    changes.delete(changes.draft(find(call).num))
    changes.flush()
    return b"{}"
