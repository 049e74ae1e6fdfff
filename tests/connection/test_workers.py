"""``connection.concurrent()``: calls side by side, with every outcome in its place."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any

import pytest

from attio_orm import (
    Connection,
    DoesNotExist,
    NotConnectedError,
    Outcome,
    Person,
    UniquenessConflictError,
    ValidationError,
    Workers,
    connect,
)
from attio_orm.connection.current import current
from attio_orm.connection.workers import MOST_WORKERS
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

ABSENT = "00000000-0000-4000-8000-000000000000"


async def done(
    colour: Colour, batch: Workers, submit: Callable[[Callable[..., Any]], None]
) -> None:
    """Run a batch in one colour; ``submit`` is given what submits."""
    if colour.is_async:
        async with batch:
            submit(batch.submit)
    else:
        with batch:
            submit(batch.submit)


def twin(colour: Colour, owner: Any, method: str) -> Any:
    return getattr(owner, f"a{method}" if colour.is_async else method)


# -- outcomes -------------------------------------------------------------------------------------


async def test_outcomes_come_in_the_order_of_submission(
    connection: Connection, twenty: list[str], colour: Colour
) -> None:
    batch = connection.concurrent(workers=4)
    get = twin(colour, Person.objects, "get")
    with assert_num_requests(21 + 2):  # and what a 404 makes it look up
        await done(
            colour, batch, lambda submit: [submit(get, id=i) for i in [*twenty, ABSENT]] and None
        )
    assert [each.value.id for each in batch.results[:-1]] == twenty
    assert all(each == Outcome(True, each.value) for each in batch.results[:-1])
    assert batch.results[-1].ok is False
    assert isinstance(batch.results[-1].error, DoesNotExist)


async def test_one_that_fails_keeps_no_other_from_its_work(
    connection: Connection, twenty: list[str], colour: Colour
) -> None:
    create = twin(colour, Person.objects, "create")
    mails = ["a@b.example.com", "a@b.example.com", "c@d.example.com"]

    def submit(submit: Any) -> None:
        for mail in mails:
            submit(create, name="X", email_addresses=[mail])

    batch = connection.concurrent(workers=1)
    await done(colour, batch, submit)
    assert [each.ok for each in batch.results] == [True, False, True]
    assert Person.objects.filter(email_addresses__in=mails).count() == 2
    with pytest.raises(ExceptionGroup, match="1 of 3 calls failed") as caught:
        batch.raise_for_errors()
    assert isinstance(caught.value.exceptions[0], UniquenessConflictError)
    assert "3 calls, 1 failed" in repr(batch)


async def test_nothing_submitted_gives_nothing(connection: Connection, colour: Colour) -> None:
    batch = connection.concurrent()
    assert repr(batch) == "<Workers: 0 calls, not done>"
    await done(colour, batch, lambda submit: None)
    assert batch.results == []
    batch.raise_for_errors()


# -- where the calls run --------------------------------------------------------------------------


async def test_calls_share_the_session_of_the_block(
    connection: Connection, twenty: list[str], colour: Colour
) -> None:
    get = twin(colour, Person.objects, "get")
    ada = await colour.call(Person.objects, "get", id=twenty[0])
    batch = connection.concurrent()
    await done(colour, batch, lambda submit: [submit(get, id=twenty[0]) for _ in range(8)] and None)
    assert all(each.value is ada for each in batch.results)
    with connection.session(ttl=60) as session:
        batch = connection.concurrent()
        await done(colour, batch, lambda submit: [submit(get, id=i) for i in twenty] and None)
        assert all(
            session.get(Person, i) is each.value
            for i, each in zip(twenty, batch.results, strict=True)
        )
        assert batch.results[0].value is not ada


async def test_calls_use_the_connection_of_the_batch(
    connection: Connection, twenty: list[str], colour: Colour
) -> None:
    with connect("sandbox://", on_drift="ignore"):
        count = twin(colour, Person.objects, "count")
        batch = connection.concurrent()
        await done(colour, batch, lambda submit: submit(count))
        assert batch.results == [Outcome(True, 20)]
        assert Person.objects.count() == 0


def test_at_most_so_many_threads_work_at_once(connection: Connection) -> None:
    lock, together = threading.Lock(), threading.Barrier(3)
    running, most = 0, 0

    def work() -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(10)  # three do work at the same time
        with lock:
            running -= 1
        return threading.current_thread().name

    with connection.concurrent(workers=3) as batch:
        for _ in range(9):
            batch.submit(work)
    names = {each.value for each in batch.results}
    assert most == 3
    assert len(names) == 3
    assert all(name.startswith("attio-orm-concurrent") for name in names)
    assert not any(each.name in names for each in threading.enumerate())


async def test_at_most_so_many_tasks_work_at_once(connection: Connection) -> None:
    running, most = 0, 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    async with connection.concurrent(workers=3) as batch:
        for _ in range(20):
            batch.submit(work)
    assert most == 3
    assert all(each.ok for each in batch.results)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_the_context_is_that_of_the_submission(connection: Connection) -> None:
    with connect("sandbox://", on_drift="ignore") as other:
        with connection.concurrent() as batch:
            with other.active():
                batch.submit(lambda: current())
            assert current() is other
        assert batch.results == [Outcome(True, connection)]


def test_a_call_may_submit_another(connection: Connection, twenty: list[str]) -> None:
    with connection.concurrent(workers=1) as batch:
        started = threading.Event()

        def first() -> None:
            batch.submit(Person.objects.count)
            started.set()

        batch.submit(first)
        assert started.wait(10)
    assert [each.value for each in batch.results] == [None, 20]


async def test_plain_functions_run_under_async_too(connection: Connection) -> None:
    async with connection.concurrent() as batch:
        batch.submit(int, "12")
        batch.submit(lambda: asyncio.sleep(0, "awaited"))
        batch.submit(functools.partial(asyncio.sleep, 0, "partly"))
    assert [each.value for each in batch.results] == [12, "awaited", "partly"]


# -- blocks that end badly ------------------------------------------------------------------------


def test_an_error_of_the_block_calls_off_what_waits(connection: Connection) -> None:
    began, go_on = threading.Event(), threading.Event()

    def work() -> str:
        began.set()
        assert go_on.wait(10)
        return "done"

    batch = connection.concurrent(workers=1)

    def block() -> None:
        with batch:
            batch.submit(work)
            batch.submit(work)
            assert began.wait(10)
            threading.Timer(0.05, go_on.set).start()
            raise KeyError

    with pytest.raises(KeyError):
        block()
    assert batch.results[0] == Outcome(True, "done")
    assert "was not made" in str(batch.results[1].error)


async def test_an_error_of_the_block_lets_running_tasks_end(connection: Connection) -> None:
    async def work() -> str:
        await asyncio.sleep(0.01)
        return "done"

    batch = connection.concurrent(workers=1)

    async def block() -> None:
        async with batch:
            batch.submit(work)
            batch.submit(work)
            await asyncio.sleep(0)
            raise KeyError

    with pytest.raises(KeyError):
        await block()
    assert batch.results[0] == Outcome(True, "done")
    assert "was not made" in str(batch.results[1].error)


async def test_a_cancelled_block_leaves_no_task(connection: Connection) -> None:
    cleaned = 0

    async def work() -> None:
        nonlocal cleaned
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned += 1

    batch = connection.concurrent(workers=2)

    async def block(inside: bool) -> None:
        async with batch:
            for _ in range(3):
                batch.submit(work)
            if inside:
                await asyncio.sleep(60)

    for inside in (True, False):
        cleaned, batch = 0, connection.concurrent(workers=2)
        task = asyncio.create_task(block(inside))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cleaned == 2
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_call_that_is_cancelled_says_so(connection: Connection) -> None:
    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(1)

    async with connection.concurrent() as batch:
        batch.submit(work)
    assert "was cancelled" in str(batch.results[0].error)


async def test_a_closed_coroutine_leaves_no_task(connection: Connection) -> None:
    for inside in (True, False):
        batch = connection.concurrent()

        async def block(batch: Workers, inside: bool) -> None:
            async with batch:
                batch.submit(asyncio.sleep, 60)
                if inside:
                    await asyncio.sleep(60)

        begun = block(batch, inside)
        begun.send(None)
        begun.close()
        await asyncio.sleep(0.01)
        assert asyncio.all_tasks() == {asyncio.current_task()}


def test_an_interrupt_while_waiting_begins_nothing_more(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    whole = ThreadPoolExecutor.shutdown
    began, go_on, calls = threading.Event(), threading.Event(), list[bool]()

    def shutdown(self: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
        calls.append(cancel_futures)
        if len(calls) == 1:
            raise KeyboardInterrupt
        go_on.set()
        whole(self, wait, cancel_futures=cancel_futures)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", shutdown)
    made: list[int] = []

    def work() -> None:
        began.set()
        made.append(1)
        assert go_on.wait(10)

    def block() -> None:
        with connection.concurrent(workers=1) as batch:
            batch.submit(work)
            assert began.wait(10)
            for _ in range(5):
                batch.submit(made.append, 2)

    with pytest.raises(KeyboardInterrupt):
        block()
    assert calls == [False, True]
    assert made == [1]


def test_the_end_of_the_program_is_passed_on(connection: Connection) -> None:
    batch = connection.concurrent()

    def block() -> None:
        with batch:
            batch.submit(exit_now)
            batch.submit(int, "1")

    with pytest.raises(SystemExit):
        block()
    assert batch.results[1] == Outcome(True, 1)


def exit_now() -> None:
    raise SystemExit(3)


# -- misuse -------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, -1, MOST_WORKERS + 1, 2.0, True, "8", None])
def test_a_number_of_workers_that_makes_no_sense(connection: Connection, workers: Any) -> None:
    with pytest.raises(ValidationError, match="workers is how many calls"):
        connection.concurrent(workers)


async def test_what_a_call_gave_is_no_function(
    connection: Connection, twenty: list[str], colour: Colour
) -> None:
    batch = connection.concurrent()
    refs = Person.ref(twenty[0])

    def submit(submit: Any) -> None:
        for given in (refs.arefresh() if colour.is_async else None, "save"):
            with pytest.raises(ValidationError, match=r"batch\.submit\(person\.save\)"):
                submit(given)

    with assert_num_requests(0):
        await done(colour, batch, submit)
    assert batch.results == []


def test_a_thread_awaits_nothing(connection: Connection, twenty: list[str]) -> None:
    ref = Person.ref(twenty[0])
    with assert_num_requests(0), connection.concurrent() as batch:
        with pytest.raises(ValidationError, match=r"arefresh is a coroutine function.*async with"):
            batch.submit(ref.arefresh)
        batch.submit(lambda: ref.arefresh())
    assert "gave something to await" in str(batch.results[0].error)


async def test_a_batch_is_for_one_block(connection: Connection, colour: Colour) -> None:
    batch = connection.concurrent()
    with pytest.raises(ValidationError, match="inside the block"):
        batch.submit(int)
    await done(colour, batch, lambda submit: submit(int))
    with pytest.raises(ValidationError, match="inside the block"):
        batch.submit(int)
    with pytest.raises(ValidationError, match="for one block"):
        await done(colour, batch, lambda submit: None)
    assert batch.results == [Outcome(True, 0)]


async def test_a_closed_connection_is_refused(connection: Connection, colour: Colour) -> None:
    batch = connection.concurrent()
    connection.close()
    with pytest.raises(NotConnectedError):
        await done(colour, batch, lambda submit: None)


# -- many -----------------------------------------------------------------------------------------


async def test_many_saves_each_arrive_once(
    connection: Connection, attio_sandbox: SandboxHandle, twenty: list[str], colour: Colour
) -> None:
    people = list(Person.objects.all())
    for person in people:
        person.job_title = f"new {person.name}"
    with assert_num_requests(20 + 2):  # and the schema, once for all of them
        batch = connection.concurrent(workers=16)
        await done(
            colour,
            batch,
            lambda submit: [submit(twin(colour, each, "save")) for each in people] and None,
        )
    assert all(each.ok for each in batch.results)
    with connection.session():
        assert all(each.job_title == f"new {each.name}" for each in Person.objects.all())
