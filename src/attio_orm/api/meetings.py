"""Meetings, of the calendars that are connected and made through the API."""

from __future__ import annotations

from attio_orm.api.base import Fields, Json, body, page, path, read, remove, row, row_of, write
from attio_orm.caller_warnings import warn
from attio_orm.effects import Operation
from attio_orm.transport import Settle, Transport


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

    ``participants`` is e-mails with commas; together with a linked record either is enough.
    ``sort`` is ``"start_asc"`` or ``"start_desc"``; times are ISO 8601. See https://docs.attio.com/rest-api/endpoint-reference/meetings/list-meetings.
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


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Make a meeting: a new one each time, also where there is an equal one.

    Needs ``title``, ``description``, ``start``, ``end``, ``is_all_day`` and ``participants`` (500
    at most), each with an ``email_address`` or, without one, a ``name``; ``linked_records`` may be
    given (50 at most). To find one that is there, ``list()`` before. See
    https://docs.attio.com/rest-api/endpoint-reference/meetings/create-a-meeting.
    """
    return write(transport, "POST", path("meetings"), body(data, fields), row)


def find_or_create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """What ``create()`` was called while Attio looked for an ``external_ref``: it makes one."""
    warn(
        "api.meetings.find_or_create() is deprecated, and gone in the next release: Attio makes a "
        "new meeting each time. Look for one with list(), and make it with create().",
        DeprecationWarning,
    )
    return create(transport, data, **fields)


def update(
    transport: Transport,
    /,
    meeting_id: str,
    data: Fields | None = None,
    *,
    settle: Settle | None = None,
    **fields: object,
) -> Operation[Json]:
    """Add to the ``linked_records`` of a meeting, each ``{"object": ..., "record_id": ...}``.

    Nothing else of a meeting can be changed. See
    https://docs.attio.com/rest-api/endpoint-reference/meetings/update-a-meeting.
    """
    sent, decode = body(data, fields), row_of("meeting_id", meeting_id)
    return write(transport, "PATCH", path("meetings", meeting_id), sent, decode, settle=settle)


def overwrite(
    transport: Transport,
    /,
    meeting_id: str,
    data: Fields | None = None,
    *,
    settle: Settle | None = None,
    **fields: object,
) -> Operation[Json]:
    """Replace the ``linked_records`` of a meeting; ``[]`` removes all, also those Attio made.

    See https://docs.attio.com/rest-api/endpoint-reference/meetings/replace-a-meeting.
    """
    sent, decode = body(data, fields), row_of("meeting_id", meeting_id)
    return write(transport, "PUT", path("meetings", meeting_id), sent, decode, settle=settle)


def delete(transport: Transport, /, meeting_id: str) -> Operation[None]:
    """Delete a meeting for good; Attio refuses it for one that came from a calendar.

    See https://docs.attio.com/rest-api/endpoint-reference/meetings/delete-a-meeting.
    """
    return remove(transport, path("meetings", meeting_id))
