"""Select options: the titles that a select attribute can hold."""

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
    """The options of an attribute, in their order; archived ones only when asked for.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/list-select-options.
    """
    where = path(target, identifier, "attributes", attribute, "options")
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
    """Add an option with a ``title``; ``ConflictError`` where the title is taken.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/create-a-select-option.
    """
    where = path(target, identifier, "attributes", attribute, "options")
    sent = body(data, fields)
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))


def update(
    transport: Transport,
    /,
    identifier: str,
    attribute: str,
    option: str,
    data: Mapping[str, Any] | None = None,
    *,
    target: Target = "objects",
    **fields: Any,
) -> Operation[Json]:
    """Rename or archive (``is_archived=True``) one, by its title or id.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/update-a-select-option.
    """
    where = path(target, identifier, "attributes", attribute, "options", option)
    sent = body(data, fields)
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=row))
