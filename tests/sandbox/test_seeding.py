"""The notes, tasks and comments of the made-up CRM."""

from __future__ import annotations

from typing import Any

from attio_sandbox import Workspace
from attio_sandbox.resources.comments.seed import THREADS
from attio_sandbox.resources.notes.seed import NOTES
from attio_sandbox.resources.tasks.seed import TASKS
from tests.sandbox.client import Client


def everything(api: Client, path: str, size: int) -> list[Any]:
    found: list[Any] = []
    while page := api.data("GET", path, limit=str(size), offset=str(len(found))):
        found += page
    return found


def test_there_is_something_of_each(crm: Client) -> None:
    notes, tasks = everything(crm, "/v2/notes", 50), everything(crm, "/v2/tasks", 500)
    threads = everything(crm, "/v2/threads", 50)
    assert len(notes) == len({note["id"]["note_id"] for note in notes}) == NOTES
    assert {note["parent_object"] for note in notes} == {"people", "companies", "deals"}
    assert len(tasks) == TASKS
    assert {task["is_completed"] for task in tasks} == {True, False}
    assert {len(task["linked_records"]) for task in tasks} == {0, 1, 2}
    assert {len(task["assignees"]) for task in tasks} == {0, 1, 2}
    assert len(threads) == THREADS
    assert {len(thread["comments"]) for thread in threads} == {1, 2, 3}
    for made in (*notes, *tasks, *(each for thread in threads for each in thread["comments"])):
        assert "2024" <= made["created_at"] < "2026"


def test_nothing_is_older_than_its_record(crm: Client) -> None:
    for note in crm.data("GET", "/v2/notes", limit="20", parent_object="deals"):
        record = crm.read(note["parent_object"], note["parent_record_id"])
        assert record["created_at"] <= note["created_at"]


def test_it_is_the_same_each_time(crm: Client, tmp_path: Any) -> None:
    other = Workspace(tmp_path / "a.db", seed="crm")
    for path in ("/v2/notes", "/v2/tasks", "/v2/threads"):
        assert Client(other).data("GET", path) == crm.data("GET", path)
    other.close()
