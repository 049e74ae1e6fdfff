"""Places."""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, NoReturn, TypeAlias, cast, overload

import msgspec

from attio_orm.conditions.expressions import Expr, Part, TextExpr
from attio_orm.conditions.lookups import EQUAL, MATCHED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import (
    STRING,
    STRING_OR_NULL,
    AnyClass,
    Attribute,
    AttributeSpec,
    Codec,
    JsonValue,
)
from attio_orm.types.checks import members, refuse
from attio_orm.types.countries import country_code
from attio_orm.types.numbers import as_number
from attio_orm.types.provenance import Provenance, ValueWire
from attio_orm.types.pydantic_hooks import CompositeValue
from attio_orm.types.text import clean_line, clean_text
from attio_orm.wording import show

# Attio's own patterns and its number of decimals: what it would refuse or cut is met before.
_LATITUDE = r"[-+]?([1-8]?[0-9](\.[0-9]+)?|90(\.0+)?)"
_LONGITUDE = r"[-+]?(180(\.0+)?|((1[0-7][0-9])|([1-9]?[0-9]))(\.[0-9]+)?)"
_DECIMALS = 9


class LocationWire(ValueWire, gc=False, tag_field="attribute_type", tag="location"):
    """A location as Attio sends it."""

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


class _Part:
    """One part of a location, out of what it is made of."""

    def __set_name__(self, owner: AnyClass, name: str) -> None:
        self._get = attrgetter(f"_wire.{name}")

    @overload
    def __get__(self, instance: None, owner: AnyClass) -> _Part: ...
    @overload
    def __get__(self, instance: object, owner: AnyClass) -> str | None: ...
    def __get__(self, instance: object, owner: AnyClass) -> _Part | str | None:
        if instance is None:
            return self
        part: str | None = self._get(instance)
        return part


class Location(CompositeValue, Provenance):
    """A postal address with coordinates; every part is a ``str`` or ``None``. Immutable.

    ``country_code`` is two letters by ISO 3166-1; ``latitude`` and ``longitude`` are degrees as
    decimal text, as Attio keeps them (``"51.5007"``); numbers given for them are put into text.
    """

    __slots__ = ("_wire",)
    __match_args__ = (
        "line_1", "line_2", "line_3", "line_4", "locality", "region", "postcode", "country_code",
        "latitude", "longitude",
    )  # fmt: skip

    _wire: LocationWire

    line_1 = _Part()
    line_2 = _Part()
    line_3 = _Part()
    line_4 = _Part()
    locality = _Part()
    region = _Part()
    postcode = _Part()
    country_code = _Part()
    latitude = _Part()
    longitude = _Part()

    def __init__(
        self,
        line_1: str | None = None,
        line_2: str | None = None,
        line_3: str | None = None,
        line_4: str | None = None,
        locality: str | None = None,
        region: str | None = None,
        postcode: str | None = None,
        country_code: str | None = None,
        latitude: str | float | None = None,
        longitude: str | float | None = None,
    ) -> None:
        wire = LocationWire(
            line_1, line_2, line_3, line_4, locality, region, postcode, country_code,
            _degrees("latitude", latitude), _degrees("longitude", longitude),
        )  # fmt: skip
        _set_wire(self, wire)

    @classmethod
    def from_wire(cls, wire: LocationWire) -> Location:
        """The place that Attio sent; nothing is checked, and nothing copied."""
        made = object.__new__(cls)
        _set_wire(made, wire)
        return made

    @property
    def _came_as(self) -> ValueWire | None:
        return self._wire

    def replace(self, **parts: str | float | None) -> Location:
        """The same place with other ``parts``: ``location.replace(line_2=None)``.

        Raises ``TypeError`` for a name that is not a part.
        """
        given = zip(_NAMES, _parts(self), strict=True)
        return Location(**cast("dict[str, Any]", {**dict(given), **parts}))

    def __eq__(self, other: object) -> bool:
        return _parts(self) == _parts(other) if isinstance(other, Location) else NotImplemented

    def __hash__(self) -> int:
        return hash(_parts(self))

    def __repr__(self) -> str:
        parts = zip(_NAMES, _parts(self), strict=True)
        return f"Location({', '.join(f'{name}={part!r}' for name, part in parts)})"

    def __str__(self) -> str:
        return ", ".join(part for part in _parts(self)[:8] if part)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A Location is immutable: use replace({name}=...) for another one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A Location is immutable: {name!r} cannot be deleted.")

    def __reduce__(self) -> tuple[object, ...]:
        return self._pickled(*_parts(self))

    def __setstate__(self, told: bytes) -> None:
        about = msgspec.json.decode(told, type=ValueWire)
        self._wire.active_from = about.active_from
        self._wire.created_by_actor = about.created_by_actor

    def __copy__(self) -> Location:
        return self

    def __deepcopy__(self, memo: object) -> Location:
        return self


