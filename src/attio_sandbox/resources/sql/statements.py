"""One SELECT, and nothing else: the check of a statement, and what its columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attio_sandbox.errors import Refusal, filter_error

# Characters. Attio's own limit is not known; what is longer costs seconds before it runs.
MAX_LENGTH = 100_000
# What a statement may begin with. DuckDB takes more that reads (FROM, VALUES, DESCRIBE), and Attio
# promises SELECT alone.
# Possessive, as a text of nothing but comments would be looked at over and over.
_SELECT = re.compile(r"(?:\s|--[^\n]*+(?:\n|\Z)|/\*(?>.*?\*/)|\()*+(?:select|with)\b", re.I | re.S)
# A statement in a text, of which nobody could say beforehand which tables it reads: also with the
# name in quotes, or with a comment behind it.
_HIDDEN = re.compile(
    r"\b(?:query(?:_table)?|json_execute_serialized_sql)\"?(?:\s|--[^\n]*+\n|/\*(?>.*?\*/))*+\(",
    re.I | re.S,
)

_WORD = re.compile(r"\w+", re.ASCII)
_PLAIN = re.compile(r"[a-z_]\w*", re.ASCII | re.I)
_LITERAL = re.compile(r"-?[\d.]+|NULL|'.*'", re.S)
_CALL = re.compile(r'"?(\w+)"?\(.*\)', re.S)
_CAST = re.compile(r"CAST\((.*) AS [^()]+(?:\([\d, ]+\))?\)", re.S)
_UNNAMED = "?column?"
_LONG = 1_000  # no alias is, and reading the text of an expression takes time


def check_statement(text: str) -> frozenset[str]:
    """Give all words of a statement, lower-case: what it reads is among them.

    Raises the 400 `filter_error` unless it is one SELECT that can be parsed.
    """
    import duckdb  # heavy, and few workspaces are asked for SQL

    if len(text) > MAX_LENGTH:
        raise filter_error(f"The statement is longer than {MAX_LENGTH:,} characters.")
    if _SELECT.match(text) is None or _HIDDEN.search(text):
        raise filter_error("Only SELECT statements are allowed.")
    try:
        statements = duckdb.extract_statements(text)
        if len(statements) != 1:
            raise filter_error("Only one statement is allowed.")
        if statements[0].type != duckdb.StatementType.SELECT:
            raise filter_error("Only SELECT statements are allowed.")
    except duckdb.Error as error:
        raise refused(error) from error
    # More than its tables, and never fewer: a table that was missed would read as empty.
    return frozenset(_WORD.findall(text.lower()))


def refused(error: Exception) -> Refusal:
    """Give the 400 for what DuckDB says of a statement, without its drawing of the place."""
    return filter_error(str(error).partition("\n\n")[0][:500])


def column_names(shown: Sequence[str]) -> list[str]:
    """Give the names of columns as PostgreSQL gives them where the statement does not."""
    return [_column_name(each) for each in shown]


def _column_name(shown: str) -> str:
    # DuckDB names what has no name after its text: `count_star()`, `sum(value)`, `(a + 1)`. Whoever
    # reads a row by such a name would find nothing there on Attio.
    if len(shown) > _LONG or _LITERAL.fullmatch(shown) is not None:
        return _UNNAMED
    if _PLAIN.fullmatch(shown) is not None:
        return shown
    cast = _CAST.fullmatch(shown)
    if cast is not None:
        return _column_name(cast[1])
    if shown.startswith("CASE ") and shown.endswith(" END"):
        return "case"
    call = _CALL.fullmatch(shown)
    if call is not None:
        return "count" if call[1] == "count_star" else call[1].lower()
    return _UNNAMED if shown.startswith("(") and shown.endswith(")") else shown
