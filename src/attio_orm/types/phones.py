"""Phone numbers."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, ClassVar

from attio_orm.conditions.expressions import Expr, MatchedExpr, Part
from attio_orm.conditions.lookups import EQUAL, MATCHED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import STRING, Attribute, AttributeSpec, JsonValue, Several
from attio_orm.types.checks import members, refuse_unseen
from attio_orm.types.countries import country_code as known_country
from attio_orm.types.lists import ValueList
from attio_orm.types.provenance import ValueWire
from attio_orm.types.text import PartsCodec, TextWithParts, clean_line, clean_text, plain
from attio_orm.wording import show

_ADVICE = (
    'give it with its country, e.g. "+44 20 7946 0000", or '
    'PhoneNumber("020 7946 0000", country_code="GB").'
)
_PARTS = ("original_phone_number", "country_code")

# what people put or paste between digits, the hyphens and dashes of typesetters included
_SEPARATORS = r"[\s().\-/\u2010-\u2015]+"
# Only the form is checked: which numbers there are, the plans of each country say, and Attio knows.
_E164 = r"\+[1-9][0-9]{6,14}"
_DIGITS = r"[0-9]{3,17}"
# as people write it ("ext. 45", "x45", "#45"), and as diallers do (",45", ";ext=45")
_EXTENSION = (
    r"(?P<number>\+?[0-9\s().\-/\u2010-\u2015]*[0-9])"
    r"(?i:\s*(?:,?\s*ext(?:ensio)?n?\b|ext|x|#)[\s.:]*|[,;]+(?:ext=)?)(?P<digits>[0-9]{1,7})"
)


def _joined(text: str) -> str:
    return re.sub(_SEPARATORS, "", text)


def _refuse_unseen(text: str) -> None:
    # spaces of any kind part the digits, those of typesetters too
    refuse_unseen(re.sub(r"\s", " ", text), "phone number")


class PhoneWire(ValueWire, gc=False, tag_field="attribute_type", tag="phone-number"):
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

    shape = PhoneWire
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


class PhoneCodec(PartsCodec[PhoneNumber]):
    """Phone numbers, as ``PhoneNumber``."""

    type = "phone-number"
    shape = PhoneWire
    lookups = TypeLookups("phone_number", {"phone_number": EQUAL | MATCHED, "country_code": EQUAL})
    member = "phone_number"
    json_inputs: ClassVar = (
        {"type": "object", "properties": dict.fromkeys(_PARTS, STRING), "required": [*_PARTS]},
    )
    texts = ("phone_number", "normalized_phone_number", "original_phone_number")
    text = value_class = PhoneNumber

    def unwrap(self, given: dict[Any, Any]) -> object:
        """The number in Attio's form: in E.164 form where it has that, else as it was written."""
        if not set(given) <= set(PhoneWire.__struct_fields__):
            return given
        number = given.get("phone_number") or given.get("normalized_phone_number")
        return {_PARTS[0]: number or given.get(_PARTS[0]), _PARTS[1]: given.get(_PARTS[1])}

    def coerce(self, value: object, attr: AttributeSpec) -> PhoneNumber:
        """A text that starts with ``+``, or a ``PhoneNumber`` with its country."""
        given, country = value, None
        parts = members(value, _PARTS, f"a phone number has {' and '.join(_PARTS)}.")
        if isinstance(value, PhoneNumber):
            if value.wire.phone_number is not None:
                return value  # as Attio sent it: there is nothing to check
            given, country = value.original_phone_number, value.country_code
        elif parts is not None:
            given, country = parts.get(_PARTS[0]), parts.get(_PARTS[1])
        text = clean_line(given, _ADVICE)
        _refuse_unseen(text)
        extension = re.fullmatch(_EXTENSION, text)
        if extension:
            raise ValidationError(
                f"{show(text)} is not a valid phone number: Attio keeps numbers in E.164 form, "
                f"without extensions. Give {show(extension['number'])}, and keep the "
                f"{show(extension['digits'])} in another attribute."
            )
        code = None if country is None else known_country(country)
        number = PhoneNumber(text, country_code=code)
        if number.startswith("+"):
            if not re.fullmatch(_E164, number):
                raise ValidationError(
                    f"{show(text)} is not a valid phone number: after the + come 7 to 15 digits, "
                    f"the first of which is not 0."
                )
        elif not re.fullmatch(_DIGITS, _joined(text)):
            raise ValidationError(f"{show(text)} is not a valid phone number: {_ADVICE}")
        elif code is None:
            raise ValidationError(f"{show(text)} does not say which country it is of: {_ADVICE}")
        return number

    def write(self, value: PhoneNumber) -> JsonValue:
        if value.startswith("+"):
            return str.__str__(value)
        return {  # Attio cannot make sense of a national number without its country
            "original_phone_number": value.original_phone_number,
            "country_code": value.country_code,
        }

    dump = write

    def key(self, value: PhoneNumber) -> Hashable:
        if value.startswith("+"):
            return plain(value)
        return _joined(value), value.country_code

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The text to compare with; a number with ``+`` in E.164 form."""
        if prop == "country_code":
            return known_country(value)
        text = clean_text(value, "compare a phone number with a str.").strip()
        _refuse_unseen(text)
        return _joined(text) if text.startswith("+") else text


class PhoneExpr(MatchedExpr[str]):
    """A phone number in the form ``+19725550123``; of a list of them, any."""

    country_code = Part[Expr[str]](Expr)
    """The two letters of its country, such as ``US``."""


class PhoneNumberAttribute(Attribute[PhoneExpr, PhoneNumber | None, str | None]):
    """One phone number.

    See https://docs.attio.com/docs/attribute-types/attribute-types-phone-number.
    """

    codec = PhoneCodec()
    expression = PhoneExpr


class PhoneNumbersAttribute(
    Attribute[PhoneExpr, ValueList[PhoneNumber, str], Several[str] | list[PhoneNumber]]
):
    """Phone numbers, as a list without repeats."""

    codec = PhoneNumberAttribute.codec
    multi = True
    expression = PhoneExpr


ATTRIBUTES = (PhoneNumberAttribute, PhoneNumbersAttribute)
