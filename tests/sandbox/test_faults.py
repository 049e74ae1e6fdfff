"""Faults that tests rehearse."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from typing import Any

import pytest

from attio_sandbox import Clock, Dropped, Reply, Workspace
from tests.sandbox.client import RECORDS, Client

PEOPLE = RECORDS.format("people")


def create(ws: Workspace, api: Client) -> Reply:
    body = json.dumps({"data": {"values": {"name": "Ada"}}}).encode()
    return ws.handle("POST", PEOPLE, headers=api.headers, body=body)


def test_statuses_come_in_place_of_the_work(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next(503, times=2, retry_after=7)
    for _ in range(2):
        reply = create(ws, api)
        assert (reply.status, reply.headers["retry-after"]) == (503, "7")
        assert json.loads(reply.body)["status_code"] == 503
    assert create(ws, api).status == 200
    assert len(api.query("people")) == 1
    assert [request.status for request in ws.requests] == [503, 503, 200, 200]


def test_429_is_that_of_attio(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next(429)
    reply = create(ws, api)
    assert json.loads(reply.body) == {
        "status_code": 429,
        "type": "rate_limit_error",
        "code": "rate_limit_exceeded",
        "message": "Rate limit exceeded, please try again later",
    }
    assert reply.headers["retry-after"] == "Tue, 03 Feb 2026 10:11:13 GMT"
    ws.faults.fail_next(429, retry_after="Tue, 03 Mar 2026 14:42:01 GMT")
    assert create(ws, api).headers["retry-after"] == "Tue, 03 Mar 2026 14:42:01 GMT"


def test_other_statuses_have_no_retry_after(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next(403)
    reply = create(ws, api)
    assert "retry-after" not in reply.headers
    assert json.loads(reply.body)["type"] == "auth_error"


def test_drop_before(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next("drop_before")
    with pytest.raises(Dropped) as caught:
        create(ws, api)
    assert caught.value.after is False
    assert ws.requests[-1].status is None
    assert api.query("people") == []


def test_drop_after(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next("drop_after")
    with pytest.raises(Dropped) as caught:
        create(ws, api)
    assert caught.value.after is True
    assert ws.requests[-1].status is None
    assert len(api.query("people")) == 1


@pytest.mark.parametrize("what", ["truncate", "empty", "malformed"])
def test_broken_bodies_of_work_that_was_done(ws: Workspace, api: Client, what: Any) -> None:
    ws.faults.fail_next(what)
    reply = create(ws, api)
    assert reply.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.body)
    short = int(reply.headers["content-length"]) > len(reply.body)
    assert short is (what == "truncate")
    assert len(api.query("people")) == 1


def test_html_of_a_proxy(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next("html")
    reply = create(ws, api)
    assert (reply.status, reply.headers["content-type"]) == (502, "text/html")
    assert reply.body.startswith(b"<html>")
    assert api.query("people") == []


@pytest.mark.parametrize(
    "match",
    [
        "POST /v2/objects/people/records",
        r"POST .*/records$",
        lambda method, path: method == "POST" and path.endswith("/records"),
    ],
)
def test_a_fault_waits_for_its_request(ws: Workspace, api: Client, match: Any) -> None:
    ws.faults.fail_next(500, match=match)
    assert ws.handle("GET", PEOPLE, headers=api.headers).status == 404
    assert ws.handle("GET", "/v2/objects", headers=api.headers).status == 200
    assert create(ws, api).status == 500
    assert create(ws, api).status == 200


def test_faults_are_taken_in_turn(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next(500)
    ws.faults.fail_next(502, match="POST /v2/objects/people")
    assert [create(ws, api).status for _ in range(3)] == [500, 502, 200]


@pytest.mark.parametrize("what", [200, 99, 600, "explode"])
def test_unknown_faults_are_refused(ws: Workspace, what: Any) -> None:
    with pytest.raises(ValueError, match="drop_before"):
        ws.faults.fail_next(what)
    with pytest.raises(ValueError, match="times"):
        ws.faults.fail_next(500, times=0)
    with pytest.raises(ValueError, match="match takes"):
        ws.faults.fail_next(500, match=5)  # type: ignore[arg-type]


def test_latency_passes_before_the_work(
    ws: Workspace, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws.faults.fail_next("latency", seconds=0.1)
    started = time.monotonic()
    assert create(ws, api).status == 200
    assert time.monotonic() - started >= 0.1
    assert ws.requests[-1].elapsed >= 0.1
    waits: list[float] = []
    monkeypatch.setattr(ws.faults, "wait", waits.append)
    create(ws, api)
    assert waits == [], "one request was to wait, and has"


def test_latency_of_one_request_holds_up_no_other(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next("latency", seconds=60, match="POST /v2")
    thread = threading.Thread(target=create, args=(ws, api))
    thread.start()
    time.sleep(0.1)
    assert ws.handle("GET", "/v2/objects", headers=api.headers).status == 200
    assert thread.is_alive(), "it is still held up"
    ws.faults.close()
    thread.join()


def test_a_slow_body_says_how_slow(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next("slow_body", seconds=2)
    reply = create(ws, api)
    assert (reply.status, reply.spread) == (200, 2)
    assert json.loads(reply.body)["data"]
    assert create(ws, api).spread == 0


def statuses(ws: Workspace, api: Client, count: int) -> list[int]:
    return [ws.handle("GET", "/v2/objects", headers=api.headers).status for _ in range(count)]


def test_a_share_of_requests_fails_until_healed(ws: Workspace, api: Client) -> None:
    ws.faults.fail(503, share=0.25, seed=7)
    first = statuses(ws, api, 400)
    assert 60 < first.count(503) < 140
    ws.faults.heal()
    assert statuses(ws, api, 20) == [200] * 20
    ws.faults.fail(503, share=0.25, seed=7)
    assert statuses(ws, api, 400) == first, "the same seed fails the same requests"


def test_a_share_counts_only_what_it_takes(ws: Workspace, api: Client) -> None:
    ws.faults.fail("drop_after", share=1, match="POST /v2/objects/people")
    assert statuses(ws, api, 3) == [200] * 3
    for _ in range(3):
        with pytest.raises(Dropped):
            create(ws, api)
    assert len(ws._engine.database.rows("SELECT 1 FROM records")) == 3


def test_no_share_is_no_fault(ws: Workspace, api: Client) -> None:
    ws.faults.fail(500, share=0)
    assert statuses(ws, api, 50) == [200] * 50


def test_what_waits_comes_before_a_share_that_misses(ws: Workspace, api: Client) -> None:
    ws.faults.fail(500, share=0)
    ws.faults.fail_next(502)
    assert statuses(ws, api, 2) == [502, 200]


@pytest.mark.parametrize("seconds", [0, -1, 60.5, float("nan")])
def test_faults_do_not_last_for_ever(ws: Workspace, seconds: float) -> None:
    with pytest.raises(ValueError, match=rf"up to 60, not {seconds!r}\.$"):
        ws.faults.fail_next("latency", seconds=seconds)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_from_0_to_1(ws: Workspace, share: float) -> None:
    with pytest.raises(ValueError, match=rf"takes a share from 0 to 1, not {share!r}\.$"):
        ws.faults.fail(500, share=share)


def test_search_lags_behind(ws: Workspace, api: Client, clock: Clock) -> None:
    ws.search_delay = 3
    api.create("people", name="Ada Lovelace")

    def found(text: str = "ada") -> int:
        body = {"query": text, "objects": ["people"], "request_as": {"type": "workspace"}}
        return len(api.data("POST", "/v2/objects/records/search", body))

    assert len(api.query("people")) == 1, "a query does not lag"
    assert (found(), found("")) == (0, 0)
    clock.move(2.999)
    assert found() == 0
    clock.move(0.001)
    assert (found(), found("")) == (1, 1)
    ws.search_delay = 0
    api.create("people", name="Ada Byron")
    assert found() == 2


def test_closing_the_workspace_ends_a_latency() -> None:
    workspace = Workspace()
    workspace.faults.fail_next("latency", seconds=30)
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            workspace.handle("GET", "/v2/self")
        except sqlite3.ProgrammingError as error:
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.1)
    workspace.close()
    thread.join(5)
    assert not thread.is_alive()
    assert len(ended) == 1, "the workspace is closed"
