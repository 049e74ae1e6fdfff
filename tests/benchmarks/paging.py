"""Benchmark 6: pages read ahead from a server that takes its time and limits its clients."""

from __future__ import annotations

import asyncio
import time
from math import ceil
from typing import Any

import msgspec

from attio_orm import connect
from attio_orm.testing.handle import open_sandbox
from attio_orm.transport.limits import Limiter
from attio_orm.transport.requests import WireRequest, WireResponse
from tests.benchmarks.gates import Gate
from tests.benchmarks.hydrating import Contact, pages_of
from tests.benchmarks.measuring import Result
from tests.benchmarks.pages import PAGE

LATENCY = 0.15
AHEAD = 4


class SlowPages:
    """A backend that answers queries by offset, each after the latency; the rest a sandbox does."""

    def __init__(self, bodies: list[bytes], latency: float) -> None:
        self.gate = Gate(100)
        self.latency = latency
        sandbox = open_sandbox("sandbox://")
        self.token = sandbox.token
        self._rest = sandbox.backend
        self._records = [
            bytes(record)
            for body in bodies
            for record in msgspec.json.decode(body, type=dict[str, list[msgspec.Raw]])["data"]
        ]

    def _answer(self, request: WireRequest) -> WireResponse:
        if not self.gate.lets_in():
            return WireResponse(429, {"retry-after": "1"}, b"{}")
        body: dict[str, Any] = msgspec.json.decode(request.body)
        at, limit = body.get("offset", 0), body.get("limit", PAGE)
        return WireResponse(200, {}, b'{"data":[%s]}' % b",".join(self._records[at : at + limit]))

    def send(self, request: WireRequest, /) -> WireResponse:
        """An answer, late."""
        if not request.path.endswith("/query"):
            return self._rest.send(request)
        time.sleep(self.latency)
        return self._answer(request)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send``."""
        if not request.path.endswith("/query"):
            return await self._rest.asend(request)
        await asyncio.sleep(self.latency)
        return self._answer(request)

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""


def paging(*, records: int = 10_000, latency: float = LATENCY, rounds: int = 3) -> Result:
    """Benchmark 6."""
    backend = SlowPages(pages_of(records), latency)
    connect(
        "http://slow.invalid",
        api_key=backend.token,
        transport=backend,
        limits=Limiter(),
        on_drift="ignore",
    )

    everybody = Contact.objects.order_by("job_title")  # in any other order than their creation

    def scan(ahead: int) -> float:
        begun = time.perf_counter()
        found = {each.id for each in everybody.iterator(read_ahead=ahead)}
        taken = time.perf_counter() - begun
        assert len(found) == records
        return taken

    async def ascan() -> float:
        begun = time.perf_counter()
        found = {each.id async for each in everybody.iterator(read_ahead=AHEAD)}
        taken = time.perf_counter() - begun
        assert len(found) == records
        return taken

    ahead, one, ahead_async = [], [], []
    for _ in range(rounds):
        ahead.append(scan(AHEAD))
        ahead_async.append(asyncio.run(ascan()))
        one.append(scan(1))
    # pages overlap by one row, and a last short one says that this was all
    pages = ceil((records - 1) / (PAGE - 1)) + (1 if (records - 1) % (PAGE - 1) == 0 else 0)
    result = Result(
        "paging",
        f"{records:,} records from a server that answers after {latency * 1e3:.0f} ms and lets in "
        f"100 requests a second",
        "s",
    )
    result.add("arithmetic, 4 in flight", ceil(pages / AHEAD) * latency, f"{pages} pages")
    result.add("attio_orm, read_ahead=4", sorted(ahead)[rounds // 2])
    result.add("attio_orm, read_ahead=4, async", sorted(ahead_async)[rounds // 2])
    result.add("attio_orm, one in flight", sorted(one)[rounds // 2])
    result.compare("attio_orm, read_ahead=4", "arithmetic, 4 in flight", 1.15)
    result.compare("attio_orm, read_ahead=4, async", "arithmetic, 4 in flight", 1.15)
    result.compare("attio_orm, read_ahead=4", "attio_orm, one in flight")
    result.require("no request was refused by the rate limit", backend.gate.refused == 0)
    return result
