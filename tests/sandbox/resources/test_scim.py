"""The schemas of SCIM."""

from __future__ import annotations

from tests.sandbox.client import Client


def test_scim_schemas(api: Client) -> None:
    found = api.send("GET", "/scim/v2/Schemas").json
    names = [schema["name"] for schema in found["Resources"]]
    assert names == ["User", "Group"]
    assert found["totalResults"] == found["itemsPerPage"] == 2
    assert found["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
