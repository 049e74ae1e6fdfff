"""Equal reads that are under way at one time are one request, until a write ends that."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_orm import Company, Connection, DoesNotExist, ListEntry, Person, connect
from attio_orm.connection import sessions
from attio_orm.errors import StaleRecordError
from attio_orm.records.base import state_of
from attio_orm.testing import SandboxHandle
from attio_orm.transport import WireRequest, WireResponse

READERS = 6


class Lead(ListEntry, list="leads", parent=Company):
    """Entries, which Attio gives one by one."""


class Gate:
    """A backend that holds back the answers of reads until it opens."""

    def __init__(self, handle: SandboxHandle) -> None:
        self._backend = handle.backend
        self.sent: list[str] = []
        self.opened = threading.Event()
        self.opened.set()
        self.reached = threading.Semaphore(0)

    def _is_held(self, request: WireRequest) -> bool:
        is_read = request.method == "GET" or request.path.endswith(("/query", "/search"))
        self.sent.append(f"{request.method} {request.path}")
        return is_read and not self.opened.is_set()

    def send(self, request: WireRequest, /) -> WireResponse:
        held = self._is_held(request)
        answer = self._backend.send(request)
        if held:
            self.reached.release()
            assert self.opened.wait(10)
        return answer

    async def asend(self, request: WireRequest, /) -> WireResponse:
        held = self._is_held(request)
        answer = await self._backend.asend(request)
        while held and not self.opened.is_set():
            await asyncio.sleep(0.001)
        return answer

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


@pytest.fixture
def gate(attio_sandbox: SandboxHandle) -> Gate:
    return Gate(attio_sandbox)


@pytest.fixture
def connection(attio_sandbox: SandboxHandle, gate: Gate) -> Iterator[Connection]:
    attio_sandbox.define(Lead)
    url = "http://gate.example"
    with connect(url, api_key=attio_sandbox.token, transport=gate, limits=None) as made:
        made.schema.fetch("people")
        made.schema.fetch("companies")
        made.schema.fetch("lists/leads")
        yield made


@pytest.fixture
def acme(connection: Connection) -> Company:
    return Company.objects.create(name="Acme", domains=["acme.example.com"])


@pytest.fixture
def ada(acme: Company) -> Person:
    return Person.objects.create(name="Ada", company=acme)


@pytest.fixture
def entry(acme: Company) -> Lead:
    return Lead.objects.create(parent=acme)


def in_threads(gate: Gate, work: Callable[[], Any]) -> list[Any]:
    """What each of several threads gets that begin before the first answer comes."""
    gate.opened.clear()
    gate.sent.clear()
    begin = threading.Barrier(READERS + 1)

    def one() -> Any:
        begin.wait(10)
        return work()

    with ThreadPoolExecutor(READERS) as pool:
        futures = [pool.submit(one) for _ in range(READERS)]
        begin.wait(10)
        assert gate.reached.acquire(timeout=10)
        threading.Event().wait(0.5)  # time for the others to come, on a busy machine too
        gate.opened.set()
        return [future.result(10) for future in futures]


async def in_tasks(gate: Gate, work: Callable[[], Any]) -> list[Any]:
    """The same in tasks, each a root of its own."""
    gate.opened.clear()
    gate.sent.clear()
    tasks = [asyncio.create_task(work()) for _ in range(READERS)]
    await asyncio.sleep(0.05)
    gate.opened.set()
    return list(await asyncio.gather(*tasks))


READS: dict[str, tuple[Callable[[str, str], Any], Callable[[str, str], Any]]] = {
    "get": (
        lambda person, _: Person.objects.get(id=person),
        lambda person, _: Person.objects.aget(id=person),
    ),
    "filter": (
        lambda *_: Person.objects.filter(name="Ada").first(),
        lambda *_: Person.objects.filter(name="Ada").afirst(),
    ),
    "in_bulk": (
        lambda person, _: next(iter(Person.objects.in_bulk([person]).values())),
        lambda person, _: _first(Person.objects.ain_bulk([person])),
    ),
    "entry": (
        lambda _, entry: Lead.objects.get(id=entry),
        lambda _, entry: Lead.objects.aget(id=entry),
    ),
    "entries": (lambda *_: Lead.objects.first(), lambda *_: Lead.objects.afirst()),
}


async def _first(found: Any) -> Any:
    return next(iter((await found).values()))


@pytest.mark.parametrize("read", READS)
def test_threads_share_a_request_and_have_records_of_their_own(
    gate: Gate, entry: Lead, ada: Person, read: str
) -> None:
    work = READS[read][0]
    found = in_threads(gate, lambda: work(str(ada.id), str(entry.id)))
    assert len(gate.sent) == 1
    assert len({each.id for each in found}) == 1
    assert len({id(each) for each in found}) == READERS  # each thread has a session of its own


@pytest.mark.parametrize("read", READS)
async def test_tasks_share_a_request(gate: Gate, entry: Lead, ada: Person, read: str) -> None:
    work = READS[read][1]

    async def one() -> Any:
        return await work(str(ada.id), str(entry.id))

    found = await in_tasks(gate, one)
    assert len(gate.sent) == 1
    assert {each.id for each in found} <= {ada.id, entry.id}


def test_counts_searches_and_relations_are_shared(
    gate: Gate, connection: Connection, ada: Person
) -> None:
    assert in_threads(gate, Person.objects.exists) == [True] * READERS
    assert len(gate.sent) == 1
    in_threads(gate, lambda: Person.objects.search("Ada"))
    # the records that it found are asked for when the gate is open, at once or not
    assert sum(each.endswith("/search") for each in gate.sent) == 1
    people: list[Person] = []
    for _ in range(READERS):
        with connection.session():
            people.append(Person.objects.get(id=ada.id))
    in_threads(gate, lambda: people.pop().load("company"))
    assert len(gate.sent) == 1


def test_threads_that_read_other_names_of_a_page_share_it(gate: Gate, ada: Person) -> None:
    people = Person.objects.filter(name="Ada")
    reads = [lambda: people.pluck("id"), lambda: people.pluck("company"), lambda: [*people.all()]]
    expected = [read() for read in reads]
    turns = iter([*reads, *reads])
    found = in_threads(gate, lambda: next(turns)())
    assert len(gate.sent) == 1
    assert [found.count(each) for each in expected] == [2, 2, 2]


async def test_tasks_that_read_other_names_of_a_page_share_it(gate: Gate, ada: Person) -> None:
    people = Person.objects.filter(name="Ada")
    names = iter(["id", "company"] * (READERS // 2))
    found = await in_tasks(gate, lambda: people.apluck(next(names)))
    assert len(gate.sent) == 1
    assert found == [[ada.id], [ada.raw["company"][0]["target_record_id"]]] * (READERS // 2)


def test_a_failure_is_everybodys(gate: Gate, acme: Company) -> None:
    def missing() -> str:
        try:
            Company.objects.get(id="11111111-1111-4111-8111-111111111111")
        except DoesNotExist as error:
            return str(error)
        return ""

    assert all(in_threads(gate, missing))
    assert sum("/records/" in each for each in gate.sent) == 1


def test_different_reads_are_different_requests(gate: Gate, acme: Company, ada: Person) -> None:
    names = iter(["Ada", "Bob"] * READERS)
    in_threads(gate, lambda: Person.objects.filter(name=next(names)).first())
    assert len(gate.sent) == 2


def test_what_is_over_is_asked_for_again(gate: Gate, ada: Person) -> None:
    gate.sent.clear()
    for _ in range(2):
        Person.objects.get(id=ada.id)
    assert len(gate.sent) == 2


@pytest.mark.parametrize("fault", [None, 503], ids=["written", "repeated"])
def test_a_write_ends_the_sharing_with_reads_that_began_before_it(
    attio_sandbox: SandboxHandle, gate: Gate, ada: Person, fault: int | None
) -> None:
    gate.opened.clear()
    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(lambda: Person.objects.get(id=ada.id).job_title)
        assert gate.reached.acquire(timeout=10)
        ada.job_title = "Countess"
        if fault is not None:
            attio_sandbox.fail_next(fault, match="PATCH")
            gate.opened.set()  # what a repeat reads is not to be held back
        ada.save()
        after = pool.submit(lambda: Person.objects.get(id=ada.id).job_title)
        if fault is None:
            assert gate.reached.acquire(timeout=10)
        gate.opened.set()
        assert before.result(10) is None
        assert after.result(10) == "Countess"


def test_what_a_write_is_decided_by_is_never_shared(
    attio_sandbox: SandboxHandle, gate: Gate, connection: Connection, ada: Person
) -> None:
    """Somebody else reads the record while another program changes it, and then we save."""
    gate.opened.clear()
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(lambda: Person.objects.get(id=ada.id))
        assert gate.reached.acquire(timeout=10)
        with attio_sandbox.connection.active():
            theirs = Person.objects.get(id=ada.id)
            theirs.job_title = "Theirs"
            theirs.save()
        ada.job_title = "Mine"
        saving = pool.submit(lambda: ada.save(on_conflict="raise"))
        assert gate.reached.acquire(timeout=10)
        gate.opened.set()
        reading.result(10)
        with pytest.raises(StaleRecordError):
            saving.result(10)


def test_who_waited_has_rows_of_the_moment_when_they_were_asked_for(
    gate: Gate, ada: Person
) -> None:
    """Else an answer from before others' edit would replace one from after it."""

    def read() -> float:
        return state_of(Person.objects.get(id=ada.id)).as_of

    gate.opened.clear()
    gate.sent.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(read)
        assert gate.reached.acquire(timeout=10)
        joined = sessions.now()
        second = pool.submit(read)
        threading.Event().wait(0.3)
        gate.opened.set()
        assert first.result(10) <= second.result(10) < joined
    assert len(gate.sent) == 1


async def test_who_is_cancelled_takes_nobody_along(gate: Gate, ada: Person) -> None:
    gate.opened.clear()
    gate.sent.clear()
    tasks = [asyncio.create_task(Person.objects.aget(id=ada.id)) for _ in range(3)]
    await asyncio.sleep(0.02)
    tasks[0].cancel()
    await asyncio.sleep(0.02)
    gate.opened.set()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    assert {each.id for each in await asyncio.gather(*tasks[1:])} == {ada.id}
    assert len(gate.sent) == 2
