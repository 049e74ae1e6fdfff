"""Objects: list, create, get, update, delete."""

from __future__ import annotations

from typing import Any

from attio_sandbox.bodies import SLUG, Shape, Text, wrapped
from attio_sandbox.errors import EMPTY_PAYLOAD, Refusal, invalid, slug_conflict
from attio_sandbox.records.removal import Removal
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
    most = call.settings.max_objects
    if most is not None and len(call.schema.objects) >= most:
        message = f"The plan of the workspace has {most} objects, and all of them are in use."
        raise Refusal(400, "quota_exceeded", message)
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


def delete_object(call: Call) -> bytes:
    """Answer DELETE /v2/objects/{object}: a custom object goes with all its records."""
    found = call.object
    if found.is_standard:
        message = "Cannot delete a System object."
        raise Refusal(400, "system_edit_unauthorized", message)
    Removal(call.database, call.schema, call.foreign_keys, found).run()
    return b"{}"


_READ = ("object_configuration:read",)
_WRITE = ("object_configuration:read-write",)
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/objects", list_objects, scopes=_READ),
        Route("POST", "/v2/objects", create_object, writes=True, scopes=_WRITE),
        Route("GET", "/v2/objects/{object}", get_object, scopes=_READ, is_short=True),
        Route("PATCH", "/v2/objects/{object}", update_object, writes=True, scopes=_WRITE),
        Route(
            "DELETE",
            "/v2/objects/{object}",
            delete_object,
            writes=True,
            scopes=(*_WRITE, "record_permission:read-write"),
        ),
    )
)
