"""Benchmark 5: what a request costs the processor, from the call to the body of the answer."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import ssl
import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection

import httpx

from attio_orm.effects import run
from attio_orm.transport.http import HttpBackend
from attio_orm.transport.pipeline import Transport
from attio_orm.transport.requests import Request
from tests.benchmarks.hydrating import pages_of
from tests.benchmarks.measuring import Result

BODY = b'{"limit":500,"offset":0}'
HEADERS = {
    "authorization": f"Bearer {'k' * 64}",
    "content-type": "application/json",
    "accept": "application/json",
    "accept-encoding": "gzip",
    "user-agent": "benchmark",
}


def server(
    answers: dict[str, tuple[bytes, str]], context: ssl.SSLContext | None = None
) -> AbstractContextManager[int]:
    """A server in another process that always has its answer ready; gives its port.

    It speaks TLS where there is a ``context``, and takes whole addresses, as a proxy does.
    """
    return listening_elsewhere(lambda listening: _serve(listening, answers, context))


@contextmanager
def listening_elsewhere(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve in another process, whose time is not that of this one; gives the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        port: int = listening.getsockname()[1]
        child = os.fork()
        if child == 0:
            try:
                serve(listening)
            finally:
                os._exit(0)
    try:
        yield port
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _serve(
    listening: socket.socket, answers: dict[str, tuple[bytes, str]], context: ssl.SSLContext | None
) -> None:
    from threading import Thread

    ready = {
        path.encode()[1:]: (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n%s\r\n"
            % (len(body), f"content-encoding: {encoding}\r\n".encode() if encoding else b"")
        )
        + body
        for path, (body, encoding) in answers.items()
    }

    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            try:
                connection = context.wrap_socket(connection, server_side=True)
            except OSError:  # the client has gone
                return
        received = b""
        while True:
            while not received.endswith(b"}"):  # every request of the benchmark ends with it
                more = connection.recv(65536)
                if not more:
                    return
                received += more
            connection.sendall(ready[received.split(b" ", 2)[1].rpartition(b"/")[2]])
            received = b""

    while True:
        Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()


def client_overhead(
    *, small_requests: int = 300, page_requests: int = 15, rounds: int = 9, records: int = 500
) -> Result:
    """Benchmark 5."""
    page = pages_of(records)[0]
    answers = {"/small": (pages_of(1)[0], ""), "/page": (gzip.compress(page, 6), "gzip")}
    result = Result(
        "client-overhead",
        f"POST over kept-alive HTTP/1.1 on this machine: an answer of one record, and a page of "
        f"{len(page) / 1e6:.1f} MB in gzip",
        "µs of processor time a request",
    )
    with server(answers) as port:
        base = f"http://127.0.0.1:{port}"
        plain = HTTPConnection("127.0.0.1", port)
        client = httpx.Client(trust_env=False, headers=HEADERS)
        backend = HttpBackend(base)
        transport = Transport(backend, api_key="k" * 64, base=base)

        def by_http_client(path: str) -> bytes:
            plain.request("POST", path, body=BODY, headers=HEADERS)
            answer = plain.getresponse().read()
            return zlib.decompress(answer, 31) if path == "/page" else answer

        def by_httpx(path: str) -> bytes:
            return client.post(f"{base}{path}", content=BODY).content

        def by_library(path: str) -> bytes:
            request = Request("POST", path, json={"limit": 500, "offset": 0}, decode=bytes)
            body: bytes = run(transport.send(request))
            return body

        clients: dict[str, Callable[[str], bytes]] = {
            "http.client": by_http_client, "httpx": by_httpx, "attio_orm": by_library,
        }  # fmt: skip
        for path, name, requests, expected in (
            ("/small", "one record", small_requests, pages_of(1)[0]),
            ("/page", "page in gzip", page_requests, page),
        ):
            taken: dict[str, list[float]] = {each: [] for each in clients}
            for send in clients.values():
                assert send(path) == expected
            for _ in range(rounds):
                for each, send in clients.items():
                    begun = time.process_time()
                    for _ in range(requests):
                        send(path)
                    taken[each].append((time.process_time() - begun) / requests)
            for each, times in taken.items():
                result.add(f"{each}, {name}", statistics.median(times) * 1e6)
        plain.close()
        client.close()
        backend.close()
    result.compare("attio_orm, one record", "httpx, one record", 1.15)
    result.compare("attio_orm, one record", "http.client, one record")
    result.compare("attio_orm, page in gzip", "http.client, page in gzip", 1.3)
    result.compare("attio_orm, page in gzip", "httpx, page in gzip")
    return result
