"""Peaks of memory: a million records streamed, many kept, and an import from an iterator.

Each case runs in a fork of its own. The pages are made on the fly by the backend, so that none but
the one under way is there.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from attio_orm import connect
from attio_orm.testing.handle import open_sandbox
from attio_orm.transport.limits import Limiter
from attio_orm.transport.requests import WireRequest, WireResponse
from tests.benchmarks.hydrating import Contact
from tests.benchmarks.measuring import Result, forget_peak, forked, peak, resident, trim
from tests.benchmarks.pages import PAGE, People

RECORDS = 1_000_000
KEPT = 100_000
ROWS = (20_000, 100_000)
TEMPLATES = 50  # different people, whose ids and moments are put in anew
_ID, _MOMENT = b"00000000-0000-4000-8000-%012d", b"2026-%02d-%02dT%02d:%02d:%02d.%06d000Z"


class Endless:
    """A backend with so many people, each made when it is asked for, and that takes any create."""

    def __init__(self, records: int) -> None:
        sandbox = open_sandbox("sandbox://")
        self.token = sandbox.token
        self._rest = sandbox.backend
        self._records = records
        self._given = 0
        self._created = itertools.count(1)
        maker = People()
        self._parts = [self._template(maker) for _ in range(TEMPLATES)]

    def _template(self, maker: People) -> list[bytes]:
        """The JSON of a person, cut where its id and its moment belong."""
        person = maker.person()
        person["id"]["record_id"] = "(id)"
        person["web_url"] = "https://app.attio.com/acme/person/(id)/overview"
        person["created_at"] = person["values"]["created_at"][0]["value"] = "(moment)"
        text = msgspec.json.encode(person)
        return text.replace(b"(moment)", b"(id)").split(b"(id)")

    def record(self, number: int) -> bytes:
        """The JSON of one person."""
        record_id = _ID % number
        second, micro = divmod(number, 1_000)
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        moment = _MOMENT % (1, 1 + hour // 24, hour % 24, minute, second, micro)
        parts = self._parts[number % TEMPLATES]
        # in the order of the members: the id, the row's moment, its address, that of the values
        filled = (record_id, moment, record_id, moment)
        return b"".join([part for pair in zip(parts, (*filled, b""), strict=True) for part in pair])

    def send(self, request: WireRequest, /) -> WireResponse:
        """The next page, or what was created."""
        if request.path.endswith("/people/records/query"):
            body: dict[str, Any] = msgspec.json.decode(request.body)
            if "filter" not in body:
                self._given = 0
            stop = min(self._records, self._given + body["limit"])
            found = [self.record(number) for number in range(self._given, stop)]
            self._given = stop
            return WireResponse(200, {}, b'{"data":[%s]}' % b",".join(found))
        if request.method == "POST" and request.path.endswith("/people/records"):
            return WireResponse(200, {}, b'{"data":%s}' % self.record(next(self._created)))
        return self._rest.send(request)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send``."""
        return self.send(request)

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""


def opened(records: int) -> Endless:
    """A backend, which the current connection asks."""
    backend = Endless(records)
    connect(
        "http://endless.invalid",
        api_key=backend.token,
        transport=backend,
        limits=Limiter(reads=10**9, writes=10**9),
        on_drift="ignore",
    )
    return backend


def grown(work: Callable[[], Any]) -> Callable[[], tuple[float, float]]:
    """What gives the MB that the work adds at its peak, and the peak of the process."""

    def measured() -> tuple[float, float]:
        next(iter(Contact.objects.iterator(page_size=1)))  # what the first request imports
        trim()
        forget_peak()
        before = resident()
        kept = work()
        most = peak()
        del kept
        return (most - before) / 1e6, most / 1e6

    return measured


def memory(*, records: int = RECORDS, kept: int = KEPT, rows: tuple[int, int] = ROWS) -> Result:
    """Peaks of memory, in forks."""
    result = Result(
        "memory",
        f"The most memory that {records:,} streamed records, {kept:,} kept ones and imports of "
        f"{rows[0]:,} and {rows[1]:,} rows from an iterator add to a process; pages of {PAGE}",
        "MB",
    )

    def streamed() -> None:
        found = sum(1 for each in Contact.objects.iterator() if each.name and each.job_title != "")
        assert found == records

    def plain() -> None:
        found = sum(1 for _ in Contact.objects.all().rows("id", "name", "job_title"))
        assert found == records

    def all_kept() -> list[Any]:
        return list(Contact.objects.all())

    opened(records)
    for name, work in (("iterator()", streamed), ("rows()", plain)):
        added, total = forked(grown(work))
        result.add(f"{records:,} by {name}", added, f"{total:.0f} with all of the process")
        result.require(f"{records:,} by {name} take under 100 MB", added < 100)
    backend = opened(kept)
    json = sum(len(backend.record(number)) for number in range(kept)) / 1e6
    added, total = forked(grown(all_kept))
    result.add(f"JSON of {kept:,}", json)
    result.add(f"{kept:,} kept", added, f"{total:.0f} with all of the process")
    result.compare(f"{kept:,} kept", f"JSON of {kept:,}", 1.25)
    for number, keep in itertools.product(rows, ("errors", "all")):
        added, total = forked(grown(partial(imported, number, keep)))
        name = f"bulk_create of {number:,}, keep={keep!r}"
        result.add(name, added, f"{total:.0f} with all of the process")
    few, many = (f"bulk_create of {number:,}, keep=" for number in rows)
    result.compare(f"{many}'errors'", f"{few}'errors'", 1.25)
    result.compare(f"{many}'all'", f"{few}'all'")
    return result


def imported(number: int, keep: Any) -> Any:
    """The report of an import from an iterator."""

    def given() -> Iterator[dict[str, Any]]:
        for each in range(number):
            yield {"name": f"Person {each}", "job_title": f"Engineer {each}"}

    report = Contact.objects.bulk_create(given(), keep=keep)
    assert report.counts["created"] == number
    gc.collect()
    return report
