"""What ``isinstance`` leaves unknown to type checkers: mappings and lists of whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard


class Whole:
    """The base of what is one value, though it can be iterated over."""

    __slots__ = ()


def is_several(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether the value is several: what can be iterated over, but for texts and mappings."""
    one = isinstance(value, str | bytes | bytearray | Mapping | Whole)
    return not one and isinstance(value, Iterable)


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether the value is a mapping."""
    return isinstance(value, Mapping)


def is_dict(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether the value is a ``dict``, as decoded JSON has them."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether the value is a list, of whatever it is a list of."""
    return isinstance(value, list)
