"""The connections that ``current()`` chooses from: one of this context, and those of the process.

What they are, nothing here asks.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import pairwise
from threading import get_ident
from typing import Any, TypeVar
from weakref import ref

T = TypeVar("T")

active: ContextVar[Any] = ContextVar("attio_orm_active", default=None)


class _Default:
    """A place among the defaults. It keeps its connection alive only as long as it has to."""

    __slots__ = ("_reference", "is_entered", "kept")

    def __init__(self, connection: object) -> None:
        self._reference = ref(connection)
        self.kept: Any = connection
        self.is_entered = False

    @property
    def connection(self) -> Any:
        return self._reference()


# The newest is kept, and what a ``with`` goes back to. What is below them and nobody refers to is
# let go: who calls connect() again and again, and never close(), would fill the memory with them.
_defaults: list[_Default] = []
# By thread: what its newest connect() has just put second. Until that connection is used, a
# ``with`` may still be about to enter it.
_second: dict[int, _Default] = {}
_lock = threading.RLock()  # the garbage collector may run what closes a connection meanwhile


@contextmanager
def holding(variable: ContextVar[T], value: T) -> Generator[T]:
    """Give a context variable this value for the block.

    Raises ``RuntimeError`` at the end of a block that began in another thread or task.
    """
    token = variable.set(value)
    try:
        yield value
    except BaseException:
        with suppress(ValueError):  # a generator that is dropped half-way may end anywhere
            variable.reset(token)
        raise
    try:
        variable.reset(token)
    except ValueError:
        raise RuntimeError(
            "A session or connection was entered in one thread or task and left in another, so the "
            "code between did not work in it. Enter it where the work is done: a FastAPI "
            "dependency that enters one is an `async def`, or use AttioMiddleware of attio_orm.web."
        ) from None


def push(connection: object, *, entered: bool = False) -> None:
    """Make ``connection`` the process-wide default; ``entered`` by a block that goes back."""
    with _lock:
        before = _defaults[-1] if _defaults else None
        _second.pop(get_ident(), None)
        if before is None or before.connection is not connection:
            if before is not None and not entered:
                _second[get_ident()] = before
            _defaults.append(_Default(connection))
        _defaults[:] = [place for place in _defaults if place.connection is not None]
        for place in _defaults:  # all of it: another thread may have connected since the first
            place.is_entered |= entered and place.connection is connection
        _settle(_defaults)


def drop(connection: object) -> None:
    """Take ``connection`` out of the defaults; the one before comes back."""
    with _lock:
        # with their connections, or one could be collected before it is kept again
        alive = [(place, place.connection) for place in _defaults]
        left = [place for place, found in alive if found is not None and found is not connection]
        _settle(left)  # first, as others look at the list without the lock
        _defaults[:] = left


def _settle(places: list[_Default]) -> None:
    """Keep what has to be kept, and that alone; called with the lock held."""
    for place, above in pairwise(places):
        is_kept = above.is_entered or place in _second.values()
        place.kept = place.connection if is_kept else None
    if places:
        places[-1].kept = places[-1].connection


def newest() -> Any:
    """The process-wide default, ``None`` where there is none; it is in use from now on."""
    if _second and get_ident() in _second:
        with _lock:
            _second.pop(get_ident(), None)
            _settle(_defaults)
    last = _defaults[-1:]  # one step, while others connect and close
    return last[0].kept if last else None
