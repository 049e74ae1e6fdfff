"""Merging two records: what the new one has, and what becomes of the old ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, RECORDS, Answer, Client, plain, record_id
from tests.sandbox.helpers import OWNER, Told, refs


def try_merge(api: Client, slug: str, primary: str, secondary: str) -> Answer:
    body = {"data": {"primary_record_id": primary, "secondary_record_id": secondary}}
    return api.send("POST", f"{RECORDS.format(slug)}/merge", body)


def merge(api: Client, slug: str, primary: str, secondary: str) -> str:
    answer = try_merge(api, slug, primary, secondary)
    assert answer.status == 200, answer.json
    key: str = answer.json["data"]["new_record_id"]
    return key


def test_the_primary_wins_and_the_secondary_fills_gaps(api: Client, clock: Clock) -> None:
    one = record_id(
        api.create(
            "people", name="Ada", email_addresses=["ada@acme.example.com", "both@x.example.com"],
            phone_numbers=["+19725550123"], twitter="@ada",
        )
    )  # fmt: skip
    two = record_id(
        api.create(
            "people", name="Augusta", job_title="Countess",
            email_addresses=["aug@acme.example.com"],
            phone_numbers=["+19725550123", "+19725550124"], primary_location="London",
        )
    )  # fmt: skip
    written = api.values("people", two, "job_title")
    clock.move(60)
    new = merge(api, "people", one, two)
    assert new not in (one, two)
    record = api.read("people", new)
    values = record["values"]
    assert plain(values["record_id"]) == [new]
    assert plain(values["name"]) == ["Ada"]
    assert plain(values["twitter"]) == ["@ada"]
    assert values["job_title"] == written
    assert values["primary_location"][0]["locality"] == "London"
    assert plain(values["email_addresses"]) == [
        "ada@acme.example.com",
        "both@x.example.com",
        "aug@acme.example.com",
    ]
    assert plain(values["phone_numbers"]) == ["+19725550123", "+19725550124"]
    assert record["created_at"] == "2026-02-03T10:12:12.520000000Z"
    for value in ("ada@acme.example.com", "aug@acme.example.com"):
        assert api.ids("people", {"email_addresses": value}) == [new]
    assert api.query("people", {"name": "Augusta"}) == []


def test_both_originals_are_gone(api: Client) -> None:
    one, two = (record_id(api.create("people")) for _ in range(2))
    new = merge(api, "people", one, two)
    assert api.ids("people") == [new]
    for key in (one, two):
        path = f"{RECORDS.format('people')}/{key}"
        assert api.send("GET", path).code == "404 not_found"
        assert api.change("PATCH", "people", key, name="x").code == "404 not_found"
        assert api.send("DELETE", path).code == "404 not_found"
    assert try_merge(api, "people", one, two).code == "404 value_not_found"


def test_histories_go_on(api: Client, clock: Clock) -> None:
    one, two = (record_id(api.create("people", twitter=name)) for name in ("a", "b"))
    clock.move(1)
    api.patch("people", one, twitter="aa")
    api.patch("people", two, twitter="bb", job_title="CEO")
    clock.move(1)
    api.patch("people", two, job_title="CTO")
    new = merge(api, "people", one, two)
    assert plain(api.history("people", new, "twitter")) == ["a", "aa"]
    assert plain(api.history("people", new, "job_title")) == ["CEO", "CTO"]


def test_references_follow(ws: Workspace, api: Client) -> None:
    ws.define_attribute("deals", api_slug="champion", type="record-reference")
    ws.define_attribute("deals", api_slug="fans", type="record-reference", is_multiselect=True)
    one, two, three = (record_id(api.create("people")) for _ in range(3))
    deals = [
        record_id(
            api.create(
                "deals", name="D", stage="Lead", owner=OWNER, champion=refs("people", champion),
                fans=refs("people", *fans),
            )
        )
        for champion, fans in ((one, (one, three, two)), (two, (two, three)), (three, ()))
    ]  # fmt: skip
    new = merge(api, "people", one, two)
    assert [plain(api.values("deals", deal, "champion")) for deal in deals] == [
        [new], [new], [three],
    ]  # fmt: skip
    assert [plain(api.values("deals", deal, "fans")) for deal in deals] == [
        [new, three], [new, three], [],
    ]  # fmt: skip
    for attribute in ("champion", "fans"):
        target = {attribute: {"target_object": "people", "target_record_id": new}}
        assert sorted(api.ids("deals", target)) == sorted(deals[:2])


def test_both_sides_of_relationships_agree(api: Client) -> None:
    acme, labs = (record_id(api.create("companies", name=name)) for name in ("Acme", "Labs"))
    ada, bob, cy = (record_id(api.create("people")) for _ in range(3))
    api.put("companies", acme, team=refs("people", ada, bob))
    api.put("companies", labs, team=refs("people", cy))
    person = merge(api, "people", ada, cy)
    assert plain(api.values("people", person, "company")) == [acme]
    assert plain(api.values("companies", acme, "team")) == [person, bob]
    assert api.values("companies", labs, "team") == []
    api.patch("people", bob, company=refs("companies", labs))
    company = merge(api, "companies", labs, acme)
    assert plain(api.values("companies", company, "team")) == [bob, person]
    for key in (person, bob):
        assert plain(api.values("people", key, "company")) == [company]


def test_links_between_the_two_are_dropped(ws: Workspace, api: Client) -> None:
    ws.define_attribute(
        "people",
        api_slug="manager",
        type="record-reference",
        relationship={"object": "people", "api_slug": "reports", "is_multiselect": True},
    )
    one, two, three = (record_id(api.create("people")) for _ in range(3))
    api.patch("people", one, manager=refs("people", two))
    api.patch("people", two, manager=refs("people", three))
    new = merge(api, "people", one, two)
    assert plain(api.values("people", new, "manager")) == [three]
    assert api.values("people", new, "reports") == []
    assert plain(api.values("people", three, "reports")) == [new]


def test_what_refers_to_itself_still_does(ws: Workspace, api: Client) -> None:
    ws.define_attribute("people", api_slug="mentor", type="record-reference")
    one, two = (record_id(api.create("people")) for _ in range(2))
    for key in (one, two):
        api.patch("people", key, mentor=refs("people", key))
    new = merge(api, "people", one, two)
    assert plain(api.values("people", new, "mentor")) == [new]


def test_entries_follow_their_parent(api: Client) -> None:
    one, two = (record_id(api.create("people")) for _ in range(2))
    sales = {
        "name": "Sales", "api_slug": "sales", "parent_object": "people",
        "workspace_access": "full-access", "workspace_member_access": [],
    }  # fmt: skip
    api.data("POST", "/v2/lists", {"data": sales})
    for key in (one, two):
        entry = {"parent_record_id": key, "parent_object": "people", "entry_values": {}}
        api.data("POST", "/v2/lists/sales/entries", {"data": entry})
    new = merge(api, "people", one, two)
    entries = api.data("POST", "/v2/lists/sales/entries/query", {})
    assert [entry["parent_record_id"] for entry in entries] == [new, new]
    assert len(api.data("GET", f"{RECORDS.format('people')}/{new}/entries")) == 2


def test_notes_and_tasks_follow(api: Client) -> None:
    one, two = (record_id(api.create("people")) for _ in range(2))
    for key in (one, two):
        note = {
            "parent_object": "people", "parent_record_id": key, "title": "Call",
            "format": "plaintext", "content": "x",
        }  # fmt: skip
        api.data("POST", "/v2/notes", {"data": note})
    links = [{"target_object": "people", "target_record_id": key} for key in (one, two)]
    task = {
        "content": "Call", "format": "plaintext", "deadline_at": None, "is_completed": False,
        "linked_records": links, "assignees": [],
    }  # fmt: skip
    api.data("POST", "/v2/tasks", {"data": task})
    new = merge(api, "people", one, two)
    notes = api.data("GET", "/v2/notes", parent_object="people", parent_record_id=new)
    assert len(notes) == 2
    (found,) = api.data("GET", "/v2/tasks")
    assert [link["target_record_id"] for link in found["linked_records"]] == [new]


def test_webhooks_are_told_of_both_originals_and_of_nothing_else(
    ws: Workspace, api: Client
) -> None:
    company = record_id(api.create("companies"))
    one, two = (
        record_id(api.create("people", company=refs("companies", company))) for _ in range(2)
    )
    told = Told(
        ws, "record.merged", "record.created", "record.updated", "record.deleted",
        "list-entry.updated", "note.updated", "task.updated",
    )  # fmt: skip
    new = merge(api, "people", one, two)
    people = api.read("people", new)["id"]["object_id"]
    events = told.take()
    assert [event["event_type"] for event in events] == ["record.merged"] * 2
    for event, original in zip(events, (one, two), strict=True):
        assert event["id"] == {
            "workspace_id": ws.workspace_id, "object_id": people, "record_id": new,
        }  # fmt: skip
        assert event["duplicate_object_id"] == people
        assert event["duplicate_record_id"] == original
        assert event["actor"]["type"] == "api-token"


@pytest.mark.parametrize(
    ("primary", "secondary", "code"),
    [
        ("{one}", "{one}", "400 self_merge"),
        ("{one}", "{ONE}", "400 self_merge"),
        ("{one}", GHOST, "404 value_not_found"),
        (GHOST, "{one}", "404 value_not_found"),
        ("{one}", "{company}", "404 value_not_found"),
        ("{one}", "x", "400 validation_type"),
        ("{one}", None, "400 validation_type"),
    ],
)
def test_what_cannot_be_merged(api: Client, primary: str, secondary: str | None, code: str) -> None:
    one = record_id(api.create("people"))
    company = record_id(api.create("companies"))
    names = {"one": one, "ONE": one.upper(), "company": company}
    ids: list[Any] = [name and name.format(**names) for name in (primary, secondary)]
    assert try_merge(api, "people", *ids).code == code
    assert try_merge(api, "ghosts", one, one).code == "404 not_found"
    assert api.ids("people") == [one]
    # Of members that nobody knows it takes no notice (facts.md 16).
    extra = {"data": {"primary_record_id": one, "secondary_record_id": GHOST, "x": 1}}
    path = f"{RECORDS.format('people')}/merge"
    assert api.send("POST", path, extra).code == "404 value_not_found"


def test_a_merge_may_take_its_time(ws: Workspace, api: Client, clock: Clock) -> None:
    one, two = (record_id(api.create("people")) for _ in range(2))
    ws.merge_delay = 30
    answer = try_merge(api, "people", one, two)
    assert answer.status == 202
    new = answer.json["data"]["new_record_id"]
    path = f"{RECORDS.format('people')}/{new}"
    clock.move(29)
    assert api.send("GET", path).code == "404 merge_in_progress"
    assert api.send("GET", f"{path}/attributes/name/values").code == "404 merge_in_progress"
    assert api.change("PATCH", "people", new, name="x").code == "400 merge_in_progress"
    assert api.send("DELETE", path.replace(new, new.upper())).code == "400 merge_in_progress"
    clock.move(1)
    assert api.patch("people", new, name="x")["id"]["record_id"] == new


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["team", "deals", "merge people", "merge companies"]),
        st.integers(0, 9),
        st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True),
    ),
    max_size=9,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_after_any_merges_both_sides_agree_and_nothing_leads_nowhere(steps: list[Any]) -> None:
    workspace = Workspace()
    api = Client(workspace)
    found = {
        "companies": workspace.load("companies", [{"name": str(i)} for i in range(4)]),
        "people": workspace.load("people", [{"name": str(i)} for i in range(5)]),
        "deals": workspace.load(
            "deals", [{"name": str(i), "stage": "Lead", "owner": OWNER} for i in range(3)]
        ),
    }

    def pick(slug: str, index: int) -> str:
        return found[slug][index % len(found[slug])]

    for what, index, chosen in steps:
        if what == "team":
            team = refs("people", *{pick("people", i) for i in chosen})
            api.put("companies", pick("companies", index), team=team)
        elif what == "deals":
            people = refs("people", *{pick("people", i) for i in chosen})
            company = refs("companies", pick("companies", index))
            deal = pick("deals", index)
            api.put("deals", deal, associated_people=people, associated_company=company)
        else:
            slug = what.removeprefix("merge ")
            one, two = pick(slug, index), pick(slug, chosen[0])
            if one != two:
                new = merge(api, slug, one, two)
                found[slug] = [new, *(key for key in found[slug] if key not in (one, two))]
    records = {slug: {record_id(r): r for r in api.query(slug)} for slug in found}
    for (slug, attribute), (other, back) in {
        ("people", "company"): ("companies", "team"),
        ("deals", "associated_people"): ("people", "associated_deals"),
        ("deals", "associated_company"): ("companies", "associated_deals"),
    }.items():
        edges = [
            (key, target)
            for key, record in records[slug].items()
            for target in plain(record["values"][attribute])
        ]
        backs = [
            (target, key)
            for key, record in records[other].items()
            for target in plain(record["values"][back])
        ]
        assert sorted(edges) == sorted(backs)
        for key, target in edges:
            condition = {attribute: {"target_object": other, "target_record_id": target}}
            assert key in api.ids(slug, condition)
    workspace.close()
