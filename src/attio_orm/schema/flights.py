"""Single flight: what several threads or tasks need at the same time is asked for once."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from contextlib import suppress
from contextvars import ContextVar
from threading import get_ident
from typing import TYPE_CHECKING, Any, TypeVar

from attio_orm.operations import Operation, call, colour

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

# Whoever leads a flight never waits for another, so that no two can wait for each other: a signal
# receiver that runs inside a flight, and needs a flight itself, asks on its own.
_leading: ContextVar[bool] = ContextVar("attio_orm_leading", default=False)


class _Flight:
    __slots__ = ("colour", "outcome", "thread")

    def __init__(self, colour: str) -> None:
        from concurrent.futures import Future

        self.thread = get_ident()
        self.colour = colour
        self.outcome: Future[tuple[str, Any]] = Future()

    def blocks(self, colour: str) -> bool:
        """Whether waiting for it would stop the very thread that is to bring it home."""
        return self.thread == get_ident() and "sync" in (self.colour, colour)

    def land(self, how: str, what: Any) -> None:
        self.outcome.set_result((how, what))

    async def _arrived(self) -> tuple[str, Any]:
        from asyncio import shield, wrap_future

        return await shield(wrap_future(self.outcome))

    def wait(self) -> Operation[tuple[str, Any]]:
        return call(self.outcome.result, self._arrived)


class Flights:
    """The operations under way, by what they bring. A fork never waits for those of its parent."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight] = {}

    def share(self, key: Hashable, operation: Callable[[], Operation[T]]) -> Operation[T]:
        """What the operation gives: started here, or awaited where it is under way already.

        A failure is raised to everybody who waits. Where the one who started it was cancelled,
        one of those who wait starts it again.
        """
        mine = yield from colour()
        place = (os.getpid(), key)
        while not _leading.get():
            flight = _Flight(mine)
            found = self._flights.setdefault(place, flight)
            if found is flight:
                return (yield from self._lead(place, flight, operation))
            if found.blocks(mine):
                break
            how, what = yield from found.wait()
            if how == "error":
                raise what
            if how == "value":
                result: T = what
                return result
        return (yield from operation())

    def _lead(
        self, place: Hashable, flight: _Flight, operation: Callable[[], Operation[T]]
    ) -> Operation[T]:
        token = _leading.set(True)
        how: str = "cancelled"
        what: Any = None
        try:
            result = yield from operation()
            how, what = "value", result
            return result
        except Exception as error:
            how, what = "error", error
            raise
        finally:
            with suppress(ValueError):  # closed by the garbage collector, in another context
                _leading.reset(token)
            del self._flights[place]
            flight.land(how, what)
