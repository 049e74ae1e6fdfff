"""What an operation is: a generator of effects, which can be called off between two of them."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from contextlib import suppress
from threading import Lock
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")


class Stopped(BaseException):
    """Ends an operation that was called off; never leaves ``run``."""


class Stop:
    """Calls off the work of one thread, and all that it started.

    ``stop`` takes no lock, so that a finalizer may call it in any thread at any moment.
    """

    __slots__ = ("_children", "_parent", "_wake", "stopped")

    def __init__(self, parent: Stop | None = None) -> None:
        self.stopped = False
        self._children: set[Stop] = set()
        self._parent = parent
        self._wake = Lock()  # held until stop(): waiting for it is a sleep that can be ended
        self._wake.acquire()
        if parent is not None:
            parent._children.add(self)
            # asked after it was added: a stop() between the two steps reaches it either way
            if parent.stopped:
                self.stop()

    def stop(self) -> None:
        """Call it off: a sleep ends at once, an operation is closed at its next effect."""
        self.stopped = True
        with suppress(RuntimeError):  # released already
            self._wake.release()
        for child in list(self._children):  # a copy: other threads add and discard meanwhile
            child.stop()

    def sleep(self, seconds: float) -> None:
        """Sleep; raises ``Stopped`` as soon as it is called off."""
        if self.stopped or self._wake.acquire(timeout=seconds):
            raise Stopped

    def leave(self) -> None:
        """The work is over; the parent need not keep it."""
        if self._parent is not None:
            self._parent._children.discard(self)


class Effect(Protocol):
    """Something an operation asks its driver to do: ``yield`` it to get its result."""

    def perform(self, stop: Stop | None) -> Any:
        """Do it in this thread; ``stop`` tells whether the work has been called off."""
        ...

    def aperform(self) -> Awaitable[Any]:
        """Do it in the running event loop."""
        ...


Operation: TypeAlias = Generator[Effect, Any, T]
