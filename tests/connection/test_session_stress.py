"""Sessions under load: 32 threads and 1,000 tasks on one connection, eviction, expunge, time."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import pickle
import random
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attio_orm import Company, Connection, Deal, Include, Person, ValidationError, connect
from attio_orm.connection.sessions import RefMap, session_of
from attio_orm.signals import post_save
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

THREADS = 32
TASKS = 1_000


@pytest.fixture
def ids(attio_sandbox: SandboxHandle) -> list[str]:
    """40 people, four of each of ten companies."""
    companies = attio_sandbox.workspace.load("companies", [{"name": f"C{n}"} for n in range(10)])
    return engineers(attio_sandbox, 40, companies)


def engineers(sandbox: SandboxHandle, count: int, companies: list[str] | None = None) -> list[str]:
    """The ids of so many new people, each a millisecond younger than the one before."""
    sandbox.clock.freeze()
    ids: list[str] = []
    for n in range(count):
        sandbox.clock.move(0.001)
        row: dict[str, Any] = {"name": f"Person, {n:04d}", "job_title": "Engineer"}
        if companies:
            company = companies[n % len(companies)]
            row["company"] = {"target_object": "companies", "target_record_id": company}
        ids += sandbox.workspace.load("people", [row])
    return ids


def in_threads(work: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """What ``work(number)`` gives in each of so many threads, which begin together."""
    together = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        together.wait(30)
        try:
            results[number] = work(number)
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a thread hangs"
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def all_distinct(groups: list[list[Any]]) -> bool:
    """Whether no object is in two of these groups."""
    seen = [id(each) for group in groups for each in {id(e): e for e in group}.values()]
    return len(seen) == len(set(seen))


# -- threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("explicit", [False, True])
def test_threads_have_identity_and_share_nothing(
    connection: Connection, ids: list[str], explicit: bool
) -> None:
    def work(number: int) -> list[Any]:
        chance = random.Random(number)
        mine = {person.id: person for person in Person.objects.includes("company")}
        assert list(mine) == ids
        companies = {person.company.id: person.company for person in mine.values()}
        for _ in range(5):
            record_id = chance.choice(ids)
            person = mine[record_id]
            person.job_title = f"{number}"
            assert Person.objects.get(id=record_id) is person
            assert person.job_title == f"{number}"  # a fetch keeps what is not saved
            start = chance.randrange(30)
            assert all(each is mine[each.id] for each in Person.objects.all()[start : start + 9])
            assert person.company is companies[person.company.id]
            assert all(each is mine[each.id] for each in person.company.team if each.id in mine)
        return [*mine.values(), *companies.values()]

    def in_session(number: int) -> list[Any]:
        with connection.session():
            return work(number)

    groups = in_threads(in_session if explicit else work)
    assert all(len(group) == 50 for group in groups)
    assert all_distinct(groups)
    assert set(Person.objects.pluck("job_title")) == {"Engineer"}  # nobody saved


def test_threads_in_one_session_share_every_object(connection: Connection, ids: list[str]) -> None:
    def work(number: int) -> dict[Any, Any]:
        chance = random.Random(number)
        found: dict[Any, Any] = {}
        for _ in range(6):
            start = chance.randrange(40)
            for person in Person.objects.all()[start : start + 20]:
                assert found.setdefault(person.id, person) is person
            person = Person.objects.get(id=chance.choice(ids))
            assert found.setdefault(person.id, person) is person
        return found

    with connection.session() as session:
        context = contextvars.copy_context()
        groups = in_threads(lambda number: context.copy().run(work, number))
        assert len(session) <= len(ids)
        for record_id in ids:
            held = {id(group[record_id]) for group in groups if record_id in group}
            assert held <= {id(session.get(Person, record_id))}


def test_no_change_is_lost_between_threads(connection: Connection, ids: list[str]) -> None:
    def work(number: int) -> None:
        with connection.session(ttl=60):
            person = Person.objects.get(id=ids[number])
            for step in range(4):
                person.job_title = f"{number}.{step}"
                person.save()
                person.email_addresses.append(f"{step}@{number}.example.com")
                person.save()
            assert not person.is_changed

    in_threads(work)
    people = Person.objects.in_bulk(ids[:THREADS])
    assert [people[i].job_title for i in ids[:THREADS]] == [f"{n}.3" for n in range(THREADS)]
    assert all(
        sorted(people[i].email_addresses) == [f"{step}@{n}.example.com" for step in range(4)]
        for n, i in enumerate(ids[:THREADS])
    )


def test_the_map_survives_objects_that_die_in_every_thread(connection: Connection) -> None:
    """Objects are made and dropped in 16 threads at once, with the collector at work."""
    with connection.session(size=8) as session:
        model_map = session.map(Person)
        batch = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(64)]

        class Thing:
            """What can be held weakly."""

        def work(number: int) -> int:
            chance = random.Random(number)
            kept: dict[str, Thing] = {}
            for turn in range(2_000):
                key = chance.choice(batch)
                with session.lock:
                    found = model_map.get(key)
                    if found is None:
                        found = Thing()
                        model_map.put(key, found)
                    session.keep(Person, key, found)
                assert kept.setdefault(key, found) is found
                if turn % 7 == 0:
                    kept.pop(chance.choice(batch), None)
                if turn % 500 == 0:
                    gc.collect()
                del found
            return len(kept)

        in_threads(work, 16)
        gc.collect()
        assert len(session) == 8  # those that the session keeps


# -- tasks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("explicit", [False, True])
async def test_tasks_have_identity_and_share_nothing(
    connection: Connection, ids: list[str], explicit: bool
) -> None:
    async def work(number: int) -> list[Any]:
        record_id = ids[number % 40]
        person = await Person.objects.aget(id=record_id)
        person.job_title = f"{number}"
        await asyncio.sleep(0)
        assert await Person.objects.aget(id=record_id) is person
        assert person.job_title == f"{number}"
        await person.aload("company")
        assert person.company is not None
        return [person, person.company]

    async def in_session(number: int) -> list[Any]:
        with connection.session(ttl=60):
            return await work(number)

    groups = await asyncio.gather(
        *((in_session if explicit else work)(number) for number in range(TASKS))
    )
    assert all_distinct(groups)
    assert len({id(each) for group in groups for each in group}) == 2 * TASKS


async def test_tasks_in_one_session_share_every_object(
    connection: Connection, ids: list[str]
) -> None:
    async def work(number: int) -> Any:
        return await Person.objects.aget(id=ids[number % 40])

    with connection.session() as session:
        found = await asyncio.gather(*(work(number) for number in range(TASKS)))
        assert len({id(each) for each in found}) == 40
        assert len(session) == 40
    with connection.session(ttl=60):
        await work(0)
        with assert_num_requests(0):
            found = await asyncio.gather(*(work(0) for _ in range(TASKS)))
        assert len({id(each) for each in found}) == 1


async def test_no_change_is_lost_between_tasks(connection: Connection, ids: list[str]) -> None:
    async def work(number: int) -> None:
        with connection.session(ttl=60):
            person = await Person.objects.aget(id=ids[number % 40])
            person.email_addresses.append(f"{number}@all.example.com")
            await person.asave()
            assert not person.is_changed

    await asyncio.gather(*(work(number) for number in range(TASKS)))
    found = await Person.objects.ain_bulk(ids)
    for place, record_id in enumerate(ids):
        expected = {f"{n}@all.example.com" for n in range(place, TASKS, 40)}
        assert set(found[record_id].email_addresses) == expected


async def test_threads_and_tasks_at_once(connection: Connection, ids: list[str]) -> None:
    async def in_task(number: int) -> Any:
        with connection.session():
            return await Person.objects.aget(id=ids[number % 40])

    def in_thread(number: int) -> Any:
        with connection.session():
            return Person.objects.get(id=ids[number % 40])

    found = await asyncio.gather(
        *(in_task(number) for number in range(200)),
        *(asyncio.to_thread(in_thread, number) for number in range(200)),
    )
    assert len({id(each) for each in found}) == 400


# -- one operation is in one session --------------------------------------------------------------


async def test_the_parts_of_one_operation_share_the_session(
    connection: Connection, attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    load = attio_sandbox.workspace.load
    many = load("people", [{"name": f"Many, {n}"} for n in range(1_100)])
    in_bulk = await colour.call(Person.objects, "in_bulk", many)
    heard: list[Any] = []

    def note(sender: Any, *, instance: Any, **_: Any) -> None:
        heard.append(session_of(connection))

    with post_save.connected_to(note, sender=Person):
        rows = [{"name": f"New, {n}"} for n in range(20)]
        report = await colour.call(Person.objects, "bulk_create", rows)
    here = session_of(connection)
    assert all(here.get(Person, each) is in_bulk[each] for each in many)
    assert all(here.get(Person, each.id) is each for each in report.created)
    assert {id(each) for each in heard} == {id(here)}


async def test_picked_relations_are_of_the_session(
    connection: Connection, ids: list[str], colour: Colour
) -> None:
    engineers = Person.objects.filter(job_title="Engineer")
    companies = Company.objects.includes(
        Include("team", engineers, to_attr="engineers"), "associated_deals"
    )
    found = await colour.items(companies)
    people = await colour.call(Person.objects, "in_bulk", ids)
    for company in found:
        assert all(each is people[each.id] for each in company.engineers)


# -- eviction -------------------------------------------------------------------------------------


@pytest.fixture
def many(attio_sandbox: SandboxHandle) -> list[str]:
    return engineers(attio_sandbox, 1_000)


async def test_only_so_many_are_kept_alive(
    connection: Connection, many: list[str], colour: Colour
) -> None:
    with connection.session(size=100) as session:
        for person in await colour.items(Person.objects.all()):
            assert session.get(Person, person.id) is person
        del person
        gc.collect()
        assert len(session) == 100
        kept = [record_id for record_id in many if session.get(Person, record_id) is not None]
        assert kept == many[-100:]  # those used last


async def test_what_is_used_stays(connection: Connection, many: list[str]) -> None:
    with connection.session(size=10, ttl=60) as session:
        first = weakref.ref(Person.objects.get(id=many[0]))
        for record_id in many[1:60]:
            Person.objects.get(id=record_id)
            with assert_num_requests(0):  # used again and again
                assert Person.objects.get(id=many[0]) is first()
        assert len(session) == 10
        assert session.get(Person, many[1]) is None


async def test_changed_objects_stay_whatever_the_pressure(
    connection: Connection, many: list[str], colour: Colour
) -> None:
    with connection.session(size=10) as session:
        for record_id in many[:50]:
            (await colour.call(Person.objects, "get", id=record_id)).job_title = "changed"
        await colour.items(Person.objects.all())  # a page brings them anew, and pushes them out
        gc.collect()
        assert len(session) == 60
        changed = [session.get(Person, record_id) for record_id in many[:50]]
        assert all(person.job_title == "changed" for person in changed)
        for person in changed[:20]:
            await colour.call(person, "save")
        for person in changed[20:30]:
            await colour.call(person, "refresh")
        for person in changed[30:40]:
            session.expunge(person)
        del changed, person
        await colour.items(Person.objects.all())
        gc.collect()
        assert len(session) == 10 + 10  # the changed ones, and those used last
        assert all(session.get(Person, record_id) for record_id in many[40:50])
    with connection.session():
        titles = [person.job_title for person in await colour.items(Person.objects.all()[:50])]
    assert titles == ["changed"] * 20 + ["Engineer"] * 30


def test_a_loop_over_many_holds_no_more_than_the_session_does(
    connection: Connection, many: list[str]
) -> None:
    with connection.session(size=50) as session:
        most = 0
        for _ in Person.objects.iterator(page_size=100):
            most = max(most, len(session))
        assert most <= 100 + 50 + 1


def test_an_object_that_outlives_its_session_does_not_hold_the_others(
    connection: Connection, many: list[str]
) -> None:
    with connection.session() as session:
        people = list(Person.objects.all())
        people[7].job_title = "unsaved"
        refs = [weakref.ref(person) for person in people]
        kept = people[3]
        del people
        gc.collect()
        assert len(session) == 1_000
    gc.collect()
    assert [ref() for ref in refs if ref() is not None] == [kept]
    assert session.get(Person, many[3]) is kept
    kept.job_title = "saved later"
    kept.save()
    del kept
    gc.collect()
    assert len(session) == 0
    assert Person.objects.get(id=many[3]).job_title == "saved later"


# -- expunge, clear, detached ---------------------------------------------------------------------


async def test_expunged_objects_are_made_anew(
    connection: Connection, ids: list[str], colour: Colour
) -> None:
    with connection.session(ttl=60) as session:
        old = await colour.call(Person.objects, "get", id=ids[0])
        old.job_title = "mine"
        session.expunge(old)
        session.expunge(old)  # twice does no harm
        session.expunge(Person())
        assert session.get(Person, ids[0]) is None
        new = await colour.call(Person.objects, "get", id=ids[0])
        assert new is not old
        assert new == old
        assert (old.job_title, new.job_title) == ("mine", "Engineer")
        session.expunge(old)  # and does not touch the one that took its place
        assert session.get(Person, ids[0]) is new
        await colour.call(old, "save")
        assert new.job_title == "mine"  # the session's object hears of what was saved
        assert session.get(Person, ids[0]) is new


async def test_cleared_sessions_make_all_objects_anew(
    connection: Connection, ids: list[str], colour: Colour
) -> None:
    with connection.session(ttl=60) as session:
        old = await colour.items(Person.objects.all())
        old[0].job_title = "mine"
        session.clear()
        assert len(session) == 0
        new = await colour.items(Person.objects.all())
        assert old == new
        assert not {id(each) for each in old} & {id(each) for each in new}
        await colour.call(old[0], "save")
        assert new[0].job_title == "mine"


async def test_detached_objects_still_save(
    connection: Connection, ids: list[str], colour: Colour
) -> None:
    with connection.session() as session:
        person = await colour.call(Person.objects, "get", id=ids[0])
        person.job_title = "of a closed session"
    await colour.call(person, "save")
    assert not person.is_changed
    assert session.get(Person, ids[0]) is person
    copy = pickle.loads(pickle.dumps(person))
    copy.job_title = "of a pickle"
    await colour.call(copy, "save")
    with connection.session():
        assert (await colour.call(Person.objects, "get", id=ids[0])).job_title == "of a pickle"


def test_unsaved_changes_travel_with_a_pickle_and_save(
    connection: Connection, ids: list[str]
) -> None:
    with connection.session():
        person = Person.objects.get(id=ids[0])
        person.job_title = "travelled"
        sent = pickle.dumps(person)
    there = pickle.loads(sent)
    assert there.is_changed
    there.save()
    assert Person.objects.get(id=ids[0]).job_title == "travelled"


# -- time -----------------------------------------------------------------------------------------


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass."""
    from time import monotonic

    passed = [0.0]
    monkeypatch.setattr("attio_orm.connection.sessions.monotonic", lambda: monotonic() + passed[0])

    def move(seconds: float) -> None:
        passed[0] += seconds

    return move


