"""What an attribute is on the class: an expression that makes conditions and orders.

``Person.job_title.contains("VP")`` equals ``Q(job_title__contains="VP")``. There is one class for
each kind of value, so that type checkers know its comparisons and parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeAlias, TypeVar

from msgspec import Struct

from attio_orm.query.lookups import LOOKUPS
from attio_orm.query.q import Q

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from attio_orm.values import Money, PersonalName

T = TypeVar("T")
L = TypeVar("L", bound=str)

# What each kind of value compares with. Texts, as some of these types cost time to import.
Number: TypeAlias = "float | Decimal"
Amount: TypeAlias = "float | Decimal | Money"
Day: TypeAlias = "date | str"
Moment: TypeAlias = "datetime | str"
Name: TypeAlias = "str | PersonalName"
Id: TypeAlias = "str | UUID"


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


class Expr(Generic[T]):
    """An attribute named on the class, possibly through relations: ``Person.company.name``.

    ``path`` is the tuple of Python names. Comparing it gives a ``Q``; ``bool()`` of it raises
    ``TypeError``.
    """

    __slots__ = ("path",)

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path

    # The answer is a condition and no bool, which ``object`` does not foresee.
    def __eq__(self, other: object) -> Q:  # type: ignore[override]
        return self._exact("exact", other)

    def __ne__(self, other: object) -> Q:  # type: ignore[override]
        return self._condition("not", other)

    __hash__ = object.__hash__

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

    def __contains__(self, value: object) -> NoReturn:
        raise TypeError(f"Write {self!r}.contains(...) instead of `in {self!r}`.")

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self!r} stands for an attribute of many records, and has no items.")

    def __repr__(self) -> str:
        return ".".join(self.path)

    @property
    def origin(self) -> type[Any] | None:
        """The class the expression begins at, where it is known."""
        return getattr(self.path, "origin", None)

    def _condition(self, lookup: str, value: object) -> Q:
        if _is_expression(value):
            raise TypeError(
                f"Attio compares an attribute with a value, not with another attribute: "
                f"{self!r} with {value!r}."
            )
        return Q.of(self.origin, "__".join((*self.path, lookup)), value)

    def _exact(self, lookup: str, value: object) -> Q:
        # The short form, as users write it, unless the last name could be taken for a lookup.
        if _is_expression(value) or (len(self.path) > 1 and self.path[-1] in LOOKUPS):
            return self._condition(lookup, value)
        return Q.of(self.origin, "__".join(self.path), value)

    def _part(self, name: str) -> tuple[str, ...]:
        return Path((*self.path, name), self.origin)


def _is_expression(value: object) -> bool:
    return isinstance(value, Expr)


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


if not TYPE_CHECKING:
    # Type checkers refuse what Attio has no operator for. At run time the compiler does, which
    # can say what the attribute takes instead; a bare TypeError or AttributeError could not.
    for _name in ("contains", "startswith", "endswith"):
        setattr(Expr, _name, getattr(MatchedExpr, _name))
    for _name in ("__lt__", "__le__", "__gt__", "__ge__", "between"):
        setattr(Expr, _name, getattr(OrderedExpr, _name))

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


class NumberExpr(OrderedExpr[Number]):
    """A number or a rating."""

    __slots__ = ()


class CurrencyExpr(OrderedExpr[Amount]):
    """An amount of money, compared by its amount."""

    __slots__ = ()


class DateExpr(OrderedExpr[Day]):
    """A calendar date; texts are ``YYYY-MM-DD``."""

    __slots__ = ()


class TimestampExpr(OrderedExpr[Moment]):
    """A moment; datetimes need a time zone."""

    __slots__ = ()


class CheckboxExpr(Expr[bool]):
    """A checkbox."""

    __slots__ = ()


class NameExpr(MatchedExpr[Name]):
    """A person's name: compared by the full name, or by a part."""

    __slots__ = ()

    @property
    def first_name(self) -> TextExpr:
        """The first name alone."""
        return TextExpr(self._part("first_name"))

    @property
    def last_name(self) -> TextExpr:
        """The last name alone."""
        return TextExpr(self._part("last_name"))

    @property
    def full_name(self) -> TextExpr:
        """First and last name together."""
        return TextExpr(self._part("full_name"))


