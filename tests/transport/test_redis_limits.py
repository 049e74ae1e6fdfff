"""Limits in Redis: one book for all processes, whatever becomes of Redis, its clock and keys."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import redis

from attio_orm import (
    ConnectionFailedError,
    DeadlineExceededError,
    ValidationError,
    aconnect,
    connect,
)
from attio_orm.effects import Operation, arun, run
from attio_orm.effects.operations import Sleep
from attio_orm.limits import RedisLimiter
from attio_orm.transport import Request, Transport, redis_limits
from attio_orm.transport.limits import Unbooked
from attio_orm.transport.redis_limits import HANDED_OVER, MOST_CONNECTIONS, PERIOD, PROBED, SOON
from attio_orm.transport.scores import is_query
from tests.colours import Drive
from tests.redis_server import RedisServer, need_redis
from tests.transport.fakes import ScriptedBackend, answer, noting

TOKEN = "tok-123456"
KEY = "attio-orm:limits:{test}"
# of one write a second, so that no machine is so slow that a time passes between two steps
SPACING = round(PERIOD * 1e6)
GOOD = answer(200, {"data": []})
READ = Request("GET", "/v2/objects")
WRITE = Request("POST", "/v2/notes", json={}, purpose="write")

Ask = Callable[[Operation[Any]], Any]


@pytest.fixture
def server(redis_server: RedisServer) -> RedisServer:
    return redis_server


@pytest.fixture
def book(server: RedisServer) -> Iterator[Any]:
    """A client of an empty Redis, for looking into the book."""
    with server.client() as client:
        client.config_set("maxmemory", "0")
        client.flushall()
        yield client


@pytest.fixture
def limiter(server: RedisServer, book: Any) -> Iterator[RedisLimiter]:
    found = RedisLimiter(server.url, key="test", writes=1)
    yield found
    found.close()


def asking(limiter: RedisLimiter, colour: str) -> Ask:
    """What carries an operation out: by threads, or in an event loop of its own."""

    async def afterwards(operation: Operation[Any]) -> Any:
        try:
            return await arun(operation)
        finally:
            await limiter.aclose()

    return run if colour == "sync" else lambda operation: asyncio.run(afterwards(operation))


def transport(limiter: RedisLimiter, *steps: Any, **options: Any) -> Transport:
    backend = ScriptedBackend(*steps or (GOOD,))
    options.setdefault("api_key", TOKEN)
    return Transport(
        backend, base="https://api.attio.com", limits=limiter, jitter=lambda longest: 0.0, **options
    )


def until_it_waits(operation: Operation[Any], sleeps: list[float]) -> Operation[None]:
    """What the operation does before its first wait, which is noted."""

    def stop() -> None:
        raise InterruptedError

    with suppress(InterruptedError):
        yield from noting(operation, sleeps, told=stop)


def booked(book: Any, kind: str = "write") -> int:
    return int(book.hget(KEY, kind))


# -- one book --------------------------------------------------------------------------------------


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_times_are_evenly_spaced_over_all_who_ask(
    server: RedisServer, book: Any, limiter: RedisLimiter, colour: str
) -> None:
    other = RedisLimiter(server.url, key="test", writes=1)  # as in another process
    ask, ask_other = asking(limiter, colour), asking(other, colour)
    begun = time.monotonic()
    waits = [ask(limiter.reserve("write")), ask_other(other.reserve("write"))]
    first = booked(book) - 2 * SPACING
    waits += [ask(limiter.reserve("write")) for _ in range(12)]
    taken = time.monotonic() - begun
    assert booked(book) - first == 14 * SPACING
    assert waits[0] == 0.0
    assert waits == sorted(waits)
    assert 13 * SPACING / 1e6 - taken <= waits[-1] <= 13 * SPACING / 1e6
    assert ask(limiter.reserve("read")) == 0.0  # another limit
    assert 60 < book.ttl(KEY) <= 60 + 15 * PERIOD  # it does not stay for ever
    other.close()


def test_no_second_has_more_than_the_limit() -> None:
    for limit in (1, 25, 100):  # also where the first and the last are 30 ms off
        spacing = round(PERIOD * 1e6 / limit) / 1e6
        assert limit * spacing - 0.03 > 1.0
        assert 1 / spacing >= 0.95 * limit


def test_the_key_is_a_hash_of_the_token(server: RedisServer, book: Any) -> None:
    limiter = RedisLimiter(server.url)
    one, same = transport(limiter), transport(limiter)
    other = transport(limiter, api_key="tok-654321")
    for each in (one, same, other):
        run(each.send(READ))
    names = book.keys("*")
    assert len(names) == 2
    assert all(name.startswith("attio-orm:limits:{") for name in names)
    assert TOKEN not in str(names)
    spread = [float(book.hget(name, "read")) for name in names]
    assert abs(spread[0] - spread[1]) > 1  # each token has times of its own
    assert one.limits is same.limits
    for each in (one, same, other):
        each.close()


def test_a_token_of_a_callable_needs_a_key(server: RedisServer, book: Any) -> None:
    with pytest.raises(ValidationError, match=r"RedisLimiter\(\.\.\., key="):
        transport(RedisLimiter(server.url), api_key=lambda: TOKEN)
    named = RedisLimiter(server.url, key="test")
    asked = transport(named, api_key=lambda: TOKEN)
    run(asked.send(READ))
    assert book.keys("*") == [KEY]
    asked.close()
    with pytest.raises(ValidationError, match=r"no key yet"):
        RedisLimiter(server.url).reserve("read")


def test_forks_share_the_book(book: Any, limiter: RedisLimiter) -> None:
    run(limiter.reserve("write"))
    first = booked(book) - SPACING
    children: list[int] = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            waits = [run(limiter.reserve("write")) for _ in range(12)]
            os._exit(0 if waits == sorted(set(waits)) else 1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    run(limiter.reserve("write"))
    assert booked(book) - first == 50 * SPACING


# -- pauses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_429_of_one_process_pauses_all(
    server: RedisServer, book: Any, limiter: RedisLimiter, colour: str
) -> None:
    ask, sleeps = asking(limiter, colour), list[float]()
    refused = answer(429, {"code": "rate_limit_exceeded"}, retry_after="7")
    ask(until_it_waits(transport(limiter, refused).send(WRITE), sleeps))
    assert 6.5 < sleeps[0] <= 7.0
    other = RedisLimiter(server.url, key="test", writes=1)
    for kind in ("read", "write"):
        assert 6.0 < asking(other, colour)(other.reserve(kind)) <= 7.0 + PERIOD
    other.close()


def test_who_waits_already_waits_for_the_pause_too(book: Any, limiter: RedisLimiter) -> None:
    assert run(limiter.reserve("write")) == 0.0
    sending = transport(limiter).send(WRITE)
    effects = [next(sending)]  # the time is asked for
    effects.append(sending.send(effects[0].perform(None)))
    assert isinstance(effects[-1], Sleep)
    assert effects[-1].seconds <= SPACING / 1e6
    run(RedisLimiter.pause(limiter, 5.0))
    effects.append(sending.send(None))  # the wait is over, and Redis is asked whether it holds
    effects.append(sending.send(effects[-1].perform(None)))
    assert isinstance(effects[-1], Sleep)
    assert 4.5 < effects[-1].seconds <= 5.0
    sending.close()


def test_a_deadline_comes_before_the_wait(book: Any, limiter: RedisLimiter) -> None:
    run(limiter.pause(5.0))
    hurried = transport(limiter, deadline=1.0)
    with pytest.raises(DeadlineExceededError) as caught:
        run(hurried.send(READ))
    assert not caught.value.sent
    assert not hurried.backend.requests  # type: ignore[attr-defined]
    hurried.close()


def test_who_gives_up_takes_no_time_from_others(book: Any, limiter: RedisLimiter) -> None:
    run(limiter.reserve("write"))
    before, hurried = booked(book), transport(limiter, deadline=0.5)
    for _ in range(20):
        with pytest.raises(DeadlineExceededError):
            run(hurried.send(WRITE))
    assert booked(book) == before
    assert 0 < run(limiter.reserve("write")) <= SPACING / 1e6
    hurried.close()


def test_a_wait_that_is_called_off_is_for_the_next_who_asks(
    book: Any, limiter: RedisLimiter
) -> None:
    run(limiter.reserve("write"))
    for _ in range(5):
        sending = transport(limiter).send(WRITE)
        effect = next(sending)
        if not isinstance(effect, Sleep):  # Redis is asked the first time
            effect = sending.send(effect.perform(None))
        assert isinstance(effect, Sleep)
        assert 0 < effect.seconds <= SPACING / 1e6
        sending.close()
    assert 0 < run(limiter.for_token("", None).reserve("write")) <= SPACING / 1e6
    assert run(limiter.reserve("write")) > SPACING / 1e6 - 0.5


# -- Redis is away ---------------------------------------------------------------------------------


@pytest.fixture
def away(tmp_path: Any) -> Iterator[RedisServer]:
    """A server of the test's own, which is not there."""
    need_redis()
    found = RedisServer(tmp_path)
    found.stop()
    yield found
    found.stop()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_without_redis_a_process_takes_a_quarter_and_warns_once(
    away: RedisServer, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_limits, "PROBED", 10.0)  # so far may be booked without it
    limiter = RedisLimiter(away.url, key="test")
    ask = asking(limiter, colour)
    with pytest.warns(RuntimeWarning, match=r"127\.0\.0\.1:\d+.*a quarter of each limit") as told:
        waits = [ask(limiter.reserve("write")) for _ in range(5)]
    assert len(told) == 1
    assert waits[0] == 0.0
    assert waits == sorted(waits)
    assert 0.3 < waits[4] <= 4 * PERIOD / 6
    away.start()
    limiter._redis.down_until = 0.0  # it is asked again after a while
    # behind what the process has given itself, and what others give themselves until they ask
    first = ask(limiter.reserve("write"))
    assert HANDED_OVER < first <= HANDED_OVER + 5 * PERIOD / 6
    assert ask(limiter.reserve("write")) <= first + PERIOD / 25
    with away.client() as client:
        assert client.hget(KEY, "write") is not None
    limiter.close()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_wait_waits_for_redis(away: RedisServer, colour: str) -> None:
    limiter = RedisLimiter(away.url, key="test", on_outage="wait")
    found, sleeps = transport(limiter), list[float]()

    def look_again() -> None:
        limiter._redis.down_until = 0.0
        if len(sleeps) == 3:
            away.start()

    assert asking(limiter, colour)(noting(found.send(WRITE), sleeps, told=look_again)) == {
        "data": []
    }
    assert len(sleeps) == 3
    assert all(0 < each <= 1.0 for each in sleeps)
    limiter.close()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_raise_raises_and_sends_nothing(away: RedisServer, colour: str) -> None:
    limiter = RedisLimiter(away.url, key="test", on_outage="raise")
    found, sleeps = transport(limiter), list[float]()
    for request in (READ, WRITE):
        with pytest.raises(ConnectionFailedError, match="Nothing was sent") as caught:
            asking(limiter, colour)(noting(found.send(request), sleeps))
        assert not caught.value.sent
    assert sleeps == []  # it is not asked five times
    assert not found.backend.requests  # type: ignore[attr-defined]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_pause_without_redis_lets_nobody_out_at_once(
    away: RedisServer, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_limits, "PROBED", 10.0)
    limiter = RedisLimiter(away.url, key="test", writes=100)
    ask = asking(limiter, colour)
    with pytest.warns(RuntimeWarning, match="a quarter"):
        assert ask(limiter.reserve("write")) == 0.0
    over = time.monotonic() + 3.0
    ask(limiter.pause(3.0))
    # three whose waits are over: each has a time of its own after the pause
    waits = [ask(limiter.again("write", 1.0)) + time.monotonic() for _ in range(3)]
    assert waits[0] >= over
    assert waits[0] + 3 * PERIOD / 100 < waits[1] < waits[2] - 3 * PERIOD / 100
    limiter.close()


