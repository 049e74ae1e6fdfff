from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_orm.effects import Operation, arun, call, run
from attio_orm.effects.operations import Flight, SingleFlight


class Work:
    """An operation that counts its runs, and lasts until ``gate`` opens."""

    def __init__(self) -> None:
        self.runs = 0
        self.started = threading.Event()
        self.gate = threading.Event()
        self.failure: BaseException | None = None

    def __call__(self) -> Operation[int]:
        self.runs += 1
        mine = self.runs
        self.started.set()
        yield from call(self._wait, self._await)
        if self.failure is not None:
            raise self.failure
        return mine

    def _wait(self) -> bool:
        return self.gate.wait(10)

    async def _await(self) -> bool:
        while not self.gate.is_set():
            await asyncio.sleep(0.001)
        return True


@pytest.fixture
def flights() -> SingleFlight:
    return SingleFlight()


@pytest.fixture
def work() -> Work:
    return Work()


def test_threads_share_one_flight(flights: SingleFlight, work: Work) -> None:
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(lambda: run(flights.share("k", work))) for _ in range(8)]
        work.started.wait(10)
        work.gate.set()
        assert [future.result(10) for future in futures] == [1] * 8
    assert run(flights.share("k", work)) == 2  # what is over is not kept


def test_different_keys_are_different_flights(flights: SingleFlight, work: Work) -> None:
    work.gate.set()
    assert [run(flights.share(key, work)) for key in "ab"] == [1, 2]


def test_a_failure_is_raised_to_all(flights: SingleFlight, work: Work) -> None:
    work.failure = ValueError("no")

    async def together() -> list[object]:
        shared = [arun(flights.share("k", work)) for _ in range(3)]
        opener = asyncio.get_running_loop().call_later(0.01, work.gate.set)
        found = await asyncio.gather(*shared, return_exceptions=True)
        opener.cancel()
        return list(found)

    assert asyncio.run(together()) == [work.failure] * 3
    assert work.runs == 1


def test_a_failure_that_nobody_waits_for_warns_of_nothing(
    flights: SingleFlight, work: Work
) -> None:
    work.failure = ValueError("no")
    work.gate.set()
    with pytest.raises(ValueError, match="no"):
        run(flights.share("k", work))
    gc.collect()


def test_where_the_first_is_cancelled_another_starts_again(
    flights: SingleFlight, work: Work
) -> None:
    async def together() -> object:
        first = asyncio.create_task(arun(flights.share("k", work)))
        await asyncio.sleep(0)
        others = [asyncio.create_task(arun(flights.share("k", work))) for _ in range(3)]
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        asyncio.get_running_loop().call_later(0.02, work.gate.set)
        return await asyncio.gather(*others)

    assert asyncio.run(together()) == [2, 2, 2]


def test_who_waits_may_give_up(flights: SingleFlight, work: Work) -> None:
    async def together() -> object:
        first = asyncio.create_task(arun(flights.share("k", work)))
        await asyncio.sleep(0)
        second = asyncio.create_task(arun(flights.share("k", work)))
        await asyncio.sleep(0.01)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        work.gate.set()
        return await first

    assert asyncio.run(together()) == 1
    gc.collect()


def test_loops_and_threads_share_one_flight(flights: SingleFlight, work: Work) -> None:
    def in_a_loop() -> int:
        return asyncio.run(arun(flights.share("k", work)))

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(in_a_loop)
        work.started.wait(10)
        others = [pool.submit(in_a_loop), pool.submit(lambda: run(flights.share("k", work)))]
        time.sleep(0.05)
        work.gate.set()
        assert [future.result(10) for future in (first, *others)] == [1, 1, 1]


def test_sync_work_in_a_task_does_not_wait_for_its_own_loop(
    flights: SingleFlight, work: Work
) -> None:
    quick = Work()
    quick.gate.set()

    async def together() -> tuple[int, int]:
        first = asyncio.create_task(arun(flights.share("k", work)))
        await asyncio.sleep(0)
        blocking = run(flights.share("k", quick))  # the loop stands still meanwhile
        work.gate.set()
        return await first, blocking

    assert asyncio.run(together()) == (1, 1)
    assert quick.runs == 1


def test_who_leads_a_flight_waits_for_none(flights: SingleFlight, work: Work) -> None:
    """A signal receiver that runs inside a flight needs the same, or another that waits for it."""
    work.gate.set()

    def outer() -> Operation[int]:
        yield from call(lambda: None, _nothing)
        return (yield from flights.share("k", work))

    assert run(flights.share("k", outer)) == 1
    assert asyncio.run(arun(flights.share("k", outer))) == 2
    assert run(flights.share("k", work)) == 3  # and afterwards it may wait again


async def _nothing() -> None: ...


def test_two_who_need_each_other(flights: SingleFlight) -> None:
    both = threading.Barrier(2)

    def crossing(other: str) -> Callable[[], Operation[str]]:
        def operation() -> Operation[str]:
            yield from call(lambda: both.wait(10), _nothing)
            return (yield from flights.share(other, lambda: _give(other)))

        return operation

    with ThreadPoolExecutor(2) as pool:
        ab = pool.submit(lambda: run(flights.share("a", crossing("b"))))
        ba = pool.submit(lambda: run(flights.share("b", crossing("a"))))
        assert (ab.result(10), ba.result(10)) == ("b", "a")


def _give(value: str) -> Operation[str]:
    yield from call(lambda: None, _nothing)
    return value


def test_a_fork_does_not_wait_for_the_flights_of_its_parent(
    flights: SingleFlight, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = os.getpid()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: run(flights.share("k", work)))
        work.started.wait(10)
        quick = Work()
        quick.gate.set()
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: here + 1)
            assert run(flights.share("k", quick)) == 1
        work.gate.set()
        assert first.result(10) == 1


def test_a_flight_that_is_dropped_half_way_is_over(flights: SingleFlight, work: Work) -> None:
    left = flights.share("k", work)
    next(left)  # asks for its colour
    left.send("sync")  # in the air
    left.close()
    work.gate.set()
    assert run(flights.share("k", work)) == 2


def test_dropped_by_the_garbage_collector_in_another_context(
    flights: SingleFlight, work: Work
) -> None:
    import contextvars

    left = flights.share("k", work)
    next(left)
    contextvars.copy_context().run(left.send, "sync")
    del left
    gc.collect()
    work.gate.set()
    assert run(flights.share("k", work)) == 2


# -- one flight -----------------------------------------------------------------------------------


async def test_who_comes_when_it_has_just_landed_does_not_wait() -> None:
    """It was found in the table a moment before it was taken out of it."""
    flight = Flight("async")
    flight.land("value", 7)
    assert flight.landed(0) == ("value", 7)
    assert await flight.arrived(0) == ("value", 7)


def test_all_who_wait_are_told() -> None:
    threads = 4
    flight = Flight("sync")
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(flight.landed, 10) for _ in range(threads)]
        time.sleep(0.02)
        flight.land("error", "what")
        assert [each.result() for each in waiting] == [("error", "what")] * threads


def test_landing_and_coming_at_the_same_moment() -> None:
    """However the steps of the two fall: nobody is left waiting, and nothing is told twice."""
    with ThreadPoolExecutor(2) as pool:
        for _ in range(300):
            flight = Flight("sync")
            begin = threading.Barrier(2)

            def come(flight: Flight = flight, begin: threading.Barrier = begin) -> tuple[str, Any]:
                begin.wait()
                return flight.landed(10)

            waiting = pool.submit(come)
            begin.wait()
            flight.land("value", 7)
            assert waiting.result() == ("value", 7)
