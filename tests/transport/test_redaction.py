"""The access token never appears in a log line, a message, a repr or the text of a traceback."""

from __future__ import annotations

import asyncio
import io
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from attio_orm import Connection, Model, aconnect, connect, signals
from attio_orm.attributes import Text
from attio_orm.connection.addresses import Address
from attio_orm.errors import AttioError, ConnectionFailedError, ValidationError
from attio_orm.transport import (
    Headers,
    HttpBackend,
    Request,
    Transport,
    WireRequest,
    WireResponse,
    encode_json,
)
from attio_orm.transport.authentication import Authentication
from attio_orm.transport.tokens import HiddenKey, Token, hidden
from tests.colours import Colour, Drive
from tests.transport.fakes import ScriptedBackend, Step
from tests.transport.server import Server

SECRET = "s3cr3t-t0k3n-0123456789abcdef"


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Every log line of every library, at the lowest level."""
    root = logging.getLogger()
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield lines.getvalue
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What the receivers of the request signals see, as text."""
    lines: list[str] = []

    def receiver(sender: Any, **values: Any) -> None:
        lines.append(f"{sender!r} {values!r} {values.get('error')}")

    with (
        signals.request_started.connected_to(receiver),
        signals.request_finished.connected_to(receiver),
    ):
        yield lines


def everything_about(error: BaseException, *, ours: bool = False) -> str:
    """The traceback with the local variables of every frame, the error and all that led to it.

    ``ours`` leaves out the frames of tests, which hold what they look for.
    """
    parts: list[str] = []
    following: BaseException | None = error
    while following is not None:
        parts.append(f"{following} {following!r} {following.args!r} {vars(following)!r}")
        whole = traceback.TracebackException.from_exception(following, capture_locals=True)
        frames = [each for each in whole.stack if not ours or "/tests/" not in each.filename]
        parts += [f"{frame.filename} {frame.name}: {frame.locals}" for frame in frames]
        following = following.__cause__ or following.__context__
    return "\n".join(parts)


ECHO = {
    "status_code": 401,
    "type": "auth_error",
    "code": "unauthorized",
    "message": f"The token {SECRET} is not known.",
    "validation_errors": [{"path": [SECRET], "message": f"Bearer {SECRET}", "code": SECRET}],
}
STEPS: list[Step] = [
    WireResponse(status, {"x-request-id": f"r-{SECRET}"}, encode_json(ECHO))
    for status in (400, 401, 403, 404, 409, 429, 500)
]
STEPS += [
    WireResponse(200, {}, f'{{"{SECRET}'.encode()),
    WireResponse(200, {}, b"\xff" + f'{{"{SECRET}'.encode()),
    WireResponse(200, {}, f'{{"{SECRET}":'.encode() + b"[" * 10_000),
    WireResponse(200, {"content-type": "text/html"}, f"<p>{SECRET}".encode()),
    WireResponse(302, {"location": f"https://x/?token={SECRET}"}, b""),
    ConnectionFailedError(f"Illegal header value b'Bearer {SECRET}'", sent=True),
]


def test_the_check_itself_finds_a_token() -> None:
    def leak() -> None:
        token = SECRET
        raise LookupError(len(token))

    with pytest.raises(LookupError) as caught:
        leak()
    assert SECRET in everything_about(caught.value)


@pytest.mark.parametrize("purpose", ["read", "write"])
@pytest.mark.parametrize("step", STEPS)
def test_no_failure_shows_it(
    drive: Drive, step: Step, purpose: Any, logged: Callable[[], str], told: list[str]
) -> None:
    if isinstance(step, ConnectionFailedError):
        step = ConnectionFailedError(*step.args, sent=True)
    backend = ScriptedBackend(step)
    transport = Transport(backend, api_key=SECRET, base="https://api.attio.com", max_attempts=1)
    with pytest.raises(AttioError) as caught:
        drive(transport.send(Request("POST", "/v2/x", json={"a": 1}, purpose=purpose)))
    assert SECRET in backend.requests[0].headers["authorization"]
    error = caught.value
    shown = f"{error} {error!r} {vars(error)!r} {backend.requests} {transport!r}"
    assert SECRET not in shown
    assert SECRET not in logged()
    assert len(told) == 2
    assert SECRET not in "".join(told)
    assert SECRET not in everything_about(error, ours=True)


