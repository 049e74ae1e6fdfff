"""A connection with a cache: what it answers, what it never does, and what a write does to it."""

from __future__ import annotations

import asyncio
import logging
import pickle
import random
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from attio_orm import (
    APIError,
    Cache,
    Company,
    Connection,
    ListEntry,
    Model,
    NotFoundError,
    OutcomeUnknownError,
    Person,
    ServerError,
    ValidationError,
    signals,
)
from attio_orm.attributes import Text
from attio_orm.cache import CacheBackend, DiskCache, MemoryCache, RedisCache, Usage
from attio_orm.testing import SandboxHandle, assert_num_requests
from attio_orm.transport import WireRequest, WireResponse
from tests.cache.conftest import Connect
from tests.colours import Colour
from tests.redis_server import RedisServer

READS = ["record_permission:read", "object_configuration:read", "list_configuration:read"]


class Lead(ListEntry, list="leads", parent=Company):
    """Entries of companies."""


@contextmanager
def receiving(signal: signals.Signal, receiver: Any, sender: Any) -> Generator[None]:
    signal.connect(receiver, sender=sender)
    try:
        yield
    finally:
        signal.disconnect(receiver, sender=sender)


class Memo(Model, object="companies", cache_ttl=0):
    """Companies that no cache answers by id."""

    name: Text


