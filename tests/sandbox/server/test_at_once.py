"""Short reads are answered by the event loop itself, and it waits for nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from attio_sandbox import Clock, Workspace
from attio_sandbox.server import Server
from attio_sandbox.server.application import THREADS

PEOPLE = "/v2/objects/people/records"
LOOP = "attio-sandbox-server"


class NotingClock(Clock):
    """Notes which threads ask it: each request does, where it is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[str] = set()

    def now(self) -> datetime:
        self.threads.add(threading.current_thread().name)
        return super().now()


@pytest.fixture
def clock() -> NotingClock:
    return NotingClock()


@pytest.fixture
def workspace(clock: NotingClock) -> Iterator[Workspace]:
    workspace = Workspace(clock=clock)
    yield workspace
    workspace.close()


@pytest.fixture
def ada(workspace: Workspace) -> str:
    (key,) = workspace.load("people", [{"name": "Byron, Ada", "job_title": "Countess"}])
    return f"{PEOPLE}/{key}"


def asked(clock: NotingClock, http: httpx.Client, method: str, path: str, **sent: Any) -> set[str]:
    """The threads that answered a request."""
    clock.threads.clear()
    assert http.request(method, path, **sent).status_code < 500
    return set(clock.threads)


@pytest.mark.parametrize("path", ["/v2/self", "/v2/objects/people", "/v2/lists/nowhere"])
def test_short_reads(clock: NotingClock, http: httpx.Client, path: str) -> None:
    assert asked(clock, http, "GET", path) == {LOOP}


def test_records_and_entries(
    clock: NotingClock, http: httpx.Client, workspace: Workspace, ada: str
) -> None:
    workspace.define_list("pipeline", "Pipeline", "people")
    (entry,) = workspace.load_entries("pipeline", [(ada.rpartition("/")[2], {})])
    for path in (ada, f"/v2/lists/pipeline/entries/{entry}"):
        assert asked(clock, http, "GET", path) == {LOOP}
        assert asked(clock, http, "GET", path, params={"a": "ü"}) == {LOOP}


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", f"{PEOPLE}/query", {}),
        ("GET", f"{PEOPLE}/x/attributes/name/values", {}),
        ("GET", "/v2/objects", {}),
        ("PATCH", f"{PEOPLE}/x", {"json": {"data": {"values": {}}}}),
        ("DELETE", f"{PEOPLE}/x", {}),
        ("GET", "/v2/self", {"content": b"{}"}),
    ],
)
def test_all_else_is_for_threads(
    clock: NotingClock, http: httpx.Client, method: str, path: str, sent: Any
) -> None:
    assert LOOP not in asked(clock, http, method, path, **sent)


def test_the_answer_is_that_of_handle(
    http: httpx.Client, workspace: Workspace, clock: NotingClock, ada: str
) -> None:
    headers = {"authorization": f"Bearer {workspace.token}"}
    asks = [(path, headers) for path in (ada, f"{ada[:-1]}!", f"{PEOPLE}/{uuid4()}")]
    for path, sent in (*asks, (ada, {"authorization": "Bearer x"})):
        over = http.get(path, headers=sent)
        noted = workspace.requests[-1]
        inside = workspace.handle("GET", path, headers=sent)
        assert (over.status_code, over.content) == (inside.status, inside.body)
        assert over.headers.keys() == inside.headers.keys()
        assert noted == workspace.requests[-1]
        assert noted.reply == inside.body
        assert noted.elapsed > 0
    assert [each.status for each in workspace.requests[::2]] == [200, 400, 404, 401]


def test_limits_count_them() -> None:
    workspace = Workspace(limits="attio", token="t")
    workspace.clock.freeze()
    headers = {"authorization": "Bearer t"}
    with Server(workspace) as server, httpx.Client(base_url=server.url, headers=headers) as http:
        statuses = [http.get("/v2/self").status_code for _ in range(102)]
    workspace.close()
    assert statuses == [200] * 100 + [429] * 2


class TestNothingIsWaitedFor:
    def test_a_matcher_may_ask_the_server(
        self, clock: NotingClock, http: httpx.Client, workspace: Workspace, ada: str
    ) -> None:
        inner: list[int] = []

        def match(method: str, path: str) -> bool:
            if path == ada and not inner:
                inner.append(0)
                inner[0] = http.get("/v2/self", timeout=10).status_code
            return False

        workspace.faults.fail_next(500, match=match)
        assert LOOP not in asked(clock, http, "GET", ada)
        assert inner == [200]
        workspace.faults.heal()
        assert asked(clock, http, "GET", ada) == {LOOP}

    def test_enrichment_may_write_before_it(
        self, clock: NotingClock, http: httpx.Client, workspace: Workspace, ada: str
    ) -> None:
        workspace.enrichment = True
        assert LOOP not in asked(clock, http, "GET", ada)

    def test_an_owed_delivery(
        self, clock: NotingClock, http: httpx.Client, workspace: Workspace, ada: str
    ) -> None:
        workspace._engine.outbox.earliest = "2999-01-01T00:00:00.000000000Z"
        assert LOOP not in asked(clock, http, "GET", ada)
        workspace._engine.outbox.look()
        assert asked(clock, http, "GET", ada) == {LOOP}

    def test_one_of_several_workspaces(
        self, clock: NotingClock, http: httpx.Client, server: Server, ada: str
    ) -> None:
        other = Workspace()
        server.application.add(other)
        assert LOOP not in asked(clock, http, "GET", ada)
        server.application.remove(other)
        other.close()
        assert asked(clock, http, "GET", ada) == {LOOP}

    def test_a_busy_workspace(
        self, clock: NotingClock, http: httpx.Client, workspace: Workspace, ada: str
    ) -> None:
        """While one has the database, reads wait in threads, and the loop goes on."""
        count = THREADS // 2
        with ThreadPoolExecutor(count) as pool:
            with workspace._engine.database.lock:
                clock.threads.clear()
                waiting = [pool.submit(http.get, ada) for _ in range(count)]
                assert http.options(ada, timeout=10).status_code == 204
                assert not any(each.done() for each in waiting)
                assert LOOP not in clock.threads
            assert [each.result(10).status_code for each in waiting] == [200] * count
        assert asked(clock, http, "GET", ada) == {LOOP}


def test_gets_go_on_while_a_slow_request_runs(
    clock: NotingClock, http: httpx.Client, workspace: Workspace, ada: str
) -> None:
    begun, end = threading.Event(), threading.Event()

    def slow(method: str, path: str) -> bool:
        begun.set()
        assert end.wait(30)
        return True

    workspace.faults.reply_next([], match=slow)
    with ThreadPoolExecutor(9) as pool:
        waiting = pool.submit(http.post, f"{PEOPLE}/query", json={})
        assert begun.wait(10)
        workspace.faults.heal()
        clock.threads.clear()
        gets = [pool.submit(http.get, ada) for _ in range(200)]
        assert [each.result(10).status_code for each in gets] == [200] * 200
        assert clock.threads == {LOOP}
        assert not waiting.done()
        end.set()
        assert waiting.result(10).status_code == 200
