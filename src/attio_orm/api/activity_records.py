"""Records of activities: the events. ``decode``, where taken, reads the bytes of the answer."""

from __future__ import annotations

from typing import Any

from attio_orm.api.base import Fields, Reader, path, read, remove, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Request, Settle, Transport


def query(
    transport: Transport,
    /,
    activity: str,
    body: Fields | None = None,
    *,
    decode: Reader = None,
    **parts: object,
) -> Operation[Any]:
    """A page of an activity's records: ``filter``, ``sorts``, ``limit`` (500), ``offset``.

    They come in ``body``, as keywords, or both. See
    https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    where = path("activities", activity, "records", "query")
    sent = {**(body or {}), **parts}
    # a POST that changes nothing: it counts as a read with Attio, and may be repeated
    return transport.send(Request("POST", where, json=sent, purpose="read", decode=decode or rows))


def get(
    transport: Transport, /, activity: str, record_id: str, *, decode: Reader = None
) -> Operation[Any]:
    """One record of an activity; ``NotFoundError`` if there is none.

    See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    where = path("activities", activity, "records", record_id)
    return read(transport, where, decode or row_of("record_id", record_id))


def create(
    transport: Transport, /, activity: str, values: Fields, *, decode: Reader = None
) -> Operation[Any]:
    """Make a record of an activity; ``UniquenessConflictError`` where a unique value is taken.

    See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    where = path("activities", activity, "records")
    return write(transport, "POST", where, {"data": {"values": values}}, decode or row)


def assert_(
    transport: Transport,
    /,
    activity: str,
    matching_attribute: str,
    values: Fields,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Make the record, or update the one with the same value of a unique attribute.

    Values of other multi-valued attributes are overwritten. See
    https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    where, sent = path("activities", activity, "records"), {"data": {"values": values}}
    params = {"matching_attribute": matching_attribute}
    return write(transport, "PUT", where, sent, decode or row, params, settle=settle)


def update(
    transport: Transport,
    /,
    activity: str,
    record_id: str,
    values: Fields,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Change a record; what is sent of a multi-valued attribute is added in front (PATCH).

    See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    where, sent = path("activities", activity, "records", record_id), {"data": {"values": values}}
    reader = decode or row_of("record_id", record_id)
    return write(transport, "PATCH", where, sent, reader, settle=settle)


def overwrite(
    transport: Transport,
    /,
    activity: str,
    record_id: str,
    values: Fields,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Change a record; what is sent of a multi-valued attribute becomes its whole list (PUT).

    See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    where, sent = path("activities", activity, "records", record_id), {"data": {"values": values}}
    reader = decode or row_of("record_id", record_id)
    return write(transport, "PUT", where, sent, reader, settle=settle)


def delete(transport: Transport, /, activity: str, record_id: str) -> Operation[None]:
    """Delete a record of an activity for good; ``NotFoundError`` if there is none.

    See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    return remove(transport, path("activities", activity, "records", record_id))
