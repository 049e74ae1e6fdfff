"""``connection.stats()``: counts that are right under threads, failures and limits."""

from __future__ import annotations

import threading

import pytest

from attio_orm import Person, RateLimitError, connect
from attio_orm.connecting import open_connection
from attio_orm.transport import Limiter, Request
from tests.colours import Colour, Drive
from tests.transport.fakes import Clock, ScriptedBackend, answer, noting, refusal
from tests.transport.server import Server


async def test_reads_and_writes(colour: Colour) -> None:
    with connect("sandbox://") as connection:
        before = connection.stats()
        await colour.call(Person.objects, "create", name="Byron, Ada")
        await colour.call(Person.objects, "count")
        after = connection.stats()
    assert after.writes - before.writes == 1
    assert after.reads > before.reads
    assert after.requests == after.reads + after.writes
    assert (after.errors, after.retries, after.in_flight, after.cache) == (0, 0, 0, None)


def test_failures_repeats_and_waits(drive: Drive) -> None:
    backend = ScriptedBackend(refusal(429), refusal(503), answer(), refusal(404, "not_found"))
    clock = Clock()
    connection = open_connection(
        "https://x.example.com", api_key="tok-1234567890", transport=backend,
        limits=Limiter(reads=2, clock=clock),
    )  # fmt: skip
    sleeps: list[float] = []
    drive(noting(connection.transport.send(Request("GET", "/v2/objects")), sleeps, clock))
    with pytest.raises(Exception, match="not_found"):
        drive(noting(connection.transport.send(Request("GET", "/v2/x")), sleeps, clock))
    found = connection.stats()
    assert (found.requests, found.retries, found.rate_limited, found.errors) == (4, 2, 1, 3)
    assert found.waited == pytest.approx(sum(sleeps))
    assert found.waited > 0


def test_many_threads_lose_no_count() -> None:
    backend = ScriptedBackend(answer())
    connection = open_connection("https://x.example.com", api_key="k-12345678", transport=backend)

    def work() -> None:
        for _ in range(200):
            connection.request("GET", "/v2/objects")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = connection.stats()
    assert (found.requests, found.in_flight) == (1_600, 0)


def test_what_is_under_way_and_open(server: Server) -> None:
    connection = open_connection(server.url, api_key="k-12345678", limits=None)
    inside: list[tuple[int, int | None]] = []

    def look(request: Request, send: object) -> object:
        found = send(request)  # type: ignore[operator]
        inside.append((connection.stats().in_flight, connection.stats().connections))
        return found

    with connection:
        assert connection.stats().connections == 0
        connection.middleware.append(look)  # type: ignore[arg-type]
        connection.request("GET", "/v2/echo")
        assert inside == [(1, 1)]
        assert (connection.stats().in_flight, connection.stats().connections) == (0, 1)


def test_what_was_refused_is_counted_once() -> None:
    with connect("sandbox://", max_attempts=1) as connection:
        assert connection.sandbox is not None
        connection.sandbox.fail_next(429)
        with pytest.raises(RateLimitError):
            connection.request("GET", "/v2/self")
        assert (connection.stats().rate_limited, connection.stats().retries) == (1, 0)
