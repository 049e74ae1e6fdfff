"""The log of requests: what it holds, and that it is bounded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from attio_sandbox import Dropped, Workspace
from attio_sandbox.bodies import is_uuid
from attio_sandbox.requests import replies
from attio_sandbox.requests.replies import MAX_REPLIES, Recorded, RequestLog
from tests.sandbox.client import RECORDS, Client

PEOPLE = RECORDS.format("people")


def request(size: int = 10, **more: Any) -> Recorded:
    return Recorded("GET", "/", {}, None, 200, size=size, **more)


def test_a_request_is_noted_with_its_answer(ws: Workspace, api: Client) -> None:
    body = b'{"data":{"values":{"name":"Ada"}}}'
    reply = ws.handle("POST", PEOPLE, params={"a": "b"}, headers=api.headers, body=body)
    (noted,) = ws.requests
    assert (noted.method, noted.path, noted.params) == ("POST", PEOPLE, {"a": "b"})
    assert noted.json == {"data": {"values": {"name": "Ada"}}}
    assert (noted.status, noted.reply) == (200, reply.body)
    assert noted.at == ws.clock.now()
    assert 0 < noted.elapsed < 5
    assert noted.size == len(body) + len(reply.body)


def test_a_request_that_is_no_json(ws: Workspace, api: Client) -> None:
    assert ws.handle("POST", PEOPLE, headers=api.headers, body=b"{").status == 400
    assert (ws.requests[-1].json, ws.requests[-1].status) == (None, 400)


def test_a_dropped_request_has_no_answer(ws: Workspace, api: Client) -> None:
    ws.faults.fail_next("drop_after")
    with pytest.raises(Dropped):
        api.create("people", name="Ada")
    assert (ws.requests[-1].status, ws.requests[-1].reply) == (None, None)


def test_answers_are_kept_for_the_last_ones() -> None:
    log = RequestLog()
    for _ in range(MAX_REPLIES + 5):
        log.add(request(reply=b"x"))
    kept = [noted.reply for noted in log.requests]
    assert kept == [None] * 5 + [b"x"] * MAX_REPLIES


def test_the_number_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MAX_RECORDED", 300)
    log = RequestLog()
    for n in range(2_000):
        log.add(request(n))
        assert len(log.requests) <= 600
        assert log.requests[-1].size == n


def test_the_memory_is_bounded() -> None:
    log = RequestLog()
    for _ in range(100):
        log.add(request(2**20))
        assert sum(noted.size for noted in log.requests) <= replies.MAX_RECORDED_BYTES
    assert len(log.requests) == 16
    log.add(request(2**30))
    assert [noted.size for noted in log.requests] == [2**30], "the last one is always there"
    log.requests.clear()
    log.add(request())
    assert len(log.requests) == 1


def test_headers_of_replies(ws: Workspace, api: Client) -> None:
    ws.clock.freeze()
    ws.clock.set(datetime(2026, 2, 3, 10, 11, 12, 900_000, UTC))
    for path, millis in (("/v2/objects", 900), ("/v2/nowhere", 950)):
        reply = ws.handle("GET", path, headers=api.headers)
        execution = reply.headers.pop("x-attio-execution-id")
        assert is_uuid(execution)
        assert reply.headers == {
            "x-accurate-at": f"2026-02-03T10:11:12.{millis}000000Z",
            "content-type": "application/json; charset=utf-8",
            "content-length": str(len(reply.body)),
            "date": "Tue, 03 Feb 2026 10:11:12 GMT",
        }
        ws.clock.move(0.05)
    ws.clock.move(1)
    reply = ws.handle("GET", "/v2/objects", headers=api.headers)
    assert reply.headers["date"] == "Tue, 03 Feb 2026 10:11:14 GMT", "cut, and never rounded"


def test_requests_are_remembered(ws: Workspace, api: Client) -> None:
    assert ws.requests == []
    api.data("GET", "/v2/objects/people/attributes", limit="1")
    api.create("people", name="Ada")
    ws.handle("POST", "/v2/objects", headers=api.headers, body=b"{not json")
    ws.handle("get", "/v2/nowhere")
    assert ws.requests == [
        Recorded("GET", "/v2/objects/people/attributes", {"limit": "1"}, None, 200),
        Recorded("POST", RECORDS.format("people"), {}, {"data": {"values": {"name": "Ada"}}}, 200),
        Recorded("POST", "/v2/objects", {}, None, 400),
        Recorded("GET", "/v2/nowhere", {}, None, 404),
    ]
    ws.requests.clear()
    api.data("GET", "/v2/objects")
    assert [request.path for request in ws.requests] == ["/v2/objects"]


def test_remembered_requests_are_bounded(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sandbox.requests.replies.MAX_RECORDED", 5)
    for index in range(600):
        ws.handle("GET", f"/{index}")
    assert len(ws.requests) < 300
    assert [request.path for request in ws.requests[-5:]] == [f"/{i}" for i in range(595, 600)]
