"""Records, entries and views as recordings of Attio have them."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, entry_id, record_id, with_token
from tests.sandbox.helpers import NOW

SYSTEM = {"type": "system", "id": None}
OWN = ("record_id", "created_at", "created_by")
SCOPES = ("record_permission:read-write", "object_configuration:read")


def authors(record: Any) -> list[Any]:
    return [record["values"][slug][0]["created_by_actor"] for slug in OWN]


def test_who_made_a_record_wrote_its_system_values(api: Client) -> None:
    """facts.md 16, Records: `created_by_actor` of the three is the actor that made the record."""
    record = api.create("people", name="Lovelace, Ada")
    (created_by,) = record["values"]["created_by"]
    token = {"type": "api-token", "id": created_by["referenced_actor_id"]}
    assert authors(record) == [token] * 3
    assert record["values"]["name"][0]["created_by_actor"] == token
    path = f"/v2/objects/people/records/{record_id(record)}/attributes"
    for slug in OWN:
        (value,) = api.data("GET", f"{path}/{slug}/values")
        assert value["created_by_actor"] == token


def test_each_token_is_an_actor_of_its_own(ws: Workspace, api: Client) -> None:
    """facts.md 16, Records: like the actor of the record's other values, whoever changes it."""
    key = record_id(api.create("people"))
    other = with_token(ws, ws.access.add_token(SCOPES))
    other.patch("people", key, name="Lovelace, Ada")
    record = other.read("people", key)
    mine = authors(api.create("people"))[0]
    theirs = authors(other.create("people"))[0]
    assert mine != theirs
    assert authors(record) == [mine] * 3
    assert record["values"]["name"][0]["created_by_actor"] == theirs


def test_the_system_wrote_all_of_what_it_made_itself(clock: Clock) -> None:
    """facts.md 16, Records: system and null on all values of records that the system made."""
    workspace = Workspace(clock=clock, enrichment=True)
    api = Client(workspace)
    person = api.create("people", email_addresses=["ada@acme.example.com"])
    clock.move(0.25)
    (company,) = api.query("companies")
    assert authors(company) == [SYSTEM] * 3
    assert company["values"]["domains"][0]["created_by_actor"] == SYSTEM
    # and on the value that it wrote on a record of somebody else
    ada = api.read("people", record_id(person))
    assert ada["values"]["company"][0]["created_by_actor"] == SYSTEM
    assert authors(ada) == authors(person)
    workspace.close()


def test_enriched_values_come_a_quarter_of_a_second_later(clock: Clock) -> None:
    """facts.md 16, Records: enriched values arrive about 250 ms after the write."""
    workspace = Workspace(clock=clock, enrichment=True)
    api = Client(workspace)
    ada = record_id(api.create("people", email_addresses=["ada@acme.example.com"]))
    clock.move(0.249)
    assert api.values("people", ada, "company") == []
    clock.move(0.001)
    (value,) = api.values("people", ada, "company")
    assert value["active_from"] == "2026-02-03T10:11:12.770000000Z"
    workspace.close()


@pytest.fixture
def crowd(ws: Workspace, clock: Clock) -> list[str]:
    """The ids of 60 people, each made a second after the one before."""
    keys: list[str] = []
    for number in range(60):
        keys += ws.load("people", [{"name": f"P{number}", "job_title": "ab"[number % 2]}])
        clock.move(1)
    return keys


def test_records_come_by_their_ids(ws: Workspace, api: Client, crowd: list[str]) -> None:
    """facts.md 16, Records: order without `sorts` is `record_id` ascending, filtered or not."""
    assert api.ids("people") == sorted(crowd)
    half = sorted(crowd[::2])
    assert api.ids("people", {"job_title": "a"}) == half
    assert api.ids("people", {"job_title": "a"}, sorts=[], limit=7, offset=5) == half[5:12]
    # nothing is tied in that order, so that nothing is shuffled
    ws.shuffle_ties = True
    assert api.ids("people") == sorted(crowd)


def test_a_new_record_may_land_in_the_middle(api: Client, crowd: list[str]) -> None:
    """facts.md 16, Records: by `record_id`, so that the newest is anywhere."""
    new = [record_id(api.create("people")) for _ in range(8)]
    found = api.ids("people")
    assert found == sorted([*crowd, *new])
    assert found[-8:] != new


def test_entries_come_by_their_ids(api: Client, hiring: str, crowd: list[str]) -> None:
    """facts.md 16, Records: list entries come by `entry_id` ascending."""
    made = [entry_id(api.add_entry("hiring", key, score=n % 2)) for n, key in enumerate(crowd[:20])]
    assert [entry_id(each) for each in api.entries("hiring")] == sorted(made)
    filtered = api.entries("hiring", {"score": 1})
    assert [entry_id(each) for each in filtered] == sorted(made[1::2])


