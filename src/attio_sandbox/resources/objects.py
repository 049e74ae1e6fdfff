"""Objects: list, create, get, update."""

from __future__ import annotations

from typing import Any

from attio_sandbox.bodies import SLUG, Shape, Text, wrapped
from attio_sandbox.errors import EMPTY_PAYLOAD, invalid, slug_conflict
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call, Resource, Route
from attio_sandbox.schema import Object, Schema

_FIELDS = {"api_slug": SLUG, "singular_noun": Text(minimum=1), "plural_noun": Text(minimum=1)}
_CREATE = wrapped(Shape(_FIELDS))
_UPDATE = wrapped(Shape({}, _FIELDS))
_COLUMNS = {"api_slug": "slug", "singular_noun": "name", "plural_noun": "plural"}


def object_document(object_: Object, schema: Schema) -> dict[str, Any]:
    """Give an object as the API shows it."""
    return {
        "id": {"workspace_id": schema.workspace_id, "object_id": object_.id},
        "api_slug": object_.slug,
        "singular_noun": object_.singular,
        "plural_noun": object_.plural,
        "created_at": object_.created_at,
    }


def list_objects(call: Call) -> bytes:
    """Answer GET /v2/objects."""
    return json_body({"data": [object_document(o, call.schema) for o in call.schema.objects]})


def get_object(call: Call) -> bytes:
    """Answer GET /v2/objects/{object}."""
    return json_body({"data": object_document(call.object, call.schema)})


def create_object(call: Call) -> bytes:
    """Answer POST /v2/objects."""
    data = call.checked(_CREATE)["data"]
    if any(o.slug == data["api_slug"] for o in call.schema.objects):
        raise slug_conflict(
            "Failed to create object. Please ensure your api_slug and names are unique."
        )
    made = call.catalog.object(data["api_slug"], data["singular_noun"], data["plural_noun"])
    return json_body({"data": object_document(made, call.schema)})


def update_object(call: Call) -> bytes:
    """Answer PATCH /v2/objects/{object}."""
    found = call.object
    data = call.checked(_UPDATE)["data"]
    changed = [(column, data[name]) for name, column in _COLUMNS.items() if name in data]
    if not changed:
        raise invalid(EMPTY_PAYLOAD)
    slug = data.get("api_slug", found.slug)
    if any(o.slug == slug and o.num != found.num for o in call.schema.objects):  # its own is free
        raise slug_conflict("Failed to update object. Please ensure api_slug is unique.")
    call.catalog.change("holders", found.num, changed)
    return json_body({"data": object_document(found, call.schema)})


_READ = ("object_configuration:read",)
_WRITE = ("object_configuration:read-write",)
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/objects", list_objects, scopes=_READ),
        Route("POST", "/v2/objects", create_object, writes=True, scopes=_WRITE),
        Route("GET", "/v2/objects/{object}", get_object, scopes=_READ),
        Route("PATCH", "/v2/objects/{object}", update_object, writes=True, scopes=_WRITE),
    )
)
