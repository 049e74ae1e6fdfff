"""Records: query, search, create, assert, get, update, overwrite, delete."""

from __future__ import annotations

from typing import Any

from attio_orm.sandbox.bodies import (
    UUID_FORM,
    Listing,
    OneOf,
    Shape,
    Text,
    Variants,
    Whole,
    wrapped,
)
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.endpoints.holders import answer, delete, find
from attio_orm.sandbox.endpoints.queries import query_page
from attio_orm.sandbox.errors import (
    QUERY_MESSAGE,
    Issue,
    invalid,
    value_not_found,
)
from attio_orm.sandbox.rendering import json_body, one_body, renderer
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Object
from attio_orm.sandbox.search import search
from attio_orm.sandbox.writes import assert_record, create, update

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
            Shape({**_AS_MEMBER, "workspace_member_id": Text(pattern=UUID_FORM)}),
            Shape({**_AS_MEMBER, "email_address": Text()}),
        ),
    },
    {"limit": Whole(1, 25)},
)


def _object(call: Call) -> Object:
    return call.schema.object(call.names["object"])


def query_records(call: Call) -> bytes:
    """Answer POST /v2/objects/{object}/records/query."""
    return query_page(call, _object(call))


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
    results = search(
        call.database, call.schema, objects, body["query"], limit, until=call.search_until
    )
    return json_body({"data": results})


def create_record(call: Call) -> bytes:
    """Answer POST /v2/objects/{object}/records."""
    object_ = _object(call)
    values = call.checked(_CREATE)["data"]["values"]
    changes = call.changes()
    draft = create(changes, object_, values, call.ids.new(), moment=call.moment)
    return answer(call, changes, draft)


def assert_records(call: Call) -> bytes:
    """Answer PUT /v2/objects/{object}/records."""
    object_ = _object(call)
    values = call.checked(_CHANGE)["data"]["values"]
    matching = call.params.get("matching_attribute")
    if matching is None:
        raise invalid(QUERY_MESSAGE, [Issue("invalid_type", ("matching_attribute",), "Required")])
    changes = call.changes()
    draft = assert_record(changes, object_, values, matching, call.ids.new(), call.moment)
    return answer(call, changes, draft)


def get_record(call: Call) -> bytes:
    """Answer GET /v2/objects/{object}/records/{record_id}."""
    found = find(call)
    return one_body(renderer(found.holder, call.schema).record(found.row))


def _change(call: Call, *, overwrite: bool) -> bytes:
    found = find(call)
    values = call.checked(_CHANGE)["data"]["values"]
    changes = call.changes()
    draft = changes.draft(found.num)
    update(changes, draft, values, overwrite=overwrite)
    return answer(call, changes, draft)


def append_record(call: Call) -> bytes:
    """Answer PATCH /v2/objects/{object}/records/{record_id}: multi-values are added to."""
    return _change(call, overwrite=False)


def overwrite_record(call: Call) -> bytes:
    """Answer PUT /v2/objects/{object}/records/{record_id}: multi-values are overwritten."""
    return _change(call, overwrite=True)


_ONE = "/v2/objects/{object}/records/{record_id}"
_READ = ("record_permission:read", "object_configuration:read")
_WRITE = ("record_permission:read-write", "object_configuration:read")
ROUTES = (
    Route("POST", "/v2/objects/records/search", search_records, scopes=_READ),
    Route("POST", "/v2/objects/{object}/records/query", query_records, scopes=_READ),
    Route("POST", "/v2/objects/{object}/records", create_record, writes=True, scopes=_WRITE),
    Route("PUT", "/v2/objects/{object}/records", assert_records, writes=True, scopes=_WRITE),
    Route("GET", _ONE, get_record, scopes=_READ),
    Route("PATCH", _ONE, append_record, writes=True, scopes=_WRITE),
    Route("PUT", _ONE, overwrite_record, writes=True, scopes=_WRITE),
    Route("DELETE", _ONE, delete, writes=True, scopes=_WRITE),
)
