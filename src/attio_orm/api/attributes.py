"""Attributes: the columns of objects and lists. ``target`` is ``"objects"`` or ``"lists"``."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, Target, body, path, read, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Transport


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
    return read(transport, where, rows, params, purpose="introspect")


def get(
    transport: Transport, /, identifier: str, attribute: str, *, target: Target = "objects"
) -> Operation[Json]:
    """One attribute, by slug or id.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/get-an-attribute.
    """
    where = path(target, identifier, "attributes", attribute)
    return read(transport, where, row_of("attribute_id", attribute), purpose="introspect")


def create(
    transport: Transport,
    /,
    identifier: str,
    data: Fields | None = None,
    *,
    target: Target = "objects",
    **fields: object,
) -> Operation[Json]:
    """Make an attribute: ``title``, ``api_slug`` and ``type`` are needed.

    Attio also wants ``description``, ``is_required``, ``is_unique``, ``is_multiselect`` and
    ``config`` each time; left out, they are sent as none, false and empty. See
    https://docs.attio.com/rest-api/endpoint-reference/attributes/create-an-attribute.
    """
    where = path(target, identifier, "attributes")
    sent = body(  # Attio answers 400 where one of these is missing
        data,
        fields,
        description=None,
        is_required=False,
        is_unique=False,
        is_multiselect=False,
        config={},
    )
    return write(transport, "POST", where, sent, row)


def update(
    transport: Transport,
    /,
    identifier: str,
    attribute: str,
    data: Fields | None = None,
    *,
    target: Target = "objects",
    **fields: object,
) -> Operation[Json]:
    """Change an attribute, or archive it (``is_archived=True``); type and one/many stay.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/update-an-attribute.
    """
    where = path(target, identifier, "attributes", attribute)
    return write(transport, "PATCH", where, body(data, fields), row_of("attribute_id", attribute))
