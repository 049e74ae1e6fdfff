"""A queryset is lazy, keeps what it read, and is cut and turned without asking."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from typing import Any

import pytest

from attio_orm import (
    Company,
    ListEntry,
    Manager,
    NotConnectedError,
    Person,
    Q,
    QuerySet,
    ServerError,
    UnknownAttributeError,
    ValidationError,
    connect,
)
from attio_orm.connection.current import current
from attio_orm.signals import request_finished
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


def asked() -> Any:
    """The body of the last request to the current connection's workspace."""
    sandbox = current().sandbox
    assert sandbox is not None
    return sandbox.requests[-1].json


def names(found: Any) -> list[str]:
    return [person.name.first_name for person in found]


# -- laziness and the cache ------------------------------------------------------------------------


def test_nothing_is_sent_before_a_record_is_wanted(attio_sandbox: SandboxHandle) -> None:
    with assert_num_requests(0):
        queryset = (
            Person.objects.filter(job_title="VP")
            .exclude(name="x")
            .order_by("-created_at", "name__last_name")
            .includes("company")
            .reverse()[:7]
        )
        repr(queryset)
        str(queryset)
        copy.copy(queryset)
        assert isinstance(queryset.all(), QuerySet)


def test_every_method_gives_another_queryset(people: list[str]) -> None:
    queryset = Person.objects.all()
    others = [
        queryset.filter(),
        queryset.exclude(),
        queryset.all(),
        queryset.none(),
        queryset.order_by("name"),
        queryset.reverse(),
        queryset.includes("company"),
        queryset[:],
    ]
    assert all(each is not queryset for each in others)
    assert len(queryset) == 1201
    with assert_num_requests(1):
        assert queryset.all()[:1][0].id == people[0]


def test_a_second_pass_sends_nothing(people: list[str]) -> None:
    queryset = Person.objects.all()
    with assert_num_requests(3):
        first = [person.id for person in queryset]
    assert first == people
    with assert_num_requests(0):
        assert [person.id for person in queryset] == people
        assert list(queryset) == list(queryset)
        assert len(queryset) == 1201
        assert queryset
        assert queryset[7].id == people[7]
        assert queryset.count() == 1201
        assert queryset.exists()
        assert names([queryset.first(), queryset.last()]) == ["0000", "1200"]
        assert queryset[1200] in queryset
        assert names(queryset[3:6]) == ["0003", "0004", "0005"]
        assert queryset[3:6].count() == 3


async def test_a_second_async_pass_sends_nothing(people: list[str]) -> None:
    queryset = Person.objects.all()
    with assert_num_requests(3):
        assert [person.id async for person in queryset] == people
    with assert_num_requests(0):
        assert [person.id async for person in queryset] == people
        assert await queryset.acount() == 1201
        assert await queryset.aexists()
        assert names([await queryset.afirst(), await queryset.alast()]) == ["0000", "1200"]


def test_pages_come_as_they_are_needed(people: list[str]) -> None:
    queryset = Person.objects.all()
    with assert_num_requests(1):
        walk = iter(queryset)
        assert [next(walk).id for _ in range(500)] == people[:500]
    with assert_num_requests(1):
        assert next(walk).id == people[500]
    with assert_num_requests(0):
        assert names(queryset[:2]) == ["0000", "0001"]
    with assert_num_requests(1):
        assert len(queryset) == 1201
    with assert_num_requests(0):
        assert [person.id for person in walk] == people[501:]


def test_bool_reads_one_page(people: list[str]) -> None:
    queryset = Person.objects.all()
    with assert_num_requests(1):
        assert queryset
    with assert_num_requests(0):
        assert queryset
        assert queryset[499].id == people[499]
    with assert_num_requests(1):
        assert not Person.objects.filter(job_title="Nobody")


def test_indexing_is_one_request_each(people: list[str]) -> None:
    queryset = Person.objects.order_by("-name__first_name")
    with assert_num_requests(1):
        assert names([queryset[5]]) == ["1195"]
    assert (asked()["limit"], asked()["offset"]) == (1, 5)
    with assert_num_requests(0):
        assert names([queryset[5]]) == ["1195"]
    with assert_num_requests(1), pytest.raises(IndexError, match="no Person at position 5000"):
        queryset[5000]


