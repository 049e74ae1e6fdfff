"""Objects: read, made, renamed and refused."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, record_id
from tests.sandbox.helpers import EMPTY, NOW, attributes

SYSTEM = ("created_at", "created_by")


def test_objects_are_all_active(ws: Workspace, api: Client) -> None:
    found = api.data("GET", "/v2/objects")
    nouns = [(o["api_slug"], o["singular_noun"], o["plural_noun"]) for o in found]
    assert nouns == [
        ("people", "Person", "People"), ("companies", "Company", "Companies"),
        ("deals", "Deal", "Deals"), ("users", "User", "Users"),
        ("workspaces", "Workspace", "Workspaces"),
    ]  # fmt: skip
    one = api.data("GET", "/v2/objects/people")
    assert one == found[0] == api.data("GET", f"/v2/objects/{one['id']['object_id']}")
    assert one["id"]["workspace_id"] == ws.workspace_id
    assert one["created_at"] == NOW


def test_create_and_rename_an_object(api: Client, clock: Clock) -> None:
    clock.move(1)
    names = {"api_slug": "things", "singular_noun": "Thing", "plural_noun": "Things"}
    made = api.data("POST", "/v2/objects", {"data": names})
    assert {k: made[k] for k in names} == names
    assert made["created_at"] == "2026-02-03T10:11:13.520000000Z"
    slugs = [a["api_slug"] for a in api.data("GET", attributes("things"))]
    assert slugs == ["record_id", *SYSTEM]
    key = record_id(api.create("things"))
    new = {"api_slug": "stuff", "singular_noun": "Stuff"}
    changed = api.data("PATCH", "/v2/objects/things", {"data": new})
    assert changed == made | new
    assert record_id(api.read("stuff", key)) == key
    assert api.send("GET", "/v2/objects/things").code == "404 not_found"


@pytest.mark.parametrize(
    "data",
    [
        {}, {"api_slug": "x"}, {"api_slug": "Not Snake", "singular_noun": "a", "plural_noun": "b"},
        {"api_slug": "x", "singular_noun": "", "plural_noun": "b"},
        {"api_slug": "x", "singular_noun": 5, "plural_noun": "b"},
        {"api_slug": "x", "singular_noun": "a\x00", "plural_noun": "b"}, None,
    ],
)  # fmt: skip
def test_objects_of_the_wrong_shape(api: Client, data: Any) -> None:
    assert api.send("POST", "/v2/objects", {"data": data}).code == "400 validation_type"


def test_object_slugs_are_unique(api: Client) -> None:
    names = {"api_slug": "people", "singular_noun": "P", "plural_noun": "Ps"}
    answer = api.send("POST", "/v2/objects", {"data": names})
    assert answer.code == "409 slug_conflict"
    assert answer.json["message"] == (
        "Failed to create object. Please ensure your api_slug and names are unique."
    )
    answer = api.send("PATCH", "/v2/objects/companies", {"data": {"api_slug": "people"}})
    assert answer.code == "409 slug_conflict"
    assert answer.json["message"] == "Failed to update object. Please ensure api_slug is unique."
    same = {"data": {"api_slug": "people"}}
    assert api.send("PATCH", "/v2/objects/people", same).status == 200
    answer = api.send("PATCH", "/v2/objects/people", {"data": {}})
    assert (answer.code, answer.json["message"]) == ("400 validation_type", EMPTY)
