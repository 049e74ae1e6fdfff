"""What a user brings of httpx's: a client or a transport, sync or async or both, as a backend.

Importing this imports httpx.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, TypeAlias

import httpx

from attio_orm.errors import AttioError, ValidationError
from attio_orm.transport import failures
from attio_orm.transport.bodies import answer_of, aunpacked, headers_of, unpacked
from attio_orm.transport.bounds import MAX_ANSWER, TooLong
from attio_orm.transport.connections import DEADLINE
from attio_orm.transport.downloads import OpenAnswer, one_chunk
from attio_orm.transport.requests import HEADERS, WireRequest, WireResponse
from attio_orm.transport.urls import base_address, host_of

Given: TypeAlias = httpx.Client | httpx.AsyncClient | httpx.BaseTransport | httpx.AsyncBaseTransport

# Where it cannot be told, the request was sent: a create is not repeated then.
_UNSENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError,
    httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL, UnicodeEncodeError,
)  # fmt: skip

_FAILURES = httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeEncodeError, zlib.error


class HttpxBackend:
    """Carries requests to ``base_url`` through what the user brought, which it never closes.

    Its certificates, proxies and limits are the client's or transport's own. ``deadline`` of a
    request ends a sync one, and a body that is streamed, between two chunks of the body, another
    async one at that moment.
    """

    host = "?"

    def __init__(self, base_url: str, *given: Given, max_answer: int = MAX_ANSWER) -> None:
        """Raises ``ValidationError`` for what does not come from httpx. Sends nothing."""
        self.base_url = base_address(base_url)
        self.host = host_of(self.base_url)
        self._max_answer = max_answer
        self._client: httpx.Client | None = None
        self._async_client: httpx.AsyncClient | None = None
        self._is_closed = False
        for each in given:
            self._add(each)

    def _add(self, given: object) -> None:
        # the environment is not asked for what goes through a transport: that decides by itself
        more: dict[str, Any] = {"trust_env": False, "follow_redirects": False}
        if isinstance(given, httpx.Client):
            self._client = given
        elif isinstance(given, httpx.AsyncClient):
            self._async_client = given
        if isinstance(given, httpx.BaseTransport):
            self._client = httpx.Client(transport=given, **more)
        if isinstance(given, httpx.AsyncBaseTransport):  # some are both
            self._async_client = httpx.AsyncClient(transport=given, **more)

    def send(self, request: WireRequest, /) -> WireResponse:
        """Send and read the whole answer. See ``Backend``."""
        client = self._sync()
        try:
            response = client.send(self._built(request, client), **self._how(request))
            raw = _raw(response)
            try:
                body = bytearray()
                for chunk in _chunks(response):
                    self._check(request, body, chunk)
            finally:
                response.close()
            return answer_of(response.status_code, raw, bytes(body), self._max_answer)
        except BaseException as error:
            failure = self._failure(request, error)
            if failure is None:
                error.__traceback__ = None  # frames of httpx hold the headers, and so the token
                raise
        raise failure  # outside the except block: errors of httpx hold the request's headers

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send``."""
        client = self._async()
        try:
            async with _until(request.deadline):
                response = await client.send(self._built(request, client), **self._how(request))
                raw = _raw(response)
                try:
                    body = bytearray()
                    async for chunk in _achunks(response):
                        self._check(request, body, chunk)
                finally:
                    await response.aclose()
            return answer_of(response.status_code, raw, bytes(body), self._max_answer)
        except BaseException as error:
            failure = self._failure(request, error)
            if failure is None:
                error.__traceback__ = None
                raise
        raise failure

    @contextmanager
    def stream(self, request: WireRequest, /) -> Generator[OpenAnswer[Iterator[bytes]]]:
        """The answer, open for the block: its body comes in chunks."""
        client = self._sync()
        with self._failing(request):
            response = client.send(self._built(request, client), **self._how(request))
        try:
            headers = headers_of(_raw(response))
            yield OpenAnswer(
                response.status_code, headers, self._chunks(request, response, headers)
            )
        finally:
            response.close()

    @asynccontextmanager
    async def astream(
        self, request: WireRequest, /
    ) -> AsyncGenerator[OpenAnswer[AsyncIterator[bytes]]]:
        """The twin of ``stream``."""
        client = self._async()
        with self._failing(request):
            async with _until(request.deadline):
                response = await client.send(self._built(request, client), **self._how(request))
        try:
            headers = headers_of(_raw(response))
            yield OpenAnswer(
                response.status_code, headers, self._achunks(request, response, headers)
            )
        finally:
            await response.aclose()

    def _chunks(
        self, request: WireRequest, response: httpx.Response, headers: Mapping[str, str]
    ) -> Iterator[bytes]:
        with self._failing(request):
            for chunk in unpacked(_chunks(response), headers):
                _check_time(request)
                yield chunk

    async def _achunks(
        self, request: WireRequest, response: httpx.Response, headers: Mapping[str, str]
    ) -> AsyncIterator[bytes]:
        with self._failing(request):
            async for chunk in aunpacked(_achunks(response), headers):
                _check_time(request)
                yield chunk

    def close(self) -> None:
        """Send no more; the client or transport stays open, for whoever made it. Idempotent."""
        self._is_closed = True

    async def aclose(self) -> None:
        """The twin of ``close``."""
        self._is_closed = True

    def __repr__(self) -> str:
        return f"HttpxBackend({self.host!r})"

    def _sync(self) -> httpx.Client:
        client = self._client
        if client is None:
            raise _missing("a sync call", "httpx.Client or httpx.BaseTransport", "the a-methods")
        if self._is_closed or client.is_closed:
            raise failures.closed()
        return client

    def _async(self) -> httpx.AsyncClient:
        client = self._async_client
        if client is None:
            what = "httpx.AsyncClient or httpx.AsyncBaseTransport"
            raise _missing("an a-method", what, "the sync methods")
        if self._is_closed or client.is_closed:
            raise failures.closed()
        return client

    def _built(
        self, request: WireRequest, client: httpx.Client | httpx.AsyncClient
    ) -> httpx.Request:
        seconds = request.timeout
        if request.deadline is not None:
            seconds = max(min(seconds, request.deadline - time.monotonic()), 1e-6)
        built = client.build_request(
            request.method,
            request.path if request.is_elsewhere else self.base_url + request.path,
            headers={**HEADERS, **request.headers},
            content=request.body or None,
            timeout=seconds,
        )
        built.extensions[DEADLINE] = request.deadline  # for a transport that knows what it means
        return built

    def _how(self, request: WireRequest) -> dict[str, Any]:
        how: dict[str, Any] = {"stream": True, "follow_redirects": False}
        if "authorization" in request.headers:
            how["auth"] = None  # a client's own would be put in place of the token
        return how

    def _check(self, request: WireRequest, body: bytearray, chunk: bytes) -> None:
        body += chunk
        if len(body) > self._max_answer:
            raise TooLong
        _check_time(request)

    def _failure(self, request: WireRequest, error: BaseException) -> AttioError | None:
        if isinstance(error, TooLong):
            return failures.too_long(request, self.host, self._max_answer)
        sent = not isinstance(error, _UNSENT)
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            return failures.timed_out(request, self.host, error, sent=sent)
        if isinstance(error, _FAILURES):
            return failures.failed(request, self.host, error, sent=sent)
        if isinstance(error, RuntimeError) and self._was_closed():
            return failures.failed(request, self.host, error, sent=True)
        return None

    def _was_closed(self) -> bool:
        """Whether a client was closed under a request, for which httpx has no error of its own."""
        clients = (self._client, self._async_client)
        return any(client is not None and client.is_closed for client in clients)

    def _failing(self, request: WireRequest) -> AbstractContextManager[None]:
        """Makes the errors inside the block ours."""
        return failures.told(lambda error: self._failure(request, error))


