"""Webhooks: where Attio sends word of changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attio_orm.api import webhooks
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import ValidationError
from attio_orm.guards import is_dict
from attio_orm.pickles import public_in
from attio_orm.resources.endpoints import Asked, Changes, Endpoints, Listing, Page, Scope
from attio_orm.resources.fields import STRING, Field
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import Json, resource_state
from attio_orm.transport import Settle
from attio_orm.transport.dry_run import NotSent
from attio_orm.types.checks import freeze
from attio_orm.wording import did_you_mean, show

_PAGE, _LEAST = 100, 10  # Attio refuses to list fewer

EVENT_TYPES = (
    "activity.created", "activity.updated", "activity.deleted",
    "activity-attribute.created", "activity-attribute.updated",
    "activity-record.created", "activity-record.deleted",
    "record.created", "record.updated", "record.deleted", "record.merged",
    "list.created", "list.updated", "list.deleted",
    "list-entry.created", "list-entry.updated", "list-entry.deleted",
    "list-attribute.created", "list-attribute.updated",
    "object-attribute.created", "object-attribute.updated",
    "note.created", "note.updated", "note.deleted", "note-content.updated",
    "task.created", "task.updated", "task.deleted",
    "comment.created", "comment.resolved", "comment.unresolved", "comment.deleted",
    "workspace-member.created", "call-recording.created",
)  # fmt: skip
"""What Attio tells of, as its documentation names it."""


def _target(value: Any) -> str:
    from urllib.parse import urlsplit  # few programs make webhooks

    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        fits = parts is not None and parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits:
        raise ValidationError(
            f"{show(value)} is not an address that Attio sends to: give one with https://."
        )
    return str(value)


def _subscription(value: Any) -> Json:
    found: Json = {"event_type": value} if isinstance(value, str) else value
    if not is_dict(found) or not {"event_type"} <= found.keys() <= {"event_type", "filter"}:
        raise ValidationError(
            f"{show(value)} is not a subscription: give an event type, or a dict of event_type and "
            f"filter."
        )
    kind = found["event_type"]
    if kind not in EVENT_TYPES:
        raise ValidationError(
            f"{show(kind)} is not an event type. {did_you_mean(str(kind), EVENT_TYPES)}".rstrip()
        )
    # Attio refuses one without its filter, where None is one
    return {"event_type": kind, "filter": found.get("filter")}


def _by_subscription(value: Json) -> Any:
    found = value.get("filter")
    # no filter and an empty one are the same to Attio
    return value.get("event_type"), freeze(found) if found and found != {"$and": []} else None


def _subscriptions(value: Any, _: object) -> Json | None:
    return dict(value) if is_dict(value) else None


class _WebhookEndpoints(Endpoints["Webhook"]):
    key = "webhook_id"
    noun = "webhook"
    listing = Listing("offset", _PAGE)

    def check(self, webhook: Webhook) -> None:
        if not webhook.target_url or not webhook.subscriptions:
            raise ValidationError("A webhook needs target_url and subscriptions: give both.")

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        return webhooks.get(connection.transport, id)

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        rows = yield from webhooks.list_(
            connection.transport, limit=max(asked.limit, _LEAST), offset=asked.offset
        )
        return rows[: asked.limit], None

    def insert(self, connection: BaseConnection, webhook: Webhook) -> Operation[Json]:
        row = yield from webhooks.create(
            connection.transport, target_url=webhook.target_url, subscriptions=webhook.subscriptions
        )
        if isinstance(row, NotSent):
            return row
        # out of the answer, which is shown and pickled
        secret = row.get("secret")
        resource_state(webhook).beside["secret"] = secret if isinstance(secret, str) else None
        return {name: value for name, value in row.items() if name != "secret"}

    def update(
        self, connection: BaseConnection, webhook: Webhook, changes: Changes, settle: Settle
    ) -> Operation[Json]:
        sent = {name: change.new for name, change in changes.items()}
        return webhooks.update(connection.transport, str(webhook.id), sent, settle=settle)

    def merge(self, webhook: Webhook, row: Json, changes: Changes) -> Json:
        sent = {name: change.new for name, change in changes.items()}
        field: Field[Any, Any] = Webhook.subscriptions
        if "subscriptions" in changes:
            old, new = map(field.item_keys, changes["subscriptions"])
            there = field.item_keys(field.of(row, webhook))
            kept = {key: each for key, each in there.items() if key not in old or key in new}
            sent["subscriptions"] = list({**kept, **new}.values())
        return {"data": sent}

    def remove(self, connection: BaseConnection, webhook: Webhook) -> Operation[None]:
        return webhooks.delete(connection.transport, str(webhook.id))


class Webhook(Resource):
    """Where Attio sends word of changes, and of which.

    ``subscriptions`` are event types (``"record.created"``), or dicts of ``event_type`` and
    ``filter``. ``status`` is active, degraded or inactive, as Attio finds it. See
    https://docs.attio.com/rest-api/endpoint-reference/webhooks/list-webhooks.
    """

    _endpoints = _WebhookEndpoints()

    target_url: Field[str, str] = Field(
        "target_url", written="always", accept=_target, schema=STRING
    )
    subscriptions: Field[list[Json], Iterable[str | Json]] = Field(
        "subscriptions",
        read=_subscriptions,
        written="always",
        accept=_subscription,
        key=_by_subscription,
        is_several=True,
        schema={"type": "object"},
    )
    status: Field[str, str] = Field("status", schema=STRING)

    @property
    def secret(self) -> str | None:
        """What its messages are signed with: of one that this program made, else ``None``.

        Attio tells it once. Keep it where you keep tokens: it is in no repr, dump or pickle.
        """
        return self._state.beside.get("secret")


public_in("attio_orm", Webhook)
