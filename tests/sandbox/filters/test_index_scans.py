"""However a query goes about it, it gives the same page, and a page costs what the page is."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_sandbox import Clock, Workspace
from attio_sandbox.filters import index_scans, queries
from attio_sandbox.filters.queries import Query
from attio_sandbox.filters.sorts import order_terms
from tests.sandbox.client import Client
from tests.sandbox.filters.worlds import ENTRY_FILTER, FILTER, world

Field = tuple[str, str | None]
FIELDS: list[Field] = [
    ("text", None), ("number", None), ("rating", None), ("checkbox", None), ("currency", None),
    ("date", None), ("timestamp", None), ("select", None), ("choice", None), ("emails", None),
    ("emails", "email_domain"), ("emails", "email_local_specifier"), ("domains", "root_domain"),
    ("phones", "country_code"), ("place", "locality"), ("place", "region"), ("place", "line_2"),
    ("created_at", None),
]  # fmt: skip
OWN: list[Field] = [
    ("name", None), ("name", "last_name"), ("name", "first_name"), ("record_id", None),
]  # fmt: skip


@contextmanager
def ways(*, few: int, many: int, budget: int, each: int, skipped: int) -> Generator[None]:
    """Queries that choose their way by these numbers."""
    with (
        patch.multiple(queries, FEW=few, MANY=many),
        patch.multiple(index_scans, BUDGET=budget, BUDGET_EACH=each, MAX_SKIPPED=skipped),
    ):
        yield


def sorts_by(fields: list[Field]) -> st.SearchStrategy[Any]:
    def sort(chosen: tuple[Field, str]) -> dict[str, str]:
        (slug, field), direction = chosen
        found = {"attribute": slug, "direction": direction}
        return found if field is None else {**found, "field": field}

    one = st.tuples(st.sampled_from(fields), st.sampled_from(["asc", "desc"])).map(sort)
    return st.lists(one, max_size=3)


WAYS = st.fixed_dictionaries(
    {
        "few": st.sampled_from([0, 2, 1_000]),
        "many": st.sampled_from([0, 1_000]),
        "budget": st.sampled_from([0, 1, 8, 1_000]),
        "each": st.sampled_from([0, 2]),
        "skipped": st.sampled_from([0, 5, 1_000]),
    }
)
NOTHING: dict[str, Any] = {}
NONE = st.just(NOTHING)
OFFSETS = st.integers(0, 30)


def compare(seed: int, slug: str, way: Any, filter_: Any, sorts: Any, offset: int) -> None:
    """The page, found in some way, against the one cut from all records gathered and sorted."""
    workspace = world(seed)[0].workspace
    database, schema = workspace._engine.database, workspace._engine.schema  # pyright: ignore[reportPrivateUsage]
    holder = schema.find_object(slug) or schema.find_list(slug)
    assert holder is not None
    query = Query(holder, schema, refuse_record_id_in=False)
    node = query.compile(filter_)
    sql, values = query.sql(node, order_terms(query.compiler, sorts), None)
    keys = dict(database.rows("SELECT num, id FROM records"))
    every = [keys[num] for (num,) in database.rows(sql, values)]
    for limit in (1, 4, 30):
        with ways(**way):
            rows = query.rows(database, filter_, sorts, limit, offset)
        assert [row[0] for row in rows] == every[offset : offset + limit]


@settings(max_examples=400)
@given(st.integers(0, 2), WAYS, NONE | FILTER, sorts_by([*FIELDS, *OWN]), OFFSETS)
def test_every_way_gives_the_same_page(
    seed: int, way: Any, filter_: Any, sorts: Any, offset: int
) -> None:
    compare(seed, "people", way, filter_, sorts, offset)


@settings(max_examples=200)
@given(st.integers(0, 2), WAYS, NONE | ENTRY_FILTER, sorts_by(FIELDS), OFFSETS)
def test_every_way_gives_the_same_page_of_entries(
    seed: int, way: Any, filter_: Any, sorts: Any, offset: int
) -> None:
    compare(seed, "queue", way, filter_, sorts, offset)


def by(attribute: str, direction: str = "asc", **more: str) -> list[dict[str, str]]:
    """What the client sends to page by an attribute."""
    return [
        {"attribute": attribute, "direction": direction, **more},
        {"attribute": "created_at", "direction": "asc"},
        {"attribute": "record_id", "direction": "asc"},
    ]


def crowd(people: int) -> Client:
    """People with distinct names, one in four of each stage, fifty at each moment."""
    clock = Clock()
    clock.set(datetime(2026, 1, 1, tzinfo=UTC))
    workspace = Workspace(clock=clock)
    stages = ["New", "Open", "Won", "Lost"]
    workspace.define_attribute("people", api_slug="stage", type="select", options=stages)
    for start in range(0, people, 50):
        clock.move(1)
        workspace.load(
            "people",
            [
                {
                    "name": f"Doe{number * 7 % people:05d}, Ada{number % 5}",
                    "email_addresses": [f"ada{number}@host{number // 5}.dev"],
                    "job_title": f"{'Chief' if number % 3 else 'Vice'} {number}",
                    "stage": stages[number * 5 // 3 % 4],
                }
                for number in range(start, start + 50)
            ],
        )
    client = Client(workspace)
    client.query("people", limit=1)  # counts the object, which is not done at each query
    return client


def steps(api: Client, body: Any) -> int:
    """How many hundreds of steps SQLite takes for a page of ten."""
    connection = api.workspace._engine.database._connection  # pyright: ignore[reportPrivateUsage]
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.set_progress_handler(count, 100)
    try:
        found = api.data("POST", "/v2/objects/people/records/query", {"limit": 10, **body})
    finally:
        connection.set_progress_handler(None, 0)
    assert found
    return taken


@pytest.fixture(scope="module")
def crowds() -> tuple[Client, Client]:
    return crowd(1_000), crowd(4_000)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sorts": by("created_at", "desc")},
        {"filter": {"created_at": {"$gt": "2026-01-01T00:00:09Z"}}, "sorts": by("created_at")},
        {
            "filter": {"created_at": {"$gt": "2026-01-01T00:00:09Z"}, "stage": "Won"},
            "sorts": by("created_at"),
        },
        {"filter": {"email_addresses": "ada500@host100.dev"}},
        {"filter": {"email_addresses": {"email_root_domain": "host100.dev"}}},
        {"filter": {"name": {"last_name": {"$starts_with": "doe0050"}}}},
        {"filter": {"name": {"first_name": "Ada3"}}, "sorts": by("created_at", "desc")},
        {"filter": {"stage": "Won"}},
        {"filter": {"stage": "Won"}, "sorts": by("name")},
        {"filter": {"stage": "Won"}, "sorts": by("name", "desc", field="last_name")},
        {"filter": {"$not": {"stage": "Won"}}, "sorts": by("email_addresses")},
        {"filter": {"job_title": {"$contains": "vice"}}, "sorts": by("name")},
        {
            "filter": {"job_title": {"$contains": "vice"}, "stage": "Won"},
            "sorts": by("created_at"),  # by ids, which are random, it may be long until some fit
            "offset": 20,
        },
        {"sorts": by("name"), "offset": 100},
    ],
)
def test_a_page_costs_what_the_page_is(crowds: tuple[Client, Client], body: Any) -> None:
    with ways(few=50, many=500, budget=100, each=10, skipped=100):
        small, large = (steps(api, body) for api in crowds)
    assert large <= small * 1.3 + 3


def test_what_is_rare_is_gathered_when_it_is_not_found_on_the_way(
    crowds: tuple[Client, Client],
) -> None:
    _, api = crowds
    rare = {"filter": {"name": {"first_name": "Ada3"}, "job_title": {"$contains": "3998"}}}
    with ways(few=50, many=2_000, budget=100, each=0, skipped=100):
        gathered = steps(api, {"filter": {**rare["filter"]}})
    with ways(few=0, many=0, budget=100, each=0, skipped=100):
        assert gathered < steps(api, rare)