@pytest.mark.parametrize("path", ["drop", "truncated", "slow", "missing", "html", "half-json"])
def test_no_real_failure_shows_it(
    drive: Drive, server: Server, path: str, logged: Callable[[], str], told: list[str]
) -> None:
    backend = HttpBackend(server.url)
    transport = Transport(backend, api_key=SECRET, base=server.url, max_attempts=1, timeout=0.2)

    async def closing() -> None:
        await transport.aclose()

    with pytest.raises(AttioError) as caught:
        drive(transport.send(Request("POST", f"/v2/{path}", json={}, purpose="write")))
    asyncio.run(closing())
    assert SECRET not in everything_about(caught.value)
    assert SECRET not in f"{backend!r} {transport!r}"
    assert "/v2/" in logged()
    assert SECRET not in logged()
    assert len(told) == 2
    assert SECRET not in "".join(told)


def test_no_success_shows_it(
    drive: Drive, server: Server, logged: Callable[[], str], told: list[str]
) -> None:
    backend = HttpBackend(server.url)
    transport = Transport(backend, api_key=lambda: SECRET, base=server.url)
    seen = drive(transport.send(Request("GET", "/v2/echo", params={"q": 1})))
    transport.close()
    assert seen["headers"]["authorization"] == f"Bearer {SECRET}"
    assert "attempt 1" in logged()
    assert SECRET not in logged()
    assert SECRET not in "".join(told)


@pytest.mark.parametrize("key", [f"{SECRET}\n", f"{SECRET} ", f"{SECRET}é"])
def test_a_malformed_token_is_not_shown(drive: Drive, key: str) -> None:
    keys = [key]
    transport = Transport(ScriptedBackend(STEPS[0]), api_key=keys.pop, base="https://x")
    with pytest.raises(AttioError) as caught:
        drive(transport.send(Request("GET", "/v2/x")))
    del key
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    ours = [frame for frame in frames if "attio_orm" in frame.filename]
    assert ours
    assert SECRET not in "".join(str(frame.locals) for frame in ours)
    assert SECRET not in str(caught.value)


# -- what passes through httpcore ------------------------------------------------------------------


def with_token(path: str = "slow") -> WireRequest:
    headers = Headers({"authorization": f"Bearer {SECRET}"})
    return WireRequest("POST", f"/v2/{path}", headers, b"{}" * 9, 5.0)


