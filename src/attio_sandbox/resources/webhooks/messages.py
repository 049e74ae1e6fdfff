"""What a webhook receives: the signed request of one event."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from attio_sandbox.events import Event
from attio_sandbox.records.rendering import actor_document
from attio_sandbox.schema import Schema

# facts.md 9.
TIMEOUT = 5.0
MAX_RETRIES = 10
# Ten waits that double make 71 hours in all: Attio says ten retries over about three days.
FIRST_WAIT = timedelta(seconds=250)
DEGRADED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One attempt to deliver one event to a webhook.

    `event` is the decoded event, `body` the bytes that were signed, `attempt` counts from 1, and
    `sent_at` is the workspace's time. In `workspace.deliveries`, `status` is what the target
    answered, None where it did not, and `error` says why; `answer` is the beginning of the body
    of an answer that came over the network, 8 KiB at most. See
    https://docs.attio.com/rest-api/guides/webhooks.
    """

    webhook_id: str
    target_url: str
    event: dict[str, Any]
    headers: dict[str, str]
    body: bytes
    attempt: int
    sent_at: datetime
    status: int | None = None
    error: str | None = None
    answer: bytes = b""

    @property
    def is_accepted(self) -> bool:
        """Whether the target took it: any 2xx in time."""
        return self.status is not None and 200 <= self.status < 300


Receiver = Callable[[WebhookDelivery], int]


def event_document(event: Event, schema: Schema) -> dict[str, Any]:
    """Give an event as Attio shows it: ids only, never values."""
    return {
        "event_type": event.type,
        "id": {"workspace_id": schema.workspace_id, **event.id},
        **event.extra,
        "actor": actor_document(schema, event.actor),
    }


def message_headers(secret: str, key: str, body: bytes) -> dict[str, str]:
    """Give the headers of a delivery: its signature, twice, and a key that retries repeat."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Attio-Signature": signature,  # of the raw body, without a time in front
        "X-Attio-Signature": signature,
        "Idempotency-Key": key,
    }
