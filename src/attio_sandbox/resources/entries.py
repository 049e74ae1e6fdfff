"""Entries of lists: query, create, assert by parent, get, update, overwrite, delete."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from attio_sandbox.bodies import UUID, Shape, Text, is_map, wrapped
from attio_sandbox.errors import Refusal, bad_body, value_not_found
from attio_sandbox.filters.compiler import PARENT_SLUG
from attio_sandbox.records.changes import Changes
from attio_sandbox.records.documents import Draft
from attio_sandbox.records.rendering import json_body
from attio_sandbox.records.writes import create, update
from attio_sandbox.requests import Call, Resource, Route
from attio_sandbox.resources.records import rows
from attio_sandbox.resources.records.queries import query
from attio_sandbox.resources.records.rows import Found, answer, change, find
from attio_sandbox.resources.records.values import list_values, write_values
from attio_sandbox.schema import List

_VALUES = {"entry_values": Shape({})}
_PARENT = {"parent_record_id": UUID, "parent_object": Text()}
_CREATE = wrapped(Shape({**_PARENT, **_VALUES}))
_ASSERT = wrapped(Shape({**_PARENT, **_VALUES}, strict=True))  # as all that change, facts.md 16
_CHANGE = wrapped(Shape(_VALUES, strict=True))


class _Input(NamedTuple):
    """The body of a write to a list: the list, the number of the parent record, the values."""

    list: List
    parent: int
    values: dict[str, Any]

    def create(self, call: Call, changes: Changes) -> Draft:
        return create(
            changes, self.list, self.values, call.ids.new(), moment=call.moment, parent=self.parent
        )


def _read(call: Call, changes: Changes, shape: Shape) -> _Input:
    list_ = call.list
    data = call.checked(shape)["data"]
    name, key = data["parent_object"], data["parent_record_id"].lower()
    parent = call.schema.find_object(name)
    if parent is None:
        raise value_not_found(f'Object with slug/ID "{name}" not found.')
    if parent.num != list_.parent:
        message = f'List "{list_.slug}" does not take records of "{name}"'
        raise bad_body(message, ("data", "parent_object"))
    number = changes.record_number(parent.num, key)
    if number is None:
        raise value_not_found(f'Parent record with slug/ID "{key}" not found.')
    return _Input(list_, number, data["entry_values"])


def create_entry(call: Call) -> bytes:
    """Answer POST /v2/lists/{list}/entries; a record may be in a list many times."""
    changes = call.changes()
    return answer(call, changes, _read(call, changes, _CREATE).create(call, changes))


def assert_entry(call: Call) -> bytes:
    """Answer PUT /v2/lists/{list}/entries: the one entry of the parent is updated, or made."""
    changes = call.changes()
    given = _read(call, changes, _ASSERT)
    found = call.database.rows(
        "SELECT num FROM records WHERE parent = ? AND object = ? LIMIT 2",  # two are too many
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


def change_entry(call: Call, *, overwrite: bool) -> bytes:
    """Answer PATCH and PUT /v2/lists/{list}/entries/{entry_id}."""
    found = find(call)
    _check_parent(call, found)
    values = call.checked(_CHANGE)["data"]["entry_values"]
    return change(call, found, values, overwrite=overwrite)


def _check_parent(call: Call, found: Found) -> None:
    """Refuse another parent; the same one is an unknown key like any other."""
    # Before the shape is checked, which would say less than that.
    assert isinstance(found.collection, List)
    data = call.json.get("data") if is_map(call.json) else None
    if not is_map(data):
        return
    object_ = call.schema.objects_by_num[found.collection.parent]
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


def list_record_entries(call: Call) -> bytes:
    """Answer GET /v2/objects/{object}/records/{record_id}/entries, oldest first."""
    found = find(call)
    lists = {list_.num: list_ for list_ in call.schema.lists if call.schema.sees(call.actor, list_)}
    entries = call.database.rows(
        "SELECT object, id, created_at FROM records WHERE parent = ? ORDER BY created_at, id",
        (found.num,),
    )
    seen = [
        {
            "list_id": lists[num].id,
            "list_api_slug": lists[num].slug,
            "entry_id": key,
            "created_at": created,
        }
        for num, key, created in entries
        if num in lists
    ]
    return json_body({"data": seen[call.page(100, 1_000)]})


_ALL = "/v2/lists/{list}/entries"
_ONE = f"{_ALL}/{{entry_id}}"
_ATTRIBUTE = f"{_ONE}/attributes/{{attribute}}/values"
_READ = ("list_entry:read", "list_configuration:read")
_WRITE = ("list_entry:read-write", "list_configuration:read")
RESOURCE = Resource(
    routes=(
        Route("POST", f"{_ALL}/query", query, scopes=_READ),
        Route("POST", _ALL, create_entry, writes=True, scopes=_WRITE),
        Route("PUT", _ALL, assert_entry, writes=True, scopes=_WRITE),
        Route("GET", _ONE, rows.get, scopes=_READ, is_short=True),
        Route("PATCH", _ONE, partial(change_entry, overwrite=False), writes=True, scopes=_WRITE),
        Route("PUT", _ONE, partial(change_entry, overwrite=True), writes=True, scopes=_WRITE),
        Route("DELETE", _ONE, rows.delete, writes=True, scopes=_WRITE),
        Route("GET", _ATTRIBUTE, list_values, scopes=_READ),
        Route("PUT", _ATTRIBUTE, write_values, writes=True, scopes=_WRITE),
        Route(
            "GET",
            "/v2/objects/{object}/records/{record_id}/entries",
            list_record_entries,
            scopes=("record_permission:read", "object_configuration:read", "list_entry:read"),
        ),
    )
)
