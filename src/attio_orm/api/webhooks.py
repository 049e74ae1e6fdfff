"""Webhooks: where Attio sends word of changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, nothing, row, rows
from attio_orm.api.requests import body, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def list_(
    transport: Transport, /, *, limit: int | None = None, offset: int | None = None
) -> Operation[list[Json]]:
    """Webhooks (10 at a time unless told, 10 to 100).

    See https://docs.attio.com/rest-api/endpoint-reference/webhooks/list-webhooks.
    """
    params = {"limit": limit, "offset": offset}
    return transport.send(Request("GET", path("webhooks"), params=params, decode=rows))


def get(transport: Transport, /, webhook_id: str) -> Operation[Json]:
    """One webhook, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/webhooks/get-a-webhook.
    """
    return transport.send(Request("GET", path("webhooks", webhook_id), decode=row))


def create(
    transport: Transport, /, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Make a webhook: ``target_url`` (https) and ``subscriptions``. The answer has its ``secret``.

    Each subscription is ``{"event_type": ..., "filter": ... or None}``. See
    https://docs.attio.com/rest-api/endpoint-reference/webhooks/create-a-webhook.
    """
    sent, where = body(data, fields), path("webhooks")
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))


def update(
    transport: Transport, /, webhook_id: str, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Change ``target_url`` or replace ``subscriptions``.

    See https://docs.attio.com/rest-api/endpoint-reference/webhooks/update-a-webhook.
    """
    where, sent = path("webhooks", webhook_id), body(data, fields)
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=row))


def delete(transport: Transport, /, webhook_id: str) -> Operation[None]:
    """Delete a webhook for good.

    See https://docs.attio.com/rest-api/endpoint-reference/webhooks/delete-a-webhook.
    """
    where = path("webhooks", webhook_id)
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))
