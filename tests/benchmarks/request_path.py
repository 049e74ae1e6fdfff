"""Benchmark: what the way of one small request costs, by each way, by threads and by many tasks.

Processor time of this process alone: the server and the proxy are others. Each figure is a median
of rounds that alternate with those of the peers. The library's own share (the layers of the
transport and what drives them) is measured with a backend that answers at once.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import socket
import ssl
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, NamedTuple, TypeVar

import httpx

from attio_orm.effects import Operation, arun, run
from attio_orm.limits import Limiter
from attio_orm.transport.http import HttpBackend
from attio_orm.transport.pipeline import Transport
from attio_orm.transport.requests import Headers, Request, WireRequest, WireResponse
from attio_orm.transport.sharing import sharing_reads
from tests.benchmarks.client_overhead import BODY, HEADERS, listening_elsewhere, server
from tests.benchmarks.hydrating import pages_of
from tests.benchmarks.measuring import Result, interleaved
from tests.transport.hostile import CERTIFICATE

T = TypeVar("T")

PATH = "/small"
LIBRARY, BACKEND, HTTPX = "attio_orm", "its backend alone", "httpx"
FLOOR = "decode and encode the record by json"
CLIENTS = ("http.client", "aiohttp", HTTPX, LIBRARY, BACKEND)

TARGETS = {
    ("plain", "sync"): 0.65, ("plain", "1 task"): 0.5, ("plain", "100 tasks"): 0.2,
    ("TLS", "sync"): 0.7, ("TLS", "1 task"): 0.6, ("TLS", "100 tasks"): 0.3,
}  # fmt: skip
"""The library takes at most so much of what httpx takes."""

SHARE = 0.15
"""The library's share, as a part of ``FLOOR``: a third less than it was (0.22)."""

Figures = dict[str, float | None]


class Way(NamedTuple):
    """How to get to the server: its address, that of a proxy, the certificates to trust."""

    name: str
    base: str
    proxy: str | None = None
    trusted: ssl.SSLContext | None = None


def request_path(
    requests: int = 200, tasks: tuple[int, ...] = (1, 8, 32, 100), rounds: int = 3
) -> Result:
    """One small record over loopback: each way, both colours, and one task beside many."""
    answer = pages_of(1)[0]
    result = Result(
        "request-path",
        f"POST over kept-alive HTTP/1.1 on this machine, answered with one record of "
        f"{len(answer):,} bytes: in the open, over TLS, by a proxy that forwards, by one that "
        f"tunnels TLS; so many tasks ask at once",
        "µs of processor time a request",
    )
    table = [f"| | {' | '.join(CLIENTS)} | of {HTTPX} |", f"|---|{'---|' * (len(CLIENTS) + 1)}"]
    with _ways(answer) as ways:
        for way in ways:
            for load, figures in _by_loads(way, answer, requests, tasks, rounds):
                for client, value in figures.items():
                    result.add(f"{client}, {way.name}, {load}", value)
                target = TARGETS.get((way.name, load))
                result.compare(
                    f"{LIBRARY}, {way.name}, {load}", f"{HTTPX}, {way.name}, {load}", target
                )
                table.append(_line(f"{way.name}, {load}", figures, target))
    many, one = (f"{LIBRARY}, plain, {_named(count)}" for count in (tasks[-1], tasks[0]))
    result.compare(many, one, 1.3)
    shares = _shares(answer, requests, rounds)
    result.add_all(shares)
    for name in list(shares)[1:]:
        result.compare(name, FLOOR, SHARE)
    told = [f"{name} {(value or 0):.3g} µs" for name, value in shares.items()]
    result.drawing = "\n".join([*table, "", f"{'; '.join(told)}."])
    return result


def _named(count: int) -> str:
    return f"{count} task{'s' if count > 1 else ''}"


def _line(name: str, figures: Figures, target: float | None) -> str:
    cells = [f"{value:,.0f}" if (value := figures.get(each)) else "" for each in CLIENTS]
    mine, theirs = figures.get(LIBRARY), figures.get(HTTPX)
    ratio = mine / theirs if mine and theirs else None
    shown = "" if ratio is None else f"{ratio:.2f}"
    if ratio is not None and target is not None:
        shown += f" (<= {target:g}{', **missed**' if ratio > target else ''})"
    return f"| {name} | {' | '.join(cells)} | {shown} |"


