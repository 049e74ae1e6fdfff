"""Since when a value is what it is, and who set it: what Attio says of every value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from attio_orm.types.timestamps import parse_timestamp

if TYPE_CHECKING:
    from attio_orm.types.actors import Actor


class AuthorWire(Struct, gc=False):
    """An actor as Attio names one beside a value."""

    type: str | None = None
    id: str | None = None


class ValueWire(Struct, gc=False, kw_only=True):
    """What all values as Attio sends them have in common; by keyword, behind the parts of each."""

    active_from: str | None = None
    created_by_actor: AuthorWire | None = None


class ValueMeta(NamedTuple):
    """One value of an attribute, since when it is there (UTC), and who set it.

    What an answer does not say of it is ``None``.
    """

    value: Any
    active_from: datetime | None
    set_by: Actor | None


class Provenance:
    """A value that knows since when it is what it is, and who set it.

    Both are ``None`` for a value that no answer of Attio brought. They are not part of the value:
    it equals one that somebody else set at another time.
    """

    __slots__ = ()  # a class that is not made of what Attio sent has one for ``_came_in``

    _came_in: ValueWire  # not set for most values that a program makes

    @property
    def _came_as(self) -> ValueWire | None:
        return getattr(self, "_came_in", None)

    @property
    def active_from(self) -> datetime | None:
        """Since when the value is so, in UTC, of a value that Attio gave; else ``None``."""
        wire = self._came_as
        return None if wire is None else moment_in(wire)

    @property
    def set_by(self) -> Actor | None:
        """Who set the value, of one that Attio gave; else ``None``."""
        wire = self._came_as
        return None if wire is None else author_in(wire)

    def _pickled(self, *parts: object) -> tuple[object, ...]:
        """What ``__reduce__`` gives of a value that is made of these parts."""
        wire = self._came_as
        if wire is None or wire.active_from is None:
            return type(self), parts
        # as JSON, which a later version's struct can read though its members may be others
        told = ValueWire(active_from=wire.active_from, created_by_actor=wire.created_by_actor)
        return type(self), parts, msgspec.json.encode(told)

    def __setstate__(self, told: bytes) -> None:
        object.__setattr__(self, "_came_in", msgspec.json.decode(told, type=ValueWire))


def moment_in(wire: ValueWire) -> datetime | None:
    """Since when the value is active; ``None`` where that is not said, or not legible."""
    try:
        return None if wire.active_from is None else parse_timestamp(wire.active_from)
    except (ValueError, OverflowError):
        return None


def author_in(wire: ValueWire) -> Actor | None:
    """Who made the value; ``None`` where that is not said."""
    author = wire.created_by_actor
    return None if author is None or author.type is None else _make[0](author.type, author.id)


_make: list[Callable[[str, str | None], Actor]] = []


def actors_are_made_by(make: Callable[[str, str | None], Actor]) -> None:
    """Hand in what makes an actor of its type and id: that class is built on this module."""
    _make.append(make)