class EmailExpr(MatchedExpr[str]):
    """An e-mail address; of a list of them, any."""

    __slots__ = ()

    @property
    def email_domain(self) -> TextExpr:
        """What follows the @: ``mail.acme.com``."""
        return TextExpr(self._part("email_domain"))

    @property
    def email_root_domain(self) -> TextExpr:
        """The registrable domain of the address: ``acme.com``."""
        return TextExpr(self._part("email_root_domain"))

    @property
    def email_local_specifier(self) -> TextExpr:
        """What precedes the @."""
        return TextExpr(self._part("email_local_specifier"))


class DomainExpr(MatchedExpr[str]):
    """An internet domain; of a list of them, any."""

    __slots__ = ()

    @property
    def root_domain(self) -> TextExpr:
        """The registrable domain: ``acme.com`` of ``shop.acme.com``."""
        return TextExpr(self._part("root_domain"))


class PhoneExpr(MatchedExpr[str]):
    """A phone number in the form ``+19725550123``; of a list of them, any."""

    __slots__ = ()

    @property
    def country_code(self) -> Expr[str]:
        """The two letters of its country, such as ``US``."""
        return Expr(self._part("country_code"))


class LocationExpr(Expr[Any]):
    """A place; Attio compares it by its parts only."""

    __slots__ = ()

    @property
    def line_1(self) -> TextExpr:
        """The first line of the address."""
        return TextExpr(self._part("line_1"))

    @property
    def line_2(self) -> TextExpr:
        """The second line of the address."""
        return TextExpr(self._part("line_2"))

    @property
    def line_3(self) -> TextExpr:
        """The third line of the address."""
        return TextExpr(self._part("line_3"))

    @property
    def line_4(self) -> TextExpr:
        """The fourth line of the address."""
        return TextExpr(self._part("line_4"))

    @property
    def locality(self) -> TextExpr:
        """The town or city."""
        return TextExpr(self._part("locality"))

    @property
    def region(self) -> TextExpr:
        """The state, province or county."""
        return TextExpr(self._part("region"))

    @property
    def postcode(self) -> TextExpr:
        """The postcode."""
        return TextExpr(self._part("postcode"))

    @property
    def country_code(self) -> TextExpr:
        """The two letters of its country, such as ``GB``."""
        return TextExpr(self._part("country_code"))


class SelectExpr(Expr[L]):
    """A select, compared by an option's title or id; of several options, any."""

    __slots__ = ()

    @property
    def active_from(self) -> DateExpr:
        """When the present option was chosen; takes a date or a moment."""
        return DateExpr(self._part("active_from"))


class StatusExpr(SelectExpr[L]):
    """A status, compared by its title or id."""

    __slots__ = ()


class ActorExpr(Expr[Any]):
    """Who did or owns something: compared with a member's e-mail, an id or an ``Actor``."""

    __slots__ = ()


class IdExpr(Expr[Id]):
    """The id of the record, or of the record that a relation refers to."""

    __slots__ = ()


class InteractionExpr(Expr[Any]):
    """An interaction (an e-mail, a meeting); Attio compares it by its parts only."""

    __slots__ = ()

    @property
    def interaction_type(self) -> Expr[str]:
        """What it was: ``email``, ``calendar-event``, ``call`` and so on."""
        return Expr(self._part("interaction_type"))

    @property
    def interacted_at(self) -> TimestampExpr:
        """When it was."""
        return TimestampExpr(self._part("interacted_at"))

    @property
    def owner_member_id(self) -> Expr[str]:
        """The id of the workspace member who took part."""
        return Expr(self._part("owner_member_id"))
