"""Filters with many conditions: they cost little, or are refused soon."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from tests.sandbox.client import GHOST, Client, record_id


@pytest.fixture
def bob(api: Client, ada: str) -> str:
    return record_id(api.create("people", name="Bob"))


def contains(count: int, slug: str, field: str | None = None) -> list[Any]:
    """Searches of one attribute, each for another number."""
    tests = ({"$contains": str(index)} for index in range(count))
    return [{slug: test if field is None else {field: test}} for test in tests]


TEAM = [["people", "company"], ["companies", "team"]]


NOTHING: dict[str, Any] = {}
ALWAYS: dict[str, Any] = {"$and": []}
MANY: list[Any] = [
    {"$or": contains(500, "description")},
    {"$or": contains(1_000, "name", "first_name")},
    {"$not": {"$or": contains(500, "email_addresses", "email_domain")}},
    {"$and": contains(500, "description")},
    {"$or": [
        {"path": [*TEAM, *TEAM, ["people", "job_title"]], "constraints": {"$contains": str(n)}}
        for n in range(300)
    ]},
    {"$or": [
        {"job_title": f"{n}", "name": {"$contains": f"{n}"}} for n in range(250)
    ]},
    {"$or": [
        {"$and": [{"path": [*TEAM[:1], ["companies", slug]], "constraints": {"$contains": str(n)}}
                  for slug in ("name", "description")]}
        for n in range(250)
    ]},
    {"record_id": {"$in": [GHOST] * 500}},
]  # fmt: skip


@pytest.mark.parametrize("filter_", MANY)
def test_many_conditions_cost_little(crm: Client, filter_: Any) -> None:
    # The opcodes bound the time, as they do not depend on the machine: 10 million are a second.
    connection = crm.workspace._engine.database._connection  # pyright: ignore[reportPrivateUsage]
    steps: list[None] = []
    connection.set_progress_handler(lambda: steps.append(None), 10_000)
    try:
        assert crm.try_query("people", filter_, limit=10).status == 200
    finally:
        connection.set_progress_handler(None, 0)
    assert len(steps) < 2_500


@pytest.mark.parametrize(
    ("filter_", "message"),
    [
        ({"$or": contains(1_001, "job_title")}, "at most 1000 conditions"),
        ({"$and": contains(501, "job_title")}, "500 of them in different places"),
        ({"$or": [{"job_title": f"{n}", "$not": {"name": f"{n}"}} for n in range(251)]},
         "500 of them in different places"),
        ({"$or": [NOTHING] * 40_000}, "more than 30000 parts"),
        ({"$and": [NOTHING] * 300_000}, "more than 30000 parts"),
        ({"$or": [ALWAYS] * 30_000}, "more than 30000 parts"),
    ],
)  # fmt: skip
def test_filters_that_are_too_much(api: Client, filter_: Any, message: str) -> None:
    answer = api.try_query("people", filter_)
    assert answer.status == 400
    assert message in answer.json["message"]


def test_constants_fold(api: Client, ada: str, bob: str) -> None:
    both = sorted([ada, bob])
    assert sorted(api.ids("people", {"$or": [NOTHING] * 20_000})) == both
    assert sorted(api.ids("people", {"$or": [{"name": "Bob"}, {}]})) == both
    assert api.ids("people", {"$and": [{"name": "Bob"}, {"$or": []}]}) == []
    never: dict[str, Any] = {"$and": [{"name": "Bob"}, {"$or": []}]}
    assert sorted(api.ids("people", {"$not": never})) == both
    assert api.ids("people", {"$or": [{"$or": []}, {"name": "Bob"}]}) == [bob]


def test_what_sqlite_refuses_is_a_filter_error(api: Client, ada: str) -> None:
    connection = api.workspace._engine.database._connection  # pyright: ignore[reportPrivateUsage]
    before = connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 20)
    try:
        answer = api.try_query("people", {"$or": contains(100, "job_title")})
    finally:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)
    assert answer.code == "400 filter_error"
    assert "too many SQL variables" in answer.json["message"]
