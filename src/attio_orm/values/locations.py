"""Places."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import astuple, force_setattr

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, clean_text, members, show
from attio_orm.values.countries import country_code
from attio_orm.values.numbers import as_number

_LATITUDE = r"[-+]?([1-8]?[0-9](\.[0-9]+)?|90(\.0+)?)"
_LONGITUDE = r"[-+]?(180(\.0+)?|((1[0-7][0-9])|([1-9]?[0-9]))(\.[0-9]+)?)"
_DECIMALS = 9


class Location(Struct, frozen=True, gc=False):
    """A postal address with coordinates; every part is a ``str`` or ``None``.

    ``country_code`` is two letters by ISO 3166-1; ``latitude`` and ``longitude`` are degrees as
    decimal text, as Attio keeps them (``"51.5007"``); numbers given for them are put into text.
    """

    line_1: str | None = None
    line_2: str | None = None
    line_3: str | None = None
    line_4: str | None = None
    locality: str | None = None
    region: str | None = None
    postcode: str | None = None
    country_code: str | None = None
    latitude: str | None = None
    longitude: str | None = None

    def __post_init__(self) -> None:
        if type(self.latitude) is str and type(self.longitude) is str:
            return  # as Attio sends them
        for name in ("latitude", "longitude"):
            value: object = getattr(self, name)
            if value is not None and not isinstance(value, str):
                number = as_number(value, f'give {name} as degrees, e.g. "51.5007".')
                text = f"{number:.{_DECIMALS}f}".rstrip("0").rstrip(".")
                force_setattr(self, name, "0" if text in {"-0", ""} else text)

    def __str__(self) -> str:
        parts = [getattr(self, name) for name in _NAMES[:8]]
        return ", ".join(part for part in parts if part)


class LocationWire(Struct, gc=False, tag_field="attribute_type", tag="location"):
    """A location as Attio sends it: all its parts are text."""

    line_1: str | None = None
    line_2: str | None = None
    line_3: str | None = None
    line_4: str | None = None
    locality: str | None = None
    region: str | None = None
    postcode: str | None = None
    country_code: str | None = None
    latitude: str | None = None
    longitude: str | None = None


_NAMES = Location.__struct_fields__
_ADVICE = f"a location has {', '.join(_NAMES)}."

Place: TypeAlias = Location | str


class LocationCodec(Codec[Place]):
    """Locations, as ``Location``; a plain text is written as it is, for Attio to make sense of.

    https://docs.attio.com/docs/attribute-types/attribute-types-location
    """

    type = "location"
    shape = LocationWire

    def read(self, wire: LocationWire) -> Location | None:
        """The location."""
        return Location(*astuple(wire))

    def coerce(self, value: object, attr: AttributeSpec) -> Place:
        """A ``Location``, a mapping of its parts, or an address as free text."""
        if isinstance(value, str):
            return clean_line(value, "give a Location, or an address as text.")
        given = members(value, _NAMES, _ADVICE)
        if given is not None:
            value = Location(**given)
        if not isinstance(value, Location):
            return clean_line(value, "give a Location, or an address as text.")
        parts: dict[str, str | None] = {}
        for name in _NAMES:
            part: object = getattr(value, name)
            parts[name] = None if part is None else clean_text(part, f"{name} is text or None.")
        if parts["country_code"] is not None:
            parts["country_code"] = country_code(parts["country_code"])
        for name, pattern, most in (("latitude", _LATITUDE, 90), ("longitude", _LONGITUDE, 180)):
            part = parts[name]
            if part is not None and not re.fullmatch(pattern, part):
                raise ValidationError(
                    f"{name} {show(part)} is no angle: give degrees from -{most} to {most} as "
                    f'decimal text, e.g. "51.5007".'
                )
            if part is not None:
                whole, point, decimals = part.partition(".")
                parts[name] = whole + point + decimals[:_DECIMALS]
        if not any(parts.values()):
            raise ValidationError(f"The location is empty: {_ADVICE} None clears it.")
        return Location(**parts)

    def write(self, value: Place) -> Any:
        """All ten parts, which Attio wants together, or the free text."""
        return value if isinstance(value, str) else {name: getattr(value, name) for name in _NAMES}

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The text to compare the part with."""
        if prop == "country_code":
            return country_code(value)
        return clean_text(value, "compare a part of a location with a str.")
