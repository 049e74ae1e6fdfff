"""The layer that repeats what is safe to repeat, and says so where an outcome is not known."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.effects import Operation, sleep
from attio_orm.errors import (
    APIError,
    ConnectionFailedError,
    DeadlineExceededError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    TransportError,
    ValidationError,
    WriteConflictError,
)
from attio_orm.transport import deadlines
from attio_orm.transport.decoding import AnotherAnswer
from attio_orm.transport.errors import note_unknown, outcome_unknown, retry_after
from attio_orm.transport.exchange import Exchange, Handler
from attio_orm.transport.process_locks import ProcessLock
from attio_orm.transport.requests import MISSING, Again, Doubt, Request, Settle, encode_json
from attio_orm.transport.tally import MINUTE, Tally

LONGEST_WAIT = 60.0
"""Seconds: a longer ``Retry-After`` is raised to the caller instead of slept."""

PASSING = frozenset({500, 502, 503, 504})
"""The statuses of failures that may be over at the next attempt."""

_FLOOR = 10
"""Repeats a minute that are always allowed."""

_USED_UP = (
    "It was not repeated once more: of the attempts of a minute, as many were repeats as "
    "connect(retry=Retry(budget=...)) allows."
)

GAVE_UP = 408
"""The status of a server, or of what stands before it, that waited too long for the request."""

MERGING = "merge_in_progress"
"""The code of a refusal, of reads and writes, until the merge that makes a record is over."""


def full_jitter(longest: float) -> float:
    """A random wait between zero and ``longest`` seconds."""
    from random import uniform  # only here: an attempt that succeeds never waits

    return uniform(0.0, longest)


def whole(longest: float) -> float:
    """The whole wait: what ``Retry(jitter=False)`` asks for."""
    return longest


class Retry(Struct, frozen=True):
    """How failures that pass are repeated: for ``connect(retry=Retry(longest=5.0))``.

    Attempts are ``base`` seconds apart, then twice as long each time, ``longest`` at most; with
    ``jitter`` a random part of that. ``budget`` is the share of a minute's attempts that may be
    repeats; ten are always allowed. What is beyond is raised at once, so that a server in trouble
    gets less to do and not more. How often one request is tried, ``connect(max_attempts=...)``
    says. Raises ``ValidationError``.
    """

    base: float = 1.0
    longest: float = 30.0
    jitter: bool = True
    budget: float = 0.2

    def __post_init__(self) -> None:
        for name in ("base", "longest", "budget"):
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, int | float) or not given >= 0:
                raise ValidationError(f"{name} of Retry() is a number from 0 on, not {given!r}.")
        if self.budget > 1:
            raise ValidationError(
                f"budget of Retry() is a share of all attempts, 0 to 1, not {self.budget!r}."
            )


class Budget:
    """Whether there may be one more repeat, by what the tally has counted in the last minute."""

    def __init__(
        self, share: float, tally: Tally, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """``clock`` is the one by which the tally is told when attempts begin."""
        self._share = share
        self._tally = tally
        self._clock = clock
        self._repeats: deque[float] = deque()
        self._lock = ProcessLock()

    def take(self) -> bool:
        """Whether there may be one more repeat; it is counted where there may."""
        with self._lock.here:
            now, repeats = self._clock(), self._repeats
            while repeats and repeats[0] <= now - MINUTE:
                repeats.popleft()
            recent = self._tally.begun_since(now - MINUTE)
            if len(repeats) + 1 > max(_FLOOR, self._share * recent):
                return False
            repeats.append(now)
            return True


class Retries:
    """Repeats reads and DELETE after a 429, a 5xx, a lost connection or a timeout.

    A write that creates or changes something is repeated after a 429, or where nothing reached the
    server. Where an attempt may have arrived, it is its operation that says what became of it
    (``Request.settle``); without one it raises ``OutcomeUnknownError``. What Attio refused for the
    moment alone is repeated whatever it is, as nothing was written: a write that met another one, a
    record that a merge is making. See https://docs.attio.com/rest-api/guides/rate-limiting.
    """

    def __init__(
        self,
        max_attempts: int,
        *,
        pause: Callable[[Exchange, float], Operation[None]] | None = None,
        jitter: Callable[[float], float] | None = None,
        retry: Retry | None = None,
        tally: Tally | None = None,
    ) -> None:
        # pause stops everybody who shares the rate limit for some seconds
        self._max_attempts = max(1, max_attempts)
        self._pause = pause
        self._retry = retry = retry or Retry()
        self._jitter = jitter or (full_jitter if retry.jitter else whole)
        self._tally = tally or Tally()
        self._budget = Budget(retry.budget, self._tally)

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer of the first attempt that has one."""
        try:
            return (yield from send(exchange))
        except (APIError, TransportError) as failure:
            error = failure
        # out of the except block, or each failure would hold all before it as its context
        return (yield from self._repeat(exchange, error, send))

    def _repeat(
        self, exchange: Exchange, error: APIError | TransportError, send: Handler
    ) -> Operation[Any]:
        request = exchange.request
        doubt = Doubt(may_have_arrived=False)
        try:
            while True:
                self._tally.note_error(error)
                if isinstance(error, OutcomeUnknownError):  # a middleware raised what it liked
                    raise error
                if _may_have_arrived(request, error) and not doubt.may_have_arrived:
                    if not request.is_repeatable and request.settle is None:
                        raise outcome_unknown(request, error) from error
                    # it stays so, whatever a later attempt is answered
                    doubt = Doubt(may_have_arrived=True, since=exchange.heard)
                elif doubt.may_have_arrived and request.method == "DELETE" and _is_gone(error):
                    return {}  # an attempt before this one deleted it
                is_last = not (yield from self._wait(exchange, error))
                if request.settle is not None and (doubt.may_have_arrived or not is_last):
                    answer = yield from _settled(request, request.settle, doubt, error)
                    if isinstance(answer, Again):
                        exchange.body = encode_json(answer.json)
                        exchange.request = replace(exchange.request, json=answer.json)
                    elif answer is not MISSING:
                        return answer
                if is_last:
                    if doubt.may_have_arrived and isinstance(
                        error, ConnectionFailedError | RequestTimeoutError
                    ):
                        error.sent = True  # an attempt before this one was
                    raise error
                try:
                    return (yield from send(exchange))
                except (APIError, TransportError) as failure:
                    error = failure
        except BaseException as stop:  # called off between two attempts
            if doubt.may_have_arrived:
                note_unknown(request, stop)
            raise

    def _wait(self, exchange: Exchange, error: APIError | TransportError) -> Operation[bool]:
        """Wait for the next attempt; whether there is to be one."""
        wait = self._seconds(exchange, error)
        if wait is None or exchange.attempts >= (exchange.max_attempts or self._max_attempts):
            return False
        if not self._budget.take():
            error.add_note(_USED_UP)
            return False
        if self._pause is not None and isinstance(error, RateLimitError):
            # for everybody; the layer of limits then waits for this one, too
            yield from self._pause(exchange, wait)
        else:
            exchange.waited += wait
            yield from sleep(wait)
        return True

    def _seconds(self, exchange: Exchange, error: APIError | TransportError) -> float | None:
        """The seconds before the next attempt, ``None`` where there is to be none."""
        wait = self._pause_after(exchange, error)
        return wait if wait is not None and deadlines.allows(exchange, wait) else None

    def _pause_after(self, exchange: Exchange, error: APIError | TransportError) -> float | None:
        if exchange.is_final or isinstance(error, DeadlineExceededError):
            return None
        asked: float | None = None
        retry = self._retry
        longest = min(retry.longest, retry.base * 2 ** (exchange.attempts - 1))
        if isinstance(error, APIError):
            if not _will_pass(error, exchange.request):
                return None
            asked = retry_after(exchange.response) if exchange.response else None
            if asked is None and error.code == MERGING:
                asked = longest  # the whole wait: a merge takes its time whoever asks
        if asked is None:  # doubled each time, and at random: those who failed together part
            return self._jitter(longest)
        # A date is the same for all who were refused: a little jitter keeps them apart.
        return None if asked > LONGEST_WAIT else asked + self._jitter(0.25)


