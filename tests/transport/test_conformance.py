"""One suite over every backend: an answer is the whole of its own, or an error of ours."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from attio_orm.errors import (
    AttioError,
    ConnectionFailedError,
    InvalidResponseError,
    NotConnectedError,
    RequestTimeoutError,
)
from attio_orm.testing.backend import SandboxBackend
from attio_orm.transport import Backend, Headers, HttpBackend, WireRequest, WireResponse
from attio_orm.transport.connections import AsyncPooledTransport, PooledTransport
from attio_orm.transport.downloads import StreamingBackend
from attio_orm.transport.httpx_backend import HttpxBackend
from attio_orm.transport.pool import Pool
from attio_orm.transport.routes import route_to
from attio_sandbox import Workspace
from tests.colours import Colour
from tests.transport.hostile import FOREIGN, Hostile, own

MOST = 2_000_000
"""Bytes that an answer may have here."""


TRUSTED = ssl.create_default_context()  # once, as it takes a while


def ours(url: str) -> Backend:
    return HttpBackend(url, max_answer=MOST, ssl=TRUSTED)


def through_transports_of_httpx(url: str) -> Backend:
    given = httpx.HTTPTransport(verify=TRUSTED), httpx.AsyncHTTPTransport(verify=TRUSTED)
    return HttpxBackend(url, *given, max_answer=MOST)


def through_clients_of_httpx(url: str) -> Backend:
    given = httpx.Client(verify=TRUSTED), httpx.AsyncClient(verify=TRUSTED)
    return HttpxBackend(url, *given, max_answer=MOST)


def ours_below_clients_of_httpx(url: str) -> Backend:
    route = route_to(url, TRUSTED, None)
    client = httpx.Client(transport=PooledTransport(route, Pool(), MOST))
    async_client = httpx.AsyncClient(transport=AsyncPooledTransport(route, Pool(), MOST))
    return HttpxBackend(url, client, async_client, max_answer=MOST)


OURS = [ours, ours_below_clients_of_httpx]
OVER_HTTP = [*OURS, through_transports_of_httpx, through_clients_of_httpx]


@pytest.fixture(params=OVER_HTTP)
def make(request: pytest.FixtureRequest) -> Callable[[str], Backend]:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with Hostile() as hostile:
        yield hostile


@pytest.fixture
async def backend(make: Callable[[str], Backend], hostile: Hostile) -> AsyncIterator[Backend]:
    made = make(hostile.url)
    yield made
    await closed(made)


async def closed(backend: Backend) -> None:
    await backend.aclose()
    if isinstance(backend, HttpxBackend):  # who brought a client closes it
        if backend._client is not None:
            backend._client.close()
        if backend._async_client is not None:
            await backend._async_client.aclose()


def wire(
    name: str,
    method: str = "GET",
    body: bytes = b"",
    timeout: float = 5.0,
    deadline: float | None = None,
) -> WireRequest:
    until = None if deadline is None else time.monotonic() + deadline
    return WireRequest(method, f"/v2/{name}", Headers({"x-own": "1"}), body, timeout, until)


async def ask(backend: Backend, colour: Colour, request: WireRequest) -> WireResponse:
    return await backend.asend(request) if colour.is_async else backend.send(request)


async def streamed(backend: Backend, colour: Colour, request: WireRequest) -> bytes:
    assert isinstance(backend, StreamingBackend)
    if colour.is_async:
        async with backend.astream(request) as answer:
            return b"".join([chunk async for chunk in answer.chunks])
    with backend.stream(request) as answer:
        return b"".join(answer.chunks)


async def body_of(backend: Backend, colour: Colour, name: str) -> bytes:
    return (await ask(backend, colour, wire(name))).body


# -- answers ---------------------------------------------------------------------------------------

GOOD = [
    "good", "gzip", "two-members", "deflate", "chunked", "informed", "until-closed", "closing",
    "half-closed",
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_answer_is_read_to_its_end(
    backend: Backend, colour: Colour, hostile: Hostile, name: str, method: str
) -> None:
    for _ in range(3):  # on whatever is left of the connection before
        body = b'{"a": 1}' if method == "POST" else b""
        response = await ask(backend, colour, wire(name, method, body))
        assert (response.status, response.body) == (200, own(f"/v2/{name}"))
        assert all(key == key.lower() for key in response.headers)
        hostile.settle()  # it may close a connection that we would still want


async def test_a_good_connection_is_used_again(
    backend: Backend, colour: Colour, hostile: Hostile
) -> None:
    for name in ("good", "gzip", "chunked", "informed", "good"):
        await ask(backend, colour, wire(name, "POST", b"{}"))
    assert hostile.connections == 1


async def test_what_is_sent(backend: Backend, colour: Colour, hostile: Hostile) -> None:
    await ask(backend, colour, wire("a%20b/é x/good", "PATCH", b"[]"))
    head = hostile.heads[0].decode()
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
    assert head.startswith("PATCH /v2/a%20b/%C3%A9%20x/good HTTP/1.1\r\n")
    assert fields["host"] == f"127.0.0.1:{hostile.port}"
    assert fields["content-length"] == "2"
    assert fields["accept"] == "application/json"
    assert fields["accept-encoding"] == "gzip"
    assert fields["x-own"] == "1"
    assert [line.split(":")[0].lower() for line in head.split("\r\n")].count("host") == 1


async def test_an_answer_before_the_request_was_read(
    backend: Backend, colour: Colour, hostile: Hostile
) -> None:
    """The answer, or an error that says that it was sent: the server stopped reading."""
    outcome: Any = None
    try:
        outcome = await ask(backend, colour, wire("early", "POST", b"x" * 8_000_000))
    except ConnectionFailedError as error:
        outcome = error
    assert getattr(outcome, "status", None) == 413 or outcome.sent
    assert await body_of(backend, colour, "good") == own("/v2/good")


# -- answers that belong to nobody -----------------------------------------------------------------

DOUBLED = [
    "doubled", "doubled-in-part", "doubled-while-idle", "too-short-a-length", "chunked-with-a-tail",
]  # fmt: skip


@pytest.mark.parametrize("make", OURS, indirect=True)
@pytest.mark.parametrize("name", DOUBLED)
async def test_what_comes_after_an_answer_is_nobodys(
    backend: Backend, colour: Colour, hostile: Hostile, name: str
) -> None:
    """httpx's own connections give it to the next request (RFC 9112, section 6.3)."""
    for _ in range(3):
        assert await body_of(backend, colour, name) == own(f"/v2/{name}")
        # what comes after the next request was sent, nobody can tell from its answer
        hostile.settle()
        assert await body_of(backend, colour, "good") == own("/v2/good")
    assert hostile.connections >= 3


