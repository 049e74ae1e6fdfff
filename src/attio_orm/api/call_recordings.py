"""Recordings of calls, and what was said in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, nothing, page, part, row
from attio_orm.api.requests import body, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def list_(
    transport: Transport, /, meeting_id: str, *, limit: int | None = None, cursor: str | None = None
) -> Operation[tuple[list[Json], str | None]]:
    """A page of a meeting's recordings (50 unless told, 200 at most) and the next cursor.

    See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/list-call-recordings.
    """
    where = path("meetings", meeting_id, "call_recordings")
    params = {"limit": limit, "cursor": cursor}
    return transport.send(Request("GET", where, params=params, decode=page))


def get(transport: Transport, /, meeting_id: str, call_recording_id: str) -> Operation[Json]:
    """One recording, by id.

    See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/get-call-recording.
    """
    where = path("meetings", meeting_id, "call_recordings", call_recording_id)
    return transport.send(Request("GET", where, decode=row))


def create(
    transport: Transport,
    /,
    meeting_id: str,
    data: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Operation[Json]:
    """Add a recording from ``video_url``, an https address of an mp4 file. One a second at most.

    See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/create-call-recording.
    """
    where, sent = path("meetings", meeting_id, "call_recordings"), body(data, fields)
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))


def delete(transport: Transport, /, meeting_id: str, call_recording_id: str) -> Operation[None]:
    """Delete a recording for good.

    See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/delete-call-recording.
    """
    where = path("meetings", meeting_id, "call_recordings", call_recording_id)
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))


def transcript(
    transport: Transport, /, meeting_id: str, call_recording_id: str, *, cursor: str | None = None
) -> Operation[tuple[Json, str | None]]:
    """A part of a recording's transcript, and the cursor of the part after it.

    See https://docs.attio.com/rest-api/endpoint-reference/transcripts/get-call-transcript.
    """
    where = path("meetings", meeting_id, "call_recordings", call_recording_id, "transcript")
    return transport.send(Request("GET", where, params={"cursor": cursor}, decode=part))
