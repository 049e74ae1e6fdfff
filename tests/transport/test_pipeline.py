"""What is repeated and what is not, how long is waited, and what is told about it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from attio_orm import signals
from attio_orm.effects import Operation, arun, sleep
from attio_orm.errors import (
    APIError,
    AsyncReceiverError,
    AttioError,
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    ForbiddenError,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    QueryTooComplexError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    TransportError,
    ValidationError,
    WriteConflictError,
)
from attio_orm.transport import MISSING, Again, Doubt, Limiter, Request, Transport, WireResponse
from attio_orm.transport.errors import score_of
from attio_orm.transport.retries import Retry
from tests.colours import DRIVES, Drive
from tests.transport.fakes import Clock, ScriptedBackend, Step, answer, noting, refusal

READ = Request("POST", "/v2/objects/people/records/query", json={"limit": 1})
CREATE = Request("POST", "/v2/objects/people/records", json={"data": {}}, purpose="write")
PATCH = Request("PATCH", "/v2/objects/people/records/1", json={"data": {}}, purpose="write")
PUT = Request("PUT", "/v2/objects/people/records/1", json={"data": {}}, purpose="write")
DELETE = Request("DELETE", "/v2/objects/people/records/1", purpose="write")
GET = Request("GET", "/v2/objects")
REPEATABLE = [READ, GET, DELETE]
ONCE = [CREATE, PATCH, PUT]

GOOD = answer(200, {"data": [1]})
LIMITED = refusal(429, "rate_limit_exceeded", "Rate limit exceeded, please try again later")


class Bench:
    """A transport over a script, whose waits are noted and not slept."""

    def __init__(self, drive: Drive, *steps: Step, **options: Any) -> None:
        self.drive = drive
        self.backend = ScriptedBackend(*steps)
        options.setdefault("jitter", lambda longest: longest)
        options.setdefault("api_key", "tok-123456")
        self.transport = Transport(self.backend, base="https://api.attio.com", **options)
        self.sleeps: list[float] = []

    def operation(self, request: Request) -> Operation[Any]:
        return noting(self.transport.send(request), self.sleeps)

    def send(self, request: Request) -> Any:
        return self.drive(self.operation(request))

    @property
    def attempts(self) -> int:
        return len(self.backend.requests)


def lost(*, sent: bool) -> ConnectionFailedError:
    return ConnectionFailedError("The connection dropped.", sent=sent)


def timed_out(*, sent: bool) -> RequestTimeoutError:
    return RequestTimeoutError("No answer.", sent=sent)


# -- what is sent ----------------------------------------------------------------------------------


def test_a_request_becomes_bytes_and_its_answer_json(drive: Drive) -> None:
    bench = Bench(drive, GOOD, timeout=7.5)
    request = Request(
        "POST",
        "/v2/x/a%20b",
        params={"a": "b c", "none": None, "yes": True, "no": False, "n": 3},
        json={"é": 1},
    )
    assert bench.send(request) == {"data": [1]}
    (sent,) = bench.backend.requests
    assert (sent.method, sent.path) == ("POST", "/v2/x/a%20b?a=b+c&yes=true&no=false&n=3")
    assert sent.body == '{"é":1}'.encode()
    assert sent.timeout == 7.5
    assert sent.headers == {
        "authorization": "Bearer tok-123456",
        "content-type": "application/json",
    }
    assert bench.backend.colours == ["sync" if drive is DRIVES["sync"] else "async"]


def test_a_request_without_body_token_and_query(drive: Drive) -> None:
    bench = Bench(drive, GOOD, api_key=None)
    bench.send(Request("GET", "/v2/self", params={"x": None}))
    (sent,) = bench.backend.requests
    assert (sent.path, sent.body, sent.headers) == ("/v2/self", b"", {})


def test_content_that_is_no_json(drive: Drive) -> None:
    bench = Bench(drive, GOOD)
    bench.send(Request("POST", "/v2/files/upload", content=b"--x", content_type="multipart/x"))
    (sent,) = bench.backend.requests
    assert (sent.body, sent.headers["content-type"]) == (b"--x", "multipart/x")


def test_decode_reads_the_body(drive: Drive) -> None:
    bench = Bench(drive, GOOD)
    assert bench.send(Request("GET", "/v2/x", decode=len)) == len(GOOD.body)


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}"])
def test_a_delete_may_answer_with_nothing(drive: Drive, body: bytes) -> None:
    assert Bench(drive, answer(200, body)).send(DELETE) == {}


def test_no_content_is_a_good_answer(drive: Drive) -> None:
    assert Bench(drive, answer(204, b"")).send(PATCH) == {}


def test_closing_closes_the_backend() -> None:
    bench = Bench(DRIVES["sync"], GOOD)
    bench.transport.close()
    asyncio.run(bench.transport.aclose())
    assert bench.backend.closed == ["sync", "async"]


# -- what is repeated ------------------------------------------------------------------------------

PASSING: list[Step] = [
    LIMITED,
    refusal(500),
    refusal(502),
    answer(503, b"<html>try later</html>", content_type="text/html"),
    refusal(504),
    lost(sent=False),
    lost(sent=True),
    timed_out(sent=False),
    timed_out(sent=True),
    answer(200, b'{"data": [1'),
    answer(200, b"\xff\xfe"),
]


@pytest.mark.parametrize("request_", REPEATABLE, ids=lambda request: request.method)
@pytest.mark.parametrize("failure", PASSING)
def test_what_is_safe_to_repeat_is_repeated(drive: Drive, request_: Request, failure: Step) -> None:
    bench = Bench(drive, failure, failure, GOOD)
    assert bench.send(request_) == {"data": [1]}
    assert bench.attempts == 3
    assert bench.sleeps == [1.0, 2.0]


@pytest.mark.parametrize("request_", ONCE, ids=lambda request: request.method)
@pytest.mark.parametrize("failure", [LIMITED, lost(sent=False), timed_out(sent=False)])
def test_a_write_is_repeated_where_nothing_arrived(
    drive: Drive, request_: Request, failure: Step
) -> None:
    bench = Bench(drive, failure, failure, GOOD)
    assert bench.send(request_) == {"data": [1]}
    assert bench.attempts == 3


@pytest.mark.parametrize("request_", ONCE, ids=lambda request: request.method)
@pytest.mark.parametrize(
    "failure",
    [
        refusal(408),
        refusal(500),
        refusal(501),
        refusal(503),
        lost(sent=True),
        timed_out(sent=True),
        answer(200, b'{"data": {'),
        answer(200, b""),
        answer(200, b"<html>hello</html>"),
    ],
)
def test_a_write_that_may_have_arrived_is_not_repeated(
    drive: Drive, request_: Request, failure: Step
) -> None:
    bench = Bench(drive, failure, GOOD)
    advice = r"upsert\(\)" if request_ is CREATE else "Read it first"
    with pytest.raises(OutcomeUnknownError, match=f"people/records.* was sent.*{advice}") as caught:
        bench.send(request_)
    assert bench.attempts == 1
    assert isinstance(caught.value.__cause__, AttioError)
    happened = str(caught.value.__cause__).partition(". ")[0].rpartition(f"{request_.path}: ")[2]
    assert happened.rstrip(".") in str(caught.value)
    assert "again later" not in str(caught.value), "trying again is what may write twice"


def test_a_create_that_arrives_at_its_second_attempt(drive: Drive) -> None:
    bench = Bench(drive, LIMITED, lost(sent=True), GOOD)
    with pytest.raises(OutcomeUnknownError):
        bench.send(CREATE)
    assert bench.attempts == 2


# What Attio refuses for the moment alone: nothing was written.
CONFLICT = refusal(409, "concurrent_write_conflict", "The record was modified by another request")
MERGING = [refusal(400, "merge_in_progress"), refusal(404, "merge_in_progress")]


@pytest.mark.parametrize("request_", [*REPEATABLE, *ONCE], ids=lambda request: request.method)
@pytest.mark.parametrize("failure", [CONFLICT, *MERGING])
def test_what_was_refused_for_the_moment_is_repeated(
    drive: Drive, request_: Request, failure: Step
) -> None:
    bench = Bench(drive, failure, failure, GOOD)
    assert bench.send(request_) == {"data": [1]}
    assert bench.attempts == 3


def test_writes_that_met_each_other_part_by_chance() -> None:
    backend = ScriptedBackend(CONFLICT)
    transport = Transport(
        backend,
        api_key=None,
        base="https://api.attio.com",
        max_attempts=40,
        retry=Retry(budget=1.0),
    )
    sleeps: list[float] = []
    with pytest.raises(WriteConflictError):
        DRIVES["sync"](noting(transport.send(PATCH), sleeps))
    late = sleeps[7:]
    assert min(late) < 12
    assert max(late) > 18
    assert len(set(late)) == len(late)


def test_a_merge_is_waited_for_in_full() -> None:
    for failure in MERGING:
        backend = ScriptedBackend(failure)
        transport = Transport(backend, api_key=None, base="https://api.attio.com")
        sleeps: list[float] = []
        with pytest.raises(APIError):
            DRIVES["sync"](noting(transport.send(READ), sleeps))
        assert [int(wait) for wait in sleeps] == [1, 2, 4, 8]


@pytest.mark.parametrize("request_", [PATCH, CREATE])
def test_a_write_conflict_to_the_end_has_an_error_of_its_own(
    drive: Drive, request_: Request
) -> None:
    bench = Bench(drive, CONFLICT, max_attempts=3)
    with pytest.raises(WriteConflictError, match=r"wrote nothing.*Read it again") as caught:
        bench.send(request_)
    assert bench.attempts == 3
    assert isinstance(caught.value, ConflictError)
    assert (caught.value.status, caught.value.code) == (409, "concurrent_write_conflict")
    assert "name" not in str(caught.value), "the hint of a slug that is taken is not true here"


def test_another_conflict_is_not_repeated(drive: Drive) -> None:
    bench = Bench(drive, refusal(409, "slug_conflict"), GOOD)
    with pytest.raises(ConflictError) as caught:
        bench.send(CREATE)
    assert not isinstance(caught.value, WriteConflictError)
    assert bench.attempts == 1


def test_a_create_after_a_conflict_that_may_have_arrived(drive: Drive) -> None:
    bench = Bench(drive, CONFLICT, lost(sent=True), GOOD)
    with pytest.raises(OutcomeUnknownError):
        bench.send(CREATE)
    assert bench.attempts == 2


def test_a_server_that_gave_up_waiting_is_asked_again_for_reads(drive: Drive) -> None:
    for read in (request for request in REPEATABLE if request.purpose != "write"):
        bench = Bench(drive, refusal(408), refusal(408), GOOD)
        assert bench.send(read) == {"data": [1]}
        assert bench.sleeps == [1.0, 2.0]


def test_a_server_that_gave_up_waiting_for_a_delete(drive: Drive) -> None:
    bench = Bench(drive, refusal(408), GOOD)
    with pytest.raises(APIError, match="read whether it was carried out"):
        bench.send(DELETE)
    assert bench.attempts == 1


def test_a_merge_is_no_deletion(drive: Drive) -> None:
    """A repeated DELETE that finds nothing has succeeded; one that finds a merge has not."""
    bench = Bench(drive, lost(sent=True), refusal(404, "merge_in_progress"), max_attempts=3)
    with pytest.raises(NotFoundError) as caught:
        bench.send(DELETE)
    assert not caught.value.is_gone
    assert bench.attempts == 3


# -- what a write asks before it is repeated -------------------------------------------------------


class Settling:
    """Answers of a settling step, one a question, the last for ever; keeps the questions."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.doubts: list[Doubt] = []

    def __call__(self, doubt: Doubt) -> Operation[Any]:
        self.doubts.append(doubt)
        yield from ()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def of(self, request: Request) -> Request:
        """The request with this step."""
        return replace(request, settle=self)


