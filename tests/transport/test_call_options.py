"""The time and the attempts of one queryset, and of a block."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import (
    Connection,
    DeadlineExceededError,
    OutcomeUnknownError,
    Person,
    RateLimitError,
    ValidationError,
    connect,
)
from attio_orm.connecting import connect_unchecked
from attio_orm.testing import assert_num_requests
from attio_orm.transport import WireRequest, WireResponse
from attio_orm.transport.call_options import in_force
from tests.colours import Colour


class Watched:
    """A sandbox whose requests are kept, and whose answers may take a while."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.seen: list[WireRequest] = []

    def send(self, request: WireRequest, /) -> WireResponse:
        self.seen.append(request)
        found: WireResponse = self.inner.send(request)
        return found

    async def asend(self, request: WireRequest, /) -> WireResponse:
        self.seen.append(request)
        found: WireResponse = await self.inner.asend(request)
        return found

    def close(self) -> None:
        self.inner.close()

    async def aclose(self) -> None:
        await self.inner.aclose()

    @property
    def last(self) -> tuple[float, bool]:
        return self.seen[-1].timeout, self.seen[-1].deadline is not None


@pytest.fixture
def watched() -> Iterator[tuple[Connection, Watched]]:
    connection = connect_unchecked("sandbox://", timeout=7.0)
    watched = Watched(connection.transport.backend)
    connection.transport.backend = watched
    with connection:
        Person.objects.bulk_create([{"name": f"Person, {n}"} for n in range(3)])
        yield connection, watched


METHODS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("first", (), {}),
    ("last", (), {}),
    ("exists", (), {}),
    ("count", (), {}),
    ("values", ("name",), {}),
    ("page", (1,), {}),
    ("get_or_none", (), {"name__last_name": "x"}),
    ("search", ("Person",), {}),
    ("create", (), {"name": "Other, One"}),
    ("get_or_create", (), {"job_title": "Countess"}),
    ("update", (), {"job_title": "x"}),
    ("bulk_create", ([{"name": "Yet, Another"}],), {}),
]


@pytest.mark.parametrize(("method", "arguments", "keywords"), METHODS, ids=[m[0] for m in METHODS])
async def test_every_method_has_them_and_no_other_call(
    watched: tuple[Connection, Watched], colour: Colour, method: str, arguments: Any, keywords: Any
) -> None:
    _, line = watched
    line.seen.clear()
    bounded = Person.objects.using(timeout=0.7, deadline=20.0)
    await colour.call(bounded, method, *arguments, **keywords)
    assert line.seen
    assert {(each.timeout, each.deadline is None) for each in line.seen} == {(0.7, False)}
    await colour.call(Person.objects, "exists")
    assert line.last == (7.0, False)
    assert in_force.get() is None


async def test_loops_and_streams(watched: tuple[Connection, Watched], colour: Colour) -> None:
    connection, line = watched
    bounded = Person.objects.using(connection, timeout=0.7).using(deadline=9.0).filter()
    for source in (bounded, bounded.iterator(), bounded.rows("name")):
        line.seen.clear()
        for _ in await colour.items(source):
            await colour.call(Person.objects, "exists")  # somebody else's, in the midst of it
        assert [each.timeout for each in line.seen] == [0.7, 7.0, 7.0, 7.0]
    assert bounded.all()[0] is not None
    assert line.last == (0.7, True)


async def test_attempts_of_its_own(watched: tuple[Connection, Watched], colour: Colour) -> None:
    connection, _ = watched
    assert connection.sandbox is not None
    connection.sandbox.fail_next(429, times=1)
    with assert_num_requests(1), pytest.raises(RateLimitError):
        await colour.call(Person.objects.using(max_attempts=1), "first")


async def test_tasks_beside_it_have_theirs(watched: tuple[Connection, Watched]) -> None:
    _, line = watched
    line.seen.clear()
    await asyncio.gather(
        Person.objects.using(timeout=1.5).afirst(),
        Person.objects.afirst(),
        Person.objects.using(timeout=2.5).afirst(),
    )
    assert sorted(each.timeout for each in line.seen) == [1.5, 2.5, 7.0]


