"""The attributes and options of a new workspace as recordings of Attio have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import RECORDS, Client, entry_body, plain, record_id, with_token
from tests.sandbox.helpers import attributes


def reference(slug: str, key: str) -> dict[str, str]:
    return {"target_object": slug, "target_record_id": key}


def values_of(api: Client, slug: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = api.read(slug, key)["values"]
    return found


OBJECTS = ("people", "companies", "deals", "users", "workspaces", "things")


@pytest.mark.parametrize("slug", OBJECTS)
def test_created_at_has_a_dynamic_default(ws: Workspace, api: Client, slug: str) -> None:
    """facts.md 16, Schema: `created_at` of every object has the default `PT0S`, enabled."""
    ws.define_object("things", "Thing", "Things")
    found = api.data("GET", f"{attributes(slug)}/created_at")
    assert found["default_value"] == {"type": "dynamic", "template": "PT0S"}
    assert found["is_default_value_enabled"] is True


@pytest.mark.parametrize(
    ("slug", "attribute", "description"),
    [
        ("people", "associated_deals", "Deal records associated with a Person record"),
        ("companies", "associated_deals", "Deal records associated with a Company record"),
        ("people", "associated_users", "User records associated with a Person record"),
        ("people", "name", None),
    ],
)
def test_descriptions(api: Client, slug: str, attribute: str, description: str | None) -> None:
    """facts.md 16, Schema: the descriptions of associated deals and users."""
    found = api.data("GET", f"{attributes(slug)}/{attribute}")
    assert found["description"] == description


def test_categories(api: Client) -> None:
    """facts.md 16, Options of companies.categories: 152 of them, in this order."""
    options = api.data("GET", f"{attributes('companies')}/categories/options")
    titles = [option["title"] for option in options]
    assert len(titles) == len(set(titles)) == 152
    assert titles[:4] == ["3D Printing", "Accounting", "Aerospace & Defense", "Agriculture"]
    assert titles[-3:] == ["Warehousing", "Web Services & Apps", "Wholesale"]
    # not quite alphabetical, whichever way letters are compared
    start = titles.index("E-commerce")
    assert titles[start : start + 3] == ["E-commerce", "E-Commerce & Marketplaces", "E-Learning"]
    assert titles[titles.index("SAAS") - 2 : titles.index("SAAS") + 2] == [
        "Restaurants", "Retail", "SAAS", "Sanitization Services",
    ]  # fmt: skip
    assert titles[titles.index("ISP") + 1] == "Jewelry Watches & Luxury Goods"


def test_scopes_are_told_in_alphabetical_order(ws: Workspace, api: Client) -> None:
    """facts.md 16, Schema: the `scope` text of `/v2/self` is in alphabetical order."""
    for token in (ws.token, ws.access.add_token(["task:read", "note:read", "comment:read"])):
        api.headers = {"Authorization": f"Bearer {token}"}
        scopes = api.send("GET", "/v2/self").json["scope"].split()
        assert scopes == sorted(scopes)
        assert len(scopes) >= 3


@pytest.fixture
def rockets(ws: Workspace, api: Client) -> str:
    """An object of the workspace's own with a record, its list, and what refers to it; its id."""
    key = ws.define_object("rockets", "Rocket", "Rockets")
    ws.define_attribute("rockets", api_slug="name", type="text")
    ws.define_attribute("rockets", api_slug="stage", type="status", statuses=["Pad", "Orbit"])
    ws.define_attribute(
        "rockets", api_slug="makers", type="record-reference", is_multiselect=True,
        relationship={"object": "companies", "api_slug": "rockets", "is_multiselect": True},
    )  # fmt: skip
    ws.define_attribute(
        "people", api_slug="rides", type="record-reference", is_multiselect=True,
        allowed_objects=["rockets", "companies"],
    )  # fmt: skip
    ws.define_attribute("people", api_slug="anything", type="record-reference", is_multiselect=True)
    ws.define_list("launches", "Launches", "rockets")
    ws.define_attribute("launches", target="lists", api_slug="pad", type="text")
    ws.add_view("rockets", "All", {})
    return key


