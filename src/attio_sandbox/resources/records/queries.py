"""The query endpoint, which records and entries share: its body, its saved views, its page."""

from __future__ import annotations

from typing import Any

import msgspec

from attio_sandbox.bodies import UUID, Listing, OneOf, Shape, Text, Variants, Whole
from attio_sandbox.errors import invalid
from attio_sandbox.filters.queries import Query
from attio_sandbox.limits import query_score, shown_score
from attio_sandbox.records.rendering import data_body, renderer
from attio_sandbox.requests import Call, Reply, json_reply
from attio_sandbox.schema import Collection

_DIRECTION = OneOf("asc", "desc")
_SORT = Variants(
    Shape({"direction": _DIRECTION, "attribute": Text()}, {"field": Text()}),
    Shape({"direction": _DIRECTION, "path": Listing(Listing(Text(), 2), 1)}, {"field": Text()}),
)
# Not strict: Attio answers to `sort` or `expand` as if they were not there (facts.md 16).
_QUERY = Shape(
    {},
    {
        "filter": Shape({}),
        "filter_view_id": UUID,
        "sorts": Listing(_SORT),
        "limit": Whole(1, 500),
        "offset": Whole(0, 2**53),
    },
)


def query(call: Call) -> Reply:
    """Answer POST /v2/objects/{object}/records/query and /v2/lists/{list}/entries/query."""
    collection = call.collection
    body: dict[str, Any] = {} if call.json is None else call.checked(_QUERY)
    found = Query(
        collection,
        call.schema,
        refuse_record_id_in=call.settings.refuse_record_id_in,
        tie_breaker=call.settings.tie_breaker(),
    )
    rows = found.rows(
        call.database,
        _filter(call, collection, body),
        body.get("sorts", []),
        int(body.get("limit", 500)),
        int(body.get("offset", 0)),
    )
    reply = json_reply(data_body(map(renderer(collection, call.schema).record, rows)))
    score = query_score(call.json, call.database.size_of(collection.num))
    reply.headers["x-attio-record-query-score"] = str(shown_score(score))
    return reply


def _filter(call: Call, collection: Collection, body: dict[str, Any]) -> dict[str, Any]:
    """Give the filter of the body, or that of the saved view which it names instead."""
    key = body.get("filter_view_id")
    if key is None:
        found: dict[str, Any] = body.get("filter", {})
        return found
    if "filter" in body:
        raise invalid("Only one of filter and filter_view_id can be given.")
    row = call.one(
        "SELECT filter FROM views WHERE id = ? AND holder = ?",
        (key.lower(), collection.num),
        f'View with ID "{key}" not found.',
    )
    saved: dict[str, Any] = msgspec.json.decode(row[0])
    return saved
