"""Amounts of money."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import (
    AttributeSpec,
    Codec,
    clean_line,
    members,
    refuse,
    show,
)
from attio_orm.values.numbers import as_json, as_number

_ADVICE = "give a number with at most 4 decimals, e.g. 1250.5, or Money(Decimal('1250.50'))."
_MOST_DECIMALS = 4
_STEP = Decimal(1).scaleb(-_MOST_DECIMALS)

# how far binary arithmetic may have carried a float from the decimal that was meant
_NOISE = 1e-13


class Money:
    """An amount of money: ``amount`` (``Decimal``) and ``currency`` (``"EUR"``, or ``None``).

    Equals and orders against plain numbers by its amount, and hashes as the amount does. Two
    different currencies are never equal, and ordering them raises ``TypeError``; a currency that
    is ``None`` is the attribute's. Amounts of one currency add up, also with plain numbers and by
    ``sum()``. A float counts as the decimal that it prints as. Immutable.
    """

    __slots__ = ("_amount", "_currency")

    _amount: Decimal
    _currency: str | None

    def __init__(self, amount: Decimal | float | str, currency: str | None = None) -> None:
        if type(amount) is not Decimal or not amount.is_finite():
            amount = _decimal(amount)
        object.__setattr__(self, "_amount", amount)
        object.__setattr__(self, "_currency", currency)

    @property
    def amount(self) -> Decimal:
        """The amount, in units of the currency."""
        return self._amount

    @property
    def currency(self) -> str | None:
        """The currency's code, e.g. ``"EUR"``; ``None`` where only the attribute knows it."""
        return self._currency

    def _comparable(self, other: object) -> Decimal | None:
        """The other's amount, or ``None`` where it is no amount of the same currency."""
        if isinstance(other, Money):
            mine, theirs = self._currency, other._currency
            return other._amount if mine is None or theirs is None or mine == theirs else None
        if isinstance(other, float):
            return Decimal(repr(float(other)))
        return Decimal(other) if isinstance(other, int | Decimal) else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Money | int | float | Decimal):
            return NotImplemented
        return self._comparable(other) == self._amount

    def __hash__(self) -> int:
        return hash(self._amount)

    def __lt__(self, other: Money | Decimal | float) -> bool:
        amount = self._comparable(other)
        return self._unordered(other) if amount is None else self._amount < amount

    def __le__(self, other: Money | Decimal | float) -> bool:
        amount = self._comparable(other)
        return self._unordered(other) if amount is None else self._amount <= amount

    def __gt__(self, other: Money | Decimal | float) -> bool:
        amount = self._comparable(other)
        return self._unordered(other) if amount is None else self._amount > amount

    def __ge__(self, other: Money | Decimal | float) -> bool:
        amount = self._comparable(other)
        return self._unordered(other) if amount is None else self._amount >= amount

    def _unordered(self, other: object) -> Any:
        if isinstance(other, Money):
            raise TypeError(
                f"{self} and {other} have no order: convert one currency into the other first, or "
                f"compare their .amount."
            )
        return NotImplemented

    def __add__(self, other: Money | Decimal | float) -> Money:
        amount = self._comparable(other)
        if amount is None:
            refused: Money = self._mixed(other)
            return refused
        return Money(self._amount + amount, self._currency or getattr(other, "currency", None))

    __radd__ = __add__  # so that ``sum()`` of amounts is one

    def __sub__(self, other: Money | Decimal | float) -> Money:
        amount = self._comparable(other)
        if amount is None:
            refused: Money = self._mixed(other)
            return refused
        return Money(self._amount - amount, self._currency or getattr(other, "currency", None))

    def __neg__(self) -> Money:
        return Money(-self._amount, self._currency)

    def _mixed(self, other: object) -> Any:
        if isinstance(other, Money):
            raise TypeError(
                f"{self} and {other} cannot be added: convert one currency into the other first."
            )
        return NotImplemented

    def __format__(self, spec: str) -> str:
        return format(self._amount, spec) if spec else str(self)

    def __float__(self) -> float:
        return float(self._amount)

    def __repr__(self) -> str:
        code = f", {self._currency!r}" if self._currency else ""
        return f"Money({str(self._amount)!r}{code})"

    def __str__(self) -> str:
        return f"{self._amount:f} {self._currency}" if self._currency else f"{self._amount:f}"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Money is immutable: make a new one instead of setting {name!r}.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"Money is immutable: {name!r} cannot be deleted.")

    def __reduce__(self) -> tuple[Any, ...]:
        return Money, (self._amount, self._currency)

    def __copy__(self) -> Money:
        return self

    def __deepcopy__(self, memo: Any) -> Money:
        return self


def _decimal(value: object) -> Decimal:
    """The value as the decimal that it shows as."""
    if isinstance(value, str):
        text = clean_line(value, _ADVICE)
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValidationError(f"{show(text)} is no amount: {_ADVICE}") from None
    number = as_number(value, _ADVICE)
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _exact(amount: Decimal, from_float: bool) -> Decimal:
    """The amount with at most 4 decimals, of which a 64-bit number loses nothing."""
    kept = amount
    if amount != amount.to_integral_value():
        kept = amount.quantize(_STEP) if amount.adjusted() < 20 else amount
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


class MoneyWire(Struct, gc=False, tag_field="attribute_type", tag="currency"):
    """A currency value as Attio sends it: live as a number, in its documentation as text."""

    currency_value: Decimal | None = None
    currency_code: str | None = None


class MoneyCodec(Codec[Money]):
    """Amounts of money, as ``Money``; the attribute has the currency.

    https://docs.attio.com/docs/attribute-types/attribute-types-currency
    """

    type = "currency"
    shape = MoneyWire

    def read(self, wire: MoneyWire) -> Money | None:
        """The amount with its currency."""
        if wire.currency_value is None:
            return None
        return Money(wire.currency_value, wire.currency_code)

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

    def write(self, value: Money) -> Any:
        """The amount as a number; the currency is the attribute's, and not written."""
        return as_json(float(value.amount))

    def key(self, value: Money) -> Any:
        """The amount."""
        return value.amount

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The amount to compare with, as a number."""
        if isinstance(value, Money):
            if value.currency and attr.currency and value.currency != attr.currency:
                raise ValidationError(
                    f"{value} cannot be compared with {attr.currency}, which the attribute keeps: "
                    f"convert it first."
                )
            value = value.amount
        return as_json(float(_decimal(value)))

    def dump(self, value: Money) -> Any:
        """The amount as a number, and the currency."""
        return {"amount": as_json(float(value.amount)), "currency": value.currency}
