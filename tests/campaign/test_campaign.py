"""A round of the fault campaign, and that it would tell what a bad client does."""

from __future__ import annotations

import json
from collections.abc import Generator

import pytest

from attio_orm import TransportError
from attio_orm.transport import HttpBackend
from attio_orm.transport.requests import Headers, WireRequest, WireResponse
from tests.campaign.__main__ import main
from tests.campaign.campaign import Round
from tests.campaign.models import Client, Pipeline
from tests.campaign.operations import Tally
from tests.campaign.proxy import TUNNEL

MODELS = Client, Pipeline  # named here, as a test sees the models of its own module alone


@pytest.mark.parametrize("number", range(4), ids=["threads", "tasks", "one-pool", "one-async-pool"])
def test_nothing_is_lost_doubled_or_overwritten(number: int) -> None:
    tally = Tally()
    Round(number, 1, tally, rate=0.25).run(60)
    assert tally.faults == 0, str(tally)
    assert tally.counts["operations"] == 60
    assert tally.counts["acknowledged"] > 35
    assert len(tally.met) > 10
    assert sum(tally.edits.values()) > 5


@pytest.mark.parametrize(
    ("over", "number"),
    [("tls", 0), ("tls", 1), ("proxy", 0), ("proxy", 1), ("proxy-tls", 0), ("proxy-tls", 1)],
)
def test_nothing_is_on_any_other_way_either(over: str, number: int) -> None:
    tally = Tally()
    Round(number, 3, tally, rate=0.3, over=over).run(20)
    assert tally.faults == 0, str(tally)
    assert tally.counts["operations"] == 20
    assert tally.counts["acknowledged"] > 10
    assert len(tally.met) > 5
    assert bool(set(tally.met) & set(TUNNEL)) == (over == "proxy-tls")


# -- that it would tell ---------------------------------------------------------------------------

Sending = Generator[WireRequest, WireResponse, WireResponse]


class Odd(HttpBackend):
    """A client that does something wrong: ``exchange`` yields what is sent, and gets the answer."""

    def exchange(self, request: WireRequest) -> Sending:
        raise NotImplementedError

    def send(self, request: WireRequest, /) -> WireResponse:
        work = self.exchange(request)
        try:
            sent = next(work)
            while True:
                try:
                    answer = super().send(sent)
                except TransportError as error:
                    sent = work.throw(error)
                else:
                    sent = work.send(answer)
        except StopIteration as end:
            found: WireResponse = end.value
            return found

    async def asend(self, request: WireRequest, /) -> WireResponse:
        work = self.exchange(request)
        try:
            sent = next(work)
            while True:
                try:
                    answer = await super().asend(sent)
                except TransportError as error:
                    sent = work.throw(error)
                else:
                    sent = work.send(answer)
        except StopIteration as end:
            found: WireResponse = end.value
            return found


def is_write(request: WireRequest) -> bool:
    return request.method in ("POST", "PATCH", "PUT") and not request.path.endswith("query")


class Twice(Odd):
    """Sends each write a second time."""

    def exchange(self, request: WireRequest) -> Sending:
        answer = yield request
        return (yield request) if is_write(request) else answer


class Blind(Odd):
    """Repeats whatever had no answer."""

    def exchange(self, request: WireRequest) -> Sending:
        for _ in range(20):
            try:
                return (yield request)
            except TransportError:
                pass
        return (yield request)


class Idle(Odd):
    """Reads the record where it was to be written."""

    def exchange(self, request: WireRequest) -> Sending:
        if request.method in ("PATCH", "PUT") and "?" not in request.path:
            headers = {k: v for k, v in request.headers.items() if not k.startswith("content-")}
            request = WireRequest("GET", request.path, Headers(headers), b"", request.timeout)
        return (yield request)


class Denying(Odd):
    """Says of what was written that it was refused."""

    def exchange(self, request: WireRequest) -> Sending:
        answer = yield request
        if not is_write(request):
            return answer
        body = {"status_code": 400, "type": "invalid_request_error", "code": "validation_type"}
        return WireResponse(400, answer.headers, json.dumps(body).encode())


class Blank(Odd):
    """Finds nothing."""

    def exchange(self, request: WireRequest) -> Sending:
        answer = yield request
        if request.path.endswith("query"):
            return WireResponse(200, answer.headers, b'{"data":[]}')
        return answer


class Foreign(Odd):
    """Lets through what is not of the library."""

    def exchange(self, request: WireRequest) -> Sending:
        answer = yield request
        if is_write(request):
            raise KeyError(request.path)
        return answer


@pytest.mark.parametrize(
    ("client", "rate", "kinds"),
    [
        (Twice, 0.0, {"doubled"}),
        (Blind, 0.4, {"doubled", "overwritten"}),
        (Idle, 0.0, {"lost"}),
        (Denying, 0.0, {"denied"}),
        (Blank, 0.0, {"mistaken"}),
        (Foreign, 0.0, {"foreign"}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.parametrize("number", [0, 1], ids=["threads", "tasks"])
def test_a_bad_client_is_found_out(
    client: type[Odd], rate: float, kinds: set[str], number: int
) -> None:
    tally = Tally()
    Round(number, 1, tally, rate=rate, backend=client).run(70)
    assert {kind for kind in tally.COUNTS[4:] if tally.counts[kind]} & kinds, str(tally)


def test_a_good_line_meets_nothing() -> None:
    tally = Tally()
    for number in range(2):
        Round(number, 1, tally, rate=0.0).run(25)
    assert tally.faults == 0, str(tally)
    assert not tally.met
    assert tally.counts["acknowledged"] > 40


def test_what_it_tells() -> None:
    tally = Tally()
    tally.counts["operations"] = tally.counts["acknowledged"] = 2
    tally.names["save"] = 2
    tally.met["cut after"] = 1
    for number in range(20):
        tally.fault("lost", f"name {number}")
    told = str(tally)
    assert told.startswith("2 operations: 2 acknowledged, 0 failed\n")
    assert "20 acknowledged and lost" in told
    assert "lost: name 3\n" in told
    assert told.endswith("lost: and 5 more")
    assert tally.faults == 20


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["20", "--seed", "7", "--round", "0"]) == 0
    assert capsys.readouterr().out.startswith("20 operations: ")
