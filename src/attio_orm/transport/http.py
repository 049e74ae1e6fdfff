"""The backend over HTTP: bytes out and bytes in, over kept-alive HTTP/1.1 connections."""

from __future__ import annotations

import gc
import os
import sys
import warnings
import weakref
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from typing import TYPE_CHECKING, Any

from attio_orm import caller_warnings
from attio_orm.errors import AttioError, ConnectionFailedError, ValidationError
from attio_orm.transport import failures
from attio_orm.transport.bodies import answer_of, aunpacked, headers_of, unpacked
from attio_orm.transport.bounds import MAX_ANSWER, Bounds, TooLong
from attio_orm.transport.downloads import OpenAnswer
from attio_orm.transport.pool import Pool
from attio_orm.transport.process_locks import ProcessLock
from attio_orm.transport.requests import WireRequest, WireResponse
from attio_orm.transport.tokens import HiddenKey, hidden
from attio_orm.transport.urls import base_address, host_of, is_this_machine

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from ssl import SSLContext

    from attio_orm.transport.connections import AsyncPooledTransport, PooledTransport
    from attio_orm.transport.routes import Route

_IN_THE_OPEN = (
    "The access token, or the secret of an app, goes to {} over http://, so everybody on the way "
    "can read it. Use https://, or a server on this machine."
)

# Connections of a parent process: closing them here would end them for the parent, too.
_inherited: list[Any] = []


