"""Benchmark: what a served GET costs over a trivial application on uvicorn.

The trivial one answers the same number of bytes to any request. The clients are the same, and so
are uvicorn's settings, but for what reads requests: h11, which uvicorn has without extras, or
httptools. What counts is the processor time of the server's process.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

from tests.benchmarks.measuring import Result
from tests.benchmarks.serving import PEOPLE, TOKEN, fill_sandbox, sandbox_client, side_by_side

TARGET = 1.6
_TRIVIAL = """
import sys, uvicorn

port, size, http = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
body = b"x" * size
headers = [
    (b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % size)
]

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

uvicorn.run(
    app, port=port, http=http, lifespan="off", ws="none", loop="asyncio", log_config=None,
    access_log=False, proxy_headers=False, server_header=False, date_header=False, backlog=512,
    timeout_keep_alive=75,
)
"""
_SANDBOX = """
import sys

if sys.argv[2] == "h11":
    sys.modules["httptools"] = None
from attio_orm.cli import main

sys.exit(main(["sandbox", "--port", sys.argv[1], "--token", "benchmark", "--seed", "crm"]))
"""


class Served(NamedTuple):
    """A server in a process of its own, and a path that it answers."""

    process: int
    port: int
    path: str


def served_gets(gets: int = 1_500, clients: int = 8, rounds: int = 7) -> Result:
    """GETs of one record by one client and by several, and beside slow queries."""
    result = Result(
        "served-gets",
        "GET of a record over HTTP, in milliseconds of the server's processor a request",
        "ms a request",
    )
    readers = ["h11"] if importlib.util.find_spec("httptools") is None else ["httptools", "h11"]
    with ExitStack() as stack:
        servers: dict[str, Served] = {}
        for reader in readers:
            process, port = stack.enter_context(started(_SANDBOX, reader))
            path, size = a_person(port)
            servers[f"sandbox by {reader}"] = Served(process, port, path)
        for reader in readers:
            with suppress(OSError):
                process, port = stack.enter_context(started(_TRIVIAL, str(size), reader))
                servers[f"trivial application by {reader}"] = Served(process, port, "/")
        for count in (1, clients):
            shown = "one client" if count == 1 else f"{count} clients"
            for name, (processor, wall) in measured(servers, gets, count, rounds).items():
                note = f"{wall * 1000:.3f} ms by the wall"
                result.add(f"{name}, {shown}", processor * 1000, note)
            # What the extra `server` brings, over uvicorn without extras; then like by like.
            mine, plain = (
                f"sandbox by {readers[0]}, {shown}",
                f"trivial application by h11, {shown}",
            )
            result.compare(mine, plain, TARGET)
            for reader in readers if len(readers) > 1 else ():
                of, to = f"sandbox by {reader}", f"trivial application by {reader}"
                result.compare(f"{of}, {shown}", f"{to}, {shown}")
        server = servers[f"sandbox by {readers[0]}"]
        for name, scanning in (("alone", 0), ("beside slow queries", 1)):
            waits = latencies(server, gets, clients, scanning)
            slowest = statistics.quantiles(waits, n=100)[-1]
            result.add(f"p99 of {clients} clients {name}", slowest * 1000)
    return result


@contextmanager
def started(program: str, *arguments: str) -> Generator[tuple[int, int]]:
    """A program in a process of its own, once it listens; gives the process and its port.

    Raises OSError where it does not.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [sys.executable, "-c", program, str(port), *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                if process.poll() is not None:
                    break
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    yield process.pid, port
                    return
                time.sleep(0.05)
            raise OSError("The server does not listen.")
        finally:
            process.terminate()


def a_person(port: int) -> tuple[str, int]:
    """The path of a person of six values, and the bytes of the answer."""
    ask = sandbox_client(port)
    fill_sandbox(ask, 1)
    wanted = {"filter": {"email_addresses": "before0@example.com"}}
    found = ask("POST", f"{PEOPLE}/query", wanted)["data"][0]
    path = f"{PEOPLE}/{found['id']['record_id']}"
    return path, len(json.dumps(ask("GET", path, None), separators=(",", ":"), ensure_ascii=False))


def measured(
    servers: dict[str, Served], gets: int, clients: int, rounds: int
) -> dict[str, tuple[float, float]]:
    """The median seconds a request of each server's processor, and by the wall, interleaved."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
    for number in range(rounds + 1):  # the first warms up
        for name, server in servers.items():
            processor, begun = processor_time(server.process), time.perf_counter()
            side_by_side(lambda _, to=server: ask_often(to, gets // clients), clients)
            wall = time.perf_counter() - begun
            if number:
                taken[name].append((processor_time(server.process) - processor, wall))
    return {
        name: (
            statistics.median(each for each, _ in found) / gets,
            statistics.median(each for _, each in found) / gets,
        )
        for name, found in taken.items()
    }


def processor_time(process: int) -> float:
    """The seconds of processor time that a process of this machine has taken, of all threads."""
    clock = ctypes.c_int()
    if ctypes.CDLL(None).clock_getcpuclockid(process, ctypes.byref(clock)):
        raise OSError(f"There is no clock of process {process}.")
    return time.clock_gettime(clock.value)


def ask_often(server: Served, times: int, waits: list[float] | None = None) -> None:
    """GET over one connection, by a client that takes next to no time itself."""
    host = f"127.0.0.1:{server.port}"
    request = (
        f"GET {server.path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n"
        f"authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(times):
            begun = time.perf_counter()
            line.sendall(request)
            got = b""
            while (end := got.find(b"\r\n\r\n")) < 0:
                got += line.recv(65_536)
            assert got.startswith(b"HTTP/1.1 200"), got[:100]
            length = int(got.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            while len(got) < end + 4 + length:
                got += line.recv(65_536)
            if waits is not None:
                waits.append(time.perf_counter() - begun)


def latencies(server: Served, gets: int, clients: int, queries: int) -> list[float]:
    """The seconds that each GET took, beside clients that scan all people again and again."""
    waits: list[float] = []
    is_over = threading.Event()

    def scan() -> None:
        ask = sandbox_client(server.port)
        wanted = {"filter": {"description": {"value": {"$contains": "nowhere"}}}}
        while not is_over.is_set():
            ask("POST", f"{PEOPLE}/query", wanted)

    scanning = [threading.Thread(target=scan) for _ in range(queries)]
    for each in scanning:
        each.start()
    try:
        side_by_side(lambda _: ask_often(server, gets // clients, waits), clients)
    finally:
        is_over.set()
        for each in scanning:
            each.join()
    return waits
