"""The values of one attribute of a record, active or with their history."""

from __future__ import annotations

from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.documents import decode_body, decode_document
from attio_orm.sandbox.endpoints.records import find_row
from attio_orm.sandbox.errors import invalid
from attio_orm.sandbox.rendering import SYSTEM_SLUGS, data_body, renderer
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.values.base import Body


def list_values(call: Call) -> bytes:
    """Answer GET .../records/{record_id}/attributes/{attribute}/values, oldest first."""
    object_ = call.schema.object(call.names["object"])
    num, row = find_row(call, object_)
    attribute = object_.attribute(call.names["attribute"])
    historic = call.flag("show_historic")
    if historic and (attribute.is_enriched or attribute.type == "interaction"):
        raise invalid("Cannot set show_historic param to true when querying a COMINT attribute.")
    render = renderer(object_, call.schema)
    if attribute.slug in SYSTEM_SLUGS:
        return data_body([render.system_value(attribute, row)][call.page()])
    active = decode_document(row[3]).get(attribute.num, [])
    values: list[tuple[str, str | None, int, Body]] = [
        (since, None, actor, body) for since, actor, body in active
    ]
    if historic:
        past = call.database.rows(
            "SELECT active_from, active_until, actor, body FROM history"
            " WHERE record = ? AND attribute = ? ORDER BY num",
            (num, attribute.num),
        )
        values = [
            *((since, until, actor, decode_body(body)) for since, until, actor, body in past),
            *reversed(values),
        ]
        values.sort(key=lambda value: value[0])
    return data_body(render.value(attribute, *value) for value in values[call.page()])


ROUTES = (
    Route(
        "GET", "/v2/objects/{object}/records/{record_id}/attributes/{attribute}/values", list_values
    ),
)