def _check_time(request: WireRequest) -> None:
    if request.deadline is not None and time.monotonic() >= request.deadline:
        raise TimeoutError("the deadline passed while the body came")


# Transports made for tests give responses that are read already, and so unpacked by httpx.


def _raw(response: httpx.Response) -> list[tuple[bytes, bytes]]:
    raw = response.headers.raw
    if response.is_stream_consumed:
        return [field for field in raw if field[0].lower() != b"content-encoding"]
    return raw


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    if response.is_stream_consumed:
        return iter((response.content,))
    return response.iter_raw()


def _achunks(response: httpx.Response) -> AsyncIterator[bytes]:
    return one_chunk(response.content) if response.is_stream_consumed else response.aiter_raw()


@asynccontextmanager
async def _until(deadline: float | None) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        if deadline is not None:
            left = max(deadline - time.monotonic(), 0.0)
            await stack.enter_async_context(asyncio.timeout(left))
        yield


def is_of_httpx(given: object) -> bool:
    """Whether this can carry requests for ``HttpxBackend``."""
    return isinstance(
        given, httpx.Client | httpx.AsyncClient | httpx.BaseTransport | httpx.AsyncBaseTransport
    )


def _missing(call: str, needed: str, instead: str) -> ValidationError:
    return ValidationError(
        f"connect(transport=...) was given nothing that {call} can use. Give an {needed}, alone or "
        f"with the other as a pair, or use {instead}."
    )
