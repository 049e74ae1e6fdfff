"""Entries: the rows of a list. ``decode``, where taken, reads the bytes of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attio_orm.api.base import Fields, Json, Reader, path, read, remove, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Request, Settle, Transport


def query(
    transport: Transport,
    /,
    list: str,
    body: Fields | None = None,
    *,
    decode: Reader = None,
    **parts: object,
) -> Operation[Any]:
    """A page of entries: ``filter``, ``sorts``, ``limit`` (500 at most), ``offset``.

    They come in ``body``, as keywords, or both. Without ``sorts`` entries come by ``entry_id``, new
    ones among them: to read page after page, sort by ``created_at``. See
    https://docs.attio.com/rest-api/endpoint-reference/entries/list-entries.
    """
    where = path("lists", list, "entries", "query")
    sent = {**(body or {}), **parts}
    # a POST that changes nothing: it counts as a read with Attio, and may be repeated
    return transport.send(Request("POST", where, json=sent, purpose="read", decode=decode or rows))


def get(
    transport: Transport, /, list: str, entry_id: str, *, decode: Reader = None
) -> Operation[Any]:
    """One entry; ``NotFoundError`` if there is none.

    See https://docs.attio.com/rest-api/endpoint-reference/entries/get-a-list-entry.
    """
    where = path("lists", list, "entries", entry_id)
    return read(transport, where, decode or row_of("entry_id", entry_id))


def create(
    transport: Transport,
    /,
    list: str,
    parent_object: str,
    parent_record_id: str,
    entry_values: Fields | None = None,
    *,
    decode: Reader = None,
) -> Operation[Any]:
    """Add a record to a list; it may be there several times, each an entry of its own.

    See https://docs.attio.com/rest-api/endpoint-reference/entries/create-an-entry-add-record-to-list.
    """
    sent = _entry(parent_object, parent_record_id, entry_values)
    # not repeated where its outcome is unknown: Attio takes the same record a second time
    return write(transport, "POST", path("lists", list, "entries"), sent, decode or row)


def assert_(
    transport: Transport,
    /,
    list: str,
    parent_object: str,
    parent_record_id: str,
    entry_values: Fields | None = None,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Make the entry of a record, or update the one that it has; several are an error.

    Multi-valued attributes are overwritten. See
    https://docs.attio.com/rest-api/endpoint-reference/entries/assert-a-list-entry-by-parent.
    """
    sent = _entry(parent_object, parent_record_id, entry_values)
    return write(
        transport, "PUT", path("lists", list, "entries"), sent, decode or row, settle=settle
    )


def _entry(object: str, record_id: str, values: Fields | None) -> Json:
    return {
        "data": {
            "parent_object": object,
            "parent_record_id": record_id,
            "entry_values": values or {},
        }
    }


def update(
    transport: Transport,
    /,
    list: str,
    entry_id: str,
    entry_values: Fields,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Change an entry; what is sent of a multi-valued attribute is added in front (PATCH).

    See https://docs.attio.com/rest-api/endpoint-reference/entries/update-a-list-entry-append-multiselect-values.
    """
    where, sent = path("lists", list, "entries", entry_id), {"data": {"entry_values": entry_values}}
    reader = decode or row_of("entry_id", entry_id)
    return write(transport, "PATCH", where, sent, reader, settle=settle)


def overwrite(
    transport: Transport,
    /,
    list: str,
    entry_id: str,
    entry_values: Fields,
    *,
    decode: Reader = None,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Change an entry; what is sent of a multi-valued attribute becomes its whole list (PUT).

    See https://docs.attio.com/rest-api/endpoint-reference/entries/update-a-list-entry-overwrite-multiselect-values.
    """
    where, sent = path("lists", list, "entries", entry_id), {"data": {"entry_values": entry_values}}
    reader = decode or row_of("entry_id", entry_id)
    return write(transport, "PUT", where, sent, reader, settle=settle)


def delete(transport: Transport, /, list: str, entry_id: str) -> Operation[None]:
    """Take an entry off its list for good; the record stays.

    See https://docs.attio.com/rest-api/endpoint-reference/entries/delete-a-list-entry.
    """
    return remove(transport, path("lists", list, "entries", entry_id))


def values(
    transport: Transport,
    /,
    list: str,
    entry_id: str,
    attribute: str,
    *,
    show_historic: bool = False,
    limit: int | None = None,
    offset: int | None = None,
    decode: Reader = None,
) -> Operation[Any]:
    """The values of one attribute of an entry; the replaced ones too with ``show_historic``.

    See https://docs.attio.com/rest-api/endpoint-reference/entries/list-attribute-values-for-a-list-entry.
    """
    where = path("lists", list, "entries", entry_id, "attributes", attribute, "values")
    params = {"show_historic": show_historic or None, "limit": limit, "offset": offset}
    return read(transport, where, decode or rows, params)


def write_values(
    transport: Transport,
    /,
    list: str,
    entry_id: str,
    attribute: str,
    values: Sequence[Fields],
    *,
    replace_history: bool,
    settle: Settle | None = None,
) -> Operation[Any]:
    """Write values of the past: each a mapping of ``value``, ``active_from``, ``active_until``.

    See https://docs.attio.com/rest-api/endpoint-reference/entries.
    """
    where = path("lists", list, "entries", entry_id, "attributes", attribute, "values")
    sent = {"data": {"values": [*values], "replace_history": replace_history}}
    return write(transport, "PUT", where, sent, rows, settle=settle)
