"""Statuses: the stages that a status attribute can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, row, rows
from attio_orm.api.requests import Target, body, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def list_(
    transport: Transport,
    /,
    identifier: str,
    attribute: str,
    *,
    target: Target = "objects",
    show_archived: bool = False,
) -> Operation[list[Json]]:
    """The statuses of an attribute, in their order; archived ones only when asked for.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/list-statuses.
    """
    where = path(target, identifier, "attributes", attribute, "statuses")
    params = {"show_archived": show_archived or None}
    return transport.send(Request("GET", where, params=params, purpose="introspect", decode=rows))


def create(
    transport: Transport,
    /,
    identifier: str,
    attribute: str,
    data: Mapping[str, Any] | None = None,
    *,
    target: Target = "objects",
    **fields: Any,
) -> Operation[Json]:
    """Add a status: ``title``, and if wanted ``celebration_enabled``, ``target_time_in_status``.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/create-a-status.
    """
    where = path(target, identifier, "attributes", attribute, "statuses")
    sent = body(data, fields)
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))


def update(
    transport: Transport,
    /,
    identifier: str,
    attribute: str,
    status: str,
    data: Mapping[str, Any] | None = None,
    *,
    target: Target = "objects",
    **fields: Any,
) -> Operation[Json]:
    """Rename or archive (``is_archived=True``) one, by its title or id.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/update-a-status.
    """
    where = path(target, identifier, "attributes", attribute, "statuses", status)
    sent = body(data, fields)
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=row))
