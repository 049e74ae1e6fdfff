"""Amounts of money."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from decimal import Context, Decimal, InvalidOperation
from operator import attrgetter
from typing import Any, ClassVar, Literal, NoReturn, overload

from attio_orm.conditions.expressions import OrderedExpr
from attio_orm.conditions.lookups import EQUAL, ORDERED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import STRING, STRING_OR_NULL, Attribute, AttributeSpec, Codec, JsonValue
from attio_orm.types.checks import members, native, refuse
from attio_orm.types.locales import format_amount, parsed_locale
from attio_orm.types.numbers import as_json, as_number
from attio_orm.types.provenance import Provenance, ValueWire
from attio_orm.types.pydantic_hooks import CompositeValue
from attio_orm.types.text import clean_line
from attio_orm.wording import show

_ADVICE = "give a number with at most 4 decimals, e.g. 1250.5, or Money(Decimal('1250.50'))."
_MOST_DECIMALS = 4
_MOST_DIGITS = 308  # in front of the point of a 64-bit number, or zeros behind it
_STEP = Decimal(1).scaleb(-_MOST_DECIMALS)
_CONTEXT = Context(prec=28)  # of our own: with a program's, of fewer digits, amounts were refused
_ADDED = "cannot be added: convert one currency into the other first."
_DIVIDED = "cannot be divided: convert one currency into the other first."
_ORDERED = "have no order: convert one currency into the other first, or compare their .amount."

# how far binary arithmetic may have carried a float from the decimal that was meant
_NOISE = 1e-13

_CODES = """
    AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR FJD GBP GHS HKD HUF IDR ILS INR ISK
    JPY KES KRW MXN MYR NGN NOK NTD NZD OMR PEN PHP PLN QAR RWF SAR SEK SGD THB TRY USD UYU XPF
    ZAR
