"""A neutral tree of conditions, between ``Q`` and the filter language of whoever carries it out.

A ``Q`` names attributes by paths; here each path is resolved, so that an emitter (to Attio's JSON,
to SQL) needs to know the lookups and nothing of names. "not" is pushed down to single comparisons:
what the negation of one means where there is no value is each engine's own affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from attio_orm.conditions.paths import ResolvedPath, Resolver, resolve
from attio_orm.conditions.q import Q
from attio_orm.errors import ValidationError

# More levels of alternating "and" and "or" than anybody writes by hand, and fewer than what JSON
# encoders and servers stumble over. It also bounds the recursion of every emitter.
MAX_DEPTH: Final = 100

Junction: TypeAlias = Literal["and", "or"]


class Leaf(Struct, frozen=True):
    """What a record meets or does not meet, as a whole; an emitter may have more of its own."""


class Comparison(Leaf, frozen=True):
    """One attribute compared by ``path.lookup`` with an operand as the user gave it."""

    path: ResolvedPath
    operand: Any


class RawFilter(Leaf, frozen=True):
    """A filter in Attio's own language, as ``Q.raw()`` was given it."""

    filter: Mapping[str, Any]


class Not(Struct, frozen=True):
    """The records for which a comparison does not hold, those without a value included."""

    term: Leaf


class Group(Struct, frozen=True):
    """Conditions joined by "and" or "or"; "and" of none holds for every record."""

    junction: Junction
    terms: Sequence[Condition]


Condition: TypeAlias = Leaf | Not | Group


class Conditions(Struct, frozen=True):
    """A whole condition: its tree, and all comparisons in it from left to right."""

    root: Group
    comparisons: Sequence[Comparison]


class _Open:
    """A group that is still being put together."""

    __slots__ = ("depth", "junction", "terms", "whole")

    def __init__(self, junction: Junction, depth: int) -> None:
        self.junction: Junction = junction
        self.depth = depth
        self.terms: list[Condition | _Open] = []
        self.whole = Group(junction, ())


def resolve_conditions(q: Q, resolver: Resolver) -> Conditions:
    """The tree of ``q``, its paths resolved from left to right.

    Raises what ``resolve`` raises, and ``ValidationError`` where it nests too deeply.
    """
    # An explicit stack stands in for recursion, as conditions made in a loop nest deeply.
    paths: dict[str, ResolvedPath] = {}
    comparisons: list[Comparison] = []
    opened = [_Open("and", 0)]
    pending: list[tuple[Q, bool, _Open]] = [(q, False, opened[0])]
    while pending:
        node, negated, group = pending.pop()
        if node.kind == "not":
            pending.append((node.terms[0], not negated, group))
        elif node.kind in ("lookup", "raw"):
            leaf = _leaf(node, resolver, paths)
            group.terms.append(Not(leaf) if negated else leaf)
            if isinstance(leaf, Comparison):
                comparisons.append(leaf)
        else:
            # no condition at all stays one when it is negated, as ``~Q()`` is ``Q()``
            flipped = negated and bool(node.terms)
            inner = _within(group, node.kind, opened, flipped=flipped)
            pending.extend((term, negated, inner) for term in reversed(node.terms))
    # inner groups were opened after the outer ones, so that each finds its terms done
    for each in reversed(opened):
        terms = [term.whole if isinstance(term, _Open) else term for term in each.terms]
        each.whole = Group(each.junction, terms)
    return Conditions(opened[0].whole, comparisons)


def too_deep() -> ValidationError:
    """The error for conditions in too many levels."""
    return ValidationError(
        f"The filter nests more than {MAX_DEPTH} levels of & inside | inside &. Combine the "
        f"conditions in fewer levels, or ask in several queries."
    )


def _leaf(node: Q, resolver: Resolver, paths: dict[str, ResolvedPath]) -> Comparison | RawFilter:
    if node.kind == "raw":
        return RawFilter(node.value)
    path = paths.get(node.path)
    if path is None:
        path = paths[node.path] = resolve(node.path, resolver)
    return Comparison(path, node.value)


def _within(group: _Open, kind: str, opened: list[_Open], *, flipped: bool) -> _Open:
    junction: Junction = "and" if (kind == "and") != flipped else "or"
    if group.junction == junction:
        return group
    if group.depth >= MAX_DEPTH:
        raise too_deep()
    inner = _Open(junction, group.depth + 1)
    group.terms.append(inner)
    opened.append(inner)
    return inner
