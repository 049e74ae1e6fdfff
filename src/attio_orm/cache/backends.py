"""What a cache keeps its answers in."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Protocol

from msgspec import Struct


class Usage(Struct, frozen=True):
    """What a backend holds in bytes (``None``: it cannot tell), and how many answers had to go."""

    bytes: int | None
    evicted: int = 0


class CacheBackend(Protocol):
    """Keeps bytes by key for some seconds, and a generation for each name; used by many threads.

    Whatever it raises is a miss to those who read. A generation is a text that never comes again:
    one that got lost is replaced by a new one, and everything kept under it is out of reach.
    """

    waits: bool
    """Whether a call may wait for a disk or a server: async code makes it in a thread then."""
    size: int
    """How many answers it may hold; the ``Cache`` sets it."""

    def generations(self, names: Sequence[str]) -> list[str]:
        """The generation of each name, begun if there is none."""
        ...

    def outdate(self, names: Sequence[str]) -> None:
        """Give these names another generation."""
        ...

    def get(self, key: str) -> tuple[bytes, float] | None:
        """What was put, and for how many seconds it is kept from now on."""
        ...

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it for so long, and in place of what was there."""
        ...

    def delete(self, key: str) -> None:
        """Forget it; silent where there is nothing."""
        ...

    def usage(self) -> Usage:
        """What it holds."""
        ...

    def close(self) -> None:
        """Let go of files and sockets; idempotent."""


def new_generation() -> str:
    """A text that never was a generation before, in this process or another."""
    return token_hex(8)
