"""Names of people."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import ClassVar

from attio_orm.conditions.expressions import MatchedExpr, Part, TextExpr
from attio_orm.conditions.lookups import EQUAL, MATCHED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import STRING, Attribute, AttributeSpec, Codec, JsonValue
from attio_orm.types.checks import members
from attio_orm.types.provenance import ValueWire
from attio_orm.types.text import TextWithParts, clean_text

_PARTS = ("first_name", "last_name", "full_name")
_ADVICE = 'give "Last, First", or PersonalName("First", "Last").'


class NameWire(ValueWire, gc=False, tag_field="attribute_type", tag="personal-name"):
    """A personal name as Attio sends it."""

    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None


class PersonalName(TextWithParts):
    """A person's name: equal to the full name, with ``first_name``, ``last_name``, ``full_name``.

    ``full_name`` is first and last name where it is not given; given alone, it is kept as the
    first name, as Attio does with a text without a comma.
    """

    __slots__ = ()

    shape = NameWire
    wire: NameWire

    def __new__(
        cls, first_name: str = "", last_name: str = "", full_name: str | None = None
    ) -> PersonalName:
        """Make a name from its parts."""
        if full_name is None:
            full_name = _join(first_name, last_name)
        elif not first_name and not last_name:
            first_name = full_name
        return cls.from_wire(full_name, NameWire(first_name, last_name, full_name))

    @property
    def first_name(self) -> str:
        """The first name; empty if there is none."""
        return self.wire.first_name or ""

    @property
    def last_name(self) -> str:
        """The last name; empty if there is none."""
        return self.wire.last_name or ""

    @property
    def full_name(self) -> str:
        """The whole name, as an exact ``str``."""
        return str.__str__(self)


def _join(first: str | None, last: str | None) -> str:
    return f"{first} {last}" if first and last else first or last or ""


class PersonalNameCodec(Codec[PersonalName]):
    """Names, as ``PersonalName``."""

    type = "personal-name"
    shape = NameWire
    lookups = TypeLookups(
        "full_name",
        {"full_name": EQUAL | MATCHED, "first_name": EQUAL | MATCHED, "last_name": EQUAL | MATCHED},
    )
    member = "full_name"
    text = value_class = PersonalName
    json_schema: ClassVar = {
        "title": "PersonalName",
        "type": "object",
        "properties": dict.fromkeys(_PARTS, STRING),
        "required": [*_PARTS],
    }
    json_inputs = (STRING,)

    def read(self, wire: NameWire) -> PersonalName | None:
        full = wire.full_name
        if full is None:
            if wire.first_name is None and wire.last_name is None:
                return None
            full = _join(wire.first_name, wire.last_name)
        return PersonalName.from_wire(full, wire)

    def coerce(self, value: object, attr: AttributeSpec) -> PersonalName:
        """A ``PersonalName``, ``"Last, First"``, or a mapping of the three parts."""
        if isinstance(value, PersonalName):
            parts: Mapping[str, object] = self.write(value)
        elif (given := members(value, _PARTS, f"a name has {', '.join(_PARTS)}.")) is not None:
            parts = given
        else:
            # further commas belong to the first name, and one name alone is the first, as in Attio
            last, comma, first = clean_text(value, _ADVICE).partition(",")
            parts = {"first_name": first, "last_name": last} if comma else {"first_name": last}
        first, last, full = (clean_text(parts.get(part) or "", _ADVICE).strip() for part in _PARTS)
        name = PersonalName(first, last, full or None)
        if not name:
            raise ValidationError(f"The name is empty: {_ADVICE} None clears it.")
        return name

    def write(self, value: PersonalName) -> dict[str, JsonValue]:
        # all three, as Attio refuses a full name without the others
        wire = value.wire
        return {
            "first_name": wire.first_name or "",
            "last_name": wire.last_name or "",
            "full_name": str.__str__(value),
        }

    dump = write

    def key(self, value: PersonalName) -> Hashable:
        return value.first_name, value.last_name, value.full_name

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The text to compare the part with."""
        if isinstance(value, PersonalName):  # it knows its parts: a comma in one is not between two
            return clean_text(getattr(value, prop or "full_name"), _ADVICE)
        text = clean_text(value, "compare a name with a str.")
        if prop in (None, "full_name") and "," in text:  # "Last, First", as in an assignment
            return str.__str__(self.coerce(text, attr))
        return text


class NameExpr(MatchedExpr[str | PersonalName]):
    """A person's name: compared by the full name, or by a part."""

    first_name = Part(TextExpr)
    """The first name alone."""
    last_name = Part(TextExpr)
    """The last name alone."""
    full_name = Part(TextExpr)
    """First and last name together."""


class PersonalNameAttribute(Attribute[NameExpr, PersonalName | None, PersonalName | str | None]):
    """A person's name, as ``PersonalName``; ``"Last, First"`` is accepted.

    See https://docs.attio.com/docs/attribute-types/attribute-types-personal-name.
    """

    codec = PersonalNameCodec()
    expression = NameExpr


ATTRIBUTES = (PersonalNameAttribute,)
