"""Saved views of objects and lists. Read only."""

from __future__ import annotations

from attio_orm.api.base import Json, Target, page, path, read
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def list_(
    transport: Transport,
    /,
    identifier: str,
    *,
    target: Target = "objects",
    show_archived: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> Operation[tuple[list[Json], str | None]]:
    """A page of an object's (or list's) views (500 unless told, 1,000 at most) and the next cursor.

    See https://docs.attio.com/rest-api/endpoint-reference/views/list-views-for-object.
    """
    where = path(target, identifier, "views")
    params = {"show_archived": show_archived or None, "limit": limit, "cursor": cursor}
    return read(transport, where, page, params, purpose="introspect")
