"""The one module that knows httpx: bytes out and bytes in, over kept-alive HTTP/1.1 connections."""

from __future__ import annotations

import os
import weakref
import zlib
from typing import TYPE_CHECKING, Any, Literal

from attio_orm.errors import (
    ConnectionFailedError,
    NotConnectedError,
    RequestTimeoutError,
    TransportError,
    ValidationError,
)
from attio_orm.transport.limiter import ProcessLock
from attio_orm.transport.messages import WireRequest, WireResponse

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncGenerator
    from ssl import SSLContext

    import httpx

KEEP_ALIVE = 5.0
"""Seconds that an idle connection is kept: short, so that a create hardly ever meets one that the
server is just closing, which would leave its outcome unknown."""

MAX_CONNECTIONS = 100

# Connections of a parent process: closing them here would end them for the parent, too.
_inherited: list[Any] = []


class HttpBackend:
    """Sends requests to ``base_url`` with httpx, which is imported at the first of them.

    Threads share one client per process, tasks one per event loop; a fork and a new event loop get
    their own. Proxies and certificates come from the environment (``HTTPS_PROXY``,
    ``SSL_CERT_FILE``), redirects are not followed. ``timeout`` of a request bounds each wait: to
    connect, to send and for the next bytes.
    """

    def __init__(
        self,
        base_url: str,
        *,
        max_connections: int = MAX_CONNECTIONS,
        keep_alive: float = KEEP_ALIVE,
        user_agent: str = "attio-orm",
    ) -> None:
        """``keep_alive`` is in seconds. Sends nothing; ``ValidationError`` for a bad address."""
        self.base_url = base_url.rstrip("/")
        self.host = _host(self.base_url)
        self._options: dict[str, Any] = {
            "max_connections": max_connections,
            "max_keepalive_connections": max_connections,
            "keepalive_expiry": keep_alive,
        }
        self._headers = {
            "user-agent": user_agent,
            "accept": "application/json",
            "accept-encoding": "gzip",
        }
        self._lock = ProcessLock()
        self._pid = os.getpid()
        self._client: httpx.Client | None = None
        self._closer: weakref.finalize[..., HttpBackend] | None = None
        self._loops: dict[AbstractEventLoop, _LoopClient] = {}
        self._certificates: SSLContext | None = None
        self._closed = False

    def send(self, request: WireRequest, /) -> WireResponse:
        """Send and read the whole answer. See ``Backend``."""
        client = self._sync_client()
        import httpx

        failure: TransportError
        try:
            response = client.send(
                client.build_request(
                    request.method,
                    self.base_url + request.path,
                    headers=request.headers,
                    content=request.body or None,
                    timeout=request.timeout,
                ),
                stream=True,
            )
            try:
                body = b"".join(response.iter_raw())
            finally:
                response.close()
            return _answer(response, body)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, zlib.error) as error:
            failure = self._failure(request, error)
        raise failure  # outside the except block: httpx's exceptions hold the request's headers

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send``."""
        client = await self._async_client()
        import httpx

        failure: TransportError
        try:
            response = await client.send(
                client.build_request(
                    request.method,
                    self.base_url + request.path,
                    headers=request.headers,
                    content=request.body or None,
                    timeout=request.timeout,
                ),
                stream=True,
            )
            try:
                body = b"".join([chunk async for chunk in response.aiter_raw()])
            finally:
                await response.aclose()
            return _answer(response, body)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, zlib.error) as error:
            failure = self._failure(request, error)
        raise failure

    def close(self) -> None:
        """Close all connections; those of an event loop by that loop. Idempotent."""
        self._closed = True
        with self._lock:
            closer, self._closer = self._closer, None
            loops, self._loops = self._loops, {}
            self._client = None
        if closer is not None:
            closer()
        _drop(loops)

    async def aclose(self) -> None:
        """The twin of ``close``; the running loop's connections are closed when it returns."""
        import asyncio

        with self._lock:
            mine = self._loops.pop(asyncio.get_running_loop(), None)
        self.close()
        if mine is not None:
            await mine.aclose()

    def __repr__(self) -> str:
        """The host, without any user and password that the address has."""
        return f"HttpBackend({self.host!r})"

    # -- clients -----------------------------------------------------------------------------------

    def _sync_client(self) -> httpx.Client:
        client = self._client
        if client is None or self._pid != os.getpid():
            with self._lock:
                self._check()
                client = self._client
                if client is None:
                    client = self._client = self._make("Client")
                    self._closer = weakref.finalize(self, _close, client, self._pid)
        return client

    async def _async_client(self) -> httpx.AsyncClient:
        import asyncio

        loop = asyncio.get_running_loop()
        held = self._loops.get(loop)
        if held is None or self._pid != os.getpid():
            with self._lock:
                self._check()
                over = {key: self._loops.pop(key) for key in list(self._loops) if key.is_closed()}
                held = self._loops.get(loop)
                if held is None:
                    held = self._loops[loop] = _LoopClient(self._make("AsyncClient"))
            _drop(over)
            await held.watch()
        return held.client

    def _check(self) -> None:
        """Called with the lock held: notice a fork, and a backend that was closed."""
        if self._closed:
            raise NotConnectedError("This connection is closed. Call connect() again.")
        pid = os.getpid()
        if self._pid != pid:
            _inherited.extend((self._client, self._loops))
            self._pid, self._client, self._loops = pid, None, {}

    def _make(self, kind: Literal["Client", "AsyncClient"]) -> Any:
        import httpx

        try:
            if self._certificates is None:
                self._certificates = httpx.create_ssl_context()
            return getattr(httpx, kind)(
                headers=self._headers,
                cookies=_no_cookies(),
                limits=httpx.Limits(**self._options),
                verify=self._certificates,
                follow_redirects=False,
            )
        except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
            raise ConnectionFailedError(
                f"No connection to {self.host} can be made with the proxies and certificates of "
                f"the environment ({error}). Check HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE."
            ) from error

    def _failure(self, request: WireRequest, error: Exception) -> TransportError:
        import httpx

        host = self.host
        what = f"{request.method} {request.path.partition('?')[0]}"
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        if isinstance(error, httpx.TimeoutException):
            sent = not isinstance(error, (httpx.ConnectTimeout, httpx.PoolTimeout))
            return RequestTimeoutError(
                f"{what}: no answer from {host} within {request.timeout:g} s ({said}). "
                "Check the network, or give connect() a longer timeout.",
                sent=sent,
            )
        sent = not isinstance(
            error,
            (
                httpx.ConnectError,
                httpx.ProxyError,
                httpx.UnsupportedProtocol,
                httpx.LocalProtocolError,
                httpx.InvalidURL,
            ),
        )
        happened = (
            "the connection dropped before the whole answer came" if sent else "no connection"
        )
        return ConnectionFailedError(
            f"{what}: {happened}, with {host} ({said}). "
            "Check the address, the network and the proxies.",
            sent=sent,
        )


