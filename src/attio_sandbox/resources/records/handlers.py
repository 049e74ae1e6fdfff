"""Records: query, search, create, assert, get, update, overwrite, delete."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attio_sandbox.bodies import UUID, Listing, OneOf, Shape, Text, Variants, Whole, wrapped
from attio_sandbox.errors import missing_param, value_not_found
from attio_sandbox.records.rendering import json_body
from attio_sandbox.records.search import search
from attio_sandbox.records.writes import assert_record, create
from attio_sandbox.requests import Call
from attio_sandbox.resources.records.rows import answer, change, find
from attio_sandbox.schema import Object
from attio_sandbox.timestamps import format_timestamp

_VALUES = {"values": Shape({})}
_CREATE = wrapped(Shape(_VALUES))
_CHANGE = wrapped(Shape(_VALUES, strict=True))
_AS_MEMBER = {"type": OneOf("workspace-member")}
_SEARCH = Shape(
    {
        "query": Text(maximum=256),
        "objects": Listing(Text(), 1),
        "request_as": Variants(
            Shape({"type": OneOf("workspace")}),
            Shape({**_AS_MEMBER, "workspace_member_id": UUID}),
            Shape({**_AS_MEMBER, "email_address": Text()}),
        ),
    },
    {"limit": Whole(1, 25)},
)


def search_records(call: Call) -> bytes:
    """Answer POST /v2/objects/records/search."""
    body = call.checked(_SEARCH)
    objects: list[Object] = []
    for name in body["objects"]:
        found = call.schema.find_object(name)
        if found is None:
            raise value_not_found(f'Object with slug/ID "{name}" not found.')
        objects.append(found)
    asker: dict[str, Any] = body["request_as"]
    if asker["type"] == "workspace-member":
        name = asker.get("workspace_member_id") or asker["email_address"]
        if call.schema.find_member(name) is None:
            raise value_not_found(f'Workspace member "{name}" not found.')
    limit = int(body.get("limit", 25))
    # What was written in the last `delay` seconds is not found yet.
    delay = call.settings.search_delay
    until = format_timestamp(call.moment - timedelta(seconds=delay)) if delay > 0 else None
    results = search(call.database, call.schema, objects, body["query"], limit, until=until)
    return json_body({"data": results})


def create_record(call: Call) -> bytes:
    """Answer POST /v2/objects/{object}/records, and of activities."""
    object_ = call.collection
    values = call.checked(_CREATE)["data"]["values"]
    changes = call.changes()
    draft = create(changes, object_, values, call.ids.new(), moment=call.moment)
    return answer(call, changes, draft)


def assert_records(call: Call) -> bytes:
    """Answer PUT /v2/objects/{object}/records, and of activities."""
    object_ = call.collection
    values = call.checked(_CHANGE)["data"]["values"]
    matching = call.params.get("matching_attribute")
    if matching is None:
        raise missing_param("matching_attribute")
    changes = call.changes()
    draft = assert_record(changes, object_, values, matching, call.ids.new(), call.moment)
    return answer(call, changes, draft)


def change_record(call: Call, *, overwrite: bool) -> bytes:
    """Answer PATCH and PUT /v2/objects/{object}/records/{record_id}, and of activities."""
    found = find(call)
    values = call.checked(_CHANGE)["data"]["values"]
    return change(call, found, values, overwrite=overwrite)