DOUBTFUL = [refusal(500), refusal(503), lost(sent=True), timed_out(sent=True), answer(200, b"{")]
ARRIVED = {"arrived": True}


@pytest.mark.parametrize("request_", ONCE, ids=lambda request: request.method)
@pytest.mark.parametrize("failure", DOUBTFUL)
def test_a_write_that_arrived_is_its_answer(drive: Drive, request_: Request, failure: Step) -> None:
    settling = Settling(ARRIVED)
    bench = Bench(drive, failure, GOOD)
    assert bench.send(settling.of(request_)) == ARRIVED
    assert bench.attempts == 1
    assert settling.doubts == [Doubt(may_have_arrived=True)]


@pytest.mark.parametrize("request_", ONCE, ids=lambda request: request.method)
@pytest.mark.parametrize("failure", DOUBTFUL)
def test_a_write_that_did_not_arrive_is_repeated(
    drive: Drive, request_: Request, failure: Step
) -> None:
    settling = Settling(MISSING)
    bench = Bench(drive, failure, failure, GOOD)
    assert bench.send(settling.of(request_)) == {"data": [1]}
    assert (bench.attempts, len(settling.doubts)) == (3, 2)
    assert bench.sleeps == [1.0, 2.0], "asked after the wait: what is under way has time to arrive"


