"""Numbers, ratings and checkboxes."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Rational, Real
from typing import ClassVar

from msgspec import Struct

from attio_orm.conditions.expressions import Expr, OrderedExpr
from attio_orm.conditions.lookups import EQUAL, ORDERED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import Attribute, AttributeSpec, Codec, JsonValue
from attio_orm.types.checks import native, refuse
from attio_orm.types.text import clean_text
from attio_orm.wording import show

_NUMBER = "give a number, e.g. 14 or 14.5."
_RATING = "give a whole number from 0 to 5."
_CHECKBOX = "give True or False."
_MOST_STARS = 5


def as_number(value: object, advice: str) -> int | float | Decimal:
    """The value where it is a finite number, which a ``bool`` is not."""
    value = native(value)
    if isinstance(value, bool):  # first, as it is an ``int`` too
        refuse(value, advice)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValidationError(f"{value} cannot be kept by Attio: {advice}")
        return value
    if isinstance(value, int):
        return int(value)  # of an ``IntEnum`` as well
    if isinstance(value, Rational) and value.denominator == 1:  # a fraction that is whole
        return int(value.numerator)
    if not isinstance(value, Real):  # fractions are
        refuse(value, advice)
    try:
        number = float(value)
    except OverflowError:  # a fraction beyond any float
        number = math.inf
    if not math.isfinite(number):
        raise ValidationError(f"{show(value)} cannot be kept by Attio: {advice}")
    return number


def as_double(value: object, advice: str) -> float:
    """The value as the 64-bit number that Attio keeps; a whole one it would change is refused."""
    number = as_number(value, advice)
    try:
        double = float(number)
    except OverflowError:
        double = math.inf
    if math.isinf(double) or (double != number and _is_whole(number)):
        raise ValidationError(
            f"{show(value)} does not fit into the 64-bit number that Attio keeps: use a text "
            f"attribute for numbers with more than 15 digits."
        )
    return double


def _is_whole(number: float | Decimal) -> bool:
    # of these every digit is meant; of a fraction those beyond a double are an accident
    if isinstance(number, Decimal):
        return number == number.to_integral_value()
    return isinstance(number, int)


def as_json(number: float) -> int | float:
    """The number as JSON shows it best: without a fraction where it has none."""
    # above 2**53 a double leaves integers out, and its digits would claim to be exact
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


class NumberWire(Struct, gc=False, tag_field="attribute_type", tag="number"):
    """A number value as Attio sends it."""

    value: float | None = None


class RatingWire(Struct, gc=False, tag_field="attribute_type", tag="rating"):
    """A rating as Attio sends it."""

    value: float | None = None  # which takes "3" of JSON as well as "3.0"


class NumberCodec(Codec[float]):
    """Numbers, as ``float``: Attio keeps 64 bits."""

    type = "number"
    json_class = float
    json_schema: ClassVar = {"type": "number"}
    shape = NumberWire
    lookups = TypeLookups("value", {"value": EQUAL | ORDERED})
    member = "value"

    def read(self, wire: NumberWire) -> float | None:
        return wire.value

    def coerce(self, value: object, attr: AttributeSpec) -> float:
        """Any finite real number."""
        return as_double(value, _NUMBER)

    def write(self, value: float) -> JsonValue:
        return as_json(value)

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The number to compare with."""
        return as_json(as_double(value, "compare a number with a number."))


class RatingCodec(Codec[int]):
    """Ratings, as ``int`` from 0 to 5."""

    type = "rating"
    json_class = int
    json_schema: ClassVar = {"type": "integer"}
    shape = RatingWire
    lookups = TypeLookups("value", {"value": EQUAL | ORDERED})

    def read(self, wire: RatingWire) -> int | None:
        return None if wire.value is None else int(wire.value)

    def coerce(self, value: object, attr: AttributeSpec) -> int:
        """A whole number from 0 to 5."""
        number = as_number(value, _RATING)
        # the range first: of a Decimal with a huge exponent no ``int`` should be made
        if not 0 <= number <= _MOST_STARS or number != int(number):
            raise ValidationError(f"{show(value)} is not a valid rating: {_RATING}")
        return int(number)

    def write(self, value: int) -> JsonValue:
        return value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The number to compare with."""
        return as_json(as_double(value, "compare a rating with a number."))


class CheckboxWire(Struct, gc=False, tag_field="attribute_type", tag="checkbox"):
    """A checkbox value as Attio sends it."""

    value: bool | None = None


class CheckboxCodec(Codec[bool]):
    """Checkboxes, as ``bool``."""

    type = "checkbox"
    json_class = bool
    json_schema: ClassVar = {"type": "boolean"}
    shape = CheckboxWire
    lookups = TypeLookups("value", {"value": EQUAL})
    member = "value"

    def read(self, wire: CheckboxWire) -> bool | None:
        return wire.value

    def coerce(self, value: object, attr: AttributeSpec) -> bool:
        """``True`` or ``False``, or Attio's texts ``"true"`` and ``"false"``."""
        value = native(value)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in {"true", "false"}:
            return clean_text(value, _CHECKBOX) == "true"
        refuse(value, _CHECKBOX)

    def write(self, value: bool) -> JsonValue:
        return value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """Whether it is ticked."""
        return self.coerce(value, attr)


class NumberExpr(OrderedExpr[float | Decimal]):
    """A number or a rating."""


class CheckboxExpr(Expr[bool]):
    """A checkbox."""


class NumberAttribute(Attribute[NumberExpr, float | None, float | None]):
    """A number, as ``float``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-number.
    """

    codec = NumberCodec()
    expression = NumberExpr


class RatingAttribute(Attribute[NumberExpr, int | None, int | None]):
    """A rating of 0 to 5 stars, as ``int``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-rating.
    """

    codec = RatingCodec()
    expression = NumberExpr


class CheckboxAttribute(Attribute[CheckboxExpr, bool | None, bool | None]):
    """A checkbox, as ``bool``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-checkbox.
    """

    codec = CheckboxCodec()
    expression = CheckboxExpr


ATTRIBUTES = (NumberAttribute, RatingAttribute, CheckboxAttribute)
