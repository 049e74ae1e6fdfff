"""The descriptors that users declare: one class per attribute type, and the relations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeAlias

from attio_orm import hydration
from attio_orm import values as v
from attio_orm.descriptors import AnyAttribute, Attribute, E, R, Relation, W
from attio_orm.query import expressions as x

__all__ = [
    "Actor",
    "Actors",
    "Checkbox",
    "Currency",
    "Date",
    "Domain",
    "Domains",
    "EmailAddress",
    "EmailAddresses",
    "Interaction",
    "Location",
    "Many",
    "Maybe",
    "MultiSelect",
    "Number",
    "One",
    "PersonalName",
    "PhoneNumber",
    "PhoneNumbers",
    "Rating",
    "Select",
    "Status",
    "Text",
    "Timestamp",
]

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from attio_orm.models.model import Model

    L = TypeVar("L", bound=str, default=str)
    M = TypeVar("M", bound=Model, default=Any)
else:
    from typing import TypeVar

    L = TypeVar("L", bound=str)
    M = TypeVar("M")

T = TypeVar("T")

# what a list may be assigned from; not ``Sequence``, as a ``str`` is one of those too
Several: TypeAlias = list[T] | tuple[T, ...] | set[T] | frozenset[T]


class Text(Attribute[x.TextExpr, str | None, str | None]):
    """Text, as ``str``. See https://docs.attio.com/docs/attribute-types/attribute-types-text."""

    type = "text"
    expression = x.TextExpr


class Number(Attribute[x.NumberExpr, float | None, float | None]):
    """A number, as ``float``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-number.
    """

    type = "number"
    expression = x.NumberExpr


class Rating(Attribute[x.NumberExpr, int | None, int | None]):
    """A rating of 0 to 5 stars, as ``int``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-rating.
    """

    type = "rating"
    expression = x.NumberExpr


class Checkbox(Attribute[x.CheckboxExpr, bool | None, bool | None]):
    """A checkbox, as ``bool``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-checkbox.
    """

    type = "checkbox"
    expression = x.CheckboxExpr


class Currency(Attribute[x.CurrencyExpr, v.Money | None, v.Money | Decimal | int | float | None]):
    """Money, as ``Money``. ``code`` is the currency where the model is made into an object.

    See https://docs.attio.com/docs/attribute-types/attribute-types-currency.
    """

    type = "currency"
    expression = x.CurrencyExpr

    def __init__(self, slug: str | None = None, *, code: str | None = None, **options: Any) -> None:
        super().__init__(slug, **options)
        self.code = code

    @property
    def currency(self) -> str | None:
        """The currency code the class declares, or ``None``."""
        return self.code


class Date(Attribute[x.DateExpr, date | None, date | None]):
    """A calendar date, as ``datetime.date``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-date.
    """

    type = "date"
    expression = x.DateExpr


class Timestamp(Attribute[x.TimestampExpr, datetime | None, datetime | None]):
    """A moment, as an aware ``datetime`` in UTC.

    See https://docs.attio.com/docs/attribute-types/attribute-types-timestamp.
    """

    type = "timestamp"
    expression = x.TimestampExpr


class PersonalName(Attribute[x.NameExpr, v.PersonalName | None, v.PersonalName | str | None]):
    """A person's name, as ``PersonalName``; ``"Last, First"`` is accepted.

    See https://docs.attio.com/docs/attribute-types/attribute-types-personal-name.
    """

    type = "personal-name"
    expression = x.NameExpr


class EmailAddress(Attribute[x.EmailExpr, v.EmailAddress | None, str | None]):
    """One e-mail address.

    See https://docs.attio.com/docs/attribute-types/attribute-types-email-address.
    """

    type = "email-address"
    expression = x.EmailExpr


class EmailAddresses(
    Attribute[x.EmailExpr, v.ValueList[v.EmailAddress, str], Several[str] | list[v.EmailAddress]]
):
    """E-mail addresses, as a list without repeats."""

    type = "email-address"
    multi = True
    expression = x.EmailExpr


class Domain(Attribute[x.DomainExpr, v.Domain | None, str | None]):
    """One domain.

    See https://docs.attio.com/docs/attribute-types/attribute-types-domain.
    """

    type = "domain"
    expression = x.DomainExpr


class Domains(Attribute[x.DomainExpr, v.ValueList[v.Domain, str], Several[str] | list[v.Domain]]):
    """Domains, as a list without repeats."""

    type = "domain"
    multi = True
    expression = x.DomainExpr


class PhoneNumber(Attribute[x.PhoneExpr, v.PhoneNumber | None, str | None]):
    """One phone number.

    See https://docs.attio.com/docs/attribute-types/attribute-types-phone-number.
    """

    type = "phone-number"
    expression = x.PhoneExpr


