"""Endpoints with a limit of their own, beside that of all requests."""

from __future__ import annotations

import pytest

from attio_orm.errors import DeadlineExceededError
from attio_orm.transport import Limiter, Request, Transport
from attio_orm.transport.endpoint_limits import endpoint_of
from tests.colours import Drive
from tests.transport.fakes import Clock, ScriptedBackend, answer, noting
from tests.transport.test_limits import PERIOD, assert_paced

ENDPOINTS = {
    "merge": (Request("POST", "/v2/objects/people/records/merge", purpose="write"), 5),
    "sql": (Request("POST", "/v2/sql"), 2),
    "notes": (Request("GET", "/v2/notes", params={"limit": 5}), 10),
    "upload": (Request("POST", "/v2/files/upload?x=1", purpose="write"), 1),
    "recordings": (Request("POST", "/v2/meetings/m/call_recordings", purpose="write"), 1),
}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_endpoint_with_a_limit_of_its_own(drive: Drive, name: str) -> None:
    request, most = ENDPOINTS[name]
    clock = Clock()
    limiter = Limiter(clock=clock)
    backends = [ScriptedBackend(answer()) for _ in range(2)]
    # two connections that share a limiter share it for endpoints, too
    transports = [Transport(each, api_key=None, base="x", limits=limiter) for each in backends]
    times: list[float] = []
    for n in range(3 * most):
        sleeps: list[float] = []
        drive(noting(transports[n % 2].send(request), sleeps, clock))
        times.append(clock.now)
    assert_paced(times, most)
    assert times[-1] - times[0] == pytest.approx(2 * PERIOD), "and no slower than that"
    before = clock.now
    drive(noting(transports[0].send(Request("GET", "/v2/objects")), [], clock))
    assert clock.now == before, "other requests do not wait for it"


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "/v2/notes", purpose="write"),
        Request("GET", "/v2/notes/upload"),
        Request("GET", "/v2/meetings/m/call_recordings"),
        Request("GET", "/v2/lists/merge"),
        Request("POST", "/v2/lists/merge", purpose="write"),
    ],
    ids=lambda request: f"{request.method} {request.path}",
)
def test_others_that_look_like_them(request_: Request) -> None:
    assert endpoint_of(request_) is None


def test_a_deadline_before_an_endpoint_is_free(drive: Drive) -> None:
    request, _ = ENDPOINTS["upload"]
    backend = ScriptedBackend(answer())
    transport = Transport(backend, api_key=None, base="x", limits=Limiter(), deadline=0.5)
    drive(transport.send(request))
    with pytest.raises(DeadlineExceededError):
        drive(noting(transport.send(request), []))
    assert len(backend.requests) == 1
