"""Which reads a cache may answer: those of operations that ask for it.

The cache itself stands above this room, in ``cache/``. What a write is decided by never asks it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final, Literal, TypeAlias, TypeVar

from msgspec import Struct

from attio_orm.effects import Operation
from attio_orm.effects.operations import reset
from attio_orm.errors import ValidationError
from attio_orm.pickles import pickled_as

T = TypeVar("T")


def check_seconds(name: str, seconds: object) -> float:
    """A number of seconds from 0 up. Raises ``ValidationError``."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise ValidationError(f"{name} is in seconds, from 0 up; not {seconds!r}.")
    return float(seconds)


@pickled_as("Caching")
class Caching(Struct, frozen=True):
    """How old an answer may be, in seconds; ``ttl`` of ``None`` is what the cache says.

    ``stale_if_error``: for so much longer where Attio cannot be reached. ``renew``: asked for in
    any case, and kept.
    """

    ttl: float | None = None
    stale_if_error: float = 0.0
    renew: bool = False


Wanted: TypeAlias = "Caching | Literal['never'] | None"

NEVER: Final = "never"

wanted: ContextVar[Wanted] = ContextVar("attio_orm_cached", default=None)
"""What may answer the reads of the operation under way; ``NEVER`` holds for all within it."""


def caching(operation: Operation[T], how: Wanted) -> Operation[T]:
    """Let a cache answer what this operation reads, unless it is part of one that refuses it."""
    # as it is where nothing is to be cached: each layer around an operation is paid for
    return operation if how is None else _caching(operation, how)


def _caching(operation: Operation[T], how: Wanted) -> Operation[T]:
    if wanted.get() == NEVER:
        return (yield from operation)
    token = wanted.set(how)
    try:
        return (yield from operation)
    finally:
        reset(wanted, token)


def uncached(operation: Operation[T]) -> Operation[T]:
    """Let Attio answer all that this operation reads: what a write is decided by, or a count."""
    return caching(operation, NEVER)
