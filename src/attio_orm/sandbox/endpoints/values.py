"""The values of one attribute of a record or entry: active, with their history, or written anew."""

from __future__ import annotations

from typing import NamedTuple

from attio_orm.sandbox.bodies import Anything, Flag, Listing, Nullable, Shape, Text, wrapped
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.documents import decode_body, decode_document
from attio_orm.sandbox.endpoints.holders import Found, find
from attio_orm.sandbox.errors import BODY_MESSAGE, Issue, invalid
from attio_orm.sandbox.histories import read_intervals, replace_history
from attio_orm.sandbox.rendering import SYSTEM_SLUGS, data_body, renderer
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Attribute
from attio_orm.sandbox.values.base import Body

_WRITE = wrapped(
    Shape(
        {
            "values": Listing(
                Shape(
                    {"value": Anything(), "active_from": Text(), "active_until": Nullable(Text())},
                    strict=True,
                ),
                1,
            ),
            "replace_history": Flag(),
        },
        strict=True,
    )
)


class _Shown(NamedTuple):
    since: str
    until: str | None
    actor: int
    body: Body


def _has_history(attribute: Attribute) -> bool:
    return not attribute.is_enriched and attribute.type != "interaction"


def _answer(call: Call, found: Found, attribute: Attribute, *, historic: bool) -> bytes:
    """Give the values of an attribute, oldest first where past ones are among them."""
    render = renderer(found.holder, call.schema)
    if attribute.slug in SYSTEM_SLUGS:
        return data_body([render.system_value(attribute, found.row)][call.page()])
    active = decode_document(found.row[3]).get(attribute.num, [])
    values = [_Shown(since, None, actor, body) for since, actor, body in active]
    if historic:
        past = call.database.rows(
            "SELECT active_from, active_until, actor, body FROM history"
            " WHERE record = ? AND attribute = ? ORDER BY num",
            (found.num, attribute.num),
        )
        values = [
            *(_Shown(since, until, actor, decode_body(body)) for since, until, actor, body in past),
            *reversed(values),
        ]
        values.sort(key=lambda value: value.since)
    return data_body(render.value(attribute, *value) for value in values[call.page()])


def list_values(call: Call) -> bytes:
    """Answer GET .../attributes/{attribute}/values of a record or an entry."""
    found = find(call)
    attribute = found.holder.attribute(call.names["attribute"])
    historic = call.flag("show_historic")
    if historic and not _has_history(attribute):
        raise invalid("Cannot set show_historic param to true when querying a COMINT attribute.")
    return _answer(call, found, attribute, historic=historic)


def write_values(call: Call) -> bytes:
    """Answer PUT .../attributes/{attribute}/values: all values, past ones included, are replaced.

    See https://docs.attio.com/rest-api/endpoint-reference/records/write-record-attribute-values.
    """
    found = find(call)
    attribute = found.holder.attribute(call.names["attribute"])
    if not attribute.is_writable or attribute.pair is not None or not _has_history(attribute):
        raise invalid(f'The history of attribute "{attribute.slug}" cannot be written.')
    data = call.checked(_WRITE)["data"]
    if not data["replace_history"]:
        path = ("data", "replace_history")
        raise invalid(
            BODY_MESSAGE, [Issue("invalid_literal", path, "Invalid literal value, expected true")]
        )
    changes = call.changes()
    intervals = read_intervals(attribute, data["values"], changes)
    replace_history(changes, found.num, attribute, intervals)
    return _answer(call, find(call), attribute, historic=True)


_RECORD = "/v2/objects/{object}/records/{record_id}/attributes/{attribute}/values"
_ENTRY = "/v2/lists/{list}/entries/{entry_id}/attributes/{attribute}/values"
_RECORD_SCOPES = ("object_configuration:read",)
_ENTRY_SCOPES = ("list_configuration:read",)
ROUTES = (
    Route("GET", _RECORD, list_values, scopes=("record_permission:read", *_RECORD_SCOPES)),
    Route(
        "PUT",
        _RECORD,
        write_values,
        writes=True,
        scopes=("record_permission:read-write", *_RECORD_SCOPES),
    ),
    Route("GET", _ENTRY, list_values, scopes=("list_entry:read", *_ENTRY_SCOPES)),
    Route(
        "PUT",
        _ENTRY,
        write_values,
        writes=True,
        scopes=("list_entry:read-write", *_ENTRY_SCOPES),
    ),
)
