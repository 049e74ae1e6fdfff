"""Attributes: the columns of objects and lists. ``target`` is ``"objects"`` or ``"lists"``."""

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
    *,
    target: Target = "objects",
    limit: int | None = None,
    offset: int | None = None,
    show_archived: bool = False,
) -> Operation[list[Json]]:
    """The attributes of an object (or list), by slug or id, in the order of Attio's own pages.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/list-attributes.
    """
    params = {"limit": limit, "offset": offset, "show_archived": show_archived or None}
    where = path(target, identifier, "attributes")
    return transport.send(Request("GET", where, params=params, purpose="introspect", decode=rows))


def get(
    transport: Transport, /, identifier: str, attribute: str, *, target: Target = "objects"
) -> Operation[Json]:
    """One attribute, by slug or id.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/get-an-attribute.
    """
    where = path(target, identifier, "attributes", attribute)
    return transport.send(Request("GET", where, purpose="introspect", decode=row))


def create(
    transport: Transport,
    /,
    identifier: str,
    data: Mapping[str, Any] | None = None,
    *,
    target: Target = "objects",
    **fields: Any,
) -> Operation[Json]:
    """Make an attribute: ``title``, ``api_slug`` and ``type`` are needed.

    Attio also wants ``description``, ``is_required``, ``is_unique``, ``is_multiselect`` and
    ``config`` each time; left out, they are sent as none, false and empty. See
    https://docs.attio.com/rest-api/endpoint-reference/attributes/create-an-attribute.
    """
    where = path(target, identifier, "attributes")
    sent = body(
        data,
        fields,
        description=None,
        is_required=False,
        is_unique=False,
        is_multiselect=False,
        config={},
    )
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))


def update(
    transport: Transport,
    /,
    identifier: str,
    attribute: str,
    data: Mapping[str, Any] | None = None,
    *,
    target: Target = "objects",
    **fields: Any,
) -> Operation[Json]:
    """Change an attribute, or archive it (``is_archived=True``); type and one/many stay.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/update-an-attribute.
    """
    where, sent = path(target, identifier, "attributes", attribute), body(data, fields)
    return transport.send(Request("PATCH", where, json=sent, purpose="write", decode=row))
