"""Select options: the titles that a select attribute can hold."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, Target, body, path, read, row, row_of, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import Transport


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
    return read(transport, where, rows, params, purpose="introspect")


def create(
    transport: Transport,
    /,
    identifier: str,
    attribute: str,
    data: Fields | None = None,
    *,
    target: Target = "objects",
    **fields: object,
) -> Operation[Json]:
    """Add an option with a ``title``; ``ConflictError`` where the title is taken.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/create-a-select-option.
    """
    where = path(target, identifier, "attributes", attribute, "options")
    return write(transport, "POST", where, body(data, fields), row)


def update(
    transport: Transport,
    /,
    identifier: str,
    attribute: str,
    option: str,
    data: Fields | None = None,
    *,
    target: Target = "objects",
    **fields: object,
) -> Operation[Json]:
    """Rename or archive (``is_archived=True``) one, by its title or id.

    See https://docs.attio.com/rest-api/endpoint-reference/attributes/update-a-select-option.
    """
    where = path(target, identifier, "attributes", attribute, "options", option)
    return write(transport, "PATCH", where, body(data, fields), row_of("option_id", option))
