"""One query of records or entries: filter, sorts and page, as SQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from attio_sandbox.errors import filter_error
from attio_sandbox.filters.compiler import Compiler
from attio_sandbox.filters.conditions import (
    INDEXED,
    Leaf,
    Node,
    count,
    depth,
    effort,
    lookups,
    node_sql,
    numbers_sql,
    required,
)
from attio_sandbox.filters.index_scans import IndexScan
from attio_sandbox.filters.sorts import Term, order_sql, order_terms
from attio_sandbox.records.documents import SELECT_ROWS, RecordRow
from attio_sandbox.schema import Collection, Schema
from attio_sandbox.storage import Database

MAX_TERMS = 1_000
MAX_LOOKUPS = 500
MAX_LEVELS = 20
# SQLite takes a time for each lookup into one record that grows with their number: beyond so
# many it is quicker to gather all records that meet each condition.
MAX_EFFORT = 20
# A condition that fewer records meet leads to them: they are gathered and sorted. Where going
# through the records in order finds no page, one that more of them meet does.
FEW = 300
MANY = 50_000
_INDEX_OPERATORS = ("any", "starts", "<", "<=", ">", ">=", "record")
_TOO_COMPLEX = re.compile("too many|too large|too big|parser stack")


class Query:
    """Queries of one object or list."""

    def __init__(
        self,
        collection: Collection,
        schema: Schema,
        *,
        refuse_record_id_in: bool,
        tie_breaker: int | None = None,
    ) -> None:
        self.collection = collection
        self.tie_breaker = tie_breaker
        self.schema = schema
        self.compiler = Compiler(collection, schema, refuse_record_id_in=refuse_record_id_in)

    def rows(
        self,
        database: Database,
        filter_: Mapping[str, Any],
        sorts: Sequence[Mapping[str, Any]],
        limit: int,
        offset: int,
    ) -> list[RecordRow]:
        """Give the records of one page; raises `filter_error` where Attio would."""
        try:
            found = self._numbers(database, filter_, sorts, limit, offset)
        except sqlite3.Error as error:
            if _TOO_COMPLEX.search(str(error)):
                raise filter_error(
                    f"Error in filter. It is too complex ({error}): simplify it or split it."
                ) from error
            raise
        # The documents are read for the page alone, so that a sort never carries them.
        page = msgspec.json.encode(found).decode()
        rows: dict[int, RecordRow] = {
            row[0]: row[1:]
            for row in database.rows(
                f"{SELECT_ROWS} WHERE r.num IN (SELECT value FROM json_each(?))", [page]
            )
        }
        return [rows[num] for num in found]  # IN gives them in any order

    def _numbers(
        self,
        database: Database,
        filter_: Mapping[str, Any],
        sorts: Sequence[Mapping[str, Any]],
        limit: int,
        offset: int,
    ) -> list[int]:
        """Give the numbers of the records of one page, by the way that looks at the fewest."""
        node = self.compile(filter_)
        terms = order_terms(self.compiler, sorts, self.tie_breaker)
        # Few first, as their cost is known; then the scan, which may give up; then anything.
        leading = self.leading(node, database, FEW)
        if leading is None:
            if effort(node) <= MAX_EFFORT:
                found = IndexScan(database, self.collection.num, node, terms).page(limit, offset)
                if found is not None:
                    return found
            leading = self.leading(node, database, MANY)
        sql, values = self.sql(node, terms, leading)
        rows = database.rows(f"{sql} LIMIT ? OFFSET ?", [*values, limit, offset])
        return [num for (num,) in rows]

    def leading(self, node: Node, database: Database, most: int) -> Leaf | None:
        """Give the required condition that an index leads from to the fewest records.

        None where that are `most` or more.
        """
        fewest, best = most, None
        for leaf in required(node):
            if leaf.is_negated or not any(
                test.operator in _INDEX_OPERATORS and test.column in (*INDEXED, "id")
                for test in leaf.tests
            ):
                continue
            if leaf.is_own:  # ids, one record each
                found = len(leaf.tests[0].values)
            elif not leaf.hops and self.schema.attributes[leaf.attribute or 0].is_unique:
                found = 1
            else:
                # Counted up to the fewest so far, so that a condition of millions costs no more.
                values: list[Any] = []
                sql = f"SELECT count(*) FROM ({numbers_sql(leaf, values)} LIMIT ?)"
                found = database.row(sql, (*values, fewest))[0]
            if found < fewest:
                fewest, best = found, leaf
        return best

    def compile(self, filter_: Mapping[str, Any]) -> Node:
        """Give the node of a filter; raises `filter_error` where Attio would."""
        node = self.compiler.compile(filter_)
        if count(node) > MAX_TERMS or lookups(node) > MAX_LOOKUPS or depth(node) > MAX_LEVELS:
            raise filter_error(
                f"Error in filter. It is too complex: simplify it to at most {MAX_TERMS} "
                f"conditions, {MAX_LOOKUPS} of them in different places ($or on one attribute is "
                f"one place), and {MAX_LEVELS} levels of alternating $and and $or."
            )
        return node

    def sql(self, node: Node, terms: Sequence[Term], leading: Leaf | None) -> tuple[str, list[Any]]:
        """Give the statement of the numbers of all that a node takes, and its parameters."""
        values: list[Any] = [self.collection.num]
        # A `+` keeps SQLite from walking all records by time where an index leads to a few.
        plus = "" if leading is None else "+"
        probing = "r.num" if leading is not None and effort(node) <= MAX_EFFORT else None
        where = node_sql(node, values, probing, leading)
        order = order_sql(terms, values)
        return (
            f"SELECT r.num FROM records r WHERE {plus}r.object = ? AND {where}"
            f" ORDER BY {plus}{order}",
            values,
        )
