"""The pipeline of every request: token, rate limit, attempts, signals, log lines and errors."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from attio_orm import signals
from attio_orm.errors import (
    APIError,
    AttioError,
    ConnectionFailedError,
    InvalidResponseError,
    NotConnectedError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
)
from attio_orm.operations import Operation, Send, check, emit, sleep
from attio_orm.plans import NOT_SENT, dry_run_of
from attio_orm.transport.auth import ApiKey, Token, TokenSource
from attio_orm.transport.errors import error_from, outcome_unknown, retry_after
from attio_orm.transport.limiter import Limiter
from attio_orm.transport.messages import Backend, Headers, Request, WireRequest, WireResponse

if TYPE_CHECKING:
    from logging import Logger

LONGEST_WAIT = 60.0
"""Seconds: a longer ``Retry-After`` is raised to the caller instead of slept."""

PASSING = frozenset({500, 502, 503, 504})
"""The statuses of failures that may be over at the next attempt."""

DEBUG = 10  # logging.DEBUG, without importing logging here


def full_jitter(longest: float) -> float:
    """A random wait between zero and ``longest`` seconds."""
    from random import uniform

    return uniform(0.0, longest)


class Attempt(Struct):
    """How one attempt ended: its result, or its error; ``is_final`` where repeating is no use."""

    result: Any = None
    error: AttioError | None = None
    response: WireResponse | None = None
    is_final: bool = False

    @property
    def may_have_arrived(self) -> bool:
        """Whether a failed request may have been carried out all the same."""
        if isinstance(self.error, APIError):
            return self.error.status >= 500
        return bool(getattr(self.error, "sent", False))

    @property
    def was_missing(self) -> bool:
        """Whether the answer was a 404."""
        return self.response is not None and self.response.status == 404


class Transport:
    """Sends requests to one workspace; see ``send``.

    ``sender`` is the sender of the request signals (the connection sets itself), ``limits`` of
    ``None`` means no rate limit, ``timeout`` is in seconds and for each attempt. ``api_key`` is a
    string, or a callable that is asked for each request, or ``None`` for a server without tokens;
    ``base`` is the address to show in errors.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        api_key: ApiKey | None,
        base: str,
        max_attempts: int = 5,
        timeout: float = 30.0,
        limits: Limiter | None = None,
        jitter: Callable[[float], float] = full_jitter,
    ) -> None:
        """Raises ``ValidationError`` for a malformed token. Sends nothing."""
        import logging

        self.backend = backend
        self.base = base
        self.max_attempts = max(1, max_attempts)
        self.timeout = timeout
        self.limits = limits
        self.sender: object = self
        self.is_closed = False
        self._tokens = TokenSource(api_key)
        self._jitter = jitter
        self._log: Logger = logging.getLogger("attio_orm.transport")

    def send(self, request: Request) -> Operation[Any]:
        """The decoded body of the answer; raises ``APIError`` and ``TransportError``.

        What is safe to repeat (reads, PUT, PATCH, DELETE) is repeated after a 429, a 5xx, a lost
        connection, a timeout or an unreadable answer; a create only after a 429 or where nothing
        reached the server, else it raises ``OutcomeUnknownError``. See
        https://docs.attio.com/rest-api/guides/rate-limiting. In a dry run a write is noted, and
        the result is ``NOT_SENT``.
        """
        if self.is_closed:
            raise NotConnectedError(f"The connection to {self.base} is closed: connect() again.")
        if request.purpose == "write":
            planned = dry_run_of(self.sender)
            if planned is not None:
                planned.add(request.planned)
                return NOT_SENT
        yield from check(signals.request_started, self.sender)
        yield from check(signals.request_finished, self.sender)
        token = yield from self._tokens.current()
        target, body = request.target, request.body
        may_have_arrived = asked_again = False
        number = 0
        while True:
            number += 1
            if self.limits is not None:
                yield from self.limits.admit("write" if request.purpose == "write" else "read")
            wire = self._wire(request, target, body, token)
            attempt = yield from self._attempt(request, wire, number, token)
            error = attempt.error
            if error is None:
                return attempt.result
            if attempt.was_missing and may_have_arrived and request.method == "DELETE":
                return {}  # an attempt before this one deleted it
            if self._tokens.can_change and not asked_again and _is_refused(error):
                asked_again = True
                fresh = yield from self._tokens.current()
                if fresh != token:
                    token = fresh
                    continue
            if attempt.may_have_arrived:
                may_have_arrived = True
                if not request.is_repeatable:
                    raise outcome_unknown(request, error) from error
            wait = self._wait(attempt, number)
            if wait is None or number >= self.max_attempts:
                raise error
            if self.limits is not None and isinstance(error, RateLimitError):
                self.limits.pause(wait)  # for everybody; admit() then waits for this one, too
            else:
                yield from sleep(wait)

    def close(self) -> None:
        """Close the backend; idempotent."""
        self.backend.close()

    async def aclose(self) -> None:
        """The twin of ``close``."""
        await self.backend.aclose()

    def __repr__(self) -> str:
        """Its backend, and nothing of the token."""
        return f"Transport({self.backend!r})"

    # -- one attempt -------------------------------------------------------------------------------

    def _wire(self, request: Request, target: str, body: bytes, token: Token | None) -> WireRequest:
        headers = Headers()
        if token is not None:
            headers["authorization"] = token.header
        if body:
            headers["content-type"] = request.content_type
        return WireRequest(request.method, target, headers, body, self.timeout)

    def _attempt(
        self, request: Request, wire: WireRequest, number: int, token: Token | None
    ) -> Operation[Attempt]:
        method, path, purpose = request.method, request.path, request.purpose
        yield from emit(
            signals.request_started,
            self.sender,
            method=method,
            path=path,
            attempt=number,
            purpose=purpose,
        )
        attempt = Attempt()
        begun = perf_counter()
        try:
            attempt.response = yield Send(self.backend, wire)
        except (ConnectionFailedError, RequestTimeoutError) as failure:
            if token is not None:
                failure.args = tuple(token.redact(argument) for argument in failure.args)
            attempt.error = failure
        elapsed = perf_counter() - begun
        status = None
        if attempt.response is not None:
            status = attempt.response.status
            self._read(attempt, attempt.response, request, number, token)
        if self._log.isEnabledFor(DEBUG):
            shown = status or type(attempt.error).__name__
            self._log.debug("%s %s %s %.3fs attempt %d", method, path, shown, elapsed, number)
        yield from emit(
            signals.request_finished,
            self.sender,
            method=method,
            path=path,
            status=status,
            attempt=number,
            elapsed=elapsed,
            purpose=purpose,
            error=attempt.error,
        )
        return attempt

    def _read(
        self,
        attempt: Attempt,
        response: WireResponse,
        request: Request,
        number: int,
        token: Token | None,
    ) -> None:
        body = response.body
        if not 200 <= response.status < 300:
            attempt.error = error_from(response, request, attempts=number, token=token)
        elif response.status == 204 or (request.method == "DELETE" and not body.strip()):
            attempt.result = {}
        elif _is_web_page(response):
            attempt.is_final = True
            attempt.error = self._unreadable(request, "a web page instead of JSON")
        else:
            try:
                attempt.result = request.decode(body)
            except (msgspec.DecodeError, ValueError) as failure:
                what = "JSON that cannot be read" if body.strip() else "an empty body"
                attempt.error = self._unreadable(request, f"{what} ({failure})")
                attempt.error.__cause__ = failure

    def _unreadable(self, request: Request, what: str) -> InvalidResponseError:
        host = self.base.rpartition("://")[2].partition("/")[0].rpartition("@")[2] or self.base
        return InvalidResponseError(
            f"{request.method} {request.path}: {host} answered with {what}. "
            f"Is {host} the API's address? Check it, and what stands in between, such as a proxy."
        )

    def _wait(self, attempt: Attempt, number: int) -> float | None:
        """The seconds before the next attempt, ``None`` where there is to be none."""
        error, asked = attempt.error, None
        if attempt.is_final:
            return None
        if isinstance(error, APIError):
            if isinstance(error, RateLimitError):
                asked = error.retry_after
            elif isinstance(error, ServerError) and error.status in PASSING:
                asked = retry_after(attempt.response) if attempt.response else None
            else:
                return None
        if asked is None:
            return self._jitter(min(30.0, 0.5 * 2 ** (number - 1)))
        # A date is the same for all who were refused: a little jitter keeps them apart.
        return None if asked > LONGEST_WAIT else asked + self._jitter(0.25)


def _is_refused(error: AttioError) -> bool:
    return isinstance(error, APIError) and error.status == 401


def _is_web_page(response: WireResponse) -> bool:
    kind = response.headers.get("content-type", "")
    return kind.startswith(("text/html", "application/xhtml")) or (
        response.body[:64].lstrip().startswith(b"<")
    )
