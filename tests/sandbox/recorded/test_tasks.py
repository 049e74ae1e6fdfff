"""facts.md 8 and 15: when a task was completed, and how records are linked to it."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock
from tests.sandbox.client import Client, record_id
from tests.sandbox.helpers import NOW, OWNER

TASKS = "/v2/tasks"
ADA = "ada@acme.example.com"


def make(api: Client, **changes: Any) -> Any:
    empty: dict[str, Any] = {"linked_records": [], "assignees": [], "deadline_at": None}
    data = {"content": "Call", "format": "plaintext", "is_completed": False, **empty}
    return api.data("POST", TASKS, {"data": data | changes})


def change(api: Client, task: Any, **data: Any) -> Any:
    return api.data("PATCH", f"{TASKS}/{task['id']['task_id']}", {"data": data})


def test_when_it_was_completed(api: Client, clock: Clock) -> None:
    """facts.md 15: `completed_at`."""
    task = make(api)
    assert task["completed_at"] is None
    done = change(api, task, is_completed=True)
    assert done["completed_at"] == NOW
    clock.move(60)
    assert change(api, task, is_completed=True)["completed_at"] == NOW
    assert change(api, task, is_completed=False)["completed_at"] is None


def test_sorts_by_completion(api: Client, clock: Clock) -> None:
    """facts.md 8: `completed_at:asc` puts incomplete ones first."""
    for content in ("open", "late", "early"):
        make(api, content=content)
        clock.move(1)
    tasks = {task["content_plaintext"]: task for task in api.data("GET", TASKS)}
    for content in ("early", "late"):
        change(api, tasks[content], is_completed=True)
        clock.move(1)

    def contents(sort: str) -> list[str]:
        return [task["content_plaintext"] for task in api.data("GET", TASKS, sort=sort)]

    assert contents("completed_at:asc") == ["open", "early", "late"]
    assert contents("completed_at:desc") == ["late", "early", "open"]
    assert api.send("GET", TASKS, sort="deadline_at:asc").code == "400 validation_type"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_links_by_text_and_by_match(api: Client, method: str) -> None:
    """facts.md 8: plain strings (domain, e-mail, record id) or match objects, on PATCH too."""
    ada = record_id(api.create("people", email_addresses=[ADA]))
    acme = record_id(api.create("companies", domains=["acme.example.com"]))
    task = make(api)
    for links in (
        [ADA, "acme.example.com"],
        [ada, acme],
        [
            {"target_object": "people", "email_addresses": [{"email_address": ADA}]},
            {"target_object": "companies", "domains": ["acme.example.com"]},
        ],
        [
            {"target_object": "people", "target_record_id": ada},
            {"target_object": "companies", "domains": [{"domain": "acme.example.com"}]},
        ],
    ):
        send = make if method == "POST" else lambda api, **more: change(api, task, **more)
        found = send(api, linked_records=links)["linked_records"]
        assert [each["target_record_id"] for each in found] == [ada, acme]


@pytest.mark.parametrize("name", ["linked_records", "assignees"])
def test_too_many_are_limit_reached(api: Client, name: str) -> None:
    """facts.md 15: 400 limit_reached on create and update; of what and how many are choices."""
    ada = record_id(api.create("people", email_addresses=[ADA]))
    one: Any = ada if name == "linked_records" else {"workspace_member_email_address": OWNER}
    task = make(api, **{name: [one] * 50})
    path = f"{TASKS}/{task['id']['task_id']}"
    answer = api.send("PATCH", path, {"data": {name: [one] * 51, "is_completed": True}})
    assert answer.code == "400 limit_reached"
    assert answer.json["type"] == "invalid_request_error"
    assert api.data("GET", path) == task
