"""Two writes of one record at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.requests.replies import Arrival
from tests.sandbox.client import RECORDS, Client

SENTENCE = (
    "The record was modified by another request while this write was being validated. Please try "
    "again."
)


def test_a_conflict_as_a_fault(ws: Workspace, api: Client, ada: str) -> None:
    """facts.md 15 and 0.1: 409 `concurrent_write_conflict`; nothing was written, send it again."""
    ws.faults.fail_next("write_conflict", match="PATCH /v2/objects/people")
    answer = api.change("PATCH", "people", ada, job_title="CTO")
    assert answer.json == {
        "status_code": 409,
        "type": "invalid_request_error",
        "code": "concurrent_write_conflict",
        "message": SENTENCE,
    }
    assert api.values("people", ada, "job_title")[0]["value"] == "VP Sales"
    assert api.change("PATCH", "people", ada, job_title="CTO").status == 200


def held(ws: Workspace, api: Client, method: str, path: str, **values: Any) -> Arrival:
    """A write that came, and has to wait before it is carried out."""
    ws.faults.fail_next("latency", match=f"{method} {path}")
    body = json.dumps({"data": {"values": values}}).encode()
    arrival = ws.accept(method, path, headers=api.headers, body=body)
    assert arrival.delay
    return arrival


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_the_second_of_two_writes_is_refused(
    ws: Workspace, api: Client, ada: str, method: str
) -> None:
    """facts.md 0.1: another request changed the record while this one was validated."""
    path = f"{RECORDS.format('people')}/{ada}"
    late = held(ws, api, method, path, job_title="CTO")
    api.patch("people", ada, job_title="CFO")
    reply = late.answer()
    assert reply.status == 409
    assert json.loads(reply.body)["code"] == "concurrent_write_conflict"
    assert api.values("people", ada, "job_title")[0]["value"] == "CFO"
    assert held(ws, api, method, path, job_title="CTO").answer().status == 200


def test_other_writes_do_not_race(ws: Workspace, api: Client, ada: str, hiring: str) -> None:
    """facts.md 0.1: not listed for list entries; a record that stays as it was is no conflict."""
    path = f"{RECORDS.format('people')}/{ada}"
    late = held(ws, api, "PATCH", path, job_title="CTO")
    api.patch("people", ada, job_title="VP Sales")  # what it is already
    api.create("people")
    assert late.answer().status == 200
    entry = api.add_entry("hiring", ada)["id"]["entry_id"]
    path = f"/v2/lists/hiring/entries/{entry}"
    ws.faults.fail_next("latency", match=f"PATCH {path}")
    body = b'{"data":{"entry_values":{"note":"late"}}}'
    late = ws.accept("PATCH", path, headers=api.headers, body=body)
    api.data("PATCH", path, {"data": {"entry_values": {"note": "first"}}})
    assert late.answer().status == 200


def test_a_record_that_is_gone_is_404(ws: Workspace, api: Client, ada: str) -> None:
    """facts.md 0.1: 404 of a path entity, whoever deleted it."""
    path = f"{RECORDS.format('people')}/{ada}"
    late = held(ws, api, "PATCH", path, job_title="CTO")
    api.send("DELETE", path)
    assert late.answer().status == 404
