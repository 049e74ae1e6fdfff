"""What happened in a workspace, as webhooks tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# In the order in which the 400 of an unknown one lists them.
EVENT_TYPES = (
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