async def test_the_session_answers_until_the_time_is_over(
    connection: Connection, ids: list[str], colour: Colour, later: Callable[[float], None]
) -> None:
    async def get(record_id: str) -> Any:
        return await colour.call(Person.objects, "get", id=record_id)

    with connection.session(ttl=60):
        person = await get(ids[0])
        later(59)
        with assert_num_requests(0):
            assert await get(ids[0]) is person
        later(2)
        with assert_num_requests(1):
            assert await get(ids[0]) is person  # the same object, brought up to date
        later(59)
        with assert_num_requests(0):
            await get(ids[0])
        with assert_num_requests(1):
            await get(ids[1])
        await colour.call(person, "refresh")  # young again
        later(59)
        with assert_num_requests(0):
            await get(ids[0])


async def test_what_somebody_else_wrote_is_seen_when_the_time_is_over(
    connection: Connection, ids: list[str], colour: Colour, later: Callable[[float], None]
) -> None:
    with connection.session(ttl=60):
        person = await colour.call(Person.objects, "get", id=ids[0])
        with connection.session():
            theirs = await colour.call(Person.objects, "get", id=ids[0])
            theirs.job_title = "theirs"
            await colour.call(theirs, "save")
        assert (await colour.call(Person.objects, "get", id=ids[0])).job_title == "Engineer"
        later(61)
        await colour.call(Person.objects, "get", id=ids[0])
        assert person.job_title == "theirs"


