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
    # A comment of up to so many characters, as each "query" is looked behind.
    r"\b(?:query(?:_table)?|json_execute_serialized_sql)\"?"
    r"(?:\s|--[^\n]{0,500}+\n|/\*(?>.{0,500}?\*/))*+\(",
    re.I | re.S,
)

# Brackets that are open at once. DuckDB takes memory by the square of those that nobody closes:
# some thousands are more than a machine has.
MAX_DEPTH = 200
# One in the other, and wrong inside, each takes eight times as long and as much as the one before.
MAX_WITHS = 5
_WITH = re.compile(r"\bwith\b(?!\s+time\s+zone)", re.I)
_BRACKETS = re.compile(r"""'(?:[^']|'')*+'|"[^"]*+"|--[^\r\n]*+|/\*(?>.*?\*/)|[()]""", re.S)
# Where these are, it is not certain what is text and what is not: no bracket counts as closed.
_UNCERTAIN = ("\\", "$", "/*", "\r")

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
    if _depth(text) > MAX_DEPTH:
        raise filter_error(f"More than {MAX_DEPTH} brackets are open at once.")
    if len(_WITH.findall(text)) > MAX_WITHS:
        raise filter_error(f"The sandbox takes {MAX_WITHS} WITH in a statement.")
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


def _depth(text: str) -> int:
    """Give how many round brackets are open at once at most: that many, or fewer."""
    closing = 0 if any(each in text for each in _UNCERTAIN) else 1
    depth = most = 0
    for found in _BRACKETS.finditer(text):
        if found[0] == "(":
            depth += 1
            most = max(most, depth)
        elif found[0] == ")":
            depth -= closing
    return most


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