"""

CURRENCIES = frozenset(_CODES.split())
"""The codes of the currencies that an attribute of Attio can be in."""


class Money(CompositeValue, Provenance):
    """An amount of money: ``amount`` (``Decimal``) and ``currency`` (``"EUR"``, or ``None``).

    Equals and orders against plain numbers by its amount, and hashes as the amount does. Two
    different currencies are never equal, and ordering them raises ``TypeError``; a currency that
    is ``None`` is the attribute's. Amounts of one currency add up, also with plain numbers and by
    ``sum()``; a number multiplies and divides them, and one divided by another is a ``Decimal``.
    ``round()`` and ``abs()`` give ``Money``; zero is false. A float counts as the decimal that it
    prints as. Immutable.
    """

    __slots__ = ("_amount", "_came_in", "_currency")

    _amount: Decimal
    _currency: str | None
    __array_ufunc__ = None  # numpy's numbers leave the arithmetic to ``Money``

    def __init__(self, amount: Decimal | float | str, currency: str | None = None) -> None:
        if type(amount) is not Decimal or not amount.is_finite():
            amount = _decimal(amount)
        object.__setattr__(self, "_amount", amount)
        object.__setattr__(self, "_currency", currency)

    @classmethod
    def from_wire(cls, wire: MoneyWire, amount: Decimal) -> Money:
        """The amount that Attio sent, with what it says of it."""
        if not amount.is_finite():
            amount = _decimal(amount)
        made = object.__new__(cls)
        _set_amount(made, amount)
        _set_currency(made, wire.currency_code)
        _set_came_in(made, wire)
        return made

    @property
    def amount(self) -> Decimal:
        """The amount, in units of the currency."""
        return self._amount

    @property
    def currency(self) -> str | None:
        """The currency's code, e.g. ``"EUR"``; ``None`` where only the attribute knows it."""
        return self._currency

    def _comparable(self, other: object) -> Decimal | None:
        """The other's amount, or ``None`` where it is not one of the same currency."""
        if isinstance(other, Money):
            mine, theirs = self._currency, other._currency
            return other._amount if mine is None or theirs is None or mine == theirs else None
        other = native(other)
        if isinstance(other, float):
            return Decimal(repr(float(other)))  # 0.1, and not the 55 digits of its binary form
        return Decimal(other) if isinstance(other, int | Decimal) else None

    def _operand(self, other: object, refusal: str) -> Decimal | None:
        """The other's amount, ``None`` for what is not money. Refuses another currency."""
        amount = self._comparable(other)
        if amount is None and isinstance(other, Money):
            raise TypeError(f"{self} and {other} {refusal}")
        return amount

    def __eq__(self, other: object) -> bool:
        if not isinstance(native(other), Money | int | float | Decimal):
            return NotImplemented
        return self._comparable(other) == self._amount

    def __hash__(self) -> int:
        return hash(self._amount)  # alone: it equals a plain number, and one without a currency

    def __lt__(self, other: Money | Decimal | float) -> bool:
        amount = self._operand(other, _ORDERED)
        return NotImplemented if amount is None else self._amount < amount

    def __le__(self, other: Money | Decimal | float) -> bool:
        amount = self._operand(other, _ORDERED)
        return NotImplemented if amount is None else self._amount <= amount

    def __gt__(self, other: Money | Decimal | float) -> bool:
        amount = self._operand(other, _ORDERED)
        return NotImplemented if amount is None else self._amount > amount

    def __ge__(self, other: Money | Decimal | float) -> bool:
        amount = self._operand(other, _ORDERED)
        return NotImplemented if amount is None else self._amount >= amount

    def __add__(self, other: Money | Decimal | float) -> Money:
        amount = self._operand(other, _ADDED)
        if amount is None:
            return NotImplemented
        return Money(self._amount + amount, self._currency or getattr(other, "currency", None))

    __radd__ = __add__  # so that ``sum()`` of amounts is one

    def __sub__(self, other: Money | Decimal | float) -> Money:
        amount = self._operand(other, _ADDED)
        if amount is None:
            return NotImplemented
        return Money(self._amount - amount, self._currency or getattr(other, "currency", None))

    def __rsub__(self, other: Decimal | float) -> Money:
        amount = self._operand(other, _ADDED)
        return NotImplemented if amount is None else Money(amount - self._amount, self._currency)

    def __mul__(self, other: Decimal | float) -> Money:
        factor = None if isinstance(other, Money) else self._comparable(other)
        return NotImplemented if factor is None else Money(self._amount * factor, self._currency)

    __rmul__ = __mul__

    @overload
    def __truediv__(self, other: Money) -> Decimal: ...
    @overload
    def __truediv__(self, other: Decimal | float) -> Money: ...
    def __truediv__(self, other: Money | Decimal | float) -> Money | Decimal:
        divisor = self._operand(other, _DIVIDED)
        if divisor is None:
            return NotImplemented
        if not divisor:  # as of any number; ``Decimal`` has an error of its own for 0 / 0
            raise ZeroDivisionError(f"{self} divided by zero")
        quotient = self._amount / divisor
        return quotient if isinstance(other, Money) else Money(quotient, self._currency)

    def __neg__(self) -> Money:
        return Money(-self._amount, self._currency)

    def __pos__(self) -> Money:
        return self

    def __abs__(self) -> Money:
        return Money(abs(self._amount), self._currency)

    def __round__(self, ndigits: int = 0) -> Money:
        # half to even, as of any number
        return Money(round(self._amount, ndigits), self._currency)

    def __bool__(self) -> bool:
        return bool(self._amount)

    def __int__(self) -> int:
        return int(self._amount)

    def __format__(self, spec: str) -> str:
        return format(self._amount, spec) if spec else str(self)

    def __float__(self) -> float:
        return float(self._amount)

    def format(self, locale: str = "en_GB") -> str:
        """The amount as people of that locale write it: ``"£1,250.50"``, ``"1.250,50 €"``.

        Without a currency it is a number. Raises ``ValidationError`` for a locale that does not
        exist, and ``ImportError`` without the extra ``format``.
        """
        return format_amount(self._amount, self._currency, parsed_locale(locale))

    def __repr__(self) -> str:
        code = f", {self._currency!r}" if self._currency else ""
        return f"Money({str(self._amount)!r}{code})"

    def __str__(self) -> str:
        return f"{self._amount:f} {self._currency}" if self._currency else f"{self._amount:f}"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Money is immutable: make a new one instead of setting {name!r}.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"Money is immutable: {name!r} cannot be deleted.")

    def __reduce__(self) -> tuple[object, ...]:
        return self._pickled(self._amount, self._currency)

    def __copy__(self) -> Money:
        return self

    def __deepcopy__(self, memo: object) -> Money:
        return self


_parts: Callable[[Money], tuple[Decimal, str | None]] = attrgetter("_amount", "_currency")
# past ``__setattr__``, which costs a page a look-up for each
_set_amount: Callable[[Money, Decimal], None] = vars(Money)["_amount"].__set__
_set_currency: Callable[[Money, str | None], None] = vars(Money)["_currency"].__set__
_set_came_in: Callable[[Money, ValueWire], None] = vars(Money)["_came_in"].__set__


def _decimal(value: object) -> Decimal:
    """The value as the decimal that it shows as."""
    if isinstance(value, str):
        text = clean_line(value, _ADVICE)
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValidationError(f"{show(text)} is not a valid amount: {_ADVICE}") from None
    number = as_number(value, _ADVICE)
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _exact(amount: Decimal, from_float: bool) -> Decimal:
    """The amount with at most 4 decimals, of which a 64-bit number loses nothing."""
    kept = amount
    if amount != amount.to_integral_value():
        # ``quantize`` raises beyond 28 digits; those amounts are refused below, in our words
        kept = amount.quantize(_STEP, context=_CONTEXT) if amount.adjusted() < 20 else amount
        noise = from_float and math.isclose(amount, kept, rel_tol=_NOISE)
        if kept != amount and not noise:
            raise ValidationError(
                f"{amount} has more than the {_MOST_DECIMALS} decimals that Attio keeps: round it "
                f"first, e.g. round(value, 4)."
            )
    if Decimal(repr(float(kept))) != kept:
        raise ValidationError(
            f"{amount} has more digits than the 64-bit number that Attio keeps: 15 are safe."
        )
    return kept


