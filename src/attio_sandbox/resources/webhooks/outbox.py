"""The outbox: the deliveries that are owed, stored with the changes they tell of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextvars import ContextVar
from typing import NamedTuple

import msgspec

from attio_sandbox.events import Event
from attio_sandbox.ids import Ids
from attio_sandbox.resources.webhooks.messages import (
    DEGRADED_FOR,
    FIRST_WAIT,
    MAX_RETRIES,
    event_document,
)
from attio_sandbox.resources.webhooks.subscriptions import passes, subscriptions_to
from attio_sandbox.schema import Schema
from attio_sandbox.storage import Database
from attio_sandbox.timestamps import format_timestamp, to_datetime

# How many deliveries led to this one, each by what its receiver wrote.
DEPTH: ContextVar[int] = ContextVar("depth", default=0)


class Owed(NamedTuple):
    """One delivery that is owed, with what its webhook has to say about it."""

    num: int
    key: str
    body: bytes
    attempt: int
    due_at: str
    depth: int
    webhook: int
    webhook_id: str
    target_url: str
    secret: str
    degraded_at: str | None


def is_inactive(degraded_at: str | None, at: str) -> bool:
    """Tell whether a webhook that degraded then receives nothing any more."""
    return (
        degraded_at is not None and format_timestamp(to_datetime(degraded_at) + DEGRADED_FOR) <= at
    )


class Outbox:
    """The deliveries of one workspace; every method is called under the database's lock."""

    def __init__(self, database: Database, ids: Ids) -> None:
        self.database = database
        self._ids = ids
        self.earliest: str | None = None

    def open(self, now: str) -> None:
        """Find what is owed; what fell due while nobody ran the workspace is due now."""
        self.database.run("UPDATE deliveries SET due_at = ? WHERE due_at < ?", (now, now))
        self.look()

    def look(self) -> None:
        """Read anew when the next delivery is due."""
        self.earliest = self.database.row("SELECT min(due_at) FROM deliveries")[0]

    def write(self, events: Iterable[Event], schema: Schema, now: str) -> None:
        """Owe each event to the webhooks that subscribed to it, once each, in order.

        Belongs into the transaction of what happened.
        """
        for event in events:
            subscriptions = subscriptions_to(event.type, schema)
            if not subscriptions:
                continue
            document = event_document(event, schema)
            owed = {s.webhook: s.webhook_id for s in subscriptions if passes(s.filter, document)}
            # A dict, as a webhook may have several subscriptions to one event and is told once.
            for webhook, webhook_id in owed.items():
                row = self.database.row(
                    "SELECT degraded_at FROM webhooks WHERE num = ?", (webhook,)
                )
                if row is None or is_inactive(row[0], now):
                    continue
                # One event a delivery, though the array allows more (facts.md 9).
                body = {"webhook_id": webhook_id, "events": [document]}
                self.database.insert(
                    "deliveries",
                    id=self._ids.new(),
                    webhook=webhook,
                    body=msgspec.json.encode(body),  # once: retries carry the same signature
                    attempt=0,
                    due_at=now,
                    depth=DEPTH.get(),
                )
                if self.earliest is None or now < self.earliest:
                    self.earliest = now

    def targets(self) -> dict[int, str]:
        """Give the target of each webhook, by its number."""
        return dict(self.database.rows("SELECT num, target_url FROM webhooks"))

    def next_due(self, now: str, webhooks: Collection[int]) -> str | None:
        """Give when the next delivery to one of `webhooks` is due after `now`."""
        wanted = ", ".join(str(num) for num in webhooks)
        found: str | None = self.database.row(
            f"SELECT min(due_at) FROM deliveries WHERE webhook IN ({wanted}) AND due_at > ?", (now,)
        )[0]
        return found

    def due(self, now: str, webhooks: Collection[int]) -> Owed | None:
        """Give the first delivery that is due to one of `webhooks`.

        Each webhook gets what happened in order; a retry waits its turn beside newer events.
        """
        wanted = ", ".join(str(num) for num in webhooks)
        row = self.database.row(
            "SELECT d.num, d.id, d.body, d.attempt, d.due_at, d.depth, w.num, w.id, w.target_url,"
            " w.secret, w.degraded_at FROM deliveries d JOIN webhooks w ON w.num = d.webhook"
            f" WHERE d.due_at <= ? AND d.webhook IN ({wanted})"
            " ORDER BY d.due_at, d.num LIMIT 1",  # by number too: one moment may owe several
            (now,),
        )
        return None if row is None else Owed(*row)

    def accept(self, owed: Owed) -> None:
        """Note that the webhook took a delivery; one that was degraded is active again."""
        self.remove(owed)
        self.database.run(
            "UPDATE webhooks SET degraded_at = NULL WHERE num = ? AND id = ?",
            (owed.webhook, owed.webhook_id),
        )

    def refuse(self, owed: Owed) -> None:
        """Note that the webhook did not take a delivery: it waits, or is given up for good."""
        attempt = owed.attempt + 1
        if attempt > MAX_RETRIES:
            self.remove(owed)
            self.database.run(
                "UPDATE webhooks SET degraded_at = coalesce(degraded_at, ?)"
                " WHERE num = ? AND id = ?",
                (owed.due_at, owed.webhook, owed.webhook_id),  # since when it was degraded first
            )
            return
        # From when it was due, so that a clock moved by days goes through all retries in turn.
        due = format_timestamp(to_datetime(owed.due_at) + FIRST_WAIT * float(2 ** (attempt - 1)))
        self.database.run(
            "UPDATE deliveries SET attempt = ?, due_at = ? WHERE num = ? AND id = ?",
            (attempt, due, owed.num, owed.key),
        )

    def remove(self, owed: Owed) -> None:
        """Forget a delivery, as it was made or will not be."""
        # By its id too: the number may be that of another since the workspace was reset.
        self.database.run("DELETE FROM deliveries WHERE num = ? AND id = ?", (owed.num, owed.key))
