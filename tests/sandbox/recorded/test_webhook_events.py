"""facts.md 9 and 15: the 34 webhook events, what each names, and what has none."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.events import EVENT_TYPES
from tests.sandbox.client import Client, entry_id, record_id
from tests.sandbox.helpers import Told, attributes, member_id

EVENTS = [
    "activity.created",
    "activity.updated",
    "activity.deleted",
    "activity-attribute.created",
    "activity-attribute.updated",
    "activity-record.created",
    "activity-record.deleted",
    "call-recording.created",
    "comment.created",
    "comment.resolved",
    "comment.unresolved",
    "comment.deleted",
    "list.created",
    "list.updated",
    "list.deleted",
    "list-attribute.created",
    "list-attribute.updated",
    "list-entry.created",
    "list-entry.updated",
    "list-entry.deleted",
    "object-attribute.created",
    "object-attribute.updated",
    "note.created",
    "note-content.updated",
    "note.updated",
    "note.deleted",
    "record.created",
    "record.merged",
    "record.updated",
    "record.deleted",
    "task.created",
    "task.updated",
    "task.deleted",
    "workspace-member.created",
]


def test_there_are_34() -> None:
    """facts.md 15: 27 events in March, 34 now."""
    assert len(EVENTS) == 34
    assert list(EVENT_TYPES) == EVENTS


@pytest.mark.parametrize("event", EVENTS)
def test_each_can_be_subscribed_to(api: Client, event: str) -> None:
    """facts.md 9: all of them, also those that nothing in the API brings about."""
    wanted = {"event_type": event, "filter": None}
    data = {"target_url": "https://hooks.example.com/attio", "subscriptions": [wanted]}
    assert api.data("POST", "/v2/webhooks", {"data": data})["subscriptions"] == [wanted]


@pytest.mark.parametrize(
    "event",
    ["activity-record.updated", "meeting.created", "file.created", "task.completed",
     "entry.created", "entry-attribute.updated", "email.created"],
)  # fmt: skip
def test_what_is_no_event(api: Client, event: str) -> None:
    """facts.md 9: an update of an activity record has none, nor have meetings, files, e-mails."""
    wanted = {"event_type": event, "filter": None}
    data = {"target_url": "https://hooks.example.com/attio", "subscriptions": [wanted]}
    answer = api.send("POST", "/v2/webhooks", {"data": data})
    assert answer.code == "400 validation_type"
    (issue,) = answer.json["validation_errors"]
    assert issue["path"] == ["data", "subscriptions", 0, "event_type"]


def test_the_ids_of_what_happens(ws: Workspace, api: Client) -> None:
    """facts.md 9, the table: the keys of `id` beside the workspace's, and the further members."""
    told = Told(ws, *EVENTS)
    ada = record_id(api.create("people", name="Ada Lovelace"))
    bob = record_id(api.create("people", name="Bob Byron"))
    api.patch("people", ada, job_title="Countess")
    ws.define_attribute("people", api_slug="shoe", type="text")
    api.data("PATCH", f"{attributes('people')}/shoe", {"data": {"title": "Shoe size"}})
    ws.define_list("hiring", "Hiring", "people")
    api.data("PATCH", "/v2/lists/hiring", {"data": {"name": "Hired"}})
    ws.define_attribute("hiring", target="lists", api_slug="note", type="text")
    api.data("PATCH", "/v2/lists/hiring/attributes/note", {"data": {"title": "Remark"}})
    entry = entry_id(api.add_entry("hiring", ada))
    one = f"/v2/lists/hiring/entries/{entry}"
    api.data("PATCH", one, {"data": {"entry_values": {"note": "x"}}})
    api.send("DELETE", one)
    _note(api, ada)
    _task(api)
    _comment(api, ada)
    _meeting(api)
    ws.setup.add_member("kim@team.example.com")
    pair = {"primary_record_id": ada, "secondary_record_id": bob}
    merged = api.data("POST", "/v2/objects/people/records/merge", {"data": pair})
    api.send("DELETE", f"/v2/objects/people/records/{merged['new_record_id']}")
    found: dict[str, tuple[set[str], set[str]]] = {}
    for event in told.take():
        more = event.keys() - {"event_type", "id", "actor"}
        found[event["event_type"]] = (event["id"].keys() - {"workspace_id"}, set(more))
        assert event["id"]["workspace_id"] == ws.workspace_id
        assert event["actor"].keys() == {"type", "id"}
    record, entry_ids = {"object_id", "record_id"}, {"list_id", "entry_id"}
    parent = {"parent_object_id", "parent_record_id"}
    comment = {"thread_id", "object_id", "record_id", "list_id", "entry_id"}
    assert found == {
        "record.created": (record, set()),
        "record.updated": (record | {"attribute_id"}, set()),
        "record.merged": (record, {"duplicate_object_id", "duplicate_record_id"}),
        "record.deleted": (record, set()),
        "object-attribute.created": ({"object_id", "attribute_id"}, set()),
        "object-attribute.updated": ({"object_id", "attribute_id"}, set()),
        "list.created": ({"list_id"}, set()),
        "list.updated": ({"list_id"}, set()),
        "list-attribute.created": ({"list_id", "attribute_id"}, set()),
        "list-attribute.updated": ({"list_id", "attribute_id"}, set()),
        "list-entry.created": (entry_ids, parent),
        "list-entry.updated": (entry_ids | {"attribute_id"}, parent),
        "list-entry.deleted": (entry_ids, parent),
        "note.created": ({"note_id"}, parent),
        "note.updated": ({"note_id"}, parent),
        "note-content.updated": ({"note_id"}, parent),
        "note.deleted": ({"note_id"}, parent),
        "task.created": ({"task_id"}, set()),
        "task.updated": ({"task_id"}, set()),
        "task.deleted": ({"task_id"}, set()),
        "comment.created": ({"comment_id"}, comment),
        "comment.deleted": ({"comment_id"}, comment),
        "call-recording.created": ({"meeting_id", "call_recording_id"}, set()),
        "workspace-member.created": ({"workspace_member_id"}, set()),
    }


