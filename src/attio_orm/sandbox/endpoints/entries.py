"""Entries of lists: query, create, assert by parent, get, update, overwrite, delete."""

from __future__ import annotations

from typing import Any, NamedTuple

from attio_orm.sandbox.bodies import UUID_FORM, Shape, Text, is_map, wrapped
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.documents import Draft
from attio_orm.sandbox.endpoints.holders import Found, answer, delete, find, list_of
from attio_orm.sandbox.endpoints.queries import query_page
from attio_orm.sandbox.errors import BODY_MESSAGE, Issue, Refusal, invalid, value_not_found
from attio_orm.sandbox.filters.compiler import PARENT_SLUG
from attio_orm.sandbox.rendering import json_body, one_body, renderer
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import List
from attio_orm.sandbox.writes import create, update

_VALUES = {"entry_values": Shape({})}
_PARENT = {"parent_record_id": Text(pattern=UUID_FORM), "parent_object": Text()}
_CREATE = wrapped(Shape({**_PARENT, **_VALUES}))
_CHANGE = wrapped(Shape(_VALUES, strict=True))


class _Input(NamedTuple):
    """The body of a write to a list: the list, the number of the parent record, the values."""

    list: List
    parent: int
    values: dict[str, Any]

    def create(self, call: Call, changes: Changes) -> Draft:
        return create(
            changes,
            self.list,
            self.values,
            call.ids.new(),
            moment=call.moment,
            parent=self.parent,
        )


def _read(call: Call, changes: Changes) -> _Input:
    list_ = list_of(call)
    data = call.checked(_CREATE)["data"]
    name, key = data["parent_object"], data["parent_record_id"].lower()
    parent = call.schema.find_object(name)
    if parent is None:
        raise value_not_found(f'Object with slug/ID "{name}" not found.')
    if parent.num != list_.parent:
        message = f'List "{list_.slug}" does not take records of "{name}"'
        raise invalid(BODY_MESSAGE, [Issue("invalid", ("data", "parent_object"), message)])
    number = changes.record_number(parent.num, key)
    if number is None:
        raise value_not_found(f'Parent record with slug/ID "{key}" not found.')
    return _Input(list_, number, data["entry_values"])


def query_entries(call: Call) -> bytes:
    """Answer POST /v2/lists/{list}/entries/query."""
    return query_page(call, list_of(call))


def create_entry(call: Call) -> bytes:
    """Answer POST /v2/lists/{list}/entries; a record may be in a list many times."""
    changes = call.changes()
    return answer(call, changes, _read(call, changes).create(call, changes))


def assert_entry(call: Call) -> bytes:
    """Answer PUT /v2/lists/{list}/entries: the one entry of the parent is updated, or made."""
    changes = call.changes()
    given = _read(call, changes)
    found = call.database.rows(
        "SELECT num FROM records WHERE parent = ? AND object = ? LIMIT 2",
        (given.parent, given.list.num),
    )
    if len(found) > 1:
        raise Refusal(
            400,
            "multiple_match_results",
            "Multiple entries were founds for the given parent record. Please remove duplicates "
            "or use the update or create entry endpoints instead.",
        )
    if not found:
        return answer(call, changes, given.create(call, changes))
    draft = changes.draft(found[0][0])
    update(changes, draft, given.values, overwrite=True)
    return answer(call, changes, draft)


def get_entry(call: Call) -> bytes:
    """Answer GET /v2/lists/{list}/entries/{entry_id}."""
    found = find(call)
    return one_body(renderer(found.holder, call.schema).record(found.row))


def _change(call: Call, *, overwrite: bool) -> bytes:
    found = find(call)
    _check_parent(call, found)
    values = call.checked(_CHANGE)["data"]["entry_values"]
    changes = call.changes()
    draft = changes.draft(found.num)
    update(changes, draft, values, overwrite=overwrite)
    return answer(call, changes, draft)


def _check_parent(call: Call, found: Found) -> None:
    """Refuse another parent; the same one is an unknown key like any other."""
    assert isinstance(found.holder, List)
    data = call.json.get("data") if is_map(call.json) else None
    if not is_map(data):
        return
    object_ = call.schema.objects_by_num[found.holder.parent]
    key, name = data.get("parent_record_id"), data.get("parent_object")
    values = data.get("entry_values")
    if (
        (isinstance(key, str) and key.lower() != found.row[4])
        or (isinstance(name, str) and not object_.is_named(name))
        or (is_map(values) and PARENT_SLUG in values)
    ):
        raise Refusal(
            400,
            "immutable_value",
            "The parent record for a list entry cannot be updated once created.",
        )


def append_entry(call: Call) -> bytes:
    """Answer PATCH /v2/lists/{list}/entries/{entry_id}: multi-values are added to."""
    return _change(call, overwrite=False)


def overwrite_entry(call: Call) -> bytes:
    """Answer PUT /v2/lists/{list}/entries/{entry_id}: multi-values are overwritten."""
    return _change(call, overwrite=True)


def list_record_entries(call: Call) -> bytes:
    """Answer GET /v2/objects/{object}/records/{record_id}/entries, oldest first."""
    found = find(call)
    lists = {list_.num: list_ for list_ in call.schema.lists if list_.is_seen_by(call.actor)}
    rows = call.database.rows(
        "SELECT object, id, created_at FROM records WHERE parent = ? ORDER BY created_at, id",
        (found.num,),
    )
    entries = [
        {
            "list_id": lists[holder].id,
            "list_api_slug": lists[holder].slug,
            "entry_id": key,
            "created_at": created,
        }
        for holder, key, created in rows
        if holder in lists
    ]
    return json_body({"data": entries[call.page(100, 1_000)]})


_ALL = "/v2/lists/{list}/entries"
_ONE = f"{_ALL}/{{entry_id}}"
_READ = ("list_entry:read", "list_configuration:read")
_WRITE = ("list_entry:read-write", "list_configuration:read")
ROUTES = (
    Route("POST", f"{_ALL}/query", query_entries, scopes=_READ),
    Route("POST", _ALL, create_entry, writes=True, scopes=_WRITE),
    Route("PUT", _ALL, assert_entry, writes=True, scopes=_WRITE),
    Route("GET", _ONE, get_entry, scopes=_READ),
    Route("PATCH", _ONE, append_entry, writes=True, scopes=_WRITE),
    Route("PUT", _ONE, overwrite_entry, writes=True, scopes=_WRITE),
    Route("DELETE", _ONE, delete, writes=True, scopes=_WRITE),
    Route(
        "GET",
        "/v2/objects/{object}/records/{record_id}/entries",
        list_record_entries,
        scopes=("record_permission:read", "object_configuration:read", "list_entry:read"),
    ),
)
