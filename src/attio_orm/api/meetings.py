"""Meetings of the calendars that are connected."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, page, path, read, row, row_of, write
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def list_(
    transport: Transport,
    /,
    *,
    linked_object: str | None = None,
    linked_record_id: str | None = None,
    participants: str | None = None,
    sort: str | None = None,
    ends_from: str | None = None,
    starts_before: str | None = None,
    timezone: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Operation[tuple[list[Json], str | None]]:
    """A page of meetings (50 unless told, 200 at most) and the cursor of the page after it.

    ``participants`` is e-mails with commas; ``sort`` is ``"start_asc"`` or ``"start_desc"``;
    times are ISO 8601. See https://docs.attio.com/rest-api/endpoint-reference/meetings/list-meetings.
    """
    params = {
        "linked_object": linked_object,
        "linked_record_id": linked_record_id,
        "participants": participants,
        "sort": sort,
        "ends_from": ends_from,
        "starts_before": starts_before,
        "timezone": timezone,
        "limit": limit,
        "cursor": cursor,
    }
    return read(transport, path("meetings"), page, params)


def get(transport: Transport, /, meeting_id: str) -> Operation[Json]:
    """One meeting, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/meetings/get-a-meeting.
    """
    return read(transport, path("meetings", meeting_id), row_of("meeting_id", meeting_id))


def find_or_create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """The meeting with this ``external_ref``, made where there is none.

    Needs ``title``, ``description``, ``start``, ``end``, ``is_all_day``, ``participants`` and
    ``external_ref``. See https://docs.attio.com/rest-api/endpoint-reference/meetings/find-or-create-a-meeting.
    """
    # not repeatable: newer versions of Attio know no external_ref, and make another one each time
    return write(transport, "POST", path("meetings"), body(data, fields), row)