def test_it_is_asked_before_every_repeat_and_told_whether_one_may_have_arrived(
    drive: Drive,
) -> None:
    settling = Settling(MISSING)
    steps = [LIMITED, lost(sent=False), lost(sent=True), LIMITED, GOOD]
    assert Bench(drive, *steps).send(settling.of(PATCH)) == {"data": [1]}
    assert [each.may_have_arrived for each in settling.doubts] == [False, False, True, True]


@pytest.mark.parametrize(
    "later", [refusal(400), refusal(404), refusal(409), refusal(403), refusal(400, "missing_value")]
)
def test_an_attempt_that_may_have_arrived_stays_so(drive: Drive, later: Step) -> None:
    """Whatever a later one is answered: it is asked again, and what it says then counts."""
    settling = Settling(MISSING, ARRIVED)
    assert Bench(drive, lost(sent=True), later).send(settling.of(PATCH)) == ARRIVED
    settling = Settling(MISSING)
    with pytest.raises(APIError) as caught:
        Bench(drive, lost(sent=True), later).send(settling.of(PATCH))
    assert caught.value.status < 500
    unknown = Settling(MISSING, OutcomeUnknownError("who knows"))
    with pytest.raises(OutcomeUnknownError, match="who knows"):
        Bench(drive, lost(sent=True), later).send(unknown.of(PATCH))