@pytest.mark.parametrize("make", OURS, indirect=True)
async def test_many_at_once_beside_doubled_answers(
    backend: Backend, colour: Colour, hostile: Hostile
) -> None:
    names = [f"{number}/{'doubled' if number % 3 else 'good'}" for number in range(60)]
    if colour.is_async:
        bodies = await asyncio.gather(*(body_of(backend, colour, name) for name in names))
    else:
        bodies = await asyncio.gather(
            *(asyncio.to_thread(lambda name=name: backend.send(wire(name)).body) for name in names)
        )
    assert bodies == [own(f"/v2/{name}") for name in names]
    assert FOREIGN not in bodies


# -- no answer -------------------------------------------------------------------------------------

NO_ANSWER = [
    "nothing", "cut-in-the-head", "cut-in-the-body", "cut-in-a-chunk", "cut-gzip", "no-gzip",
    "garbage", "garbage-in-chunks", "two-lengths", "bad-status", "endless-head",
]  # fmt: skip


@pytest.mark.parametrize("name", NO_ANSWER)
async def test_no_answer_to_a_request_that_was_sent(
    backend: Backend, colour: Colour, hostile: Hostile, name: str
) -> None:
    for path in ("good", "good", name):  # on a connection that was used before, too
        if path == name:
            with pytest.raises(ConnectionFailedError, match=f"127.*{hostile.port}") as caught:
                await ask(backend, colour, wire(path, "POST", b"{}"))
            assert caught.value.sent
            assert caught.value.__context__ is None, "it would hold the headers"
        else:
            await ask(backend, colour, wire(path))
    assert await body_of(backend, colour, "good") == own("/v2/good")


