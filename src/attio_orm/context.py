"""Which connection is current: for this context first, then for the process."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from attio_orm.errors import NotConnectedError

if TYPE_CHECKING:
    from attio_orm.connection import Connection

T = TypeVar("T")

active: ContextVar[Connection | None] = ContextVar("attio_orm_active", default=None)
_defaults: list[Connection] = []
_lock = threading.Lock()


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


def push(connection: Connection) -> None:
    """Make ``connection`` the process-wide default."""
    with _lock:
        if not _defaults or _defaults[-1] is not connection:
            _defaults.append(connection)


def drop(connection: Connection) -> None:
    """Take ``connection`` out of the defaults; the one before comes back."""
    with _lock:
        _defaults[:] = [c for c in _defaults if c is not connection]


def current() -> Connection:
    """The connection in use here. Raises ``NotConnectedError`` where there is none."""
    found = current_or_none()
    if found is None:
        raise NotConnectedError(
            "There is no connection: call connect() first (connect('sandbox://') needs no account)."
        )
    return found


def current_or_none() -> Connection | None:
    """The connection in use here, or ``None``."""
    found = active.get()
    if found is not None:
        return found
    newest = _defaults[-1:]  # one step, while others connect and close
    return newest[0] if newest else None
