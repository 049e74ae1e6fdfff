"""Webhooks and what they are subscribed to; see https://docs.attio.com/rest-api/guides/webhooks."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from attio_sandbox.bodies import (
    Field,
    Listing,
    Nullable,
    OneOf,
    Path,
    Shape,
    Text,
    Variants,
    bad_text,
    wrapped,
)
from attio_sandbox.errors import EMPTY_PAYLOAD, Issue, Refusal, invalid
from attio_sandbox.events import EVENT_TYPES
from attio_sandbox.ids import Ids
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call
from attio_sandbox.resources.webhooks.outbox import is_inactive
from attio_sandbox.resources.webhooks.subscriptions import canonical

_CONDITIONS = Listing(
    Shape({"field": Text(minimum=1), "operator": OneOf("equals", "not_equals"), "value": Text()})
)
# The filter has to be there, and null if there is none: leaving it out is refused.
_SUBSCRIPTIONS = Listing(
    Shape(
        {
            "event_type": OneOf(*EVENT_TYPES),
            "filter": Nullable(
                Variants(
                    Shape({"$or": _CONDITIONS}, strict=True),
                    Shape({"$and": _CONDITIONS}, strict=True),
                )
            ),
        }
    )
)


# What https://url.spec.whatwg.org/#forbidden-domain-code-point leaves.
_HOST = re.compile(r"[^\x00-\x20\x7f#/<>?@\[\\\]^|%]+")


class _TargetUrl(Field):
    # An address over TLS; a workspace that allows it takes plain HTTP as well.

    def __init__(self, schemes: Sequence[str]) -> None:
        self.schemes = schemes

    def expects(self) -> str | None:
        return "string"

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        if not isinstance(value, str):
            Text().find(value, path, issues)
            return
        try:
            parts = urlsplit(value)
            fits = parts.scheme in self.schemes and bool(parts.hostname) and not bad_text(value)
            # Attio asks for https:// as it stands; reading a bad port raises.
            fits = fits and value.startswith(f"{parts.scheme}://") and parts.port != 0
            fits = fits and _HOST.fullmatch(parts.hostname or "") is not None
        except ValueError:
            fits = False
        if not fits:
            issues.append(Issue("invalid_string", path, "Invalid url, it must begin with https://"))


def _shape(call: Call, *, is_new: bool) -> Shape:
    url = _TargetUrl(("https", "http") if call.settings.allow_http_targets else ("https",))
    fields: dict[str, Field] = {"target_url": url, "subscriptions": _SUBSCRIPTIONS}
    return wrapped(Shape(fields) if is_new else Shape({}, fields))


_SELECT = "SELECT num, id, target_url, created_at, degraded_at FROM webhooks"


class _Row(NamedTuple):
    num: int
    id: str
    target_url: str
    created_at: str
    degraded_at: str | None


def _find(call: Call) -> _Row:
    key = call.uuid("webhook_id")
    missing = f'Webhook with ID "{key}" was not found.'
    return _Row(*call.one(f"{_SELECT} WHERE id = ?", (key,), missing))


def _document(call: Call, row: _Row) -> dict[str, Any]:
    subscriptions = call.database.rows(
        "SELECT event_type, filter FROM subscriptions WHERE webhook = ? ORDER BY position",
        (row.num,),
    )
    status = "active"
    if row.degraded_at is not None:
        status = "inactive" if is_inactive(row.degraded_at, call.now) else "degraded"
    return {
        "target_url": row.target_url,
        "subscriptions": [
            {"event_type": kind, "filter": msgspec.json.decode(filter)}
            for kind, filter in subscriptions
        ],
        "id": {"workspace_id": call.schema.workspace_id, "webhook_id": row.id},
        "status": status,
        "created_at": row.created_at,
    }


def _subscribe(call: Call, num: int, url: str, subscriptions: Sequence[Any]) -> None:
    call.schema.touch()  # who is told of what is known from the schema's cache
    call.database.run("DELETE FROM subscriptions WHERE webhook = ?", (num,))
    for position, found in enumerate(subscriptions):
        kind, filter = found["event_type"], found["filter"]
        as_sent = msgspec.json.encode(filter).decode()
        try:
            call.database.run(
                "INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?)",
                (num, position, url, kind, as_sent, canonical(filter)),
            )
        except sqlite3.IntegrityError as error:
            # Also twice within one request; contested, as one client relied on it (facts.md 16).
            raise Refusal(
                409,
                "uniqueness_conflict",
                f'A webhook with target_url "{url}", event_type "{kind}" and this filter already '
                "exists.",
            ) from error


def list_webhooks(call: Call) -> bytes:
    """Answer GET /v2/webhooks."""
    page = call.page(default=10, minimum=10, maximum=100)
    rows = call.database.rows(f"{_SELECT} ORDER BY num")
    return json_body({"data": [_document(call, _Row(*row)) for row in rows[page]]})


def create_webhook(call: Call) -> bytes:
    """Answer POST /v2/webhooks; the secret is in no other answer."""
    data = call.checked(_shape(call, is_new=True))["data"]
    key, secret = call.ids.new(), Ids.token()
    num = call.database.insert(
        "webhooks", id=key, target_url=data["target_url"], secret=secret, created_at=call.now
    )
    _subscribe(call, num, data["target_url"], data["subscriptions"])
    document = _document(call, _Row(num, key, data["target_url"], call.now, None))
    return json_body({"data": {**document, "secret": secret}})


def get_webhook(call: Call) -> bytes:
    """Answer GET /v2/webhooks/{webhook_id}."""
    return json_body({"data": _document(call, _find(call))})


def update_webhook(call: Call) -> bytes:
    """Answer PATCH /v2/webhooks/{webhook_id}; subscriptions are replaced as a whole."""
    row = _find(call)
    data = call.checked(_shape(call, is_new=False))["data"]
    if "target_url" not in data and "subscriptions" not in data:
        raise invalid(EMPTY_PAYLOAD)
    kept = _document(call, row)["subscriptions"]
    url = data.get("target_url", row.target_url)
    call.database.run("UPDATE webhooks SET target_url = ? WHERE num = ?", (url, row.num))
    _subscribe(call, row.num, url, data.get("subscriptions", kept))
    return json_body({"data": _document(call, row._replace(target_url=url))})


def delete_webhook(call: Call) -> bytes:
    """Answer DELETE /v2/webhooks/{webhook_id}; what it was still owed goes with it."""
    num = _find(call).num
    for table, column in (
        ("deliveries", "webhook"), ("subscriptions", "webhook"), ("webhooks", "num"),
    ):  # fmt: skip
        call.database.run(f"DELETE FROM {table} WHERE {column} = ?", (num,))
    call.schema.touch()
    return b"{}"
