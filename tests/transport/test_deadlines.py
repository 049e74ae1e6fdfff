"""Deadlines: one for a whole operation, over its attempts, its waits and all that it asks for."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_orm import Person
from attio_orm.connecting import connect_unchecked
from attio_orm.effects import Operation, anew, arun, call, gather, run, sleep
from attio_orm.errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidResponseError,
    OutcomeUnknownError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
)
from attio_orm.transport import HttpBackend, Limiter, Request, Transport, WireRequest, WireResponse
from attio_orm.transport.pool import Pool
from attio_orm.transport.sharing import sharing_reads
from tests.colours import Colour, Drive
from tests.transport.fakes import ScriptedBackend, answer, refusal
from tests.transport.hostile import Hostile

READ = Request("GET", "/v2/x")
CREATE = Request("POST", "/v2/x", json={}, purpose="write")


def of(*steps: Any, deadline: float, **more: Any) -> tuple[ScriptedBackend, Transport]:
    backend = ScriptedBackend(*steps)
    more.setdefault("jitter", lambda longest: longest)
    return backend, Transport(backend, api_key=None, base="https://x", deadline=deadline, **more)


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    with Hostile() as hostile:
        yield hostile


def test_in_time_nothing_changes(drive: Drive) -> None:
    backend, transport = of(answer(body={"a": 1}), deadline=60)
    assert drive(transport.send(READ)) == {"a": 1}
    (request,) = backend.requests
    assert request.deadline is not None
    assert 50 < request.deadline - time.monotonic() <= 60


def test_without_one_there_is_none(drive: Drive) -> None:
    backend = ScriptedBackend(answer())
    drive(Transport(backend, api_key=None, base="https://x").send(READ))
    assert backend.requests[0].deadline is None


@pytest.mark.parametrize(
    ("step", "cause"),
    [
        (refusal(500), ServerError),
        (refusal(429), RateLimitError),
        (answer(429, {}, retry_after="30"), RateLimitError),
        (ConnectionFailedError("no", sent=False), ConnectionFailedError),
    ],
)
def test_no_wait_goes_past_it(drive: Drive, step: Any, cause: type[Exception]) -> None:
    backend, transport = of(step, deadline=0.3)
    begun = time.monotonic()
    with pytest.raises(DeadlineExceededError, match=r"GET /v2/x.*0\.3 s") as caught:
        drive(transport.send(READ))
    assert time.monotonic() - begun < 25  # not 30
    assert isinstance(caught.value.__cause__, cause)
    assert caught.value.sent is not isinstance(step, ConnectionFailedError)
    assert len(backend.requests) == 1


def test_the_attempts_share_it(drive: Drive) -> None:
    backend, transport = of(refusal(500), deadline=1.0, jitter=lambda longest: 0.3, max_attempts=99)
    with pytest.raises(DeadlineExceededError):
        drive(transport.send(READ))
    assert 2 <= len(backend.requests) <= 4
    assert len({request.deadline for request in backend.requests}) == 1


def test_what_waits_for_its_turn(drive: Drive) -> None:
    limiter = Limiter(reads=1, writes=1, period=30)
    backend, transport = of(answer(), deadline=5.0, limits=limiter)
    drive(transport.send(READ))
    begun = time.monotonic()
    with pytest.raises(DeadlineExceededError) as caught:
        drive(transport.send(READ))
    assert time.monotonic() - begun < 25, "it does not wait for what comes too late"
    assert not caught.value.sent
    assert len(backend.requests) == 1


def test_the_requests_of_an_operation_share_it(drive: Drive) -> None:
    backend, transport = of(answer(), deadline=0.5)

    def work() -> Operation[None]:
        yield from transport.send(READ)
        yield from sleep(0.6)
        yield from transport.send(READ)

    with pytest.raises(DeadlineExceededError) as caught:
        drive(work())
    assert not caught.value.sent
    assert len(backend.requests) == 1
    assert drive(transport.send(READ)) == {}, "the next one has all the time again"


def test_those_side_by_side_too(drive: Drive) -> None:
    backend, transport = of(answer(), deadline=30)

    def work() -> Operation[None]:
        yield from gather([transport.send(READ) for _ in range(3)])

    drive(work())
    assert len({request.deadline for request in backend.requests}) == 1


def test_one_of_many_may_have_its_own(drive: Drive) -> None:
    """As the rows of a bulk run have, which may take hours."""
    backend, transport = of(answer(), deadline=1.0)

    def work() -> Operation[None]:
        for _ in range(3):
            yield from anew(transport.send(READ))
            yield from sleep(0.4)

    drive(work())
    assert len({request.deadline for request in backend.requests}) == 3


def test_a_call_inside_another_is_part_of_it() -> None:
    """A receiver that asks for more, say: it has no more time than the call that it is part of."""
    backend, transport = of(answer(), deadline=30)

    def work() -> Operation[None]:
        yield from transport.send(READ)
        run(transport.send(READ))

    run(work())
    asyncio.run(arun(transport.send(READ)))
    first, second, third = (request.deadline for request in backend.requests)
    assert first == second != third


# -- over a socket ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1e12, float("inf")])
def test_any_number_of_seconds_is_taken(drive: Drive, hostile: Hostile, seconds: float) -> None:
    """Also more than the locks and sockets of the system take."""
    pool = Pool(size=1, acquire_timeout=seconds)
    backend = HttpBackend(hostile.url, pool=pool)
    transport = Transport(
        backend, api_key=None, base=hostile.url, timeout=seconds, deadline=seconds
    )

    def work() -> Operation[list[Any]]:
        paths = [f"/v2/{number}/good" for number in (1, 2, 3, 3)]  # equal ones wait for each other
        asked = [sharing_reads(transport.send(Request("GET", path))) for path in paths]
        found = yield from gather(asked)
        yield from call(transport.close, transport.aclose)
        return [each["data"] for each in found]

    assert drive(work()) == ["/v2/1/good", "/v2/2/good", "/v2/3/good", "/v2/3/good"]


class Held(ScriptedBackend):
    """Holds the first request back until its time is up, and answers the others at once."""

    def __init__(self) -> None:
        super().__init__(answer(body={"a": 1}))
        self.reached = threading.Event()

    def send(self, request: WireRequest, /) -> WireResponse:
        if self.reached.is_set():
            return super().send(request)
        self.reached.set()
        assert request.deadline is not None
        time.sleep(max(0.0, request.deadline - time.monotonic()) + 0.05)
        raise RequestTimeoutError("It took too long.", sent=True)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        return await asyncio.to_thread(self.send, request)


def test_who_shares_a_read_has_a_deadline_of_their_own(drive: Drive) -> None:
    backend = Held()
    transport = Transport(backend, api_key=None, base="https://x", deadline=3.0)

    def late() -> Any:
        return drive(sharing_reads(transport.send(READ)))

    def early() -> Operation[None]:
        yield from sleep(1.5)
        yield from sharing_reads(transport.send(READ))

    with ThreadPoolExecutor(3) as pool:
        in_hurry = pool.submit(drive, early())
        time.sleep(1.0)
        first = pool.submit(late)
        assert backend.reached.wait(10)
        time.sleep(1.0)
        second = pool.submit(late)
        with pytest.raises(DeadlineExceededError):
            in_hurry.result(10)
        assert not first.done(), "it does not wait for the end of the first"
        with pytest.raises(DeadlineExceededError):
            first.result(10)
        assert second.result(10) == {"a": 1}


def over(hostile: Hostile, **options: Any) -> Transport:
    backend = HttpBackend(hostile.url)
    options.setdefault("deadline", 1.0)
    return Transport(backend, api_key=None, base=hostile.url, timeout=20, **options)


@pytest.mark.parametrize("name", ["slow", "drip", "drip-in-the-head"])
def test_an_answer_that_takes_too_long(drive: Drive, hostile: Hostile, name: str) -> None:
    transport = over(hostile)
    begun = time.monotonic()
    with pytest.raises(DeadlineExceededError, match="1 s") as caught:
        drive(transport.send(Request("GET", f"/v2/{name}")))
    assert 0.9 < time.monotonic() - begun < 8
    assert caught.value.sent
    assert isinstance(caught.value, RequestTimeoutError)
    assert drive(transport.send(Request("GET", "/v2/good"))) == {"data": "/v2/good"}
    transport.close()


@pytest.mark.parametrize("name", ["slow", "drip"])
def test_a_create_in_flight_is_unknown(drive: Drive, hostile: Hostile, name: str) -> None:
    transport = over(hostile)
    with pytest.raises(OutcomeUnknownError) as caught:
        drive(transport.send(Request("POST", f"/v2/{name}", json={}, purpose="write")))
    assert isinstance(caught.value.__cause__, DeadlineExceededError)
    assert hostile.asked == [f"/v2/{name}"], "and it is not sent again"
    transport.close()


def test_an_answer_that_is_too_long_is_asked_for_once(drive: Drive, hostile: Hostile) -> None:
    backend = HttpBackend(hostile.url, max_answer=1_000_000)
    transport = Transport(backend, api_key=None, base=hostile.url)
    with pytest.raises(InvalidResponseError, match="1,000,000"):
        drive(transport.send(Request("GET", "/v2/bomb")))
    with pytest.raises(OutcomeUnknownError) as caught:
        drive(transport.send(Request("POST", "/v2/bomb", json={}, purpose="write")))
    assert isinstance(caught.value.__cause__, InvalidResponseError)
    assert hostile.asked == ["/v2/bomb"] * 2
    transport.close()


# -- connections -----------------------------------------------------------------------------------


class Slow:
    """A backend that gives the answers of another one after a while, and knows no deadlines."""

    def __init__(self, inner: Any, seconds: float) -> None:
        self.inner, self.seconds = inner, seconds
        self.deadlines: list[float | None] = []

    def send(self, request: Any, /) -> WireResponse:
        self.deadlines.append(request.deadline)
        time.sleep(self.seconds)
        found: WireResponse = self.inner.send(request)
        return found

    async def asend(self, request: Any, /) -> WireResponse:
        self.deadlines.append(request.deadline)
        await asyncio.sleep(self.seconds)
        found: WireResponse = await self.inner.asend(request)
        return found

    def close(self) -> None:
        self.inner.close()

    async def aclose(self) -> None:
        await self.inner.aclose()


@pytest.fixture
def slow() -> Iterator[Slow]:
    connection = connect_unchecked("sandbox://", deadline=2.0)
    slow = Slow(connection.transport.backend, 0.0)
    connection.transport.backend = slow
    with connection:
        yield slow


async def test_a_call_of_several_requests(slow: Slow, colour: Colour) -> None:
    Person.objects.create(name="Byron, Ada")
    slow.deadlines.clear()
    slow.seconds = 1.5
    with pytest.raises(DeadlineExceededError):
        await colour.call(Person.objects, "count")
    assert len(set(slow.deadlines)) == 1


async def test_the_rows_of_a_bulk_run_have_each_their_own(slow: Slow, colour: Colour) -> None:
    rows = [{"name": f"Byron, Ada {number}"} for number in range(4)]
    slow.seconds = 0.6
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)
    assert len(report.created) == 4
