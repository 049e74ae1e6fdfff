"""Lists: list, create, get, update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from attio_sandbox.bodies import SLUG, UUID, Listing, Nullable, OneOf, Shape, Text, wrapped
from attio_sandbox.errors import EMPTY_PAYLOAD, invalid, not_found, slug_conflict, value_not_found
from attio_sandbox.records.rendering import actor_document, json_body
from attio_sandbox.requests import Call
from attio_sandbox.schema import List, Schema

_LEVEL = OneOf("full-access", "read-and-write", "read-only")
_FIELDS = {
    "name": Text(),
    "api_slug": SLUG,
    "workspace_access": Nullable(_LEVEL),
    "workspace_member_access": Listing(Shape({"workspace_member_id": UUID, "level": _LEVEL})),
}
_CREATE = wrapped(Shape({**_FIELDS, "parent_object": Text()}))
_UPDATE = wrapped(Shape({}, _FIELDS))


def list_document(list_: List, schema: Schema) -> dict[str, Any]:
    """Give a list as the API shows it: its parent object as an array."""
    return {
        "id": {"workspace_id": schema.workspace_id, "list_id": list_.id},
        "api_slug": list_.slug,
        "name": list_.name,
        "parent_object": [schema.objects_by_num[list_.parent].slug],  # written as a string
        "workspace_access": list_.workspace_access,
        "workspace_member_access": list_.member_access,
        "created_by_actor": actor_document(schema, list_.actor),
        "created_at": list_.created_at,
    }


def _answer(call: Call, found: List) -> bytes:
    return json_body({"data": list_document(found, call.schema)})


def list_lists(call: Call) -> bytes:
    """Answer GET /v2/lists: the lists that the token sees, in the order they were made."""
    seen = (found for found in call.schema.lists if call.schema.sees(call.actor, found))
    return json_body({"data": [list_document(found, call.schema) for found in seen]})


def get_list(call: Call) -> bytes:
    """Answer GET /v2/lists/{list}."""
    return _answer(call, call.list)


def create_list(call: Call) -> bytes:
    """Answer POST /v2/lists."""
    data = call.checked(_CREATE)["data"]
    parent = call.schema.find_object(data["parent_object"])
    if parent is None:
        raise not_found(f'Parent object with slug/ID "{data["parent_object"]}" not found.')
    _check_slug(call, data["api_slug"])
    members = _members(call, data["workspace_member_access"])
    _check_access(data["workspace_access"], members)
    made = call.catalog.list(
        data["api_slug"], data["name"], parent.num, data["workspace_access"], members, call.actor
    )
    call.emit("list.created", {"list_id": made.id})
    return _answer(call, made)


def update_list(call: Call) -> bytes:
    """Answer PATCH /v2/lists/{list}; the parent object stays, whatever is sent."""
    found = call.list
    data = call.checked(_UPDATE)["data"]
    if not any(name in data for name in _FIELDS):
        raise invalid(EMPTY_PAYLOAD)
    columns: list[tuple[str, Any]] = []
    if "name" in data:
        columns.append(("name", data["name"]))
    if "api_slug" in data:
        _check_slug(call, data["api_slug"], found)
        columns.append(("slug", data["api_slug"]))
    access, members = found.workspace_access, found.member_access
    if "workspace_access" in data:
        access = data["workspace_access"]
        columns.append(("workspace_access", access))
    if "workspace_member_access" in data:
        members = _members(call, data["workspace_member_access"])
        columns.append(("member_access", msgspec.json.encode(members).decode()))
    _check_access(access, members)  # of both as they will be, whichever was sent
    call.catalog.change("holders", found.num, columns)
    call.emit("list.updated", {"list_id": found.id})
    return _answer(call, found)


def _check_slug(call: Call, slug: str, own: List | None = None) -> None:
    taken = next((found for found in call.schema.lists if found.slug == slug), None)
    if taken is not None and taken is not own:  # its own slug may be sent again
        raise slug_conflict(f'A list with api_slug "{slug}" already exists.')


def _members(call: Call, access: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    # Members have to be there; what else an item holds is not kept.
    found: list[dict[str, str]] = []
    for item in access:
        key = item["workspace_member_id"].lower()
        if call.schema.find_member(key) is None:
            raise value_not_found(f'Workspace member with ID "{key}" not found.')
        found.append({"workspace_member_id": key, "level": item["level"]})
    return found


def _check_access(workspace: str | None, members: Sequence[dict[str, str]]) -> None:
    if workspace != "full-access" and all(item["level"] != "full-access" for item in members):
        raise invalid(
            'A list must have workspace_access "full-access", or at least one workspace member '
            'with the level "full-access".'
        )
