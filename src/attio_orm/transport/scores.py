"""The limit of scores: what the queries of ten seconds may count together.

Attio gives each query of records or entries a score, by its filter, its sorts and the size of the
table, and refuses more where those of the last ten seconds are too many. The bound is not
published. So the scores of answers are added up. A query that is refused lets queries pause. Is
one refused again right after that, what was counted is the bound from then on, for a while: queries
then wait before they come near it, and nothing else does. The first refusal alone says little, as
that of the limit of requests is the same, and over a second later.
See https://docs.attio.com/rest-api/guides/rate-limiting.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from attio_orm.effects import Operation
from attio_orm.errors import RateLimitError
from attio_orm.transport.errors import SCORE, score_of
from attio_orm.transport.exchange import Exchange, Handler
from attio_orm.transport.process_locks import ProcessLock
from attio_orm.transport.requests import Request

WINDOW = 10.0
"""Seconds: the scores of so long count together."""

KEPT = 60.0
"""Seconds that the bound of a refusal holds; after them it is looked for anew."""

SHARE = 0.9
"""How much of what was refused is taken for the bound: other programs may have used some of it."""

POLL = 0.05
"""Seconds between two looks at whether the queries under way have been answered."""


def is_query(request: Request) -> bool:
    """Whether it is one of the requests that have a score: a query of records or of entries."""
    return request.method == "POST" and request.path.endswith("/query")


class Scores:
    """What the queries of one connection count, and how long the next one is to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = ProcessLock()  # for arithmetic only
        self._answered: deque[tuple[float, float]] = deque()  # when, and its score
        self._sum = 0.0
        self._bound: float | None = None
        self._refused_at = float("-inf")  # the last time
        self._bound_at = float("-inf")
        self._paused_until = float("-inf")
        self._under_way = 0  # queries whose scores are not known yet
        self._last = 0.0

    @property
    def may_wait(self) -> bool:
        """Whether a query was ever refused: without that, none waits."""
        return self._bound is not None or self._paused_until != float("-inf")

    def wait(self) -> float:
        """The seconds before another query may be sent, 0 where it is now."""
        with self._lock.here:
            now = self._clock()
            if now < self._paused_until:
                return self._paused_until - now
            if now - self._bound_at >= KEPT:
                self._bound = None
            if self._bound is None:
                return 0.0
            self._drop(now)
            # what is under way counts as the last one did, or all who wait would go out at once
            excess = self._sum + (self._under_way + 1) * self._last - self._bound
            for at, score in self._answered:
                if excess <= 0:
                    break
                excess -= score
                if excess <= 0:
                    return max(0.001, at + WINDOW - now)
            if excess <= 0:
                return 0.0
            if self._answered:
                return max(0.001, self._answered[-1][0] + WINDOW - now)
            # alone it may go out whatever it counts: Attio says whether it is too much by itself
            return POLL if self._under_way else 0.0

    def counted(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer of a query, whose score is noted."""
        begun = self._clock()
        if not self.may_wait:  # most often: then nobody asks what is under way
            try:
                result = yield from send(exchange)
            except RateLimitError:
                self._note_refusal(begun)
                raise
            self._note(exchange)
            return result
        with self._lock.here:
            self._under_way += 1
        try:
            result = yield from send(exchange)
        except RateLimitError:
            self._note_refusal(begun)
            raise
        finally:
            with self._lock.here:
                self._under_way -= 1
        self._note(exchange)
        return result

    def has_refused(self, exchange: Exchange) -> bool:
        """Whether a 429 was for scores, as far as it can be told: it was a query, and they count.

        Attio says the same of both limits. What is taken for this one and is the other is refused
        once more, as a read or a write that is not a query.
        """
        with self._lock.here:
            self._drop(self._clock())
            return is_query(exchange.request) and self._sum > 0

    @property
    def is_sure(self) -> bool:
        """Whether the last refusal was one for scores beyond doubt: it came after a pause."""
        return self._bound is not None and self._bound_at >= self._refused_at

    def pause(self, seconds: float) -> None:
        """Let no query out for some seconds."""
        with self._lock.here:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _note(self, exchange: Exchange) -> None:
        response = exchange.response
        # looked at before it is read: most have none, or count nothing
        if response is None or response.headers.get(SCORE, "0") == "0":
            return
        score = score_of(response)
        if score:
            with self._lock.here:
                now = self._clock()
                self._drop(now)
                self._answered.append((now, score))
                self._sum += score
                self._last = score

    def _note_refusal(self, begun: float) -> None:
        """A query that was sent at ``begun`` was refused."""
        with self._lock.here:
            now = self._clock()
            self._drop(now)
            if self._sum <= 0:
                return
            # sent after another was refused, and after queries had paused for that
            is_again = self._paused_until <= begun < self._refused_at + WINDOW
            if is_again and begun > self._refused_at:
                # of several that are refused at once, the first says where the bound is
                if self._bound is None or now - self._bound_at >= WINDOW:
                    self._bound = self._sum * SHARE
                self._bound_at = now
            self._refused_at = now

    def _drop(self, now: float) -> None:
        while self._answered and self._answered[0][0] <= now - WINDOW:
            self._sum -= self._answered.popleft()[1]
        if not self._answered:
            self._sum = 0.0  # without what adding and taking away left of it
