"""Webhooks: where Attio sends word of changes."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, path, read, remove, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Settle, Transport


def list_(
    transport: Transport, /, *, limit: int | None = None, offset: int | None = None
) -> Operation[list[Json]]:
    """Webhooks (10 at a time unless told, 10 to 100).

    See https://docs.attio.com/rest-api/endpoint-reference/webhooks/list-webhooks.
    """
    return read(transport, path("webhooks"), rows, {"limit": limit, "offset": offset})


def get(transport: Transport, /, webhook_id: str) -> Operation[Json]:
    """One webhook, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/webhooks/get-a-webhook.
    """
    return read(transport, path("webhooks", webhook_id), row_of("webhook_id", webhook_id))


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Make a webhook: ``target_url`` (https) and ``subscriptions``. The answer has its ``secret``.

    Each subscription is ``{"event_type": ..., "filter": ... or None}``. See
    https://docs.attio.com/rest-api/endpoint-reference/webhooks/create-a-webhook.
    """
    return write(transport, "POST", path("webhooks"), body(data, fields), row)


def update(
    transport: Transport,
    /,
    webhook_id: str,
    data: Fields | None = None,
    *,
    settle: Settle | None = None,
    **fields: object,
) -> Operation[Json]:
    """Change ``target_url`` or replace ``subscriptions``.

    See https://docs.attio.com/rest-api/endpoint-reference/webhooks/update-a-webhook.
    """
    sent, decode = body(data, fields), row_of("webhook_id", webhook_id)
    return write(transport, "PATCH", path("webhooks", webhook_id), sent, decode, settle=settle)


def delete(transport: Transport, /, webhook_id: str) -> Operation[None]:
    """Delete a webhook for good.

    See https://docs.attio.com/rest-api/endpoint-reference/webhooks/delete-a-webhook.
    """
    return remove(transport, path("webhooks", webhook_id))
