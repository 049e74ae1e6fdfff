"""Queries in the order of an index: from its start, record by record, until a page is full.

What a page costs then does not depend on how many records there are, as long as enough of those
looked at are found. A scan looks at `BUDGET` records at most beyond those that it has to skip, and
gives nothing where that was too few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attio_sandbox.filters.conditions import Junction, Node, Test, node_sql, required
from attio_sandbox.filters.sorts import Source, Term, order_sql
from attio_sandbox.storage import Database

BUDGET = 3_000
# So many records are looked at for each of a page, and so many is the most that is skipped
# where a filter has to be tried on each of them.
BUDGET_EACH = 20
MAX_SKIPPED = 5_000


class IndexScan:
    """One query whose first sort, `terms[0]`, an index serves."""

    def __init__(
        self, database: Database, collection: int, node: Node, terms: Sequence[Term]
    ) -> None:
        self.database = database
        self.collection = collection
        self.node = node
        self.terms = terms

    def page(self, limit: int, offset: int) -> list[int] | None:
        """Give the numbers of the records of a page, None where the scan does not find them."""
        first = self.terms[0]
        is_filtered = self.node != Junction("AND", ())
        if is_filtered and offset + limit > MAX_SKIPPED:
            return None  # gathering all that meet the filter is quicker then
        budget = BUDGET + BUDGET_EACH * (offset + limit)
        if first.is_own:
            return self._page_by_column(limit, offset, budget)
        if first.source is None:
            return None
        if is_filtered or first.source.is_multi:
            return self._page_by_value(first.source, limit, offset, budget)
        return self._seek(first.source, limit, offset)

    # By the id, which is the order without sorts, or by the time of creation

    def _page_by_column(self, limit: int, offset: int, budget: int) -> list[int] | None:
        direction = self._direction
        columns: tuple[str, ...] = (self.terms[0].expression.removeprefix("r."),)
        # Where only the id breaks ties, the scan may end among records of one moment.
        if [(t.expression, t.direction) for t in self.terms[1:]] == [("r.id", direction)]:
            columns = (*columns, "id")
        bounds, values = self._bounds() if columns[0] == "created_at" else ("", [])
        bound = self.database.row(
            f"SELECT {', '.join(columns)} FROM records WHERE object = ?{bounds}"
            f" ORDER BY {', '.join(f'{name} {direction}' for name in columns)} LIMIT 1 OFFSET ?",
            (self.collection, *values, budget),
        )
        sql = "SELECT r.num FROM records r WHERE r.object = ?"
        values = [self.collection]
        if bound is not None:
            own = ", ".join(f"r.{name}" for name in columns)
            sql += f" AND ({own}) {_before(direction)} ({', '.join('?' * len(columns))})"
            values += bound
        sql += f" AND {node_sql(self.node, values, 'r.num')}"
        sql += f" ORDER BY {order_sql(self.terms, values)}"
        found = self._numbers(sql, values, limit, offset)
        # A page that is not full is whole only where the table ended before the budget.
        return found if bound is None or len(found) == limit else None

    def _bounds(self) -> tuple[str, list[Any]]:
        """Give what the filter demands of the time: the scan starts there."""
        tests: list[Test] = []
        for leaf in required(self.node):
            if leaf.is_own and not leaf.is_negated:
                tests += [test for test in leaf.tests if test.column == "created_at"]
        ranges = [test for test in tests if test.operator in ("<", "<=", ">", ">=")]
        sql = "".join(f" AND created_at {test.operator} ?" for test in ranges)
        return sql, [test.values[0] for test in ranges]

    # By a value

    def _page_by_value(
        self, source: Source, limit: int, offset: int, budget: int
    ) -> list[int] | None:
        """Look at the records that have a value, each with its first one, in the index's order."""
        # Up to a value and not into it: all records of one value are looked at, or none.
        bound = self._value_at(source, budget)
        sql, values = self._with_value(source)
        if bound is not None:
            sql += f" AND {source.column} {_before(self._direction)} ?"
            values.append(bound)
        sql += f" AND {node_sql(self.node, values, 'c.record')}"
        found = self._in_order(source, sql, values, limit, offset)
        if bound is None:
            return found + self._without_value(limit, offset, found, sql, values)
        return found if len(found) == limit else None

    def _seek(self, source: Source, limit: int, offset: int) -> list[int]:
        """Skip in the index alone, as there is no filter and one value a record."""
        every, numbers = self._with_value(source)
        sql, values, skipped = every, [*numbers], 0
        at = self._value_at(source, offset) if offset else None
        if at is not None:
            column, before = source.column, _before(self._direction)
            skipped = self.database.row(
                f"SELECT count(*) {_from(source)} AND {column} {before} ?", (*numbers, at)
            )[0]
            sql += f" AND {column} {before.translate(_OPPOSITE)}= ?"
            values.append(at)
        elif offset:
            return self._without_value(limit, offset, [], _from(source), numbers)
        found = self._in_order(source, sql, values, limit, offset - skipped)
        return found + self._without_value(limit, offset, found, every, numbers)

    @property
    def _direction(self) -> str:
        return self.terms[0].direction

    def _value_at(self, source: Source, position: int) -> Any:
        """Give the value at a position of the index, None where it ends before."""
        column = source.column
        row = self.database.row(
            f"SELECT {column} {_from(source)} ORDER BY {column} {self._direction} LIMIT 1 OFFSET ?",
            (source.attribute, position),
        )
        return None if row is None else row[0]

    def _with_value(self, source: Source) -> tuple[str, list[Any]]:
        sql = _from(source, " CROSS JOIN records r ON r.num = c.record")
        if source.is_multi:
            sql += (
                " AND NOT EXISTS (SELECT 1 FROM cells e INDEXED BY cells_by_record"
                " WHERE e.record = c.record AND e.attribute = c.attribute"
                " AND e.position < c.position)"
            )
        return sql, [source.attribute]

    def _in_order(
        self, source: Source, sql: str, values: list[Any], limit: int, offset: int
    ) -> list[int]:
        values = [*values]
        order = f"{source.column} {self._direction}"
        more = order_sql(self.terms[1:], values)
        sql = f"SELECT r.num {sql} ORDER BY {order}{', ' if more else ''}{more}"
        return self._numbers(sql, values, limit, offset)

    def _without_value(
        self, limit: int, offset: int, found: list[int], sql: str, values: list[Any]
    ) -> list[int]:
        """Go on with the records that have no value, after `found`, the end of those of `sql`."""
        if len(found) == limit:
            return []
        if found or not offset:
            before = offset + len(found)
        else:
            before = self.database.row(f"SELECT count(*) {sql}", values)[0]
        first = self.terms[0]
        values = [self.collection, *first.values]
        sql = f"SELECT r.num FROM records r WHERE r.object = ? AND {first.expression} IS NULL"
        sql += f" AND {node_sql(self.node, values, 'r.num')}"
        sql += f" ORDER BY {order_sql(self.terms[1:], values)}"
        return self._numbers(sql, values, limit - len(found), max(0, offset - before))

    def _numbers(self, sql: str, values: Sequence[Any], limit: int, offset: int) -> list[int]:
        found = self.database.rows(f"{sql} LIMIT ? OFFSET ?", (*values, limit, offset))
        return [num for (num,) in found]


_OPPOSITE = str.maketrans("<>", "><")


def _before(direction: str) -> str:
    return "<" if direction == "ASC" else ">"


def _from(source: Source, more: str = "") -> str:
    return f"FROM cells c INDEXED BY {source.name}{more} WHERE c.attribute = ? AND {source.filled}"