@pytest.mark.parametrize("ttl", [None, 0])
async def test_without_a_time_every_get_asks(
    connection: Connection, ids: list[str], colour: Colour, ttl: float | None
) -> None:
    with connection.session(ttl=ttl), assert_num_requests(3):
        people = [await colour.call(Person.objects, "get", id=ids[0]) for _ in range(3)]
    assert len({id(person) for person in people}) == 1


async def test_a_deleted_record_is_not_answered_from_the_session(
    connection: Connection, ids: list[str], colour: Colour
) -> None:
    with connection.session(ttl=60):
        person = await colour.call(Person.objects, "get", id=ids[0])
        await colour.call(person, "delete")
        with pytest.raises(Person.DoesNotExist):
            await colour.call(Person.objects, "get", id=ids[0])


# -- misuse and ends ------------------------------------------------------------------------------


@pytest.mark.parametrize("ttl", [-1, float("nan"), "60", True, [1]])
def test_times_that_make_no_sense(connection: Connection, ttl: Any) -> None:
    with pytest.raises(ValidationError, match="ttl is in seconds"), connection.session(ttl=ttl):
        pass


@pytest.mark.parametrize("size", [0, -1, 1.5, "10", True, None])
def test_sizes_that_make_no_sense(connection: Connection, size: Any) -> None:
    with pytest.raises(ValidationError, match="how many objects"), connection.session(size=size):
        pass