async def test_a_block_ends_at_one_moment(
    watched: tuple[Connection, Watched], colour: Colour
) -> None:
    connection, line = watched
    line.seen.clear()
    with connection.deadline(30.0):
        await colour.call(Person.objects, "first")
        with connection.deadline(10.0):
            await colour.call(Person.objects, "first")
        with connection.deadline(50.0):
            await colour.call(Person.objects, "first")
        await colour.call(Person.objects.using(deadline=1.0), "exists")
        await colour.call(Person.objects.using(deadline=99.0), "exists")
    await colour.call(Person.objects, "first")
    moments = [each.deadline for each in line.seen]
    assert moments[-1] is None
    first, inner, outer, own, longer = moments[:-1]
    assert first == outer == longer
    assert first is not None
    assert inner is not None
    assert own is not None
    assert own < inner < first


async def test_work_side_by_side_inside_a_block(watched: tuple[Connection, Watched]) -> None:
    connection, line = watched
    people = list(Person.objects.all())
    line.seen.clear()
    with connection.deadline(30.0):
        with connection.concurrent() as batch:
            for person in people:
                batch.submit(Person.objects.get_or_none, name__full_name=person.name.full_name)
        Person.objects.bulk_create([{"name": f"Other, {n}"} for n in range(3)])
    assert len(line.seen) >= 6
    assert len({each.deadline for each in line.seen} - {None}) == 1
    assert all(each.deadline is not None for each in line.seen)


async def test_past_it_nothing_is_sent(
    watched: tuple[Connection, Watched], colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, line = watched
    line.seen.clear()
    now = time.monotonic()
    with connection.deadline(2.0):
        monkeypatch.setattr("attio_orm.transport.deadlines.time.monotonic", lambda: now + 3.0)
        with pytest.raises(DeadlineExceededError, match="deadline of 2 s"):
            await colour.call(Person.objects, "create", name="Late, Too")
        assert line.seen == []
        with connect("sandbox://") as other:  # another connection's calls have their own time
            await colour.call(Person.objects.using(other), "first")


async def test_a_create_under_way_at_its_end(
    watched: tuple[Connection, Watched], colour: Colour
) -> None:
    connection, line = watched
    assert connection.sandbox is not None
    await colour.call(Person.objects, "create", name="First, Of")  # introspects
    line.inner = _Never()
    with connection.deadline(0.02), pytest.raises(OutcomeUnknownError) as caught:
        await colour.call(connection, "request", "POST", "/v2/tasks", json={"data": {}})
    assert isinstance(caught.value.__cause__, DeadlineExceededError)


class _Never:
    """A server that takes everything and answers nothing in time."""

    def send(self, request: WireRequest, /) -> WireResponse:
        from attio_orm.errors import RequestTimeoutError

        assert request.deadline is not None
        time.sleep(max(0.0, request.deadline - time.monotonic()) + 0.01)
        raise RequestTimeoutError("No answer.", sent=True)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        return await asyncio.to_thread(self.send, request)

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"timeout": 0}, "timeout is a number of seconds above 0, not 0"),
        ({"deadline": float("nan")}, "deadline is a number of seconds"),
        ({"max_attempts": 0}, "max_attempts is a whole number from 1 on"),
        ({"max_attempts": True}, "max_attempts is a whole number from 1 on"),
    ],
    ids=str,
)
def test_what_cannot_be_meant(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Person.objects.using(**given)


def test_using_takes_something() -> None:
    with pytest.raises(TypeError, match="none was given"):
        Person.objects.using()


def test_a_block_of_no_seconds(watched: tuple[Connection, Watched]) -> None:
    with pytest.raises(ValidationError, match="seconds above 0"), watched[0].deadline(-1):
        pass
