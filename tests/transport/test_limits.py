"""The limiter: never more than the limit in any period, under threads, tasks, pauses and forks."""

from __future__ import annotations

import asyncio
import heapq
import os
import random
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import DeadlineExceededError, ValidationError, connect
from attio_orm.effects import Operation, arun, run, sleep
from attio_orm.effects.operations import Sleep
from attio_orm.transport import Limiter, Request, Transport
from tests.colours import Drive
from tests.transport.fakes import Clock, ScriptedBackend, answer, noting

PERIOD = 1.02
NEAR = 1e-6
WRITE = Request("POST", "/v2/notes", json={}, purpose="write")


def assert_paced(times: Sequence[float], limit: int, period: float = PERIOD) -> None:
    """No more than ``limit`` in any ``period``."""
    ordered = sorted(times)
    for earlier, later in zip(ordered, ordered[limit:], strict=False):
        assert later - earlier >= period - NEAR


def test_what_the_limit_allows_does_not_wait() -> None:
    limiter = Limiter(clock=Clock())
    assert [limiter.reserve("read") for _ in range(100)] == [0.0] * 100
    assert [limiter.reserve("write") for _ in range(25)] == [0.0] * 25
    assert limiter.reserve("read") == pytest.approx(PERIOD)
    assert limiter.reserve("write") == pytest.approx(PERIOD)


def test_a_thousand_writes_take_no_longer_than_they_must() -> None:
    limiter = Limiter(clock=Clock())
    waits = [limiter.reserve("write") for _ in range(1000)]
    assert waits == sorted(waits)
    assert max(waits) == pytest.approx(39 * PERIOD)
    assert max(waits) <= 40 * 1.05


def test_time_that_passes_frees_the_limit() -> None:
    clock = Clock()
    limiter = Limiter(reads=2, clock=clock)
    assert (limiter.reserve("read"), limiter.reserve("read")) == (0, 0)
    clock.now += PERIOD / 2
    assert limiter.reserve("read") == pytest.approx(PERIOD / 2)
    clock.now += 10
    assert (limiter.reserve("read"), limiter.reserve("read")) == (0, 0)


def test_thirty_two_threads_share_it() -> None:
    clock = Clock()
    limiter = Limiter(clock=clock)
    booked: list[float] = []
    barrier = threading.Barrier(32)

    def work() -> None:
        barrier.wait()
        for _ in range(100):
            booked.append(limiter.reserve("read") + 1000.0)

    threads = [threading.Thread(target=work) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(booked) == 3200
    assert_paced(booked, 100)
    assert max(booked) - 1000.0 == pytest.approx(31 * PERIOD)


def test_a_thousand_tasks_share_it() -> None:
    clock = Clock()
    limiter = Limiter(clock=clock)
    waits: list[float] = []

    async def main() -> None:
        await asyncio.gather(*(arun(noting(limiter.admit("write"), waits)) for _ in range(1000)))

    asyncio.run(main())
    assert len(waits) == 975  # 25 did not wait at all
    assert_paced([0.0] * 25 + waits, 25)
    assert max(waits) == pytest.approx(39 * PERIOD)


def test_real_threads_and_real_time() -> None:
    limiter = Limiter(reads=20, period=0.1)
    sent: list[float] = []

    def work() -> None:
        for _ in range(3):
            run(limiter.admit("read"))
            sent.append(time.monotonic())

    begun = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 96
    assert time.monotonic() - begun >= 0.4  # 96 in rows of 20: four periods of waiting


def test_waiting_does_not_hold_the_lock() -> None:
    limiter = Limiter(writes=1, period=30)
    run(limiter.admit("write"))
    waiting = limiter.admit("write")
    assert isinstance(next(waiting), Sleep)
    reserved: list[float] = []
    other = threading.Thread(target=lambda: reserved.append(limiter.reserve("read")), daemon=True)
    other.start()
    other.join(20)
    assert reserved == [0]
    waiting.close()


# -- pauses ----------------------------------------------------------------------------------------


def test_a_pause_delays_everybody() -> None:
    clock = Clock()
    limiter = Limiter(clock=clock)
    limiter.pause(5)
    limiter.pause(2)  # a shorter one takes nothing back
    assert limiter.remaining == 5
    assert limiter.reserve("read") == 5
    assert limiter.reserve("write") == 5
    clock.now += 5
    assert limiter.remaining == 0
    assert limiter.reserve("read") == 0


def test_who_waits_already_waits_for_the_pause_too() -> None:
    clock = Clock()
    limiter = Limiter(writes=1, clock=clock)
    assert limiter.reserve("write") == 0
    waiting = limiter.admit("write")
    effect = next(waiting)
    assert isinstance(effect, Sleep)
    limiter.pause(10)
    clock.now += effect.seconds
    effect = waiting.send(None)
    assert isinstance(effect, Sleep)
    assert effect.seconds == pytest.approx(10 - PERIOD)
    clock.now += effect.seconds
    with pytest.raises(StopIteration):
        waiting.send(None)


def _simulate(
    limiter: Limiter, clock: Clock, arrivals: Sequence[float], pauses: Sequence[tuple[float, float]]
) -> list[float]:
    """When each request is let out, in a world where sleepers wake exactly on time."""
    begun = clock.now
    order = 0
    queue: list[tuple[float, int, Operation[None] | float]] = []
    for at in arrivals:
        order += 1
        heapq.heappush(queue, (begun + at, order, limiter.admit("read")))
    for at, seconds in pauses:
        order += 1
        heapq.heappush(queue, (begun + at, order, seconds))
    sent: list[float] = []
    while queue:
        clock.now, _, what = heapq.heappop(queue)
        if isinstance(what, float):
            limiter.pause(what)
            continue
        try:
            effect = next(what)
        except StopIteration:
            sent.append(clock.now)
        else:
            assert isinstance(effect, Sleep)
            order += 1
            heapq.heappush(queue, (clock.now + effect.seconds, order, what))
    return sent


@settings(max_examples=150, deadline=None)
@given(
    arrivals=st.lists(st.floats(0, 5), max_size=60),
    pauses=st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 3)), max_size=4),
    limit=st.integers(1, 10),
)
def test_the_limit_holds_under_pauses(
    arrivals: list[float], pauses: list[tuple[float, float]], limit: int
) -> None:
    clock = Clock()
    sent = _simulate(Limiter(reads=limit, clock=clock), clock, arrivals, pauses)
    assert len(sent) == len(arrivals)
    assert_paced(sent, limit)
    for at, seconds in pauses:
        assert not [t for t in sent if 1000 + at + NEAR < t < 1000 + at + seconds - NEAR]


