"""Plain values: text, number, currency, rating, checkbox, date, timestamp, interaction."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from attio_sandbox.bodies import is_map, is_number
from attio_sandbox.errors import bad_value
from attio_sandbox.schema import Attribute
from attio_sandbox.timestamps import read_date, read_timestamp
from attio_sandbox.values.base import (
    EQ,
    RANGE,
    SEARCH_IN,
    Cells,
    Lookups,
    Property,
    Stored,
    ValueType,
    expect_text,
    fragment,
    named,
    split_text,
    unwrap,
    unwrap_text,
    wrong_type,
)

MAX_TEXT_BYTES = 10_000_000  # facts.md 4.1
TOO_LONG = "String must contain at most 10 MB"
_NUMERAL = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)


def as_number(value: float) -> int | float | None:
    """Give a JSON number as JavaScript would print it, None where it is not finite."""
    try:
        number = float(value)
    except OverflowError:
        return None
    if not math.isfinite(number):
        return None
    # SQLite has no whole numbers beyond 64 bits.
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


def round_number(value: int | float | str) -> int | float | None:
    """Give `value` with at most 4 decimals, half up; None where it is not a finite number."""
    if isinstance(value, str) and _NUMERAL.fullmatch(value) is None:
        return None
    try:
        exact = Decimal(str(value))  # 1.00005 is not a binary fraction, and has to round up
        if not exact.is_finite():
            return None
        if exact != exact.to_integral_value():
            exact = exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    except InvalidOperation:
        return as_number(value) if is_number(value) else None
    return as_number(float(exact))


def _expect_number(raw: Any, attribute: Attribute, member: str = "value") -> int | float:
    if not is_number(raw):
        raise wrong_type(attribute, "number", raw, member)
    return raw


class TextType(ValueType):
    """Text of up to 10 MB. An empty string stores nothing and so clears the attribute."""

    name = "text"
    default = "value"
    properties = named(value=Property("folded", "text", SEARCH_IN))
    can_be_unique = True

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take a string or `{"value": string}`."""
        text = unwrap_text(raw, "value", attribute)
        if not text:
            return None
        # Encoded only where it may be too long: no character takes more than four bytes.
        if len(text) > MAX_TEXT_BYTES // 4 and len(text.encode()) > MAX_TEXT_BYTES:
            raise bad_value(attribute.slug, TOO_LONG, "value", code="too_big")
        body = fragment(value=text)
        return Stored(body, body, Cells(*split_text(text)))


class NumberType(ValueType):
    """A number of 64 bits, as the specification has it (the docs speak of 4 decimals)."""

    name = "number"
    forms = ("number", "object")
    default = "value"
    properties = named(value=Property("number", "number", RANGE))
    can_be_unique = True

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take a number or `{"value": number}`."""
        value = _expect_number(unwrap(raw, "value", attribute, "number"), attribute)
        number = as_number(value)
        if number is None:
            raise bad_value(attribute.slug, "Expected a finite number", "value")
        body = fragment(value=number)
        return Stored(body, body, Cells(number=number))


class RatingType(ValueType):
    """A whole number of stars from 0 to 5."""

    name = "rating"
    forms = ("number", "object")
    default = "value"
    properties = named(value=Property("number", "number", RANGE))

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take a number or `{"value": number}`."""
        value = _expect_number(unwrap(raw, "value", attribute, "number"), attribute)
        if value not in range(6):
            raise bad_value(attribute.slug, "Expected a whole number from 0 to 5", "value")
        body = fragment(value=int(value))
        return Stored(body, body, Cells(number=int(value)))


class CurrencyType(ValueType):
    """An amount with up to 4 decimals, in the currency of the attribute."""

    name = "currency"
    forms = ("number", "string", "object")
    default = "currency_value"
    properties = named(currency_value=Property("number", "amount", RANGE))

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take a number, a numeric string, or `{"currency_value": either}`.

        Some clients send back the `currency_code` that they read; it must be the attribute's.
        """
        if is_map(raw) and "currency_code" in raw:
            if raw["currency_code"] != attribute.currency:
                message = f"Invalid literal value, expected {attribute.currency!r}"
                raise bad_value(attribute.slug, message, "currency_code")
            raw = {name: value for name, value in raw.items() if name != "currency_code"}
        value = unwrap(raw, "currency_value", attribute, "number")
        if isinstance(value, str):
            expect_text(value, attribute, "currency_value")
        else:
            _expect_number(value, attribute, "currency_value")
        number = round_number(value)
        if number is None:
            raise bad_value(attribute.slug, "Expected a finite number", "currency_value")
        body = fragment(currency_value=number, currency_code=attribute.currency)
        # The currency beside the number, so that sums of one currency need no document.
        return Stored(body, body, Cells(number=number, s3=attribute.currency))


class CheckboxType(ValueType):
    """A boolean."""

    name = "checkbox"
    forms = ("boolean", "string", "object")
    default = "value"
    properties = named(value=Property("number", "boolean", EQ))

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take a boolean, `"true"`, `"false"`, or `{"value": any of them}`."""
        value = unwrap(raw, "value", attribute, "boolean")
        if isinstance(value, str) and value in ("true", "false"):
            value = value == "true"
        if not isinstance(value, bool):
            raise wrong_type(attribute, "boolean", value, "value")
        body = fragment(value=value)
        return Stored(body, body, Cells(number=int(value)))


class _TimeType(ValueType):
    # Dates and timestamps: text that compares as the times do, with digits at the same places.
    default = "value"
    parse: Callable[[str], str | None]
    problem: str

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take ISO 8601, which may be partial, or `{"value": it}`."""
        found = self.parse(unwrap_text(raw, "value", attribute))
        if found is None:
            raise bad_value(attribute.slug, self.problem, "value")
        body = fragment(value=found)
        return Stored(body, body, Cells(found))


class DateType(_TimeType):
    """A calendar date; a time is cut off, after it was moved to UTC."""

    name = "date"
    properties = named(value=Property("folded", "date", RANGE))
    parse = staticmethod(read_date)
    problem = "Invalid date"


class TimestampType(_TimeType):
    """A point in time, kept to the nanosecond."""

    name = "timestamp"
    properties = named(value=Property("folded", "timestamp", RANGE))
    parse = staticmethod(read_timestamp)
    problem = "Invalid datetime"


class InteractionType(ValueType):
    """An interaction, which only Attio itself writes."""

    name = "interaction"
    forms = ("object",)
    properties = named(
        owner_member_id=Property("s1", "id", EQ),
        interaction_type=Property("s2", "text", EQ),
        interacted_at=Property("folded", "timestamp", RANGE),
    )

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Refuse every value."""
        raise bad_value(attribute.slug, "Interaction attributes cannot be written.")
