"""Records: the rows of an object. ``decode``, where taken, reads the bytes of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Decode, Json, nothing, row, rows
from attio_orm.api.requests import path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def query(
    transport: Transport,
    /,
    object: str,
    body: Mapping[str, Any] | None = None,
    *,
    decode: Decode[Any] | None = None,
    **parts: Any,
) -> Operation[Any]:
    """A page of records: ``filter``, ``sorts``, ``limit`` (500 at most), ``offset``.

    They come in ``body``, as keywords, or both. See
    https://docs.attio.com/rest-api/endpoint-reference/records/list-records.
    """
    where = path("objects", object, "records", "query")
    sent = {**(body or {}), **parts}
    return transport.send(Request("POST", where, json=sent, purpose="read", decode=decode or rows))


def get(
    transport: Transport, /, object: str, record_id: str, *, decode: Decode[Any] | None = None
) -> Operation[Any]:
    """One record; ``NotFoundError`` where there is none.

    See https://docs.attio.com/rest-api/endpoint-reference/records/get-a-record.
    """
    where = path("objects", object, "records", record_id)
    return transport.send(Request("GET", where, purpose="read", decode=decode or row))


def create(
    transport: Transport,
    /,
    object: str,
    values: Mapping[str, Any],
    *,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """Make a record; ``UniquenessConflictError`` where a unique value is taken.

    See https://docs.attio.com/rest-api/endpoint-reference/records/create-a-record.
    """
    where, sent = path("objects", object, "records"), {"data": {"values": values}}
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=decode or row))


def assert_(
    transport: Transport,
    /,
    object: str,
    matching_attribute: str,
    values: Mapping[str, Any],
    *,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """Make the record, or update the one with the same value of a unique attribute.

    Values of other multi-valued attributes are overwritten. See
    https://docs.attio.com/rest-api/endpoint-reference/records/assert-a-record.
    """
    where, sent = path("objects", object, "records"), {"data": {"values": values}}
    params = {"matching_attribute": matching_attribute}
    return transport.send(
        Request("PUT", where, params=params, json=sent, purpose="write", decode=decode or row)
    )


def update(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    values: Mapping[str, Any],
    *,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """Change a record; what is sent of a multi-valued attribute is added in front (PATCH).

    See https://docs.attio.com/rest-api/endpoint-reference/records/update-a-record-append.
    """
    where = path("objects", object, "records", record_id)
    sent = {"data": {"values": values}}
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=decode or row))


def overwrite(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    values: Mapping[str, Any],
    *,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """Change a record; what is sent of a multi-valued attribute becomes its whole list (PUT).

    See https://docs.attio.com/rest-api/endpoint-reference/records/update-a-record-overwrite.
    """
    where = path("objects", object, "records", record_id)
    sent = {"data": {"values": values}}
    return transport.send(Request("PUT", where, json=sent, purpose="write", decode=decode or row))


def delete(transport: Transport, /, object: str, record_id: str) -> Operation[None]:
    """Delete a record for good; ``NotFoundError`` where there is none.

    See https://docs.attio.com/rest-api/endpoint-reference/records/delete-a-record.
    """
    where = path("objects", object, "records", record_id)
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))


def values(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    attribute: str,
    *,
    show_historic: bool = False,
    limit: int | None = None,
    offset: int | None = None,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """The values of one attribute of a record; the replaced ones too with ``show_historic``.

    See https://docs.attio.com/rest-api/endpoint-reference/records/list-record-attribute-values.
    """
    where = path("objects", object, "records", record_id, "attributes", attribute, "values")
    params = {"show_historic": show_historic or None, "limit": limit, "offset": offset}
    return transport.send(
        Request("GET", where, params=params, purpose="read", decode=decode or rows)
    )


def write_values(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    attribute: str,
    values: Sequence[Mapping[str, Any]],
    *,
    replace_history: bool,
) -> Operation[list[Json]]:
    """Write values of the past: each a mapping of ``value``, ``active_from``, ``active_until``.

    See https://docs.attio.com/rest-api/endpoint-reference/records.
    """
    where = path("objects", object, "records", record_id, "attributes", attribute, "values")
    sent = {"data": {"values": [*values], "replace_history": replace_history}}
    return transport.send(
        Request("PUT", where, json=sent, purpose="write", decode=rows, repeatable=replace_history)
    )


def entries(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    *,
    limit: int | None = None,
    offset: int | None = None,
) -> Operation[list[Json]]:
    """The list entries of a record (100 at a time unless told, 1,000 at most).

    See https://docs.attio.com/rest-api/endpoint-reference/records/list-record-entries.
    """
    where = path("objects", object, "records", record_id, "entries")
    params = {"limit": limit, "offset": offset}
    return transport.send(Request("GET", where, params=params, purpose="read", decode=rows))


def search(
    transport: Transport,
    /,
    query: str,
    objects: Sequence[str],
    *,
    limit: int | None = None,
    request_as: Mapping[str, Any] | None = None,
) -> Operation[list[Json]]:
    """Attio's fuzzy search: 25 hits at most, a moment behind the last writes.

    See https://docs.attio.com/rest-api/endpoint-reference/records/search-records.
    """
    sent: Json = {
        "query": query,
        "objects": [*objects],
        "request_as": request_as or {"type": "workspace"},
    }
    if limit is not None:
        sent["limit"] = limit
    where = path("objects", "records", "search")
    return transport.send(Request("POST", where, json=sent, purpose="search", decode=rows))


def merge(
    transport: Transport, /, object: str, primary_record_id: str, secondary_record_id: str
) -> Operation[Json]:
    """Merge two records into a new one; gives ``new_record_id``. The first wins.

    See https://docs.attio.com/rest-api/endpoint-reference/records.
    """
    where = path("objects", object, "records", "merge")
    sent = {
        "data": {
            "primary_record_id": primary_record_id,
            "secondary_record_id": secondary_record_id,
        }
    }
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))
