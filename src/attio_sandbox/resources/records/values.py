"""The values of one attribute of a record or entry: active, with their history, or written anew."""

from __future__ import annotations

from typing import NamedTuple

from attio_sandbox.bodies import Agreed, Anything, Listing, Nullable, Shape, Text, wrapped
from attio_sandbox.errors import Refusal, invalid
from attio_sandbox.records.documents import decode_body, decode_document
from attio_sandbox.records.histories import read_intervals, replace_history
from attio_sandbox.records.rendering import SYSTEM_SLUGS, data_body, renderer
from attio_sandbox.requests import Call
from attio_sandbox.resources.records.rows import Found, find
from attio_sandbox.schema import Attribute
from attio_sandbox.values.base import Body

MOST_VALUES = 400  # of a history that is written (facts.md 6)
_WRITE = wrapped(
    Shape(
        {
            "values": Listing(
                Shape(
                    {"value": Anything(), "active_from": Text(), "active_until": Nullable(Text())}
                ),
                minimum=1,
                maximum=MOST_VALUES,
            ),
            "replace_history": Agreed(),
        }
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
    render = renderer(found.collection, call.schema)
    if attribute.is_system and attribute.slug in SYSTEM_SLUGS:  # a list may have the slug, too
        return data_body([render.system_value(attribute.slug, *found.row[:3])][call.page()])
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
        values.sort(key=lambda value: value.since)  # stable: of one moment as they were written
    return data_body(render.value(attribute, *value) for value in values[call.page()])


def list_values(call: Call) -> bytes:
    """Answer GET .../attributes/{attribute}/values of a record or an entry."""
    found = find(call)
    attribute = found.collection.attribute(call.names["attribute"])
    historic = call.flag("show_historic")
    if historic and not _has_history(attribute):
        raise invalid("Cannot set show_historic param to true when querying a COMINT attribute.")
    return _answer(call, found, attribute, historic=historic)


def write_values(call: Call) -> bytes:
    """Answer PUT .../attributes/{attribute}/values: all values, past ones included, are replaced.

    See https://docs.attio.com/rest-api/endpoint-reference/records/write-record-attribute-values.
    """
    found = find(call)
    name = call.names["attribute"]
    attribute = found.collection.find(name)
    if attribute is None:
        # The code of this endpoint alone, where reads say not_found (facts.md 0.1).
        raise Refusal(404, "value_not_found", f'Attribute with slug/ID "{name}" not found.')
    # Formulas have a code as well, and standard objects that are off: neither is there here.
    if attribute.is_system and attribute.slug in SYSTEM_SLUGS:
        raise Refusal(400, "system_edit_unauthorized", "Cannot update a System attribute.")
    if not attribute.is_writable or attribute.pair is not None or not _has_history(attribute):
        raise invalid(f'The history of attribute "{attribute.slug}" cannot be written.')
    data = call.checked(_WRITE)["data"]
    changes = call.changes()
    intervals = read_intervals(attribute, data["values"], changes)
    replace_history(changes, found.num, attribute, intervals)
    return _answer(call, find(call), attribute, historic=True)