@pytest.fixture(autouse=True)
def no_drift(recwarn: Any, attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.define(Lead)


@pytest.fixture
def ids(attio_sandbox: SandboxHandle) -> list[str]:
    """Six companies, in the order in which they were made."""
    found: list[str] = []
    for number in range(6):
        attio_sandbox.clock.move(1)
        found += attio_sandbox.workspace.load("companies", [{"name": f"Company {number}"}])
    return found


@pytest.fixture
def cached(reach: Connect, backend: CacheBackend, ids: list[str]) -> Iterator[Connection]:
    """A connection with a cache in each backend, which knows what companies and people are."""
    made = reach(Cache(backend=backend))
    _know(made)
    with made.active():
        yield made


@pytest.fixture
def memory(reach: Connect, ids: list[str]) -> Iterator[Connection]:
    """The same in memory alone."""
    made = reach(Cache())
    _know(made)
    with made.active():
        yield made


def _know(made: Connection) -> None:
    for slug in ("companies", "people", "deals", "users", "workspaces", "lists/leads"):
        made.schema.fetch(slug)


def cache_of(connection: Connection) -> Cache:
    assert connection.cache is not None
    return connection.cache


# -- what it answers -------------------------------------------------------------------------------


async def test_what_was_asked_a_moment_ago_is_answered(
    cached: Connection, colour: Colour, ids: list[str]
) -> None:
    some = Company.objects.filter(name__contains="Company").cached()
    with assert_num_requests(3, connection=cached):
        for _ in range(3):
            with cached.session():  # none that holds what was read before
                one = await colour.call(Company.objects, "get", id=ids[0])
                assert one.name == "Company 0"
                assert [each.id for each in await colour.items(some.all())] == ids
                assert await colour.call(some, "exists")
    stats = cache_of(cached).stats()
    assert (stats.hits, stats.misses, stats.evicted) == (6, 3, 0)
    assert stats.ratio == pytest.approx(2 / 3)


def test_only_what_asks_for_it_is_answered(memory: Connection, ids: list[str]) -> None:
    company = Company.objects.get(id=ids[0])
    some = Company.objects.cached()
    assert some.filter(name="Company 1").count() == 1
    with assert_num_requests(2, connection=memory):
        company.refresh()
        company.refresh()
    with assert_num_requests(8, connection=memory):  # a count is never of a moment ago
        some.filter(name="Company 1").count()
        some.filter(name="Company 1").count()
    with assert_num_requests(2, connection=memory):
        list(Company.objects.filter(name="Company 2"))
        list(Company.objects.filter(name="Company 2"))
    with assert_num_requests(2, connection=memory):
        Memo.objects.get(id=ids[0])
        Memo.objects.get(id=ids[0])


def test_a_read_for_a_write_asks_attio(
    memory: Connection, attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    some = Company.objects.filter(name="Company 1").cached()
    (held,) = some
    assert some.get() is held
    attio_sandbox.workspace.load("companies", [{"name": "New"}])
    other = attio_sandbox.connection.api.records.update("companies", ids[1], {"name": "Renamed"})
    assert other["id"]["record_id"] == ids[1]
    assert some.get() is held
    assert some.get().name == "Company 1"  # what others wrote is seen later
    with assert_num_requests(1, connection=memory):
        assert some.update(name="Mine") == 0
    found, created = Company.objects.cached().get_or_create(name="Renamed")
    assert (found.id, created) == (ids[1], False)
    with pytest.raises(ValidationError, match="0 records"):
        some.delete(confirm=1)


def test_a_receiver_that_counts_is_told_what_attio_has(
    memory: Connection, attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    counted: list[int] = []

    def count(sender: Any, **_: Any) -> None:
        counted.append(Company.objects.count())

    Person.objects.create(name="Byron, Ada", company=ids[0])
    for _ in range(2):
        with memory.session(), receiving(signals.post_load, count, Person):
            list(Person.objects.includes("company").cached())
        attio_sandbox.workspace.load("companies", [{"name": "One more"}])
    assert counted == [6, 7]


def test_a_pickled_queryset_is_still_cached(memory: Connection, ids: list[str]) -> None:
    query = pickle.loads(pickle.dumps(Company.objects.filter(name="Company 1").cached()))
    with assert_num_requests(0, connection=memory):
        assert [each.id for each in query.all()] == [ids[1]]


def test_what_is_included_is_cached_too(memory: Connection, ids: list[str]) -> None:
    made = Person.objects.create(name="Byron, Ada", company=ids[0])
    people = Person.objects.includes("company").cached()
    with assert_num_requests(2, connection=memory):
        for _ in range(2):
            with memory.session():
                (ada,) = people.all()
                assert ada.company is not None
                assert ada.company.name == "Company 0"
    with assert_num_requests(0, connection=memory), memory.session():
        assert people.values("name", "company__name")
    for requests in (1, 0):  # the record by its id; what is included is there
        with assert_num_requests(requests, connection=memory), memory.session():
            assert people.get(id=made.id).company is not None


def test_entries_are_kept_as_records_are(memory: Connection, ids: list[str]) -> None:
    lead = Lead.objects.create(parent=ids[0])
    query = Lead.objects.filter(parent__name__contains="Company").cached()
    with assert_num_requests(1, connection=memory):
        assert [each.id for each in query] == [lead.id]
        assert [each.id for each in query.all()] == [lead.id]
    company = Company.objects.get(id=ids[0])
    company.name = "Other"
    company.save()
    assert list(query.all()) == []
    with assert_num_requests(1, connection=memory):
        for _ in range(2):
            assert [*Lead.objects.cached().in_bulk([lead.id])] == [lead.id]


def test_equal_reads_at_one_time_are_one_request(memory: Connection, ids: list[str]) -> None:
    start = threading.Barrier(4)

    def read() -> None:
        start.wait(10)
        with memory.active():
            Company.objects.get(id=ids[3])

    with assert_num_requests(1, connection=memory):
        threads = [threading.Thread(target=read) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(10)


# -- writes ----------------------------------------------------------------------------------------


async def test_a_write_is_seen_at_once(cached: Connection, colour: Colour, ids: list[str]) -> None:
    query = Company.objects.filter(name__contains="Company").cached()
    people = Person.objects.filter(company__name="Company 0").cached()
    assert len(await colour.items(query.all())) == 6
    assert await colour.items(people.all()) == []
    ada = await colour.call(Person.objects, "create", name="Byron, Ada", company=ids[0])
    assert await colour.items(people.all()) == [ada]
    company = await colour.call(Company.objects, "get", id=ids[0])
    assert [each.id for each in company.team] == [ada.id]  # the other side of the pair
    company.name = "Renamed"
    await colour.call(company, "save")
    assert len(await colour.items(query.all())) == 5
    assert await colour.items(people.all()) == []  # a query belongs to all that its filter names
    await colour.call(company, "delete")
    with cached.session():
        (again,) = await colour.items(Person.objects.filter(id=ada.id).cached())
        assert again.company is None


def test_a_write_leaves_what_it_does_not_touch(memory: Connection, ids: list[str]) -> None:
    Company.objects.get(id=ids[0])
    Person.objects.create(name="Byron, Ada")
    with memory.dry_run():
        Company(name="Planned").save()
    memory.api.notes.create(
        parent_object="companies", parent_record_id=ids[0], title="N", format="plaintext",
        content="C",
    )  # fmt: skip
    with assert_num_requests(0, connection=memory):
        Company.objects.get(id=ids[0])


def test_it_is_outdated_before_it_is_sent(memory: Connection, ids: list[str]) -> None:
    backend, seen = cache_of(memory).backend, list[str]()

    def note(sender: Any, **_: Any) -> None:
        seen.extend(backend.generations(["companies"]))

    note(None)
    with receiving(signals.request_started, note, memory):
        memory.api.records.update("companies", ids[0], {"name": "X"})
    note(None)
    assert len(set(seen)) == 3  # before, while it is under way, and when it has ended


async def test_a_write_that_is_cancelled_outdates(
    cached: Connection, attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    backend = cache_of(cached).backend
    begun = asyncio.Event()

    async def note(sender: Any, **_: Any) -> None:
        begun.set()

    attio_sandbox.fail_next("latency", seconds=0.2)
    before = backend.generations(["companies"])
    with receiving(signals.request_started, note, cached):
        update = cached.api.records.aupdate("companies", ids[0], {"name": "X"})
        writing = asyncio.create_task(update)
        await begun.wait()
        under_way = backend.generations(["companies"])
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
    assert len({*before, *under_way, *backend.generations(["companies"])}) == 3


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", 400, 503])
def test_however_a_write_ends_it_outdates(
    memory: Connection, attio_sandbox: SandboxHandle, ids: list[str], fault: Any
) -> None:
    Company.objects.get(id=ids[0])
    attio_sandbox.fail_next(fault, match="POST /v2/objects/companies/records")
    with pytest.raises((APIError, OutcomeUnknownError)):
        memory.api.records.create("companies", {"name": "X"})
    with assert_num_requests(1, connection=memory):
        Company.objects.get(id=ids[0])


def test_what_was_read_before_does_not_undo_what_is_known(
    memory: Connection, attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    company = Company.objects.get(id=ids[0])
    attio_sandbox.connection.api.records.update("companies", ids[0], {"name": "Newer"})
    company.refresh()
    assert company.name == "Newer"
    with assert_num_requests(0, connection=memory):
        assert Company.objects.get(id=ids[0]) is company
    assert company.name == "Newer"


def test_a_changed_schema_has_other_keys(
    memory: Connection, attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    Company.objects.get(id=ids[0])
    attio_sandbox.workspace.define_attribute(
        "companies", api_slug="colour", title="Colour", type="text"
    )
    memory.schema.forget("companies")
    memory.schema.fetch("companies")
    assert "colour" in memory.schema["companies"].attributes
    with assert_num_requests(1, connection=memory):
        assert Company.objects.get(id=ids[0])["colour"] is None


class Gate:
    """A backend whose next answer to a read is held back until it opens."""

    def __init__(self, handle: SandboxHandle) -> None:
        self._backend = handle.backend
        self.holds = False
        self.reached, self.opened = threading.Event(), threading.Event()

    def send(self, request: WireRequest, /) -> WireResponse:
        answer = self._backend.send(request)
        if self.holds and request.method == "GET":
            self.holds = False
            self.reached.set()
            assert self.opened.wait(10)
        return answer

    async def asend(self, request: WireRequest, /) -> WireResponse:
        raise NotImplementedError

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


def test_a_read_that_began_before_a_write_is_not_served_after_it(
    reach: Connect, backend: CacheBackend, attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    gate = Gate(attio_sandbox)
    made = reach(Cache(backend=backend), transport=gate)
    _know(made)
    seen: list[Any] = []

    def read() -> None:
        with made.active():
            seen.append(Company.objects.get(id=ids[0]).name)

    gate.holds = True
    reader = threading.Thread(target=read)
    reader.start()
    assert gate.reached.wait(10)
    with made.active():
        made.api.records.update("companies", ids[0], {"name": "After"})
        gate.opened.set()
        reader.join(10)
        assert seen == ["Company 0"]  # asked before
        with assert_num_requests(1, connection=made):
            assert Company.objects.get(id=ids[0]).name == "After"


def test_nothing_older_than_a_write_is_read_after_it(
    reach: Connect, backend: CacheBackend, ids: list[str]
) -> None:
    made = reach(Cache(backend=backend))
    _know(made)
    ended, is_over = [0], threading.Event()
    wrong: list[tuple[Any, int]] = []

    def read() -> None:
        with made.active():
            while not is_over.is_set():
                least = ended[0]
                with made.session():
                    found = Company.objects.get(id=ids[0]).description
                if int(found or 0) < least:
                    wrong.append((found, least))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for each in readers:
        each.start()
    for number in range(1, 40):
        made.api.records.update("companies", ids[0], {"description": str(number)})
        ended[0] = number
    is_over.set()
    for each in readers:
        each.join(10)
    assert wrong == []
    assert cache_of(made).stats().hits > 0


# -- how old ---------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of memory, which a test moves."""
    moment = [0.0]
    monkeypatch.setattr("attio_orm.cache.memory.monotonic", lambda: moment[0])
    return moment


class Short(Model, object="companies", cache_ttl=10):
    """Companies of which an answer is kept for ten seconds."""

    name: Text


def test_an_answer_is_as_old_as_its_reader_allows(
    reach: Connect, clock: list[float], ids: list[str]
) -> None:
    made = reach(Cache(ttl=100, ttls={Lead: 5, "companies": 50}))
    assert [made.cache.ttl_of(each) for each in ("people", "lists/leads")] == [100, 5]  # type: ignore[union-attr]
    query = Company.objects.filter(name="Company 1")
    with made.active():
        list(query.cached())
        Company.objects.get(id=ids[0])
        clock[0] = 11
        with assert_num_requests(0, connection=made):
            list(query.cached())
            Company.objects.get(id=ids[0])
        with assert_num_requests(1, connection=made):
            list(query.cached(ttl=10))
        with assert_num_requests(1, connection=made):
            Short.objects.get(id=ids[0])
        clock[0] = 62
        with assert_num_requests(1, connection=made):
            list(query.cached())
        with assert_num_requests(2, connection=made):
            list(query.cached(ttl=0))
            list(query.cached(ttl=0))


def test_what_is_stale_stands_in_while_attio_fails(
    reach: Connect, clock: list[float], attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    made = reach(Cache(ttl=100), max_attempts=1)
    query = Company.objects.filter(name="Company 1").cached(stale_if_error=60)
    with made.active():
        assert [each.id for each in query.all()] == [ids[1]]
        clock[0] = 130
        for fault in (503, 429, "drop_before"):
            attio_sandbox.fail_next(fault)
            assert [each.id for each in query.all()] == [ids[1]]
        attio_sandbox.fail_next(404)
        with pytest.raises(NotFoundError):  # an answer, and no failure
            list(query.all())
        attio_sandbox.fail_next(503)
        with pytest.raises(ServerError):
            list(Company.objects.filter(name="Company 1").cached())
        clock[0] = 161
        attio_sandbox.fail_next(503)
        with pytest.raises(ServerError):
            list(query.all())
        made.api.records.update("companies", ids[1], {"name": "Company 1"})
        attio_sandbox.fail_next(503)
        with pytest.raises(ServerError):  # of before a write it is never served
            list(query.all())


def test_pages_of_several_ages_do_not_lead_round_in_circles(
    reach: Connect, clock: list[float], attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    made = reach(Cache(ttl=100))
    query = Company.objects.order_by("name").cached()
    with made.active():
        stream = query.iterator(page_size=3)
        assert [each.id for each in stream] == ids
        clock[0] = 50
        # by others: the first page is kept, the others are asked for anew
        for each in ids[1:4]:
            attio_sandbox.connection.api.records.delete("companies", each)
        layer: Any = made.cache
        kept = layer.backend._kept
        for key in list(kept)[1:]:
            del kept[key]
        found = [each.id for each in query.iterator(page_size=3)]
        assert set(found) >= {ids[0], ids[4], ids[5]}


# -- whose -----------------------------------------------------------------------------------------


def test_a_token_gets_nothing_of_another(
    reach: Connect, attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    cache = Cache()
    for token in (attio_sandbox.token, attio_sandbox.add_token(READS)):
        made = reach(cache, api_key=token, on_drift="ignore")
        with made.active(), assert_num_requests(1, connection=made):
            made_of = Company.objects.get(id=ids[0]), Company.objects.get(id=ids[0])
            assert made_of[0].name == "Company 0"


async def test_a_token_that_is_asked_for_is_asked_before_the_cache(
    reach: Connect, attio_sandbox: SandboxHandle, ids: list[str], colour: Colour
) -> None:
    tokens = [attio_sandbox.token]
    made = reach(Cache(), api_key=lambda: tokens[0])
    with made.active():
        with assert_num_requests(1, connection=made):
            await colour.call(Company.objects, "get", id=ids[0])
            await colour.call(Company.objects, "get", id=ids[0])
        tokens[0] = attio_sandbox.add_token(READS)
        with assert_num_requests(1, connection=made):
            await colour.call(Company.objects, "get", id=ids[0])


def test_what_another_token_was_told_is_not_kept_for_this_one(
    reach: Connect, attio_sandbox: SandboxHandle, ids: list[str]
) -> None:
    mine, other = attio_sandbox.token, attio_sandbox.add_token(READS)
    given = [mine]
    made = reach(Cache(), api_key=lambda: given.pop(0) if len(given) > 1 else given[0])
    _know(made)
    with made.active(), assert_num_requests(2, connection=made):
        given[:] = [mine, other, mine]  # it changes between the look and the request
        Company.objects.get(id=ids[0])
        Company.objects.get(id=ids[0])


# -- backends that fail ----------------------------------------------------------------------------


def test_redis_that_is_down_is_a_miss_and_one_warning(
    reach: Connect, redis_server: RedisServer, ids: list[str], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("attio_orm.cache.cache._PAUSE", 0.0)
    made = reach(Cache(backend=RedisCache(redis_server.url, prefix="down")))
    _know(made)
    caplog.set_level(logging.WARNING, "attio_orm.cache")
    with made.active():
        Company.objects.get(id=ids[0])
        redis_server.stop()
        try:
            with assert_num_requests(2, connection=made):
                Company.objects.get(id=ids[0])
                Company.objects.get(id=ids[0])
            made.api.records.update("companies", ids[0], {"name": "Written meanwhile"})
            assert made.cache.stats().bytes is None  # type: ignore[union-attr]
        finally:
            redis_server.start()
        with assert_num_requests(1, connection=made):
            for _ in range(2):
                assert Company.objects.get(id=ids[0]).name == "Written meanwhile"
    (told,) = caplog.records
    assert "RedisCache cannot be used (ConnectionError)" in told.getMessage()


class Forgetful(MemoryCache):
    """A backend that takes nothing while it is down, and still has what it had."""

    is_down = False

    def _check(self) -> None:
        if self.is_down:
            raise OSError("secret address")

    def outdate(self, names: Any) -> None:
        self._check()
        super().outdate(names)

    def usage(self) -> Usage:
        self._check()
        return super().usage()


def test_what_it_could_not_be_told_it_is_told_before_it_is_read(
    reach: Connect, ids: list[str], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr("attio_orm.cache.cache._PAUSE", 0.0)
    backend = Forgetful()
    made = reach(Cache(backend=backend))
    with made.active():
        Company.objects.get(id=ids[0])
        backend.is_down = True
        made.api.records.update("companies", ids[0], {"name": "Meanwhile"})
        assert made.cache.stats().bytes is None  # type: ignore[union-attr]
        backend.is_down = False
        assert Company.objects.get(id=ids[0]).name == "Meanwhile"
    assert "secret" not in caplog.text


async def test_a_redis_full_of_others_keys_costs_hits_alone(
    reach: Connect, redis_server: RedisServer, ids: list[str], colour: Colour
) -> None:
    made = reach(Cache(backend=RedisCache(redis_server.url, prefix=f"full-{colour.name}")))
    _know(made)
    with made.active(), redis_server.client() as client:
        client.set("theirs", "kept")
        await colour.call(Company.objects, "get", id=ids[0])
        try:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "1")
            await colour.call(made.api.records, "update", "companies", ids[0], {"name": "Full"})
            for _ in range(2):
                assert (await colour.call(Company.objects, "get", id=ids[0])).name == "Full"
        finally:
            client.config_set("maxmemory", "0")
        assert (await colour.call(Company.objects, "get", id=ids[0])).name == "Full"
        assert client.get("theirs") == "kept"


@pytest.mark.parametrize("poison", [b"", b"\x80\x04\x95.", b"attio-orm 1\n" + b"\0" * 40])
async def test_poisoned_bytes_are_a_miss(
    memory: Connection, ids: list[str], poison: bytes, colour: Colour
) -> None:
    backend: Any = cache_of(memory).backend
    await colour.call(Company.objects, "get", id=ids[0])
    (key,) = list(backend._kept)
    backend.put(key, poison, 300)
    with assert_num_requests(1, connection=memory):
        for _ in range(2):
            assert (await colour.call(Company.objects, "get", id=ids[0])).name == "Company 0"


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0], ids=["back", "on"])
async def test_a_clock_that_jumps_costs_hits_alone(
    reach: Connect, ids: list[str], colour: Colour, tmp_path: Path, jump: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """By a file, whose times are those of the machine: several processes share it."""
    made = reach(Cache(backend=DiskCache(tmp_path / "cache.db"), ttl=300), deadline=60.0)
    _know(made)
    with made.active():
        await colour.call(Company.objects, "get", id=ids[0])
        with assert_num_requests(0, connection=made):
            await colour.call(Company.objects, "get", id=ids[0])
        await colour.call(made.api.records, "update", "companies", ids[0], {"name": "Then"})
        await colour.call(Company.objects, "get", id=ids[0])
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + jump)
        with assert_num_requests(1, connection=made):  # its age is not known, or too great
            assert (await colour.call(Company.objects, "get", id=ids[0])).name == "Then"
            assert (await colour.call(Company.objects, "get", id=ids[0])).name == "Then"


# -- for those who use it --------------------------------------------------------------------------


async def test_warm_clear_and_hot(memory: Connection, colour: Colour, ids: list[str]) -> None:
    cache, query = cache_of(memory), Company.objects.filter(name__contains="Company")
    assert await colour.call(query, "warm") == 6
    with assert_num_requests(0, connection=memory):
        await colour.items(query.cached())
    with assert_num_requests(1, connection=memory):
        assert await colour.call(query.cached(ttl=50), "warm") == 6  # asked for in any case
    await colour.call(Company.objects, "get", id=ids[0])
    hottest = cache.hot(1)[0]
    assert (hottest.object, hottest.asked) == ("companies", 3)
    assert hottest.query is not None
    assert hottest.query["filter"] == {"name": {"$contains": "Company"}}
    for what in (Company, "companies:*", "companies", "*"):
        with assert_num_requests(1, connection=memory):
            cache.clear(what)
            cache.clear(Person)
            cache.clear("lists/leads:*")
            await colour.items(query.cached())
            await colour.items(query.cached())


def test_what_cannot_be_meant_is_refused(reach: Connect) -> None:
    plain = reach()
    with plain.active(), pytest.raises(ValidationError, match=r"connect\(cache=Cache\(\)\)"):
        list(Company.objects.cached())
    with plain.active(), pytest.raises(ValidationError, match="no cache"):
        Company.objects.warm()
    with pytest.raises(ValidationError, match="cache takes a Cache"):
        reach({})  # type: ignore[arg-type]
    for wrong in ({"ttl": -1}, {"ttl": "5"}, {"size": 0}, {"ttls": {"people": float("nan")}}):
        with pytest.raises(ValidationError):
            Cache(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="stands for no object"):
        Cache(ttls={int: 5})
    for backend in (5, MemoryCache, "redis://localhost"):
        with pytest.raises(ValidationError, match="backend takes MemoryCache"):
            Cache(backend=backend)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="clear"):
        Cache().clear("people:1*")
    with pytest.raises(ValidationError, match="Wrong: cache_ttl is in seconds"):
        type("Wrong", (Model,), {}, cache_ttl=-1)
    with pytest.raises(ValidationError, match="stale_if_error"):
        Company.objects.cached(stale_if_error=-1)


def test_a_sandbox_that_begins_anew_forgets(attio_sandbox: SandboxHandle, ids: list[str]) -> None:
    from attio_orm import connect

    with connect("sandbox://", cache=Cache()) as made:
        handle = made.sandbox
        assert handle is not None
        (one,) = handle.workspace.load("companies", [{"name": "Gone"}])
        Company.objects.get(id=one)
        handle.reset()
        with pytest.raises(Company.DoesNotExist):
            Company.objects.get(id=one)


def test_four_of_five_gets_are_hits(reach: Connect, attio_sandbox: SandboxHandle) -> None:
    rows = [{"name": f"Company {number}"} for number in range(150)]
    many = attio_sandbox.workspace.load("companies", rows)
    weights = [1 / rank for rank in range(1, 151)]  # as people ask: Zipf's law
    made = reach(Cache())
    with made.active():
        for each in random.Random(4).choices(many, weights, k=1_000):
            Company.objects.get(id=each)
    assert cache_of(made).stats().ratio > 0.8
