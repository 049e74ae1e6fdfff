"""The nodes of a filter: what is compared, and how nodes join, turn around and merge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

# The hop from an entry to its parent record, which is a column of the entry and no attribute.
PARENT = 0
# SQLite refuses trees deeper than 1,000; chains of this length keep ours far below.
CHAIN = 25
# The columns of cells that have an index; of the parts it is on their casefolded text.
PARTS = ("s1", "s2")
INDEXED = ("folded", "number", *PARTS)


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a column: `any` (of several values), a range, a text search.

    Or `either` of several comparisons: its values are tuples of tests, one of which holds whole.
    `folds` tells that the column keeps the casefolded text beside the exact one.
    """

    column: str
    operator: str
    values: tuple[Any, ...] = ()
    folds: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """Tests on one value of an attribute, or on the record itself where `attribute` is None.

    `hops` are the references from the queried object or list to the one that `owner` numbers;
    the first may be PARENT.
    """

    hops: tuple[int, ...]
    owner: int
    attribute: int | None
    tests: tuple[Test, ...]
    is_negated: bool = False

    @property
    def is_own(self) -> bool:
        """Tell whether the tests are on columns of the queried record itself."""
        return self.attribute is None and not self.hops


@dataclass(frozen=True, slots=True)
class Junction:
    """Several nodes joined by AND or OR; without nodes AND is true and OR is false."""

    joiner: str
    nodes: tuple[Node, ...]


Node = Leaf | Junction


def join(joiner: str, nodes: Iterable[Node]) -> Node:
    """Join nodes: takes in those joined alike, merges those on one attribute, folds constants."""
    flat: list[Node] = []
    for node in nodes:
        if not isinstance(node, Junction):
            flat.append(node)
        elif node.joiner == joiner:
            flat.extend(node.nodes)
        elif node.nodes:
            flat.append(node)
        else:
            return node  # true in an OR, or false in an AND, whatever stands beside it
    flat = _merge(flat, is_negated=joiner == "AND")
    return flat[0] if len(flat) == 1 else Junction(joiner, tuple(flat))


def negate(node: Node) -> Node:
    """Give the boolean complement of a node."""
    if isinstance(node, Leaf):
        return Leaf(node.hops, node.owner, node.attribute, node.tests, not node.is_negated)
    other = "OR" if node.joiner == "AND" else "AND"  # De Morgan
    return join(other, [negate(inner) for inner in node.nodes])


def _merge(nodes: list[Node], *, is_negated: bool) -> list[Node]:
    """Make one leaf of many on one attribute: `x OR y`, and `NOT x AND NOT y`."""
    merged: list[Node] = []
    alike: dict[tuple[Any, ...], list[Leaf]] = {}
    for node in nodes:
        if isinstance(node, Leaf) and node.is_negated is is_negated:
            alike.setdefault((node.hops, node.owner, node.attribute), []).append(node)
        else:
            merged.append(node)
    for leaves in alike.values():
        first = leaves[0]
        if len(leaves) > 1:
            tests = _either(choice for leaf in leaves for choice in _choices(leaf))
            first = Leaf(first.hops, first.owner, first.attribute, tests, is_negated)
        merged.append(first)
    return merged


def _choices(leaf: Leaf) -> tuple[tuple[Test, ...], ...]:
    """Give the tests of which one value has to meet some."""
    if len(leaf.tests) == 1 and leaf.tests[0].operator == "either":
        return leaf.tests[0].values
    return (leaf.tests,)


def _either(choices: Iterable[tuple[Test, ...]]) -> tuple[Test, ...]:
    """Give the tests that hold where some of the choices do, equalities of a column as one."""
    kept: dict[tuple[Test, ...], None] = {}
    equal: dict[tuple[str, bool], dict[Any, None]] = {}
    for choice in choices:
        test = choice[0] if len(choice) == 1 else None
        # A list of floats would go through JSON.
        if (
            test is None
            or test.operator != "any"
            or any(isinstance(value, float) for value in test.values)
        ):
            kept[choice] = None
        else:
            equal.setdefault((test.column, test.folds), {}).update(dict.fromkeys(test.values))
    for (column, folds), values in equal.items():
        kept[(Test(column, "any", tuple(values), folds),)] = None
    found = tuple(kept)
    return found[0] if len(found) == 1 else (Test("", "either", found),)


