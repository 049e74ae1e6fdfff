"""Functions of the user around each attempt: what they see, change, break."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from attio_orm import Connection, OutcomeUnknownError, Person, connect
from attio_orm.errors import (
    AsyncReceiverError,
    ConnectionFailedError,
    RateLimitError,
    ValidationError,
)
from attio_orm.testing import assert_num_requests
from attio_orm.transport import Request, Response, Transport
from tests.colours import DRIVES, Colour, Drive
from tests.transport.fakes import ScriptedBackend, answer, noting, refusal

TOKEN = "tok-1234567890"
GET = Request("GET", "/v2/objects")
CREATE = Request("POST", "/v2/objects/people/records", json={"data": {}}, purpose="write")


def transport_over(*steps: Any) -> tuple[ScriptedBackend, Transport]:
    backend = ScriptedBackend(*steps)
    return backend, Transport(backend, api_key=TOKEN, base="https://api.attio.com")


@pytest.fixture
def sandbox() -> Iterator[Connection]:
    with connect("sandbox://") as connection:
        yield connection


async def test_it_sees_each_attempt_and_its_answer(sandbox: Connection, colour: Colour) -> None:
    Person.objects.create(name="Byron, Ada")
    seen: list[tuple[str, str, int]] = []

    def note(request: Request, send: Any) -> Response:
        response: Response = send(request)
        seen.append((request.method, request.path, response.status))
        return response

    sandbox.middleware.append(note)
    assert sandbox.sandbox is not None
    sandbox.sandbox.fail_next(503, match="POST /v2/objects/people/records/query")
    found = await colour.call(Person.objects.using(sandbox, max_attempts=2), "first")
    assert str(found.name) == "Ada Byron"
    path = "/v2/objects/people/records/query"
    assert seen[-2:] == [("POST", path, 503), ("POST", path, 200)]


def test_the_first_is_the_outermost_and_headers_are_added(drive: Drive) -> None:
    backend, transport = transport_over(answer(200, {"data": 1}))
    order: list[str] = []

    def outer(request: Request, send: Any) -> Response:
        order.append("in")
        response: Response = send(replace(request, headers={"X-Trace": "7", "Authorization": "no"}))
        order.append("out")
        return response

    def inner(request: Request, send: Any) -> Response:
        order.append(f"inner {dict(request.headers or {})['X-Trace']}")
        answered: Response = send(replace(request, params={"limit": 2}))
        return answered

    transport.middleware += [outer, inner]
    assert drive(transport.send(GET)) == {"data": 1}
    assert order == ["in", "inner 7", "out"]
    (sent,) = backend.requests
    assert sent.path == "/v2/objects?limit=2"
    assert sent.headers["x-trace"] == "7"
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"


def test_it_may_change_the_body_and_answer_itself(drive: Drive) -> None:
    backend, transport = transport_over(answer(200, {"data": 1}))
    transport.middleware.append(lambda request, send: send(replace(request, json={"other": 1})))
    drive(transport.send(CREATE))
    assert backend.requests[0].body == b'{"other":1}'
    transport.middleware[:] = [lambda request, send: Response(200, {}, b'{"own": true}')]
    assert drive(transport.send(GET)) == {"own": True}
    assert len(backend.requests) == 1


@pytest.mark.parametrize("elsewhere", ["https://x.example.com/v2/objects", "@x.example.com/", ""])
def test_it_sends_the_token_nowhere_else(drive: Drive, elsewhere: str) -> None:
    backend, transport = transport_over()
    transport.middleware.append(lambda request, send: send(replace(request, path=elsewhere)))
    for request in (GET, CREATE):  # of the write it is known that it was not sent
        with pytest.raises(ValidationError, match="another server"):
            drive(transport.send(request))
    assert backend.requests == []


def test_coroutine_functions_serve_a_methods_alone() -> None:
    backend, transport = transport_over(answer(200, {"data": 1}))
    threads: list[int] = []

    async def awaiting(request: Request, send: Any) -> Response:
        await asyncio.sleep(0)
        response: Response = await send(request)
        return response

    def plain(request: Request, send: Any) -> Response:
        threads.append(threading.get_ident())
        response: Response = send(request)
        return response

    transport.middleware += [awaiting, plain, awaiting]
    assert DRIVES["async"](transport.send(GET)) == {"data": 1}
    assert threads[0] != threading.get_ident(), "what may block does not stop the loop"
    with pytest.raises(AsyncReceiverError, match=r"awaiting.*a-method"):
        DRIVES["sync"](transport.send(CREATE))
    assert len(backend.requests) == 1


def test_no_token_in_what_it_sees(drive: Drive) -> None:
    echo = answer(200, {"data": f"sent {TOKEN}"}, x_echo=f"Bearer {TOKEN}")
    _, transport = transport_over(ConnectionFailedError(f"no {TOKEN}", sent=False), echo)
    seen: list[object] = []

    def note(request: Request, send: Any) -> Response:
        seen.append(request)
        try:
            response: Response = send(request)
        except ConnectionFailedError as error:
            seen.append(error)
            raise
        seen.extend([response.body, response.headers, send])
        return response

    transport.middleware.append(note)
    drive(noting(transport.send(GET), []))
    assert len(seen) == 6
    assert not [each for each in seen if TOKEN in f"{each!r} {each}"]


class Broken(Exception):
    pass


def test_one_that_raises_before_it_sends(drive: Drive) -> None:
    def broken(request: Request, send: Any) -> Response:
        raise Broken

    backend, transport = transport_over(answer())
    transport.middleware.append(broken)
    with pytest.raises(Broken):
        drive(transport.send(CREATE))
    assert backend.requests == []


async def test_what_one_that_raises_leaves_behind(sandbox: Connection, colour: Colour) -> None:
    """What was set stays set, and is saved once it is gone."""

    def broken(request: Request, send: Any) -> Response:
        raise Broken

    ada = await colour.call(Person.objects, "create", name="Byron, Ada")
    ada.job_title = "Countess"
    sandbox.middleware.append(broken)
    with pytest.raises(Broken):
        await colour.call(ada, "save")
    assert ada.changes
    with pytest.raises(Broken):
        await colour.call(Person.objects, "count")
    sandbox.middleware.clear()
    await colour.call(ada, "save")
    assert not ada.changes
    assert (await colour.call(Person.objects, "get", id=ada.id)).job_title == "Countess"
    assert await colour.call(Person.objects, "count") == 1


@pytest.mark.parametrize("raised", [Broken("x"), RateLimitError("x", status=429)], ids=repr)
def test_one_that_raises_after_a_write_was_sent(drive: Drive, raised: Exception) -> None:
    """The write may be done: that is said, and nothing sends it again."""

    def broken(request: Request, send: Any) -> Response:
        send(request)
        raise raised

    backend, transport = transport_over(answer())
    transport.middleware.append(broken)
    with pytest.raises(OutcomeUnknownError) as caught:
        drive(noting(transport.send(CREATE), []))
    assert caught.value.__cause__ is raised
    assert len(backend.requests) == 1
    with pytest.raises(type(raised)):
        drive(noting(transport.send(replace(GET, path="/v2/lists")), []))


def test_a_failure_of_the_line_in_its_own_words(drive: Drive) -> None:
    """It is not taken for one that nothing was sent before."""

    def other(request: Request, send: Any) -> Response:
        send(request)
        raise ConnectionFailedError("My own.", sent=False)

    backend, transport = transport_over(answer())
    transport.middleware.append(other)
    with pytest.raises(OutcomeUnknownError):
        drive(noting(transport.send(CREATE), []))
    assert len(backend.requests) == 1


def test_one_that_forgets_its_answer(drive: Drive) -> None:
    _, transport = transport_over(answer())
    transport.middleware.append(lambda request, send: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="return send"):
        drive(transport.send(GET))


def test_a_dry_run_passes_none(sandbox: Connection) -> None:
    sandbox.middleware.append(lambda request, send: pytest.fail("was called"))
    with assert_num_requests(0), sandbox.dry_run() as plan:
        sandbox.request("POST", "/v2/tasks", json={"data": {}})
    assert len(plan) == 1


def test_what_was_refused_is_repeated_through_it(drive: Drive) -> None:
    backend, transport = transport_over(refusal(429), answer(200, {"data": 2}))
    calls: list[Request] = []

    def note(request: Request, send: Any) -> Response:
        calls.append(request)
        response: Response = send(request)
        return response

    transport.middleware.append(note)
    assert drive(noting(transport.send(CREATE), [])) == {"data": 2}
    assert len(calls) == len(backend.requests) == 2
