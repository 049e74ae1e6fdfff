"""What happened in a workspace, as webhooks tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# In the order in which the 400 of an unknown one lists them. Nothing in the API resolves a comment
# or deletes a list, so that those events can be subscribed to and never come; and an update of an
# activity record has none (facts.md 9).
EVENT_TYPES = (
    "activity.created", "activity.updated", "activity.deleted", "activity-attribute.created",
    "activity-attribute.updated", "activity-record.created", "activity-record.deleted",
    "call-recording.created", "comment.created", "comment.resolved", "comment.unresolved",
    "comment.deleted", "list.created", "list.updated", "list.deleted", "list-attribute.created",
    "list-attribute.updated", "list-entry.created", "list-entry.updated", "list-entry.deleted",
    "object-attribute.created", "object-attribute.updated", "note.created",
    "note-content.updated", "note.updated", "note.deleted", "record.created", "record.merged",
    "record.updated", "record.deleted", "task.created", "task.updated", "task.deleted",
    "workspace-member.created",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One event of Attio's webhooks: its type, its id keys besides the workspace's, the rest.

    `actor` is the number of who did it. See https://docs.attio.com/rest-api/webhooks-events.
    """

    type: str
    id: dict[str, str]
    extra: dict[str, Any]
    actor: int