def test_repr_sends_nothing(people: list[str]) -> None:
    queryset = Person.objects.filter(job_title="CEO")
    with assert_num_requests(0):
        assert repr(queryset) == "<QuerySet of Person, not evaluated: Q(job_title='CEO')>"
    assert len(queryset[:2]) == 2
    part = queryset[:30]
    assert len(part) == 30
    with assert_num_requests(0):
        assert repr(part).startswith("<QuerySet of Person [\n  <Person '0000 Person' ")
        assert repr(part).endswith(",\n  ... 10 more]>")
        assert max(map(len, repr(part).splitlines())) <= 80
        assert repr(part[:1]).startswith("<QuerySet of Person [<Person '0000 Person' ")
        assert repr(Person.objects.none()) == "<QuerySet of Person, empty>"
        ordered = Person.objects.order_by("-name", "created_at")[5:20]
        assert repr(ordered) == (
            "<QuerySet of Person, not evaluated: by -name, created_at, [5:20]>"
        )
        assert repr(Person.objects[5:]) == "<QuerySet of Person, not evaluated: [5:]>"
        assert repr(Manager()) == "<Manager, not reached on a model>"
        assert repr(Person.objects) == ("<Manager of Person: use .all(), .filter(...), or a slice>")


def test_pickling_takes_the_records_along(people: list[str]) -> None:
    queryset = Person.objects.all()[:3]
    there = pickle.loads(pickle.dumps(queryset))
    with assert_num_requests(0):
        assert list(there) == list(queryset)
        assert names(there) == ["0000", "0001", "0002"]


# -- slices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 3), (5, 9), (499, 502), (1195, 1300), (1300, 1400), (7, 7), (9, 4), (0, 0), (None, 4)],
)
def test_a_slice_is_that_of_the_list(people: list[str], start: int | None, stop: int) -> None:
    for queryset in (Person.objects.all(), Person.objects.order_by("name__first_name")):
        assert [person.id for person in queryset[start:stop]] == people[start:stop]
        assert queryset[start:stop].count() == len(people[start:stop])
        assert queryset[start:stop].exists() is bool(people[start:stop])


def test_slices_of_slices(people: list[str]) -> None:
    part = Person.objects.all()[10:600]
    assert [person.id for person in part[5:20]] == people[10:600][5:20]
    assert [person.id for person in part[585:]] == people[10:600][585:]
    assert [person.id for person in part[580:700][5:]] == people[595:600]
    assert part[3].id == people[13]
    with pytest.raises(IndexError):
        part[590]


def test_an_open_slice_goes_to_the_end(people: list[str]) -> None:
    with assert_num_requests(3):
        assert [person.id for person in Person.objects[3:]] == people[3:]


def test_slices_meet_where_records_tie(attio_sandbox: SandboxHandle) -> None:
    """All were made in one transaction, at one moment; a page begins in the middle of them."""
    people = attio_sandbox.workspace.load("people", [{"name": "Twin"}] * 1_201)
    ids = [person.id for part in (Person.objects[:100], Person.objects[100:]) for person in part]
    assert len(ids) == len(set(ids)) == len(people)


def test_a_slice_asks_for_no_more_than_itself(people: list[str]) -> None:
    with assert_num_requests(1):
        assert len(Person.objects.all()[:7]) == 7
    assert asked()["limit"] == 7
    with assert_num_requests(2):
        assert len(Person.objects.all()[:507]) == 507
    assert asked()["limit"] == 7
    with assert_num_requests(0):
        assert list(Person.objects.all()[5:5]) == []
        assert not Person.objects.all()[:0].exists()


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (lambda q: q[-1], r"instead of \[-1\] use last\(\)"),
        (lambda q: q[-3:], "cannot count from the end"),
        (lambda q: q[:-3], "cannot count from the end"),
        (lambda q: q[::2], "with a step"),
        (lambda q: q[::-1], "with a step"),
        (lambda q: q["a":"b"], "whole numbers"),
    ],
)
def test_what_attio_cannot_slice_is_refused(
    attio_sandbox: SandboxHandle, cut: Any, message: str
) -> None:
    with assert_num_requests(0):
        for queryset in (Person.objects, Person.objects.all()):
            with pytest.raises(ValueError, match=message):
                cut(queryset)


