"""Records: the rows of an object. ``decode``, where taken, reads the bytes of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attio_orm.api.base import Fields, Json, Reader, path, read, remove, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Request, Settle, Transport


def query(
    transport: Transport,
    /,
    object: str,
    body: Fields | None = None,
    *,
    decode: Reader = None,
    **parts: object,
) -> Operation[Any]:
    """A page of records: ``filter``, ``sorts``, ``limit`` (500 at most), ``offset``.

    They come in ``body``, as keywords, or both. Without ``sorts`` records come by ``record_id``,
    new ones among them: to read page after page, sort by ``created_at`` and ``record_id``. See
    https://docs.attio.com/rest-api/endpoint-reference/records/list-records.
    """
    where = path("objects", object, "records", "query")
    sent = {**(body or {}), **parts}
    # a POST that changes nothing: it counts as a read with Attio, and may be repeated
    return transport.send(Request("POST", where, json=sent, purpose="read", decode=decode or rows))


def get(
    transport: Transport, /, object: str, record_id: str, *, decode: Reader = None
) -> Operation[Any]:
    """One record; ``NotFoundError`` if there is none.

    See https://docs.attio.com/rest-api/endpoint-reference/records/get-a-record.
    """
    where = path("objects", object, "records", record_id)
    return read(transport, where, decode or row_of("record_id", record_id))


def create(
    transport: Transport, /, object: str, values: Fields, *, decode: Reader = None
) -> Operation[Any]:
    """Make a record; ``UniquenessConflictError`` where a unique value is taken.

    See https://docs.attio.com/rest-api/endpoint-reference/records/create-a-record.
    """
    where = path("objects", object, "records")
    return write(transport, "POST", where, {"data": {"values": values}}, decode or row)


def assert_(
    transport: Transport,
    /,
    object: str,
    matching_attribute: str,
    values: Fields,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Make the record, or update the one with the same value of a unique attribute.

    Values of other multi-valued attributes are overwritten. See
    https://docs.attio.com/rest-api/endpoint-reference/records/assert-a-record.
    """
    where, sent = path("objects", object, "records"), {"data": {"values": values}}
    params = {"matching_attribute": matching_attribute}
    return write(transport, "PUT", where, sent, decode or row, params, settle=settle)


def update(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    values: Fields,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Change a record; what is sent of a multi-valued attribute is added in front (PATCH).

    See https://docs.attio.com/rest-api/endpoint-reference/records/update-a-record-append.
    """
    where, sent = path("objects", object, "records", record_id), {"data": {"values": values}}
    reader = decode or row_of("record_id", record_id)
    return write(transport, "PATCH", where, sent, reader, settle=settle)


def overwrite(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    values: Fields,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Change a record; what is sent of a multi-valued attribute becomes its whole list (PUT).

    See https://docs.attio.com/rest-api/endpoint-reference/records/update-a-record-overwrite.
    """
    where, sent = path("objects", object, "records", record_id), {"data": {"values": values}}
    reader = decode or row_of("record_id", record_id)
    return write(transport, "PUT", where, sent, reader, settle=settle)


def delete(transport: Transport, /, object: str, record_id: str) -> Operation[None]:
    """Delete a record for good; ``NotFoundError`` if there is none.

    See https://docs.attio.com/rest-api/endpoint-reference/records/delete-a-record.
    """
    return remove(transport, path("objects", object, "records", record_id))


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
    decode: Reader = None,
) -> Operation[Any]:
    """The values of one attribute of a record; the replaced ones too with ``show_historic``.

    See https://docs.attio.com/rest-api/endpoint-reference/records/list-record-attribute-values.
    """
    where = path("objects", object, "records", record_id, "attributes", attribute, "values")
    params = {"show_historic": show_historic or None, "limit": limit, "offset": offset}
    return read(transport, where, decode or rows, params)


def write_values(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    attribute: str,
    values: Sequence[Fields],
    *,
    replace_history: bool,
    settle: Settle | None = None,
) -> Operation[list[Json]]:
    """Write values of the past: each a mapping of ``value``, ``active_from``, ``active_until``.

    See https://docs.attio.com/rest-api/endpoint-reference/records.
    """
    where = path("objects", object, "records", record_id, "attributes", attribute, "values")
    sent = {"data": {"values": [*values], "replace_history": replace_history}}
    return write(transport, "PUT", where, sent, rows, settle=settle)


def entries(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    *,
    limit: int | None = None,
    offset: int | None = None,
    decode: Reader = None,
) -> Operation[Any]:
    """The list entries of a record (100 at a time unless told, 1,000 at most).

    See https://docs.attio.com/rest-api/endpoint-reference/records/list-record-entries.
    """
    where = path("objects", object, "records", record_id, "entries")
    return read(transport, where, decode or rows, {"limit": limit, "offset": offset})


def search(
    transport: Transport,
    /,
    query: str,
    objects: Sequence[str],
    *,
    limit: int | None = None,
    request_as: Fields | None = None,
    decode: Reader = None,
) -> Operation[Any]:
    """Attio's fuzzy search: 25 hits at most, a moment behind the last writes.

    See https://docs.attio.com/rest-api/endpoint-reference/records/search-records.
    """
    sent: Json = {
        "query": query,
        "objects": [*objects],
        "request_as": request_as or {"type": "workspace"},  # without it Attio answers 400
    }
    if limit is not None:
        sent["limit"] = limit
    where = path("objects", "records", "search")
    return transport.send(
        Request("POST", where, json=sent, purpose="search", decode=decode or rows)
    )


def merge(
    transport: Transport, /, object: str, primary_record_id: str, secondary_record_id: str
) -> Operation[Json]:
    """Merge two records into a new one; gives ``new_record_id``. The first wins.

    See https://docs.attio.com/rest-api/endpoint-reference/records.
    """
    where = path("objects", object, "records", "merge")
    sent = {
        "data": {"primary_record_id": primary_record_id, "secondary_record_id": secondary_record_id}
    }
    return write(transport, "POST", where, sent, row)  # once: then the ids of both are gone