def count(node: Node) -> int:
    """Give the number of conditions, where many equalities of a column are one."""
    if isinstance(node, Leaf):
        return len(_choices(node))
    return sum(count(inner) for inner in node.nodes)


def effort(node: Node) -> int:
    """Give a measure of what looking at one record costs: a hop leads to many values to test."""
    if isinstance(node, Leaf):
        return 0 if node.is_own else 1 + len(node.hops) * len(_choices(node))
    return sum(effort(inner) for inner in node.nodes)


def lookups(node: Node) -> int:
    """Give the number of searches of values in the SQL of a node, a path of one hop as one."""
    if isinstance(node, Leaf):
        return 0 if node.is_own else max(1, len(start(node.hops)[1]))
    return sum(lookups(inner) for inner in node.nodes)


def depth(node: Node) -> int:
    """Give the number of junctions above the deepest leaf."""
    return 0 if isinstance(node, Leaf) else 1 + max((depth(n) for n in node.nodes), default=0)


def node_sql(
    node: Node, values: list[Any], probing: str | None = None, leading: Leaf | None = None
) -> str:
    """Give the SQL condition of a node on `records r`, adding its parameters to `values`.

    Each condition is the set of all records for which it holds. Where `probing` names the number
    of a record, it looks at that record's own values instead; `leading` stays a set even then.
    """
    if isinstance(node, Leaf):
        if probing is None or node is leading:
            return _set_sql(node, values)
        return _probe_sql(node, values, probing)
    if not node.nodes:
        # A parameter, as SQLite refuses INDEXED BY where it sees that nothing can be found.
        values.append(node.joiner == "AND")
        return "?"
    parts = [node_sql(inner, values, probing, leading) for inner in node.nodes]
    return _joined(node.joiner, parts)


def _joined(joiner: str, parts: list[str]) -> str:
    glue = f" {joiner} "
    while len(parts) > CHAIN:
        parts = [
            f"({glue.join(parts[start : start + CHAIN])})" for start in range(0, len(parts), CHAIN)
        ]
    return f"({glue.join(parts)})"


def required(node: Node) -> Iterator[Leaf]:
    """Give the leaves that hold for every record found."""
    if isinstance(node, Leaf):
        yield node
    elif node.joiner == "AND":
        for inner in node.nodes:
            yield from required(inner)


def _set_sql(leaf: Leaf, values: list[Any]) -> str:
    negation = "NOT " if leaf.is_negated else ""
    if leaf.is_own:
        return f"{negation}({_tests_sql(leaf.tests, 'r.', values) or '1'})"
    column, _ = start(leaf.hops)
    return f"r.{column} {negation}IN ({numbers_sql(leaf, values)})"


def numbers_sql(leaf: Leaf, values: list[Any]) -> str:
    """Give the SELECT of the numbers that `start(leaf.hops)` may have in a record that is found."""
    # Parameters stand in the order of the text, so that the outer hops come first.
    sql = ""
    _, hops = start(leaf.hops)
    for hop in hops:
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
    return f"{sql}{')' * len(hops)}"


def _probe_sql(leaf: Leaf, values: list[Any], number: str) -> str:
    if leaf.is_own:
        return _set_sql(leaf, values)
    column, hops = start(leaf.hops)
    at = number if column == "num" else f"r.{column}"
    # Without statistics SQLite would take the index of the values, which leads to far more rows.
    own = "FROM cells {0} INDEXED BY cells_by_record WHERE {0}.record = {1} AND {0}.attribute = ?"
    sql = "NOT " if leaf.is_negated else ""
    for index, hop in enumerate(hops):
        sql += f"EXISTS (SELECT 1 {own.format(f'h{index}', at)} AND "
        values.append(hop)
        at = f"h{index}.number"
    if leaf.attribute is None:
        sql += f"EXISTS (SELECT 1 FROM records t WHERE t.num = {at} AND t.object = ?"
        values.append(leaf.owner)
    else:
        sql += f"EXISTS (SELECT 1 {own.format('v', at)}"
        values.append(leaf.attribute)
    tests = _tests_sql(leaf.tests, "", values)
    sql += f" AND {tests}" if tests else ""
    return f"{sql}){')' * len(hops)}"


