"""httpcore's connections in a pool of our own: one request goes out, and its whole answer comes in.

An answer belongs to its request: what else lies in a connection after it closes the connection
(RFC 9112, section 6.3), and so does what comes while the connection is idle. ``PooledTransport``
and ``AsyncPooledTransport`` are transports for httpx's clients; ``HttpBackend`` calls them below
its client. Importing this imports httpx.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Lock
from typing import Any, Generic, TypeAlias, TypeVar, cast

import h11
import httpcore
import httpx

from attio_orm.transport.bounds import LONGEST_HEAD, Bounds, TooLong
from attio_orm.transport.pool import Connections, Pool, Waiter
from attio_orm.transport.routes import Route
from attio_orm.transport.streams import AsyncWire, Wire

Fields: TypeAlias = list[tuple[bytes, bytes]]


class PoolClosed(Exception):
    """The pool was closed before the request got a connection: nothing was sent."""


class AnswerTooLong(httpx.RemoteProtocolError, TooLong):
    """``TooLong``, for a client of httpx."""


DEADLINE = "deadline"
"""The extension of a request of httpx that says by when, on the monotonic clock, it is to end."""

NONE_FREE = httpcore.PoolTimeout
TIMEOUTS = httpcore.TimeoutException
UNSENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError)
"""What is raised before there is a connection to the server, whatever a proxy was told."""

FAILURES = (
    httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError,
    httpcore.UnsupportedProtocol, h11.ProtocolError, httpx.InvalidURL, UnicodeError,
)  # fmt: skip
"""What is raised of a request that got no answer: by these, or before it was one."""


AnyWire = TypeVar("AnyWire", bound="Wire | AsyncWire")


class _Line(Generic[AnyWire]):
    """What both colours of a pooled connection have in common."""

    def __init__(self, wire: AnyWire, connection: Any) -> None:
        self.wire = wire
        self.connection = connection
        self.idle_since = 0.0
        self._protocol: Any = None

    def is_quiet(self) -> bool:
        """See ``Poolable``."""
        return self.wire.is_quiet()

    def discard(self) -> None:
        """See ``Poolable``."""
        self.wire.discard()

    def is_clean(self) -> bool:
        """Whether the last answer was read to its end, and nothing lies behind it."""
        if not self.connection.is_idle():
            return False
        if self._protocol is None:
            self._protocol = _protocol_of(self.connection)
        # httpcore has no name for it; where it is not found, no connection is used twice
        left: object = getattr(self._protocol, "trailing_data", None)
        return left == (b"", False)


def _protocol_of(connection: Any) -> Any:
    """The h11 state of a connection, below those that go through a proxy."""
    while connection is not None:
        found = getattr(connection, "_h11_state", None)
        if found is not None:
            return found
        connection = getattr(connection, "_connection", None)
    return None


class Line(_Line[Wire]):
    """One connection of a thread's."""

    def __init__(self, route: Route) -> None:
        wire = Wire(route.layers)
        super().__init__(wire, route.connection(wire))


class AsyncLine(_Line[AsyncWire]):
    """One connection of an event loop's."""

    def __init__(self, route: Route) -> None:
        wire = AsyncWire(route.layers)
        super().__init__(wire, route.async_connection(wire))


AnyLine = TypeVar("AnyLine", bound="Line | AsyncLine")


class _Pooled(Generic[AnyLine]):
    """What both colours of a transport have in common: connections to one server."""

    _line: Callable[[Route], AnyLine]

    def __init__(self, route: Route, pool: Pool, limit: int) -> None:
        self.route = route
        self.open: Connections[AnyLine] = Connections(pool)
        self._patience = pool.acquire_timeout
        self._limit = limit

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self.open.is_closed

    def _granted(self, waiter: Waiter[AnyLine]) -> AnyLine | None:
        """What one who has waited may use; raises where it is nothing."""
        if self.open.stop_waiting(waiter):
            return waiter.granted
        raise PoolClosed if self.is_closed else NONE_FREE("no free connection")

    def _made(self) -> AnyLine:
        """A connection, by leave of the pool."""
        try:
            line = self._line(self.route)
        except BaseException:
            self.open.give_place()
            raise
        self.open.add(line)
        return line


# -- threads ---------------------------------------------------------------------------------------


class PooledTransport(_Pooled[Line], httpx.BaseTransport):
    """Connections to one server, for any number of threads."""

    _line = Line

    def read(self, request: httpcore.Request, bounds: Bounds) -> tuple[int, Fields, bytes]:
        """Status, headers and whole body of the answer."""
        line = self._take(bounds)
        is_clean = False
        try:
            response = self._begin(line, request, bounds)
            chunks: list[bytes] = []
            left = bounds.limit
            for chunk in cast("Iterator[bytes]", response.stream):
                left -= len(chunk)
                if left < 0:
                    raise TooLong
                chunks.append(chunk)
            response.close()
            is_clean = line.is_clean()
        finally:
            bounds.sent = line.wire.written > 0
            self.open.give(line, is_clean=is_clean)
        return response.status, response.headers, b"".join(chunks)

    @contextmanager
    def stream(
        self, request: httpcore.Request, bounds: Bounds
    ) -> Generator[tuple[int, Fields, Iterator[bytes]]]:
        """The same for a block, with a body that comes in chunks."""
        line = self._take(bounds)
        is_clean = False
        try:
            response = self._begin(line, request, bounds)
            bounds.sent = True  # now: what comes may break off while the block reads it
            yield response.status, response.headers, cast("Iterator[bytes]", response.stream)
            response.close()
            is_clean = line.is_clean()
        finally:
            bounds.sent = line.wire.written > 0
            self.open.give(line, is_clean=is_clean)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """For a client of httpx: the whole answer, with httpx's own errors."""
        bounds = _bounds_of(request, self._limit)
        request.read()
        with _errors_of_httpx(request):
            status, headers, body = self.read(_request_of(request, self.route), bounds)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    def close(self) -> None:
        """Close all connections; idempotent."""
        self.open.close()

    def _begin(self, line: Line, request: httpcore.Request, bounds: Bounds) -> httpcore.Response:
        line.wire.begin(bounds.deadline, LONGEST_HEAD)
        response: httpcore.Response = line.connection.handle_request(request)
        line.wire.allowance += bounds.on_the_line
        return response

    def _take(self, bounds: Bounds) -> Line:
        taken = self.open.take(_WaitingThread)
        if isinstance(taken, _WaitingThread):
            try:
                taken.wait(bounds.wait(self._patience))
            except BaseException:  # Ctrl-C
                self.open.leave(taken)
                raise
            taken = self._granted(taken)
        return self._made() if taken is None else taken