def test_the_last_attempt_is_settled_too(drive: Drive) -> None:
    settling = Settling(MISSING, ARRIVED)
    bench = Bench(drive, lost(sent=True), max_attempts=2)
    assert bench.send(settling.of(PUT)) == ARRIVED
    bench = Bench(drive, lost(sent=True), max_attempts=2)
    with pytest.raises(ConnectionFailedError):
        bench.send(Settling(MISSING).of(PUT))
    assert bench.attempts == 2


def test_what_is_sent_again_may_be_another_body(drive: Drive) -> None:
    bench = Bench(drive, lost(sent=True), lost(sent=True), GOOD)
    settling = Settling(Again({"data": {"more": 1}}), MISSING)
    assert bench.send(settling.of(PUT)) == {"data": [1]}
    bodies = [each.body for each in bench.backend.requests]
    assert bodies == [b'{"data":{}}', b'{"data":{"more":1}}', b'{"data":{"more":1}}']


def test_a_refusal_at_once_asks_nothing(drive: Drive) -> None:
    settling = Settling(ARRIVED)
    with pytest.raises(APIError):
        Bench(drive, refusal(400)).send(settling.of(PATCH))
    with pytest.raises(RateLimitError):
        Bench(drive, LIMITED, max_attempts=1).send(settling.of(PATCH))
    assert settling.doubts == []


@pytest.mark.parametrize("failure", [lost(sent=True), timed_out(sent=True)])
def test_what_cannot_be_read_is_not_known(drive: Drive, failure: AttioError) -> None:
    bench = Bench(drive, lost(sent=True), GOOD)
    with pytest.raises(OutcomeUnknownError, match="The connection dropped") as caught:
        bench.send(Settling(failure).of(PATCH))
    assert isinstance(caught.value.__cause__, ConnectionFailedError)
    assert bench.attempts == 1
    with pytest.raises(type(failure)):  # nothing arrived: there is nothing to be unsure of
        Bench(drive, LIMITED, GOOD).send(Settling(failure).of(PATCH))


def test_another_error_of_the_step_is_raised(drive: Drive) -> None:
    with pytest.raises(ValidationError, match="changed by somebody else"):
        Bench(drive, LIMITED, GOOD).send(
            Settling(ValidationError("changed by somebody else")).of(PUT)
        )


def test_it_is_told_attios_time_of_the_last_answer_before_the_attempt(drive: Drive) -> None:
    days = [f"Tue, 0{day} Mar 2026 14:42:01 GMT" for day in range(1, 5)]
    settling = Settling(MISSING)
    refused = refusal(429)
    refused.headers["date"] = days[1]  # type: ignore[index]
    late = refusal(500)
    late.headers["date"] = days[2]  # type: ignore[index]
    bench = Bench(drive, answer(200, {}, date=days[0]), refused, late, late, GOOD)
    bench.send(GET)
    bench.send(settling.of(PATCH))
    assert settling.doubts == [
        Doubt(may_have_arrived=False),
        Doubt(may_have_arrived=True, since=days[1]),
        Doubt(may_have_arrived=True, since=days[1]),
    ]