# -- the server, and the ways to it ----------------------------------------------------------------


@contextmanager
def _ways(answer: bytes) -> Generator[list[Way]]:
    """In the open the server stands for a proxy that forwards as well."""
    serving, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    serving.load_cert_chain(CERTIFICATE, CERTIFICATE.with_suffix(".key"))
    trusted.load_verify_locations(CERTIFICATE)
    with (
        server({PATH: (answer, "")}) as plain,
        server({PATH: (answer, "")}, serving) as secure,
        listening_elsewhere(_tunnel) as tunnel,
    ):
        in_the_open, over_tls = f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}"
        yield [
            Way("plain", in_the_open),
            Way("TLS", over_tls, None, trusted),
            Way("proxy", "http://127.0.0.1:9", in_the_open),
            Way("proxy to TLS", over_tls, f"http://127.0.0.1:{tunnel}", trusted),
        ]


def _tunnel(listening: socket.socket) -> None:
    def carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def serve(client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(65536)
        port = int(head.split(b" ")[1].rpartition(b":")[2])
        behind = socket.create_connection(("127.0.0.1", port))
        for each in (client, behind):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=carry, args=(behind, client), daemon=True).start()
        carry(client, behind)

    while True:
        threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()


# -- the clients -----------------------------------------------------------------------------------

_numbers = itertools.count(100_000)


def _read() -> Request:
    """No two are equal: those under way at once would be one request."""
    return Request("POST", PATH, json={"offset": next(_numbers)}, decode=bytes)


def _wire() -> WireRequest:
    headers = Headers(HEADERS)
    return WireRequest("POST", PATH, headers, BODY)


def _transport(backend: Any) -> Transport:
    """As ``connect()`` makes it; limited, though never stopped."""
    return Transport(backend, api_key="k" * 64, base="http://127.0.0.1", limits=Limiter(10**9))


def _asked(transport: Transport) -> Operation[bytes]:
    """As a record or a page is read."""
    return sharing_reads(transport.send(_read()))


def _by_loads(
    way: Way, answer: bytes, requests: int, tasks: tuple[int, ...], rounds: int
) -> Iterator[tuple[str, Figures]]:
    yield "sync", _by_threads(way, answer, requests, rounds)
    for count in tasks:
        work = partial(_by_tasks, way, answer, count, max(1, requests // count), rounds)
        yield _named(count), asyncio.run(work())
        if count in (tasks[0], tasks[-1]) and way.proxy is None:
            try:
                from uvloop import new_event_loop
            except ImportError:
                yield f"{_named(count)}, uvloop (not installed)", {LIBRARY: None}
                continue
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                yield f"{_named(count)}, uvloop", runner.run(work())


def _by_threads(way: Way, answer: bytes, requests: int, rounds: int) -> Figures:
    with ExitStack() as stack:
        plain = _http_client(way)
        stack.callback(plain.close)
        client = stack.enter_context(
            httpx.Client(
                trust_env=False, headers=HEADERS, proxy=way.proxy, verify=way.trusted or True
            )
        )
        backend = HttpBackend(way.base, ssl=way.trusted, proxy=way.proxy)
        stack.callback(backend.close)
        transport = _transport(backend)
        target = way.base + PATH if way.name == "proxy" else PATH

        def by_http_client() -> bytes:
            plain.request("POST", target, body=BODY, headers=HEADERS)
            return plain.getresponse().read()

        clients: dict[str, Callable[[], bytes]] = {
            "http.client": by_http_client,
            HTTPX: lambda: client.post(way.base + PATH, content=BODY).content,
            LIBRARY: lambda: run(_asked(transport)),
            BACKEND: lambda: backend.send(_wire()).body,
        }
        taken: dict[str, list[float]] = {}
        for name, send in clients.items():
            with _whatever_fails(name):
                assert send() == answer
                taken[name] = []
        for _, name in itertools.product(range(rounds), [*taken]):
            send = clients[name]
            with _whatever_fails(name, taken):
                gc.collect()
                begun = time.process_time()
                for _ in range(requests):
                    send()
                taken[name].append((time.process_time() - begun) / requests)
    return _medians(clients, taken)


def _http_client(way: Way) -> HTTPConnection:
    host, port = _place(way.proxy or way.base)
    if way.trusted is None:
        return HTTPConnection(host, port)
    secure = HTTPSConnection(host, port, context=way.trusted)
    if way.proxy is not None:
        secure.set_tunnel(*_place(way.base))
    return secure


def _place(address: str) -> tuple[str, int]:
    url = httpx.URL(address)
    assert url.port is not None
    return url.host, url.port


async def _by_tasks(way: Way, answer: bytes, tasks: int, each: int, rounds: int) -> Figures:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                trust_env=False,
                headers=HEADERS,
                proxy=way.proxy,
                verify=way.trusted or True,
                limits=httpx.Limits(max_connections=100, max_keepalive_connections=100),
            )
        )
        backend = HttpBackend(way.base, ssl=way.trusted, proxy=way.proxy)
        stack.push_async_callback(backend.aclose)
        transport = _transport(backend)

        async def by_httpx() -> bytes:
            return (await client.post(way.base + PATH, content=BODY)).content

        async def by_library() -> bytes:
            return await arun(_asked(transport))

        async def by_backend() -> bytes:
            return (await backend.asend(_wire())).body

        clients: dict[str, Callable[[], Awaitable[bytes]]] = {
            "aiohttp": await _aiohttp(way, stack),
            HTTPX: by_httpx, LIBRARY: by_library, BACKEND: by_backend,
        }  # fmt: skip

        async def work(send: Callable[[], Awaitable[bytes]]) -> None:
            for _ in range(each):
                await send()

        taken: dict[str, list[float]] = {}
        for name, send in clients.items():
            with _whatever_fails(name):
                assert await send() == answer
                await asyncio.gather(*(send() for _ in range(tasks)))  # all connections are there
                taken[name] = []
        for _, name in itertools.product(range(rounds), [*taken]):
            with _whatever_fails(name, taken):
                gc.collect()
                begun = time.process_time()
                await asyncio.gather(*(work(clients[name]) for _ in range(tasks)))
                taken[name].append((time.process_time() - begun) / (each * tasks))
    return _medians(clients, taken)


