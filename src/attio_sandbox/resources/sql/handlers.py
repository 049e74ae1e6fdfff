"""POST /v2/sql: the plan, the statement, the copy that it runs on."""

from __future__ import annotations

from collections.abc import Callable

from attio_sandbox.bodies import Shape, Text
from attio_sandbox.errors import Refusal
from attio_sandbox.requests import Call
from attio_sandbox.resources.sql.copies import Copies, library
from attio_sandbox.resources.sql.statements import check_statement
from attio_sandbox.resources.sql.tables import tables_of

_SQL = Shape({"sql": Text()})


def run_sql(call: Call) -> Callable[[], bytes]:
    """Answer POST /v2/sql: gives what runs the statement when the database is free again.

    Only the records of tables that the copy lacks are read under the lock; a statement of half a
    minute keeps nobody else waiting.
    """
    if not call.settings.is_enterprise:
        raise Refusal(
            403,
            "billing_error",
            "SQL queries are not available on your current plan.",
            kind="auth_error",
        )
    text: str = call.checked(_SQL)["sql"]
    if library() is None:
        # Not Attio's: this is the sandbox's own lack, and no error of who asks.
        raise Refusal(
            501,
            "not_implemented",
            "The sandbox answers SQL with DuckDB, which is not installed: pip install "
            '"attio-orm[sql]".',
            kind="api_error",
        )
    words = check_statement(text)
    seen = [each for each in call.schema.lists if call.schema.sees(call.actor, each)]
    tables = call.schema.cached(
        ("sql tables", *(each.num for each in seen)), lambda: tables_of(call.schema, seen)
    )
    copies = call.schema.cached("sql copies", Copies)
    copy = copies.of(tables, call.database.state())
    for table in copy.missing(words):
        copy.take(table, call.database.rows(_ROWS, (table.holder,)))
    seconds = call.settings.sql_timeout
    return lambda: copy.select(text, seconds)


# By id, which is the order of a query without sorts (facts.md 16); SQL promises none.
_ROWS = (
    "SELECT r.id, r.created_at, r.actor, r.doc, p.id"
    " FROM records r LEFT JOIN records p ON p.num = r.parent WHERE r.object = ? ORDER BY r.id"
)
