"""Workspace members."""

from __future__ import annotations

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import Client
from tests.sandbox.helpers import NOW


def test_members(ws: Workspace, api: Client) -> None:
    (owner,) = api.data("GET", "/v2/workspace_members")
    assert owner == {
        "id": {
            "workspace_id": ws.workspace_id,
            "workspace_member_id": owner["id"]["workspace_member_id"],
        },
        "first_name": "Sandbox", "last_name": "Owner", "avatar_url": None,
        "email_address": "owner@sandbox.example", "created_at": NOW, "access_level": "admin",
    }  # fmt: skip
    key = ws.setup.add_member("kim@acme.example.com", first_name="Kim", access_level="suspended")
    found = api.data("GET", f"/v2/workspace_members/{key}")
    assert found == api.data("GET", "/v2/workspace_members")[1]
    assert (found["first_name"], found["access_level"]) == ("Kim", "suspended")
    with pytest.raises(ValueError, match="already"):
        ws.setup.add_member("KIM@acme.example.com")
    ghost = ws.workspace_id
    answer = api.send("GET", f"/v2/workspace_members/{ghost}")
    assert answer.code == "404 not_found"
    assert answer.json["message"] == f'Workspace member with ID "{ghost}" not found.'
    assert api.send("GET", "/v2/workspace_members/kim").code == "400 validation_type"