@pytest.mark.parametrize("request_", [*ONCE, DELETE], ids=lambda request: request.method)
async def test_a_write_that_is_cancelled_on_its_way_is_said_to_be_unknown(
    request_: Request,
) -> None:
    class Endless(ScriptedBackend):
        async def asend(self, request: Any, /) -> WireResponse:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

    transport = Transport(Endless(GOOD), api_key=None, base="https://api.attio.com")
    for asked, notes in ((request_, 1), (READ, 0)):
        task = asyncio.create_task(arun(transport.send(asked)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        found = getattr(caught.value, "__notes__", [])
        assert len(found) == notes
        assert all("not known whether Attio carried it out" in each for each in found)


@pytest.mark.parametrize("when", ["waiting", "asking", "again"])
async def test_one_that_is_cancelled_after_it_may_have_arrived_too(when: str) -> None:
    arrived = asyncio.Event()

    class Once(ScriptedBackend):
        async def asend(self, request: Any, /) -> WireResponse:
            if not self.requests:
                self.requests.append(request)
                arrived.set()
                raise lost(sent=True)
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

    def settle(doubt: Doubt) -> Operation[Any]:
        if when == "asking":
            yield from sleep(60)
        yield from ()
        return MISSING

    wait = 60.0 if when == "waiting" else 0.0
    transport = Transport(
        Once(GOOD), api_key=None, base="https://api.attio.com", jitter=lambda longest: wait
    )
    task = asyncio.create_task(arun(transport.send(replace(PATCH, settle=settle))))
    await arrived.wait()
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    (note,) = caught.value.__notes__
    assert "not known whether Attio carried it out" in note


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, InvalidRequestError), (403, ForbiddenError), (404, NotFoundError), (501, ServerError)],
)
def test_what_will_not_pass_is_not_repeated(
    drive: Drive, status: int, expected: type[Exception]
) -> None:
    bench = Bench(drive, refusal(status), GOOD)
    with pytest.raises(expected):
        bench.send(READ)
    assert bench.attempts == 1


def test_a_query_too_complex_is_not_repeated(drive: Drive) -> None:
    bench = Bench(drive, refusal(429, "rate_limit_exceeded", "Query complexity is too high"))
    with pytest.raises(QueryTooComplexError, match="fewer conditions"):
        bench.send(READ)
    assert bench.attempts == 1


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (LIMITED, RateLimitError),
        (refusal(503), ServerError),
        (lost(sent=True), ConnectionFailedError),
        (timed_out(sent=True), RequestTimeoutError),
        (answer(200, b""), InvalidResponseError),
    ],
)
def test_the_last_failure_is_raised(drive: Drive, failure: Step, expected: type[Exception]) -> None:
    bench = Bench(drive, failure, max_attempts=3)
    with pytest.raises(expected):
        bench.send(READ)
    assert bench.attempts == 3
    assert bench.sleeps == [1.0, 2.0]


@pytest.mark.parametrize("last", [lost, timed_out])
def test_what_may_have_arrived_once_was_sent(
    drive: Drive, last: Callable[..., ConnectionFailedError | RequestTimeoutError]
) -> None:
    """Whatever became of the attempt after it, of which nothing left."""
    for first, sent in ((lost(sent=True), True), (refusal(503), True), (LIMITED, False)):
        with pytest.raises((ConnectionFailedError, RequestTimeoutError)) as caught:
            Bench(drive, first, last(sent=False), max_attempts=2).send(DELETE)
        assert caught.value.sent is sent


def test_one_attempt_is_the_least(drive: Drive) -> None:
    bench = Bench(drive, refusal(503), max_attempts=0)
    with pytest.raises(ServerError):
        bench.send(READ)
    assert (bench.attempts, bench.sleeps) == (1, [])


def test_the_message_counts_the_attempts(drive: Drive) -> None:
    with pytest.raises(ServerError, match="last of 2 attempts"):
        Bench(drive, refusal(503), max_attempts=2).send(READ)


def test_waits_double_up_to_half_a_minute(drive: Drive) -> None:
    bench = Bench(drive, refusal(503), max_attempts=9)
    with pytest.raises(ServerError):
        bench.send(READ)
    assert bench.sleeps == [1, 2, 4, 8, 16, 30, 30, 30]


def test_waits_are_fully_jittered() -> None:
    backend = ScriptedBackend(refusal(503))
    transport = Transport(
        backend,
        api_key=None,
        base="https://api.attio.com",
        max_attempts=200,
        retry=Retry(budget=1.0),
    )
    sleeps: list[float] = []
    with pytest.raises(ServerError):
        DRIVES["sync"](noting(transport.send(READ), sleeps))
    late = sleeps[7:]
    assert all(0 <= wait <= 30 for wait in late)
    assert min(late) < 6
    assert max(late) > 24


@pytest.mark.parametrize("failure", [refusal(500), lost(sent=True), timed_out(sent=True)])
def test_a_repeated_delete_answered_404_succeeded(drive: Drive, failure: Step) -> None:
    assert Bench(drive, failure, refusal(404)).send(DELETE) == {}


