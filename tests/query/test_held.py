"""What a session holds answers ``get(id=...)``, and only where Attio would say the same."""

from __future__ import annotations

import asyncio
import gc
import warnings
import weakref
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from attio_orm import Company, FetchMode, Manager, Model, Person, QuerySet, connect
from attio_orm.attributes import Text
from attio_orm.connection import sessions
from attio_orm.errors import NotConnectedError, ValidationError
from attio_orm.query import reads
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


class Founders(Manager["Founder"]):
    def get_queryset(self) -> QuerySet[Founder]:
        return super().get_queryset().filter(job_title="Founder")


class Reviewed(QuerySet["Reviewer"]):
    """A queryset of one's own that narrows nothing."""


class Founder(Model, object="people"):
    job_title = Text()

    objects = Founders()
    everybody = Manager["Founder"]()


class Reviewer(Model, object="people"):
    job_title = Text()

    objects = Manager["Reviewer"].from_queryset(Reviewed)()


@pytest.fixture
def ids(attio_sandbox: Any) -> list[str]:
    rows = [{"name": f"P{number}", "job_title": "Countess"} for number in range(5)]
    return [str(each) for each in attio_sandbox.workspace.load("people", rows)]


WAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "id": lambda id: {"id": id},
    "id__exact": lambda id: {"id__exact": id},
    "record_id": lambda id: {"record_id": id},
    "a UUID": lambda id: {"id": UUID(id)},
    "upper case": lambda id: {"record_id__exact": id.upper()},
}
FROM: dict[str, Callable[[Any], Any]] = {
    "the manager": lambda _: Person.objects,
    "a queryset": lambda _: Person.objects.order_by("name"),
    "another way of loading": lambda _: Person.objects.fetch_mode(FetchMode.RAISE),
    "its connection": lambda connection: Person.objects.using(connection),
    "a manager of one's own": lambda _: Founder.everybody,
    "a queryset of one's own": lambda _: Reviewer.objects,
}


