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
from time import perf_counter
from typing import Any

import msgspec

from attio_orm import signals
from attio_orm.effects import Operation, Send, call
from attio_orm.errors import InvalidResponseError, NotConnectedError, TransportError
from attio_orm.transport import deadlines, downloads, dry_run, errors
from attio_orm.transport.authentication import ApiKey, Authentication, HiddenKey, Token, hidden
from attio_orm.transport.bounds import FOREVER
from attio_orm.transport.deadlines import Deadlines
from attio_orm.transport.events import DEBUG, RequestEvents, observers
from attio_orm.transport.exchange import Exchange, Handler, Layer
from attio_orm.transport.granted import GrantedScopes
from attio_orm.transport.limits import Limits, RateLimiter, bound
from attio_orm.transport.requests import (
    MISSING,
    Backend,
    Headers,
    Request,
    WireRequest,
    WireResponse,
    changes_schema,
    encode_json,
)
from attio_orm.transport.retries import Retries, full_jitter
from attio_orm.transport.sharing import SharedReads, are_shared


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
        jitter: Callable[[float], float] = full_jitter,
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
        asked = key if key is not None and key.is_asked else None
        self._token = Token(key) if key is not None and asked is None else None
        self.granted = granted = GrantedScopes()  # what is known of the token
        self._asked = None if asked is None else Authentication(asked, granted)
        if key is not None and asked is None:
            self.granted.note(self._token, key.scopes)
        # whether a sync call waits for somebody else: a workspace in this process answers by itself
        self.blocks = not base.startswith("sandbox:")
        paced = None if limits is None else Limits(limits)
        retries = Retries(max_attempts, pause=None if paced is None else paced.pause, jitter=jitter)

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
        self.check_open()
        body = request.content or b""
        if request.json is not MISSING:
            body = encode_json(request.json)
        exchange = Exchange(request, target_of(request), body, self._token)
        handle = self._told if self._is_told else self._quiet
        if request.purpose != "write":
            if are_shared.get() and request.redirects == "refused":
                handle = _around(self._reads, handle)
            return (yield from handle(exchange))
        if exchange.token is not None:  # of one that is asked for, its layer looks
            self.granted.check(exchange)
        self._reads.end()
        # outermost, so that a write that is only noted waits for no limit and asks for no token
        if dry_run.opened or dry_run.under_way.get():
            handle = _around(dry_run.DryRuns(self.sender), handle)
        if not changes_schema(request):
            return (yield from handle(exchange))
        try:
            return (yield from handle(exchange))
        finally:  # whatever is answered: it may have been carried out
            self.schema_writes += 1

    def send_as(self, request: Request) -> Operation[tuple[Any, Token | None]]:
        """The answer to a read, together with the token that it was asked with."""
        self.check_open()
        exchange = Exchange(request, target_of(request), b"", self._token)
        answer = yield from (self._told if self._is_told else self._quiet)(exchange)
        return answer, exchange.token

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

    def __repr__(self) -> str:
        backend = getattr(self, "backend", None)  # half made, tracebacks show it all the same
        return f"Transport({backend!r})"

    @property
    def _is_told(self) -> bool:
        """Whether anybody is told of requests: a receiver, telemetry, or the log."""
        told = signals.request_started.receivers or signals.request_finished.receivers or observers
        return bool(told) or self._events.log.isEnabledFor(DEBUG)

    def _attempt(self, exchange: Exchange) -> Operation[Any]:
        """One attempt: the token is put on, the request sent, and its answer read.

        How a token is written and hidden, ``authentication`` says; what an answer stands for that
        is not plainly good, ``errors`` does.
        """
        request, token = exchange.request, exchange.token
        headers = Headers() if token is None else Headers(authorization=token.header)
        if exchange.body:
            headers["content-type"] = request.content_type
        until = None if exchange.deadline is None else deadlines.check(exchange)
        wire = WireRequest(
            request.method, exchange.target, headers, exchange.body, self.timeout, until
        )
        exchange.attempts += 1  # before it is sent: an attempt that fails was one
        exchange.response = None
        exchange.heard = self._heard
        begun = perf_counter()
        try:
            response: WireResponse = yield Send(self.backend, wire, self.blocks)
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


def target_of(request: Request) -> str:
    """The path of a request with its query string."""
    if not request.params:  # most have none
        return request.path
    pairs = [
        (name, str(value).lower() if isinstance(value, bool) else value)  # true, and not True
        for name, value in request.params.items()
        if value is not None
    ]
    if not pairs:
        return request.path
    from urllib.parse import urlencode  # only here: most requests have no query string

    return f"{request.path}{'&' if '?' in request.path else '?'}{urlencode(pairs)}"


def _around(layer: Layer, inner: Handler) -> Handler:
    handle = layer.handle
    return lambda exchange: handle(exchange, inner)
