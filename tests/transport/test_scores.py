"""The limit of scores: a query that is refused for it holds back queries alone, for as long."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import RateLimitError, connect
from attio_orm.effects import Operation, run
from attio_orm.effects.operations import Sleep
from attio_orm.limits import Limiter
from attio_orm.transport import Request, Transport, WireResponse, pacing
from attio_orm.transport.exchange import Exchange
from attio_orm.transport.scores import KEPT, SHARE, WINDOW, Scores, is_query
from tests.colours import Drive
from tests.transport.fakes import Clock, ScriptedBackend, answer, noting

QUERY = Request("POST", "/v2/objects/people/records/query", json={})
GET = Request("GET", "/v2/objects/people/records/x")
REFUSED = answer(429, {"code": "rate_limit_exceeded"}, retry_after="4")


def scored(score: str) -> WireResponse:
    found = answer(200, {"data": []})
    return WireResponse(200, {**found.headers, "x-attio-record-query-score": score}, found.body)


class Bench:
    """A transport whose waits are noted, by a clock that they move."""

    def __init__(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch, *steps: Any, limiter: Any = None
    ) -> None:
        self.drive = drive
        self.clock = Clock()
        self.scores = Scores(self.clock)
        monkeypatch.setattr(pacing, "Scores", lambda: self.scores)
        self.sleeps: list[float] = []
        self.limiter = Limiter(clock=self.clock)
        self.transport = Transport(
            ScriptedBackend(*steps), api_key="tok-123456", base="https://api.attio.com",
            limits=limiter or self.limiter, jitter=lambda longest: 0.0, max_attempts=3,
        )  # fmt: skip

    def send(self, request: Request) -> Any:
        return self.drive(noting(self.transport.send(request), self.sleeps, self.clock))


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/v2/objects/people/records/query", True),
        ("POST", "/v2/lists/hiring/entries/query", True),
        ("POST", "/v2/objects/records/search", False),
        ("GET", "/v2/objects/query", False),
    ],
)
def test_queries_alone_have_scores(method: str, path: str, expected: bool) -> None:
    assert is_query(Request(method, path)) is expected


def test_a_query_that_is_refused_for_its_score_stops_queries_alone(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(
        drive, monkeypatch, scored("40"), scored("40"), REFUSED, REFUSED, scored("0"), scored("0")
    )
    for _ in range(3):
        bench.send(QUERY)
    # Retry-After twice, then until the first is over
    assert bench.sleeps == [4.0, 4.0, pytest.approx(2.0)]
    assert bench.limiter.remaining == 0
    bench.scores.pause(5.0)
    bench.send(GET)
    assert len(bench.sleeps) == 3
    bench.send(QUERY)
    assert bench.sleeps[3] == pytest.approx(5.0)


def test_small_queries_are_refused_for_the_limit_of_requests(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(drive, monkeypatch, scored("0"), scored("0"), REFUSED, scored("0"))
    for _ in range(3):
        bench.send(QUERY)
    assert bench.sleeps == [4.0]
    bench.limiter.pause(3.0)
    bench.send(GET)  # everybody waits
    assert bench.sleeps == [4.0, 3.0]


def test_a_refusal_of_what_is_no_query_pauses_all(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(drive, monkeypatch, scored("40"), REFUSED, answer(200, {"data": {}}))
    bench.send(QUERY)
    bench.send(GET)
    assert bench.sleeps == [4.0]
    assert bench.scores.wait() == 0


def refused(scores: Scores, clock: Clock, times: int = 10, score: str = "10") -> None:
    """So many queries half a second apart, then one that is refused, and again after a pause."""

    def given(response: WireResponse | None) -> Any:
        def send(exchange: Any) -> Operation[Any]:
            exchange.response = response
            if response is None or response.status == 429:
                raise RateLimitError("", status=429, method="POST", path="")
            return response
            yield

        return send

    for _ in range(times):
        run(scores.counted(Exchange(QUERY, QUERY.path, b""), given(scored(score))))
        clock.now += 0.5
    for seconds in (0.5, 0.5):
        with pytest.raises(RateLimitError):
            run(scores.counted(Exchange(QUERY, QUERY.path, b""), given(REFUSED)))
        scores.pause(seconds)
        clock.now += seconds


def test_from_a_refusal_on_queries_stay_below_what_was_refused() -> None:
    clock = Clock()
    scores = Scores(clock)
    refused(scores, clock)  # 100 in 5 seconds were too many
    # 100 count, another 10 would make 110 of 90: the first two have to be ten seconds old
    assert scores.wait() == pytest.approx(WINDOW - 6.0 + 0.5)
    assert SHARE * 100 == 90
    clock.now += WINDOW
    assert scores.wait() == 0.0


def test_one_refusal_sets_no_bound(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the limit of requests, which others have used up: queries would crawl in vain."""
    bench = Bench(drive, monkeypatch, scored("3"), REFUSED, *[scored("3")] * 20)
    for _ in range(20):
        bench.send(QUERY)
    assert bench.sleeps == [4.0]