class HttpBackend:
    """Sends requests to ``base_url``; httpx and httpcore are imported at the first of them.

    Threads share one pool of connections per process, tasks one per event loop; a fork and a new
    event loop get their own. ``ssl`` is a context or a file (or folder) of certificates, ``proxy``
    an address; without them both come from the environment (``SSL_CERT_FILE``, ``HTTPS_PROXY``,
    ``NO_PROXY``). Redirects are not followed. ``timeout`` of a request bounds each wait: to
    connect, to send and for the next bytes; ``deadline`` all of it.
    """

    host = "?"  # of one whose address was refused, which tracebacks show all the same

    def __init__(
        self,
        base_url: str,
        *,
        pool: Pool | None = None,
        max_answer: int = MAX_ANSWER,
        ssl: SSLContext | str | os.PathLike[str] | None = None,
        proxy: str | HiddenKey | None = None,
    ) -> None:
        """Sends nothing. Raises ``ValidationError`` for a bad address."""
        try:
            self.base_url = base_address(base_url)
        except ValidationError as error:
            del base_url  # it may hold a token, here and in the frames of the check
            error.__traceback__ = None
            raise
        self.host = host_of(self.base_url)
        is_open = self.base_url.lower().startswith("http:") and not is_this_machine(self.base_url)
        self._warning: str | None = _IN_THE_OPEN.format(self.host) if is_open else None
        self._pool = pool or Pool()
        self._max_answer = max_answer
        self._ssl = ssl
        self._proxy = hidden(proxy)  # it may hold a password
        del proxy
        self._lock = ProcessLock()
        self._pid = os.getpid()
        self._transport: PooledTransport | None = None
        self._closer: weakref.finalize[..., HttpBackend] | None = None
        self._loops: dict[AbstractEventLoop, _LoopTransport] = {}
        self._certificates: SSLContext | None = None
        self._route: Route | None = None
        self._closed = False

    def send(self, request: WireRequest, /) -> WireResponse:
        """Send and read the whole answer. See ``Backend``."""
        transport = self._sync_transport(request)
        bounds = Bounds(request.timeout, request.deadline, self._max_answer)
        try:
            status, headers, body = transport.read(transport.route.request(request), bounds)
            return answer_of(status, headers, body, self._max_answer)
        except BaseException as error:
            failure = self._failure(request, error, bounds)
            if failure is None:
                # what is cancelled or interrupted passes on, without the frames of httpcore and
                # h11: their local variables hold the headers, and so the token
                error.__traceback__ = None
                raise
        raise failure  # outside the except block: what is raised below holds the headers

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send``."""
        transport = await self._async_transport(request)
        bounds = Bounds(request.timeout, request.deadline, self._max_answer)
        try:
            asked = transport.read(transport.route.request(request), bounds)
            status, headers, body = await asked
            return answer_of(status, headers, body, self._max_answer)
        except BaseException as error:
            failure = self._failure(request, error, bounds)
            if failure is None:
                error.__traceback__ = None
                raise
        raise failure

    @contextmanager
    def stream(self, request: WireRequest, /) -> Generator[OpenAnswer[Iterator[bytes]]]:
        """The answer, open for the block: its body comes in chunks, however many they are."""
        transport = self._sync_transport(request)
        bounds = Bounds(request.timeout, request.deadline, sys.maxsize)
        with ExitStack() as stack:
            with self._failing(request, bounds):
                asked = transport.stream(transport.route.request(request), bounds)
                status, raw, chunks = stack.enter_context(asked)
            headers = headers_of(raw)
            yield OpenAnswer(status, headers, self._chunks(request, bounds, headers, chunks))

    @asynccontextmanager
    async def astream(
        self, request: WireRequest, /
    ) -> AsyncGenerator[OpenAnswer[AsyncIterator[bytes]]]:
        """The twin of ``stream``."""
        transport = await self._async_transport(request)
        bounds = Bounds(request.timeout, request.deadline, sys.maxsize)
        async with AsyncExitStack() as stack:
            with self._failing(request, bounds):
                asked = transport.stream(transport.route.request(request), bounds)
                status, raw, chunks = await stack.enter_async_context(asked)
            headers = headers_of(raw)
            yield OpenAnswer(status, headers, self._achunks(request, bounds, headers, chunks))

    def _chunks(
        self,
        request: WireRequest,
        bounds: Bounds,
        headers: Mapping[str, str],
        chunks: Iterator[bytes],
    ) -> Iterator[bytes]:
        with self._failing(request, bounds):
            yield from unpacked(chunks, headers)

    async def _achunks(
        self,
        request: WireRequest,
        bounds: Bounds,
        headers: Mapping[str, str],
        chunks: AsyncIterator[bytes],
    ) -> AsyncIterator[bytes]:
        with self._failing(request, bounds):
            async for chunk in aunpacked(chunks, headers):
                yield chunk

    def close(self) -> None:
        """Close all connections; those of an event loop by that loop. Idempotent."""
        self._closed = True
        with self._lock.here:
            closer, self._closer = self._closer, None
            loops, self._loops = self._loops, {}
            self._transport = None
        if closer is not None:  # outside the lock: closing sockets takes its time
            closer()
        _drop(loops)

    async def aclose(self) -> None:
        """The twin of ``close``; the running loop's connections are closed when it returns."""
        import asyncio  # here and below: sync programs never import it

        with self._lock.here:
            mine = self._loops.pop(asyncio.get_running_loop(), None)
        self.close()
        if mine is not None:
            await mine.aclose()

    def __repr__(self) -> str:
        return f"HttpBackend({self.host!r})"  # not the address, which may hold a password

    @property
    def connections(self) -> int:
        """How many connections are open or being made, of all threads and event loops."""
        if self._pid != os.getpid():  # those of the process that this one was forked from
            return 0
        own = 0 if self._transport is None else len(self._transport.open)
        return own + sum(len(each.transport.open) for each in list(self._loops.values()))

    # -- transports --------------------------------------------------------------------------------

    def _sync_transport(self, request: WireRequest) -> PooledTransport:
        self._warn(request)
        transport = self._transport
        if transport is None or self._pid != os.getpid():
            with self._lock.here:
                self._check()
                transport = self._transport  # asked again: another thread may have made it
                if transport is None:
                    transport = self._transport = self._made("PooledTransport", self._main_route())
                    # for a backend that is dropped without close(); it holds no reference to it
                    self._closer = weakref.finalize(self, _close, transport, self._pid)
        return self._elsewhere("PooledTransport", request) if request.is_elsewhere else transport

    async def _async_transport(self, request: WireRequest) -> AsyncPooledTransport:
        import asyncio  # as above

        self._warn(request)
        loop = asyncio.get_running_loop()
        held = self._loops.get(loop)
        if held is None or self._pid != os.getpid():
            with self._lock.here:
                self._check()
                # each asyncio.run() is one more loop: what they leave must not pile up
                over = {key: self._loops.pop(key) for key in list(self._loops) if key.is_closed()}
                held = self._loops.get(loop)
                if held is None:
                    made = self._made("AsyncPooledTransport", self._main_route())
                    held = self._loops[loop] = _LoopTransport(made)
            _drop(over)
            await held.watch()
        if request.is_elsewhere:
            one: AsyncPooledTransport = self._elsewhere("AsyncPooledTransport", request)
            return one
        return held.transport

    def _elsewhere(self, kind: str, request: WireRequest) -> Any:
        """A transport for one request to another host, which keeps nothing open."""
        return self._made(kind, self._route_to(request.path), Pool(size=1, keepalive=0))

    def _made(self, kind: str, route: Route, pool: Pool | None = None) -> Any:
        from attio_orm.transport import connections  # with httpcore, at the first request

        return getattr(connections, kind)(route, pool or self._pool, self._max_answer)

    def _main_route(self) -> Route:
        if self._route is None:
            self._route = self._route_to(self.base_url)
        return self._route

    def _route_to(self, address: str) -> Route:
        """The way to the server of an address, by the proxies and certificates that apply."""
        host = host_of(address)
        try:
            from attio_orm.transport.routes import certificates, route_to  # as above

            if self._certificates is None:  # once for all: reading them takes a while
                self._certificates = certificates(self._ssl)
            return route_to(address, self._certificates, self._proxy)
        except (OSError, ValueError, ImportError) as error:
            where = "connect(proxy=...), connect(ssl=...), HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE"
            raise ConnectionFailedError(
                f"No connection to {host} can be made with the proxies and certificates that are "
                f"set ({error}). Check {where}."
            ) from error.with_traceback(None)  # whose frames hold the proxy's password

    def _check(self) -> None:
        """Called with the lock held: notice a fork, and a backend that was closed."""
        if self._closed:
            raise failures.closed()
        pid = os.getpid()
        if self._pid != pid:
            _inherited.extend((self._transport, self._loops))
            self._pid, self._transport, self._loops = pid, None, {}

    # -- requests ----------------------------------------------------------------------------------

    def _warn(self, request: WireRequest) -> None:
        if self._warning is None:
            return
        # the secret of an app is in the body of what asks for a token
        if "authorization" in request.headers or request.path.endswith("/oauth/token"):
            caller_warnings.warn(self._warning, UserWarning)
            self._warning = None  # only now: where warnings are errors, each request is refused

    def _failure(
        self, request: WireRequest, error: BaseException, bounds: Bounds
    ) -> AttioError | None:
        """Our error for one of httpcore's or httpx's; ``None`` for what is to pass as it is."""
        if isinstance(error, TooLong):
            return failures.too_long(request, self.host, bounds.limit)
        if isinstance(error, zlib.error):
            return failures.failed(request, self.host, error, sent=True)
        if not isinstance(error, Exception):
            return None
        from attio_orm.transport import connections  # as above; what failed has imported it

        if isinstance(error, connections.PoolClosed):
            return failures.closed()
        if isinstance(error, connections.NONE_FREE):
            return failures.none_free(request, self.host, self._pool.size)
        sent = bounds.sent and not isinstance(error, connections.UNSENT)
        if isinstance(error, connections.TIMEOUTS):
            return failures.timed_out(request, self.host, error, sent=sent)
        if isinstance(error, connections.FAILURES):
            return failures.failed(request, self.host, error, sent=sent)
        return None

    def _failing(self, request: WireRequest, bounds: Bounds) -> AbstractContextManager[None]:
        """Makes the errors inside the block ours."""
        return failures.told(lambda error: self._failure(request, error, bounds))


