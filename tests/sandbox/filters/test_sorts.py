"""The order of records."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, record_id
from tests.sandbox.helpers import OWNER


def by(attribute: str, direction: str = "asc", **more: Any) -> dict[str, Any]:
    return {"attribute": attribute, "direction": direction, **more}


@pytest.fixture
def people(ws: Workspace, api: Client, clock: Clock) -> dict[str, str]:
    ws.load(
        "companies",
        [{"name": "Beta", "domains": ["b.test"]}, {"name": "alpha", "domains": ["a.test"]}],
    )
    rows: dict[str, dict[str, Any]] = {
        "ada": {"name": "Lovelace, Ada", "job_title": "b", "company": "b.test"},
        "bob": {"name": "Bob", "job_title": "A", "company": "a.test"},
        "cy": {"name": "adams, Cy", "email_addresses": ["z@x.example.com", "a@x.example.com"]},
        "dee": {"name": "Zed, Dee", "job_title": "c"},
    }
    keys: dict[str, str] = {}
    for name, values in rows.items():
        keys[name] = record_id(api.create("people", **values))
        clock.move(1)
    return keys


@pytest.mark.parametrize(
    ("sorts", "expected"),
    [
        ([by("created_at")], "ada bob cy dee"),
        ([by("created_at", "desc")], "dee cy bob ada"),
        # Case does not count; records without a value come last in both directions.
        ([by("job_title")], "bob ada dee cy"),
        ([by("job_title", "desc")], "dee ada bob cy"),
        ([by("name", field="last_name")], "cy ada dee bob"),
        ([by("name", "desc", field="last_name")], "dee ada cy bob"),
        ([by("name")], "ada bob cy dee"),
        ([by("email_addresses"), by("created_at", "desc")], "cy dee bob ada"),
        ([by("email_addresses", field="email_local_specifier"), by("created_at")],
         "cy ada bob dee"),
        ([{"path": [["people", "company"], ["companies", "name"]], "direction": "asc"},
          by("created_at")], "bob ada cy dee"),
        ([{"path": [["people", "company"], ["companies", "name"]], "direction": "desc",
           "field": "value"}, by("created_at", "desc")], "ada bob dee cy"),
        ([{"path": [["people", "job_title"]], "direction": "asc"}], "bob ada dee cy"),
        ([{"path": [["people", "company"], ["companies", "team"], ["people", "created_at"]],
           "direction": "desc"}, by("created_at")], "bob ada cy dee"),
    ],
)  # fmt: skip
def test_orders(api: Client, people: dict[str, str], sorts: Any, expected: str) -> None:
    assert api.ids("people", sorts=sorts) == [people[name] for name in expected.split()]


def test_record_ids_sort_and_break_ties(ws: Workspace, api: Client) -> None:
    keys = ws.load("people", [{"job_title": "same"} for _ in range(20)])
    assert api.ids("people", sorts=[by("record_id", "desc")]) == sorted(keys, reverse=True)
    for sorts in ([], [by("job_title")], [by("created_at")]):
        assert api.ids("people", sorts=sorts) == sorted(keys)
    assert api.ids("people", sorts=[by("created_at", "desc")]) == sorted(keys, reverse=True)


def test_numbers_dates_choices_and_actors(ws: Workspace, api: Client) -> None:
    kim = ws.setup.add_member("kim@acme.example.com")
    rows = [
        ("A", "Lost", 10, OWNER),
        ("B", "Lead", 9, "kim@acme.example.com"),
        ("C", "In Progress", None, OWNER),
    ]
    keys = {
        name: record_id(api.create("deals", name=name, stage=stage, value=value, owner=owner))
        for name, stage, value, owner in rows
    }
    names = {key: name for name, key in keys.items()}

    def order(*sorts: dict[str, Any]) -> str:
        return "".join(names[key] for key in api.ids("deals", sorts=list(sorts)))

    assert order(by("value")) == "BAC"
    assert order(by("value", "desc")) == "ABC"
    # Options sort in the order in which they were made.
    assert order(by("stage")) == "BCA"
    first = order(by("owner", field="referenced_actor_id"), by("name"))
    assert first == (
        "BAC" if kim < api.values("deals", keys["A"], "owner")[0]["referenced_actor_id"] else "ACB"
    )


@pytest.mark.parametrize(
    "sort",
    [
        by("company"), by("company", field="target_record_id"), by("primary_location"),
        by("primary_location", field="latitude"), by("name", field="middle_name"),
        by("created_by"), by("created_by", field="referenced_actor_id"),
        {"path": [["companies", "name"]], "direction": "asc"},
        {"path": [["people", "company"]], "direction": "asc"},
    ],
)  # fmt: skip
def test_refusals(api: Client, sort: Any) -> None:
    assert api.try_query("people", sorts=[sort]).code == "400 filter_error"


def test_unknown_attributes(api: Client) -> None:
    for sort in (by("ghost"), {"path": [["people", "ghost"]], "direction": "asc"}):
        assert api.try_query("people", sorts=[sort]).code == "400 unknown_filter_attribute_slug"


NAME_PATH = {"path": [["people", "company"], ["companies", "name"]], "direction": "asc"}


def test_a_sort_that_comes_again_changes_nothing(api: Client, people: dict[str, str]) -> None:
    sorts = [NAME_PATH, by("name", "desc", field="last_name"), NAME_PATH | {"direction": "desc"}]
    expected = api.ids("people", sorts=sorts[:2])
    assert expected == [people[name] for name in ("bob", "ada", "dee", "cy")]
    assert api.ids("people", sorts=sorts * 1_000) == expected


def test_more_sorts_than_anybody_needs(ws: Workspace, api: Client) -> None:
    for number in range(21):
        ws.define_attribute("people", api_slug=f"field_{number}", type="text")
    sorts = [by(f"field_{number}") for number in range(21)]
    assert api.try_query("people", sorts=sorts[:20]).status == 200
    answer = api.try_query("people", sorts=sorts)
    assert answer.code == "400 filter_error"
    assert "More than 20 sorts" in answer.json["message"]


def test_times_at_the_end_of_a_path_do_not_lead_back(ws: Workspace, api: Client) -> None:
    """The cost of the path is that of the records it starts from, and not of all there are."""
    ws.load("companies", [{"name": f"C{n}", "domains": [f"c{n}.test"]} for n in range(10)])
    ws.load("people", [{"name": f"P{n}", "company": f"c{n % 10}.test"} for n in range(100)])
    path = [["people", "company"], ["companies", "team"], ["people", "created_at"]]
    connection = ws._engine.database._connection  # pyright: ignore[reportPrivateUsage]
    steps: list[None] = []
    connection.set_progress_handler(lambda: steps.append(None), 1_000)
    try:
        api.query("people", sorts=[{"path": path, "direction": "asc"}], limit=1)
    finally:
        connection.set_progress_handler(None, 0)
    assert len(steps) < 150


TIED: list[dict[str, Any]] = [
    {"sorts": [by("created_at", "desc")]},
    {"sorts": [by("job_title")]},
    {"sorts": [by("job_title", "desc"), by("description")]},
    {"sorts": [by("name", field="first_name")]},
    {"sorts": [{"path": [["people", "company"], ["companies", "name"]], "direction": "asc"}]},
    {"sorts": [by("job_title")], "filter": {"name": "Twin"}},
    {"sorts": [by("created_at")], "filter": {"email_addresses": {"$not_empty": True}}},
]


@pytest.mark.parametrize("body", TIED, ids=[str(at) for at in range(len(TIED))])
def test_shuffled_ties(ws: Workspace, api: Client, body: dict[str, Any]) -> None:
    """What sorts alike comes in another order each time, and all else where it belongs."""
    rows = [
        {"name": "Twin", "job_title": "ab"[n % 2], "email_addresses": [f"{n}@x.example.com"]}
        for n in range(40)
    ]
    ids = ws.load("people", rows)
    titles = dict(zip(ids, (row["job_title"] for row in rows), strict=True))

    def asked(**more: Any) -> list[str]:
        return [record_id(each) for each in api.query("people", **{**body, **more})]

    kept = asked()
    assert kept == asked()
    ws.shuffle_ties = True
    orders = [asked() for _ in range(4)]
    assert len({tuple(order) for order in orders}) > 1
    for order in orders:
        assert sorted(order) == sorted(ids)
        if body["sorts"][0].get("attribute") == "job_title":
            assert [titles[each] for each in order] == [titles[each] for each in kept]
    assert len(set(asked(limit=7, offset=3))) == 7
    total = [*body["sorts"], by("record_id")]
    assert asked(sorts=total) == asked(sorts=total)
    ws.shuffle_ties = False
    assert asked() == kept