def test_after_a_pause_nobody_is_let_out_before_those_who_came_first() -> None:
    """What was booked for after the pause stays booked; a new request comes behind it."""
    limiter = Limiter(writes=2, clock=Clock())
    assert [limiter.reserve("write") for _ in range(5)] == pytest.approx(
        [0, 0, PERIOD, PERIOD, 2 * PERIOD]
    )
    limiter.pause(1.5)
    assert limiter.reserve("write") == pytest.approx(2 * PERIOD)
    assert limiter.reserve("write") == pytest.approx(3 * PERIOD)


@settings(deadline=None)  # a busy machine is no failure
@given(
    steps=st.lists(
        st.one_of(
            st.just("ask"),
            st.tuples(st.just("pause"), st.floats(0.01, 5)),
            st.tuples(st.just("pass"), st.floats(0.01, 3)),
        ),
        max_size=60,
    ),
    limit=st.integers(1, 4),
)
def test_times_are_booked_in_order(steps: list[Any], limit: int) -> None:
    clock = Clock()
    limiter = Limiter(reads=limit, clock=clock)
    booked: list[float] = []
    for step in steps:
        if step == "ask":
            booked.append(clock.now + limiter.reserve("read"))
        elif step[0] == "pause":
            limiter.pause(step[1])
        else:
            clock.now += step[1]
    assert booked == pytest.approx(sorted(booked))


def test_who_gives_up_takes_no_time_from_others(drive: Drive) -> None:
    """Or a program whose calls have deadlines would send nothing any more once it is too busy."""
    limiter = Limiter(writes=1, period=100.0)
    backend = ScriptedBackend(answer(200, {"data": {}}))
    hurried = Transport(
        backend, api_key="tok-123456", base="https://api.attio.com", limits=limiter, deadline=0.5
    )
    drive(hurried.send(WRITE))
    for _ in range(20):
        with pytest.raises(DeadlineExceededError) as caught:
            drive(hurried.send(WRITE))
        assert not caught.value.sent
    assert len(backend.requests) == 1
    assert 90.0 < limiter.reserve("write") <= 100.0