def test_nobody_books_further_ahead_than_redis_may_be_away(away: RedisServer) -> None:
    """What was booked without Redis comes on top of what it gives once it is back."""
    limiter = RedisLimiter(away.url, key="test", writes=4)
    with pytest.warns(RuntimeWarning, match="a quarter"):
        waits = [run(limiter.reserve("write")) for _ in range(20)]
    assert max(waits) <= PROBED + SOON
    away.start()
    limiter._redis.down_until = 0.0
    # those who have no time yet get one of Redis, and one after another
    booked = [run(limiter.again("write", wait)) for wait in waits[-3:]]
    assert booked[0] + 2 * PERIOD / 4 - 0.2 < booked[2] <= PROBED + SOON + 4 * PERIOD
    limiter.close()


def test_after_an_outage_nobody_waits_who_had_not_to_wait_in_it(away: RedisServer) -> None:
    limiter = RedisLimiter(away.url, key="test", writes=1000)
    with pytest.warns(RuntimeWarning, match="a quarter"):
        assert run(limiter.reserve("write")) == 0.0
    away.start()
    limiter._redis.down_until = 0.0
    time.sleep(0.01)  # its time is over
    assert run(limiter.reserve("write")) == 0.0
    limiter.close()


def test_what_was_booked_before_an_outage_counts_in_it(
    away: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_limits, "PROBED", 10.0)
    away.start()
    limiter = RedisLimiter(away.url, key="test", writes=100)
    waits = [run(limiter.reserve("write")) for _ in range(80)]
    away.stop()
    with pytest.warns(RuntimeWarning, match="a quarter"):
        first = run(limiter.reserve("write"))
    assert waits[-1] + PERIOD - 0.5 < first <= 80 * PERIOD / 100 + PERIOD
    limiter.close()


