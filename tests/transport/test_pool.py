"""The pool by itself: who gets which connection, and who waits."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from attio_orm.errors import NotConnectedError, RequestTimeoutError, ValidationError
from attio_orm.transport import Headers, HttpBackend, WireRequest
from attio_orm.transport.pool import KEEP_ALIVE, Connections, Pool, Waiter
from tests.colours import Colour
from tests.transport.fakes import Clock
from tests.transport.server import Server


class Fake:
    """A connection that is quiet until told otherwise."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.is_noisy = self.is_closed = False

    def is_quiet(self) -> bool:
        return not self.is_noisy

    def discard(self) -> None:
        self.is_closed = True


class Waiting(Waiter[Fake]):
    woken = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pool_of(clock: Clock, *, size: int = 2, keepalive: int = 2) -> Connections[Fake]:
    return Connections(Pool(size=size, keepalive=keepalive), clock)


def made(pool: Connections[Fake]) -> Fake:
    assert pool.take(Waiting) is None, "leave to make one"
    connection = Fake()
    pool.add(connection)
    return connection


def test_the_one_used_last_is_used_next(clock: Clock) -> None:
    pool = pool_of(clock)
    first, second = made(pool), made(pool)
    pool.give(first, is_clean=True)
    pool.give(second, is_clean=True)
    assert pool.take(Waiting) is second
    assert pool.take(Waiting) is first
    assert len(pool) == 2


@pytest.mark.parametrize("why", ["noisy", "old"])
def test_one_that_is_no_good_any_more_is_closed(clock: Clock, why: str) -> None:
    pool = pool_of(clock)
    connection = made(pool)
    pool.give(connection, is_clean=True)
    if why == "noisy":
        connection.is_noisy = True
    else:
        clock.now += KEEP_ALIVE + 0.1
    assert pool.take(Waiting) is None
    assert connection.is_closed
    assert len(pool) == 1


def test_one_that_is_not_clean_is_closed(clock: Clock) -> None:
    pool = pool_of(clock)
    connection = made(pool)
    pool.give(connection, is_clean=False)
    assert connection.is_closed
    assert len(pool) == 0


def test_so_many_are_kept(clock: Clock) -> None:
    pool = pool_of(clock, size=3, keepalive=1)
    several = [made(pool) for _ in range(3)]
    for connection in several:
        pool.give(connection, is_clean=True)
    assert [each.is_closed for each in several] == [True, True, False]
    assert len(pool) == 1


def test_what_has_been_idle_for_long_goes_with_the_next(clock: Clock) -> None:
    pool = pool_of(clock)
    old, young = made(pool), made(pool)
    pool.give(old, is_clean=True)
    clock.now += KEEP_ALIVE + 0.1
    pool.give(young, is_clean=True)
    assert (old.is_closed, young.is_closed) == (True, False)


def waiting(pool: Connections[Fake]) -> Waiting:
    found = pool.take(Waiting)
    assert isinstance(found, Waiting)
    return found


def test_who_came_first_gets_the_first(clock: Clock) -> None:
    pool = pool_of(clock, size=1)
    connection = made(pool)
    first, second = waiting(pool), waiting(pool)
    pool.give(connection, is_clean=True)
    assert (first.granted, first.woken, second.woken) == (connection, 1, 0)
    assert pool.stop_waiting(first)
    pool.give(connection, is_clean=False)
    assert second.is_granted
    assert second.granted is None, "leave to make one"


def test_a_connection_that_is_noisy_is_nobodys(clock: Clock) -> None:
    pool = pool_of(clock, size=1)
    connection = made(pool)
    waiter = waiting(pool)
    connection.is_noisy = True
    pool.give(connection, is_clean=True)
    assert connection.is_closed
    assert (waiter.is_granted, waiter.granted) == (True, None)


def test_who_gave_up_is_passed_over(clock: Clock) -> None:
    pool = pool_of(clock, size=1)
    connection = made(pool)
    first, second = waiting(pool), waiting(pool)
    assert not pool.stop_waiting(first)
    pool.give(connection, is_clean=True)
    assert (first.woken, second.granted) == (0, connection)