class Interrupt(KeyboardInterrupt):
    """Ctrl-C, while the request is on its way."""


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write to a socket is interrupted: the frames of h11 and httpcore hold the headers."""

    def write(*given: Any, **more: Any) -> None:
        raise Interrupt

    async def awrite(*given: Any, **more: Any) -> None:
        raise Interrupt

    monkeypatch.setattr("attio_orm.transport.streams.SocketStream._flush", write)
    monkeypatch.setattr("attio_orm.transport.streams.LoopStream._flush", awrite)


@pytest.mark.usefixtures("interrupted")
def test_an_interrupt_while_sending_does_not_show_it(server: Server, colour: Colour) -> None:
    backend = HttpBackend(server.url)
    request = with_token()

    def work() -> Any:
        return asyncio.run(backend.asend(request)) if colour.is_async else backend.send(request)

    with pytest.raises(Interrupt) as caught:
        work()
    backend.close()
    assert SECRET not in everything_about(caught.value, ours=True)


def test_a_cancelled_request_does_not_show_it(server: Server) -> None:
    backend = HttpBackend(server.url)

    async def main() -> None:
        async with asyncio.timeout(0.2):
            await backend.asend(with_token())

    with pytest.raises(TimeoutError) as caught:
        asyncio.run(main())
    backend.close()
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)
    assert SECRET not in everything_about(caught.value, ours=True)


# -- connect() -------------------------------------------------------------------------------------


def refused_by_the_server(server: Server) -> dict[str, Any]:
    return {"url": f"{server.url}/refused", "api_key": SECRET}


def given_by_a_partial(server: Server) -> dict[str, Any]:
    def give(token: str) -> str:
        return token

    return {"url": f"{server.url}/refused", "api_key": partial(give, SECRET)}


def of_the_environment(server: Server) -> dict[str, Any]:
    return {"url": f"{server.url}/refused"}  # ATTIO_API_KEY is set


def malformed(server: Server) -> dict[str, Any]:
    return {"url": server.url, "api_key": f"{SECRET} {SECRET}"}


def with_a_bad_address(server: Server) -> dict[str, Any]:
    return {"url": "ftp://x", "api_key": SECRET}


def inside_the_address(server: Server) -> dict[str, Any]:
    return {"url": f"{server.url}/{SECRET}/x", "api_key": SECRET}


def in_place_of_the_address(server: Server) -> dict[str, Any]:
    return {"url": SECRET}


def as_a_password(server: Server) -> dict[str, Any]:
    return {"url": f"https://me:{SECRET}@api.attio.com"}


def as_a_query(server: Server) -> dict[str, Any]:
    return {"url": f"https://api.attio.com?key={SECRET}"}


def with_a_bad_argument(server: Server) -> dict[str, Any]:
    return {"url": server.url, "api_key": SECRET, "on_drift": "perhaps"}


def with_a_snapshot_that_is_missing(server: Server) -> dict[str, Any]:
    return {"url": server.url, "api_key": SECRET, "schema": "nowhere.json"}


def of_a_sandbox(server: Server) -> dict[str, Any]:
    return {"url": "sandbox://", "api_key": SECRET}


FAILING: list[Callable[[Server], dict[str, Any]]] = [
    refused_by_the_server,
    given_by_a_partial,
    of_the_environment,
    malformed,
    with_a_bad_address,
    inside_the_address,
    in_place_of_the_address,
    as_a_password,
    as_a_query,
    with_a_bad_argument,
    with_a_snapshot_that_is_missing,
    of_a_sandbox,
]


@pytest.mark.filterwarnings("ignore::attio_orm.BlockingCallWarning")  # the sync colour, on purpose
@pytest.mark.parametrize("options", FAILING)
async def test_a_connect_that_fails_does_not_show_it(
    options: Callable[[Server], dict[str, Any]],
    server: Server,
    colour: Colour,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTIO_API_KEY", SECRET)

    class Person(Model):  # what is declared is asked for by connect()
        job_title: Text

    given = options(server)
    url = given.pop("url")
    # not tests' own frames: the caller's variables are the caller's
    with pytest.raises((AttioError, OSError)) as caught:
        await aconnect(url, **given) if colour.is_async else connect(url, **given)
    shown = everything_about(caught.value, ours=True)
    assert SECRET not in shown


@pytest.mark.parametrize("url", [f"https://{SECRET}@x", f"https://x?{SECRET}", SECRET + " "])
def test_a_backend_that_refuses_its_address_does_not_show_it(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HttpBackend(url)
    shown = everything_about(caught.value, ours=True)
    assert SECRET not in shown


HALF_MADE = [Authentication, Connection, HiddenKey, HttpBackend, Token, Transport]


@pytest.mark.parametrize("kind", HALF_MADE)
def test_what_is_half_made_has_a_repr(kind: Any) -> None:
    """As in a traceback of its __init__."""
    assert repr(kind.__new__(kind))


def test_what_holds_a_key_does_not_show_it() -> None:
    key = hidden(SECRET)
    backend = HttpBackend("https://api.attio.com")
    shown = [key, hidden(partial(print, SECRET)), Address(backend, "https://x", key, None)]
    assert SECRET not in repr(shown)
    assert SECRET not in f"{key}"
    assert hidden(key) is key
    assert hidden(None) is None
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