@pytest.mark.once
@pytest.mark.filterwarnings("ignore:The Redis at:RuntimeWarning")
def test_no_second_of_an_outage_has_more_than_the_limit(away: RedisServer) -> None:
    """Four that ask all the time, by more or fewer threads: before it, within it, and after it."""
    away.start()
    limiters = [RedisLimiter(away.url, key="test") for _ in range(4)]
    is_over, sent = threading.Event(), list[float]()

    def ask(limiter: RedisLimiter) -> None:
        while not is_over.is_set():
            wait = run(limiter.reserve("write"))
            while True:
                at = time.monotonic() + wait
                if is_over.wait(wait):
                    return
                again = run(limiter.again("write", wait)) if wait else 0.0
                if again == 0.0 and not isinstance(wait, Unbooked):
                    break
                wait = again
            sent.append(at)

    with ThreadPoolExecutor(30) as threads:
        for number, limiter in enumerate(limiters):
            for _ in range((2, 4, 8, 16)[number]):
                threads.submit(ask, limiter)
        for seconds, change in ((1.5, away.stop), (3.0, away.start), (3.5, is_over.set)):
            time.sleep(seconds)
            change()
    for limiter in limiters:
        limiter.close()
    sent.sort()
    # one more where a thread is late to see what it was given
    assert max(bisect_left(sent, at + 1.0) - place for place, at in enumerate(sent)) <= 26
    assert len(sent) > 60


