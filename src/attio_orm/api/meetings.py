"""Meetings of the calendars that are connected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, page, row
from attio_orm.api.requests import body, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


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
    return transport.send(Request("GET", path("meetings"), params=params, decode=page))


def get(transport: Transport, /, meeting_id: str) -> Operation[Json]:
    """One meeting, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/meetings/get-a-meeting.
    """
    return transport.send(Request("GET", path("meetings", meeting_id), decode=row))


def find_or_create(
    transport: Transport, /, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """The meeting with this ``external_ref``, made where there is none.

    Needs ``title``, ``description``, ``start``, ``end``, ``is_all_day``, ``participants`` and
    ``external_ref``. See https://docs.attio.com/rest-api/endpoint-reference/meetings/find-or-create-a-meeting.
    """
    sent, where = body(data, fields), path("meetings")
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))
