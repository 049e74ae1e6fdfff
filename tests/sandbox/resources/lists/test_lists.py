"""Lists and their attributes: what is made, changed, seen and refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import Client

LISTS = "/v2/lists"


def body(**changes: Any) -> dict[str, Any]:
    data = {
        "name": "Hiring",
        "api_slug": "hiring",
        "parent_object": "people",
        "workspace_access": "full-access",
        "workspace_member_access": [],
    }
    return {"data": data | changes}


def owner(api: Client) -> str:
    (member,) = api.data("GET", "/v2/workspace_members")
    key: str = member["id"]["workspace_member_id"]
    return key


def test_a_list_is_made_and_read(api: Client, ws: Workspace) -> None:
    made = api.data("POST", LISTS, body())
    key = made["id"]["list_id"]
    assert made == {
        "id": {"workspace_id": ws.workspace_id, "list_id": key},
        "api_slug": "hiring",
        "name": "Hiring",
        "parent_object": ["people"],
        "workspace_access": "full-access",
        "workspace_member_access": [],
        "created_by_actor": made["created_by_actor"],
        "created_at": "2026-02-03T10:11:12.520000000Z",
    }
    assert made["created_by_actor"]["type"] == "api-token"
    assert api.data("GET", f"{LISTS}/hiring") == made
    assert api.data("GET", f"{LISTS}/{key.upper()}") == made
    second = api.data("POST", LISTS, body(api_slug="second"))
    assert api.data("GET", LISTS) == [made, second]


def test_a_list_and_an_object_may_share_a_slug(api: Client) -> None:
    made = api.data("POST", LISTS, body(api_slug="people"))
    assert api.data("GET", f"{LISTS}/people") == made
    assert api.data("GET", "/v2/objects/people")["singular_noun"] == "Person"
    assert api.send("GET", f"/v2/objects/{made['id']['list_id']}").status == 404
    assert api.send("GET", f"{LISTS}/companies").status == 404


@pytest.mark.parametrize("missing", body()["data"])
def test_every_member_is_required(api: Client, missing: str) -> None:
    sent = body()
    del sent["data"][missing]
    answer = api.send("POST", LISTS, sent)
    assert answer.code == "400 validation_type"
    (issue,) = answer.json["validation_errors"]
    assert (issue["path"], issue["message"]) == (["data", missing], "Required")


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"parent_object": "ghosts"}, "404 not_found",
         'Parent object with slug/ID "ghosts" not found.'),
        ({"parent_object": ["people"]}, "400 validation_type", None),
        ({"workspace_access": "all"}, "400 validation_type", None),
        ({"workspace_access": None}, "400 validation_type", None),
        ({"workspace_access": "read-only"}, "400 validation_type", None),
        ({"workspace_member_access": None}, "400 validation_type", None),
        ({"workspace_member_access": [{"level": "full-access"}]}, "400 validation_type", None),
        ({"api_slug": "Not a slug"}, "400 validation_type", None),
    ],
)  # fmt: skip
def test_lists_that_are_refused(
    api: Client, change: dict[str, Any], code: str, message: str | None
) -> None:
    answer = api.send("POST", LISTS, body(**change))
    assert answer.code == code
    assert message is None or answer.json["message"] == message
    assert api.data("GET", LISTS) == []


def test_a_slug_is_taken_once(api: Client) -> None:
    api.data("POST", LISTS, body())
    answer = api.send("POST", LISTS, body(name="Other"))
    assert answer.code == "409 slug_conflict"
    assert answer.json["message"] == 'A list with api_slug "hiring" already exists.'
    api.data("POST", LISTS, body(api_slug="other"))
    taken = api.send("PATCH", f"{LISTS}/other", {"data": {"api_slug": "hiring"}})
    assert taken.code == "409 slug_conflict"
    same = api.data("PATCH", f"{LISTS}/other", {"data": {"api_slug": "other", "name": "Same"}})
    assert same["name"] == "Same"


def test_access_of_members(api: Client) -> None:
    access = [{"workspace_member_id": owner(api), "level": "full-access"}]
    made = api.data("POST", LISTS, body(workspace_access=None, workspace_member_access=access))
    assert (made["workspace_access"], made["workspace_member_access"]) == (None, access)
    ghost = [{"workspace_member_id": str(uuid4()), "level": "read-only"}]
    answer = api.send("PATCH", f"{LISTS}/hiring", {"data": {"workspace_member_access": ghost}})
    assert answer.code == "400 value_not_found"
    key = ghost[0]["workspace_member_id"]
    assert answer.json["message"] == f'Workspace member with ID "{key}" not found.'
    # Somebody must have full access after the change too.
    alone = {"data": {"workspace_member_access": []}}
    assert api.send("PATCH", f"{LISTS}/hiring", alone).code == "400 validation_type"
    both = {"data": {"workspace_member_access": [], "workspace_access": "full-access"}}
    assert api.data("PATCH", f"{LISTS}/hiring", both)["workspace_member_access"] == []


def test_a_list_changes(api: Client) -> None:
    made = api.data("POST", LISTS, body())
    changed = api.data("PATCH", f"{LISTS}/hiring", {"data": {"name": "Jobs", "api_slug": "jobs"}})
    assert changed == made | {"name": "Jobs", "api_slug": "jobs"}
    assert api.data("GET", f"{LISTS}/jobs") == changed
    assert api.send("GET", f"{LISTS}/hiring").code == "404 not_found"
    for empty in ({}, {"parent_object": "companies"}):
        answer = api.send("PATCH", f"{LISTS}/jobs", {"data": empty})
        assert answer.code == "400 validation_type"
        assert answer.json["message"].startswith("You passed an empty payload.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/lists/ghost"),
        ("PATCH", "/v2/lists/ghost"),
        ("GET", "/v2/lists/ghost/attributes"),
        ("GET", "/v2/lists/ghost/views"),
        ("POST", "/v2/lists/ghost/entries/query"),
        ("POST", "/v2/lists/ghost/entries"),
        ("PUT", "/v2/lists/ghost/entries"),
        ("GET", "/v2/lists/ghost/entries/3006151d-caec-4a33-aece-4bebffe1fa8f"),
    ],
)
def test_an_unknown_list(api: Client, method: str, path: str) -> None:
    answer = api.send(method, path, None if method == "GET" else {})
    assert answer.code == "404 not_found"
    assert answer.json["message"] == 'List with slug/ID "ghost" not found.'


def test_what_lists_do_not_have(api: Client) -> None:
    api.data("POST", LISTS, body())
    assert api.send("DELETE", f"{LISTS}/hiring").status == 404
    assert api.send("GET", f"{LISTS}/hiring/entries").status == 404


@pytest.fixture
def hiring(ws: Workspace) -> str:
    return ws.define_list("hiring", "Hiring", "people")


def attribute(**changes: Any) -> dict[str, Any]:
    data = {
        "title": "Note", "description": None, "api_slug": "note", "type": "text",
        "is_required": False, "is_unique": False, "is_multiselect": False, "config": {},
    }  # fmt: skip
    return {"data": data | changes}


def test_attributes_of_a_list(api: Client, hiring: str) -> None:
    path = f"{LISTS}/hiring/attributes"
    assert [a["api_slug"] for a in api.data("GET", path)] == ["created_at", "created_by"]
    made = api.data("POST", path, attribute())
    assert made["id"]["object_id"] == hiring
    assert api.data("GET", f"{path}/note") == made
    archived = api.data("PATCH", f"{path}/note", {"data": {"is_archived": True}})
    assert archived["is_archived"]
    assert [a["api_slug"] for a in api.data("GET", path)] == ["created_at", "created_by"]
    shown = api.data("GET", path, show_archived="true", offset="2")
    assert shown == [archived]
    system = api.send("PATCH", f"{path}/created_at", {"data": {"title": "x"}})
    assert system.code == "400 system_edit_unauthorized"
    assert api.send("GET", f"{path}/ghost").code == "404 not_found"
    assert api.send("POST", path, attribute()).code == "409 slug_conflict"


def test_options_and_statuses_of_a_list(api: Client, hiring: str) -> None:
    path = f"{LISTS}/hiring/attributes"
    for kind, type_ in (("options", "select"), ("statuses", "status")):
        api.data("POST", path, attribute(api_slug=type_, type=type_))
        made = api.data("POST", f"{path}/{type_}/{kind}", {"data": {"title": "One"}})
        assert made["id"]["object_id"] == hiring
        assert api.data("GET", f"{path}/{type_}/{kind}") == [made]
        again = api.send("POST", f"{path}/{type_}/{kind}", {"data": {"title": "One"}})
        assert again.code == "409 slug_conflict"
        api.data("PATCH", f"{path}/{type_}/{kind}/One", {"data": {"is_archived": True}})
        assert api.data("GET", f"{path}/{type_}/{kind}") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_unique": True}, "400 validation_type"),
        ({"api_slug": "parent_record"}, "409 slug_conflict"),
        (
            {
                "type": "record-reference",
                "relationship": {"object": "companies", "title": "x", "api_slug": "x",
                                 "is_multiselect": False},
            },
            "400 validation_type",
        ),
    ],
)  # fmt: skip
def test_attributes_that_lists_refuse(
    api: Client, hiring: str, change: dict[str, Any], code: str
) -> None:
    path = f"{LISTS}/{hiring}/attributes"
    assert api.send("POST", path, attribute(**change)).code == code
    assert len(api.data("GET", path)) == 2


def test_an_attribute_of_a_list_cannot_become_unique(api: Client, hiring: str) -> None:
    path = f"{LISTS}/{hiring}/attributes"
    api.data("POST", path, attribute())
    answer = api.send("PATCH", f"{path}/note", {"data": {"is_unique": True}})
    assert answer.code == "400 validation_type"
    assert answer.json["message"] == "Cannot set attribute as unique."


def test_a_slug_of_records_is_free_in_a_list(api: Client, ws: Workspace, hiring: str) -> None:
    ws.define_attribute("hiring", target="lists", api_slug="record_id", type="text")
    person = api.create("people", name="Ada")
    entry = api.add_entry("hiring", person, record_id="R-1")
    assert [value["value"] for value in entry["entry_values"]["record_id"]] == ["R-1"]
    assert api.entries("hiring", {"record_id": "R-1"}) == [entry]