def test_views_come_by_their_ids(ws: Workspace, api: Client) -> None:
    """facts.md 16, Records: views by `view_id` ascending."""
    made = sorted(ws.add_view("people", f"View {n}", {}) for n in range(9))
    path, found, cursor = "/v2/objects/people/views", list[str](), {}
    while True:
        answer = api.send("GET", path, limit="4", **cursor).json
        found += [view["id"]["view_id"] for view in answer["data"]]
        if answer["pagination"]["next_cursor"] is None:
            break
        cursor = {"cursor": answer["pagination"]["next_cursor"]}
    assert found == made


def test_a_record_is_as_old_as_its_first_values(api: Client, clock: Clock) -> None:
    """facts.md 16, Records: `created_at` equals the `active_from` of the first values."""
    record = api.create("companies", name="Acme", domains=["acme.test"])
    first = {slug: record["values"][slug][0]["active_from"] for slug in (*OWN, "name", "domains")}
    assert first == dict.fromkeys((*OWN, "name", "domains"), NOW)
    clock.move(5)
    changed = api.patch("companies", record_id(record), name="Acme Ltd")
    assert changed["created_at"] == NOW
    assert changed["values"]["name"][0]["active_from"] == "2026-02-03T10:11:17.520000000Z"


@pytest.mark.parametrize(
    ("slug", "path"),
    [("people", "person"), ("companies", "company"), ("deals", "deals/record"),
     ("things", "things/record")],
)  # fmt: skip
def test_web_addresses(ws: Workspace, api: Client, slug: str, path: str) -> None:
    """facts.md 16, Records: `web_url` of a deal is `/<workspace>/deals/record/<id>`."""
    ws.define_object("things", "Thing", "Things")
    deal = {"name": "D", "stage": "Lead", "owner": "owner@sandbox.example"}
    record = api.create(slug, **(deal if slug == "deals" else {}))
    assert record["web_url"] == f"https://app.attio.com/{ws.slug}/{path}/{record_id(record)}"


def test_a_saved_view_takes_the_place_of_a_filter(
    ws: Workspace, api: Client, hiring: str, crowd: list[str]
) -> None:
    """facts.md 15: `filter_view_id` in both query bodies, never with `filter`."""
    view = ws.add_view("people", "As", {"job_title": "a"})
    assert api.ids("people", filter_view_id=view) == sorted(crowd[::2])
    refused = api.try_query("people", {"job_title": "a"}, filter_view_id=view)
    assert refused.code == "400 validation_type"
    one, other = (api.add_entry("hiring", key, score=n) for n, key in enumerate(crowd[:2], 1))
    saved = ws.add_view("hiring", "Second", {"score": 2}, target="lists")
    assert api.entries("hiring", filter_view_id=saved) == [other]
    assert sorted([entry_id(one), entry_id(other)]) == [entry_id(e) for e in api.entries("hiring")]
    path = f"/v2/lists/{hiring}/entries/query"
    body = {"filter": {"score": 2}, "filter_view_id": saved}
    assert api.send("POST", path, body).code == "400 validation_type"


def test_a_token_that_may_not_write_is_told(ws: Workspace, api: Client) -> None:
    """facts.md 15: record writes are 403 `unauthorized`, too, of type `auth_error`."""
    key = record_id(api.create("companies", domains=["acme.test"]))
    reader = with_token(
        ws, ws.access.add_token(["record_permission:read", "object_configuration:read"])
    )
    refused = [
        reader.try_create("companies"),
        reader.upsert("companies", "domains", domains=["acme.test"]),
        reader.change("PATCH", "companies", key, name="Acme"),
        reader.change("PUT", "companies", key, name="Acme"),
    ]
    for answer in refused:
        assert (answer.code, answer.json["type"]) == ("403 unauthorized", "auth_error")
    assert reader.read("companies", key)["values"]["name"] == []


@pytest.mark.parametrize("version", [1, 4, 5, 7])
def test_ids_are_of_any_version(api: Client, version: int) -> None:
    """facts.md 16, Records: ids of companies are mostly UUIDs of version 5; they are opaque."""
    key = f"00000000-0000-{version}000-8000-000000000000"
    path = f"/v2/objects/companies/records/{key}"
    assert api.send("GET", path).code == "404 not_found"
    assert api.ids("companies", {"record_id": key}) == []
