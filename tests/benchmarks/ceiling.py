"""What one core does of Attio's ceiling: 100 reads a second, of 500 records each.

All of the way, over TLS from a server on another core: pages in gzip, which come late as Attio's
do, to objects of which three attributes are read.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import os
import signal
import ssl
import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from typing import Any, NamedTuple

import msgspec

from attio_orm import connect
from attio_orm.models.streaming import Stream
from attio_sandbox import Workspace
from tests.benchmarks.hydrating import THREE, Contact, pages_of, reader
from tests.benchmarks.measuring import Result
from tests.benchmarks.pages import PAGE
from tests.transport.hostile import CERTIFICATE

CEILING = 100 * PAGE  # records a second
LATENCY = 0.15
IN_FLIGHT = (1, 4, 8)


class Answers(BaseHTTPRequestHandler):
    """Pages by their offset, packed once and each answered after the latency; a known schema."""

    protocol_version = "HTTP/1.1"
    records: list[bytes]
    known: Mapping[str, bytes]
    packed: dict[tuple[int, int], bytes]
    latency = 0.0

    def do_GET(self) -> None:
        """What the workspace has."""
        self.answer(self.known[self.path.partition("?")[0]])

    def do_POST(self) -> None:
        """A page."""
        asked = msgspec.json.decode(self.rfile.read(int(self.headers["content-length"])))
        at, limit = place = asked.get("offset", 0), asked.get("limit", PAGE)
        if place not in self.packed:
            body = b'{"data":[%s]}' % b",".join(self.records[at : at + limit])
            self.packed[place] = gzip.compress(body, 6)
        time.sleep(self.latency)
        self.answer(self.packed[place], "gzip")

    def answer(self, body: bytes, encoding: str = "identity") -> None:
        """Send a whole answer."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-encoding", encoding)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def server(records: int, latency: float) -> Generator[int]:
    """The server in a process of its own, on a core of its own where there are two; its port."""
    Answers.records = [
        bytes(each)
        for body in pages_of(records)
        for each in msgspec.json.decode(body, type=dict[str, list[msgspec.Raw]])["data"]
    ]
    with closing(Workspace()) as workspace:
        paths = ("/v2/objects", "/v2/objects/people/attributes", "/v2/workspace_members")
        Answers.known = {
            path: msgspec.json.encode({"data": workspace.look_up(path)}) for path in paths
        }
    Answers.packed, Answers.latency = {}, latency
    cores = sorted(os.sched_getaffinity(0))
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as serving:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_suffix(".key"))
        serving.socket = context.wrap_socket(serving.socket, server_side=True)
        child = os.fork()
        if child == 0:
            try:
                os.sched_setaffinity(0, cores[-1:])
                serving.serve_forever()
            finally:
                os._exit(0)
        os.sched_setaffinity(0, cores[:1])
        try:
            yield serving.server_port
        finally:
            os.sched_setaffinity(0, cores)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def ceiling(
    *,
    records: int = 10_000,
    in_flight: tuple[int, ...] = IN_FLIGHT,
    latency: float = LATENCY,
    rounds: int = 3,
) -> Result:
    """The records a second of one core, by its processor time and by the clock."""
    result = Result(
        "ceiling",
        f"{records:,} records read by `iterator(read_ahead=...)` over TLS from a server that "
        f"answers after {latency * 1e3:.0f} ms with pages in gzip, {len(THREE)} attributes of 20 "
        f"read; client and server on a core each",
        "records a second",
    )
    result.add("Attio's ceiling", CEILING, f"100 pages of {PAGE}")
    taken: dict[str, list[Taken]] = {}
    with (
        server(records, latency) as port,
        connect(
            f"https://localhost:{port}", api_key="k" * 64, on_drift="ignore", ssl=str(CERTIFICATE)
        ),
    ):
        for number in range(rounds + 1):
            for ahead in in_flight:
                took = _read(records, ahead)
                if number:  # the first one packs the pages, and opens connections
                    taken.setdefault(f"sync, read_ahead={ahead}", []).append(took)
        asyncio.run(_read_by_tasks(records, in_flight, rounds, taken))
    for colour in ("sync", "async"):
        every = [each for name, all_ in taken.items() if name.startswith(colour) for each in all_]
        work = median(each.work for each in every) / records
        result.add(f"one core, {colour}", 1 / work, f"{work * 1e6:.3g} µs each; never waiting")
        pages = LATENCY / work / PAGE
        result.add(f"pages in flight that keep one core busy, {colour}", pages, "at 150 ms")
    for name, found in taken.items():
        clock = median(each.clock for each in found)
        result.add(name, records / clock, f"{clock:.3g} s in all")
    for name in ("one core, sync", "one core, async", *taken):
        result.compare("Attio's ceiling", name)
    return result


class Taken(NamedTuple):
    """The seconds of one pass over all records: by the clock, and of the processor."""

    clock: float
    work: float


read = reader(THREE)


def _pages(ahead: int) -> Stream[Contact]:
    # in any other order than that of their creation, in which pages follow one another
    return Contact.objects.order_by("job_title").iterator(read_ahead=ahead)


def _read(records: int, ahead: int) -> Taken:
    gc.collect()
    clock, work, found = time.perf_counter(), time.process_time(), 0
    for each in _pages(ahead):
        read(each)
        found += 1
    assert found == records
    return Taken(time.perf_counter() - clock, time.process_time() - work)


async def _read_by_tasks(
    records: int, in_flight: tuple[int, ...], rounds: int, taken: dict[str, list[Taken]]
) -> None:
    for number in range(rounds + 1):
        for ahead in in_flight:
            gc.collect()
            clock, work, found = time.perf_counter(), time.process_time(), 0
            async for each in _pages(ahead):
                read(each)
                found += 1
            assert found == records
            took = Taken(time.perf_counter() - clock, time.process_time() - work)
            if number:
                taken.setdefault(f"async, read_ahead={ahead}", []).append(took)
