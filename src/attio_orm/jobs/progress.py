"""How far a bulk write has come, how fast it goes, and when it will be over."""

from __future__ import annotations

import inspect
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, NamedTuple, cast

from attio_orm import caller_warnings
from attio_orm.jobs.items import BulkState
from attio_orm.pickles import public_in
from attio_orm.transport.limits import RateLimiter

_RECENT: Final = 20.0
"""The seconds by which the rate is told: long enough for one slow answer not to count much."""


class Progress(NamedTuple):
    """How far a run has come.

    ``done`` rows have come to an end, of ``total`` (``None`` for an iterator), ``created`` and
    ``failed`` among them; ``rate`` is rows a second, and ``eta`` the seconds that the rest will
    take, ``None`` where nobody can tell. Before the first write it is what Attio's limits allow.
    """

    done: int
    total: int | None
    created: int
    failed: int
    rate: float
    eta: float | None


OnProgress = Callable[[Progress], Any]


def told_in_one(on_progress: Callable[..., Any]) -> OnProgress:
    """A callable of one ``Progress``; those of two arguments are served for one release more."""
    try:
        parameters = inspect.signature(on_progress).parameters.values()
    except (TypeError, ValueError):  # of C, some of which tell nothing
        return on_progress
    needed = [
        each
        for each in parameters
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        and each.default is each.empty
    ]
    if len(needed) != 2:
        return on_progress
    caller_warnings.warn(
        "on_progress(done, total) is deprecated and goes with 0.3: take one Progress, "
        "on_progress(progress), which has progress.done and progress.total.",
        DeprecationWarning,
    )
    old = cast("Callable[[int, int | None], Any]", on_progress)

    def told(progress: Progress) -> Any:
        # of before the first write it was never told
        return old(progress.done, progress.total) if progress.done else None

    return told


def expected(rows: int | None, limiter: RateLimiter | None) -> float | None:
    """The seconds that so many writes take at least under this limiter.

    ``None`` where there is no limit, or an unknown number of rows.
    """
    writes = getattr(limiter, "writes", None)
    if rows is None or not isinstance(writes, int):
        return None
    # a whole limit goes out at once; each further one a period later than the one before
    period = getattr(limiter, "period", 1.0)
    return max(0.0, (rows - writes) / writes * period)


class Meter:
    """Counts the rows of a run as they end, and tells a callback."""

    def __init__(
        self, total: int | None, first_eta: float | None, on_progress: OnProgress | None
    ) -> None:
        self.eta = first_eta
        self._total = total
        self._on_progress = on_progress
        self._lock = Lock()
        self._done = self._created = self._failed = 0
        # (moment, rows done by then), a few a second
        self._recent: deque[tuple[float, int]] = deque()
        self._started = time.monotonic()

    def begin(self) -> None:
        """The run begins: what is told before the first write."""
        self._started = time.monotonic()
        self._recent.append((self._started, 0))
        if self._on_progress is not None:
            self._on_progress(Progress(0, self._total, 0, 0, 0.0, self.eta))

    def note(self, state: BulkState) -> None:
        """One more row has come to its end."""
        with self._lock:  # held while it is told, so that no thread tells of less than another did
            self._done += 1
            self._created += state == "created"
            self._failed += state in ("failed", "unknown")
            if self._on_progress is not None:
                self._on_progress(self._now())

    def _now(self) -> Progress:
        now, done = time.monotonic(), self._done
        recent = self._recent
        if now - recent[-1][0] >= 0.25:
            recent.append((now, done))
        while len(recent) > 1 and now - recent[1][0] > _RECENT:
            recent.popleft()
        since, then = recent[0]
        rate = (done - then) / (now - since) if now > since else 0.0
        eta = None
        if self._total is not None:
            left = self._total - done
            if now - self._started < 2.0 and self.eta is not None:
                # too short to measure: the first second lets a whole limit out
                eta = max(0.0, self.eta - (now - self._started))
            elif rate > 0:
                eta = left / rate
        return Progress(done, self._total, self._created, self._failed, rate, eta)


public_in("attio_orm", Progress)
