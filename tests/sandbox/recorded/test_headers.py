"""Headers of answers, as the real Attio was recorded to send them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from attio_sandbox.bodies import is_uuid
from attio_sandbox.requests import Reply
from tests.sandbox.client import RECORDS, Client

SCORE = "x-attio-record-query-score"
PEOPLE = f"{RECORDS.format('people')}/query"


@pytest.fixture
def limited(clock: Clock) -> Iterator[Workspace]:
    workspace = Workspace(clock=clock, limits="attio")
    yield workspace
    workspace.close()


def send(ws: Workspace, method: str, path: str, body: Any = None) -> Reply:
    raw = b"" if body is None else json.dumps(body).encode()
    return ws.handle(method, path, headers=Client(ws).headers, body=raw)


def test_every_answer_has_an_execution_id_and_a_time(ws: Workspace, clock: Clock) -> None:
    """facts.md 16, Headers: `x-attio-execution-id` and `x-accurate-at`, errors included."""
    clock.set(datetime(2026, 2, 3, 10, 11, 12, 900_000, UTC))
    ws.faults.fail_next(503)
    replies = [
        send(ws, "GET", "/v2/objects"),  # meets the fault
        send(ws, "GET", "/v2/objects"),
        send(ws, "POST", PEOPLE, {}),
        send(ws, "POST", PEOPLE, {"filter": 5}),
        send(ws, "GET", "/v2/nowhere"),
        ws.handle("GET", "/v2/objects"),
    ]
    assert [reply.status for reply in replies] == [503, 200, 200, 400, 404, 401]
    ids = [reply.headers["x-attio-execution-id"] for reply in replies]
    assert all(map(is_uuid, ids))
    assert len(set(ids)) == len(ids)
    moments = {reply.headers["x-accurate-at"] for reply in replies}
    assert moments == {"2026-02-03T10:11:12.900000000Z"}


def test_queries_alone_have_a_score(ws: Workspace, hiring: str) -> None:
    """facts.md 16, Headers: the score on query answers, `0` for a small one without a filter."""
    for path in (PEOPLE, f"/v2/lists/{hiring}/entries/query"):
        assert send(ws, "POST", path, {}).headers[SCORE] == "0"
    either = {"$or": [{"name": "Ada"}, {"name": "Bob"}, {"name": "Cy"}]}
    scores = [
        int(send(ws, "POST", PEOPLE, body).headers[SCORE])
        for body in (
            {"filter": {"name": "Ada"}},
            {"filter": either},
            {"filter": either, "sorts": [{"attribute": "name", "direction": "asc"}]},
        )
    ]
    assert 0 < scores[0] < scores[1] < scores[2]
    search = {"query": "", "objects": ["people"], "request_as": {"type": "workspace"}}
    for method, path, body in (
        ("GET", "/v2/objects", None),
        ("POST", "/v2/objects/records/search", search),
        ("POST", RECORDS.format("people"), {"data": {"values": {}}}),
        ("GET", "/v2/nowhere", None),
    ):
        assert SCORE not in send(ws, method, path, body).headers


def test_the_score_knows_the_size_after_a_write(ws: Workspace, api: Client) -> None:
    """facts.md 16, Headers: a small query has the score 0, one of many records has not."""
    assert send(ws, "POST", PEOPLE, {}).headers[SCORE] == "0"
    ws.load("people", ({} for _ in range(30_000)))
    assert send(ws, "POST", PEOPLE, {"limit": 1}).headers[SCORE] == "1"
    assert len(api.query("people", limit=1)) == 1


def test_ordinary_answers_have_no_headers_of_limits(limited: Workspace) -> None:
    """facts.md 16, Headers: no rate-limit headers, and `Retry-After` on a 429 alone."""
    replies = [send(limited, "GET", "/v2/objects") for _ in range(101)]
    assert [reply.status for reply in replies[-2:]] == [200, 429]
    for reply in replies[:-1]:
        assert not [name for name in reply.headers if "limit" in name or "retry" in name]
    assert "retry-after" in replies[-1].headers
