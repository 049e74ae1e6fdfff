"""The made-up CRM."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.bootstrap import make_image
from tests.sandbox.client import Client, plain

OBJECTS = {"people": 3_000, "companies": 800, "deals": 1_500, "users": 60, "workspaces": 20}


def every(api: Client, slug: str) -> list[Any]:
    pages: list[Any] = []
    while True:
        page = api.query(slug, offset=len(pages))
        pages += page
        if len(page) < 500:
            return pages


def test_a_second_one_is_a_copy_of_its_own(crm: Client) -> None:
    other = Client(Workspace(seed="crm"))
    other.create("companies", name="Only here")
    assert len(every(other, "companies")) == OBJECTS["companies"] + 1
    assert len(every(crm, "companies")) == OBJECTS["companies"]
    third = Client(Workspace(seed="crm"))
    assert len(every(third, "companies")) == OBJECTS["companies"]


@pytest.fixture
def told_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is opened next is told anew: not what this process, the package or the cache has."""
    monkeypatch.setattr("attio_sandbox.bootstrap._Filled.image", make_image())


def test_it_is_the_same_each_time(crm: Client, told_anew: None) -> None:
    again = Workspace(seed="crm")
    assert again.workspace_id == crm.workspace.workspace_id
    assert again.token != crm.workspace.token
    for slug, count in OBJECTS.items():
        records = every(crm, slug)
        assert len(records) == count
        assert records[::97] == every(Client(again), slug)[::97]
    again.close()


LISTS = {"sales_pipeline": 260, "hiring": 315}


def test_it_has_lists_with_entries(crm: Client, told_anew: None) -> None:
    again = Client(Workspace(seed="crm"))
    found = crm.data("GET", "/v2/lists")
    assert {list_["api_slug"]: len(crm.entries(list_["api_slug"])) for list_ in found} == LISTS
    assert again.data("GET", "/v2/lists") == found
    for slug in LISTS:
        entries = crm.entries(slug)
        assert again.entries(slug) == entries
        stages = {plain(entry["entry_values"]["stage"])[0] for entry in entries}
        options = crm.data("GET", f"/v2/lists/{slug}/attributes/stage/statuses")
        assert stages == {option["title"] for option in options}
        parents = [entry["parent_record_id"] for entry in entries]
        assert len(set(parents)) < len(parents)  # some are there twice
    again.workspace.close()


def test_its_entries_have_a_past_after_their_parent(crm: Client) -> None:
    hired = {"stage": {"status": "Hired"}}
    for entry in crm.entries("hiring", hired):
        parent = crm.read("people", entry["parent_record_id"])
        path = f"/v2/lists/hiring/entries/{entry['id']['entry_id']}/attributes/stage/values"
        values = crm.data("GET", path, show_historic="true")
        assert plain(values)[::4] == ["Applied", "Hired"]
        times = [parent["created_at"], *(value["active_from"] for value in values)]
        assert times == sorted(times)
        assert len(set(times[1:])) == len(values)


def test_its_views_find_something(crm: Client) -> None:
    titles: list[str] = []
    for path, query in (
        ("objects/people", "records"), ("objects/companies", "records"),
        ("objects/deals", "records"), ("lists/sales_pipeline", "entries"),
        ("lists/hiring", "entries"),
    ):  # fmt: skip
        (view,) = crm.data("GET", f"/v2/{path}/views")
        titles.append(view["title"])
        body = {"filter_view_id": view["id"]["view_id"]}
        every_one = crm.data("POST", f"/v2/{path}/{query}/query", {})
        found = crm.data("POST", f"/v2/{path}/{query}/query", body)
        assert found
        assert path in ("objects/people", "objects/deals") or len(found) < len(every_one)
    assert titles == ["VPs", "SaaS", "Open deals", "Urgent", "Engineers"]


def test_it_has_what_the_examples_look_for(crm: Client) -> None:
    (ada,) = crm.query("people", {"email_addresses": "ada@lovelace.dev"})
    assert plain(ada["values"]["name"]) == ["Ada Lovelace"]
    (acme,) = crm.query("companies", {"name": "Acme"})
    assert plain(acme["values"]["domains"]) == ["acme.example.com"]
    at_acme = {
        "path": [["people", "company"], ["companies", "name"]],
        "constraints": {"value": "Acme"},
    }
    vps = crm.query("people", {"$and": [{"job_title": {"$contains": "VP"}}, at_acme]})
    assert len(vps) >= 5
    assert crm.query("deals", {"stage": "Won 🎉", "value": {"$gte": 10_000}})


def test_it_is_varied(crm: Client) -> None:
    people, companies, deals = (every(crm, slug) for slug in ("people", "companies", "deals"))
    for slug in (
        "name",
        "email_addresses",
        "job_title",
        "company",
        "primary_location",
        "description",
    ):
        filled = sum(bool(person["values"][slug]) for person in people)
        assert 0 < filled <= len(people)
        assert filled < len(people) or slug == "name"
    assert any(len(person["values"]["email_addresses"]) > 1 for person in people)
    assert any(not plain(person["values"]["name"])[0].isascii() for person in people)
    stages = {plain(deal["values"]["stage"])[0] for deal in deals}
    assert stages == {"Lead", "In Progress", "Won 🎉", "Lost"}
    assert len({plain(deal["values"]["owner"])[0] for deal in deals}) == 5
    assert len(crm.data("GET", "/v2/workspace_members")) == 5
    assert {title for company in companies for title in plain(company["values"]["categories"])}
    times = sorted(record["created_at"] for record in people)
    assert "2024-01-01" <= times[0] < "2024-03"
    assert "2025-12" <= times[-1] < "2026"
    addresses = [mail for p in people for mail in plain(p["values"]["email_addresses"])]
    # Nobody's: those that Attio refuses are reserved, too, and not among them.
    assert all(mail.endswith((".example.com", "@lovelace.dev")) for mail in addresses)


def test_deals_have_a_history(crm: Client) -> None:
    (deal, *_) = crm.query("deals", {"stage": "Won 🎉"})
    rows = crm.history("deals", deal["id"]["record_id"], "stage")
    assert plain(rows) == ["Lead", "In Progress", "Won 🎉"]
    assert [row["active_until"] for row in rows[:-1]] == [row["active_from"] for row in rows[1:]]