class _LoopTransport:
    """An event loop's connections, closed by that loop when the loop shuts down.

    asyncio closes the async generators of a loop at its end (``asyncio.run`` does, and so do
    servers), and when they are dropped: so a suspended generator is what closes them.
    """

    def __init__(self, transport: AsyncPooledTransport) -> None:
        self.transport = transport
        self._guard = _guard(transport)
        self._watching = False
        # strongly, until this is gone: connections that are dropped together with it would be torn
        # down, with open sockets, before the loop comes to close them
        weakref.finalize(self, _left_to_its_loop, transport).atexit = False

    async def watch(self) -> None:
        if not self._watching:
            self._watching = True
            await anext(self._guard)

    async def aclose(self) -> None:
        await self._guard.aclose()
        await self.transport.aclose()


def _left_to_its_loop(transport: AsyncPooledTransport) -> None:
    """What a dropped ``_LoopTransport`` leaves: asyncio ends its guard, which closes them."""


async def _guard(transport: AsyncPooledTransport) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await transport.aclose()


def _drop(loops: dict[AbstractEventLoop, _LoopTransport]) -> None:
    """Let go of connections; what a closed loop left open can only be dropped, and that quietly."""
    # open loops close their own, see _LoopTransport
    if all(held.transport.is_closed or not loop.is_closed() for loop, held in loops.items()):
        loops.clear()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        loops.clear()
        gc.collect()


def _close(transport: PooledTransport, pid: int) -> None:
    if pid == os.getpid():  # finalizers run in forks as well
        transport.close()
