"""The indexes that serve queries of records and entries."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from attio_sandbox import Workspace
from attio_sandbox.filters.queries import Query
from attio_sandbox.schema.schema import Schema
from tests.sandbox.client import Client
from tests.sandbox.filters.plans import explain


def test_a_filtered_sorted_page_of_many(ws: Workspace, api: Client) -> None:
    titles = ("VP Sales", "Engineer", "Designer")
    ws.load("people", ({"name": f"Person {n}", "job_title": titles[n % 3]} for n in range(10_000)))
    page = api.query(
        "people", {"job_title": {"$contains": "vp"}},
        sorts=[{"attribute": "created_at", "direction": "desc"}],
    )  # fmt: skip
    assert len(page) == 500
    assert {record["values"]["job_title"][0]["value"] for record in page} == {"VP Sales"}


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_by_time_are_served_by_an_index(ws: Workspace, direction: str) -> None:
    schema = Schema(ws._engine.database)  # pyright: ignore[reportPrivateUsage]
    query = Query(schema.object("people"), schema, refuse_record_id_in=False)
    after = {"created_at": {"$gte": "2026-01-01T00:00:00Z"}}
    seen = {"$not": {"record_id": {"$in": [ws.workspace_id, schema.objects[0].id]}}}
    sorts = [{"attribute": "created_at", "direction": direction}]
    details = explain(query, schema.database, {"$and": [after, seen]}, sorts)
    assert any("records_by_time (object=? AND created_at>?)" in line for line in details)
    assert not any("TEMP B-TREE" in line for line in details)


def path_to(*segments: list[str], **constraints: Any) -> dict[str, Any]:
    return {"path": [["hiring", "parent_record"], *segments], "constraints": constraints}


@pytest.mark.parametrize(
    ("filter_", "index"),
    [
        (
            path_to(["people", "email_addresses"], email_domain="acme.example.com"),
            "records_by_parent",
        ),
        (path_to(["people", "record_id"], value=str(uuid4())), "records_by_parent"),
        (path_to(["people", "company"], ["companies", "name"], value="A"), "records_by_parent"),
        ({"note": "one"}, "cells_by_text"),
        ({"created_at": {"$gte": "2026-01-01T00:00:00Z"}}, "records_by_time"),
    ],
)
@pytest.mark.usefixtures("hiring")
def test_indexes_serve_queries_of_entries(ws: Workspace, filter_: Any, index: str) -> None:
    database, schema = ws._engine.database, ws._engine.schema  # pyright: ignore[reportPrivateUsage]
    list_ = schema.find_list("hiring")
    assert list_ is not None
    plan = explain(Query(list_, schema, refuse_record_id_in=False), database, filter_)
    assert any(index in step for step in plan), plan
    assert not any(step.startswith(("SCAN r", "SCAN cells")) for step in plan), plan