async def _aiohttp(way: Way, stack: AsyncExitStack) -> Callable[[], Awaitable[bytes]]:
    """A client of aiohttp's, which fails where that is not installed."""
    try:
        import aiohttp
    except ImportError as error:
        missing = error

        async def fail() -> bytes:
            raise missing

        return fail
    session = await stack.enter_async_context(aiohttp.ClientSession(headers=HEADERS))
    trusted: Any = way.trusted or True

    async def send() -> bytes:
        asking = session.post(way.base + PATH, data=BODY, proxy=way.proxy, ssl=trusted)
        async with asking as response:
            return await response.read()

    return send


@contextmanager
def _whatever_fails(name: str, taken: dict[str, list[float]] | None = None) -> Generator[None]:
    """A peer that fails has no figure, and the others go on; what is ours has to work."""
    try:
        yield
    except Exception:
        if name in (LIBRARY, BACKEND):
            raise
        if taken is not None:
            taken[name] = []


def _medians(clients: dict[str, T], taken: dict[str, list[float]]) -> Figures:
    return {
        name: statistics.median(found) * 1e6 if (found := taken.get(name)) else None
        for name in clients
    }


# -- the library's share ---------------------------------------------------------------------------


def _shares(answer: bytes, requests: int, rounds: int) -> Figures:
    """The layers and what drives them, over a backend that answers at once."""

    class Ready:
        response = WireResponse(200, {"content-type": "application/json"}, answer)

        def send(self, request: WireRequest, /) -> WireResponse:
            return self.response

        async def asend(self, request: WireRequest, /) -> WireResponse:
            return self.response

        def close(self) -> None: ...

        async def aclose(self) -> None: ...

    transport = _transport(Ready())
    times = requests * 10

    async def ask() -> None:
        for _ in range(times):
            await arun(_asked(transport))

    works: dict[str, Callable[[], Any]] = {
        FLOOR: lambda: [json.dumps(json.loads(answer)) for _ in range(times)],
        "the library's share, sync": lambda: [run(_asked(transport)) for _ in range(times)],
        "the library's share, async": lambda: asyncio.run(ask()),
    }
    taken = interleaved(works, rounds, clock=time.process_time, units=times)
    return {name: seconds * 1e6 for name, seconds in taken.items()}
