"""Benchmark 7: many writes under the limit of 25 a second; related records without N+1."""

from __future__ import annotations

import time
from math import ceil

from attio_orm import Company, Person, connect
from attio_orm.testing import assert_num_requests
from attio_orm.testing.backend import SandboxBackend
from attio_orm.testing.handle import open_sandbox
from attio_orm.transport.limits import Limiter
from attio_orm.transport.requests import WireRequest, WireResponse
from tests.benchmarks.gates import Gate
from tests.benchmarks.measuring import Result

WRITES_A_SECOND = 25
PAGE = 500


class GatedSandbox(SandboxBackend):
    """A sandbox that lets in 25 writes a second."""

    gate = Gate(WRITES_A_SECOND)

    def send(self, request: WireRequest, /) -> WireResponse:
        """The answer, or a 429."""
        writes = request.method != "GET" and not request.path.endswith(("/query", "/search"))
        if writes and not self.gate.lets_in():
            return WireResponse(429, {"retry-after": "1"}, b"{}")
        return super().send(request)


def writing(*, records: int = 1_000, people: int = 500) -> Result:
    """Benchmark 7."""
    result = Result("writes", f"{records:,} creates by bulk_create(), 25 a second let in", "s")
    handle = open_sandbox("sandbox://")
    backend = GatedSandbox(handle.workspace)
    with connect("http://gated.invalid", api_key=handle.token, transport=backend, limits=Limiter()):
        begun = time.perf_counter()
        rows = [{"name": f"Company {number}"} for number in range(records)]
        report = Company.objects.bulk_create(rows)
        taken = time.perf_counter() - begun
    result.add("arithmetic, 25 a second", records / WRITES_A_SECOND)
    result.add("attio_orm", taken)
    result.add("what it expected before the first", report.eta or 0.0)
    result.compare("attio_orm", "what it expected before the first", 1.05)
    result.compare("attio_orm", "arithmetic, 25 a second", 1.05)
    result.require(f"{len(report.created):,} were created", len(report.created) == records)
    result.require("none was refused by the rate limit", backend.gate.refused == 0)
    _count_queries(result, people)
    return result


def _count_queries(result: Result, people: int) -> None:
    with connect("sandbox://") as connection:
        assert connection.sandbox is not None
        workspace = connection.sandbox.workspace
        companies = workspace.load("companies", [{"name": f"C{n}"} for n in range(people)])
        workspace.load(
            "people",
            [
                {
                    "name": f"P{number}",
                    "company": [{"target_object": "companies", "target_record_id": company}],
                }
                for number, company in enumerate(companies)
            ],
        )
        expected = people // PAGE + 1 + ceil(people / PAGE)
        try:
            with assert_num_requests(expected):
                names = [person.company.name for person in Person.objects.all() if person.company]
        except AssertionError as failure:
            result.require(str(failure), holds=False)
            return
    result.require(
        f"the companies of {len(names):,} people, read one by one without includes(), took "
        f"{expected} requests with those for the people",
        len(names) == people,
    )
