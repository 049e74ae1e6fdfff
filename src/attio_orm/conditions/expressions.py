"""What an attribute is on the class: an expression that makes conditions and orders.

``Person.job_title.contains("VP")`` equals ``Q(job_title__contains="VP")``. Each family of types has
an expression of its own, made of these, so that type checkers know its comparisons and parts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from msgspec import Struct

from attio_orm.conditions.lookups import LOOKUPS
from attio_orm.conditions.q import Expression, Q

T = TypeVar("T")
E = TypeVar("E", bound="Expr[Any]")


class Path(tuple[str, ...]):
    """The names of an expression, and the class that they begin at."""

    origin: type[Any] | None

    def __new__(cls, names: Iterable[str], origin: type[Any] | None = None) -> Path:
        """Make a path from its names."""
        made = super().__new__(cls, names)
        made.origin = origin
        return made


class Order(Struct, frozen=True):
    """One sort: a path of names (``"name__last_name"``) and its direction.

    ``order_by`` takes it as well as the text form, ``"-name__last_name"``.
    """

    path: str
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> Order:
        """The order that ``"created_at"`` or ``"-created_at"`` names."""
        return cls(text.removeprefix("-"), text.startswith("-"))

    def reversed(self) -> Order:
        """The same sort in the other direction."""
        return Order(self.path, not self.descending)

    def __str__(self) -> str:
        return f"-{self.path}" if self.descending else self.path


class Expr(Expression, Generic[T]):
    """An attribute named on the class, possibly through relations: ``Person.company.name``.

    ``path`` is the tuple of Python names. Comparing it gives a ``Q``; ``bool()`` of it raises
    ``TypeError``.
    """

    __slots__ = ("path",)

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path

    # The answer is a condition, not a bool, which ``object`` does not foresee.
    def __eq__(self, other: object) -> Q:  # type: ignore[override]
        # The short form, as users write it, unless the last name could be taken for a lookup.
        is_clear = len(self.path) == 1 or self.path[-1] not in LOOKUPS
        return self._condition("" if is_clear else "exact", other)

    def __ne__(self, other: object) -> Q:  # type: ignore[override]
        return self._condition("not", other)

    __hash__ = object.__hash__  # which a class with an ``__eq__`` of its own would lose

    def in_(self, values: Iterable[T | None]) -> Q:
        """Equal to one of ``values``; ``None`` among them stands for "has no value"."""
        return self._condition("in", values)

    def is_null(self, value: bool = True) -> Q:
        """The records that have no value here; with ``False``, those that have one."""
        return self._condition("isnull", value)

    def asc(self) -> Order:
        """The smallest first, for ``order_by``."""
        return Order("__".join(self.path))

    def desc(self) -> Order:
        """The largest first, for ``order_by``."""
        return Order("__".join(self.path), descending=True)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{self!r} is neither true nor false. Compare it ({self!r} == value), and combine "
            "conditions with &, | and ~ instead of and, or and not."
        )

    # Python would refuse these two as well, and not say what to write instead.
    def __contains__(self, value: object) -> NoReturn:
        raise TypeError(f"Write {self!r}.contains(...) instead of `in {self!r}`.")

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self!r} stands for an attribute of many records, and has no items.")

    def __repr__(self) -> str:
        return ".".join(self.path)

    @property
    def origin(self) -> type[Any] | None:
        """The class the expression begins at, where it is known."""
        return self.path.origin if isinstance(self.path, Path) else None

    def _condition(self, lookup: str, value: object) -> Q:
        if isinstance(value, Expr):
            raise TypeError(
                f"Attio compares an attribute with a value, not with another attribute: "
                f"{self!r} with {value!r}."
            )
        names = (*self.path, lookup) if lookup else self.path
        return Q.of(self.origin, "__".join(names), value)


class Part(Generic[E]):
    """A part of a value, on the expression of the whole: ``Person.name.first_name``."""

    def __init__(self, kind: type[E]) -> None:
        """``kind`` is the expression that the part is."""
        self._kind = kind
        self._name = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self._name = name

    def __get__(self, whole: Expr[Any], owner: type[object]) -> E:
        return self._kind(Path((*whole.path, self._name), whole.origin))


class MatchedExpr(Expr[T]):
    """An expression whose text can be searched. Attio ignores case in these."""

    __slots__ = ()

    def contains(self, text: str) -> Q:
        """The value has ``text`` somewhere in it."""
        return self._condition("contains", text)

    def startswith(self, text: str) -> Q:
        """The value begins with ``text``."""
        return self._condition("startswith", text)

    def endswith(self, text: str) -> Q:
        """The value ends with ``text``."""
        return self._condition("endswith", text)


class OrderedExpr(Expr[T]):
    """An expression whose values can be compared by size."""

    __slots__ = ()

    def __lt__(self, other: T) -> Q:
        return self._condition("lt", other)

    def __le__(self, other: T) -> Q:
        return self._condition("lte", other)

    def __gt__(self, other: T) -> Q:
        return self._condition("gt", other)

    def __ge__(self, other: T) -> Q:
        return self._condition("gte", other)

    def between(self, low: T, high: T) -> Q:
        """From ``low`` to ``high``, both included."""
        return self._condition("range", (low, high))


class CalendarExpr(OrderedExpr[T]):
    """A date or a moment. Of a moment, the days are those of ``connect(timezone=...)``."""

    __slots__ = ()

    def in_month(self, month: str) -> Q:
        """Within a month: ``"2026-05"``."""
        return self._condition("month", month)

    def in_quarter(self, quarter: str) -> Q:
        """Within a quarter of a year: ``"2026-Q2"``."""
        return self._condition("quarter", quarter)

    def in_year(self, year: int) -> Q:
        """Within a year: ``2026``."""
        return self._condition("year", year)


class MomentExpr(CalendarExpr[T]):
    """A moment; compared with a date, it means that whole day."""

    __slots__ = ()

    def on(self, day: dt.date | str) -> Q:
        """Within a day: ``date(2026, 5, 1)`` or ``"2026-05-01"``."""
        return self._condition("date", day)


if not TYPE_CHECKING:
    # Type checkers refuse what Attio has no operator for. At run time the compiler does, which
    # can say what the attribute takes instead; a bare TypeError or AttributeError could not.
    for _name in ("contains", "startswith", "endswith"):
        setattr(Expr, _name, getattr(MatchedExpr, _name))
    for _name in ("__lt__", "__le__", "__gt__", "__ge__", "between"):
        setattr(Expr, _name, getattr(OrderedExpr, _name))
    for _name in ("in_month", "in_quarter", "in_year", "on"):
        setattr(Expr, _name, getattr(MomentExpr, _name))

    def _misplaced(self: Expr[Any], other: object) -> NoReturn:
        raise TypeError(
            f"Put parentheses around each comparison: ({self!r} == value) & (...), as & and | "
            "bind more tightly than ==."
        )

    for _name in ("__and__", "__rand__", "__or__", "__ror__"):
        setattr(Expr, _name, _misplaced)


class TextExpr(MatchedExpr[str]):
    """A text, or a part of a value that is one."""

    __slots__ = ()