class _LoopClient:
    """An event loop's client, closed by that loop when the loop shuts down.

    asyncio closes the async generators of a loop at its end (``asyncio.run`` does, and so do
    servers), and when they are dropped: so a suspended generator is what closes the client.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self._guard = _guard(client)
        self._watching = False

    async def watch(self) -> None:
        if not self._watching:
            self._watching = True
            await anext(self._guard)

    async def aclose(self) -> None:
        await self._guard.aclose()
        await self.client.aclose()


async def _guard(client: httpx.AsyncClient) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await client.aclose()


def _host(url: str) -> str:
    """The host and port of an address, without the user and password that it may have."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    host = url.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    if not good:
        raise ValidationError(
            f"The address of the API, with the host {host!r}, is not one that can be called. "
            "Give one like https://api.attio.com."
        )
    return host


def _drop(loops: dict[AbstractEventLoop, _LoopClient]) -> None:
    """Let go of clients; what a closed loop left open can only be dropped, and that quietly."""
    if all(held.client.is_closed or not loop.is_closed() for loop, held in loops.items()):
        loops.clear()
        return
    import gc
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        loops.clear()
        gc.collect()


def _no_cookies() -> Any:
    """A jar that stays empty: the API sets no cookies, those of its proxies are not kept."""
    from http.cookiejar import CookieJar

    class NoCookies(CookieJar):
        def extract_cookies(self, response: object, request: object) -> None: ...

    return NoCookies()


def _close(client: httpx.Client, pid: int) -> None:
    if pid == os.getpid():
        client.close()


def _answer(response: httpx.Response, body: bytes) -> WireResponse:
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in response.headers.raw
    }
    encoding = headers.get("content-encoding", "").lower()
    if body and encoding in ("gzip", "x-gzip", "deflate"):
        body = zlib.decompress(body, 47)  # 32 + 15: gzip or zlib, whichever it is
    return WireResponse(response.status_code, headers, body)