def _note(api: Client, person: str) -> None:
    note = {"title": "Call", "format": "plaintext", "content": "Hello"}
    parent = {"parent_object": "people", "parent_record_id": person}
    key = api.data("POST", "/v2/notes", {"data": note | parent})["id"]["note_id"]
    api.data("PATCH", f"/v2/notes/{key}", {"data": {"title": "Second call"}})
    text = {"format": "plaintext", "content": "Bye"}
    api.data("PATCH", f"/v2/notes/{key}", {"data": text})
    api.send("DELETE", f"/v2/notes/{key}")


def _task(api: Client) -> None:
    empty: dict[str, Any] = {"linked_records": [], "assignees": [], "deadline_at": None}
    task = {"content": "Call", "format": "plaintext", "is_completed": False, **empty}
    key = api.data("POST", "/v2/tasks", {"data": task})["id"]["task_id"]
    api.data("PATCH", f"/v2/tasks/{key}", {"data": {"is_completed": True}})
    api.send("DELETE", f"/v2/tasks/{key}")


def _comment(api: Client, person: str) -> None:
    author = {"type": "workspace-member", "id": member_id(api)}
    place = {"record": {"object": "people", "record_id": person}}
    data = {"format": "plaintext", "content": "Hm", "author": author, **place}
    key = api.data("POST", "/v2/comments", {"data": data})["id"]["comment_id"]
    api.send("DELETE", f"/v2/comments/{key}")


def _meeting(api: Client) -> None:
    data = {
        "title": "Review",
        "description": "",
        "start": {"datetime": "2026-03-01T10:00:00Z"},
        "end": {"datetime": "2026-03-01T11:00:00Z"},
        "is_all_day": False,
        "participants": [{"name": "Kim", "is_organizer": True, "status": "accepted"}],
    }
    key = api.data("POST", "/v2/meetings", {"data": data})["id"]["meeting_id"]
    said = {"speech": "Hi", "start_time": 0, "end_time": 1, "speaker": {"name": "Kim"}}
    path = f"/v2/meetings/{key}/call_recordings"
    api.data("POST", path, {"data": {"transcript": [said]}})
