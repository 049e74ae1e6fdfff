"""Entries: the rows of a list. ``decode``, where taken, reads the bytes of the answer."""

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
    list: str,
    body: Mapping[str, Any] | None = None,
    *,
    decode: Decode[Any] | None = None,
    **parts: Any,
) -> Operation[Any]:
    """A page of entries: ``filter``, ``sorts``, ``limit`` (500 at most), ``offset``.

    They come in ``body``, as keywords, or both. See
    https://docs.attio.com/rest-api/endpoint-reference/entries/list-entries.
    """
    where = path("lists", list, "entries", "query")
    sent = {**(body or {}), **parts}
    return transport.send(Request("POST", where, json=sent, purpose="read", decode=decode or rows))


def get(
    transport: Transport, /, list: str, entry_id: str, *, decode: Decode[Any] | None = None
) -> Operation[Any]:
    """One entry; ``NotFoundError`` where there is none.

    See https://docs.attio.com/rest-api/endpoint-reference/entries/get-a-list-entry.
    """
    where = path("lists", list, "entries", entry_id)
    return transport.send(Request("GET", where, purpose="read", decode=decode or row))


def create(
    transport: Transport,
    /,
    list: str,
    parent_object: str,
    parent_record_id: str,
    entry_values: Mapping[str, Any] | None = None,
    *,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """Add a record to a list; it may be there several times, each an entry of its own.

    See https://docs.attio.com/rest-api/endpoint-reference/entries/create-an-entry-add-record-to-list.
    """
    where, sent = (
        path("lists", list, "entries"),
        _entry(parent_object, parent_record_id, entry_values),
    )
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=decode or row))


def assert_(
    transport: Transport,
    /,
    list: str,
    parent_object: str,
    parent_record_id: str,
    entry_values: Mapping[str, Any] | None = None,
    *,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """Make the entry of a record, or update the one that it has; several are an error.

    Multi-valued attributes are overwritten. See
    https://docs.attio.com/rest-api/endpoint-reference/entries/assert-a-list-entry-by-parent.
    """
    where, sent = (
        path("lists", list, "entries"),
        _entry(parent_object, parent_record_id, entry_values),
    )
    return transport.send(Request("PUT", where, json=sent, purpose="write", decode=decode or row))


def _entry(object: str, record_id: str, values: Mapping[str, Any] | None) -> Json:
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
    entry_values: Mapping[str, Any],
    *,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """Change an entry; what is sent of a multi-valued attribute is added in front (PATCH).

    See https://docs.attio.com/rest-api/endpoint-reference/entries/update-a-list-entry-append-multiselect-values.
    """
    where, sent = path("lists", list, "entries", entry_id), {"data": {"entry_values": entry_values}}
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=decode or row))


def overwrite(
    transport: Transport,
    /,
    list: str,
    entry_id: str,
    entry_values: Mapping[str, Any],
    *,
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """Change an entry; what is sent of a multi-valued attribute becomes its whole list (PUT).

    See https://docs.attio.com/rest-api/endpoint-reference/entries/update-a-list-entry-overwrite-multiselect-values.
    """
    where, sent = path("lists", list, "entries", entry_id), {"data": {"entry_values": entry_values}}
    return transport.send(Request("PUT", where, json=sent, purpose="write", decode=decode or row))


def delete(transport: Transport, /, list: str, entry_id: str) -> Operation[None]:
    """Take an entry off its list for good; the record stays.

    See https://docs.attio.com/rest-api/endpoint-reference/entries/delete-a-list-entry.
    """
    where = path("lists", list, "entries", entry_id)
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))


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
    decode: Decode[Any] | None = None,
) -> Operation[Any]:
    """The values of one attribute of an entry; the replaced ones too with ``show_historic``.

    See https://docs.attio.com/rest-api/endpoint-reference/entries/list-attribute-values-for-a-list-entry.
    """
    where = path("lists", list, "entries", entry_id, "attributes", attribute, "values")
    params = {"show_historic": show_historic or None, "limit": limit, "offset": offset}
    return transport.send(
        Request("GET", where, params=params, purpose="read", decode=decode or rows)
    )


def write_values(
    transport: Transport,
    /,
    list: str,
    entry_id: str,
    attribute: str,
    values: Sequence[Mapping[str, Any]],
    *,
    replace_history: bool,
) -> Operation[Any]:
    """Write values of the past: each a mapping of ``value``, ``active_from``, ``active_until``.

    See https://docs.attio.com/rest-api/endpoint-reference/entries.
    """
    where = path("lists", list, "entries", entry_id, "attributes", attribute, "values")
    sent = {"data": {"values": [*values], "replace_history": replace_history}}
    return transport.send(
        Request("PUT", where, json=sent, purpose="write", decode=rows, repeatable=replace_history)
    )