class Shared:
    """A limiter of several processes, which hears of pauses."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def reserve(self, kind: str) -> float:
        return 0.0

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def test_other_processes_hear_of_a_refusal_until_it_is_sure_to_be_for_scores(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = Shared()
    bench = Bench(drive, monkeypatch, scored("40"), REFUSED, REFUSED, scored("40"), limiter=shared)
    for _ in range(2):
        bench.send(QUERY)
    assert shared.pauses == [4.0]
    assert bench.sleeps[:2] == [4.0, 4.0]


def test_several_that_are_refused_at_once_are_one_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(run, monkeypatch, scored("3"))
    bench.send(QUERY)

    def refuse(exchange: Exchange) -> Operation[Any]:
        yield Sleep(0.1)
        raise RateLimitError("", status=429, method="POST", path="")

    sent = [bench.scores.counted(Exchange(QUERY, QUERY.path, b""), refuse) for _ in range(3)]
    for each in sent:
        next(each)
    for each in sent:
        bench.clock.now += 0.1
        with pytest.raises(RateLimitError):
            each.send(None)
        bench.scores.pause(1.0)
    bench.clock.now += 1.0
    assert bench.scores.wait() == 0.0


def test_the_bound_is_forgotten_after_a_minute() -> None:
    clock = Clock()
    scores = Scores(clock)
    refused(scores, clock, score="100")
    assert scores.wait() > 0
    clock.now += KEPT
    assert (scores.wait(), scores._bound) == (0.0, None)


def test_a_query_that_alone_is_more_than_the_bound_still_goes_out() -> None:
    clock = Clock()
    scores = Scores(clock)
    refused(scores, clock, times=1, score="50")
    assert scores.wait() == pytest.approx(WINDOW - 1.5)
    clock.now += WINDOW
    assert scores.wait() == 0.0


def test_the_sandbox_refuses_by_scores_and_the_client_backs_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    scores = Scores(clock)
    monkeypatch.setattr(pacing, "Scores", lambda: scores)
    with connect("sandbox://?limits=attio", max_attempts=1) as connection:
        assert connection.sandbox is not None
        connection.sandbox.clock.freeze()
        names = {"$or": [{"name": {"$contains": f"a{n}"}} for n in range(900)]}
        for _ in range(5):  # 4,505 of the 5,000 that it lets in
            connection.api.records.query("people", filter=names)
        assert scores.wait() == 0
        for _ in range(2):
            assert scores.wait() == 0
            clock.now += 0.001
            with pytest.raises(RateLimitError):
                connection.api.records.query("people", filter=names)
        assert scores.wait() == pytest.approx(WINDOW, abs=0.01)
        connection.request("GET", "/v2/objects")  # which is no query
