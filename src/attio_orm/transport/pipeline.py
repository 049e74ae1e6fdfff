"""``Transport``: a backend under the layers that requests pass.

From the outside in: dry runs, shared reads, deadlines, tokens, repeats, limits, signals and log
lines. A cache is a further layer of the same interface. A layer that has nothing to do
for a request is left out, as every request would pay for it. So what all of them need is not a
layer, but one function inside the layers, ``_attempt``: it carries the request over the backend,
with its token, and reads the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import get_ident
from time import perf_counter
from typing import Any

import msgspec

from attio_orm import signals
from attio_orm.effects import Operation, Send, call
from attio_orm.errors import InvalidResponseError, NotConnectedError, TransportError
from attio_orm.transport import deadlines, downloads, dry_run, errors
from attio_orm.transport.authentication import Authentication
from attio_orm.transport.bounds import FOREVER
from attio_orm.transport.caching import wanted
from attio_orm.transport.call_options import CallOptions, in_force
from attio_orm.transport.deadlines import Deadlines
from attio_orm.transport.error_handlers import ErrorHandler, OnError
from attio_orm.transport.events import DEBUG, RequestEvents, observers
from attio_orm.transport.exchange import Exchange, Handler, Layer
from attio_orm.transport.granted import GrantedScopes
from attio_orm.transport.limits import RateLimiter, bound
from attio_orm.transport.middleware import Middleware, Passage
from attio_orm.transport.pacing import Limits
from attio_orm.transport.requests import (
    Backend,
    Headers,
    Request,
    WireRequest,
    WireResponse,
    body_of,
    changes_schema,
    target_of,
)
from attio_orm.transport.retries import Retries, Retry
from attio_orm.transport.sharing import SharedReads, are_shared
from attio_orm.transport.tally import Tally
from attio_orm.transport.tokens import ApiKey, HiddenKey, Token, hidden


class Transport:
    """Sends requests to one workspace; see ``send``.

    ``sender`` is the sender of the request signals (the connection sets itself), ``limits`` of
    ``None`` means no rate limit, ``timeout`` is in seconds and for each attempt, ``deadline`` for
    the whole operation. ``api_key`` is a string, or a callable that is asked for each request, or
    ``None`` for a server without tokens; ``base`` is the address to show in errors.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        api_key: ApiKey | HiddenKey | None,
        base: str,
        max_attempts: int = 5,
        timeout: float = 30.0,
        deadline: float | None = None,
        limits: RateLimiter | None = None,
        jitter: Callable[[float], float] | None = None,
        retry: Retry | None = None,
        on_error: OnError | None = None,
    ) -> None:
        """Raises ``ValidationError`` for a malformed token. Sends nothing."""
        key = hidden(api_key)
        del api_key
        self.backend = backend
        self.base = base
        self.timeout = min(timeout, FOREVER)
        self._deadlines = None if deadline is None else Deadlines(min(deadline, FOREVER))
        self.limits = limits = bound(limits, base, key)
        self.sender: object = self
        self.is_closed = False
        self._heard: str | None = None  # the Date of the last answer, whichever it was
        self.schema_writes = 0  # what is known of the workspace may be older than the last of them
        self._reads = SharedReads(self._deadlines)
        self.cache: Layer | None = None  # handed in by whoever has one
        asked = key if key is not None and key.is_asked else None
        self._token = Token(key) if key is not None and asked is None else None
        self.granted = granted = GrantedScopes()  # what is known of the token
        self._asked = None if asked is None else Authentication(asked, granted)
        if key is not None and asked is None:
            self.granted.note(self._token, key.scopes)
        # whether a sync call waits for somebody else: a workspace in this process answers by itself
        self.blocks = not base.startswith("sandbox:")
        self.tally = Tally()
        self.middleware: list[Middleware] = []
        self._error_handler = None if on_error is None else ErrorHandler(on_error)
        paced = None if limits is None else Limits(limits)
        retries = Retries(
            max_attempts, pause=None if paced is None else paced.pause, jitter=jitter, retry=retry,
            tally=self.tally,
        )  # fmt: skip

        def stacked(attempt: Handler) -> Handler:
            if paced is not None:  # inside the repeats: an attempt that is repeated counts, too
                attempt = _around(paced, attempt)
            attempt = _around(retries, attempt)
            if self._asked is not None:  # a token that is a string has nothing to be asked for
                attempt = _around(self._asked, attempt)
            return attempt if self._deadlines is None else _around(self._deadlines, attempt)

        # two stacks, made once: a request that nobody is told of does not pay for the telling
        self._quiet = stacked(self._attempt)
        self._events = RequestEvents(lambda: self.sender)
        self._told = stacked(_around(self._events, self._attempt))

    def send(self, request: Request) -> Operation[Any]:
        """The decoded body of the answer; raises ``APIError`` and ``TransportError``.

        What is safe to repeat is repeated (see ``Retries``). In a dry run a write is noted, and the
        result is ``NOT_SENT``.
        """
        return self._sent(Exchange(request, target_of(request), body_of(request), self._token))

    def send_as(self, request: Request) -> Operation[tuple[Any, Token | None]]:
        """The answer to a read, together with the token that it was asked with."""
        exchange = Exchange(request, target_of(request), b"", self._token)
        answer = yield from self._sent(exchange)
        return answer, exchange.token

    def _sent(self, exchange: Exchange) -> Operation[Any]:
        if self.is_closed:
            self.check_open()
        request = exchange.request
        handle = self._told if self._is_told() else self._quiet
        options = in_force.get()
        if options is not None:
            handle = self._with_options(options, exchange, handle)
        if self._error_handler is not None:
            handle = _around(self._error_handler, handle)
        if request.purpose != "write":
            if are_shared.get() and request.redirects == "refused":
                if options is None:  # a call with its own does not wait for another's answer
                    handle = _around(self._reads, handle)
                if self.cache is not None and wanted.get() is not None:
                    handle = self._cached(self.cache, handle)
            return (yield from handle(exchange))
        if exchange.token is not None:  # of one that is asked for, its layer looks
            self.granted.check(exchange)
        self._reads.end()
        if self.cache is not None:
            handle = _around(self.cache, handle)
        # outermost, so that a write that is only noted waits for no limit and asks for no token
        if dry_run.opened or dry_run.under_way.get():
            handle = _around(dry_run.DryRuns(self.sender), handle)
        if not changes_schema(request):
            return (yield from handle(exchange))
        try:
            return (yield from handle(exchange))
        finally:  # whatever is answered: it may have been carried out
            self.schema_writes += 1

    def _with_options(self, options: CallOptions, exchange: Exchange, handle: Handler) -> Handler:
        """What carries out a call that has its own timeout, deadline or number of attempts."""
        exchange.timeout, exchange.max_attempts = options.timeout, options.max_attempts
        usual = self._deadlines
        deadline = options.end_for(self, None if usual is None else usual.seconds)
        exchange.deadline = deadline
        if deadline is None or usual is not None:
            return handle
        return lambda exchange: deadlines.in_time(exchange, deadline, handle)

    def known_scopes(self) -> Operation[frozenset[str] | None]:
        """The scopes of the token as it is now, ``None`` where they are not known. Sends nothing.

        What gives tokens is asked for it: it may have been replaced since the last request.
        """
        self.check_open()
        token = self._token if self._asked is None else (yield from self._asked.ask())
        return self.granted.of(token)

    def check_open(self) -> None:
        """Raise ``NotConnectedError`` where it was closed."""
        if self.is_closed:
            raise NotConnectedError(f"The connection to {self.base} is closed: connect() again.")

    def close(self) -> None:
        """Close the backend; idempotent."""
        self.is_closed = True  # first, so that calls meanwhile are told so, and fail nowhere below
        self.backend.close()
        let_go = getattr(self.limits, "close", None)
        if let_go is not None:
            let_go()

    async def aclose(self) -> None:
        """The twin of ``close``."""
        self.is_closed = True
        await self.backend.aclose()
        let_go = getattr(self.limits, "aclose", None)
        if let_go is not None:
            await let_go()

    @property
    def heard(self) -> str | None:
        """Attio's own time of its last answer: the ``Date`` of its headers."""
        return self._heard

    def __repr__(self) -> str:
        backend = getattr(self, "backend", None)  # half made, tracebacks show it all the same
        return f"Transport({backend!r})"

    def _is_told(self) -> object:
        """Whether anybody is told of requests: a receiver, telemetry, or the log."""
        return (
            signals.request_started.receivers
            or signals.request_finished.receivers
            or observers
            or self._events.log.isEnabledFor(DEBUG)
        )

    def _cached(self, cache: Layer, handle: Handler) -> Handler:
        # outside the shared reads: who does not ask the cache gets nothing of it by a flight
        handle = _around(cache, handle)
        # what is kept is kept for one token, so that it is asked for before
        return handle if self._asked is None else _around(self._asked, handle)

    def _attempt(self, exchange: Exchange) -> Operation[Any]:
        """One attempt: the token is put on, the request sent, and its answer read.

        How a token is written and hidden, ``authentication`` says; what an answer stands for that
        is not plainly good, ``errors`` does.
        """
        request, token = exchange.request, exchange.token
        headers = Headers() if token is None else Headers(authorization=token.header)
        if exchange.body:
            headers["content-type"] = request.content_type
        if exchange.attempts or exchange.waited:  # most attempts are the first, and waited for none
            exchange.held, exchange.waited = exchange.waited, 0.0  # what comes is of the next one
        until = None if exchange.deadline is None else deadlines.check(exchange)
        timeout = exchange.timeout or self.timeout
        wire = WireRequest(request.method, exchange.target, headers, exchange.body, timeout, until)
        counts = self.tally.by_thread.get(get_ident()) or self.tally.here
        if exchange.attempts or exchange.held:
            counts.waited += exchange.held
            counts.retries += exchange.attempts > 0
            exchange.response = None
        exchange.attempts += 1  # before it is sent: an attempt that fails was one
        if request.purpose == "write":
            counts.writes += 1
        exchange.heard = self._heard
        begun = perf_counter()
        counts.begin(begun)
        response: WireResponse
        try:
            if self.middleware:
                response = yield from self._passed(exchange, wire)
            else:
                response = yield Send(self.backend, wire, self.blocks)
            if request.redirects == "followed":
                response = yield from self._followed(exchange, wire, response)
        except TransportError as failure:
            if token is not None:  # a proxy's message may repeat what it was sent
                failure.args = tuple(token.redact(argument) for argument in failure.args)
            if isinstance(failure, InvalidResponseError):
                exchange.is_final = True  # too long to be read, and so it would be once more
            late = deadlines.ended(exchange, failure)
            if late is not None:
                raise late from failure
            raise
        except BaseException as stop:  # cancelled, or Ctrl-C
            errors.note_unknown(request, stop)
            raise
        finally:
            exchange.elapsed = perf_counter() - begun
            counts.ended += 1
            if request.purpose == "write":  # each attempt, as a read may follow before the next
                self._reads.end()
        exchange.response = response
        self._heard = response.headers.get("date", self._heard)
        if request.redirects == "given":
            target = downloads.next_request(self.base, wire, response.status, response.headers)
            if target is not None:
                return target
        if 200 <= response.status < 300 and response.body and response.status != 204:
            try:  # not suppress(), which each request would pay for
                return request.decode(response.body)
            except (msgspec.DecodeError, ValueError):
                pass  # result_of() says what is wrong
        return errors.result_of(exchange, self.base)

    def _passed(self, exchange: Exchange, wire: WireRequest) -> Operation[WireResponse]:
        """The answer of an attempt that passes the user's middleware."""
        request = exchange.request
        passage = Passage(self.middleware, self.backend, request, exchange.token)
        try:
            response: WireResponse = yield Send(passage, wire, self.blocks)
        except TransportError as failure:
            if failure is not passage.failure and passage.was_sent:
                failure.sent = True  # whatever was raised instead
            raise
        except Exception as error:
            if passage.was_sent and request.purpose == "write":  # it may have been carried out
                raise errors.outcome_unknown(request, error) from error
            raise
        return response

    def _followed(
        self, exchange: Exchange, asked: WireRequest, response: WireResponse
    ) -> Operation[WireResponse]:
        """The answer at the end of a redirect; a good one is in its file, where it has one."""
        path = exchange.request.save_to
        for _ in range(downloads.MOST_REDIRECTS):
            wire = downloads.next_request(self.base, asked, response.status, response.headers)
            if wire is None:
                break
            if path is None:
                response = yield Send(self.backend, wire, self.blocks)
            else:
                save = partial(downloads.save, self.backend, wire, path)
                asave = partial(downloads.asave, self.backend, wire, path)
                response = yield from call(save, asave)
            asked = wire
        if path is not None and asked.path == exchange.target and 200 <= response.status < 300:
            with open(path, "wb") as file:  # it came without a redirect, and is here already
                file.write(response.body)
            response = WireResponse(response.status, response.headers, b"")
        return response


def _around(layer: Layer, inner: Handler) -> Handler:
    handle = layer.handle
    return lambda exchange: handle(exchange, inner)
