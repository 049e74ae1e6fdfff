"""Sessions and the identity map: one record is one object, and nothing leaks or is left behind."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_orm import Company, Include, Person, connect
from attio_orm.connection.sessions import session_of
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


@pytest.fixture
def record_id(attio_sandbox: Any) -> str:
    (made,) = attio_sandbox.workspace.load("people", [{"name": "Ada", "job_title": "Countess"}])
    return str(made)


def write(connection: Any, record_id: str, **values: Any) -> None:
    """Change a record as somebody else would."""
    connection.api.records.update("people", record_id, values)


class TestOneObject:
    async def test_whatever_brings_it(self, record_id: str, colour: Colour) -> None:
        ada = await colour.call(Person.objects, "get", id=record_id)

        assert await colour.call(Person.objects, "get", id=record_id) is ada
        assert await colour.call(Person.objects, "get", name="Ada") is ada
        assert await colour.call(Person.objects, "first") is ada
        assert (await colour.items(Person.objects.all()))[0] is ada
        assert (await colour.call(Person.objects, "in_bulk", [record_id]))[record_id] is ada
        assert Person.ref(record_id) is ada

    async def test_in_bulk_of_many_pages_shares_the_callers_session(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        rows = [{"name": f"P{number}"} for number in range(1100)]
        ids = attio_sandbox.workspace.load("people", rows)
        first = await colour.call(Person.objects, "in_bulk", ids)
        again = await colour.call(Person.objects, "in_bulk", ids)

        assert len(first) == 1100
        assert all(first[each] is again[each] for each in ids)

    async def test_a_page_refreshes_what_is_untouched_and_keeps_the_rest(
        self, connection: Any, record_id: str, colour: Colour
    ) -> None:
        ada = await colour.call(Person.objects, "get", id=record_id)
        ada.job_title = "mine"
        ada.email_addresses.append("mine@x.co")
        held = ada.phone_numbers
        write(
            connection, record_id, job_title="theirs", description="theirs",
            email_addresses=["theirs@x.co"], phone_numbers=["+12025550147"],
        )  # fmt: skip
        await colour.items(Person.objects.all())

        assert (ada.description, ada.job_title) == ("theirs", "mine")
        assert ada.email_addresses == ["mine@x.co"]
        assert held is ada.phone_numbers
        assert held == ["+12025550147"]
        assert ada.changes["job_title"] == ("Countess", "mine")
        await colour.call(ada, "save")
        assert set(ada.email_addresses) == {"mine@x.co", "theirs@x.co"}

    async def test_what_was_set_back_is_refreshed_again(
        self, connection: Any, record_id: str, colour: Colour
    ) -> None:
        ada = await colour.call(Person.objects, "get", id=record_id)
        ada.job_title = "mine"
        ada.job_title = "Countess"
        write(connection, record_id, job_title="theirs")
        await colour.items(Person.objects.all())

        assert ada.job_title == "theirs"
        assert not ada.is_changed

    def test_relations_follow_a_refresh(self, connection: Any, record_id: str) -> None:
        acme = Company.objects.create(name="Acme")
        umbrella = Company.objects.create(name="Umbrella")
        ada = Person.objects.get(id=record_id)
        assert ada.company is None
        for company in (acme, umbrella):
            write(connection, record_id, company={
                "target_object": "companies", "target_record_id": company.id,
            })  # fmt: skip
            Person.objects.first()
            assert ada.company is company

    def test_without_a_session_nothing_is_kept(self, record_id: str, connection: Any) -> None:
        ada = Person.objects.get(id=record_id)
        gone = weakref.ref(ada)
        del ada
        gc.collect()
        assert gone() is None
        assert len(session_of(connection)) == 0
        with assert_num_requests(1):
            Person.objects.get(id=record_id)


class TestExplicit:
    async def test_its_connection_is_the_current_one_inside(
        self, connection: Any, record_id: str, colour: Colour
    ) -> None:
        with connect("sandbox://"):
            with connection.session() as session:
                ada = await colour.call(Person.objects, "get", id=record_id)
                assert session.live(Person) == [ada]
                assert Person(name="Bob").connection is None  # it has none before it is saved
                await colour.call(Person(name="Bob"), "save")
            assert await colour.call(Person.objects, "count") == 0
        assert await colour.call(Person.objects.using(connection), "count") == 2

    async def test_get_by_id_within_the_ttl_sends_nothing(
        self, connection: Any, record_id: str, colour: Colour
    ) -> None:
        with connection.session(ttl=60):
            await colour.call(Person.objects, "first")
            gc.collect()
            with assert_num_requests(0):
                ada = await colour.call(Person.objects, "get", id=record_id)
                assert ada.name == "Ada"
            with assert_num_requests(1):
                await colour.call(Person.objects, "get", name="Ada")

    async def test_after_the_ttl_it_is_asked_for_again(
        self, connection: Any, record_id: str, colour: Colour
    ) -> None:
        with connection.session(ttl=0.02):
            ada = await colour.call(Person.objects, "get", id=record_id)
            write(connection, record_id, job_title="theirs")
            time.sleep(0.03)
            with assert_num_requests(1):
                assert await colour.call(Person.objects, "get", id=record_id) is ada
            assert ada.job_title == "theirs"

    def test_without_a_ttl_get_always_asks(self, connection: Any, record_id: str) -> None:
        with connection.session():
            for _ in range(2):
                with assert_num_requests(1):
                    Person.objects.get(id=record_id)

    def test_each_block_is_a_fresh_one(self, connection: Any, record_id: str) -> None:
        outside = Person.objects.get(id=record_id)
        with connection.session():
            inside = Person.objects.get(id=record_id)
            assert inside is not outside
            assert inside == outside
            with connection.session():
                assert Person.objects.get(id=record_id) is not inside
            assert Person.objects.get(id=record_id) is inside
        assert Person.objects.get(id=record_id) is outside

    def test_objects_outlive_it_and_still_save(self, connection: Any, record_id: str) -> None:
        with connection.session(ttl=60) as session:
            ada = Person.objects.get(id=record_id)
            ada.job_title = "Analyst"
        ada.save()
        ada.refresh()

        assert ada.job_title == "Analyst"
        assert "1 objects" in repr(session)

    def test_one_that_outlives_it_keeps_no_other_alive(
        self, connection: Any, attio_sandbox: Any
    ) -> None:
        attio_sandbox.workspace.load("people", [{"name": f"P{n}"} for n in range(20)])
        with connection.session(ttl=60):
            people = list(Person.objects.all())
            others = [weakref.ref(person) for person in people[1:]]
            kept = people[0]
            del people
            gc.collect()
            assert all(other() is not None for other in others)
        gc.collect()

        assert kept.name
        assert not any(other() for other in others)

    def test_the_recently_used_are_bounded(self, connection: Any, attio_sandbox: Any) -> None:
        attio_sandbox.workspace.load("people", [{"name": f"P{n}"} for n in range(30)])
        with connection.session(size=10) as session:
            list(Person.objects.all())
            gc.collect()
            assert len(session) == 10

    def test_changed_objects_are_held_until_saved_refreshed_or_dropped(
        self, connection: Any, attio_sandbox: Any
    ) -> None:
        attio_sandbox.workspace.load("people", [{"name": f"P{n}"} for n in range(8)])
        with connection.session(size=1) as session:
            for person in Person.objects.all():
                person.job_title = f"of {person.name}"
            gc.collect()
            assert len(session) == 8
            people = list(Person.objects.all())
            assert all(person.is_changed for person in people)
            people[0].save()
            people[1].refresh()
            session.expunge(people[2])
            saved = [weakref.ref(person) for person in people[:3]]
            del people, person
            gc.collect()
            assert len(session) in (5, 6), "the newest is kept as recently used"
            session.clear()
            gc.collect()
            assert len(session) == 0
        gc.collect()
        assert not any(each() for each in saved)

    def test_expunge_and_clear(self, connection: Any, record_id: str) -> None:
        with connection.session(ttl=60) as session:
            ada = Person.objects.get(id=record_id)
            session.expunge(ada)
            other = Person.objects.get(id=record_id)
            assert other is not ada
            session.clear()
            assert Person.objects.get(id=record_id) is not other
            session.expunge(Person(name="never saved"))
            ada.job_title = "still usable"
            ada.save()

    def test_a_deleted_record_leaves_the_session(self, connection: Any, record_id: str) -> None:
        with connection.session(ttl=60):
            ada = Person.objects.get(id=record_id)
            ada.delete()
            with pytest.raises(Person.DoesNotExist):
                Person.objects.get(id=record_id)

    def test_a_session_is_its_connections_alone(self, connection: Any, record_id: str) -> None:
        with connect("sandbox://") as other, connection.session(ttl=60) as session:
            Person.objects.using(other).create(name="Bob")
            assert len(session) == 0
            with assert_num_requests(1, connection=connection):
                Person.objects.using(connection).get(id=record_id)
            assert len(session) == 1


async def loaded(colour: Colour, ada: str, acme: str) -> None:
    company = await colour.call(Company.objects, "get", id=acme)
    await colour.call(company, "load", "team")


async def forgotten_and_refreshed(colour: Colour, ada: str, acme: str) -> None:
    person = await colour.call(Person.objects, "get", id=ada)
    session_of(person.connection).expunge(person)
    await colour.call(person, "refresh")


async def saved(colour: Colour, ada: str, acme: str) -> str | None:
    made = Person(name="Bob")
    await colour.call(made, "save")
    return made.id


async def bulk_created(colour: Colour, ada: str, acme: str) -> str | None:
    report = await colour.call(Person.objects, "bulk_create", [{"name": "Bob"}])
    (made,) = report.created
    return made.id


async def upserted(colour: Colour, ada: str, acme: str) -> None:
    await colour.call(Person.objects, "upsert", "email_addresses", email_addresses=["a@x.dev"])


EVERY_WAY: dict[str, Callable[[Colour, str, str], Awaitable[Any]]] = {
    "get": lambda colour, ada, _: colour.call(Person.objects, "get", id=ada),
    "get by another": lambda colour, *_: colour.call(Person.objects, "get", name="Ada"),
    "first": lambda colour, *_: colour.call(Person.objects, "first"),
    "loop": lambda colour, *_: colour.items(Person.objects.all()),
    "iterator": lambda colour, *_: colour.items(Person.objects.iterator()),
    "in_bulk": lambda colour, ada, _: colour.call(Person.objects, "in_bulk", [ada]),
    "search": lambda colour, *_: colour.call(Person.objects, "search", "Ada"),
    "includes": lambda colour, *_: colour.items(Company.objects.includes("team")),
    "Include": lambda colour, *_: colour.items(
        Company.objects.includes(Include("team", Person.objects.all(), to_attr="picked"))
    ),
    "load": loaded,
    "refresh": forgotten_and_refreshed,
    "save": saved,
    "bulk_create": bulk_created,
    "upsert": upserted,
    "update": lambda colour, *_: colour.call(Person.objects.all(), "update", job_title="Poet"),
}


class TestEveryWay:
    """What a session keeps does not depend on how it was brought."""

    @pytest.fixture
    def ada_and_acme(self, attio_sandbox: SandboxHandle) -> tuple[str, str]:
        load = attio_sandbox.workspace.load
        (acme,) = load("companies", [{"name": "Acme"}])
        company = {"target_object": "companies", "target_record_id": acme}
        row = {"name": "Ada", "email_addresses": ["a@x.dev"], "company": company}
        (ada,) = load("people", [row])
        return ada, acme

    @pytest.mark.parametrize("way", EVERY_WAY)
    async def test_it_is_kept_and_answered_from_the_session(
        self, connection: Any, ada_and_acme: tuple[str, str], colour: Colour, way: str
    ) -> None:
        ada, acme = ada_and_acme
        with connection.session(ttl=60):
            brought = await EVERY_WAY[way](colour, ada, acme)
            record_id = brought if isinstance(brought, str) else ada
            del brought
            gc.collect()
            with assert_num_requests(0):
                assert (await colour.call(Person.objects, "get", id=record_id)).name

    @pytest.mark.parametrize("way", EVERY_WAY)
    async def test_a_change_of_it_is_kept_whatever_else_is_used(
        self, connection: Any, ada_and_acme: tuple[str, str], colour: Colour, way: str
    ) -> None:
        ada, acme = ada_and_acme
        with connection.session(size=1) as session:
            brought = await EVERY_WAY[way](colour, ada, acme)
            record_id = brought if isinstance(brought, str) else ada
            (await colour.call(Person.objects, "get", id=record_id)).job_title = "unsaved"
            del brought
            await colour.call(Company.objects, "get", id=acme)
            gc.collect()
            assert session.get(Person, record_id).job_title == "unsaved"

    @pytest.mark.parametrize("way", ["refresh", "save"])
    async def test_what_ref_made(
        self, connection: Any, ada_and_acme: tuple[str, str], colour: Colour, way: str
    ) -> None:
        record_id, _ = ada_and_acme
        with connection.session(ttl=60):
            ada = Person.ref(record_id)
            ada.job_title = "Countess"
            await colour.call(ada, way)
            del ada
            gc.collect()
            with assert_num_requests(0):
                await colour.call(Person.objects, "get", id=record_id)

    def test_what_ref_made_and_was_touched(
        self, connection: Any, ada_and_acme: tuple[str, str]
    ) -> None:
        record_id, _ = ada_and_acme
        with connection.session(ttl=60):
            assert Person.ref(record_id).name == "Ada"
            gc.collect()
            with assert_num_requests(0):
                Person.objects.get(id=record_id)

    def test_a_relation_that_was_touched(
        self, connection: Any, ada_and_acme: tuple[str, str]
    ) -> None:
        ada, acme = ada_and_acme
        with connection.session(ttl=60):
            assert Company.objects.get(id=acme).team[0].name == "Ada"
            gc.collect()
            with assert_num_requests(0):
                assert Person.objects.get(id=ada).name == "Ada"

    async def test_an_object_that_goes_leaves_the_one_in_its_place_alone(
        self, connection: Any, ada_and_acme: tuple[str, str], colour: Colour
    ) -> None:
        """Those that came with it still know the reference, so that its end is told late."""
        await colour.call(Person.objects, "create", name="Bob")
        ada, bob = await colour.items(Person.objects.order_by("created_at"))
        session = session_of(connection)
        session.expunge(ada)
        again = await colour.call(Person.objects, "get", id=ada.id)
        assert again is not ada
        del ada
        gc.collect()
        assert len(session) == 2
        assert session.get(Person, again.id) is again
        assert session.get(Person, bob.id) is bob


class TestThreadsAndTasks:
    def test_each_thread_has_its_own(self, connection: Any, record_id: str) -> None:
        ada = Person.objects.get(id=record_id)
        with ThreadPoolExecutor(1) as pool:
            theirs = pool.submit(lambda: Person.objects.get(id=record_id)).result()

        assert theirs is not ada
        assert theirs == ada

    def test_an_explicit_session_may_be_shared_by_threads(
        self, connection: Any, attio_sandbox: Any
    ) -> None:
        from contextvars import copy_context

        ids = attio_sandbox.workspace.load("people", [{"name": f"P{n}"} for n in range(50)])
        with connection.session(ttl=60) as session:
            contexts = [copy_context() for _ in range(8)]
            with ThreadPoolExecutor(8) as pool:
                found = list(
                    pool.map(lambda c: c.run(lambda: list(Person.objects.all())), contexts)
                )
            assert all(
                len({id(people[position]) for people in found}) == 1 for position in range(50)
            )
            assert len(session) == len(ids)

    async def test_each_root_task_has_its_own(self, connection: Any, record_id: str) -> None:
        async def request() -> Person:
            ada = await Person.objects.aget(id=record_id)
            ada.job_title = "unsaved"
            await asyncio.sleep(0)
            assert await Person.objects.aget(id=record_id) is ada
            return ada

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(request()) for _ in range(5)]
        assert len({id(task.result()) for task in tasks}) == 5

        mine = await Person.objects.aget(id=record_id)
        assert not mine.is_changed

    def test_one_event_loop_after_another(self, connection: Any, record_id: str) -> None:
        async def request() -> Person:
            return await Person.objects.aget(id=record_id)

        first, second = asyncio.run(request()), asyncio.run(request())
        assert first is not second
        assert Person.objects.get(id=record_id) not in (None,)
        assert Person.objects.get(id=record_id) is not first

    async def test_tasks_of_a_task_share_its_session(self, connection: Any, record_id: str) -> None:
        ada = await Person.objects.aget(id=record_id)
        task = asyncio.create_task(Person.objects.aget(id=record_id))
        assert await task is ada

    async def test_a_session_of_one_task_is_not_seen_by_another(
        self, connection: Any, record_id: str
    ) -> None:
        inside, leave = asyncio.Event(), asyncio.Event()

        async def with_session() -> Any:
            with connection.session(ttl=60) as session:
                await Person.objects.aget(id=record_id)
                inside.set()
                await leave.wait()
                return session

        task = asyncio.create_task(with_session())
        await inside.wait()
        with assert_num_requests(1):
            await Person.objects.aget(id=record_id)
        leave.set()
        assert len(await task) <= 1

    def test_many_threads_on_one_session(self, connection: Any, attio_sandbox: Any) -> None:
        from contextvars import copy_context

        attio_sandbox.workspace.load("people", [{"name": f"P{n}"} for n in range(200)])
        errors: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(5):
                    for person in Person.objects.all():
                        _ = person.name
                gc.collect()
            except BaseException as error:
                errors.append(error)

        with connection.session(size=20):
            threads = [threading.Thread(target=copy_context().run, args=(work,)) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
        assert not errors
        assert not any(thread.is_alive() for thread in threads)


@pytest.fixture
def no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class TestMemory:
    def test_cycles_of_people_and_companies_leak_nothing(
        self, connection: Any, attio_sandbox: Any, no_gc: None
    ) -> None:
        workspace = attio_sandbox.workspace
        companies = workspace.load("companies", [{"name": f"C{n}"} for n in range(50)])
        workspace.load("people", [
            {"name": f"P{n}", "company": [{
                "target_object": "companies", "target_record_id": companies[n % 50],
            }]}
            for n in range(1000)
        ])  # fmt: skip
        alive: list[weakref.ref[Any]] = []
        for person in Person.objects.includes("company__team").iterator():
            assert person.company is not None
            assert person in person.company.team
            alive += [weakref.ref(person), weakref.ref(person.company)]
        del person
        gc.collect()

        assert len(alive) == 2000
        assert not any(each() for each in alive)
        assert len(session_of(connection)) == 0

    def test_objects_without_cycles_need_no_collector(
        self, connection: Any, attio_sandbox: Any, no_gc: None
    ) -> None:
        attio_sandbox.workspace.load("people", [{"name": f"P{n}"} for n in range(100)])
        alive = []
        for person in Person.objects.iterator():
            person.email_addresses.append("x@y.co")
            alive.append(weakref.ref(person))
        del person

        assert not any(each() for each in alive)

    def test_a_closed_connection_is_let_go(self, no_gc: None) -> None:
        connection = connect("sandbox://")
        ada = Person.objects.create(name="Ada")
        connection.close()
        gone = weakref.ref(connection)
        del ada, connection
        gc.collect()

        assert gone() is None
