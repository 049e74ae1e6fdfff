"""SCIM: the schemas of the users and groups that an identity provider may write."""

from __future__ import annotations

from typing import Any

from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call, Resource, Route

_CORE = "urn:ietf:params:scim:schemas:core:2.0"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def _attribute(name: str, type: str = "string", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "type": type,
        "multiValued": False,
        "description": "",
        "required": False,
        "mutability": "readWrite",
        "returned": "default",
        **more,
    }
    if type == "string":
        found |= {"caseExact": False, "uniqueness": more.get("uniqueness", "none")}
    return found


def _schema(name: str, description: str, *attributes: dict[str, Any]) -> dict[str, Any]:
    key = f"{_CORE}:{name}"
    return {
        "schemas": [f"{_CORE}:Schema"],
        "id": key,
        "name": name,
        "description": description,
        "attributes": list(attributes),
        "meta": {"resourceType": "Schema", "location": f"/scim/v2/Schemas/{key}"},
    }


_VALUE = _attribute("value")
# The members of RFC 7643 that say who somebody is; Attio's own choice is not documented.
_SCHEMAS = (
    _schema(
        "User",
        "User Account",
        _attribute("userName", required=True, uniqueness="server"),
        _attribute(
            "name", "complex", subAttributes=[_attribute("givenName"), _attribute("familyName")]
        ),
        _attribute(
            "emails",
            "complex",
            multiValued=True,
            subAttributes=[_VALUE, _attribute("type"), _attribute("primary", "boolean")],
        ),
        _attribute("active", "boolean"),
    ),
    _schema(
        "Group",
        "Group",
        _attribute("displayName", required=True),
        _attribute(
            "members", "complex", multiValued=True, subAttributes=[_VALUE, _attribute("display")]
        ),
    ),
)


def list_schemas(call: Call) -> bytes:
    """Answer GET /scim/v2/Schemas, which is not wrapped in `data`."""
    return json_body(
        {
            "schemas": [_LIST],
            "totalResults": len(_SCHEMAS),
            "startIndex": 1,
            "itemsPerPage": len(_SCHEMAS),
            "Resources": _SCHEMAS,
        }
    )


RESOURCE = Resource(
    routes=(Route("GET", "/scim/v2/Schemas", list_schemas, scopes=("scim_management:read-write",)),)
)