@pytest.mark.parametrize("before", [[], [LIMITED], [lost(sent=False)]])
def test_a_delete_that_never_arrived_before_and_finds_nothing(
    drive: Drive, before: list[Step]
) -> None:
    with pytest.raises(NotFoundError):
        Bench(drive, *before, refusal(404)).send(DELETE)


def test_only_a_delete_may_find_nothing(drive: Drive) -> None:
    with pytest.raises(NotFoundError):
        Bench(drive, refusal(500), refusal(404)).send(GET)


# -- unreadable answers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        answer(200, b"<!doctype html><p>Sign in</p>"),
        answer(200, b"\n  <html></html>"),
        answer(200, b"Sign in", content_type="text/html; charset=utf-8"),
    ],
)
def test_a_web_page_is_refused_at_once(drive: Drive, page: WireResponse) -> None:
    bench = Bench(drive, page, GOOD)
    with pytest.raises(InvalidResponseError, match=r"web page.*Is api\.attio\.com the API's"):
        bench.send(READ)
    assert bench.attempts == 1


def test_unreadable_json_has_its_cause(drive: Drive) -> None:
    with pytest.raises(InvalidResponseError, match="cannot be read") as caught:
        Bench(drive, answer(200, b'{"data'), max_attempts=1).send(READ)
    assert isinstance(caught.value.__cause__, msgspec.DecodeError)


def test_an_empty_body_is_named(drive: Drive) -> None:
    with pytest.raises(InvalidResponseError, match="an empty body"):
        Bench(drive, answer(200, b""), max_attempts=1).send(READ)


# -- Retry-After and the limiter -------------------------------------------------------------------


def limited(**headers: str) -> WireResponse:
    return WireResponse(429, {**LIMITED.headers, **headers}, LIMITED.body)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_to(drive: Drive, status: int) -> None:
    for headers in (
        {"retry-after": "7"},
        {"retry-after": "Tue, 03 Mar 2026 14:42:08 GMT", "date": "Tue, 03 Mar 2026 14:42:01 GMT"},
    ):
        bench = Bench(drive, WireResponse(status, headers, b"{}"), GOOD)
        assert bench.send(CREATE if status == 429 else READ) == {"data": [1]}
        assert bench.sleeps == [7.25]


@pytest.mark.parametrize(
    "text", ["Tue, 03 Mar 2015 14:42:08 GMT", "0", "-5", "soon", "", "inf", "nan", "1e3", "٣"]
)
def test_a_useless_retry_after_falls_back(drive: Drive, text: str) -> None:
    bench = Bench(drive, limited(**{"retry-after": text}), GOOD)
    assert bench.send(READ) == {"data": [1]}
    assert bench.sleeps == [1.0]


@pytest.mark.parametrize("text", ["61", "999999999999", "Thu, 31 Dec 2099 23:59:59 GMT"])
def test_a_long_retry_after_is_raised_instead_of_slept(drive: Drive, text: str) -> None:
    bench = Bench(drive, limited(**{"retry-after": text}), GOOD)
    with pytest.raises(RateLimitError) as caught:
        bench.send(READ)
    assert (bench.attempts, bench.sleeps) == (1, [])
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 60


def test_a_refusal_makes_everybody_wait(drive: Drive) -> None:
    clock = Clock()
    limiter = Limiter(clock=clock)
    bench = Bench(drive, limited(**{"retry-after": "7"}), GOOD, limits=limiter)
    begun = clock.now
    assert bench.drive(noting(bench.transport.send(READ), bench.sleeps, clock)) == {"data": [1]}
    assert clock.now == begun + 7.25
    assert bench.sleeps == [7.25]
    clock.now = begun + 3
    assert limiter.reserve("write") == 4.25


def test_reads_and_writes_count_apart(drive: Drive) -> None:
    limiter = Limiter(reads=1, writes=1, clock=Clock())
    bench = Bench(drive, GOOD, limits=limiter)
    for request in (READ, CREATE, Request("POST", "/v2/search", purpose="search")):
        bench.send(request)
    assert bench.sleeps == [pytest.approx(1.02)]


# -- tokens ----------------------------------------------------------------------------------------


def test_a_callable_is_asked_for_each_request(drive: Drive) -> None:
    tokens = iter(["tok-1", "tok-2"])
    bench = Bench(drive, refusal(503), GOOD, api_key=lambda: next(tokens))
    bench.send(READ)
    bench.send(READ)
    sent = [request.headers["authorization"] for request in bench.backend.requests]
    assert sent == ["Bearer tok-1", "Bearer tok-1", "Bearer tok-2"]


