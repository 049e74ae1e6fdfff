"""Values with their history: read from records and entries, and written as a whole."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Answer, Client, own, plain, record_id
from tests.sandbox.helpers import Told

OLD, MIDDLE, NEW = (f"20{year}-01-01T00:00:00.000000000Z" for year in (20, 21, 22))


def path_of(key: str, attribute: str, slug: str = "companies") -> str:
    return f"/v2/objects/{slug}/records/{key}/attributes/{attribute}/values"


def item(value: Any, since: str, until: str | None = None) -> dict[str, Any]:
    return {"value": value, "active_from": since, "active_until": until}


def write(api: Client, path: str, *items: Any, **more: Any) -> Answer:
    data = {"values": list(items), "replace_history": True, **more}
    return api.send("PUT", path, {"data": data})


def spans(values: list[Any]) -> list[tuple[str, str, str | None]]:
    shown = plain(values)
    return [
        (value, v["active_from"], v["active_until"]) for value, v in zip(shown, values, strict=True)
    ]


def test_the_history_of_an_attribute_is_replaced(api: Client, acme: str) -> None:
    api.patch("companies", acme, name="Acme Inc")
    # In any order, partial moments and offsets allowed, as with timestamps elsewhere.
    answer = write(
        api,
        path_of(acme, "name"),
        item("Acme Corporation", "2022-01-01T02:00:00+02:00"),
        item("Acme (old name)", "2020", "2021-01-01"),
    )
    assert answer.status == 200
    expected = [("Acme (old name)", OLD, MIDDLE), ("Acme Corporation", NEW, None)]
    assert spans(answer.json["data"]) == expected
    assert spans(api.history("companies", acme, "name")) == expected
    assert spans(api.values("companies", acme, "name")) == expected[1:]
    assert api.ids("companies", {"name": "Acme Corporation"}) == [acme]
    assert api.query("companies", {"name": "Acme Inc"}) == []
    actor = answer.json["data"][0]["created_by_actor"]
    assert actor["type"] == "api-token"
    assert plain(api.values("companies", acme, "domains")) == ["acme.test"]


def test_without_an_active_value_the_attribute_is_empty(api: Client, acme: str) -> None:
    assert write(api, path_of(acme, "name"), item("Acme", OLD, NEW)).status == 200
    assert api.values("companies", acme, "name") == []
    assert api.data("GET", path_of(acme, "name")) == []
    assert plain(api.data("GET", path_of(acme, "record_id"))) == [acme]
    avatar = api.send("GET", path_of(acme, "logo_url"), show_historic="true")
    assert avatar.code == "400 validation_type"
    assert spans(api.history("companies", acme, "name")) == [("Acme", OLD, NEW)]
    assert api.query("companies", {"name": {"$not_empty": True}}) == []


def test_a_later_write_goes_on_from_the_history(clock: Clock, api: Client, acme: str) -> None:
    write(api, path_of(acme, "name"), item("Acme", OLD))
    clock.move(60)
    api.patch("companies", acme, name="Acme Inc")
    first, second = spans(api.history("companies", acme, "name"))
    assert first == ("Acme", OLD, second[1])
    assert second == ("Acme Inc", "2026-02-03T10:12:12.520000000Z", None)


def test_many_values_may_be_active_at_once(api: Client, acme: str) -> None:
    path = path_of(acme, "domains")
    answer = write(
        api, path, item("b.test", MIDDLE), item("a.test", OLD), item("c.test", OLD, MIDDLE)
    )
    assert answer.status == 200
    assert plain(api.values("companies", acme, "domains")) == ["b.test", "a.test"]
    assert len(api.history("companies", acme, "domains")) == 3
    twice = write(api, path, item("a.test", OLD), item({"domain": "A.test"}, NEW))
    assert twice.code == "400 duplicate_values"


def test_a_choice_is_in_its_stage_since_the_time_written(ws: Workspace, api: Client) -> None:
    ws.define_attribute("companies", api_slug="tier", type="select", options=["Gold", "Iron"])
    key = record_id(api.create("companies", tier="Iron"))
    write(api, path_of(key, "tier"), item("Gold", "2020-01-01"), item("Iron", "2019", "2020"))
    for bound, found in (("2020-06-01", [key]), ("2019-06-01", [])):
        assert api.ids("companies", {"tier": {"active_from": {"$lte": bound}}}) == found


def test_references_without_a_pair_have_a_history_too(ws: Workspace, api: Client) -> None:
    ws.define_attribute("companies", api_slug="champion", type="record-reference")
    ada, bob, key = (record_id(api.create(slug)) for slug in ("people", "people", "companies"))
    one, other = ({"target_object": "people", "target_record_id": each} for each in (ada, bob))
    path = path_of(key, "champion")
    assert write(api, path, item(one, OLD, NEW), item(other, NEW)).status == 200
    assert plain(api.values("companies", key, "champion")) == [bob]
    api.send("DELETE", f"/v2/objects/people/records/{bob}")
    assert api.values("companies", key, "champion") == []


@pytest.mark.parametrize(
    ("items", "where"),
    [
        ([], ["data", "values"]),
        ([{"value": "x", "active_from": OLD}], ["data", "values", 0, "active_until"]),
        ([{"active_from": OLD, "active_until": None}], ["data", "values", 0, "value"]),
        ([item("x", "long ago")], ["data", "values", 0, "active_from"]),
        ([item("x", OLD, "soon")], ["data", "values", 0, "active_until"]),
        ([item("x", NEW, OLD)], ["data", "values", 0, "active_until"]),
        ([item("x", OLD, OLD)], ["data", "values", 0, "active_until"]),
        ([item("x", OLD, NEW), item(5, NEW)], ["data", "values", 1, "value"]),
        ([item({"text": "x"}, OLD)], ["value"]),  # of the value, as its form is right
        ([item("", OLD)], ["data", "values", 0, "value"]),
        ([item("x", OLD, "2026-02-03T10:11:12.521Z")], ["data", "values", 0, "active_until"]),
        ([item("x", "2027-01-01")], ["data", "values", 0, "active_from"]),
    ],
)  # fmt: skip
def test_what_is_no_history(api: Client, acme: str, items: list[Any], where: list[Any]) -> None:
    answer = write(api, path_of(acme, "name"), *items)
    assert answer.code == "400 validation_type"
    assert answer.json["validation_errors"][0]["path"] == where
    assert plain(api.values("companies", acme, "name")) == ["Acme"]


@pytest.mark.parametrize("flag", [False, None, "true"])
def test_the_history_is_replaced_on_purpose_only(api: Client, acme: str, flag: Any) -> None:
    answer = write(api, path_of(acme, "name"), item("x", OLD), replace_history=flag)
    assert answer.code == "400 validation_type"


def test_attributes_without_a_history_of_their_own(api: Client, acme: str) -> None:
    for attribute in ("team", "logo_url", "last_interaction"):
        answer = write(api, path_of(acme, attribute), item("x", OLD))
        assert answer.code == "400 validation_type", attribute
    assert write(api, path_of(acme, "ghost"), item("x", OLD)).code == "404 value_not_found"
    assert write(api, path_of(GHOST, "name"), item("x", OLD)).code == "404 not_found"


def test_unique_and_required_hold(ws: Workspace, api: Client, acme: str) -> None:
    labs = record_id(api.create("companies", domains=["labs.test"]))
    taken = write(api, path_of(labs, "domains"), item("acme.test", OLD))
    assert taken.code == "400 uniqueness_conflict"
    assert write(api, path_of(labs, "domains"), item("acme.test", OLD, NEW)).status == 200
    assert write(api, path_of(acme, "domains"), item("acme.test", OLD)).status == 200
    ws.define_attribute("deals", api_slug="code", type="text", is_required=True)
    deal = record_id(
        api.create("deals", name="x", stage="Lead", owner="owner@sandbox.example", code="a")
    )
    empty = write(api, path_of(deal, "code", "deals"), item("a", OLD, NEW))
    assert empty.code == "400 missing_value"


def test_no_webhook_is_told(ws: Workspace, api: Client, acme: str) -> None:
    told = Told(ws, "record.updated")
    write(api, path_of(acme, "name"), item("Acme", OLD))
    assert told.take() == []
    api.patch("companies", acme, name="Acme Inc")
    assert len(told.take()) == 1


def test_the_values_of_entries(api: Client, acme: str) -> None:
    sales = {
        "name": "Sales", "api_slug": "sales", "parent_object": "companies",
        "workspace_access": "full-access", "workspace_member_access": [],
    }  # fmt: skip
    api.data("POST", "/v2/lists", {"data": sales})
    text = {
        "title": "Size", "description": None, "api_slug": "size", "type": "text",
        "is_required": False, "is_unique": False, "is_multiselect": False, "config": {},
    }  # fmt: skip
    api.data("POST", "/v2/lists/sales/attributes", {"data": text})
    entry = {"parent_record_id": acme, "parent_object": "companies", "entry_values": {"size": "S"}}
    key = api.data("POST", "/v2/lists/sales/entries", {"data": entry})["id"]["entry_id"]
    path = f"/v2/lists/sales/entries/{key}/attributes/size/values"
    assert own(api.data("GET", path)) == [{"value": "S"}]
    answer = write(api, path, item("M", OLD, NEW), item("L", NEW))
    assert spans(answer.json["data"]) == [("M", OLD, NEW), ("L", NEW, None)]
    assert own(api.data("GET", path)) == [{"value": "L"}]
    assert spans(api.data("GET", path, show_historic="true", limit="1")) == [("M", OLD, NEW)]
    missing = path.replace(key, GHOST)
    assert api.send("GET", missing).code == "404 not_found"
    assert write(api, missing, item("x", OLD)).code == "404 not_found"


_MOMENTS = st.lists(st.integers(1980, 2024), min_size=2, max_size=9, unique=True)


@given(_MOMENTS, st.randoms(use_true_random=False), st.booleans())
def test_what_is_written_in_any_order_reads_in_the_order_of_time(
    years: list[int], random: Any, is_open: bool
) -> None:
    api = Client(Workspace())
    key = record_id(api.create("companies"))
    years.sort()
    ends: list[Any] = [f"{year}-01-01T00:00:00.000000000Z" for year in years]
    if is_open:
        ends[-1] = None
    expected = [(f"v{index}", since, until) for index, (since, until) in enumerate(pairwise(ends))]
    items = [item(*span) for span in expected]
    random.shuffle(items)
    assert write(api, path_of(key, "name"), *items).status == 200
    assert spans(api.history("companies", key, "name")) == expected
    assert spans(api.values("companies", key, "name")) == [s for s in expected if s[2] is None]
