"""How many connections there may be, which one is used next, and who waits for one.

It knows nothing of HTTP. Every step takes the same time however many connections and waiters there
are, and neither blocks nor awaits: threads and tasks wait outside, each in their own way.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from attio_orm.errors import ValidationError

KEEP_ALIVE = 5.0
"""Seconds that an idle connection is kept: short, so that a create hardly ever meets one that the
server is just closing, which would leave its outcome unknown."""


class Pool(Struct, frozen=True):
    """How many connections there may be: for ``connect(pool=Pool(size=20))``.

    At most ``size`` at once (for all threads, and for each event loop), of which ``keepalive`` are
    kept open while idle. Who finds none free waits ``acquire_timeout`` seconds, then gets a
    ``RequestTimeoutError``. Raises ``ValidationError``.
    """

    size: int = 100
    keepalive: int = 20
    acquire_timeout: float = 5.0

    def __post_init__(self) -> None:
        for name, lowest in (("size", 1), ("keepalive", 0)):
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, int) or given < lowest:
                raise ValidationError(f"{name} is a whole number from {lowest} on, not {given!r}.")
        given = self.acquire_timeout
        if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
            raise ValidationError(f"acquire_timeout is a number of seconds above 0, not {given!r}.")


class Poolable(Protocol):
    """One connection, as the pool sees it."""

    idle_since: float

    def is_quiet(self) -> bool:
        """Whether it is open and nothing came while it was idle."""
        ...

    def discard(self) -> None:
        """Close it, at once and without waiting; idempotent."""
        ...


C = TypeVar("C", bound=Poolable)
W = TypeVar("W", bound="Waiter[Any]")


class Waiter(ABC, Generic[C]):
    """Somebody who waits for a connection.

    ``granted`` is the connection, ``None`` for leave to make one. Where it is woken and
    ``is_granted`` is false, the pool was closed.
    """

    def __init__(self) -> None:
        self.granted: C | None = None
        self.is_granted = self.is_over = False

    @abstractmethod
    def wake(self) -> None:
        """Called once, when there is no more to wait for."""


class Connections(Generic[C]):
    """The open connections to one server, the one used last in front."""

    def __init__(self, settings: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = Lock()
        self._idle: deque[C] = deque()  # on the left the one that has been idle the longest
        self._busy: set[C] = set()
        self._places = settings.size  # for connections that are still to be made
        self._waiting: deque[Waiter[C]] = deque()
        self.is_closed = False

    def __len__(self) -> int:
        """How many are open or being made."""
        return self._settings.size - self._places

    def take(self, waiter: Callable[[], W]) -> C | W | None:
        """A connection that is free, ``None`` for leave to make one, or who waits for either.

        ``waiter`` makes that; it is only called where nothing is free.
        """
        with self._lock:
            oldest = self._clock() - KEEP_ALIVE
            while self._idle:
                connection = self._idle.pop()
                if connection.idle_since >= oldest and connection.is_quiet():
                    self._busy.add(connection)
                    return connection
                connection.discard()
                self._places += 1
            if self._places and not self.is_closed:
                self._places -= 1
                return None
            waiting = waiter()
            if self.is_closed:
                waiting.wake()
            else:
                self._waiting.append(waiting)
            return waiting

    def add(self, connection: C) -> None:
        """Note a connection that is being made, so that ``close`` reaches it."""
        with self._lock:
            self._busy.add(connection)
            if self.is_closed:
                connection.discard()

    def give(self, connection: C, *, is_clean: bool) -> None:
        """Take a connection back: kept for the next who asks, closed where it is not clean."""
        with self._lock:
            self._busy.discard(connection)
            if not is_clean or self.is_closed:
                connection.discard()
                self._free_place()
                return
            waiter = self._next_waiter()
            if waiter is not None:
                if connection.is_quiet():
                    self._busy.add(connection)
                    self._grant(waiter, connection)
                else:
                    connection.discard()
                    self._grant(waiter, None)
                return
            connection.idle_since = self._clock()
            self._idle.append(connection)
            oldest = connection.idle_since - KEEP_ALIVE
            while len(self._idle) > self._settings.keepalive or (
                self._idle and self._idle[0].idle_since < oldest
            ):
                self._idle.popleft().discard()
                self._places += 1

    def give_place(self) -> None:
        """Take back the leave to make a connection that was not used."""
        with self._lock:
            self._free_place()

    def stop_waiting(self, waiter: Waiter[C]) -> bool:
        """Whether something was granted, if only at this very moment: it is used, or given back."""
        with self._lock:
            waiter.is_over = True
            return waiter.is_granted

    def leave(self, waiter: Waiter[C]) -> None:
        """Stop waiting, and give back what was granted at this very moment."""
        if self.stop_waiting(waiter):
            if waiter.granted is None:
                self.give_place()
            else:
                self.give(waiter.granted, is_clean=True)

    def close(self) -> None:
        """Close all connections, those in use as well, and send away who waits. Idempotent."""
        with self._lock:
            self.is_closed = True
            for connection in (*self._idle, *self._busy):
                connection.discard()
            self._places += len(self._idle)
            self._idle.clear()
            waiting, self._waiting = self._waiting, deque()
        for waiter in waiting:
            waiter.wake()

    def _free_place(self) -> None:
        waiter = self._next_waiter()
        if waiter is None:
            self._places += 1
        else:
            self._grant(waiter, None)

    def _next_waiter(self) -> Waiter[C] | None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.is_over:  # who gave up stays in the queue until its turn, which is cheap
                return waiter
        return None

    def _grant(self, waiter: Waiter[C], connection: C | None) -> None:
        waiter.granted, waiter.is_granted = connection, True
        waiter.wake()
