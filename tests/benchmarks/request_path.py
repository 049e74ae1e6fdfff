"""Benchmark: what the way of one small request costs, beside httpx, by threads and by tasks.

Processor time of this process alone: the server is another one. Each figure is a median of rounds
that alternate with those of httpx, and its note says how far they lie apart.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable

import httpx

from attio_orm.effects import arun, run
from attio_orm.transport.http import HttpBackend
from attio_orm.transport.pipeline import Transport
from attio_orm.transport.requests import Request
from tests.benchmarks.client_overhead import BODY, HEADERS, server
from tests.benchmarks.hydrating import pages_of
from tests.benchmarks.measuring import Result

PATH = "/small"


def request_path(requests: int = 600, tasks: tuple[int, ...] = (1, 100), rounds: int = 9) -> Result:
    """One small record over loopback: both colours, and one task beside many."""
    answer = pages_of(1)[0]
    result = Result(
        "request-path",
        f"POST over kept-alive HTTP/1.1 on this machine, answered with one record of "
        f"{len(answer):,} bytes; so many tasks ask at once",
        "µs of processor time a request",
    )
    with server({PATH: (answer, "")}) as port:
        base = f"http://127.0.0.1:{port}"
        results = {"sync": _by_threads(base, answer, requests, rounds)}
        for count in tasks:
            figures = asyncio.run(_by_tasks(base, answer, count, max(1, requests // count), rounds))
            results[f"async, {count} task{'s' if count > 1 else ''}"] = figures
    for name, figures in results.items():
        for client, taken in figures.items():
            low, high = min(taken), max(taken)
            spread = f"{low * 1e6:,.0f} to {high * 1e6:,.0f}"
            result.add(f"{client}, {name}", statistics.median(taken) * 1e6, spread)
    targets = {"sync": 0.65, "async, 1 task": 0.5, "async, 100 tasks": 0.2}
    for name in results:
        result.compare(f"attio_orm, {name}", f"httpx, {name}", targets.get(name))
    names = list(results)
    if len(names) > 2:
        result.compare(f"attio_orm, {names[-1]}", f"attio_orm, {names[1]}", 1.3)
    return result


def _by_threads(base: str, answer: bytes, requests: int, rounds: int) -> dict[str, list[float]]:
    backend = HttpBackend(base)
    transport = Transport(backend, api_key="k" * 64, base=base)
    with httpx.Client(trust_env=False, headers=HEADERS) as client:

        def by_httpx() -> bytes:
            return client.post(base + PATH, content=BODY).content

        def by_library() -> bytes:
            body: bytes = run(transport.send(_request()))
            return body

        clients: dict[str, Callable[[], bytes]] = {"httpx": by_httpx, "attio_orm": by_library}
        taken: dict[str, list[float]] = {name: [] for name in clients}
        for send in clients.values():
            assert send() == answer
        for _ in range(rounds):
            for name, send in clients.items():
                gc.collect()
                begun = time.process_time()
                for _ in range(requests):
                    send()
                taken[name].append((time.process_time() - begun) / requests)
    backend.close()
    return taken


async def _by_tasks(
    base: str, answer: bytes, tasks: int, each: int, rounds: int
) -> dict[str, list[float]]:
    backend = HttpBackend(base)
    transport = Transport(backend, api_key="k" * 64, base=base)
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(trust_env=False, headers=HEADERS, limits=limits) as client:

        async def by_httpx() -> bytes:
            return (await client.post(base + PATH, content=BODY)).content

        async def by_library() -> bytes:
            body: bytes = await arun(transport.send(_request()))
            return body

        async def work(send: Callable[[], Awaitable[bytes]]) -> None:
            for _ in range(each):
                await send()

        clients: dict[str, Callable[[], Awaitable[bytes]]] = {
            "httpx": by_httpx, "attio_orm": by_library,
        }  # fmt: skip
        taken: dict[str, list[float]] = {name: [] for name in clients}
        for send in clients.values():
            assert await send() == answer
        for _ in range(rounds):
            for name, send in clients.items():
                gc.collect()
                begun = time.process_time()
                await asyncio.gather(*(work(send) for _ in range(tasks)))
                taken[name].append((time.process_time() - begun) / (each * tasks))
    await backend.aclose()
    return taken


def _request() -> Request:
    return Request("POST", PATH, json={"limit": 500, "offset": 0}, decode=bytes)