class PhoneNumbers(
    Attribute[x.PhoneExpr, v.ValueList[v.PhoneNumber, str], Several[str] | list[v.PhoneNumber]]
):
    """Phone numbers, as a list without repeats."""

    type = "phone-number"
    multi = True
    expression = x.PhoneExpr


class Location(Attribute[x.LocationExpr, v.Location | None, v.Location | str | None]):
    """A postal address with coordinates, as ``Location``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-location.
    """

    type = "location"
    expression = x.LocationExpr


class Interaction(Attribute[x.InteractionExpr, v.Interaction | None, None]):
    """An e-mail, call or meeting that Attio noted. Read-only.

    See https://docs.attio.com/docs/attribute-types/attribute-types-interaction.
    """

    type = "interaction"
    expression = x.InteractionExpr

    def __init__(self, slug: str | None = None, **options: Any) -> None:
        options["read_only"] = True
        super().__init__(slug, **options)


class Actor(Attribute[x.ActorExpr, v.Actor | None, v.Actor | str | None]):
    """A reference to a workspace member (or, in what Attio writes, to an app or token).

    See https://docs.attio.com/docs/attribute-types/attribute-types-actor-reference.
    """

    type = "actor-reference"
    expression = x.ActorExpr


class Actors(
    Attribute[
        x.ActorExpr,
        v.ValueList[v.Actor, str],
        Several[v.Actor] | Several[v.Actor | str] | Several[str],
    ]
):
    """References to workspace members, as a list without repeats."""

    type = "actor-reference"
    multi = True
    expression = x.ActorExpr


class _Choice(Attribute[E, R, W]):
    def parametrize(self, arguments: tuple[Any, ...]) -> None:
        """Take the option titles of a ``Literal``."""
        from typing import Literal, get_args, get_origin

        for argument in arguments:
            if get_origin(argument) is Literal:
                titles = get_args(argument)
                self.options = tuple(str(each) for each in titles)
                self.checked_options = True


class Status(_Choice[x.StatusExpr[L], L | None, L | None], Generic[L]):
    """A status, as its title; ``Status[Literal["Lead", "Won"]]`` types the titles.

    See https://docs.attio.com/docs/attribute-types/attribute-types-status.
    """

    type = "status"
    expression = x.StatusExpr


class Select(_Choice[x.SelectExpr[L], v.Option | None, L | None], Generic[L]):
    """One option of a select, as its title.

    See https://docs.attio.com/docs/attribute-types/attribute-types-select.
    """

    type = "select"
    expression = x.SelectExpr


class MultiSelect(
    _Choice[x.SelectExpr[L], v.ValueList[v.Option, L], Several[L] | list[v.Option]], Generic[L]
):
    """Options of a select with several values, as a list of titles without repeats."""

    type = "select"
    multi = True
    expression = x.SelectExpr


class One(Relation[type[M], M, M | v.ReferenceMatch | str], Generic[M]):
    """A reference that is always there: reading an empty one raises ``M.DoesNotExist``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-record-reference.
    """


class Maybe(Relation[type[M], M | None, M | v.ReferenceMatch | str | None], Generic[M]):
    """A reference that may be empty: reads ``M | None``."""


class Many(
    Relation[
        type[M],
        list[M],
        Several[M]
        | Several[M | v.ReferenceMatch]
        | Several[M | v.ReferenceMatch | str]
        | Several[str],
    ],
    Generic[M],
):
    """References to several records: reads a list that notices its own changes."""

    multi = True


_BY_TYPE: dict[tuple[str, bool], type[AnyAttribute]] = {
    (each.type, each.multi): each
    for each in (
        Text, Number, Rating, Checkbox, Currency, Date, Timestamp, PersonalName, EmailAddress,
        EmailAddresses, Domain, Domains, PhoneNumber, PhoneNumbers, Location, Interaction, Actor,
        Actors, Status, Select, MultiSelect, Maybe, Many,
    )
}  # fmt: skip


class Unknown(Attribute[x.Expr[Any], Any, Any]):
    """An attribute of a type that this library does not know; read as it came."""

    expression = x.Expr
    joins = False

    def __init__(self, kind: str, *, multi: bool) -> None:
        super().__init__(read_only=True)
        self.type = kind
        self.multi = multi

    def _reader(self) -> hydration.Reader:
        return hydration.read_any


def attribute_for(kind: str, *, multi: bool) -> AnyAttribute:
    """An attribute for a type as the schema names it, for what a class does not declare."""
    found = _BY_TYPE.get((kind, multi))
    if found is None:
        return Unknown(kind, multi=multi)
    return found()
