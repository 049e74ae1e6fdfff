"""What webhooks are subscribed to: event types, and filters on the members of an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from attio_orm.sandbox.bodies import is_map
from attio_orm.sandbox.storage import Database

EVENT_TYPES = (
    "call-recording.created", "comment.created", "comment.resolved", "comment.unresolved",
    "comment.deleted", "list.created", "list.updated", "list.deleted", "list-attribute.created",
    "list-attribute.updated", "list-entry.created", "list-entry.updated", "list-entry.deleted",
    "object-attribute.created", "object-attribute.updated", "note.created",
    "note-content.updated", "note.updated", "note.deleted", "record.created", "record.merged",
    "record.updated", "record.deleted", "task.created", "task.updated", "task.deleted",
    "workspace-member.created",
)  # fmt: skip


class Subscription(NamedTuple):
    """One subscription: the number and id of its webhook, and its filter."""

    webhook: int
    webhook_id: str
    filter: Any


def encode_filter(filter: Any) -> str:
    """Give a filter as it is stored and read back: as it was sent."""
    return msgspec.json.encode(filter).decode()


def canonical(filter: Any) -> str:
    """Give the text that is the same for filters that Attio holds to be the same."""
    if filter is None:
        filter = {"$and": []}
    return msgspec.json.encode(filter, order="sorted").decode()


def passes(filter: Any, event: Mapping[str, Any]) -> bool:
    """Tell whether an event passes a filter, which is null or one flat `$and` or `$or`."""
    if filter is None:
        return True
    if "$or" in filter:
        return any(_holds(condition, event) for condition in filter["$or"])
    return all(_holds(condition, event) for condition in filter["$and"])


def _holds(condition: Mapping[str, str], event: Mapping[str, Any]) -> bool:
    found: Any = event
    for name in condition["field"].split("."):
        found = found.get(name) if is_map(found) else None
    is_equal: bool = found == condition["value"]
    return is_equal is (condition["operator"] == "equals")


def read_subscriptions(database: Database) -> dict[str, list[Subscription]]:
    """Give all subscriptions by event type, in the order of their webhooks."""
    found: dict[str, list[Subscription]] = {}
    for kind, num, key, filter in database.rows(
        "SELECT s.event_type, w.num, w.id, s.filter FROM subscriptions s"
        " JOIN webhooks w ON w.num = s.webhook ORDER BY w.num, s.position"
    ):
        subscription = Subscription(num, key, msgspec.json.decode(filter))
        found.setdefault(kind, []).append(subscription)
    return found
