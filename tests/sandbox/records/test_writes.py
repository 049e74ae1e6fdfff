"""Create, PATCH, PUT, assert and delete: what changes, in which order, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_sandbox import Clock, Workspace
from attio_sandbox.timestamps import format_timestamp
from tests.sandbox.client import GHOST, RECORDS, Client, own, plain, record_id
from tests.sandbox.helpers import NOW, OWNER


def test_a_record_reads_as_attio_shows_it(ws: Workspace, api: Client) -> None:
    record = api.create("companies", name="Acme", domains=["acme.test"])
    key = record_id(record)
    token = api.data("GET", "/v2/objects/companies/attributes/name")  # the token can read it
    assert token["api_slug"] == "name"
    assert list(record) == ["id", "created_at", "web_url", "values"]
    assert record["id"]["workspace_id"] == ws.workspace_id
    assert record["created_at"] == NOW
    assert record["web_url"] == f"https://app.attio.com/{ws.slug}/company/{key}"
    actor = record["values"]["name"][0]["created_by_actor"]
    assert actor["type"] == "api-token"
    assert record["values"]["name"] == [
        {
            "active_from": NOW,
            "active_until": None,
            "created_by_actor": actor,
            "value": "Acme",
            "attribute_type": "text",
        }
    ]
    own_slugs = ("record_id", "created_at", "created_by")
    by = [(v["created_by_actor"], v["active_from"]) for s in own_slugs for v in record["values"][s]]
    assert by == [(actor, NOW)] * 3
    assert own(record["values"]["record_id"]) == [{"value": key}]
    assert own(record["values"]["created_at"]) == [{"value": NOW}]
    assert own(record["values"]["created_by"]) == [
        {"referenced_actor_type": "api-token", "referenced_actor_id": actor["id"]}
    ]
    assert record["values"]["team"] == []
    attributes = api.data("GET", "/v2/objects/companies/attributes")
    assert list(record["values"]) == [a["api_slug"] for a in attributes]
    assert api.read("companies", key) == record


def test_bodies_are_compact_and_end_values_with_their_type(ws: Workspace, api: Client) -> None:
    key = record_id(api.create("companies", name="Acme"))
    raw = ws.handle("GET", f"{RECORDS.format('companies')}/{key}", headers=api.headers).body
    assert b'"value":"Acme","attribute_type":"text"}]' in raw
    assert b": " not in raw
    assert b", " not in raw


@pytest.mark.parametrize(
    ("slug", "path"),
    [("people", "sandbox/person"), ("companies", "sandbox/company"),
     ("deals", "sandbox/deals/record"), ("users", "sandbox/users/record"),
     ("workspaces", "sandbox/workspaces/record"), ("things", "sandbox/things/record")],
)  # fmt: skip
def test_web_addresses(ws: Workspace, api: Client, slug: str, path: str) -> None:
    ws.define_object("things", "Thing", "Things")
    needed: dict[str, Any] = {
        "deals": {"name": "D", "stage": "Lead", "owner": "owner@sandbox.example"},
        "users": {"user_id": "u", "primary_email_address": "u@x.example.com"},
        "workspaces": {"workspace_id": "w"},
    }
    record = api.create(slug, **needed.get(slug, {}))
    assert record["web_url"] == f"https://app.attio.com/{path}/{record_id(record)}"


def test_attributes_are_named_by_slug_or_id(api: Client) -> None:
    attribute = api.data("GET", "/v2/objects/companies/attributes/name")["id"]["attribute_id"]
    record = api.create("companies", **{attribute: "Acme"})
    assert plain(record["values"]["name"]) == ["Acme"]
    answer = api.try_create("companies", ghost="x")
    assert answer.code == "400 value_not_found"
    assert answer.json["message"] == 'Cannot find attribute with slug/ID "ghost".'


def test_patch_puts_new_values_in_front_and_keeps_the_others(api: Client) -> None:
    key = record_id(api.create("people", email_addresses=["a@x.example.com", "b@x.example.com"]))
    sent = ["c@x.example.com", "B@x.example.com", "d@x.example.com", "C@x.example.com"]
    record = api.patch("people", key, email_addresses=sent)
    assert plain(record["values"]["email_addresses"]) == [
        "c@x.example.com", "d@x.example.com", "a@x.example.com", "b@x.example.com",
    ]  # fmt: skip
    assert plain(api.patch("people", key, email_addresses=[])["values"]["email_addresses"]) == [
        "c@x.example.com", "d@x.example.com", "a@x.example.com", "b@x.example.com",
    ]  # fmt: skip
    null = api.patch("people", key, email_addresses=None)
    assert len(null["values"]["email_addresses"]) == 4


def test_one_phone_number_written_in_many_ways(api: Client) -> None:
    key = record_id(api.create("people", phone_numbers=["+1 (972) 555-0123"]))
    record = api.patch("people", key, phone_numbers=["+1.972.555.0123", "+800 12345678"])
    assert own(record["values"]["phone_numbers"]) == [
        {
            "phone_number": "+80012345678",
            "original_phone_number": "+800 12345678",
            "country_code": None,
        },
        {
            "phone_number": "+19725550123",
            "original_phone_number": "+1 (972) 555-0123",
            "country_code": "US",
        },
    ]


def test_put_overwrites_what_is_listed_and_nothing_else(api: Client) -> None:
    key = record_id(
        api.create("people", name="Ada", email_addresses=["a@x.example.com", "b@x.example.com"])
    )
    record = api.put("people", key, email_addresses=["c@x.example.com", "a@x.example.com"])
    assert plain(record["values"]["email_addresses"]) == ["c@x.example.com", "a@x.example.com"]
    assert plain(record["values"]["name"]) == ["Ada"]
    assert api.put("people", key, email_addresses=[], name=None)["values"]["name"] == []
    assert api.values("people", key, "email_addresses") == []


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_filters_by_active_from_see_which_choices_stayed_and_which_came(
    ws: Workspace, api: Client, clock: Clock, method: str
) -> None:
    """What reads of the record say and what filters find is kept apart, and has to agree."""
    ws.define_attribute(
        "people",
        api_slug="tags",
        type="select",
        is_multiselect=True,
        options=["old", "kept", "new"],
    )
    key = record_id(api.create("people", tags=["old", "kept"]))
    clock.move(86_400)
    between = format_timestamp(clock.now())
    clock.move(86_400)
    assert api.change(method, "people", key, tags=["kept", "new"]).status == 200

    def found(tag: str, **active_from: str) -> bool:
        return api.ids("people", {"tags": {"option": tag, "active_from": active_from}}) == [key]

    for value in api.values("people", key, "tags"):
        tag, is_new = value["option"]["title"], value["active_from"] > between
        assert is_new == (tag == "new")
        assert found(tag, **{"$gt": between}) == is_new
        assert found(tag, **{"$lt": between}) == (not is_new)
    assert found("old", **{"$lt": between}) == (method == "PATCH")


def test_filters_by_active_from_see_when_a_status_was_entered(api: Client, clock: Clock) -> None:
    deal = {"name": "Engine", "stage": "Lead", "owner": OWNER}
    key = record_id(api.create("deals", **deal))
    clock.move(86_400)
    between = {"stage": {"active_from": {"$gt": format_timestamp(clock.now())}}}
    clock.move(86_400)
    api.put("deals", key, **deal)
    assert api.ids("deals", between) == [], "the same status again is not entered again"
    api.put("deals", key, **{**deal, "stage": "In Progress"})
    assert api.ids("deals", between) == [key]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("empty", [[], None])
def test_single_values_are_cleared(api: Client, method: str, empty: Any) -> None:
    key = record_id(api.create("people", job_title="Countess"))
    answer = api.change(method, "people", key, job_title=empty)
    assert answer.json["data"]["values"]["job_title"] == []


def test_required_attributes(ws: Workspace, api: Client) -> None:
    whole = {"name": "D", "stage": "Lead", "owner": "owner@sandbox.example"}
    for slug in whole:
        attribute = api.data("GET", f"/v2/objects/deals/attributes/{slug}")["id"]["attribute_id"]
        answer = api.try_create("deals", **{k: v for k, v in whole.items() if k != slug})
        assert answer.code == "400 missing_value"
        assert answer.json["message"] == (
            f'Required value for attribute with ID "{attribute}" was not provided.'
        )
    key = record_id(api.create("deals", **whole))
    for method in ("PATCH", "PUT"):
        for empty in ([], None, ""):
            assert api.change(method, "deals", key, name=empty).code == "400 missing_value"
    assert plain(api.values("deals", key, "name")) == ["D"]
    ws.define_object("things", "Thing", "Things")
    ws.define_attribute(
        "things", api_slug="mail", type="email-address", is_multiselect=True, is_required=True
    )
    key = record_id(api.create("things", mail=["a@x.example.com"]))
    assert api.patch("things", key, mail=[])["values"]["mail"] != []
    assert api.change("PUT", "things", key, mail=[]).code == "400 missing_value"


def test_a_refused_write_stores_nothing(api: Client) -> None:
    api.create("companies", domains=["taken.test"])
    acme = record_id(api.create("companies", name="Acme", domains=["acme.test"]))
    before = api.read("companies", acme)
    for values in (
        {"name": "New", "domains": ["new.test", "TAKEN.test"]},
        {"name": "New", "foundation_date": "no date"},
        {"name": "New", "ghost": 1},
    ):
        assert api.change("PATCH", "companies", acme, **values).status == 400
        assert api.try_create("companies", **values).status == 400
    assert api.read("companies", acme) == before
    assert len(api.query("companies")) == 2


def test_uniqueness(api: Client) -> None:
    first = record_id(api.create("people", email_addresses=["ada@x.example.com"]))
    answer = api.try_create("people", email_addresses=["ADA@X.example.com"])
    assert answer.code == "400 uniqueness_conflict"
    assert answer.json["message"].startswith(
        'A value provided for attribute with slug "email_addresses" conflicts with one already '
        "in the system. This attribute has a uniqueness constraint. Please ensure"
    )
    # A record's own values never conflict, nor do the same value sent twice.
    twice = ["ADA@x.example.com", "ada@x.example.com"]
    assert len(api.put("people", first, email_addresses=twice)["values"]["email_addresses"]) == 1
    other = record_id(
        api.create("people", email_addresses=["bob@x.example.com", "bob@x.example.com"])
    )
    for method in ("PATCH", "PUT"):
        answer = api.change(method, "people", other, email_addresses=["ada@x.example.com"])
        assert answer.code == "400 uniqueness_conflict"
    # Freed values can be taken.
    api.put("people", first, email_addresses=[])
    api.patch("people", other, email_addresses=["ada@x.example.com"])


def test_unique_numbers_and_phones(ws: Workspace, api: Client) -> None:
    ws.define_object("things", "Thing", "Things")
    ws.define_attribute("things", api_slug="number", type="number", is_unique=True)
    ws.define_attribute("things", api_slug="phone", type="phone-number", is_unique=True)
    ws.define_attribute("things", api_slug="code", type="text", is_unique=True)
    api.create("things", number=7, phone="+19725550123", code="a")
    assert api.try_create("things", number=7.0).code == "400 uniqueness_conflict"
    assert api.try_create("things", phone="+1 972 555 0123").code == "400 uniqueness_conflict"
    assert api.try_create("things", code="a").code == "400 uniqueness_conflict"
    api.create("things", code="A", number=8)
    api.create("things", code="\u017f")  # casefolds to "s"
    api.create("things", code="s")


def test_assert_creates_updates_and_adds(api: Client) -> None:
    answer = api.upsert("companies", "domains", domains=["acme.test"], name="Acme",
                        categories=["SAAS", "B2B"])  # fmt: skip
    key = record_id(answer.json["data"])
    answer = api.upsert(
        "companies",
        "domains",
        domains=["new.test", "ACME.test"],
        name="Acme Ltd",
        categories=["B2C"],
    )
    assert answer.status == 200
    record = answer.json["data"]
    assert record_id(record) == key
    # The matching attribute is added to, every other one overwritten.
    assert plain(record["values"]["domains"]) == ["new.test", "acme.test"]
    assert plain(record["values"]["categories"]) == ["B2C"]
    assert plain(record["values"]["name"]) == ["Acme Ltd"]


def test_assert_by_a_single_valued_attribute(api: Client) -> None:
    first = api.upsert("users", "user_id", user_id="u1", primary_email_address="a@x.example.com")
    again = api.upsert("users", "user_id", user_id="u1", primary_email_address="b@x.example.com")
    assert record_id(first.json["data"]) == record_id(again.json["data"])
    assert plain(again.json["data"]["values"]["primary_email_address"]) == ["b@x.example.com"]
    # Another unique attribute can still conflict.
    api.create("users", user_id="u2", primary_email_address="c@x.example.com")
    answer = api.upsert("users", "user_id", user_id="u1", primary_email_address="c@x.example.com")
    assert answer.code == "400 uniqueness_conflict"


def test_assert_refusals(api: Client) -> None:
    api.create("companies", domains=["a.test"])
    api.create("companies", domains=["b.test"])
    answer = api.upsert("companies", "domains", domains=["a.test", "b.test"])
    assert answer.code == "400 multiple_match_results"
    answer = api.upsert("companies", "ghost", domains=["a.test"])
    assert answer.code == "400 value_not_found"
    assert (
        answer.json["message"] == 'No attribute was found for matching_attribute slug/ID "ghost".'
    )
    answer = api.upsert("companies", "name", name="Acme")
    assert answer.code == "400 matching_attribute_definition_not_unique"
    assert answer.json["message"] == "The matching attribute specified is not a unique attribute."
    assert api.upsert("companies", "domains", name="Acme").code == "400 missing_value"
    body = {"data": {"values": {}}}
    answer = api.send("PUT", RECORDS.format("companies"), body)
    assert answer.json["validation_errors"][0]["path"] == ["matching_attribute"]
    assert len(api.query("companies")) == 2


def test_history(api: Client, clock: Clock) -> None:
    key = record_id(api.create("people", job_title="Analyst"))
    clock.move(1)
    api.patch("people", key, job_title="Analyst")
    clock.move(1)
    api.patch("people", key, job_title="Countess")
    clock.move(1)
    api.patch("people", key, job_title=None)
    clock.move(1)
    api.put("people", key, job_title=["VP"])
    rows = [
        (v["value"], v["active_from"][17:23], v["active_until"] and v["active_until"][17:23])
        for v in api.history("people", key, "job_title")
    ]
    assert rows == [
        ("Analyst", "12.520", "14.520"),
        ("Countess", "14.520", "15.520"),
        ("VP", "16.520", None),
    ]
    page = api.history("people", key, "job_title", limit="1", offset="1")
    assert plain(page) == ["Countess"]
    now = api.history("people", key, "job_title", show_historic="false")
    assert plain(now) == ["VP"]


def test_history_of_many_values(api: Client, clock: Clock) -> None:
    key = record_id(api.create("companies", categories=["B2B"], domains=["a.test"]))
    clock.move(1)
    api.put("companies", key, categories=["SAAS", "B2B"])
    clock.move(1)
    api.put("companies", key, categories=["SAAS"])
    assert plain(api.history("companies", key, "categories")) == ["B2B", "SAAS"]
    (kept,) = api.values("companies", key, "categories")
    assert kept["active_from"] == "2026-02-03T10:11:13.520000000Z"


def test_values_of_system_attributes_and_of_unknown_ones(api: Client) -> None:
    key = record_id(api.create("people"))
    assert plain(api.history("people", key, "record_id")) == [key]
    assert plain(api.history("people", key, "created_at")) == [NOW]
    for slug in ("last_interaction", "avatar_url", "twitter_follower_count"):
        path = f"{RECORDS.format('people')}/{key}/attributes/{slug}/values"
        answer = api.send("GET", path, show_historic="true")
        assert answer.code == "400 validation_type"
        assert answer.json["message"] == (
            "Cannot set show_historic param to true when querying a COMINT attribute."
        )
        assert api.data("GET", path) == []
    path = f"{RECORDS.format('people')}/{key}/attributes"
    assert api.send("GET", f"{path}/ghost/values").code == "404 not_found"
    for params in ({"limit": "0"}, {"offset": "-1"}, {"limit": "ten"}, {"show_historic": "yes"}):
        answer = api.send("GET", f"{path}/name/values", None, **params)
        assert answer.code == "400 validation_type"
        assert answer.json["validation_errors"][0]["path"] == list(params)


def test_delete(api: Client) -> None:
    key = record_id(api.create("people", name="Ada", email_addresses=["a@x.example.com"]))
    path = f"{RECORDS.format('people')}/{key}"
    assert api.send("DELETE", path) == (200, {})
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"data": {"values": {}}})):
        answer = api.send(method, path, body)
        assert answer.code == "404 not_found"
        assert answer.json["message"] == f'Record with ID "{key}" not found.'
    assert api.query("people") == []
    assert api.query("people", {"name": "Ada"}) == []
    api.create("people", email_addresses=["a@x.example.com"])


def test_paths_that_name_no_record(api: Client) -> None:
    key = record_id(api.create("people"))
    assert api.send("GET", f"{RECORDS.format('companies')}/{key}").code == "404 not_found"
    assert api.send("GET", f"{RECORDS.format('ghosts')}/{key}").json["message"] == (
        'Object with slug/ID "ghosts" not found.'
    )
    answer = api.send("GET", f"{RECORDS.format('people')}/not-a-uuid")
    assert answer.code == "400 validation_type"
    assert answer.json["validation_errors"] == [
        {"code": "invalid_string", "path": ["record_id"], "message": "Invalid uuid"}
    ]
    object_id = api.read("people", key)["id"]["object_id"]
    assert record_id(api.read(object_id, key.upper())) == key


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (None, []),
        ([], []),
        ({}, ["data"]),
        ({"data": 5}, ["data"]),
        ({"data": {}}, ["data", "values"]),
        ({"data": {"values": []}}, ["data", "values"]),
    ],
)
def test_bodies_of_the_wrong_shape(api: Client, body: Any, path: list[str]) -> None:
    key = record_id(api.create("people"))
    for method, where in (("POST", ""), ("PATCH", f"/{key}"), ("PUT", f"/{key}")):
        answer = api.send(method, RECORDS.format("people") + where, body)
        assert answer.code == "400 validation_type"
        assert answer.json["validation_errors"][0]["path"] == path


def test_bodies_that_change_records_are_strict(api: Client) -> None:
    key = record_id(api.create("people"))
    body = {"data": {"values": {}, "record_id": GHOST}}
    assert api.send("POST", RECORDS.format("people"), body).status == 200
    for method, where in (("PATCH", f"/{key}"), ("PUT", f"/{key}"), ("PUT", "")):
        answer = api.send(
            method, RECORDS.format("people") + where, body, matching_attribute="email_addresses"
        )
        assert answer.json["validation_errors"] == [
            {
                "code": "unrecognized_keys",
                "path": ["data"],
                "message": "Unrecognized key(s) in object: 'record_id'",
            }
        ]


TITLES = ["B2B", "B2C", "SAAS", "Media", "Health Care"]
WRITES = st.lists(st.tuples(st.sampled_from(["PATCH", "PUT"]), st.lists(st.sampled_from(TITLES))))


@settings(max_examples=40)
@given(WRITES)
def test_any_run_of_writes_keeps_the_order_that_attio_keeps(writes: list[Any]) -> None:
    workspace = Workspace()
    api = Client(workspace)
    key = record_id(api.create("companies"))
    expected: list[str] = []
    for method, titles in writes:
        sent = list(dict.fromkeys(titles))
        kept = expected if method == "PATCH" else []
        expected = [t for t in sent if t not in kept] + kept
        record = api.change(method, "companies", key, categories=titles).json["data"]
        assert plain(record["values"]["categories"]) == expected
    for title in TITLES:
        assert len(api.query("companies", {"categories": title})) == (title in expected)
    workspace.close()
