"""Select options and statuses of an attribute: list, create, update."""

from __future__ import annotations

from typing import Any

from attio_sandbox.bodies import Flag, Nullable, Shape, Text, wrapped
from attio_sandbox.errors import EMPTY_PAYLOAD, invalid, slug_conflict, value_not_found
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call
from attio_sandbox.schema import Attribute, Option
from attio_sandbox.timestamps import DURATION
from attio_sandbox.values.choices import option_document, unknown_option

_TITLE = Text(minimum=1)
_STATUS = {"celebration_enabled": Flag(), "target_time_in_status": Nullable(Text(pattern=DURATION))}
_BODIES = {
    ("select", "POST"): wrapped(Shape({"title": _TITLE})),
    ("select", "PATCH"): wrapped(Shape({}, {"title": _TITLE, "is_archived": Flag()})),
    ("status", "POST"): wrapped(Shape({"title": _TITLE}, _STATUS)),
    ("status", "PATCH"): wrapped(Shape({}, {"title": _TITLE, "is_archived": Flag(), **_STATUS})),
}
_COLUMNS = {
    "title": "title",
    "is_archived": "is_archived",
    "celebration_enabled": "celebration",
    "target_time_in_status": "target_time",
}


def _attribute(call: Call) -> Attribute:
    """Give the attribute of the path, which must have the type that the path speaks of."""
    found = call.collection.attribute(call.names["attribute"])
    wanted = "select" if call.names["kind"] == "options" else "status"
    if found.type != wanted:
        raise invalid(f"This attribute is not a {wanted} attribute.")
    return found


def _check_title(attribute: Attribute, title: str, num: int | None = None) -> None:
    for option in attribute.options:
        if option.title == title and option.num != num:
            kind = "status" if attribute.type == "status" else "select option"
            raise slug_conflict(f'There is already another {kind} with the title "{title}".')


def _answer(call: Call, attribute: Attribute, option: Option) -> bytes:
    return json_body({"data": option_document(attribute, option, call.schema)})


def list_options(call: Call) -> bytes:
    """Answer GET .../attributes/{attribute}/options and .../statuses."""
    attribute = _attribute(call)
    archived = call.flag("show_archived")
    shown = [o for o in attribute.options if archived or not o.is_archived]
    return json_body({"data": [option_document(attribute, o, call.schema) for o in shown]})


def create_option(call: Call) -> bytes:
    """Answer POST .../attributes/{attribute}/options and .../statuses."""
    attribute = _attribute(call)
    data = call.checked(_BODIES[attribute.type, "POST"])["data"]
    _check_title(attribute, data["title"])
    made = call.catalog.option(
        attribute.num,
        data["title"],
        data.get("celebration_enabled", False),
        data.get("target_time_in_status"),
    )
    return _answer(call, *made)


def update_option(call: Call) -> bytes:
    """Answer PATCH .../options/{option} and .../statuses/{status}."""
    attribute = _attribute(call)
    data: dict[str, Any] = call.checked(_BODIES[attribute.type, "PATCH"])["data"]
    option = attribute.find_option(call.names["option"])
    if option is None:
        raise value_not_found(unknown_option(attribute, call.names["option"]))
    if not any(name in data for name in _COLUMNS):
        raise invalid(EMPTY_PAYLOAD)
    _check_title(attribute, data.get("title", option.title), option.num)
    changed = [(column, data[name]) for name, column in _COLUMNS.items() if name in data]
    call.catalog.change("options", option.num, changed)
    return _answer(call, attribute, option)
