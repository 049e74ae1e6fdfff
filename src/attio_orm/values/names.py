"""Names of people."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_text, members
from attio_orm.values.parts import TextWithParts

_PARTS = ("first_name", "last_name", "full_name")
_ADVICE = 'give "Last, First", or PersonalName("First", "Last").'


class NameWire(Struct, gc=False, tag_field="attribute_type", tag="personal-name"):
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
        """The first name; empty where there is none."""
        return self.wire.first_name or ""

    @property
    def last_name(self) -> str:
        """The last name; empty where there is none."""
        return self.wire.last_name or ""

    @property
    def full_name(self) -> str:
        """The whole name, as an exact ``str``."""
        return str.__str__(self)


def _join(first: str | None, last: str | None) -> str:
    return f"{first} {last}" if first and last else first or last or ""


class PersonalNameCodec(Codec[PersonalName]):
    """Names, as ``PersonalName``.

    https://docs.attio.com/docs/attribute-types/attribute-types-personal-name
    """

    type = "personal-name"
    shape = NameWire
    member = "full_name"
    text = PersonalName

    def read(self, wire: NameWire) -> PersonalName | None:
        """The name; ``None`` where every part is missing."""
        full = wire.full_name
        if full is None:
            if wire.first_name is None and wire.last_name is None:
                return None
            full = _join(wire.first_name, wire.last_name)
        name = str.__new__(PersonalName, full)
        name.wire = wire
        return name

    def coerce(self, value: object, attr: AttributeSpec) -> PersonalName:
        """A ``PersonalName``, ``"Last, First"``, or a mapping of the three parts."""
        if isinstance(value, PersonalName):
            parts: dict[str, Any] = {
                "first_name": value.first_name,
                "last_name": value.last_name,
                "full_name": value.full_name,
            }
        elif (given := members(value, _PARTS, f"a name has {', '.join(_PARTS)}.")) is not None:
            parts = given
        else:
            last, comma, first = clean_text(value, _ADVICE).partition(",")
            parts = {"first_name": first, "last_name": last} if comma else {"first_name": last}
        first, last, full = (clean_text(parts.get(part) or "", _ADVICE).strip() for part in _PARTS)
        name = PersonalName(first, last, full or None)
        if not name:
            raise ValidationError(f"The name is empty: {_ADVICE} None clears it.")
        return name

    def write(self, value: PersonalName) -> Any:
        """All three parts, which Attio wants together."""
        return {
            "first_name": value.first_name,
            "last_name": value.last_name,
            "full_name": value.full_name,
        }

    def key(self, value: PersonalName) -> Hashable:
        """All three parts."""
        return value.first_name, value.last_name, value.full_name

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The text to compare the part with."""
        if isinstance(value, PersonalName) and prop in _PARTS:
            value = getattr(value, prop)
        text = clean_text(value, "compare a name with a str.")
        if prop in (None, "full_name") and "," in text:  # "Last, First", as in an assignment
            return str.__str__(self.coerce(text, attr))
        return text
