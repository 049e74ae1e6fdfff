"""Values of attribute types that this library does not know."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeGuard

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, is_mapping, refuse

_READ_ONLY = frozenset({"active_from", "active_until", "created_by_actor", "attribute_type"})
_SCALARS = (str, bool, int, float)


class RawValue(Struct, frozen=True):
    """A value whose type (``type``, Attio's name of it) no codec knows, as it came (``data``)."""

    type: str
    data: dict[str, Any] = {}

    def __hash__(self) -> int:
        return hash(_frozen(self))


def _content(value: RawValue) -> dict[str, Any]:
    return {name: each for name, each in value.data.items() if name not in _READ_ONLY}


def _frozen(value: RawValue) -> Hashable:
    return value.type, _freeze(value.data)


def _is_list(data: object) -> TypeGuard[list[Any]]:
    return isinstance(data, list)


def _freeze(data: Any) -> Hashable:
    if is_mapping(data):
        return frozenset((name, _freeze(each)) for name, each in data.items())
    if _is_list(data):
        return tuple(_freeze(each) for each in data)
    scalar: Hashable = data
    return scalar


class RawCodec(Codec[RawValue]):
    """Values of an unknown type, kept as ``RawValue``."""

    shape = dict[str, Any]

    def __init__(self, type: str) -> None:
        self.type = type

    def read(self, wire: dict[str, Any]) -> RawValue | None:
        """The value with all its members."""
        return RawValue(self.type, wire)

    def coerce(self, value: object, attr: AttributeSpec) -> RawValue:
        """A ``RawValue``, a mapping of the value's members, or a scalar."""
        if isinstance(value, RawValue):
            if value.type != self.type:
                raise ValidationError(
                    f"A RawValue of type {value.type!r} does not fit: the attribute's type is "
                    f"{self.type!r}."
                )
            return value
        if is_mapping(value):
            return RawValue(self.type, {str(name): each for name, each in value.items()})
        if isinstance(value, _SCALARS):
            return RawValue(self.type, {"value": value})
        refuse(value, f"give a RawValue({self.type!r}, {{...}}), a dict, or plain JSON data.")

    def write(self, value: RawValue) -> Any:
        """The value's members, without those that Attio sets itself."""
        return _content(value)

    def key(self, value: RawValue) -> Hashable:
        """The value's members, without those that Attio sets itself."""
        return _freeze(_content(value))

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """Plain JSON data, unchanged."""
        if isinstance(value, _SCALARS):
            return value
        refuse(value, f"compare an attribute of type {self.type!r} with plain JSON data.")