@pytest.mark.parametrize("request_", [READ, CREATE])
def test_a_refused_token_is_asked_for_once_more(drive: Drive, request_: Request) -> None:
    tokens = iter(["old-token", "new-token", "never-asked-for"])
    bench = Bench(drive, refusal(401), GOOD, api_key=lambda: next(tokens))
    assert bench.send(request_) == {"data": [1]}
    assert bench.backend.requests[1].headers["authorization"] == "Bearer new-token"
    assert bench.sleeps == []
    assert next(tokens) == "never-asked-for"


@pytest.mark.parametrize(
    ("given", "attempts"), [(["same", "same"], 1), (["old", "new", "newer"], 2)]
)
def test_a_token_refused_again_is_raised(drive: Drive, given: list[str], attempts: int) -> None:
    tokens = iter(given)
    bench = Bench(drive, refusal(401), api_key=lambda: next(tokens))
    with pytest.raises(AuthenticationError, match="ATTIO_API_KEY"):
        bench.send(READ)
    assert bench.attempts == attempts


def test_a_fixed_token_is_not_tried_twice(drive: Drive) -> None:
    bench = Bench(drive, refusal(401), GOOD)
    with pytest.raises(AuthenticationError):
        bench.send(READ)
    assert bench.attempts == 1


def test_a_coroutine_function_gives_tokens_to_async_code() -> None:
    async def api_key() -> str:
        await asyncio.sleep(0)
        return "from-afar"

    bench = Bench(DRIVES["async"], GOOD, api_key=api_key)
    bench.send(READ)
    assert bench.backend.requests[0].headers["authorization"] == "Bearer from-afar"
    with pytest.raises(ValidationError, match="a-method"):
        Bench(DRIVES["sync"], GOOD, api_key=api_key).send(READ)


# -- signals and log lines -------------------------------------------------------------------------


@pytest.fixture
def heard() -> Iterator[list[tuple[str, Any, dict[str, Any]]]]:
    events: list[tuple[str, Any, dict[str, Any]]] = []

    def started(sender: Any, **values: Any) -> None:
        events.append(("started", sender, values))

    def finished(sender: Any, **values: Any) -> None:
        events.append(("finished", sender, values))

    with (
        signals.request_started.connected_to(started),
        signals.request_finished.connected_to(finished),
    ):
        yield events


def test_signals_once_an_attempt(
    drive: Drive, heard: list[tuple[str, Any, dict[str, Any]]]
) -> None:
    bench = Bench(drive, lost(sent=True), refusal(503), GOOD)
    bench.transport.sender = "the connection"
    bench.send(Request("GET", "/v2/objects", params={"limit": 2}, purpose="introspect"))
    assert [name for name, _, _ in heard] == ["started", "finished"] * 3
    assert {sender for _, sender, _ in heard} == {"the connection"}
    common = {"method": "GET", "path": "/v2/objects", "purpose": "introspect"}
    for number, (_, _, values) in enumerate(heard[::2], 1):
        assert values == {**common, "attempt": number}
    ends = [values for _, _, values in heard[1::2]]
    assert [end["status"] for end in ends] == [None, 503, 200]
    assert [end["attempt"] for end in ends] == [1, 2, 3]
    assert [type(end["error"]) for end in ends] == [ConnectionFailedError, ServerError, type(None)]
    assert all(end["elapsed"] >= 0 for end in ends)
    assert {key: ends[0][key] for key in common} == common


def test_the_end_of_an_attempt_says_what_attio_says_of_it(
    drive: Drive, heard: list[tuple[str, Any, dict[str, Any]]]
) -> None:
    """facts.md 16, Headers: the id is on every answer, the score on those of queries alone."""
    ids = ["7e0a8f24-4d5c-4a63-9d5c-0f6f8f4a1f01", "7e0a8f24-4d5c-4a63-9d5c-0f6f8f4a1f02"]
    again = answer(503, {}, x_attio_execution_id=ids[0])
    good = answer(x_attio_execution_id=ids[1], x_attio_record_query_score="0")
    bench = Bench(drive, lost(sent=True), again, good)
    bench.send(GET)
    ends = [values for _, _, values in heard[1::2]]
    assert [end["request_id"] for end in ends] == [None, *ids]
    assert [end["score"] for end in ends] == [None, None, 0]
    assert ends[1]["error"].request_id == ids[0]