@pytest.mark.parametrize("name", ["cut-in-the-body", "cut-in-a-chunk", "cut-gzip"])
async def test_a_body_that_breaks_off_while_it_is_read(
    backend: Backend, colour: Colour, hostile: Hostile, name: str
) -> None:
    with pytest.raises(ConnectionFailedError, match="dropped before the whole") as caught:
        await streamed(backend, colour, wire(name))
    assert caught.value.sent
    assert await streamed(backend, colour, wire("gzip")) == own("/v2/gzip")


async def test_nobody_listens(make: Callable[[str], Backend], colour: Colour) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        backend = make(f"http://127.0.0.1:{probe.getsockname()[1]}")
    with pytest.raises(ConnectionFailedError) as caught:
        await ask(backend, colour, wire("good", "POST", b"{}"))
    assert not caught.value.sent
    await closed(backend)


@pytest.mark.parametrize(
    ("path", "value"),
    [("\ud800", "1"), ("a\nb", "1"), ("x", "a\r\nb: c"), ("x", "\u20ac")],
    ids=["surrogate", "line break", "two headers", "not ASCII"],
)
async def test_what_no_request_can_hold(
    backend: Backend, colour: Colour, hostile: Hostile, path: str, value: str
) -> None:
    headers = Headers({"x-own": value})
    with pytest.raises(ConnectionFailedError) as caught:
        await ask(backend, colour, WireRequest("POST", f"/v2/{path}/good", headers, b"{}"))
    assert not caught.value.sent
    assert hostile.asked == []