def _settled(
    request: Request, settle: Settle, doubt: Doubt, error: APIError | TransportError
) -> Operation[Any]:
    """What the write's own operation says of it; nobody knows, where that could not be read."""
    try:
        return (yield from settle(doubt))
    except (APIError, TransportError) as failure:
        if isinstance(failure, OutcomeUnknownError) or not doubt.may_have_arrived:
            raise
        raise outcome_unknown(request, error) from error


def _is_gone(error: APIError | TransportError) -> bool:
    return isinstance(error, NotFoundError) and error.is_gone


def _will_pass(error: APIError, request: Request) -> bool:
    """Whether the same request may be answered otherwise in a moment."""
    if isinstance(error, RateLimitError | WriteConflictError):
        return True
    if error.status == GAVE_UP:
        return request.purpose != "write"
    if error.code == MERGING:
        return error.status in (400, 404)
    return isinstance(error, ServerError) and error.status in PASSING


def _may_have_arrived(request: Request, error: APIError | TransportError) -> bool:
    """Whether a failed request may have been carried out all the same."""
    if isinstance(error.__cause__, AnotherAnswer):
        # said as what it is, and nothing is acknowledged; a create has no id to be told by
        return request.method == "POST"
    if isinstance(error, APIError):
        # who gave up waiting may be a proxy, which does not know what became of the request
        return error.status >= 500 or error.status == GAVE_UP
    return error.sent
