"""Both sides of a relationship, whatever is written on one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, plain, record_id
from tests.sandbox.helpers import OWNER, refs


@pytest.fixture
def company(api: Client) -> str:
    return record_id(api.create("companies", name="Acme", domains=["acme.test"]))


@pytest.fixture
def people(api: Client) -> list[str]:
    return [record_id(api.create("people", name=name)) for name in ("Ada", "Bob", "Cy")]


def test_company_and_team(api: Client, company: str, people: list[str]) -> None:
    ada, bob, cy = people
    api.patch("people", ada, company="acme.test")
    api.patch("people", bob, company="acme.test")
    # What is added through the other side stands in front, as with PATCH.
    assert plain(api.values("companies", company, "team")) == [bob, ada]
    api.put("companies", company, team=refs("people", cy, ada))
    assert plain(api.values("companies", company, "team")) == [cy, ada]
    assert api.values("people", bob, "company") == []
    assert plain(api.values("people", cy, "company")) == [company]
    api.patch("people", cy, company=None)
    assert plain(api.values("companies", company, "team")) == [ada]


def test_a_wrong_value_to_match_on_is_named_where_it_was_sent(
    api: Client, people: list[str]
) -> None:
    key = "11111111-1111-4111-8111-111111111111"
    reference = {"match": {"domains": key}}
    for form, more in (
        (key, []),
        ({"target_object": "companies", "domains": [key]}, ["domains"]),
        (
            {"target_object": "companies", "target_record_reference": reference},
            ["target_record_reference", "match", "domains"],
        ),
    ):
        answer = api.change("PATCH", "people", people[0], company=form)
        assert answer.code == "400 validation_type"
        (error,) = answer.json["validation_errors"]
        assert error["path"] == [*more, "domain"]
        assert error["message"] == "Invalid domain"


def test_a_person_moves_from_team_to_team(
    api: Client, clock: Clock, company: str, people: list[str]
) -> None:
    other = record_id(api.create("companies", name="Other"))
    ada = people[0]
    api.patch("people", ada, company=refs("companies", company))
    clock.move(60)
    api.patch("companies", other, team=refs("people", ada))
    assert plain(api.values("people", ada, "company")) == [other]
    assert api.values("companies", company, "team") == []
    assert plain(api.history("people", ada, "company")) == [company, other]
    (gone,) = api.history("companies", company, "team")
    assert gone["target_record_id"] == ada
    assert gone["active_until"] == "2026-02-03T10:12:12.520000000Z"
    api.patch("people", ada, company=refs("companies", company))
    assert api.values("companies", other, "team") == []


def test_a_created_record_is_linked_from_both_sides(api: Client, people: list[str]) -> None:
    ada, bob, _ = people
    company = record_id(api.create("companies", team=refs("people", bob, ada, bob)))
    assert plain(api.values("companies", company, "team")) == [bob, ada]
    assert plain(api.values("people", ada, "company")) == [company]


def test_every_standard_pair(api: Client, company: str, people: list[str]) -> None:
    ada = people[0]
    deal = record_id(
        api.create(
            "deals", name="D", stage="Lead", owner=OWNER,
            associated_people=refs("people", ada), associated_company=refs("companies", company),
        )
    )  # fmt: skip
    space = record_id(
        api.create("workspaces", workspace_id="w", company=refs("companies", company))
    )
    user = record_id(
        api.create(
            "users", user_id="u", primary_email_address="u@x.example.com",
            person=refs("people", ada)[0], workspace=refs("workspaces", space),
        )
    )  # fmt: skip
    assert plain(api.values("people", ada, "associated_deals")) == [deal]
    assert plain(api.values("people", ada, "associated_users")) == [user]
    assert plain(api.values("companies", company, "associated_deals")) == [deal]
    assert plain(api.values("companies", company, "associated_workspaces")) == [space]
    assert plain(api.values("workspaces", space, "users")) == [user]
    for object_slug, attribute, other in (
        ("people", "company", ("companies", "team", True)),
        ("companies", "associated_deals", ("deals", "associated_company", False)),
        ("workspaces", "company", ("companies", "associated_workspaces", True)),
    ):
        found = api.data("GET", f"/v2/objects/{object_slug}/attributes/{attribute}")
        pair = found["relationship"]
        assert (pair["object_slug"], pair["api_slug"], pair["is_multiselect"]) == other


def test_one_to_one_pairs_steal(ws: Workspace, api: Client, people: list[str]) -> None:
    ws.define_object("desks", "Desk", "Desks")
    ws.define_attribute(
        "desks",
        api_slug="person",
        type="record-reference",
        relationship={"object": "people", "api_slug": "desk"},
    )
    ada, bob, _ = people
    one, two = (record_id(api.create("desks", person=refs("people", key))) for key in (ada, bob))
    api.patch("desks", two, person=refs("people", ada))
    assert api.values("desks", one, "person") == []
    assert api.values("people", bob, "desk") == []
    assert plain(api.values("people", ada, "desk")) == [two]
    api.patch("people", bob, desk=refs("desks", two))
    assert plain(api.values("desks", two, "person")) == [bob]
    assert api.values("people", ada, "desk") == []


def test_a_pair_within_one_object(ws: Workspace, api: Client, people: list[str]) -> None:
    ws.define_attribute(
        "people",
        api_slug="manager",
        type="record-reference",
        relationship={"object": "people", "api_slug": "reports", "is_multiselect": True},
    )
    ada, bob, cy = people
    api.patch("people", ada, reports=refs("people", bob, cy, ada))
    assert plain(api.values("people", bob, "manager")) == [ada]
    assert plain(api.values("people", ada, "manager")) == [ada]
    api.patch("people", ada, manager=refs("people", bob))
    assert plain(api.values("people", ada, "reports")) == [bob, cy]
    assert plain(api.values("people", bob, "reports")) == [ada]
    api.patch("people", cy, manager=refs("people", cy))
    assert api.send("DELETE", f"/v2/objects/people/records/{cy}") == (200, {})
    assert plain(api.values("people", ada, "reports")) == [bob]


def test_deleting_closes_every_reference(
    ws: Workspace, api: Client, clock: Clock, company: str, people: list[str]
) -> None:
    ws.define_attribute("companies", api_slug="champion", type="record-reference")
    ada, bob, _ = people
    api.put("companies", company, team=refs("people", ada, bob), champion=refs("people", ada)[0])
    clock.move(1)
    assert api.send("DELETE", f"/v2/objects/people/records/{ada}").status == 200
    assert plain(api.values("companies", company, "team")) == [bob]
    assert api.values("companies", company, "champion") == []
    (closed,) = api.history("companies", company, "champion")
    assert closed["target_record_id"] == ada
    assert closed["active_until"] == "2026-02-03T10:11:13.520000000Z"
    assert api.query("companies", {"champion": {"$not_empty": True}}) == []
    api.send("DELETE", f"/v2/objects/companies/records/{company}")
    assert api.values("people", bob, "company") == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["person PATCH", "team PATCH", "team PUT", "delete person"]),
        st.integers(0, 2),
        st.lists(st.integers(0, 3), max_size=3, unique=True),
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(STEPS)
def test_both_sides_always_agree(steps: list[Any]) -> None:
    workspace = Workspace()
    api = Client(workspace)
    companies = workspace.load("companies", [{"name": str(i)} for i in range(3)])
    people = workspace.load("people", [{"name": str(i)} for i in range(4)])
    for what, place, chosen in steps:
        if what == "person PATCH" and people:
            target = refs("companies", companies[place])
            person = people[sum(chosen) % len(people)]
            api.patch("people", person, company=target if chosen else None)
        elif what == "delete person" and len(people) > 2:
            api.send("DELETE", f"/v2/objects/people/records/{people.pop()}")
        elif what.startswith("team"):
            team = refs("people", *(people[i] for i in chosen if i < len(people)))
            api.change(what.split()[1], "companies", companies[place], team=team)
    teams = {k: plain(api.values("companies", k, "team")) for k in companies}
    jobs = {k: plain(api.values("people", k, "company")) for k in people}
    assert {(c, p) for c, team in teams.items() for p in team} == {
        (c, p) for p, company in jobs.items() for c in company
    }
    for company, team in teams.items():
        assert len(set(team)) == len(team)
        where = {"company": {"target_object": "companies", "target_record_id": company}}
        assert set(api.ids("people", where)) == set(team)
    workspace.close()
