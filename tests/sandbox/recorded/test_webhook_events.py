"""facts.md 9 and 15: the 34 webhook events, and what has none."""

from __future__ import annotations

import pytest

from attio_sandbox.events import EVENT_TYPES
from tests.sandbox.client import Client

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
