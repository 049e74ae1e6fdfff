"""Phone numbers."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, clean_text, members, show
from attio_orm.values.countries import country_code as known_country
from attio_orm.values.parts import TextWithParts

_ADVICE = (
    'give it with its country, e.g. "+44 20 7946 0000", or '
    'PhoneNumber("020 7946 0000", country_code="GB").'
)
_PARTS = ("original_phone_number", "country_code")

_SEPARATORS = r"[\s().\-/\u2010-\u2015]+"
_E164 = r"\+[1-9][0-9]{6,14}"
_DIGITS = r"[0-9]{3,17}"


def _joined(text: str) -> str:
    return re.sub(_SEPARATORS, "", text)


class PhoneWire(Struct, gc=False, tag_field="attribute_type", tag="phone-number"):
    """A phone number as Attio sends it."""

    phone_number: str | None = None
    original_phone_number: str | None = None
    country_code: str | None = None
    # the name in Attio's documentation of what is ``phone_number`` in its answers
    normalized_phone_number: str | None = None


class PhoneNumber(TextWithParts):
    """A phone number: the ``str`` in E.164 form (``"+442079460000"``), with its parts.

    A national number needs its ``country_code``, and stays as it is until Attio has normalised it.
    """

    __slots__ = ()

    wire: PhoneWire

    def __new__(cls, phone_number: str, *, country_code: str | None = None) -> PhoneNumber:
        """Make a number from its text, and the country's two letters for a national one."""
        original = str.__str__(phone_number).strip()
        text = _joined(original) if original.startswith("+") else original
        return cls.from_wire(text, PhoneWire(None, original, country_code))

    @property
    def phone_number(self) -> str:
        """The number in E.164 form (a national one as given), as an exact ``str``."""
        return str.__str__(self)

    @property
    def original_phone_number(self) -> str:
        """The number as it was first written."""
        return self.wire.original_phone_number or str.__str__(self)

    @property
    def country_code(self) -> str | None:
        """The country's two letters, e.g. ``"GB"``; ``None`` where it is not known."""
        return self.wire.country_code


class PhoneCodec(Codec[PhoneNumber]):
    """Phone numbers, as ``PhoneNumber``.

    https://docs.attio.com/docs/attribute-types/attribute-types-phone-number
    """

    type = "phone-number"
    shape = PhoneWire
    member = "phone_number"
    text = PhoneNumber

    def read(self, wire: PhoneWire) -> PhoneNumber | None:
        """The number."""
        text = wire.phone_number or wire.normalized_phone_number or wire.original_phone_number
        if text is None:
            return None
        number = str.__new__(PhoneNumber, text)
        number.wire = wire
        return number

    def coerce(self, value: object, attr: AttributeSpec) -> PhoneNumber:
        """A text that starts with ``+``, or a ``PhoneNumber`` with its country."""
        given, country = value, None
        parts = members(value, _PARTS, f"a phone number has {' and '.join(_PARTS)}.")
        if isinstance(value, PhoneNumber):
            if value.wire.phone_number is not None:
                return value
            given, country = value.original_phone_number, value.country_code
        elif parts is not None:
            given, country = parts.get(_PARTS[0]), parts.get(_PARTS[1])
        text = clean_line(given, _ADVICE)
        code = None if country is None else known_country(country)
        number = PhoneNumber(text, country_code=code)
        if number.startswith("+"):
            if not re.fullmatch(_E164, number):
                raise ValidationError(
                    f"{show(text)} is no phone number: after the + come 7 to 15 digits, the first "
                    f"of which is not 0."
                )
        elif not re.fullmatch(_DIGITS, _joined(text)):
            raise ValidationError(f"{show(text)} is no phone number: {_ADVICE}")
        elif code is None:
            raise ValidationError(f"{show(text)} does not say which country it is of: {_ADVICE}")
        return number

    def write(self, value: PhoneNumber) -> Any:
        """The number; a national one together with its country."""
        if value.startswith("+"):
            return str.__str__(value)
        return {
            "original_phone_number": value.original_phone_number,
            "country_code": value.country_code,
        }

    def key(self, value: PhoneNumber) -> Hashable:
        """The digits; of a national number with its country."""
        if value.startswith("+"):
            return str.__str__(value)
        return _joined(value), value.country_code

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The text to compare with; a number with ``+`` in E.164 form."""
        if prop == "country_code":
            return known_country(value)
        text = clean_text(value, "compare a phone number with a str.").strip()
        return _joined(text) if text.startswith("+") else text