@pytest.mark.parametrize("is_clean", [True, False])
def test_what_was_granted_to_one_who_leaves_goes_on(clock: Clock, is_clean: bool) -> None:
    pool = pool_of(clock, size=1)
    connection = made(pool)
    first, second = waiting(pool), waiting(pool)
    pool.give(connection, is_clean=is_clean)
    pool.leave(first)
    assert second.granted is (connection if is_clean else None)
    assert second.is_granted
    pool.leave(second)
    assert len(pool) == (1 if is_clean else 0)


def test_closing_closes_all_and_sends_away_who_waits(clock: Clock) -> None:
    pool = pool_of(clock)
    idle, busy = made(pool), made(pool)
    waiter = waiting(pool)
    pool.give(idle, is_clean=False)
    assert waiter.is_granted
    third = waiting(pool)
    pool.close()
    pool.close()
    assert busy.is_closed
    assert (third.woken, third.is_granted) == (1, False)
    late = waiting(pool)
    assert (late.woken, late.is_granted) == (1, False)
    pool.give(busy, is_clean=True)
    being_made = Fake()
    pool.add(being_made)
    assert being_made.is_closed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("size", value) for value in (0, -1, 2.0, "5", None, True)),
        *(("keepalive", value) for value in (-1, 1.5, None, False)),
        *(("acquire_timeout", value) for value in (0, -1, float("nan"), "5", None, True)),
    ],
)
def test_a_number_that_cannot_be_meant(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=f"{name} is .*not {value!r}"):
        Pool(**{name: value})


# -- under requests --------------------------------------------------------------------------------


def wire(path: str, timeout: float = 5.0) -> WireRequest:
    return WireRequest("GET", f"/v2/{path}", Headers(), b"", timeout)


def test_threads_wait_for_their_turn(server: Server) -> None:
    backend = HttpBackend(server.url, pool=Pool(size=2))
    threads = [threading.Thread(target=backend.send, args=(wire(f"n{n}"),)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    backend.close()
    assert len(server.paths) == 20
    assert server.sockets <= 2


async def test_tasks_wait_for_their_turn(server: Server) -> None:
    backend = HttpBackend(server.url, pool=Pool(size=2))
    await asyncio.gather(*(backend.asend(wire(f"n{n}")) for n in range(20)))
    await backend.aclose()
    assert len(server.paths) == 20
    assert server.sockets <= 2


async def test_none_free_in_time(server: Server, colour: Colour) -> None:
    backend = HttpBackend(server.url, pool=Pool(size=1, acquire_timeout=0.1))
    slow = wire("slow")
    busy = asyncio.create_task(
        backend.asend(slow) if colour.is_async else asyncio.to_thread(backend.send, slow)
    )
    while not server.paths:
        await asyncio.sleep(0.005)
    begun = time.monotonic()
    with pytest.raises(RequestTimeoutError, match=r"all 1 connections.*Pool\(size") as caught:
        await backend.asend(wire("x")) if colour.is_async else backend.send(wire("x"))
    assert not caught.value.sent
    assert time.monotonic() - begun < 9  # the other one takes 10
    server.release.set()
    await asyncio.gather(busy, return_exceptions=True)
    response = await backend.asend(wire("x")) if colour.is_async else backend.send(wire("x"))
    assert response.status == 200
    await backend.aclose()


async def test_a_task_that_waits_and_is_cancelled(server: Server) -> None:
    backend = HttpBackend(server.url, pool=Pool(size=1))
    busy = asyncio.create_task(backend.asend(wire("slow")))
    while not server.paths:
        await asyncio.sleep(0.005)
    waiting = asyncio.create_task(backend.asend(wire("x")))
    await asyncio.sleep(0.02)
    waiting.cancel()
    busy.cancel()
    await asyncio.gather(busy, waiting, return_exceptions=True)
    assert (await backend.asend(wire("y"))).status == 200
    assert not any(path.endswith("/x") for path in server.paths)
    await backend.aclose()


def test_who_waits_is_told_that_it_was_closed(server: Server) -> None:
    backend = HttpBackend(server.url, pool=Pool(size=1))
    outcomes: list[BaseException] = []

    def work(path: str) -> None:
        try:
            backend.send(wire(path))
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=work, args=(path,)) for path in ("slow", "x")]
    threads[0].start()
    while not server.paths:
        time.sleep(0.005)
    threads[1].start()
    time.sleep(0.05)
    backend.close()
    for thread in threads:
        thread.join(5)
    assert sorted(type(each).__name__ for each in outcomes) == [
        "ConnectionFailedError", NotConnectedError.__name__,
    ]  # fmt: skip