def test_a_wait_that_is_called_off_is_for_the_next_who_asks() -> None:
    limiter = Limiter(writes=1, period=100.0)
    assert limiter.reserve("write") == 0
    first = limiter.admit("write")
    assert isinstance(next(first), Sleep)
    second = limiter.admit("write")
    assert 190 < getattr(next(second), "seconds", 0) <= 200
    first.close()
    assert 90 < limiter.reserve("write") <= 100
    assert 290 < limiter.reserve("write") <= 300  # and for one only
    with pytest.raises(KeyboardInterrupt):
        second.throw(KeyboardInterrupt())
    limiter.pause(150.0)
    assert 190 < limiter.reserve("write") <= 200
    limiter.pause(250.0)  # what is freed is not before the end of a pause
    assert limiter.reserve("write") > 250


@settings(deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.just(("ask", 0.0)),
            st.tuples(st.just("give up"), st.floats(0, 0.999)),
            st.tuples(st.just("pass"), st.floats(0.01, 2)),
        ),
        max_size=80,
    ),
    limit=st.integers(1, 4),
)
def test_the_limit_holds_where_waits_are_called_off(
    steps: list[tuple[str, float]], limit: int
) -> None:
    clock = Clock()
    limiter = Limiter(reads=limit, clock=clock)
    sent: list[float] = []
    waiting: list[float] = []
    for step, number in steps:
        if step == "ask":
            waiting.append(clock.now + limiter.reserve("read"))
        elif step == "pass":
            clock.now += number
        elif waiting:
            limiter.give_back("read", waiting.pop(int(number * len(waiting))) - clock.now)
        sent += [at for at in waiting if at <= clock.now]
        waiting = [at for at in waiting if at > clock.now]
    assert_paced(sent + waiting, limit)


def test_nobody_waits_for_ever() -> None:
    generator = random.Random(7)
    clock = Clock()
    arrivals = [generator.random() for _ in range(1000)]
    sent = _simulate(Limiter(clock=clock), clock, arrivals, [(0.5, 2.0)])
    assert len(sent) == 1000
    assert max(sent) - 1000 < 2.5 + 11 * PERIOD


# -- the rest --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reads", "writes"), [(0, 25), (100, 0), (-1, 5)])
def test_limits_are_positive(reads: int, writes: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Limiter(reads, writes)


def test_its_repr_shows_the_limits() -> None:
    assert repr(Limiter(reads=10)) == "Limiter(reads=10, writes=25)"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_while_the_lock_is_held() -> None:
    limiter = Limiter()
    with limiter._lock.here:  # as another thread would hold it
        child = os.fork()
        if child == 0:  # pragma: no cover
            os._exit(0 if limiter.reserve("read") == 0 else 1)
    deadline = time.monotonic() + 10
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > deadline:
            os.kill(child, 9)
            os.waitpid(child, 0)
            pytest.fail("the child waits for a lock of its parent")
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(status) == 0


# -- limiters of others ----------------------------------------------------------------------------


class Plain:
    """A limiter that knows what it gives."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def reserve(self, kind: str) -> float:
        self.told.append(kind)
        return 0.5 * (len(self.told) % 2)

    def pause(self, seconds: float) -> None:
        self.told.append(seconds)


class Asking(Plain):
    """A limiter that has to ask somebody."""

    def reserve(self, kind: str) -> Any:  # type: ignore[override]
        yield from sleep(0.001)
        return super().reserve(kind)

    def pause(self, seconds: float) -> Any:
        yield from sleep(0.002)
        super().pause(seconds)


@pytest.mark.parametrize(("kind", "own"), [(Plain, []), (Asking, [0.001, 0.002])])
def test_a_limiter_is_what_has_its_two_methods(
    drive: Drive, kind: type[Plain], own: list[float]
) -> None:
    limiter, sleeps = kind(), list[float]()
    refused = answer(429, {"code": "rate_limit_exceeded"}, retry_after="2")
    transport = Transport(
        ScriptedBackend(refused, answer(200, {"data": []})), api_key="tok-123456",
        base="https://api.attio.com", limits=limiter, jitter=lambda longest: 0.0,
    )  # fmt: skip
    sending = transport.send(Request("POST", "/v2/notes", json={}, purpose="write"))
    assert drive(noting(sending, sleeps)) == {"data": []}
    assert limiter.told == ["write", 2.0, "write"]
    assert sleeps == [*own[:1], 0.5, *own[1:], *own[:1], 0.5]


def test_connect_takes_one_and_refuses_what_is_none() -> None:
    limiter = Plain()
    with connect("sandbox://", limits=limiter) as connection:
        connection.request("GET", "/v2/objects")
    assert "read" in limiter.told
    with pytest.raises(ValidationError, match="a Limiter, a RedisLimiter or None"):
        connect("sandbox://", limits=object())  # type: ignore[arg-type]