@pytest.mark.parametrize(
    "narrow",
    [
        lambda q: q.filter(name="x"),
        lambda q: q.exclude(name="x"),
        lambda q: q.order_by("name"),
        lambda q: q.reverse(),
        lambda q: q.get(name="x"),
        lambda q: q.find_by(name="x"),
        lambda q: q.in_bulk([]),
        lambda q: q.search("x"),
    ],
)
def test_a_slice_is_not_narrowed_any_more(attio_sandbox: SandboxHandle, narrow: Any) -> None:
    with assert_num_requests(0), pytest.raises(TypeError, match=r"first|instead"):
        narrow(Person.objects[:5])


# -- order --------------------------------------------------------------------------------------


def test_the_default_order_is_sent(attio_sandbox: SandboxHandle) -> None:
    list(Person.objects.all())
    oldest = [{"direction": "asc", "attribute": "created_at"}]
    assert attio_sandbox.requests[-1].json["sorts"] == oldest
    list(Person.objects.reverse())
    assert attio_sandbox.requests[-1].json["sorts"] == [{**oldest[0], "direction": "desc"}]


def test_other_orders_come_with_tie_breakers(attio_sandbox: SandboxHandle) -> None:
    def sorts() -> list[tuple[str, str]]:
        sent = attio_sandbox.requests[-1].json["sorts"]
        return [(sort["attribute"], sort["direction"]) for sort in sent]

    list(Person.objects.order_by("job_title"))
    assert sorts() == [("job_title", "asc"), ("created_at", "asc"), ("record_id", "asc")]
    list(Person.objects.order_by("-created_at", "job_title"))
    assert sorts() == [("created_at", "desc"), ("job_title", "asc"), ("record_id", "asc")]
    list(Person.objects.order_by("-id"))
    assert sorts() == [("record_id", "desc"), ("created_at", "desc")]


def test_first_and_last_are_those_of_the_list(people: list[str]) -> None:
    for queryset in (Person.objects.order_by("job_title"), Person.objects.order_by("-job_title")):
        everybody = list(queryset)
        assert queryset.all().first() == everybody[0] == queryset.all()[0]
        assert queryset.all().last() == everybody[-1]
        assert queryset.all()[700] == everybody[700]
        assert list(queryset.reverse()) == everybody[::-1]


def test_order_by_replaces_and_empties(people: list[str]) -> None:
    turned = Person.objects.order_by("-name__first_name")
    assert names(turned[:1]) == ["1200"]
    assert names(turned.order_by("name__first_name")[:1]) == ["0000"]
    assert names(turned.order_by()[:1]) == ["0000"]
    with pytest.raises(TypeError, match=r"\.asc\(\) or "):
        Person.objects.order_by(Person.job_title)  # type: ignore[arg-type]
    assert names(Person.objects.order_by(Person.name.first_name.desc())[:1]) == ["1200"]


# -- connections ----------------------------------------------------------------------------------


def test_the_connection_is_the_one_of_the_first_fetch() -> None:
    with connect("sandbox://") as one, connect("sandbox://") as two:
        one.sandbox.workspace.load("people", [{"name": "One"}])  # type: ignore[union-attr]
        two.sandbox.workspace.load("people", [{"name": "Two"}] * 2)  # type: ignore[union-attr]
        queryset = Person.objects.all()
        counted = Person.objects.all()
        with one.active():
            assert queryset[0].name == "One"
            assert counted.count() == 1
        with two.active():
            assert [person.name for person in queryset] == ["One"]
            assert [person.name for person in counted] == ["One"]
            assert len(queryset.all()) == 2
        assert [person.name for person in Person.objects.using(one)] == ["One"]
        assert Person.objects.using(one).using(two).count() == 2
        assert Person.objects.using(one).get().connection is one


