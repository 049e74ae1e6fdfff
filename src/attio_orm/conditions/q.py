"""``Q``: conditions on records, combined with ``&``, ``|`` and ``~``."""

from __future__ import annotations

import copy
import re
import reprlib
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NoReturn, TypeAlias, cast

from attio_orm.effects import Operation
from attio_orm.errors import ValidationError
from attio_orm.guards import is_several
from attio_orm.pickles import pickled_as

Kind: TypeAlias = Literal["and", "or", "not", "lookup", "raw"]
Token: TypeAlias = tuple[Kind, Any, Any]

# People read a repr, and a condition made in a loop may have thousands of terms.
_SHOWN_TERMS: Final = 20
_SHOWN_LEVELS: Final = 12

_values = reprlib.Repr()
_values.maxtuple = _values.maxlist = _values.maxset = _values.maxdict = 6
_values.maxstring = _values.maxother = 100


class Subquery:
    """Records that another query gives, in place of a list: ``company__in=queryset``.

    They are read when the query around it is evaluated, and stay what they were then.
    """

    def read_for(self, connection: Any) -> Operation[Sequence[Any]]:
        """The records; on ``connection``, unless it was read on another one before."""
        raise NotImplementedError

    @property
    def read_already(self) -> Sequence[Any] | None:
        """The records, ``None`` where they are not read yet."""
        raise NotImplementedError

    def explain(self) -> Any:
        """The requests that reading takes; sends nothing."""
        raise NotImplementedError


class HasSubquery:
    """A queryset, as far as conditions know it."""

    def __subquery__(self) -> Subquery:
        """What it stands for in place of a list."""
        raise NotImplementedError


class Chosen:
    """Some of the options or statuses of an attribute, which each workspace has its own of.

    In place of a list: they are picked when the query is evaluated, on its connection.
    """

    __slots__ = ()

    def pick(self, choices: Callable[[], Sequence[Any]]) -> Sequence[str]:
        """The titles, among the choices there are. Raises ``ValidationError`` for none."""
        raise NotImplementedError


class Expression:
    """An attribute named on the class: no condition until it is compared."""

    __slots__ = ()


class Q:
    """One or more conditions: ``Q(stage="Won") | Q(value__gte=10_000)``.

    Keywords are lookups (``job_title__contains="VP"``), positional arguments other ``Q``s; all of
    them must hold. ``&``, ``|`` and ``~`` combine; ``Q()`` has no condition. Immutable;
    nothing is checked against a model before the query that uses it.
    """

    __slots__ = ("kind", "origin", "path", "terms", "value")

    kind: Kind
    terms: tuple[Q, ...]
    path: str
    value: Any
    origin: type[Any] | None

    def __init__(self, /, *conditions: Q, **lookups: object) -> None:
        terms: list[Q] = []
        for condition in conditions:
            _check_condition(condition)
            terms.extend(_members(condition, "and"))
        terms.extend(Q.of(None, path, value) for path, value in lookups.items())
        if len(terms) == 1:
            only = terms[0]
            _node(only.kind, only.terms, only.path, only.value, only.origin, into=self)
        else:
            _node("and", tuple(terms), into=self)

    @classmethod
    def of(cls, origin: type[Any] | None, path: str, value: object) -> Q:
        """The lookup ``path`` of a class expression, which knows the class that it begins at."""
        return _node("lookup", (), path, _snapshot(value, path), origin)

    def origins(self) -> Iterator[type[Any]]:
        """The classes at which its class expressions begin."""
        return (q.origin for q in self._nodes() if q.origin is not None)

    @classmethod
    def raw(cls, filter: Mapping[str, object], /) -> Q:
        """A condition in Attio's own filter language, sent as it is.

        See https://docs.attio.com/rest-api/guides/filtering-and-sorting.
        """
        if not isinstance(filter, Mapping):
            raise TypeError(
                f"Q.raw() takes Attio's filter as a dict, such as {{'name': {{'$eq': 'Acme'}}}}, "
                f"not {_values.repr(filter)}."
            )
        try:
            # a copy, as the caller may go on to change its dict, and a condition stays as it is
            return _node("raw", value=copy.deepcopy(dict(filter)))
        except RecursionError:
            raise ValidationError("The filter of Q.raw() nests too deeply to be sent.") from None

    def __and__(self, other: Q) -> Q:
        return _combine("and", self, other)

    def __or__(self, other: Q) -> Q:
        return _combine("or", self, other)

    def __invert__(self) -> Q:
        if self.kind == "not":
            return self.terms[0]
        if self.is_empty:
            return self
        return _node("not", (self,))

    @property
    def is_empty(self) -> bool:
        """Whether this is ``Q()``, which holds for every record."""
        return self.kind == "and" and not self.terms

    def lookups(self) -> Iterator[tuple[str, Any]]:
        """Every lookup in it with its value, from left to right; raw conditions are left out."""
        return ((q.path, q.value) for q in self._nodes() if q.kind == "lookup")

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "A condition (Q) is neither true nor false before it is sent to Attio. Combine "
            "conditions with &, | and ~ instead of and, or and not, with parentheses around each "
            "comparison, and write a < x < b as x.between(a, b)."
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Q):
            return NotImplemented
        return self is other or list(self._tokens()) == list(other._tokens())

    def __hash__(self) -> int:
        # Values may be unhashable; equal conditions have equal shapes and paths in any case.
        return hash(tuple((kind, key) for kind, key, _ in self._tokens()))

    def __repr__(self) -> str:
        return _show(self, 0)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A Q cannot be changed; combine it into a new one (.{name} was set).")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A Q cannot be changed (.{name} was deleted).")

    def __copy__(self) -> Q:
        return self

    def __deepcopy__(self, memo: object) -> Q:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return from_tokens, (list(self._tokens()),)

    def _nodes(self) -> Iterator[Q]:
        # The tree in prefix order, without recursion: conditions built in a loop nest deeply.
        pending: list[Q] = [self]
        while pending:
            q = pending.pop()
            yield q
            pending.extend(reversed(q.terms))

    def _tokens(self) -> Iterator[Token]:
        for q in self._nodes():
            is_leaf = q.kind in ("lookup", "raw")
            yield (q.kind, q.path, q.value) if is_leaf else (q.kind, len(q.terms), None)


