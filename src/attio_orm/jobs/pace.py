"""How many rows of a bulk write are under way side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

from attio_orm.transport.tally import Tally

MOST: Final = 64

_START: Final = 8
_WINDOW: Final = 0.5
"""Seconds between two looks at how it goes."""

_BETTER: Final = 1.05
"""How much faster it has to go with more workers for these to be kept."""


class Pace:
    """How many workers there are: a fixed number, or what the connection shows to be of use.

    More are tried while they make it faster and nobody waits for the limiter; half of them go
    where Attio refuses. A look that changes ``size`` begins a new ``round``: the workers end after
    the row they have, and as many as are wanted begin.
    """

    def __init__(
        self,
        fixed: int | None,
        rows: int | None,
        tally: Tally,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        most = MOST if fixed is None else fixed
        self._most = most if not rows else min(most, rows)
        self.size = min(self._most, _START if fixed is None else fixed)
        self.round = 0
        self._adapts = fixed is None and self._most > 1
        self._tally = tally
        self._clock = clock
        self._lock = Lock()
        self._best: tuple[int, float] | None = None  # a size that is kept to, and its rate
        self._patience = 1  # looks to wait before more are tried again
        self._wait = 0
        self._ended = 0
        self._look()

    def _look(self) -> None:
        self._since = self._clock()
        counts = self._tally.total()
        self._before = counts.waited, counts.rate_limited, self._ended

    def ended(self) -> None:
        """A row has come to its end."""
        if not self._adapts:
            return
        with self._lock:
            self._ended += 1
            seconds = self._clock() - self._since
            if seconds < _WINDOW or self._ended - self._before[2] < 2 * self.size:
                return
            wanted = self._wanted(seconds)
            if wanted != self.size:
                self.size = wanted
                self.round += 1
            self._look()

    def _wanted(self, seconds: float) -> int:
        counts = self._tally.total()
        waited, refused, ended = self._before
        rate = (self._ended - ended) / seconds
        if counts.rate_limited > refused:
            self._best = None
            self._wait = self._patience = 4
            return max(1, self.size // 2)
        if counts.waited - waited > 0.1 * seconds * self.size:
            self._best = None
            return self.size  # the limiter is what decides: more of them would only wait
        if self._best is not None and self.size > self._best[0] and rate < self._best[1] * _BETTER:
            fewer = self._best[0]  # more did not make it faster
            self._best = None
            self._wait = self._patience = min(64, 4 * self._patience)
            return fewer
        if self._wait:
            self._wait -= 1
            return self.size
        self._best = self.size, rate
        return min(self._most, self.size + max(1, self.size // 2))
