"""What the backends over HTTP raise: what happened, with which host, and whether it was sent."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from attio_orm.errors import (
    AttioError,
    ConnectionFailedError,
    InvalidResponseError,
    NotConnectedError,
    RequestTimeoutError,
)
from attio_orm.transport.requests import WireRequest
from attio_orm.transport.urls import host_of


@contextmanager
def told(ours: Callable[[Exception], AttioError | None]) -> Generator[None]:
    """Raise in place of an error inside the block what ``ours`` makes of it, if anything."""
    failure: AttioError | None = None
    try:
        yield
    except Exception as error:
        failure = ours(error)
        if failure is None:
            raise
    if failure is not None:
        raise failure  # outside the except block: what is raised below holds the headers


def timed_out(
    request: WireRequest, host: str, error: BaseException, *, sent: bool
) -> RequestTimeoutError:
    """No answer in time."""
    return RequestTimeoutError(
        f"{_what(request)}: no answer from {_host(request, host)} within {request.timeout:g} s "
        f"({_said(error)}). Check the network, or give connect() a longer timeout.",
        sent=sent,
    )


def none_free(request: WireRequest, host: str, size: int) -> RequestTimeoutError:
    """No connection of the pool became free in time."""
    return RequestTimeoutError(
        f"{_what(request)}: all {size} connections to {_host(request, host)} stayed busy, and none "
        "became free in time. Ask for less at once, or give connect() a larger "
        "pool=Pool(size=...).",
        sent=False,
    )


def failed(
    request: WireRequest, host: str, error: BaseException, *, sent: bool
) -> ConnectionFailedError:
    """No connection, or one that dropped."""
    happened = "the connection dropped before the whole answer came" if sent else "no connection"
    return ConnectionFailedError(
        f"{_what(request)}: {happened}, with {_host(request, host)} ({_said(error)}). "
        "Check the address, the network and the proxies.",
        sent=sent,
    )


def too_long(request: WireRequest, host: str, most: int) -> InvalidResponseError:
    """More bytes than an answer may have."""
    return InvalidResponseError(
        f"{_what(request)}: {_host(request, host)} answered with more than {most:,} bytes, and the "
        "rest was not read. Ask for less at once, or allow more with connect(max_answer=...)."
    )


def closed() -> NotConnectedError:
    """The backend was closed before the request was sent."""
    return NotConnectedError("This connection is closed. Call connect() again.")


def _what(request: WireRequest) -> str:
    return f"{request.method} {request.path.partition('?')[0]}"


def _host(request: WireRequest, host: str) -> str:
    return host_of(request.path) if request.is_elsewhere else host


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
