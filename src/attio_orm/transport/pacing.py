"""The layer of rate limits: each attempt waits for its turn, and queries for their scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attio_orm.effects import Operation, sleep
from attio_orm.errors import TransportError
from attio_orm.transport.endpoint_limits import endpoint_limits_of, endpoint_of
from attio_orm.transport.exchange import Exchange, Handler
from attio_orm.transport.limits import Kind, Limiter, RateLimiter, waited_for
from attio_orm.transport.scores import Scores, is_query


class Limits:
    """Lets each attempt out when its turn has come; queries also by their scores."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._endpoints = endpoint_limits_of(limiter)
        self._scores = Scores()
        # or who gives up would keep a time from others, and where many do, nothing is sent at all
        self._within: Callable[[Kind, float], float | Operation[float]] | None
        self._within = getattr(limiter, "reserve_within", None)

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer, asked for when the limiter allows."""
        request = exchange.request
        endpoint = endpoint_of(request)
        if endpoint is not None:  # first: a time booked below would pass while this one is awaited
            yield from self._endpoints.wait(exchange, endpoint)
        has_score = request.method == "POST" and is_query(request)
        if has_score and self._scores.may_wait:
            yield from self._wait_for_scores(exchange)
        kind: Kind = "write" if request.purpose == "write" else "read"
        if exchange.deadline is None or self._within is None:
            found = self._limiter.reserve(kind)
        else:
            found = self._within(kind, exchange.deadline.left)
        if type(found) is float or isinstance(found, int | float):  # most often, and quick to tell
            wait = found
        else:
            try:
                wait = yield from found
            except TransportError:  # of the limiter, which has tried as often as it was told to
                exchange.is_final = True
                raise
        if wait > 0:  # the exception: most requests do not pay for what waiting takes
            yield from self._wait(exchange, self._limiter, wait, kind)
        if has_score:
            return (yield from self._scores.counted(exchange, send))
        return (yield from send(exchange))

    def pause(self, exchange: Exchange, seconds: float) -> Operation[None]:
        """Stop everybody after a 429; queries alone, where it was for their scores."""
        if self._scores.has_refused(exchange):
            self._scores.pause(seconds)
            # a limiter of others may serve several processes, which know nothing of these scores:
            # as long as it may be the limit of requests, they hear of it
            if isinstance(self._limiter, Limiter) or self._scores.is_sure:
                return
        pausing = self._limiter.pause(seconds)
        if pausing is not None:
            yield from pausing

    def _wait(
        self, exchange: Exchange, limiter: RateLimiter, wait: float, kind: Kind
    ) -> Operation[None]:
        """Wait for the turn of an attempt; raises where its deadline comes first."""

        def allows(wait: float) -> bool:
            return _allows(exchange, wait)

        try:
            is_out = yield from waited_for(limiter, wait, kind, allows)
        except TransportError:
            exchange.is_final = True
            raise
        deadline = exchange.deadline
        if not is_out and deadline is not None:
            raise deadline.error(exchange.request, sent=False)

    def _wait_for_scores(self, exchange: Exchange) -> Operation[None]:
        while (wait := self._scores.wait()) > 0:
            deadline = exchange.deadline
            if not _allows(exchange, wait) and deadline is not None:
                raise deadline.error(exchange.request, sent=False)
            yield from sleep(wait)


def _allows(exchange: Exchange, wait: float) -> bool:
    """Whether there is time for a wait, which is noted then."""
    if exchange.deadline is not None and wait >= exchange.deadline.left:
        return False
    exchange.waited += wait
    exchange.limited += wait
    return True
