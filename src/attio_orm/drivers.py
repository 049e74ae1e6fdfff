"""What drives an operation: ``run`` in a thread, ``arun`` in an event loop; how work is stopped."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from threading import Lock
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


class Effect:
    """Something an operation asks its driver to do: ``yield`` it to get its result."""

    __slots__ = ()

    def perform(self, stop: Stop | None) -> Any:
        """Do it in this thread; ``stop`` tells whether the work has been called off."""
        raise NotImplementedError

    async def aperform(self) -> Any:
        """Do it in the running event loop."""
        raise NotImplementedError


Operation: TypeAlias = Generator[Effect, Any, T]


def run(operation: Operation[T]) -> T:
    """Drive an operation to its end in this thread; gives its result or raises its exception."""
    return drive(operation, None)


async def arun(operation: Operation[T]) -> T:
    """Drive an operation to its end in the running event loop; the twin of ``run``."""
    try:
        effect = next(operation)
        while True:
            try:
                result = await effect.aperform()
            except GeneratorExit:  # the coroutine itself is being closed: nothing may be awaited
                raise
            except BaseException as error:
                effect = operation.throw(error)
            else:
                effect = operation.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        operation.close()


class Stopped(BaseException):
    """Ends an operation that was called off; never leaves ``run``."""


def drive(operation: Operation[T], stop: Stop | None) -> T:
    """Drive an operation in this thread until it ends or ``stop`` calls it off (``Stopped``)."""
    try:
        effect = next(operation)
        while True:
            if stop is not None and stop.stopped:
                raise Stopped
            try:
                result = effect.perform(stop)
            except Stopped:
                raise
            except BaseException as error:
                effect = operation.throw(error)
            else:
                effect = operation.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        operation.close()


class Stop:
    """Calls off the work of one thread, and all that it started.

    ``stop`` takes no lock, so that a finalizer may call it in any thread at any moment.
    """

    __slots__ = ("_children", "_parent", "_wake", "stopped")

    def __init__(self, parent: Stop | None = None) -> None:
        """A stop of its own, or one that its ``parent`` sets off too."""
        self.stopped = False
        self._children: set[Stop] = set()
        self._parent = parent
        self._wake = Lock()
        self._wake.acquire()
        if parent is not None:
            parent._children.add(self)
            if parent.stopped:
                self.stop()

    def stop(self) -> None:
        """Call it off: a sleep ends at once, an operation is closed at its next effect."""
        self.stopped = True
        with suppress(RuntimeError):  # released already
            self._wake.release()
        for child in list(self._children):
            child.stop()

    def sleep(self, seconds: float) -> None:
        """Sleep; raises ``Stopped`` as soon as it is called off."""
        if self.stopped or self._wake.acquire(timeout=seconds):
            raise Stopped

    def leave(self) -> None:
        """The work is over; the parent need not keep it."""
        if self._parent is not None:
            self._parent._children.discard(self)