def test_explain_and_iterator_leave_the_connection_open() -> None:
    with connect("sandbox://") as one, connect("sandbox://") as two:
        one.sandbox.workspace.load("people", [{"name": "One"}])  # type: ignore[union-attr]
        queryset = Person.objects.all()
        with two.active():
            queryset.explain()
            later = queryset.iterator()
        with one.active():
            assert [person.name for person in later] == ["One"]
            assert queryset.count() == 1


def test_a_closed_connection_says_so() -> None:
    with connect("sandbox://") as gone:
        queryset = Person.objects.using(gone)
    with pytest.raises(NotConnectedError, match="closed"):
        list(queryset)
    with pytest.raises(NotConnectedError):
        queryset.count()
    with pytest.raises(NotConnectedError, match=r"connect\(\)"):
        list(Person.objects.all())


# -- none ------------------------------------------------------------------------------------------


async def test_none_is_empty_and_silent(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    attio_sandbox.workspace.load("people", [{"name": "Ada"}])
    with assert_num_requests(0):
        nobody = Person.objects.none().filter(name="Ada").order_by("name").includes("company")
        assert await colour.items(nobody) == []
        assert await colour.items(nobody.iterator()) == []
        assert await colour.call(nobody.all(), "count") == 0
        assert await colour.call(nobody.all(), "exists") is False
        assert await colour.call(nobody.all(), "first") is None
        assert await colour.call(nobody.all(), "last") is None
        assert await colour.call(nobody, "get_or_none", name="Ada") is None
        assert (
            await colour.call(nobody, "get_or_none", id="0" * 8 + "-0000-4000-8000-" + "0" * 12)
            is None
        )
        assert await colour.call(nobody, "pluck", "name") == []
        assert await colour.call(nobody, "search", "Ada") == []
        assert await colour.call(nobody, "in_bulk", []) == {}
        assert await colour.call(nobody, "update", job_title="x") == 0
        assert await colour.call(nobody, "delete", confirm=0) == 0
        assert len(nobody.explain()) == 0


# -- failures in the middle ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["queryset", "iterator", "read-ahead"])
async def test_what_failed_is_asked_for_again(
    attio_sandbox: SandboxHandle, colour: Colour, kind: str, no_waits: None
) -> None:
    """An include that fails must not lose the page it was for."""
    workspace = attio_sandbox.workspace
    company = workspace.load("companies", [{"name": "Acme"}])[0]
    at_acme = {"target_object": "companies", "target_record_id": company}
    workspace.load("people", [{"name": f"P{n}", "company": at_acme} for n in range(3)])
    source: Any = Person.objects.includes("company").using(max_attempts=2)
    if kind != "queryset":
        stream = source.iterator(read_ahead=3 if kind == "read-ahead" else 1)
        source = aiter(stream) if colour.is_async else iter(stream)
    for match in ("POST /v2/objects/people", "POST /v2/objects/companies"):
        attio_sandbox.fail_next(503, times=4, match=match)
        for _ in range(2):
            with pytest.raises(ServerError):
                await colour.items(source)
    found = await colour.items(source)
    assert sorted(person.name.full_name for person in found) == ["P0", "P1", "P2"]
    with assert_num_requests(0):
        assert [person.company.name for person in found] == ["Acme"] * 3


async def test_a_cancelled_pass_loses_no_page(attio_sandbox: SandboxHandle) -> None:
    ids = attio_sandbox.workspace.load("people", [{"name": f"P{n}"} for n in range(1_100)])
    queryset = Person.objects.all()

    async def read() -> None:
        async for _ in queryset:
            await asyncio.sleep(0)

    for turns in range(1, 12):
        task = asyncio.create_task(read())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sorted([str(person.id) async for person in queryset]) == sorted(ids)
    assert asyncio.all_tasks() == {asyncio.current_task()}


# -- several readers -------------------------------------------------------------------------------


def test_many_threads_read_one_queryset(people: list[str]) -> None:
    queryset = Person.objects.all()
    found: list[list[str]] = [[] for _ in range(8)]

    def read(mine: list[str]) -> None:
        for person in queryset:
            mine.append(person.id)  # type: ignore[arg-type]

    threads = [threading.Thread(target=read, args=(mine,)) for mine in found]
    with assert_num_requests(3):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(mine == people for mine in found)


async def test_many_tasks_read_one_queryset(people: list[str]) -> None:
    queryset = Person.objects.all()

    async def read() -> list[str | None]:
        return [person.id async for person in queryset]

    with assert_num_requests(3):
        found = await asyncio.gather(*(read() for _ in range(20)))
    assert all(mine == people for mine in found)


async def test_threads_and_tasks_read_one_queryset(people: list[str]) -> None:
    queryset = Person.objects.all()

    async def read() -> list[str | None]:
        return [person.id async for person in queryset]

    def read_in_a_loop_of_its_own() -> list[str | None]:
        return asyncio.run(read())

    with assert_num_requests(3):
        found = await asyncio.gather(
            read(),
            asyncio.to_thread(lambda: [person.id for person in queryset]),
            asyncio.to_thread(read_in_a_loop_of_its_own),
            asyncio.to_thread(lambda: [person.id for person in list(queryset)]),
            read(),
        )
    assert all(mine == people for mine in found)


async def test_a_blocking_pass_beside_an_async_one_is_refused(people: list[str]) -> None:
    queryset = Person.objects.all()
    walk = aiter(queryset)
    other = asyncio.ensure_future(anext(walk))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="async for"):
        list(queryset)
    assert (await other).id == people[0]
    assert [person.id async for person in queryset] == people


