"""How SQLite goes about a query of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attio_sandbox.filters.queries import FEW, Query
from attio_sandbox.filters.sorts import order_terms
from attio_sandbox.storage import Database


def explain(
    query: Query,
    database: Database,
    filter_: Mapping[str, Any],
    sorts: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """Give the steps of SQLite's plan for the first page of a query."""
    node = query.compile(filter_)
    leading = query.leading(node, database, FEW)
    sql, values = query.sql(node, order_terms(query.compiler, sorts), leading)
    steps = database.rows(f"EXPLAIN QUERY PLAN {sql} LIMIT 500", values)
    return [step[3] for step in steps]