_NAMES = Location.__match_args__
_COMPARED = _NAMES[:7]  # Attio does not filter by coordinates; of the country see below
_parts: Callable[[Location], tuple[str | None, ...]] = attrgetter(
    *(f"_wire.{name}" for name in _NAMES)
)
_wire_of: Callable[[Location], LocationWire] = attrgetter("_wire")

# past ``__setattr__``
_set_wire: Callable[[Location, LocationWire], None] = vars(Location)["_wire"].__set__


def _degrees(name: str, value: object) -> Any:
    """Degrees as text; what is not a number is left to whoever checks the location."""
    if value is None or isinstance(value, str):
        return value
    number = as_number(value, f'give {name} as degrees, e.g. "51.5007".')
    text = f"{number:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


_ADVICE = f"a location has {', '.join(_NAMES)}."

Place: TypeAlias = Location | str


class LocationCodec(Codec[Place]):
    """Locations, as ``Location``; a plain text is written as it is, for Attio to make sense of."""

    type = "location"
    shape = LocationWire
    lookups = TypeLookups(
        None, dict.fromkeys(_COMPARED, EQUAL | MATCHED) | {"country_code": EQUAL | {"$starts_with"}}
    )

    value_class = Location
    json_schema: ClassVar = {
        "title": "Location",
        "type": "object",
        "properties": dict.fromkeys(_NAMES, STRING_OR_NULL),
        "required": [*_NAMES],
    }
    json_inputs = (STRING,)

    def read(self, wire: LocationWire) -> Location | None:
        return Location.from_wire(wire)

    def coerce(self, value: object, attr: AttributeSpec) -> Place:
        """A ``Location``, a mapping of its parts, or an address as free text."""
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
                    f"{name} {show(part)} is not a valid angle: give degrees from -{most} to "
                    f'{most} as decimal text, e.g. "51.5007".'
                )
            if part is not None:
                whole, point, decimals = part.partition(".")
                parts[name] = whole + point + decimals[:_DECIMALS]
        if not any(parts.values()):
            raise ValidationError(f"The location is empty: {_ADVICE} None clears it.")
        return Location(**parts)

    def parse(self, value: object, attr: AttributeSpec) -> Location:
        """A ``Location`` or its parts; a text would have to be understood by Attio first."""
        found = self.accept(value, attr)
        return found if isinstance(found, Location) else refuse(value, _ADVICE)

    def write(self, value: Place) -> JsonValue:
        if isinstance(value, str):
            return value
        # all ten parts, as Attio answers 400 where one is missing
        wire = _wire_of(value)
        return {  # written out, which is the fastest
            "line_1": wire.line_1,
            "line_2": wire.line_2,
            "line_3": wire.line_3,
            "line_4": wire.line_4,
            "locality": wire.locality,
            "region": wire.region,
            "postcode": wire.postcode,
            "country_code": wire.country_code,
            "latitude": wire.latitude,
            "longitude": wire.longitude,
        }

    dump = write

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The text to compare the part with."""
        if prop == "country_code":
            return country_code(value)
        return clean_text(value, "compare a part of a location with a str.")


class LocationExpr(Expr[Any]):
    """A place; Attio compares it by its parts only."""

    line_1 = Part(TextExpr)
    """The first line of the address."""
    line_2 = Part(TextExpr)
    """The second line of the address."""
    line_3 = Part(TextExpr)
    """The third line of the address."""
    line_4 = Part(TextExpr)
    """The fourth line of the address."""
    locality = Part(TextExpr)
    """The town or city."""
    region = Part(TextExpr)
    """The state, province or county."""
    postcode = Part(TextExpr)
    """The postcode."""
    country_code = Part(TextExpr)
    """The two letters of its country, such as ``GB``."""


class LocationAttribute(Attribute[LocationExpr, Location | None, Location | str | None]):
    """A postal address with coordinates, as ``Location``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-location.
    """

    codec = LocationCodec()
    expression = LocationExpr


ATTRIBUTES = (LocationAttribute,)
