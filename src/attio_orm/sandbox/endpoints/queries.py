"""The query endpoint, which records and entries share: its body, its saved views, its page."""

from __future__ import annotations

from typing import Any

import msgspec

from attio_orm.sandbox.bodies import UUID_FORM, Listing, OneOf, Shape, Text, Variants, Whole
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.errors import invalid, not_found
from attio_orm.sandbox.filters.queries import Query
from attio_orm.sandbox.rendering import data_body, renderer
from attio_orm.sandbox.schema import Holder

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
    strict=True,  # A misspelled "sort" or "filters" would be a silent wrong answer.
)


def query_page(call: Call, holder: Holder) -> bytes:
    """Answer a query of an object's records or a list's entries."""
    body: dict[str, Any] = {} if call.json is None else call.checked(_QUERY)
    query = Query(holder, call.schema, refuse_record_id_in=call.refuse_record_id_in)
    rows = query.rows(
        call.database,
        _filter(call, holder, body),
        body.get("sorts", []),
        int(body.get("limit", 500)),
        int(body.get("offset", 0)),
    )
    return data_body(map(renderer(holder, call.schema).record, rows))


def _filter(call: Call, holder: Holder, body: dict[str, Any]) -> dict[str, Any]:
    """Give the filter of the body, or that of the saved view which it names instead."""
    key = body.get("filter_view_id")
    if key is None:
        found: dict[str, Any] = body.get("filter", {})
        return found
    if "filter" in body:
        raise invalid("Only one of filter and filter_view_id can be given.")
    row = call.database.row(
        "SELECT filter FROM views WHERE id = ? AND holder = ?", (key.lower(), holder.num)
    )
    if row is None:
        raise not_found(f'View with ID "{key}" not found.')
    saved: dict[str, Any] = msgspec.json.decode(row[0])
    return saved