def test_an_object_goes_with_all_its_records(ws: Workspace, api: Client, rockets: str) -> None:
    """facts.md 15 and 2.1: DELETE of a custom object deletes all its records with it."""
    acme = record_id(api.create("companies", name="Acme"))
    one, two = (
        record_id(api.create("rockets", name=name, makers=[reference("companies", acme)]))
        for name in ("One", "Two")
    )
    mixed = [reference("rockets", one), reference("companies", acme)]
    ada = record_id(api.create("people", rides=mixed, anything=mixed, job_title="Pilot"))
    api.put("people", ada, anything=[reference("rockets", two), reference("companies", acme)])
    entry = api.data(
        "POST", "/v2/lists/launches/entries", {"data": entry_body(one, {"pad": "A"}, "rockets")}
    )
    note = {
        "parent_object": "rockets", "parent_record_id": one, "title": "T",
        "format": "plaintext", "content": "C",
    }  # fmt: skip
    api.data("POST", "/v2/notes", {"data": note})
    task = {
        "content": "Fuel", "format": "plaintext", "deadline_at": None, "is_completed": False,
        "linked_records": [{"target_object": "rockets", "target_record_id": one}], "assignees": [],
    }  # fmt: skip
    api.data("POST", "/v2/tasks", {"data": task})
    others = [slug for slug in values_of(api, "companies", acme) if slug != "rockets"]

    answer = api.send("DELETE", "/v2/objects/rockets")
    assert (answer.status, answer.json) == (200, {})

    for path in ("rockets", rockets):
        assert api.send("GET", f"/v2/objects/{path}").code == "404 not_found"
    assert "rockets" not in [each["api_slug"] for each in api.data("GET", "/v2/objects")]
    assert api.send("GET", f"{RECORDS.format('rockets')}/{one}").code == "404 not_found"
    # what hung on it
    assert api.data("GET", "/v2/lists") == []
    path = f"/v2/lists/launches/entries/{entry['id']['entry_id']}"
    assert api.send("GET", path).code == "404 not_found"
    assert api.data("GET", "/v2/notes") == []
    (kept,) = api.data("GET", "/v2/tasks")
    assert kept["linked_records"] == []
    # what referred to it: the other side of the relationship goes, other references lose values
    assert list(values_of(api, "companies", acme)) == others
    assert plain(api.values("people", ada, "rides")) == [acme]
    assert plain(api.values("people", ada, "anything")) == [acme]
    for attribute in ("rides", "anything"):
        assert plain(api.history("people", ada, attribute)) == [acme]
    rides = api.data("GET", f"{attributes('people')}/rides")
    companies = api.data("GET", "/v2/objects/companies")["id"]["object_id"]
    assert rides["config"]["record_reference"]["allowed_object_ids"] == [companies]
    assert api.ids("people", {"job_title": "Pilot"}) == [ada]
    # nothing of it is met again by who takes its name, or its number, next
    ws.define_object("rockets", "Rocket", "Rockets")
    assert api.query("rockets") == []
    assert api.send("DELETE", "/v2/objects/rockets").status == 200
    assert api.send("DELETE", "/v2/objects/rockets").code == "404 not_found"


def test_an_object_that_is_gone_is_gone_from_the_file(tmp_path: Path) -> None:
    """facts.md 2.1: deleted for good."""
    path = tmp_path / "a.db"
    for names in (["rockets"], ["boats"]):
        workspace = Workspace(path)
        api = Client(workspace)
        listed = [each["api_slug"] for each in api.data("GET", "/v2/objects")]
        assert listed[5:] == []
        (slug,) = names
        workspace.define_object(slug, "X", "Xs")
        workspace.define_attribute(slug, api_slug="size", type="select", options=["L"])
        api.create(slug, size="L")
        assert api.send("DELETE", f"/v2/objects/{slug}").status == 200
        workspace.close()


@pytest.mark.parametrize("slug", OBJECTS[:5])
def test_system_objects_stay(api: Client, slug: str) -> None:
    """facts.md 2.1: a system object is 400 `system_edit_unauthorized`."""
    assert api.send("DELETE", f"/v2/objects/{slug}").code == "400 system_edit_unauthorized"
    assert api.send("GET", f"/v2/objects/{slug}").status == 200


def test_both_scopes_are_needed(ws: Workspace, api: Client, rockets: str) -> None:
    """facts.md 2: object_configuration:read-write and record_permission:read-write."""
    both = ["object_configuration:read-write", "record_permission:read-write"]
    for scopes in ([both[0]], [both[1]], [both[0], "record_permission:read"]):
        other = with_token(ws, ws.access.add_token(scopes))
        assert other.send("DELETE", f"/v2/objects/{rockets}").status == 403
    other = with_token(ws, ws.access.add_token(both))
    assert other.send("DELETE", f"/v2/objects/{rockets}").status == 200


def test_a_plan_may_have_no_room_for_another_object(ws: Workspace, api: Client) -> None:
    """facts.md 2.1: 400 `quota_exceeded` beyond the plan's number, which is a setting here."""
    names = {"api_slug": "boats", "singular_noun": "Boat", "plural_noun": "Boats"}
    ws.max_objects = 6
    ws.define_object("rockets", "Rocket", "Rockets")
    assert api.send("POST", "/v2/objects", {"data": names}).code == "400 quota_exceeded"
    assert api.send("DELETE", "/v2/objects/rockets").status == 200
    assert api.send("POST", "/v2/objects", {"data": names}).status == 200


def test_a_matching_attribute_must_be_unique(api: Client) -> None:
    """facts.md 0.1: 400 `matching_attribute_definition_not_unique` with its sentence."""
    answer = api.upsert("companies", "name", name="Acme")
    assert answer.code == "400 matching_attribute_definition_not_unique"
    sentence = "The matching attribute specified is not a unique attribute."
    assert answer.json["message"] == sentence
    assert api.query("companies") == []
