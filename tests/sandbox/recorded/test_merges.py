"""Merges, as Attio's newest description has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, RECORDS, Answer, Client, record_id
from tests.sandbox.helpers import Told


def merge(api: Client, primary: str, secondary: str) -> Answer:
    data = {"primary_record_id": primary, "secondary_record_id": secondary}
    return api.send("POST", f"{RECORDS.format('people')}/merge", {"data": data})


@pytest.fixture
def two(api: Client) -> tuple[str, str]:
    one, other = (
        api.create("people", email_addresses=[f"{name}@acme.example.com"]) for name in ("ada", "al")
    )
    return record_id(one), record_id(other)


def test_a_merge_makes_a_new_record(ws: Workspace, api: Client, two: tuple[str, str]) -> None:
    """facts.md 15 and 2.3: a new id, both old ones are 404, `record.merged` names each of them."""
    told = Told(ws, "record.merged")
    answer = merge(api, *two)
    assert answer.status == 200
    new = answer.json["data"]["new_record_id"]
    assert new not in two
    emails = [value["email_address"] for value in api.values("people", new, "email_addresses")]
    assert emails == ["ada@acme.example.com", "al@acme.example.com"]
    for old in two:
        path = f"{RECORDS.format('people')}/{old}"
        assert api.send("GET", path).code == "404 not_found"
        assert api.change("PATCH", "people", old, name="x").code == "404 not_found"
    assert [event["duplicate_record_id"] for event in told.take()] == list(two)


def test_a_merge_repeated_is_404(api: Client, two: tuple[str, str]) -> None:
    """facts.md 2.3 and 0.1: not idempotent; an unknown record is 404 `value_not_found`."""
    assert merge(api, *two).status == 200
    assert merge(api, *two).code == "404 value_not_found"
    assert merge(api, two[1], two[0]).code == "404 value_not_found"
    assert merge(api, GHOST, GHOST).code == "404 value_not_found"


def test_a_record_does_not_merge_with_itself(api: Client, two: tuple[str, str]) -> None:
    """facts.md 0.1: 400 `self_merge`."""
    assert merge(api, two[0], two[0]).code == "400 self_merge"
    assert merge(api, two[0], two[0].upper()).code == "400 self_merge"


def test_a_merge_that_takes_time(
    ws: Workspace, api: Client, clock: Clock, two: tuple[str, str]
) -> None:
    """facts.md 0.1 and 2.3: 202; until it is done reads are 404, writes 400 `merge_in_progress`."""
    ws.merge_delay = 30
    answer = merge(api, *two)
    assert answer.status == 202
    new = answer.json["data"]["new_record_id"]
    path = f"{RECORDS.format('people')}/{new}"
    for _ in range(2):
        assert api.send("GET", path).code == "404 merge_in_progress"
        for method in ("PATCH", "PUT"):
            assert api.change(method, "people", new, name="x").code == "400 merge_in_progress"
        assert merge(api, *two).code == "404 value_not_found"
        clock.move(29.9)
        ws.merge_delay = 0
    clock.move(30)
    assert api.send("GET", path).status == 200
    assert api.change("PATCH", "people", new, name="x").status == 200


@pytest.fixture
def paced(clock: Clock) -> Iterator[Client]:
    workspace = Workspace(clock=clock, limits="attio")
    yield Client(workspace)
    workspace.close()


def statuses(api: Client, count: int, method: str, path: str, body: Any = None) -> list[int]:
    return [api.send(method, path, body).status for _ in range(count)]


def test_five_merges_a_second(paced: Client, clock: Clock) -> None:
    """facts.md 10: merges 5 a second, beside the 25 of all writes."""
    data = {"primary_record_id": GHOST, "secondary_record_id": GHOST}
    path = f"{RECORDS.format('people')}/merge"
    assert statuses(paced, 6, "POST", path, {"data": data}) == [404] * 5 + [429]
    assert paced.try_create("people").status == 200
    clock.move(1)
    assert statuses(paced, 1, "POST", path, {"data": data}) == [404]


def test_ten_lists_of_notes_a_second(paced: Client, clock: Clock) -> None:
    """facts.md 10: `GET /v2/notes` 10 a second; one note is not counted there."""
    assert statuses(paced, 11, "GET", "/v2/notes") == [200] * 10 + [429]
    assert paced.send("GET", f"/v2/notes/{GHOST}").status == 404
    clock.move(1)
    assert statuses(paced, 1, "GET", "/v2/notes") == [200]


def test_one_upload_a_second(paced: Client, clock: Clock) -> None:
    """facts.md 10: file upload 1 a second."""
    path = "/v2/files/upload"
    first, second = statuses(paced, 2, "POST", path, {})
    assert (first, second) == (400, 429)
    clock.move(1)
    assert statuses(paced, 1, "POST", path, {}) == [400]


def test_single_limits_hold_where_limits_are_on_alone(api: Client) -> None:
    """facts.md 10: the sandbox paces nobody unless it is told to."""
    assert statuses(api, 30, "GET", "/v2/notes") == [200] * 30
