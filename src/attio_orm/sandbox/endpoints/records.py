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
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.documents import Draft
from attio_orm.sandbox.errors import (
    QUERY_MESSAGE,
    Issue,
    invalid,
    not_found,
    value_not_found,
)
from attio_orm.sandbox.filters.queries import Query
from attio_orm.sandbox.rendering import RecordRow, data_body, json_body, one_body, renderer
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Object
from attio_orm.sandbox.search import search
from attio_orm.sandbox.writes import assert_record, create, update

_VALUES = {"values": Shape({})}
_CREATE = wrapped(Shape(_VALUES))
_CHANGE = wrapped(Shape(_VALUES, strict=True))
_DIRECTION = OneOf("asc", "desc")
_SORT = Variants(
    Shape({"direction": _DIRECTION, "attribute": Text()}, {"field": Text()}, strict=True),
    Shape(
        {"direction": _DIRECTION, "path": Listing(Listing(Text(), 2), 1)},
        {"field": Text()},
        strict=True,
    ),
)
_QUERY = Shape(
    {},
    {
        "filter": Shape({}),
        "filter_view_id": Text(pattern=UUID_FORM),
        "sorts": Listing(_SORT),
        "limit": Whole(1, 500),
        "offset": Whole(0, 2**53),
    },
    strict=True,
)
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


def find_row(call: Call, object_: Object) -> tuple[int, RecordRow]:
    """Give number and row of the record that the path names; raises the 404 without one."""
    key = call.uuid("record_id")
    row = call.database.row(
        "SELECT num, id, created_at, actor, doc FROM records WHERE id = ? AND object = ?",
        (key, object_.num),
    )
    if row is None:
        raise not_found(f'Record with ID "{key}" not found.')
    return row[0], row[1:]


def _answer(call: Call, changes: Changes, draft: Draft) -> bytes:
    num, object_ = draft.num, draft.object
    changes.flush()
    row = call.database.row("SELECT id, created_at, actor, doc FROM records WHERE num = ?", (num,))
    return one_body(renderer(object_, call.schema).record(row))


def query_records(call: Call) -> bytes:
    """Answer POST /v2/objects/{object}/records/query."""
    object_ = _object(call)
    body: dict[str, Any] = {} if call.json is None else call.checked(_QUERY)
    if "filter_view_id" in body:
        if "filter" in body:
            raise invalid("Only one of filter and filter_view_id can be given.")
        raise not_found(f'View with ID "{body["filter_view_id"]}" not found.')
    query = Query(object_, call.schema, refuse_record_id_in=call.refuse_record_id_in)
    rows = query.rows(
        call.database,
        body.get("filter", {}),
        body.get("sorts", []),
        int(body.get("limit", 500)),
        int(body.get("offset", 0)),
    )
    return data_body(map(renderer(object_, call.schema).record, rows))


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
    return json_body({"data": search(call.database, call.schema, objects, body["query"], limit)})


def create_record(call: Call) -> bytes:
    """Answer POST /v2/objects/{object}/records."""
    object_ = _object(call)
    values = call.checked(_CREATE)["data"]["values"]
    changes = call.changes()
    draft = create(changes, object_, values, call.ids.new(), moment=call.moment)
    return _answer(call, changes, draft)


def assert_records(call: Call) -> bytes:
    """Answer PUT /v2/objects/{object}/records."""
    object_ = _object(call)
    values = call.checked(_CHANGE)["data"]["values"]
    matching = call.params.get("matching_attribute")
    if matching is None:
        raise invalid(QUERY_MESSAGE, [Issue("invalid_type", ("matching_attribute",), "Required")])
    changes = call.changes()
    draft = assert_record(changes, object_, values, matching, call.ids.new(), call.moment)
    return _answer(call, changes, draft)


def get_record(call: Call) -> bytes:
    """Answer GET /v2/objects/{object}/records/{record_id}."""
    object_ = _object(call)
    _, row = find_row(call, object_)
    return one_body(renderer(object_, call.schema).record(row))


def _change(call: Call, *, overwrite: bool) -> bytes:
    num, _ = find_row(call, _object(call))
    values = call.checked(_CHANGE)["data"]["values"]
    changes = call.changes()
    draft = changes.draft(num)
    update(changes, draft, values, overwrite=overwrite)
    return _answer(call, changes, draft)


def append_record(call: Call) -> bytes:
    """Answer PATCH /v2/objects/{object}/records/{record_id}: multi-values are added to."""
    return _change(call, overwrite=False)


def overwrite_record(call: Call) -> bytes:
    """Answer PUT /v2/objects/{object}/records/{record_id}: multi-values are overwritten."""
    return _change(call, overwrite=True)


def delete_record(call: Call) -> bytes:
    """Answer DELETE /v2/objects/{object}/records/{record_id}."""
    num, _ = find_row(call, _object(call))
    changes = call.changes()
    changes.delete(changes.draft(num))
    changes.flush()
    return b"{}"


_ONE = "/v2/objects/{object}/records/{record_id}"
ROUTES = (
    Route("POST", "/v2/objects/records/search", search_records),
    Route("POST", "/v2/objects/{object}/records/query", query_records),
    Route("POST", "/v2/objects/{object}/records", create_record, writes=True),
    Route("PUT", "/v2/objects/{object}/records", assert_records, writes=True),
    Route("GET", _ONE, get_record),
    Route("PATCH", _ONE, append_record, writes=True),
    Route("PUT", _ONE, overwrite_record, writes=True),
    Route("DELETE", _ONE, delete_record, writes=True),
)