def test_a_receiver_that_reads_the_same_queryset_is_told(people: list[str]) -> None:
    queryset = Person.objects.all()
    told: list[str] = []

    def receiver(sender: Any, **_: Any) -> None:
        try:
            len(queryset)
        except RuntimeError as error:
            told.append(str(error))

    with request_finished.connected_to(receiver):
        assert [person.id for person in queryset] == people
    assert len(told) == 3
    assert "being read just now" in told[0]


# -- arguments -------------------------------------------------------------------------------------


def test_wrong_arguments_are_refused_before_anything_is_sent(attio_sandbox: SandboxHandle) -> None:
    with assert_num_requests(2) as sent:  # what else the workspace has, once
        with pytest.raises(TypeError, match=r"includes\(\)"):
            Person.objects.includes(5)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"order_by\(\)"):
            Person.objects.order_by(5)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            Person.objects.filter("job_title")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="FetchMode"):
            Person.objects.fetch_mode("nothing")  # type: ignore[arg-type]
        for queryset in (
            Person.objects.filter(job_titel="x"),
            Person.objects.order_by("job_titel"),
            Person.objects.includes("compny"),
        ):
            for evaluate in (list, bool, lambda q: q.first(), lambda q: q.count()):
                with pytest.raises(UnknownAttributeError, match="Did you mean"):
                    evaluate(queryset)
        with pytest.raises(ValidationError):
            list(Person.objects.filter(job_title=5))
    assert not any("records" in request for request in sent)


def test_conditions_add_up(people: list[str]) -> None:
    vps = Person.objects.filter(Q(job_title="VP"), name__first_name__in=["0001", "0003", "0004"])
    assert names(vps) == ["0001", "0004"]
    assert names(vps.exclude(name__first_name="0001")) == ["0004"]
    assert names(vps.filter(~Q(name__first_name="0001") | Q(job_title="none"))) == ["0004"]
    assert len(Person.objects.exclude(job_title="VP")) == 401
    assert Company.objects.filter().count() == 0


async def test_none_of_the_entries_of_a_list(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    class Pipeline(ListEntry, list="sales", parent=Company):
        pass

    attio_sandbox.define(Pipeline)
    entry = Pipeline.objects.create(parent=Company.objects.create(name="Acme"))
    assert await colour.call(Pipeline.objects, "in_bulk", [entry.id]) == {entry.id: entry}
    with assert_num_requests(0):
        assert await colour.call(Pipeline.objects.none(), "in_bulk", [entry.id]) == {}
        assert await colour.call(Pipeline.objects.none(), "get_or_none", id=entry.id) is None