def test_sessions_of_two_connections_do_not_meet(connection: Connection, ids: list[str]) -> None:
    with connect("sandbox://", on_drift="ignore") as other:
        with connection.session() as first, other.session() as second:
            assert session_of(connection) is first
            assert session_of(other) is second
            mine = Person.objects.using(connection).get(id=ids[0])
            assert first.get(Person, ids[0]) is mine
            assert second.get(Person, ids[0]) is None
        assert Deal.objects.count() == 0


def test_a_session_left_half_way_in_a_generator(connection: Connection, ids: list[str]) -> None:
    def names() -> Iterator[Any]:
        with connection.session():
            for person in Person.objects.all():
                yield person.name

    kept = contextvars.copy_context()
    half_way = kept.run(names)
    kept.run(next, half_way)
    half_way.close()  # in another context, as the garbage collector would
    assert not session_of(connection).explicit


def test_a_session_left_in_another_context_is_refused(connection: Connection) -> None:
    block = connection.session()
    contextvars.copy_context().run(block.__enter__)
    with pytest.raises(RuntimeError, match="left in another"):
        block.__exit__(None, None, None)


def test_dead_references_never_remove_a_newer_object() -> None:
    class Thing:
        """What can be held weakly."""

    held, old, new = RefMap(), Thing(), Thing()
    dead = held.put("a", old)  # kept, as records keep theirs: else nobody is told of its end
    held.put("a", new)
    del old
    gc.collect()
    assert dead() is None
    assert len(held) == 1
    assert held.get("a") is new