def _node(
    kind: Kind,
    terms: tuple[Q, ...] = (),
    path: str = "",
    value: object = None,
    origin: type[Any] | None = None,
    *,
    into: Q | None = None,
) -> Q:
    q = Q.__new__(Q) if into is None else into
    put = object.__setattr__  # that of ``Q`` refuses, so that nothing changes it from here on
    put(q, "kind", kind)
    put(q, "terms", terms)
    put(q, "path", path)
    put(q, "value", value)
    put(q, "origin", origin)
    return q


def _members(q: Q, kind: Kind) -> tuple[Q, ...]:
    if q.kind == kind or q.is_empty:
        return q.terms
    return (q,)


def _combine(kind: Literal["and", "or"], left: Q, right: Q) -> Q:
    _check_condition(right)
    if left.is_empty:
        return right
    if right.is_empty:
        return left
    return _node(kind, _members(left, kind) + _members(right, kind))


def _check_condition(condition: object) -> None:
    if not isinstance(condition, Q):
        raise TypeError(
            f"A condition is a Q, a class expression or a keyword lookup, "
            f"not {_values.repr(condition)}{_hint(condition)}."
        )


def _hint(condition: object) -> str:
    """What was meant by something that is not a condition."""
    if isinstance(condition, bool):
        return " (a comparison that gave a plain bool?)"
    if isinstance(condition, Expression):
        return " (compare it: Person.name == 'Ada')"
    if type(condition).__name__ == "UUID" or (
        isinstance(condition, str) and re.fullmatch("[0-9a-fA-F-]{36}", condition)
    ):
        return f" (for the record of this id write id={str(condition)!r})"
    if isinstance(condition, str):
        return " (say of which attribute: name='Ada')"
    return ""


def _snapshot(value: object, path: str) -> object:
    """The value as it is now: iterators are read once, lists of ``in`` and ``range`` copied.

    What can be iterated asynchronously too (a queryset) stays as it is, and lazy.
    """
    if isinstance(value, Iterator):  # read now: a query may be evaluated twice, an iterator not
        return tuple(cast("Iterator[object]", value))
    if not path.endswith(("__in", "__range")):
        return value
    several = iterable(value)
    return value if several is None or isinstance(several, AsyncIterable) else tuple(several)


def iterable(value: object) -> Iterable[object] | None:
    """``value`` where it is several values: what can be iterated, but a text or a mapping."""
    return value if is_several(value) else None


@pickled_as("q")
def from_tokens(tokens: list[Token]) -> Q:
    """The condition whose ``tokens`` a pickle holds."""
    built: list[Q] = []  # from the end, so that the terms of a group are there before it
    for kind, key, value in reversed(tokens):
        if kind in ("lookup", "raw"):
            built.append(_node(kind, (), key, value))
        else:
            built.append(_node(kind, tuple(built.pop() for _ in range(key))))
    return built[0]


def _show(q: Q, level: int) -> str:
    if level > _SHOWN_LEVELS:
        return "..."
    if q.kind == "lookup":
        return f"Q({q.path}={_values.repr(q.value)})"
    if q.kind == "raw":
        return f"Q.raw({_values.repr(q.value)})"
    if not q.terms:
        return "Q()"
    shown = [_show(term, level + 1) for term in q.terms[:_SHOWN_TERMS]]
    nested = [
        f"({text})" if term.kind in ("and", "or") and term.terms else text
        for term, text in zip(q.terms, shown, strict=False)
    ]
    if q.kind == "not":
        return f"~{nested[0]}"
    if len(q.terms) > _SHOWN_TERMS:
        nested.append(f"... ({len(q.terms) - _SHOWN_TERMS:,} more)")
    return (" & " if q.kind == "and" else " | ").join(nested)