@pytest.mark.parametrize("method", ["get", "get_or_none"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", FROM)
async def test_what_is_held_takes_no_operation(
    connection: Any, ids: list[str], colour: Colour, monkeypatch: Any, start: str, way: str,
    method: str,
) -> None:  # fmt: skip
    def refuse(*_: object) -> None:
        raise AssertionError("an operation was made")

    methods = FROM[start](connection)
    with connection.session(ttl=60):
        held = await colour.call(methods, "get", id=ids[2])
        monkeypatch.setattr(reads, "one", refuse)
        monkeypatch.setattr(reads, "one_or_none", refuse)
        with assert_num_requests(0):
            assert await colour.call(methods, method, **WAYS[way](ids[2])) is held


NARROWED: dict[str, Callable[[str], Any]] = {
    "its manager": lambda _: Founder.objects,
    "a filter": lambda _: Founder.everybody.filter(job_title="Founder"),
    "none()": lambda _: Founder.everybody.none(),
    "another id": lambda id: Founder.everybody.exclude(id=id),
    "a slice": lambda _: Founder.everybody.all()[5:],
}


@pytest.mark.parametrize("narrowed", NARROWED)
async def test_what_narrows_is_asked_of_attio(
    connection: Any, ids: list[str], colour: Colour, narrowed: str
) -> None:
    with connection.session(ttl=60):
        held = await colour.call(Founder.everybody, "get", id=ids[0])
        start = NARROWED[narrowed](ids[0])
        if narrowed == "a slice":
            with pytest.raises(TypeError, match="after a slice"):
                await colour.call(start, "get_or_none", id=ids[0])
        else:
            assert await colour.call(start, "get_or_none", id=ids[0]) is None
            assert await colour.call(start, "in_bulk", [ids[0]]) == {}
        other = {"id": ids[0], "job_title": "Founder"}
        assert await colour.call(Founder.everybody, "get_or_none", **other) is None
        condition = Founder.job_title == "Founder"
        assert await colour.call(Founder.everybody, "get_or_none", condition, id=ids[0]) is None
        assert await colour.call(Founder.everybody, "get", id=ids[0]) is held


async def test_a_relation_that_is_included_is_loaded(
    connection: Any, ids: list[str], colour: Colour
) -> None:
    acme = await colour.call(Company.objects, "create", name="Acme")
    ada = await colour.call(Person.objects, "get", id=ids[0])
    ada.company = acme
    await colour.call(ada, "save")
    with connection.session(ttl=60):
        held = await colour.call(Person.objects.fetch_mode(FetchMode.RAISE), "get", id=ids[0])
        with assert_num_requests(1):
            found = await colour.call(Person.objects.includes("company"), "get", id=ids[0])
        assert found is held
        assert held.company.name == "Acme"


async def test_what_is_old_gone_or_of_a_reset_workspace_is_asked_for_anew(
    attio_sandbox: Any, connection: Any, ids: list[str], colour: Colour
) -> None:
    def held() -> Any:
        return colour.call(Person.objects, "get", id=ids[0])

    with connection.session(ttl=60) as session:
        await held()
        session.ttl = 0
        with assert_num_requests(1):
            await held()
        session.ttl = 60
        connection.outdated_at = sessions.now()
        with assert_num_requests(1):
            ada = await held()
        with assert_num_requests(0):
            assert await held() is ada
        await colour.call(ada, "delete")
        with pytest.raises(Person.DoesNotExist, match=ids[0]):
            await held()
        with assert_num_requests(1):
            assert await colour.call(Person.objects, "get_or_none", id=ids[0]) is None


async def test_what_ref_made_is_loaded(connection: Any, ids: list[str], colour: Colour) -> None:
    with connection.session(ttl=60):
        deferred = Person.ref(ids[0])
        with assert_num_requests(1):
            assert await colour.call(Person.objects, "get", id=ids[0]) is deferred
        assert deferred.name == "P0"


async def test_a_closed_connection_answers_nothing(colour: Colour) -> None:
    connection = connect("sandbox://")
    with connection.session(ttl=60):
        ada = await colour.call(Person.objects, "create", name="Ada")
        assert await colour.call(Person.objects, "get", id=ada.id) is ada
        queryset = Person.objects.using(connection)
        connection.close()
        with pytest.raises(NotConnectedError, match="is closed"):
            await colour.call(queryset, "get", id=ada.id)
        with pytest.raises(ValidationError, match="id: 'ada' is not a valid record id"):
            await colour.call(queryset, "get", id="ada")


async def test_another_connection_or_model_has_its_own(
    connection: Any, ids: list[str], colour: Colour
) -> None:
    with connection.session(ttl=60):
        ada = await colour.call(Person.objects, "get", id=ids[0])
        assert type(await colour.call(Founder.everybody, "get", id=ids[0])) is Founder
        with connect("sandbox://") as other:
            queryset = Person.objects.using(other)
            assert await colour.call(queryset, "get_or_none", id=ids[0]) is None
        assert await colour.call(Person.objects, "get", id=ids[0]) is ada


async def test_the_first_get_decides_the_connection_of_a_queryset(
    connection: Any, ids: list[str], colour: Colour
) -> None:
    people = Person.objects.all()
    with connection.session(ttl=60):
        ada = await colour.call(Person.objects, "get", id=ids[0])
        with assert_num_requests(0):
            assert await colour.call(people, "get", id=ids[0]) is ada
    with connect("sandbox://"):
        assert await colour.call(people, "count") == len(ids)
        assert await colour.call(Person.objects, "count") == 0


@pytest.mark.parametrize("given", [None, "", "ada", 7, b"x", ["a"], "0" * 36, Person])
async def test_what_is_no_id_is_told_as_without_a_session(
    connection: Any, colour: Colour, given: object
) -> None:
    async def told() -> str:
        with pytest.raises(Exception) as raised:  # noqa: PT011
            await colour.call(Person.objects, "get", id=given)
        return f"{type(raised.value)} {raised.value}"

    without = await told()
    with connection.session(ttl=60):
        list_ = [each async for each in Person.objects.all()]
        assert await told() == without
    del list_


class TestRecency:
    """The order of use is only noted by a ``get()``, and counts when another record comes."""

    def test_what_was_got_last_stays(self, connection: Any, ids: list[str]) -> None:
        with connection.session(ttl=60, size=3) as session:
            for each in ids[:3]:
                Person.objects.get(id=each)
            for each in (0, 1, 2, 0, 2, 0):
                Person.objects.get(id=ids[each])
            held = [weakref.ref(session.get(Person, each)) for each in (ids[2], ids[0])]
            Person.objects.get(id=ids[3])  # the one least recently got, 1, has to go
            gc.collect()
            assert [each() is not None for each in held] == [True, True]
            assert {str(each.id) for each in session.live(Person)} == {ids[0], ids[2], ids[3]}
            Person.objects.get(id=ids[4])
            gc.collect()
            assert {str(each.id) for each in session.live(Person)} == {ids[0], ids[3], ids[4]}

    def test_what_was_dropped_meanwhile_does_not_come_back(
        self, connection: Any, ids: list[str]
    ) -> None:
        with connection.session(ttl=60, size=3) as session:
            for each in ids[:3]:
                Person.objects.get(id=each)
                Person.objects.get(id=each)
            session.expunge(Person.objects.get(id=ids[0]))
            Person.objects.get(id=ids[3])
            gc.collect()
            assert {str(each.id) for each in session.live(Person)} == set(ids[1:4])
            Person.objects.get(id=ids[1])
            session.clear()
            Person.objects.get(id=ids[4])
            gc.collect()
            assert [str(each.id) for each in session.live(Person)] == [ids[4]]

    def test_one_that_is_alive_elsewhere_is_kept_from_then_on(
        self, connection: Any, ids: list[str]
    ) -> None:
        with connection.session(ttl=60, size=1) as session:
            ada = Person.objects.get(id=ids[0])
            Person.objects.get(id=ids[1])  # ada is alive, but no longer kept
            assert Person.objects.get(id=ids[0]) is ada
            del ada
            gc.collect()
            with assert_num_requests(0):
                assert Person.objects.get(id=ids[0]).name == "P0"
            assert len(session) == 1

    def test_the_notes_are_bounded(self, connection: Any, ids: list[str]) -> None:
        with connection.session(ttl=60) as session:
            for each in ids * 100:
                Person.objects.get(id=each)
            assert len(session._used) <= len(ids)


async def test_a_sync_get_in_a_loop_warns_where_it_sends(connection: Any, ids: list[str]) -> None:
    with connection.session(ttl=60):
        ada = await Person.objects.aget(id=ids[0])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert Person.objects.get(id=ids[0]) is ada


async def test_tasks_of_a_session_get_the_same(connection: Any, ids: list[str]) -> None:
    with connection.session(ttl=60):
        ada = await Person.objects.aget(id=ids[0])
        with assert_num_requests(0):
            found = await asyncio.gather(*(Person.objects.aget(id=ids[0]) for _ in range(10)))
        assert all(each is ada for each in found)


class TestManagers:
    def test_a_class_has_one_and_derived_ones_their_own(self) -> None:
        class Chief(Founder, object="people"):
            pass

        assert Founder.objects is Founder.objects
        assert Chief.objects is not Founder.objects
        assert (Chief.objects.model, Founder.objects.model) == (Chief, Founder)
        assert type(Chief.objects) is Founders

    def test_one_that_is_put_in_its_place_counts(self) -> None:
        class Intern(Model, object="people"):
            pass

        assert type(Intern.objects) is Manager
        Intern.objects = Founders()  # type: ignore[assignment]
        assert type(Intern.objects) is Founders