def test_a_redis_that_was_started_again_goes_on(server: RedisServer, book: Any) -> None:
    limiter = RedisLimiter(server.url, key="test", writes=1)
    waits = [run(limiter.reserve("write")) for _ in range(50)]
    server.stop()
    server.start()
    # all is lost there, and what this process has booked still counts
    assert waits[-1] - 5 < run(limiter.reserve("write")) <= 50 * SPACING / 1e6
    other = RedisLimiter(server.url, key="test", writes=1)
    assert run(other.reserve("write")) > waits[-1] - 5
    limiter.close()
    other.close()


def test_an_answer_that_is_lost_books_one_time(
    server: RedisServer, book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = RedisLimiter(server.url, key="test", writes=1, on_outage="wait")
    run(limiter.reserve("write"))
    first = booked(book)
    client, whole = limiter._redis._client, limiter._redis._client.evalsha

    def lost(*arguments: Any) -> Any:
        whole(*arguments)
        monkeypatch.setattr(client, "evalsha", whole)
        raise redis.TimeoutError("Timeout reading from socket")

    monkeypatch.setattr(client, "evalsha", lost)
    unsure = run(limiter.reserve("write"))
    assert unsure > 0
    limiter._redis.down_until = 0.0
    run(limiter.again("write", unsure))
    assert booked(book) - first == SPACING
    limiter.close()


# -- what else is in Redis -------------------------------------------------------------------------


def test_a_key_of_somebody_else_is_said_to_be_one(
    book: Any, limiter: RedisLimiter, drive: Drive
) -> None:
    book.set(KEY, "theirs")
    found = transport(limiter)
    with pytest.raises(ValidationError, match=r"attio-orm:limits:\{test\}.*RedisLimiter\(key="):
        drive(found.send(READ))
    assert book.get(KEY) == "theirs"
    found.close()


@pytest.mark.parametrize(
    "left",
    [
        pytest.param({"write": "x", "paused": "", "read": "nan"}, id="no numbers"),
        pytest.param({"write": "9e18", "paused": "9e18"}, id="years ahead"),
        pytest.param({"theirs": "1"}, id="other fields"),
    ],
)
def test_odd_values_stop_nobody(book: Any, limiter: RedisLimiter, left: dict[str, str]) -> None:
    book.hset(KEY, mapping=left)
    assert run(limiter.reserve("write")) == 0.0
    assert 0 < run(limiter.reserve("write")) <= SPACING / 1e6
    assert run(limiter.reserve("read")) == 0.0


def test_a_clock_that_was_set_back_takes_the_times_with_it(
    book: Any, limiter: RedisLimiter
) -> None:
    for _ in range(10):
        run(limiter.reserve("write"))
    ahead = 30 * 60 * 1_000_000
    for name in ("seen", "read", "write", "paused"):  # as half an hour ago, the clock half on
        book.hincrbyfloat(KEY, name, ahead)
    assert 0 < run(limiter.reserve("write")) <= 10 * SPACING / 1e6


def test_a_clock_that_was_set_on_lets_nobody_out_twice(book: Any, limiter: RedisLimiter) -> None:
    for _ in range(10):
        run(limiter.reserve("write"))
    for name in ("seen", "read", "write", "paused"):  # as the clock was, ten minutes before
        book.hincrbyfloat(KEY, name, -600 * 1_000_000)
    # others wait for the ten times already, so the next one is behind them
    assert 9 * SPACING / 1e6 - 1 < run(limiter.reserve("write")) <= 10 * SPACING / 1e6


def test_a_full_redis_is_an_outage(book: Any, server: RedisServer) -> None:
    limiter = RedisLimiter(server.url, key="test", on_outage="raise")
    book.set("theirs", "x" * 1_000_000)
    book.config_set("maxmemory", "1")
    with pytest.raises(ConnectionFailedError, match="maxmemory"):
        run(limiter.reserve("read"))
    book.config_set("maxmemory", "0")
    assert book.keys("*") == ["theirs"]
    limiter.close()


def test_scripts_that_redis_has_forgotten_are_sent_again(book: Any, limiter: RedisLimiter) -> None:
    run(limiter.reserve("write"))
    book.script_flush()
    assert 0 < run(limiter.reserve("write")) <= SPACING / 1e6


# -- what is given ---------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["localhost", "https://user:secret@example.com", "", None])
def test_what_is_no_address_is_refused_and_not_shown(url: Any) -> None:
    with pytest.raises(ValidationError, match="not an address of Redis") as caught:
        RedisLimiter(url)
    assert "secret" not in str(caught.value)


def test_a_password_is_shown_nowhere(away: RedisServer) -> None:
    url = away.url.replace("redis://", "redis://user:sesame@")
    limiter = RedisLimiter(url, key="test", on_outage="raise")
    with pytest.raises(ConnectionFailedError) as caught:
        run(limiter.reserve("read"))
    assert "sesame" not in f"{caught.value}{limiter!r}"


@pytest.mark.parametrize("options", ["nonsense=1", "max_connections=x", "socket_timeout=soon"])
def test_options_that_the_client_does_not_know_are_refused(options: str) -> None:
    with pytest.raises(ValidationError, match="options of the client"):
        RedisLimiter(f"redis://127.0.0.1:1/0?{options}")


@pytest.mark.parametrize(
    "given",
    [
        {"on_outage": "local "}, {"reads": 0}, {"writes": 0}, {"reads": "100"}, {"writes": 2.5},
        {"reads": True}, {"key": ""}, {"key": 5},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RedisLimiter("redis://127.0.0.1:1", **given)


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ImportError, match=r'pip install "attio-orm\[redis\]"'):
        RedisLimiter("redis://127.0.0.1:1")


def test_a_connection_takes_it(server: RedisServer, book: Any) -> None:
    with connect("sandbox://", limits=RedisLimiter(server.url, key="test", writes=1000)) as made:
        made.request("POST", "/v2/objects/people/records", json={"data": {"values": {}}})
        made.api.records.query("people")
        assert booked(book) > 0
        assert booked(book, "read") > 0
        assert not is_query(READ)


# -- many at once ----------------------------------------------------------------------------------


def test_tasks_of_several_loops_share_few_connections(
    server: RedisServer, book: Any, limiter: RedisLimiter
) -> None:
    async def ask() -> list[float]:
        waits = await asyncio.gather(*(arun(limiter.reserve("write")) for _ in range(100)))
        for steps in range(5):  # wherever in the client it is by then
            called_off = asyncio.create_task(arun(limiter.reserve("write")))
            for _ in range(steps):
                await asyncio.sleep(0)
            called_off.cancel()
            with pytest.raises(asyncio.CancelledError):
                await called_off
        waits.append(await arun(limiter.reserve("write")))
        assert len(book.client_list()) <= 2 * MOST_CONNECTIONS + 2
        await limiter.aclose()
        return waits

    run(limiter.reserve("write"))
    first = booked(book)
    with ThreadPoolExecutor(2) as pool:
        found = [each.result() for each in [pool.submit(asyncio.run, ask()) for _ in range(2)]]
    assert all(len(set(waits)) == 101 for waits in found)
    # what was called off may have been booked, and nothing more
    assert 202 <= (booked(book) - first) / SPACING <= 202 + 2 * 5


def test_event_loops_that_are_over_leave_nothing_open(
    book: Any, limiter: RedisLimiter, recwarn: pytest.WarningsRecorder
) -> None:
    before = len(book.client_list())
    for _ in range(5):
        asyncio.run(once(limiter))
    assert len(book.client_list()) == before
    assert len(limiter._redis._loops) == 1
    assert not recwarn.list


async def once(limiter: RedisLimiter) -> float:
    return await arun(limiter.reserve("read"))


def test_tasks_that_wait_for_a_connection_hear_of_an_outage(away: RedisServer) -> None:
    away.start()
    limiter = RedisLimiter(f"{away.url}?socket_timeout=0.2", key="test", on_outage="raise")
    questions = 0

    async def ask() -> list[float | BaseException]:
        nonlocal questions
        found = await limiter._redis._of_loop()
        whole = found.client.eval

        async def counted(*arguments: Any) -> Any:
            nonlocal questions
            questions += 1
            return await whole(*arguments)

        found.client.eval = counted
        away.halt()
        every = (once(limiter) for _ in range(20 * MOST_CONNECTIONS))
        return await asyncio.gather(*every, return_exceptions=True)

    found = asyncio.run(ask())
    assert {type(each) for each in found} == {ConnectionFailedError}
    assert questions <= 2 * MOST_CONNECTIONS  # and not 20 times as long
    away.stop()


def test_one_asks_whether_it_is_back_and_others_go_on(away: RedisServer) -> None:
    limiter = RedisLimiter(away.url, key="test", on_outage="raise")
    with pytest.raises(ConnectionFailedError):
        run(limiter.reserve("read"))
    away.start()
    limiter._redis.down_until = 0.0  # it is time to look
    asking = limiter.reserve("read")
    question = next(asking)
    with pytest.raises(ConnectionFailedError):
        run(limiter.reserve("read"))
    with pytest.raises(StopIteration):
        asking.send(question.perform(None))
    assert run(limiter.reserve("read")) >= 0.0  # it is
    limiter.close()


@pytest.mark.parametrize("most", [1, MOST_CONNECTIONS])
def test_more_threads_than_connections_wait_their_turn(
    server: RedisServer, book: Any, most: int
) -> None:
    """The client would raise instead, as if Redis were away."""
    limiter = RedisLimiter(f"{server.url}?max_connections={most}", key="test", on_outage="raise")
    barrier = threading.Barrier(24)

    def ask() -> list[float]:
        barrier.wait()
        return [run(limiter.reserve("read")) for _ in range(10)]

    with ThreadPoolExecutor(24) as pool:
        for each in [pool.submit(ask) for _ in range(24)]:
            assert len(each.result()) == 10

    async def several() -> None:
        await asyncio.gather(*(once(limiter) for _ in range(24)))
        await limiter.aclose()

    asyncio.run(several())
    limiter.close()


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_redis_that_hangs_is_an_outage(away: RedisServer, colour: str) -> None:
    away.start()
    limiter = RedisLimiter(f"{away.url}?socket_timeout=0.1", key="test", on_outage="raise")
    ask = asking(limiter, colour)
    assert ask(limiter.reserve("read")) == 0.0
    away.halt()
    with pytest.raises(ConnectionFailedError, match=r"(?i)timeout"):
        ask(limiter.reserve("read"))
    with pytest.raises(ConnectionFailedError):  # at once: it is asked again after a second
        ask(limiter.reserve("read"))
    away.stop()


async def test_aconnect_takes_it_and_lets_go_of_its_sockets(server: RedisServer, book: Any) -> None:
    limiter = RedisLimiter(server.url, key="test")
    before = len(book.client_list())
    async with aconnect("sandbox://", limits=limiter) as made:
        await made.arequest("GET", "/v2/objects")
        assert len(book.client_list()) == before + 1
    for _ in range(200):  # Redis learns a moment later that a socket was closed
        if len(book.client_list()) == before:
            break
        await asyncio.sleep(0.01)
    assert len(book.client_list()) == before
    assert booked(book, "read") > 0