def _as_json(amount: Decimal) -> int | float:
    """The amount as the number that JSON shows. Raises ``ValidationError`` beyond 64 bits."""
    number = float(amount)
    if not math.isfinite(number):  # which JSON would have as null
        raise ValidationError(
            f"{show(amount)} does not fit into the 64-bit number that Attio keeps: {_ADVICE}"
        )
    return as_json(number)


class MoneyWire(ValueWire, gc=False, tag_field="attribute_type", tag="currency"):
    """A currency value as Attio sends it: live as a number, in its documentation as text."""

    currency_value: Decimal | None = None  # digit by digit: no float in between
    currency_code: str | None = None


class MoneyCodec(Codec[Money]):
    """Amounts of money, as ``Money``; the attribute has the currency."""

    type = "currency"
    shape = MoneyWire
    lookups = TypeLookups("currency_value", {"currency_value": EQUAL | ORDERED})
    value_class = Money
    json_schema: ClassVar = {
        "title": "Money",
        "type": "object",
        "properties": {"amount": {"type": "number"}, "currency": STRING_OR_NULL},
        "required": ["amount", "currency"],
    }
    json_inputs = ({"type": "number"}, STRING)

    def read(self, wire: MoneyWire) -> Money | None:
        amount = wire.currency_value
        if amount is None:
            return None
        if abs(amount.adjusted()) > _MOST_DIGITS:  # written out it could fill the memory
            raise ValueError(f"no float holds {amount}")
        return Money.from_wire(wire, amount)

    def unwrap(self, given: dict[Any, Any]) -> object:
        """The amount in ``{"currency_value": 12.5}``, with its currency where that is said."""
        if "currency_value" not in given or not set(given) <= set(MoneyWire.__struct_fields__):
            return given
        return {"amount": given["currency_value"], "currency": given.get("currency_code")}

    def coerce(self, value: object, attr: AttributeSpec) -> Money:
        """A number, a ``Money`` of the attribute's currency, or a mapping of its members."""
        currency = attr.currency
        amount, code = value, None
        given = members(value, ("amount", "currency"), "money has amount and currency.")
        if given is not None:
            amount, code = given.get("amount"), given.get("currency")
        elif isinstance(value, Money):
            amount, code = value.amount, value.currency
        if code is not None and not isinstance(code, str):
            refuse(code, 'give a currency code, e.g. "EUR".')
        if code and currency and code != currency:
            raise ValidationError(
                f"{show(value)} is in {code}, and the attribute keeps {currency}: convert it first."
            )
        exact = _exact(_decimal(amount), isinstance(amount, float))
        return Money(exact, code or currency)

    def write(self, value: Money) -> JsonValue:
        return _as_json(value.amount)  # which loses nothing: ``coerce`` refused what would

    def key(self, value: Money) -> Hashable:
        return value.amount  # the currency is the attribute's, so the same for all

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The amount to compare with, as a number."""
        if isinstance(value, Money):
            if value.currency and attr.currency and value.currency != attr.currency:
                raise ValidationError(
                    f"{value} cannot be compared with {attr.currency}, which the attribute keeps: "
                    f"convert it first."
                )
            value = value.amount
        return _as_json(_decimal(value))

    def dump(self, value: Money) -> JsonValue:
        amount, currency = _parts(value)
        number = float(amount)
        # JSON has no infinity; what Attio sent beyond a 64-bit number stays its digits
        shown = as_json(number) if math.isfinite(number) else str(amount)
        return {"amount": shown, "currency": currency}


class CurrencyExpr(OrderedExpr[float | Decimal | Money]):
    """An amount of money, compared by its amount."""


class CurrencyAttribute(
    Attribute[CurrencyExpr, Money | None, Money | Decimal | int | float | None]
):
    """Money, as ``Money``. ``code`` is the currency where the model is made into an object.

    ``display`` is how Attio shows it there: by ``"symbol"``, ``"narrowSymbol"``, ``"code"`` or
    ``"name"``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-currency.
    """

    codec = MoneyCodec()
    expression = CurrencyExpr

    def __init__(
        self,
        slug: str | None = None,
        *,
        code: str | None = None,
        display: Literal["symbol", "narrowSymbol", "code", "name"] = "symbol",
        **options: Any,
    ) -> None:
        super().__init__(slug, **options)
        self.code = code
        self.display = display

    @property
    def currency(self) -> str | None:
        """The currency code the class declares, or ``None``."""
        return self.code


ATTRIBUTES = (CurrencyAttribute,)
