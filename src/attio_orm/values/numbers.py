"""Numbers, ratings and checkboxes."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_text, refuse, show

_NUMBER = "give a number, e.g. 14 or 14.5."
_RATING = "give a whole number from 0 to 5."
_CHECKBOX = "give True or False."
_MOST_STARS = 5


def as_number(value: object, advice: str) -> int | float | Decimal:
    """The value where it is a finite number; ``bool`` is none."""
    if isinstance(value, bool):
        refuse(value, advice)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValidationError(f"{value} cannot be kept by Attio: {advice}")
        return value
    if isinstance(value, int):
        return int(value)
    if not isinstance(value, Real):
        refuse(value, advice)
    number = float(value)
    if not math.isfinite(number):
        raise ValidationError(f"{number} cannot be kept by Attio: {advice}")
    return number


def as_double(value: object, advice: str) -> float:
    """The value as the 64-bit number that Attio keeps; an ``int`` it would change is refused."""
    number = as_number(value, advice)
    try:
        double = float(number)
    except OverflowError:
        double = math.inf
    if math.isinf(double) or (isinstance(number, int) and double != number):
        raise ValidationError(
            f"{show(value)} does not fit into the 64-bit number that Attio keeps: use a text "
            f"attribute for numbers with more than 15 digits."
        )
    return double


def as_json(number: float) -> int | float:
    """The number as JSON shows it best: without a fraction where it has none."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


class NumberWire(Struct, gc=False, tag_field="attribute_type", tag="number"):
    """A number value as Attio sends it."""

    value: float | None = None


class RatingWire(Struct, gc=False, tag_field="attribute_type", tag="rating"):
    """A rating as Attio sends it."""

    value: float | None = None


class NumberCodec(Codec[float]):
    """Numbers, as ``float``: Attio keeps 64 bits.

    https://docs.attio.com/docs/attribute-types/attribute-types-number
    """

    type = "number"
    shape = NumberWire
    member = "value"

    def read(self, wire: NumberWire) -> float | None:
        """The number."""
        return wire.value

    def coerce(self, value: object, attr: AttributeSpec) -> float:
        """Any finite real number."""
        return as_double(value, _NUMBER)

    def write(self, value: float) -> Any:
        """The number."""
        return as_json(value)

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The number to compare with."""
        return as_json(as_double(value, "compare a number with a number."))


class RatingCodec(Codec[int]):
    """Ratings, as ``int`` from 0 to 5.

    https://docs.attio.com/docs/attribute-types/attribute-types-rating
    """

    type = "rating"
    shape = RatingWire

    def read(self, wire: RatingWire) -> int | None:
        """The number of stars."""
        return None if wire.value is None else int(wire.value)

    def coerce(self, value: object, attr: AttributeSpec) -> int:
        """A whole number from 0 to 5."""
        number = as_number(value, _RATING)
        if number != int(number) or not 0 <= number <= _MOST_STARS:
            raise ValidationError(f"{show(value)} is no rating: {_RATING}")
        return int(number)

    def write(self, value: int) -> Any:
        """The number of stars."""
        return value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The number to compare with."""
        return as_json(as_double(value, "compare a rating with a number."))


class CheckboxWire(Struct, gc=False, tag_field="attribute_type", tag="checkbox"):
    """A checkbox value as Attio sends it."""

    value: bool | None = None


class CheckboxCodec(Codec[bool]):
    """Checkboxes, as ``bool``.

    https://docs.attio.com/docs/attribute-types/attribute-types-checkbox
    """

    type = "checkbox"
    shape = CheckboxWire
    member = "value"

    def read(self, wire: CheckboxWire) -> bool | None:
        """Whether it is ticked."""
        return wire.value

    def coerce(self, value: object, attr: AttributeSpec) -> bool:
        """``True`` or ``False``, or Attio's texts ``"true"`` and ``"false"``."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in {"true", "false"}:
            return clean_text(value, _CHECKBOX) == "true"
        refuse(value, _CHECKBOX)

    def write(self, value: bool) -> Any:
        """Whether it is ticked."""
        return value

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """Whether it is ticked."""
        return self.coerce(value, attr)