def start(hops: Sequence[int]) -> tuple[str, Sequence[int]]:
    """Give the column of `records r` that hops start from, and those that cells hold."""
    return ("parent", hops[1:]) if hops and hops[0] == PARENT else ("num", hops)


def _tests_sql(tests: Iterable[Test], prefix: str, values: list[Any]) -> str:
    return " AND ".join(_OPERATORS[test.operator](test, prefix, values) for test in tests)


def _any_sql(test: Test, prefix: str, values: list[Any]) -> str:
    column = prefix + test.column
    # Both the casefolded and the exact text: the first has the index, the second tells case apart.
    if test.column in PARTS:
        values.extend((_json([value.casefold() for value in test.values]), _json(test.values)))
        listed = "IN (SELECT value FROM json_each(?))"
        return f"{column} IS NOT NULL AND fold({column}) {listed} AND {column} {listed}"
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


def _either_sql(test: Test, prefix: str, values: list[Any]) -> str:
    parts = [f"({_tests_sql(tests, prefix, values) or '1'})" for tests in test.values]
    return _joined("OR", parts)


def _json(values: Iterable[Any]) -> str:
    return msgspec.json.encode(list(values)).decode()


def _range_sql(test: Test, prefix: str, values: list[Any]) -> str:
    value = test.values[0]
    column = prefix + test.column
    if test.column in PARTS:
        # Times alone, whose letters stand at the same places: casefolded they keep their order.
        values.extend((value.casefold(), value))
        return (
            f"{column} IS NOT NULL AND fold({column}) {test.operator} ?"
            f" AND {column} {test.operator} ?"
        )
    values.append(value)
    return f"{column} {test.operator} ?"


def _text(test: Test) -> tuple[str, str, str]:
    """Give the casefolded column, the text, and the condition that lets an index serve both."""
    text: str = test.values[0].casefold()
    column = test.column if test.folds else f"fold({test.column})"
    return column, text, f"{test.column} IS NOT NULL AND "


def _contains_sql(test: Test, prefix: str, values: list[Any]) -> str:
    column, text, filled = _text(test)
    values.append(text)
    return f"{filled}instr({column}, ?)"


def _starts_sql(test: Test, prefix: str, values: list[Any]) -> str:
    column, text, filled = _text(test)
    if not text:
        return f"{column} IS NOT NULL"
    values.append(text)
    after = _successor(text)
    if after is not None:
        # A range, which an index on casefolded text serves.
        values.append(after)
        return f"{filled}{column} >= ? AND {column} < ?"
    values.append(len(text))
    return f"{filled}? = substr({column}, 1, ?)"


def _successor(text: str) -> str | None:
    """Give the least text that sorts after everything that starts with `text`."""
    last = ord(text[-1])
    if last >= 0x10FFFF:
        return None
    return text[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)  # past the surrogates


def _ends_sql(test: Test, prefix: str, values: list[Any]) -> str:
    column, text, filled = _text(test)
    if not text:
        return f"{column} IS NOT NULL"
    values.extend((-len(text), text))  # substr counts from the end
    return f"{filled}substr({column}, ?) = ?"


def _filled_sql(test: Test, prefix: str, values: list[Any]) -> str:
    return f"{prefix}{test.column} != ''"  # an empty part is not a value of its own


def _object_sql(test: Test, prefix: str, values: list[Any]) -> str:
    values.append(test.values[0])
    return "? = (SELECT t.object FROM records t WHERE t.num = number)"


def _record_sql(test: Test, prefix: str, values: list[Any]) -> str:
    values.append(_json(test.values))
    return "number IN (SELECT num FROM records WHERE id IN (SELECT value FROM json_each(?)))"


_OPERATORS: dict[str, Callable[[Test, str, list[Any]], str]] = {
    "any": _any_sql,
    "either": _either_sql,
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
