"""The access token never appears in a log line, a message, a repr or the text of a traceback."""

from __future__ import annotations

import asyncio
import io
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attio_orm import signals
from attio_orm.errors import AttioError, ConnectionFailedError
from attio_orm.transport import HttpBackend, Request, Transport, WireResponse, encode_json
from tests.transport.fakes import DRIVES, Drive, ScriptedBackend, Step
from tests.transport.server import Server

SECRET = "s3cr3t-t0k3n-0123456789abcdef"


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Drive:
    drive: Drive = DRIVES[request.param]
    return drive


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


def everything_about(error: BaseException) -> str:
    """The traceback with the local variables of every frame, the error and all that led to it."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts = ["".join(whole.format())]
    following: BaseException | None = error
    while following is not None:
        parts.append(f"{following} {following!r} {following.args!r} {vars(following)!r}")
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
    WireResponse(status, {}, encode_json(ECHO)) for status in (400, 401, 403, 404, 409, 429, 500)
]
STEPS += [
    WireResponse(200, {}, f'{{"{SECRET}'.encode()),
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
    if isinstance(step, WireResponse) and SECRET.encode() in step.body:
        return  # the frames hold the server's own words, which repeat the token on purpose here
    assert SECRET not in "".join(traceback.format_exception(error))


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