@pytest.mark.parametrize(
    ("request_", "step"),
    [
        (GET, refusal(404)),
        (GET, answer(200, b"{")),
        (CREATE, refusal(500)),
        (CREATE, answer(200, b"")),
    ],
    ids=["refused", "unreadable", "unknown", "empty"],
)
def test_every_error_of_an_answer_has_its_request_id(
    drive: Drive, request_: Request, step: WireResponse
) -> None:
    step = WireResponse(step.status, {**step.headers, "x-attio-execution-id": "7e0a"}, step.body)
    with pytest.raises((APIError, TransportError)) as caught:
        Bench(drive, step, max_attempts=1).send(request_)
    assert caught.value.request_id == "7e0a"


def test_the_end_of_an_attempt_says_how_long_it_was_held_back(
    drive: Drive, heard: list[tuple[str, Any, dict[str, Any]]]
) -> None:
    """The pause before it, by its own repeats or by the limits that it shares with others."""
    steps = (refusal(503), answer(503, {}, retry_after="7"), GOOD)
    Bench(drive, *steps).send(GET)
    assert [values["waited"] for _, _, values in heard[1::2]] == [0, 1.0, 7.25]
    heard.clear()
    clock = Clock()
    limited = Bench(drive, GOOD, limits=Limiter(reads=1, period=2.0, clock=clock))
    for _ in range(2):
        drive(noting(limited.transport.send(GET), limited.sleeps, clock))
    assert [values["waited"] for _, _, values in heard[1::2]] == [0, 2.0]


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("0", 0),
        ("12.5", 12.5),
        ("140", 140),
        ("", None),
        ("many", None),
        ("-1", None),
        ("nan", None),
    ],
)
def test_the_score_of_a_query(text: str, score: float | None) -> None:
    assert score_of(answer(x_attio_record_query_score=text)) == score


def test_the_transport_is_the_sender_until_there_is_another(
    drive: Drive, heard: list[tuple[str, Any, dict[str, Any]]]
) -> None:
    bench = Bench(drive, GOOD)
    bench.send(GET)
    assert heard[0][1] is bench.transport


def test_a_receiver_that_raises_before_stops_the_request(drive: Drive) -> None:
    def started(sender: Any, **values: Any) -> None:
        raise LookupError("not today")

    bench = Bench(drive, GOOD)
    with signals.request_started.connected_to(started), pytest.raises(LookupError):
        bench.send(CREATE)
    assert bench.attempts == 0


@pytest.mark.parametrize("signal", [signals.request_started, signals.request_finished])
def test_coroutine_receivers(signal: signals.Signal) -> None:
    seen: list[int] = []

    async def receiver(sender: Any, *, attempt: int, **values: Any) -> None:
        seen.append(attempt)

    with signal.connected_to(receiver):
        bench = Bench(DRIVES["sync"], GOOD)
        with pytest.raises(AsyncReceiverError):
            bench.send(CREATE)
        assert bench.attempts == 0
        Bench(DRIVES["async"], GOOD).send(CREATE)
    assert seen == [1]


def test_one_log_line_an_attempt(drive: Drive, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(drive, lost(sent=True), GOOD)
    request = Request("GET", "/v2/objects", params={"secret": "personal"})
    with caplog.at_level(logging.DEBUG, "attio_orm.transport"):
        bench.send(request)
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith("GET /v2/objects ConnectionFailedError 0.")
    assert first.endswith("s attempt 1")
    assert second.startswith("GET /v2/objects 200 0.")
    assert second.endswith("s attempt 2")


def test_cancelling_a_request_leaves_the_signals_alone(
    heard: list[tuple[str, Any, dict[str, Any]]],
) -> None:
    class Silent(ScriptedBackend):
        async def asend(self, request: Any, /) -> WireResponse:
            await asyncio.sleep(30)
            raise AssertionError("unreachable")

    transport = Transport(Silent(GOOD), api_key=None, base="https://api.attio.com")

    async def main() -> None:
        from attio_orm.effects import arun

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await arun(transport.send(CREATE))

    asyncio.run(main())
    assert [name for name, _, _ in heard] == ["started"]


def test_a_bug_in_decode_is_not_an_answer_of_attios(drive: Drive) -> None:
    def decode(body: bytes) -> Any:
        raise KeyError("a bug")

    bench = Bench(drive, GOOD)
    with pytest.raises(KeyError):
        bench.send(Request("GET", "/v2/x", decode=decode))
    assert bench.attempts == 1


def test_a_bad_request_fails_before_anything_is_sent(drive: Drive) -> None:
    bench = Bench(drive, GOOD)
    with pytest.raises(TypeError, match="object cannot be sent as JSON"):
        bench.send(Request("POST", "/v2/x", json={"x": object()}))
    assert bench.attempts == 0
