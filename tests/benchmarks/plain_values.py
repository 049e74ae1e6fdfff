"""Values without objects: ``values_list()`` and ``rows()`` beside objects, from the same pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from attio_orm import attributes as kinds
from attio_orm import connect
from attio_orm.testing.handle import open_sandbox
from attio_orm.transport.limits import Limiter
from attio_orm.transport.requests import WireRequest, WireResponse
from tests.benchmarks.hydrating import Contact
from tests.benchmarks.measuring import Result, interleaved_forks
from tests.benchmarks.pages import PAGE, People, body_of

RECORDS = 5_000
COMPANIES = 1_000
ROUNDS = 7
WIDER = 40  # attributes more than the 20 of the pages
THREE = ("name", "email_addresses", "job_title")
RELATED = ("name", "job_title", "company__name")


_made: Any = type(Contact)  # with more arguments than checkers know of
WideContact: type[Contact] = _made(
    "WideContact",
    (Contact,),
    {"__module__": __name__, **{f"extra_{number}": kinds.Text() for number in range(WIDER)}},
    object="people",
    strict=True,
)
"""The same people, with 40 attributes more."""


class Served:
    """A backend that has its pages ready, in the order of creation; the rest a sandbox does."""

    def __init__(self, people: Sequence[dict[str, Any]], companies: dict[str, bytes]) -> None:
        sandbox = open_sandbox("sandbox://")
        self.token = sandbox.token
        self.requests = 0
        self._rest = sandbox.backend
        self._pages = [
            body_of(people[start : start + PAGE]) for start in range(0, len(people), PAGE)
        ]
        self._companies = companies
        self._at = 0

    def send(self, request: WireRequest, /) -> WireResponse:
        """The next page, or the companies that are asked for."""
        if not request.path.endswith("/query"):
            return self._rest.send(request)
        self.requests += 1
        body: dict[str, Any] = msgspec.json.decode(request.body)
        if "/companies/" in request.path:
            ids = body["filter"]["record_id"]["$in"]
            data = b",".join(self._companies[each] for each in ids)
            return WireResponse(200, {}, b'{"data":[%s]}' % data)
        if "filter" not in body:  # the first page
            self._at = 0
        self._at += 1
        found = self._pages[self._at - 1] if self._at <= len(self._pages) else b'{"data":[]}'
        return WireResponse(200, {}, found)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send``."""
        return self.send(request)

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""


def served(records: int, wider: int = 0) -> Served:
    """People in the order of their creation, with so many attributes more, and their companies."""
    maker = People(companies=min(COMPANIES, records))
    people = [maker.person() for _ in range(records)]
    for number, person in enumerate(people):
        moment = f"2026-01-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
        person["created_at"] = person["values"]["created_at"][0]["value"] = moment
        for extra in range(wider):
            person["values"][f"extra_{extra}"] = maker.maybe(
                0.7, lambda: maker.value("text", value=maker.text(6))
            )
    companies: dict[str, bytes] = {}
    for each in maker.companies:
        company = maker.person()  # as large as a person
        company["id"]["record_id"] = each
        company["values"]["name"] = [maker.value("text", value=maker.text(2))]
        companies[each] = msgspec.json.encode(company)
    return Served(people, companies)


def values(*, records: int = RECORDS, rounds: int = ROUNDS) -> Result:
    """Three attributes of records of 20 and of 60, and one of them behind a relation."""
    result = Result(
        "values",
        f"{records:,} people from the bytes of their pages to tuples of three attributes, by "
        f"objects, by values_list() and by rows(); through a relation with {COMPANIES:,} companies",
        "µs a record",
    )
    for wide, model, backend in (
        (20, Contact, served(records)),
        (60, WideContact, served(records, WIDER)),
    ):
        cases = cases_of(model, backend, f"3 of {wide}")
        result.add_all(
            interleaved_forks({name: timed(work) for name, work in cases.items()}, rounds)
        )
        sent: dict[str, int] = {}
        for name, work in cases.items():
            before = backend.requests
            work()
            sent[name] = backend.requests - before
        for what in (f"3 of {wide}", f"3 of {wide}, through a relation"):
            objects, *others = (f"{way}, {what}" for way in ("objects", "values_list", "rows"))
            for name in others:
                # what rows() leads to is read for each page anew, as nothing of it is kept
                result.compare(name, objects, 0.7 if name.startswith("values") else None)
            same = sent[others[0]] == sent[objects]
            result.require(f"{what}: values_list() takes the requests of objects", same)
    return result


def cases_of(model: Any, backend: Served, what: str) -> dict[str, Callable[[], list[Any]]]:
    """The ways to the values, over this backend."""
    connection = connect(
        "http://served.invalid",
        api_key=backend.token,
        transport=backend,
        limits=Limiter(reads=10**9, writes=10**9),
        on_drift="ignore",
    )
    people = model.objects.using(connection)

    def objects() -> list[Any]:
        return [(p.name, p.email_addresses, p.job_title) for p in people.all()]

    def related() -> list[Any]:
        found = people.includes("company")
        return [(p.name, p.job_title, p.company and p.company.name) for p in found]

    through = f"{what}, through a relation"
    return {
        f"objects, {what}": objects,
        f"values_list, {what}": lambda: people.values_list(*THREE),
        f"rows, {what}": lambda: list(people.rows(*THREE)),
        f"objects, {through}": related,
        f"values_list, {through}": lambda: people.values_list(*RELATED),
        f"rows, {through}": lambda: list(people.rows(*RELATED)),
    }


def timed(work: Callable[[], list[Any]]) -> Callable[[], float]:
    """What gives the microseconds of processor time that the work takes for each record."""

    def measured() -> float:
        begun = time.process_time()
        found = work()
        return (time.process_time() - begun) / len(found) * 1e6

    return measured
