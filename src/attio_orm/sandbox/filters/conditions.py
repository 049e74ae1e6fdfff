"""The nodes of a filter: what is compared, and how nodes join, turn around and merge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec

# SQLite refuses trees deeper than 1,000; chains of this length keep ours far below.
CHAIN = 25


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a column: `any` (of several values), a range, a text search.

    `folds` tells that the column keeps the casefolded text beside the exact one.
    """

    column: str
    operator: str
    values: tuple[Any, ...] = ()
    folds: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """Tests on one value of an attribute, or on the record itself where `attribute` is None.

    `hops` are the references from the queried object to the one that `owner` numbers.
    """

    hops: tuple[int, ...]
    owner: int
    attribute: int | None
    tests: tuple[Test, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Junction:
    """Several nodes joined by AND or OR; without nodes AND is true and OR is false."""

    joiner: str
    nodes: tuple[Node, ...]


Node = Leaf | Junction


def join(joiner: str, nodes: Iterable[Node]) -> Node:
    """Join nodes, taking in those joined alike and merging equalities of one column."""
    flat: list[Node] = []
    for node in nodes:
        if isinstance(node, Junction) and (node.joiner == joiner):
            flat.extend(node.nodes)
        else:
            flat.append(node)
    flat = _merge(flat, is_negated=joiner == "AND")
    return flat[0] if len(flat) == 1 else Junction(joiner, tuple(flat))


def negate(node: Node) -> Node:
    """Give the boolean complement of a node."""
    if isinstance(node, Leaf):
        return Leaf(node.hops, node.owner, node.attribute, node.tests, not node.is_negated)
    other = "OR" if node.joiner == "AND" else "AND"
    return join(other, [negate(inner) for inner in node.nodes])


def _merge(nodes: list[Node], *, is_negated: bool) -> list[Node]:
    """Make one leaf of many: `x = 1 OR x = 2`, and `NOT x = 1 AND NOT x = 2`."""

    def key(node: Node) -> tuple[Any, ...] | None:
        if not isinstance(node, Leaf) or node.is_negated is not is_negated:
            return None
        if len(node.tests) != 1 or node.tests[0].operator != "any":
            return None
        test = node.tests[0]
        if any(isinstance(value, float) for value in test.values):
            return None
        return (node.hops, node.owner, node.attribute or 0, test.column, test.folds)

    merged: list[Node] = [node for node in nodes if key(node) is None]
    alike = [(found, node) for node in nodes if (found := key(node)) is not None]
    for _, group in groupby(sorted(alike, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        leaves = [node for _, node in group if isinstance(node, Leaf)]
        first = leaves[0]
        if len(leaves) == 1:
            merged.append(first)
            continue
        test = first.tests[0]
        values = tuple(dict.fromkeys(v for leaf in leaves for v in leaf.tests[0].values))
        tests = (Test(test.column, "any", values, test.folds),)
        merged.append(Leaf(first.hops, first.owner, first.attribute, tests, is_negated))
    return merged


def count(node: Node) -> int:
    """Give the number of leaves."""
    return 1 if isinstance(node, Leaf) else sum(count(inner) for inner in node.nodes)


def depth(node: Node) -> int:
    """Give the number of junctions above the deepest leaf."""
    return 0 if isinstance(node, Leaf) else 1 + max((depth(n) for n in node.nodes), default=0)


def node_sql(node: Node, values: list[Any]) -> str:
    """Give the SQL condition of a node on `records r`, adding its parameters to `values`."""
    if isinstance(node, Leaf):
        return _leaf_sql(node, values)
    if not node.nodes:
        return "1" if node.joiner == "AND" else "0"
    parts = [node_sql(inner, values) for inner in node.nodes]
    glue = f" {node.joiner} "
    while len(parts) > CHAIN:
        parts = [
            f"({glue.join(parts[start : start + CHAIN])})" for start in range(0, len(parts), CHAIN)
        ]
    return f"({glue.join(parts)})"


def _leaf_sql(leaf: Leaf, values: list[Any]) -> str:
    negation = "NOT " if leaf.is_negated else ""
    if leaf.attribute is None and not leaf.hops:
        return f"{negation}({_tests_sql(leaf.tests, 'r.', values) or '1'})"
    # Parameters stand in the order of the text, so the outer hops come first.
    sql = ""
    for hop in leaf.hops:
        sql += "SELECT record FROM cells WHERE attribute = ? AND number IN ("
        values.append(hop)
    if leaf.attribute is None:
        sql += "SELECT num FROM records WHERE object = ?"
        values.append(leaf.owner)
    else:
        sql += "SELECT record FROM cells WHERE attribute = ?"
        values.append(leaf.attribute)
    tests = _tests_sql(leaf.tests, "", values)
    sql += f" AND {tests}" if tests else ""
    return f"r.num {negation}IN ({sql}{')' * len(leaf.hops)})"


def _tests_sql(tests: Iterable[Test], prefix: str, values: list[Any]) -> str:
    return " AND ".join(_OPERATORS[test.operator](test, prefix, values) for test in tests)


def _any_sql(test: Test, prefix: str, values: list[Any]) -> str:
    column = prefix + test.column
    if len(test.values) == 1:
        value = test.values[0]
        if not test.folds:
            values.append(value)
            return f"{column} = ?"
        values.extend((value.casefold(), value))
        return f"{column} = ? AND coalesce(exact, folded) = ?"
    listed = "IN (SELECT value FROM json_each(?))"
    if not test.folds:
        values.append(_json(test.values))
        return f"{column} {listed}"
    values.extend((_json([value.casefold() for value in test.values]), _json(test.values)))
    return f"{column} {listed} AND coalesce(exact, folded) {listed}"


def _json(values: Iterable[Any]) -> str:
    return msgspec.json.encode(list(values)).decode()


def _range_sql(test: Test, prefix: str, values: list[Any]) -> str:
    values.append(test.values[0])
    return f"{prefix}{test.column} {test.operator} ?"


def _text(test: Test) -> tuple[str, str]:
    column = test.column if test.folds else f"fold({test.column})"
    return column, test.values[0].casefold()


def _contains_sql(test: Test, prefix: str, values: list[Any]) -> str:
    column, text = _text(test)
    values.append(text)
    return f"instr({column}, ?)"


def _starts_sql(test: Test, prefix: str, values: list[Any]) -> str:
    column, text = _text(test)
    if not text:
        return f"{column} IS NOT NULL"
    values.append(text)
    after = _successor(text) if test.folds else None
    if after is not None:
        # A range, which the index on folded text serves.
        values.append(after)
        return f"{column} >= ? AND {column} < ?"
    values.append(len(text))
    return f"? = substr({column}, 1, ?)"


def _successor(text: str) -> str | None:
    """Give the least text that sorts after everything that starts with `text`."""
    last = ord(text[-1])
    if last >= 0x10FFFF:
        return None
    return text[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)


def _ends_sql(test: Test, prefix: str, values: list[Any]) -> str:
    column, text = _text(test)
    if not text:
        return f"{column} IS NOT NULL"
    values.extend((-len(text), text))
    return f"substr({column}, ?) = ?"


def _filled_sql(test: Test, prefix: str, values: list[Any]) -> str:
    return f"{prefix}{test.column} != ''"


def _object_sql(test: Test, prefix: str, values: list[Any]) -> str:
    values.append(test.values[0])
    return "? = (SELECT t.object FROM records t WHERE t.num = number)"


def _record_sql(test: Test, prefix: str, values: list[Any]) -> str:
    values.append(_json(test.values))
    return "number IN (SELECT num FROM records WHERE id IN (SELECT value FROM json_each(?)))"


_OPERATORS: dict[str, Callable[[Test, str, list[Any]], str]] = {
    "any": _any_sql,
    "<": _range_sql,
    "<=": _range_sql,
    ">": _range_sql,
    ">=": _range_sql,
    "contains": _contains_sql,
    "starts": _starts_sql,
    "ends": _ends_sql,
    "filled": _filled_sql,
    "object": _object_sql,
    "record": _record_sql,
}
