"""What webhooks are subscribed to: event types, and filters on the members of an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from attio_sandbox.bodies import is_map
from attio_sandbox.schema import Schema


class Subscription(NamedTuple):
    """One subscription: the number and id of its webhook, and its filter."""

    webhook: int
    webhook_id: str
    filter: Any


def canonical(filter: Any) -> str:
    """Give the text that is the same for filters that Attio holds to be the same."""
    if filter is None:
        filter = {"$and": []}  # facts.md 9
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


def subscriptions_to(event_type: str, schema: Schema) -> list[Subscription]:
    """Give the subscriptions to events of a type, in the order of their webhooks."""

    def read() -> dict[str, list[Subscription]]:
        found: dict[str, list[Subscription]] = {}
        for kind, num, key, filter in schema.database.rows(
            "SELECT s.event_type, w.num, w.id, s.filter FROM subscriptions s"
            " JOIN webhooks w ON w.num = s.webhook ORDER BY w.num, s.position"
        ):
            subscription = Subscription(num, key, msgspec.json.decode(filter))
            found.setdefault(kind, []).append(subscription)
        return found

    # Every write has events, and few workspaces have webhooks: they are not asked for each time.
    return schema.cached(Subscription, read).get(event_type, [])
