"""Sorts: from Attio's JSON to ORDER BY terms. Records without a value come last, always."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from attio_sandbox.errors import filter_error
from attio_sandbox.filters.compiler import Compiler
from attio_sandbox.filters.conditions import PARTS, start
from attio_sandbox.schema import Attribute
from attio_sandbox.values import TYPES

MAX_SORTS = 20
_INDEXES = {
    "folded": "cells_by_text",
    "number": "cells_by_number",
    **dict(zip(PARTS, ("cells_by_part", "cells_by_part_2"), strict=True)),
}


class Source(NamedTuple):
    """An index on the values of one attribute that has them in the order of a term.

    `column` is the expression of `cells c` in it, `filled` the condition for what is sorted by:
    a value that is there and no empty text. Where the attribute `is_multi`, a record may be in
    the index several times, and is sorted by its first value.
    """

    name: str
    column: str
    filled: str
    attribute: int
    is_multi: bool


class Term(NamedTuple):
    """One term of ORDER BY for `records r`, with its parameters; its index where it has one."""

    expression: str
    direction: str
    values: list[Any]
    source: Source | None = None

    @property
    def is_own(self) -> bool:
        """Tell whether it is a column of the record itself, which always has a value."""
        return self.expression in ("r.id", "r.created_at")


def order_terms(
    compiler: Compiler, sorts: Sequence[Mapping[str, Any]], tie_breaker: int | None = None
) -> list[Term]:
    """Give the terms of ORDER BY.

    Without sorts records and entries come by their ids (facts.md 16). With sorts the id breaks the
    last ties, so that the order is total; with a `tie_breaker` another number of each record does,
    which follows from it. Text sorts without case, options in the order they were made. Who sorts
    by the same again changes nothing; raises `filter_error` for more than MAX_SORTS others.
    """
    if not sorts:
        return [Term("r.id", "ASC", [])]
    terms: list[Term] = []
    used: set[tuple[Any, ...]] = set()
    direction = "ASC"
    for index, sort in enumerate(sorts):
        term = _term(compiler, sort, sort["direction"].upper(), ("sorts", str(index)))
        key = (term.expression, *term.values)
        if key in used:
            continue  # before it is counted: only what costs something has a limit
        if len(used) == MAX_SORTS:
            raise filter_error(f"Error in sort. More than {MAX_SORTS} sorts: leave some out.")
        used.add(key)
        direction = term.direction
        terms.append(term)
        if term.expression == "r.id":  # nothing is tied any more
            return terms
    if tie_breaker is not None:
        return [*terms, Term("(r.num * ?) % 1000003", direction, [tie_breaker])]
    # In the direction of the last term, so that one index gives both.
    return [*terms, Term("r.id", direction, [])]


def order_sql(terms: Iterable[Term], values: list[Any]) -> str:
    """Give the text of ORDER BY, adding its parameters to `values`."""
    parts: list[str] = []
    for term in terms:
        values.extend(term.values)
        parts.append(f"{term.expression} {term.direction}{'' if term.is_own else ' NULLS LAST'}")
    return ", ".join(parts)


def _term(
    compiler: Compiler, sort: Mapping[str, Any], direction: str, where: tuple[str, ...]
) -> Term:
    hops: Sequence[int] = ()
    # Of the two forms the first that fits is taken, and what it does not know ignored.
    if not isinstance(sort.get("attribute"), str):
        hops, _, attribute = compiler.hops(sort["path"], (*where, "path"))
    else:
        attribute = compiler.find(compiler.collection, sort["attribute"], (*where, "attribute"))
    name, folds = _column(compiler, attribute, sort.get("field"))
    column = f"fold({{}}.{name})" if folds else f"{{}}.{name}"
    is_own = attribute.is_system and attribute.slug in ("record_id", "created_at")
    if is_own and not hops:
        return Term(column.format("r"), direction, [])
    values: list[Any] = []
    expression = _expression(hops, None if is_own else attribute.num, column, values)
    source = None
    if not hops and name in _INDEXES and (folds or name not in PARTS):
        indexed = column.format("c")
        filled = f"c.{name} IS NOT NULL"
        if name != "number":
            filled += f" AND {indexed} > ''"
        source = Source(_INDEXES[name], indexed, filled, attribute.num, attribute.is_multi)
    return Term(expression, direction, values, source)


def _column(compiler: Compiler, attribute: Attribute, field: str | None) -> tuple[str, bool]:
    """Give the column sorted by, and whether its text is casefolded only for that."""
    name = field or TYPES[attribute.type].default
    if name is None:
        raise filter_error(
            f'Error in sort. Attribute "{attribute.slug}" ({attribute.type}) needs a field.'
        )
    found = compiler.properties(attribute).get(name)
    if found is None or not found.is_sortable or attribute.slug == "created_by":
        raise filter_error(
            f'Error in sort. Attribute "{attribute.slug}" cannot be sorted by field "{name}".'
        )
    # Only the default property is kept casefolded.
    return found.column, found.column.startswith("s") and found.operand not in ("id", "since")


def _expression(hops: Sequence[int], attribute: int | None, column: str, values: list[Any]) -> str:
    """Give the first value, in stored order, of an attribute that `hops` lead to."""
    origin, hops = start(hops)
    if attribute is None and not hops:
        return f"(SELECT {column.format('t')} FROM records t WHERE t.num = r.{origin})"
    # CROSS JOIN keeps SQLite from going the path backwards, from every record there is.
    steps = [*hops] if attribute is None else [*hops, attribute]
    joins = ["cells c0"]
    for index, step in enumerate(steps[1:], 1):
        joins.append(f"cells c{index} ON c{index}.record = c{index - 1}.number")
        joins[-1] += f" AND c{index}.attribute = ?"
        values.append(step)
    last = f"c{len(steps) - 1}"
    if attribute is None:
        joins.append(f"records t ON t.num = {last}.number")
        last = "t"
    values.append(steps[0])
    order = ", ".join(f"c{index}.position" for index in range(len(steps)))
    return (
        f"(SELECT nullif({column.format(last)}, '') FROM {' CROSS JOIN '.join(joins)}"
        f" WHERE c0.record = r.{origin} AND c0.attribute = ? ORDER BY {order} LIMIT 1)"
    )
