"""The layer of rate limits: one for all threads and tasks of a process that share a workspace.

Attio allows 100 reads and 25 writes a second; see https://docs.attio.com/rest-api/guides/rate-limiting.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, Literal

from attio_orm.effects import Operation, sleep
from attio_orm.transport.exchange import Exchange, Handler

Kind = Literal["read", "write"]


class ProcessLock:
    """A lock that a fork cannot leave held: each process has its own."""

    __slots__ = ("_locks",)

    def __init__(self) -> None:
        self._locks: dict[int, Lock] = {}

    @property
    def here(self) -> Lock:
        """That of this process, for ``with``."""
        pid = os.getpid()
        # setdefault is one step: of threads that come at once, all get the same lock
        return self._locks.get(pid) or self._locks.setdefault(pid, Lock())


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
        self._period = period
        self.clock = clock
        self._lock = ProcessLock()
        self._paused_until = float("-inf")
        # When the requests of the last period were sent, and those to come will be, in order.
        self._times: dict[Kind, deque[float]] = {"read": deque(), "write": deque()}

    def reserve(self, kind: Kind) -> float:
        """Book the next free time for a request; gives the seconds to wait, 0 where it is now."""
        with self._lock.here:  # for arithmetic only: the caller sleeps outside, thread or task
            now = self.clock()
            times = self._times[kind]
            over = now - self._period
            while times and times[0] <= over:
                times.popleft()
            limit = self.reads if kind == "read" else self.writes
            at = max(now, self._paused_until)
            if times:
                # times stay in order, which is what lets the oldest be dropped and counted back
                at = max(at, times[-1])
                if len(times) >= limit:  # the one a whole limit before has to be a period old
                    at = max(at, times[-limit] + self._period)
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
        while wait > 0:
            if not allows(wait):
                return False
            yield from sleep(wait)
            if self.remaining == 0:  # else a pause began meanwhile, and took the booked time
                break
            wait = self.reserve(kind)
        return True

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


class Limits:
    """Lets each attempt out when its turn has come."""

    def __init__(self, limiter: Limiter) -> None:
        from attio_orm.transport import endpoint_limits  # which are limiters themselves

        self._limiter = limiter
        self._endpoint_of = endpoint_limits.endpoint_of
        self._endpoints = endpoint_limits.endpoint_limits_of(limiter)

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer, asked for when the limiter allows."""
        endpoint = self._endpoint_of(exchange.request)
        if endpoint is not None:  # first: a time booked below would pass while this one is awaited
            yield from self._endpoints.wait(exchange, endpoint)
        kind: Kind = "write" if exchange.request.purpose == "write" else "read"
        wait = self._limiter.reserve(kind)
        if wait > 0:  # the exception: most requests do not pay for what waiting takes
            yield from self._wait(exchange, wait, kind)
        return (yield from send(exchange))

    def _wait(self, exchange: Exchange, wait: float, kind: Kind) -> Operation[None]:
        """Wait for the turn of an attempt; raises where its deadline comes first."""
        deadline = exchange.deadline

        def allows(wait: float) -> bool:
            if deadline is not None and wait >= deadline.left:
                return False
            exchange.waited += wait
            return True

        if not (yield from self._limiter.wait_for(wait, kind, allows)) and deadline is not None:
            raise deadline.error(exchange.request, sent=False)
