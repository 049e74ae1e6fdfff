"""Saved views of objects and lists. Read only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attio_orm.api.answers import Json, page
from attio_orm.api.requests import Target, path
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
    show_archived: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> Operation[tuple[list[Json], str | None]]:
    """A page of an object's (or list's) views (500 unless told, 1,000 at most) and the next cursor.

    See https://docs.attio.com/rest-api/endpoint-reference/views/list-views-for-object.
    """
    where = path(target, identifier, "views")
    params = {"show_archived": show_archived or None, "limit": limit, "cursor": cursor}
    return transport.send(Request("GET", where, params=params, purpose="introspect", decode=page))
