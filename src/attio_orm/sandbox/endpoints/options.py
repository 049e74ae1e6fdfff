"""Select options and statuses of an attribute: list, create, update."""

from __future__ import annotations

import re
from typing import Any

from attio_orm.sandbox.bodies import Flag, Nullable, Shape, Text, wrapped
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.endpoints.holders import holder_of
from attio_orm.sandbox.errors import EMPTY_PAYLOAD, invalid, slug_conflict, value_not_found
from attio_orm.sandbox.rendering import json_body
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Attribute
from attio_orm.sandbox.values.choices import option_document, unknown_option

_TITLE = Text(minimum=1)
_DURATION = re.compile(
    r"P(?:(\d+Y)?(\d+M)?(\d+W)?(\d+D)?"
    r"(?:T(\d+(?:[.,]\d+)?H)?(\d+(?:[.,]\d+)?M)?(\d+(?:[.,]\d+)?S)?)?)",
    re.ASCII,
)
_STATUS = {
    "celebration_enabled": Flag(),
    "target_time_in_status": Nullable(Text(pattern=_DURATION)),
}
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
    found = holder_of(call).attribute(call.names["attribute"])
    wanted = "select" if call.names["kind"] == "options" else "status"
    if found.type != wanted:
        raise invalid(f"This attribute is not a {wanted} attribute.")
    return found


def _check_title(attribute: Attribute, title: str, num: int | None = None) -> None:
    for option in attribute.options:
        if option.title == title and option.num != num:
            kind = "status" if attribute.type == "status" else "select option"
            raise slug_conflict(f'There is already another {kind} with the title "{title}".')


def _answer(call: Call, num: int) -> bytes:
    schema = call.catalog.read()
    return json_body({"data": option_document(*schema.options[num], schema)})


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
    num = call.catalog.option(
        attribute.num,
        data["title"],
        data.get("celebration_enabled", False),
        data.get("target_time_in_status"),
    )
    return _answer(call, num)


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
    return _answer(call, option.num)


_PATH = "/v2/{target:objects|lists}/{identifier}/attributes/{attribute}/{kind:options|statuses}"
_READ = ("object_configuration:read",)  # of a list: list_configuration
_WRITE = ("object_configuration:read-write",)
ROUTES = (
    Route("GET", _PATH, list_options, scopes=_READ),
    Route("POST", _PATH, create_option, writes=True, scopes=_WRITE),
    Route("PATCH", f"{_PATH}/{{option}}", update_option, writes=True, scopes=_WRITE),
)
