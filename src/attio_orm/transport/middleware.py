"""Functions of the user around each attempt: ``connection.middleware``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import iscoroutine, iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from msgspec.structs import replace

from attio_orm.errors import AsyncReceiverError, AttioError, TransportError, ValidationError
from attio_orm.transport.requests import (
    Backend,
    Headers,
    Request,
    WireRequest,
    WireResponse,
    body_of,
    target_of,
)
from attio_orm.transport.tokens import Token
from attio_orm.wording import show

if TYPE_CHECKING:
    from concurrent.futures import Future

Send: TypeAlias = Callable[[Request], WireResponse]
ASend: TypeAlias = Callable[[Request], Awaitable[WireResponse]]
Middleware: TypeAlias = (
    Callable[[Request, Send], WireResponse] | Callable[[Request, ASend], Awaitable[WireResponse]]
)
"""``fn(request, send) -> response``, or the same as a coroutine function that awaits ``send``."""


class Passage:
    """One attempt on its way through these functions, the first one outermost: a ``Sender``.

    What they see has no token in it. ``was_sent`` says whether one of them passed it on, and
    ``failure`` what the backend raised then.
    """

    def __init__(
        self, functions: list[Middleware], backend: Backend, request: Request, token: Token | None
    ) -> None:
        self._functions = list(functions)  # a copy: they may be changed meanwhile
        self._backend = backend
        self._request = request
        self._token = token
        self.was_sent = False
        self.failure: TransportError | None = None

    def send(self, wire: WireRequest) -> WireResponse:
        """The answer; raises ``AsyncReceiverError`` for a coroutine function, before sending."""
        for function in self._functions:
            if _is_coroutine(function):
                raise _refusal(function)

        def last(request: Request) -> WireResponse:
            try:
                return self._shown(self._backend.send(self._wired(wire, request)))
            except TransportError as failure:
                raise self._noted(failure) from failure.__cause__

        send: Send = last
        for function in reversed(self._functions):
            send = partial(_call, function, send)
        return send(self._request)

    async def asend(self, wire: WireRequest) -> WireResponse:
        """The twin of ``send``: plain functions run in a thread, so that none stops the loop."""

        async def last(request: Request) -> WireResponse:
            try:
                return self._shown(await self._backend.asend(self._wired(wire, request)))
            except TransportError as failure:
                raise self._noted(failure) from failure.__cause__

        send: ASend = last
        for function in reversed(self._functions):
            send = partial(_acall if _is_coroutine(function) else _call_in_thread, function, send)
        return await send(self._request)

    def _wired(self, wire: WireRequest, request: Request) -> WireRequest:
        if request is self._request:
            self.was_sent = True
            return wire
        if not request.path.startswith("/"):  # another server would get the token
            raise ValidationError(
                f"A middleware sends to {show(request.path)}, not to a path of this connection. "
                f'Give one from the root on, such as "/v2/objects"; for another server connect() '
                f"once more."
            )
        body = body_of(request)
        headers = Headers()
        for name, value in (request.headers or {}).items():
            headers[name.lower()] = value
        if body:
            headers["content-type"] = request.content_type
        headers.update(wire.headers)  # last: the token is not for others to replace
        target = target_of(request)
        self.was_sent = True
        return replace(wire, method=request.method, path=target, headers=headers, body=body)

    def _shown(self, answer: WireResponse) -> WireResponse:
        return answer if self._token is None else self._token.redact_answer(answer)

    def _noted(self, failure: TransportError) -> TransportError:
        if self._token is not None:
            failure.args = tuple(map(self._token.redact, failure.args))
        self.failure = failure
        return failure


def _call(function: Any, send: Send, request: Request) -> WireResponse:
    given = function(request, send)
    if iscoroutine(given):
        given.close()  # never awaited on purpose, so it must not warn about that
        raise _refusal(function)
    return _checked(function, given)


async def _acall(function: Any, send: ASend, request: Request) -> WireResponse:
    return _checked(function, await function(request, send))


async def _call_in_thread(function: Any, send: ASend, request: Request) -> WireResponse:
    import asyncio  # only async code needs it

    loop = asyncio.get_running_loop()
    under_way: list[Future[WireResponse]] = []

    def send_from_thread(request: Request) -> WireResponse:
        sending = asyncio.run_coroutine_threadsafe(_awaited(send, request), loop)
        under_way.append(sending)
        return sending.result()

    try:
        return _checked(function, await asyncio.to_thread(function, request, send_from_thread))
    except asyncio.CancelledError:
        for sending in under_way:  # the thread waits for it, and nobody waits for the thread
            sending.cancel()
        raise


async def _awaited(send: ASend, request: Request) -> WireResponse:
    return await send(request)


def _checked(function: Any, given: object) -> WireResponse:
    if isinstance(given, WireResponse):
        return given
    raise NoResponseError(
        f"The middleware {_name(function)} gave {type(given).__name__}, not a Response: end it "
        f"with `return send(request)` (`return await send(request)` where it is a coroutine "
        f"function)."
    )


class NoResponseError(AttioError, TypeError):
    """A middleware that gives something else than a ``Response``."""


def _is_coroutine(function: object) -> bool:
    call = cast("Any", type(function)).__call__
    return iscoroutinefunction(function) or iscoroutinefunction(call)


def _refusal(function: object) -> AsyncReceiverError:
    return AsyncReceiverError(
        f"The middleware {_name(function)} is a coroutine function, and the work runs under a sync "
        f"method. Use the a-method (asave() for save()), or append a plain function, which serves "
        f"both."
    )


def _name(function: object) -> str:
    name = getattr(function, "__qualname__", None)
    return name if isinstance(name, str) else type(function).__qualname__
