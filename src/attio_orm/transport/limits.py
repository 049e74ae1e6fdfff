"""Limiters: what says when the next request may be sent, for all who share a workspace.

Attio allows 100 reads and 25 writes a second; see https://docs.attio.com/rest-api/guides/rate-limiting.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Literal, Protocol, cast, runtime_checkable

from attio_orm.effects import Operation, sleep
from attio_orm.transport.process_locks import ProcessLock

if TYPE_CHECKING:
    from attio_orm.transport.tokens import HiddenKey

Kind = Literal["read", "write"]


@runtime_checkable
class RateLimiter(Protocol):
    """What paces requests, of two methods; ``connect(limits=...)`` takes any that has them.

    Each gives what it has at once, or an operation where somebody has to be asked. A limiter that
    also has ``again(kind, wait)`` is asked once a wait is over: the seconds to wait on, 0 for none.
    One that has ``reserve_within(kind, seconds)`` is asked so where there is a deadline: it gives
    the wait, and books nothing where that is ``seconds`` or longer. One that has
    ``give_back(kind, seconds)`` is told of a wait that was called off so long before its end.
    """

    def reserve(self, kind: Kind, /) -> float | Operation[float]:
        """Book the next free time for a request; gives the seconds to wait for it."""
        ...

    def pause(self, seconds: float, /) -> Operation[None] | None:
        """Let nothing out for some seconds: Attio has refused a request."""
        ...


class Unbooked(float):
    """Seconds after which to ask again: nothing is known to be booked yet."""

    name = ""  # by which a repeat finds what was booked all the same


class Freed:
    """Times that were booked and that nobody waits for any more: who asks next may have them."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def add(self, at: float) -> None:
        """A wait for this time was called off."""
        heappush(self._times, at)

    def take(self, earliest: float, before: float) -> float | None:
        """The first that is not over, where it is soon enough."""
        while self._times and self._times[0] < earliest:
            heappop(self._times)
        return heappop(self._times) if self._times and self._times[0] < before else None


class Limiter:
    """At most ``reads`` and ``writes`` requests in any second, counted where they are sent.

    Give it to ``connect(limits=...)``, and to several where they share a workspace. It hands out
    times: ``reserve`` books the next free one under a lock and says how long to wait for it; the
    wait itself is slept by the caller, outside the lock.
    """

    def __init__(
        self,
        reads: int = 100,
        writes: int = 25,
        *,
        period: float = 1.02,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``period`` is in seconds: a second, and a little for requests that bunch on their way."""
        if reads < 1 or writes < 1:
            raise ValueError("A limiter needs at least one read and one write a second.")
        self.reads = reads
        self.writes = writes
        self.period = period
        self.clock = clock
        self._lock = ProcessLock()
        self._paused_until = float("-inf")
        # When the requests of the last period were sent, and those to come will be, in order.
        self._times: dict[Kind, deque[float]] = {"read": deque(), "write": deque()}
        self._freed: dict[Kind, Freed] = {"read": Freed(), "write": Freed()}

    def reserve(self, kind: Kind) -> float:
        """Book the next free time for a request; gives the seconds to wait, 0 where it is now."""
        return self.reserve_within(kind, math.inf)

    def reserve_within(self, kind: Kind, seconds: float) -> float:
        """The same; nothing is booked where the wait is ``seconds`` or longer."""
        with self._lock.here:  # for arithmetic only: the caller sleeps outside, thread or task
            now = self.clock()
            times = self._times[kind]
            over = now - self.period
            while times and times[0] <= over:
                times.popleft()
            limit = self.reads if kind == "read" else self.writes
            at = max(now, self._paused_until)
            freed = self._freed[kind].take(at, now + seconds)
            if freed is not None:  # it is among the times already
                return freed - now
            if times:
                # times stay in order, which is what lets the oldest be dropped and counted back
                at = max(at, times[-1])
                if len(times) >= limit:  # the one a whole limit before has to be a period old
                    at = max(at, times[-limit] + self.period)
            if at - now < seconds:
                times.append(at)
            return at - now

    def admit(self, kind: Kind, allows: Callable[[float], bool] = bool) -> Operation[bool]:
        """Wait until a request may be sent, also past a pause that begins meanwhile.

        Gives ``False`` at once where ``allows`` says that a wait of so many seconds is too long.
        """
        return (yield from self.wait_for(self.reserve(kind), kind, allows))

    def wait_for(
        self, wait: float, kind: Kind, allows: Callable[[float], bool] = bool
    ) -> Operation[bool]:
        """The same, once a time is booked: ``wait`` is what ``reserve`` gave."""
        return waited_for(self, wait, kind, allows)

    def again(self, kind: Kind, wait: float) -> float:
        """The seconds to wait on after a wait: 0, unless a pause meanwhile took the booked time."""
        return 0.0 if self.remaining == 0 else self.reserve(kind)

    def give_back(self, kind: Kind, seconds: float) -> None:
        """Nobody waits for a booked time any more, which is so many seconds ahead."""
        with self._lock.here:
            self._freed[kind].add(self.clock() + seconds)

    def pause(self, seconds: float) -> None:
        """Let nothing out for some seconds: Attio said that it has enough."""
        with self._lock.here:
            now = self.clock()
            until = now + seconds
            if until <= self._paused_until:  # several are refused at once, and the longest holds
                return
            self._paused_until = until
            # Whoever waits for a time before the end of the pause will book another one.
            for times in self._times.values():
                booked = list(times)
                times.clear()
                times.extend(booked[: bisect_right(booked, now)])
                times.extend(booked[bisect_left(booked, until) :])

    @property
    def remaining(self) -> float:
        """The seconds that a pause still lasts; 0 where there is none."""
        # no lock for one read: at worst an attempt goes out that is refused and repeated
        return max(0.0, self._paused_until - self.clock())

    def __repr__(self) -> str:
        return f"Limiter(reads={self.reads}, writes={self.writes})"


def waited_for(
    limiter: RateLimiter, wait: float, kind: Kind, allows: Callable[[float], bool] = bool
) -> Operation[bool]:
    """Wait for a time that a limiter has booked, also past a pause that begins meanwhile.

    Gives ``False`` at once where ``allows`` says that a wait of so many seconds is too long.
    """
    again: Callable[[Kind, float], float | Operation[float]] | None
    again = getattr(limiter, "again", None)
    while wait > 0:
        if not allows(wait):
            return False
        begun = time.monotonic()
        try:
            yield from sleep(wait)
        except BaseException:  # called off, as by asyncio.timeout(): its time is for somebody else
            give_back = getattr(limiter, "give_back", None)
            left = wait - (time.monotonic() - begun)
            if give_back is not None and left > 0 and not isinstance(wait, Unbooked):
                give_back(kind, left)
            raise
        if again is None:
            break
        found = again(kind, wait)
        wait = found if isinstance(found, int | float) else (yield from found)
    return True


def bound(limiter: RateLimiter | None, base: str, key: HiddenKey | None) -> RateLimiter | None:
    """The limiter for one workspace: one that counts by tokens is told which (``for_token``)."""
    if limiter is None or isinstance(limiter, Limiter):
        return limiter
    for_token = getattr(limiter, "for_token", None)
    return limiter if for_token is None else cast("RateLimiter", for_token(base, key))