class _WaitingThread(Waiter[Line]):
    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._lock.acquire()

    def wake(self) -> None:
        self._lock.release()

    def wait(self, seconds: float) -> None:
        self._lock.acquire(timeout=seconds)


# -- event loops -----------------------------------------------------------------------------------


class AsyncPooledTransport(_Pooled[AsyncLine], httpx.AsyncBaseTransport):
    """The twin of ``PooledTransport``, for the tasks of one event loop."""

    _line = AsyncLine

    async def read(self, request: httpcore.Request, bounds: Bounds) -> tuple[int, Fields, bytes]:
        """Status, headers and whole body of the answer."""
        line = await self._take(bounds)
        is_clean = False
        try:
            response = await self._begin(line, request, bounds)
            chunks: list[bytes] = []
            left = bounds.limit
            async for chunk in cast("AsyncIterator[bytes]", response.stream):
                left -= len(chunk)
                if left < 0:
                    raise TooLong
                chunks.append(chunk)
            await response.aclose()
            is_clean = line.is_clean()
        finally:
            bounds.sent = line.wire.written > 0
            self.open.give(line, is_clean=is_clean)
        return response.status, response.headers, b"".join(chunks)

    @asynccontextmanager
    async def stream(
        self, request: httpcore.Request, bounds: Bounds
    ) -> AsyncGenerator[tuple[int, Fields, AsyncIterator[bytes]]]:
        """The same for a block, with a body that comes in chunks."""
        line = await self._take(bounds)
        is_clean = False
        try:
            response = await self._begin(line, request, bounds)
            bounds.sent = True
            yield response.status, response.headers, cast("AsyncIterator[bytes]", response.stream)
            await response.aclose()
            is_clean = line.is_clean()
        finally:
            bounds.sent = line.wire.written > 0
            self.open.give(line, is_clean=is_clean)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """For a client of httpx: the whole answer, with httpx's own errors."""
        bounds = _bounds_of(request, self._limit)
        await request.aread()
        with _errors_of_httpx(request):
            status, headers, body = await self.read(_request_of(request, self.route), bounds)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    async def aclose(self) -> None:
        """Close all connections; idempotent."""
        self.open.close()
        await asyncio.sleep(0)  # the loop lets go of the sockets in its next round

    async def _begin(
        self, line: AsyncLine, request: httpcore.Request, bounds: Bounds
    ) -> httpcore.Response:
        line.wire.begin(bounds.deadline, LONGEST_HEAD)
        response: httpcore.Response = await line.connection.handle_async_request(request)
        line.wire.allowance += bounds.on_the_line
        return response

    async def _take(self, bounds: Bounds) -> AsyncLine:
        taken = self.open.take(_WaitingTask)
        if isinstance(taken, _WaitingTask):
            try:
                await taken.wait(bounds.wait(self._patience))
            except BaseException:  # cancelled
                self.open.leave(taken)
                raise
            taken = self._granted(taken)
        return self._made() if taken is None else taken


class _WaitingTask(Waiter[AsyncLine]):
    def __init__(self) -> None:
        super().__init__()
        self._future = asyncio.get_running_loop().create_future()

    def wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    async def wait(self, seconds: float) -> None:
        await asyncio.wait((self._future,), timeout=seconds)


# -- for clients of httpx --------------------------------------------------------------------------


def _bounds_of(request: httpx.Request, limit: int) -> Bounds:
    given = request.extensions
    return Bounds(given.get("timeout", {}).get("pool"), given.get(DEADLINE), limit)


def _request_of(request: httpx.Request, route: Route) -> httpcore.Request:
    url = request.url
    asked = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/")
    if asked.origin != route.origin:
        raise httpx.UnsupportedProtocol(f"This transport goes to {route.origin} alone.")
    waits = request.extensions.get("timeout", {})
    target = url.raw_path
    return route.request_of(request.method, target, request.headers.raw, request.content, waits)


@contextmanager
def _errors_of_httpx(request: httpx.Request) -> Generator[None]:
    try:
        yield
    except PoolClosed:
        raise RuntimeError("Cannot send a request, as the transport has been closed.") from None
    except TooLong as error:
        raise AnswerTooLong("The answer is too long.", request=request) from error
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise _twin(error)(str(error), request=request) from error
    except (httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
        raise _twin(error)(str(error), request=request) from error


def _twin(error: Exception) -> Any:
    """The class of httpx that stands for one of httpcore's: it has the same name."""
    return getattr(httpx, type(error).__name__, httpx.TransportError)
