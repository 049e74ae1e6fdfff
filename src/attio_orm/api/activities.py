"""Activities: the kinds of events of a workspace, such as phone calls."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, page, path, read, remove, row, row_of, write
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def list_(
    transport: Transport, /, *, limit: int | None = None, cursor: str | None = None
) -> Operation[tuple[list[Json], str | None]]:
    """A page of activities (100 unless told) and the cursor of the page after it.

    See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    params = {"limit": limit, "cursor": cursor}
    return read(transport, path("activities"), page, params, purpose="introspect")


def get(transport: Transport, /, activity: str) -> Operation[Json]:
    """One activity, by slug or id.

    See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    where = path("activities", activity)
    return read(transport, where, row_of("activity_id", activity), purpose="introspect")


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Make an activity of ``api_slug``, ``singular_noun``, ``plural_noun`` and ``extends``.

    It extends ``"activities"``, ``"interactions"``, ``"calls"`` or ``"emails"`` for good.
    ``ConflictError`` where the slug is taken, ``ForbiddenError`` where the plan has no
    activities of one's own. See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    return write(transport, "POST", path("activities"), body(data, fields), row)


def update(
    transport: Transport, /, activity: str, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Change ``api_slug``, ``singular_noun`` or ``plural_noun`` of an activity.

    See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    where, sent = path("activities", activity), body(data, fields)
    return write(transport, "PATCH", where, sent, row_of("activity_id", activity))


def delete(transport: Transport, /, activity: str) -> Operation[None]:
    """Delete an activity of one's own for good, with all its records.

    ``BadRequestError`` for one that Attio brings, such as phone calls. See
    https://docs.attio.com/rest-api/endpoint-reference/activities.
    """
    return remove(transport, path("activities", activity))