@pytest.mark.parametrize("make", [ours], indirect=True)
async def test_a_connection_that_breaks_before_anything_is_written(
    backend: Backend, colour: Colour, hostile: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was idle, and nothing told that it is gone: what is not sent may be sent again."""
    from attio_orm.transport.streams import AsyncWire, Wire

    await ask(backend, colour, wire("good"))

    def is_quiet(wire: Wire | AsyncWire) -> bool:
        wire.discard()
        return True

    for kind in (Wire, AsyncWire):
        monkeypatch.setattr(kind, "is_quiet", is_quiet)
    with pytest.raises(ConnectionFailedError) as caught:
        await ask(backend, colour, wire("good", "POST", b"{}"))
    assert not caught.value.sent
    assert hostile.asked == ["/v2/good"]


# -- bounds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bomb", "endless-chunks", "endless-body"])
async def test_an_answer_without_bounds(
    backend: Backend, colour: Colour, hostile: Hostile, name: str
) -> None:
    with pytest.raises(InvalidResponseError, match=r"2,000,000 bytes.*max_answer"):
        await ask(backend, colour, wire(name))
    assert await body_of(backend, colour, "good") == own("/v2/good")


@pytest.mark.parametrize("make", [ours], indirect=True)
async def test_an_answer_that_never_begins(
    backend: Backend, colour: Colour, hostile: Hostile
) -> None:
    with pytest.raises(InvalidResponseError):
        await ask(backend, colour, wire("endless-informed"))
    assert await body_of(backend, colour, "good") == own("/v2/good")


async def test_no_answer_in_time(backend: Backend, colour: Colour, hostile: Hostile) -> None:
    begun = time.monotonic()
    with pytest.raises(RequestTimeoutError, match=r"within 0\.2 s") as caught:
        await ask(backend, colour, wire("slow", "POST", b"{}", timeout=0.2))
    assert caught.value.sent
    assert time.monotonic() - begun < 20
    assert await body_of(backend, colour, "good") == own("/v2/good")


@pytest.mark.parametrize("name", ["drip", "slow"])
async def test_an_answer_that_drips_past_the_deadline(
    backend: Backend, colour: Colour, hostile: Hostile, name: str
) -> None:
    await refuses_to_wait(backend, colour, name)


async def test_a_file_that_drips_past_the_deadline(
    backend: Backend, colour: Colour, hostile: Hostile
) -> None:
    begun = time.monotonic()
    with pytest.raises(RequestTimeoutError) as caught:
        await streamed(backend, colour, wire("drip", timeout=5.0, deadline=0.6))
    assert caught.value.sent
    assert 0.5 <= time.monotonic() - begun < 20


# httpx has no deadline, and in sync code nobody sees its heads come
@pytest.mark.parametrize("make", OURS, indirect=True)
async def test_a_head_that_drips_past_the_deadline(
    backend: Backend, colour: Colour, hostile: Hostile
) -> None:
    await refuses_to_wait(backend, colour, "drip-in-the-head")


async def refuses_to_wait(backend: Backend, colour: Colour, name: str) -> None:
    begun = time.monotonic()
    with pytest.raises(RequestTimeoutError) as caught:
        await ask(backend, colour, wire(name, timeout=5.0, deadline=0.6))
    assert caught.value.sent
    assert 0.5 <= time.monotonic() - begun < 20
    assert await body_of(backend, colour, "good") == own("/v2/good")


# -- being called off ------------------------------------------------------------------------------


async def test_a_cancelled_request_takes_its_connection_along(
    backend: Backend, hostile: Hostile
) -> None:
    await backend.asend(wire("good"))
    for name in ("slow", "drip"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await backend.asend(wire(name, "POST", b"{}"))
        assert (await backend.asend(wire("good"))).body == own("/v2/good")


async def test_closing_is_final(backend: Backend, colour: Colour, hostile: Hostile) -> None:
    await ask(backend, colour, wire("good"))
    for _ in range(2):
        backend.close()
        await backend.aclose()
    with pytest.raises(NotConnectedError):
        await ask(backend, colour, wire("good"))
    assert hostile.asked == ["/v2/good"]


@pytest.mark.parametrize("make", [ours], indirect=True)
def test_closing_ends_what_another_thread_waits_for(
    make: Callable[[str], Backend], hostile: Hostile
) -> None:
    backend = make(hostile.url)
    failures: list[AttioError] = []

    def work() -> None:
        try:
            backend.send(wire("slow", "POST", b"{}", timeout=30))
        except AttioError as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while not hostile.asked:
        time.sleep(0.005)
    backend.close()
    thread.join(5)
    (failure,) = failures
    assert isinstance(failure, ConnectionFailedError)
    assert failure.sent, "it may have been carried out"


def test_a_transport_for_clients_of_httpx_goes_to_its_own_server_alone(hostile: Hostile) -> None:
    transport = PooledTransport(route_to(hostile.url, TRUSTED, None), Pool(), MOST)
    with httpx.Client(transport=transport) as client:
        assert client.get(f"{hostile.url}/good").content == own("/good")
        with pytest.raises(httpx.UnsupportedProtocol, match="127"):
            client.get(f"http://localhost:{hostile.port}/good")
    assert transport.is_closed
    with pytest.raises(RuntimeError, match="closed"):
        transport.handle_request(httpx.Request("GET", f"{hostile.url}/good"))
    assert hostile.asked == ["/good"]


# -- in process ------------------------------------------------------------------------------------


async def test_the_workspace_of_this_process_answers_the_same_way(
    workspace: Workspace, colour: Colour
) -> None:
    backend = SandboxBackend(workspace)
    token = Headers({"authorization": f"Bearer {workspace.token}"})
    response = await ask(backend, colour, WireRequest("GET", "/v2/self", token, b""))
    assert response.status == 200
    assert json.loads(response.body)["active"] is True
    assert all(key == key.lower() for key in response.headers)
    response = await ask(backend, colour, WireRequest("GET", "/v2/nowhere", token, b""))
    assert response.status == 404
    workspace.faults.fail_next("drop_after")
    with pytest.raises(ConnectionFailedError) as caught:
        await ask(backend, colour, WireRequest("POST", "/v2/objects", token, b"{}"))
    assert caught.value.sent
    backend.close()
    await backend.aclose()
    with pytest.raises(NotConnectedError):
        await ask(backend, colour, WireRequest("GET", "/v2/self", token, b""))
