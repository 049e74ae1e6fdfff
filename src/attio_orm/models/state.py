"""What an instance knows of its record besides the values already read."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any

from msgspec import Raw, Struct

from attio_orm.models.habits import Habit

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.identity import Session


class Batch:
    """What the records of one answer share: where they came from, and each other (weakly)."""

    __slots__ = (
        "_read_once", "asynchronous", "connection", "habit", "loaded_at", "mode", "path",
        "peers", "session",
    )  # fmt: skip

    def __init__(
        self,
        connection: Connection,
        session: Session | None,
        *,
        asynchronous: bool = False,
        mode: str = "peers",
    ) -> None:
        self.connection = connection
        self.session = session
        self.asynchronous = asynchronous
        self.mode = mode
        self.peers: list[weakref.ref[Any]] = []
        self.path: str | None = None  # of the include that brought them
        self.loaded_at = time.monotonic()
        self.habit = Habit()
        self._read_once: set[AnyAttribute] = set()

    def note(self, attribute: AnyAttribute) -> None:
        """An attribute was read by itself; what is read of two records becomes a habit."""
        if attribute not in self._read_once:
            self._read_once.add(attribute)
        elif attribute not in self.habit.attributes:
            self.habit = self.habit.along_with(attribute)


class Touched:
    """A change not saved yet: the attribute, and its raw value when the change began."""

    __slots__ = ("attribute", "base")

    def __init__(self, attribute: Any, base: Raw | None) -> None:
        self.attribute = attribute
        self.base = base


class RecordState(Struct):
    """One record's identity, raw values and unsaved changes.

    ``parts`` are the newest raw values by slug (``None`` until the first touch); ``touched`` maps
    an attribute's key to what it was when the user began to change it. ``extra`` is what was set
    before the schema was known, ``kinds`` the types of a detached copy's undeclared attributes,
    ``ref`` the session's reference to the instance, ``stale`` the slugs of relations that a write
    of another record has changed since (``parts`` has what they are known to refer to now).
    """

    id: str | None
    created_at: str
    web_url: str | None
    values: Raw | None
    batch: Batch | None
    parts: dict[str, Raw] | None = None
    touched: dict[str, Touched] | None = None
    deleted: bool = False
    as_of: float = 0.0
    ref: weakref.ref[Any] | None = None
    extra: dict[str, Any] | None = None
    kinds: dict[str, tuple[str, bool]] | None = None
    stale: set[str] | None = None
