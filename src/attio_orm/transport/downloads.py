"""Files: where a redirect leads, and bodies that are written or given as they come.

Attio answers a download with a redirect to a signed address on another host, which needs no token.
See https://docs.attio.com/rest-api.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import Generic, Protocol, TypeVar, runtime_checkable

from attio_orm.transport.requests import Backend, Headers, WireRequest, WireResponse

MOST_REDIRECTS = 5
PARTIAL = ".partial"
MOST_OF_A_REFUSAL = 65_536
"""Bytes that are read of an answer which is not the file: it says why, and might never end."""

C = TypeVar("C")


class OpenAnswer(Generic[C]):
    """An answer whose body is still to come: ``chunks``, unpacked, as they arrive."""

    __slots__ = ("chunks", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], chunks: C) -> None:
        self.status, self.headers, self.chunks = status, headers, chunks

    @property
    def is_good(self) -> bool:
        """Whether the body is what was asked for."""
        return 200 <= self.status < 300


@runtime_checkable
class StreamingBackend(Protocol):
    """A backend that can give a body as it comes. One that cannot gives it as one chunk."""

    def stream(
        self, request: WireRequest, /
    ) -> AbstractContextManager[OpenAnswer[Iterator[bytes]]]:
        """The answer, open for the block."""
        ...

    def astream(
        self, request: WireRequest, /
    ) -> AbstractAsyncContextManager[OpenAnswer[AsyncIterator[bytes]]]:
        """The twin of ``stream``."""
        ...


@contextmanager
def opened(backend: Backend, request: WireRequest) -> Generator[OpenAnswer[Iterator[bytes]]]:
    """The answer of any backend, open for the block."""
    if isinstance(backend, StreamingBackend):
        with backend.stream(request) as answer:
            yield answer
        return
    response = backend.send(request)
    yield OpenAnswer(response.status, response.headers, iter((response.body,)))


@asynccontextmanager
async def aopened(
    backend: Backend, request: WireRequest
) -> AsyncGenerator[OpenAnswer[AsyncIterator[bytes]]]:
    """The twin of ``opened``."""
    if isinstance(backend, StreamingBackend):
        async with backend.astream(request) as answer:
            yield answer
        return
    response = await backend.asend(request)
    yield OpenAnswer(response.status, response.headers, one_chunk(response.body))


async def one_chunk(body: bytes) -> AsyncIterator[bytes]:
    """A body that is there as one that comes."""
    yield body


def refusal_in(chunks: Iterator[bytes]) -> bytes:
    """The body of an answer that is not the file, or its beginning."""
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) >= MOST_OF_A_REFUSAL:
            break
    return bytes(found)


async def arefusal_in(chunks: AsyncIterator[bytes]) -> bytes:
    """The twin of ``refusal_in``."""
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) >= MOST_OF_A_REFUSAL:
            break
    return bytes(found)


def save(backend: Backend, request: WireRequest, path: str) -> WireResponse:
    """Write the body of a good answer to a file; what is given has that of others alone."""
    with opened(backend, request) as answer:
        if not answer.is_good:
            return WireResponse(answer.status, answer.headers, refusal_in(answer.chunks))
        with open(path + PARTIAL, "wb") as file:
            for chunk in answer.chunks:
                file.write(chunk)
        os.replace(path + PARTIAL, path)  # only now: half a file has not got the name of the whole
    return WireResponse(answer.status, answer.headers, b"")


async def asave(backend: Backend, request: WireRequest, path: str) -> WireResponse:
    """The twin of ``save``."""
    from asyncio import to_thread  # a disk may be slow, and the loop has others to serve

    async with aopened(backend, request) as answer:
        if not answer.is_good:
            return WireResponse(answer.status, answer.headers, await arefusal_in(answer.chunks))
        with await to_thread(open, path + PARTIAL, "wb") as file:
            async for chunk in answer.chunks:
                await to_thread(file.write, chunk)
        os.replace(path + PARTIAL, path)
    return WireResponse(answer.status, answer.headers, b"")


def next_request(
    base: str, asked: WireRequest, status: int, headers: Mapping[str, str]
) -> WireRequest | None:
    """What to ask after a redirect, without the token; ``None`` where there is none to follow.

    ``base`` is the address of the API. A redirect from ``https://`` to ``http://`` is not followed.
    """
    from urllib.parse import urljoin  # only here: few requests are redirected

    location = headers.get("location", "").strip()
    if status not in (301, 302, 303, 307, 308) or not location:
        return None
    target = location
    if base.lower().startswith(("http://", "https://")):
        before = asked.path if asked.is_elsewhere else base + asked.path
        target = urljoin(before, location)
        is_secure = target.lower().startswith("https://")
        if not is_secure and (
            before.lower().startswith("https://") or not target.lower().startswith("http://")
        ):
            return None
        target = target.removeprefix(base) if target.startswith(f"{base}/") else target
    elif not location.startswith("/"):
        return None  # no way from a workspace of this process to another host
    # no token: it is for the API, and the address says by itself who may read it
    headers = Headers({"accept": "*/*"})
    return WireRequest("GET", target, headers, b"", asked.timeout, asked.deadline)
