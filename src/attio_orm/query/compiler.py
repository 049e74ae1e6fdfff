"""From a ``Q`` to Attio's filter, and from orders to its sorts. Pure: nothing is sent from here.

https://docs.attio.com/rest-api/guides/filtering-and-sorting
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from attio_orm.errors import UnsupportedLookup, ValidationError
from attio_orm.query.conditions import Alternatives, NeedsMembers, Options, condition
from attio_orm.query.expressions import Expr, Order
from attio_orm.query.paths import (
    Resolved,
    Resolver,
    Target,
    check_lookup,
    describe,
    resolve,
)
from attio_orm.query.q import Q

__all__ = [
    "MAX_DEPTH",
    "NOTHING",
    "NeedsMembers",
    "Nothing",
    "Resolved",
    "Resolver",
    "check_filter",
    "compile_filter",
    "compile_sorts",
]

# More levels of alternating "and" and "or" than anybody writes by hand, and fewer than what JSON
# encoders and servers stumble over.
MAX_DEPTH: Final = 100

Junction: TypeAlias = Literal["and", "or"]
Filter: TypeAlias = dict[str, Any]


class Nothing(Enum):
    """The type of ``NOTHING``."""

    NOTHING = "no record can match"


NOTHING: Final = Nothing.NOTHING


class _Group:
    """Conditions joined by "and" or "or", while the filter is being put together."""

    __slots__ = ("depth", "junction", "terms", "whole")

    def __init__(self, junction: Junction, depth: int) -> None:
        self.junction = junction
        self.depth = depth
        self.terms: list[Filter | _Group] = []
        self.whole: Filter | Nothing = NOTHING


def compile_filter(
    q: Q,
    resolver: Resolver,
    *,
    members: Mapping[str, str] | None = None,
    record_id_in: bool = True,
) -> Filter | Nothing:
    """Attio's filter for ``q``: ``{}`` where all records match, ``NOTHING`` where none can.

    ``members`` maps members' e-mail addresses (lower case) to their ids; ``NeedsMembers`` is
    raised where one is needed and there are none. ``record_id_in=False`` avoids ``$in`` on record
    ids. Raises ``UnknownAttributeError``, ``UnsupportedLookup`` and ``ValidationError``.
    """
    return _Compilation(resolver, Options(members, record_id_in)).run(q)


def check_filter(q: Q, resolver: Resolver) -> None:
    """Raise what ``compile_filter`` would for the names and lookups of ``q``; skip the values."""
    for path, value in q.lookups():
        target = resolve(path, resolver)
        if value is not None or target.lookup not in ("exact", "not"):
            check_lookup(target)


class _Compilation:
    """One filter on its way.

    An explicit stack stands in for recursion, as conditions made in a loop nest deeply. Negation
    is pushed down to the comparisons, since ``$not`` is only sure to work around one of them.
    """

    def __init__(self, resolver: Resolver, options: Options) -> None:
        self._resolver = resolver
        self._options = options
        self._targets: dict[str, Target] = {}
        self._groups = [_Group("and", 0)]
        self._pending: list[tuple[Q | Filter, bool, _Group]] = []

    def run(self, q: Q) -> Filter | Nothing:
        self._pending.append((q, False, self._groups[0]))
        while self._pending:
            node, negated, group = self._pending.pop()
            if not isinstance(node, Q):
                self._raw(node, negated, group)
            elif node.kind == "lookup":
                self._lookup(node, negated, group)
            elif node.kind == "raw":
                self._raw(node.value, negated, group)
            elif node.kind == "not":
                self._pending.append((node.terms[0], not negated, group))
            elif not node.terms:
                # No condition at all stays one when negated, as ``~Q()`` is ``Q()``.
                self._within(group, "and")
            else:
                self._push(node.kind, node.terms, negated, group)
        return self._fold()

    def _push(
        self, junction: Junction, nodes: Sequence[Q | Filter], negated: bool, group: _Group
    ) -> None:
        if negated:
            junction = "or" if junction == "and" else "and"
        inner = self._within(group, junction)
        self._pending.extend((node, negated, inner) for node in reversed(nodes))

    def _within(self, group: _Group, junction: Junction) -> _Group:
        if group.junction == junction:
            return group
        if group.depth >= MAX_DEPTH:
            raise ValidationError(
                f"The filter nests more than {MAX_DEPTH} levels of & inside | inside &. Combine "
                "the conditions in fewer levels, or ask in several queries."
            )
        inner = _Group(junction, group.depth + 1)
        group.terms.append(inner)
        self._groups.append(inner)
        return inner

    def _lookup(self, q: Q, negated: bool, group: _Group) -> None:
        target = self._targets.get(q.path)
        if target is None:
            target = self._targets[q.path] = resolve(q.path, self._resolver)
        junction, terms = _joined(condition(target, q.value, self._options), negated)
        if len(terms) != 1:
            group = self._within(group, junction)
        group.terms.extend(terms)

    def _raw(self, raw: Filter, negated: bool, group: _Group) -> None:
        if not negated:
            if raw:
                group.terms.append(raw)
            else:
                self._within(group, "and")
            return
        # What is certain to be a junction is taken apart; anything else is one comparison.
        if "path" not in raw and len(raw) != 1:
            self._push("and", [{name: each} for name, each in raw.items()], negated, group)
        elif isinstance(raw.get("$and"), list):
            self._push("and", raw["$and"], negated, group)
        elif isinstance(raw.get("$or"), list):
            self._push("or", raw["$or"], negated, group)
        elif isinstance(raw.get("$not"), dict):
            self._pending.append((raw["$not"], False, group))
        else:
            group.terms.append({"$not": raw})

    def _fold(self) -> Filter | Nothing:
        # Inner groups come after the outer ones, so that each finds its terms done.
        for group in reversed(self._groups):
            group.whole = _joint(group)
        return self._groups[0].whole


def _joined(found: Alternatives, negated: bool) -> tuple[Junction, list[Filter]]:
    """The comparisons of a lookup, each turned the right way, and what joins them."""
    negated = negated != found.negated
    if negated and found.bounds:
        return "or", [{"$not": bound} for bound in found.bounds]
    terms = [each if truth != negated else {"$not": each} for each, truth in found.terms]
    return ("and" if negated else "or"), terms


def _joint(group: _Group) -> Filter | Nothing:
    terms: list[Filter] = []
    for term in group.terms:
        whole = term.whole if isinstance(term, _Group) else term
        if whole is NOTHING:
            if group.junction == "and":
                return NOTHING
        elif whole:
            terms.append(whole)
        elif group.junction == "or":
            return {}
    if len(terms) > 1:
        return {f"${group.junction}": terms}
    if terms:
        return terms[0]
    return {} if group.junction == "and" else NOTHING


def compile_sorts(order: Sequence[str | Order], resolver: Resolver) -> list[dict[str, Any]]:
    """Attio's sorts for names (``"-name__last_name"``) and ``Order``s, in their order.

    Raises ``UnknownAttributeError``, and ``UnsupportedLookup`` for what has no order.
    """
    return [_sort(each, resolver) for each in order]


def _sort(order: str | Order, resolver: Resolver) -> dict[str, Any]:
    if isinstance(order, str):
        order = Order.parse(order)
    if not isinstance(order, Order):  # pyright: ignore[reportUnnecessaryIsInstance]
        hint = f": write {order!r}.asc() or .desc()" if isinstance(order, Expr) else ""
        raise TypeError(f"order_by takes names and orders, not {order!r}{hint}.")
    if order.path == "?":
        raise UnsupportedLookup("Attio cannot sort at random. Shuffle the list of records instead.")
    target = resolve(order.path, resolver)
    _check_sortable(target)
    sort: dict[str, Any] = {"direction": "desc" if order.descending else "asc"}
    if target.hops:
        segments = [*target.hops, (target.object, target.slug)]
        sort["path"] = [list(segment) for segment in segments]
    else:
        sort["attribute"] = target.slug
    if target.part:
        sort["field"] = target.part
    return sort


def _check_sortable(target: Target) -> None:
    if target.name != target.path or target.lookup != "exact":
        raise UnsupportedLookup(
            f"{target.path}: records are sorted by an attribute or a part of it, and "
            f"{target.path.removeprefix(f'{target.name}__')!r} is a lookup. Write {target.name!r}."
        )
    if target.part or target.table.sortable:
        return
    if target.table.type == "record-reference":
        advice = f"Sort by an attribute of the record, such as {target.path}__name."
    elif target.table.parts:
        parts = ", ".join(f"{target.path}__{part}" for part in target.table.parts)
        advice = f"Sort by a part of it: {parts}."
    else:
        advice = "Sort by another attribute."
    raise UnsupportedLookup(f"{target.path}: {describe(target)} has no order of its own. {advice}")
