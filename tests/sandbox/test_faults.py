"""Faults that tests rehearse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attio_orm.sandbox import Dropped, Reply, Workspace
from tests.sandbox.client import RECORDS, Client

PEOPLE = RECORDS.format("people")


def create(ws: Workspace, api: Client) -> Reply:
    body = json.dumps({"data": {"values": {"name": "Ada"}}}).encode()
    return ws.handle("POST", PEOPLE, headers=api.headers, body=body)


def test_statuses_come_in_place_of_the_work(ws: Workspace, api: Client) -> None:
    ws.fail_next(503, times=2, retry_after=7)
    for _ in range(2):
        reply = create(ws, api)
        assert (reply.status, reply.headers["retry-after"]) == (503, "7")
        assert json.loads(reply.body)["status_code"] == 503
    assert create(ws, api).status == 200
    assert len(api.query("people")) == 1
    assert [request.status for request in ws.requests] == [503, 503, 200, 200]


def test_429_is_that_of_attio(ws: Workspace, api: Client) -> None:
    ws.fail_next(429)
    reply = create(ws, api)
    assert json.loads(reply.body) == {
        "status_code": 429,
        "type": "rate_limit_error",
        "code": "rate_limit_exceeded",
        "message": "Rate limit exceeded, please try again later",
    }
    assert reply.headers["retry-after"] == "Tue, 03 Feb 2026 10:11:13 GMT"
    ws.fail_next(429, retry_after="Tue, 03 Mar 2026 14:42:01 GMT")
    assert create(ws, api).headers["retry-after"] == "Tue, 03 Mar 2026 14:42:01 GMT"


def test_other_statuses_have_no_retry_after(ws: Workspace, api: Client) -> None:
    ws.fail_next(403)
    reply = create(ws, api)
    assert "retry-after" not in reply.headers
    assert json.loads(reply.body)["type"] == "auth_error"


def test_drop_before(ws: Workspace, api: Client) -> None:
    ws.fail_next("drop_before")
    with pytest.raises(Dropped) as caught:
        create(ws, api)
    assert caught.value.after is False
    assert ws.requests[-1].status is None
    assert api.query("people") == []


def test_drop_after(ws: Workspace, api: Client) -> None:
    ws.fail_next("drop_after")
    with pytest.raises(Dropped) as caught:
        create(ws, api)
    assert caught.value.after is True
    assert ws.requests[-1].status is None
    assert len(api.query("people")) == 1


@pytest.mark.parametrize("what", ["truncate", "empty", "malformed"])
def test_broken_bodies_of_work_that_was_done(ws: Workspace, api: Client, what: Any) -> None:
    ws.fail_next(what)
    reply = create(ws, api)
    assert reply.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.body)
    short = int(reply.headers["content-length"]) > len(reply.body)
    assert short is (what == "truncate")
    assert len(api.query("people")) == 1


def test_html_of_a_proxy(ws: Workspace, api: Client) -> None:
    ws.fail_next("html")
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
    ws.fail_next(500, match=match)
    assert ws.handle("GET", PEOPLE, headers=api.headers).status == 404
    assert ws.handle("GET", "/v2/objects", headers=api.headers).status == 200
    assert create(ws, api).status == 500
    assert create(ws, api).status == 200


def test_faults_are_taken_in_turn(ws: Workspace, api: Client) -> None:
    ws.fail_next(500)
    ws.fail_next(502, match="POST /v2/objects/people")
    assert [create(ws, api).status for _ in range(3)] == [500, 502, 200]


@pytest.mark.parametrize("what", [200, 99, 600, "explode"])
def test_unknown_faults_are_refused(ws: Workspace, what: Any) -> None:
    with pytest.raises(ValueError, match="drop_before"):
        ws.fail_next(what)
    with pytest.raises(ValueError, match="times"):
        ws.fail_next(500, times=0)
