"""One query of records: filter, sorts and page, as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from attio_orm.sandbox.errors import filter_error
from attio_orm.sandbox.filters.compiler import Compiler
from attio_orm.sandbox.filters.conditions import Junction, Node, count, depth, node_sql
from attio_orm.sandbox.filters.sorts import order_sql
from attio_orm.sandbox.rendering import RecordRow
from attio_orm.sandbox.schema import Object, Schema
from attio_orm.sandbox.storage import Database

MAX_TERMS = 1_000
MAX_LEVELS = 20
_TEXT_COLUMNS = ("folded", "s1", "id")


class Query:
    """Queries of one object."""

    def __init__(self, object_: Object, schema: Schema, *, refuse_record_id_in: bool) -> None:
        """Take the object that is queried."""
        self.object = object_
        self.compiler = Compiler(object_, schema, refuse_record_id_in=refuse_record_id_in)

    def rows(
        self,
        database: Database,
        filter_: Mapping[str, Any],
        sorts: Sequence[Mapping[str, Any]],
        limit: int,
        offset: int,
    ) -> list[RecordRow]:
        """Give the records of one page; raises `filter_error` where Attio would."""
        sql, values = self.sql(filter_, sorts)
        found = database.rows(f"{sql} LIMIT ? OFFSET ?", [*values, limit, offset])
        # The documents are read for the page alone, so that a sort never carries them.
        page = msgspec.json.encode([num for (num,) in found]).decode()
        rows: dict[int, RecordRow] = {
            row[0]: row[1:]
            for row in database.rows(
                "SELECT num, id, created_at, actor, doc FROM records"
                " WHERE num IN (SELECT value FROM json_each(?))",
                [page],
            )
        }
        return [rows[num] for (num,) in found]

    def sql(
        self, filter_: Mapping[str, Any], sorts: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[Any]]:
        """Give the SELECT of record numbers, without its page, and its parameters."""
        node = self.compiler.compile(filter_)
        if count(node) > MAX_TERMS or depth(node) > MAX_LEVELS:
            raise filter_error(
                f"Error in filter. It is too complex: simplify it to at most {MAX_TERMS} "
                f"conditions and {MAX_LEVELS} levels of alternating $and and $or."
            )
        values: list[Any] = [self.object.num]
        where = node_sql(node, values)
        order = order_sql(self.compiler, sorts, values)
        # A `+` keeps SQLite from walking all records by time where an index leads to a few.
        plus = "+" if _is_selective(node) else ""
        return (
            f"SELECT r.num FROM records r WHERE {plus}r.object = ? AND {where}"
            f" ORDER BY {plus}{order}",
            values,
        )


def _is_selective(node: Node) -> bool:
    """Tell whether one condition that must hold is an equality with text, an id or a record."""
    if isinstance(node, Junction):
        return node.joiner == "AND" and any(_is_selective(inner) for inner in node.nodes)
    return not node.is_negated and any(
        test.operator == "record" or (test.operator == "any" and test.column in _TEXT_COLUMNS)
        for test in node.tests
    )
