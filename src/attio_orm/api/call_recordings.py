"""Recordings of calls, and what was said in them."""

from __future__ import annotations

from attio_orm.api.base import (
    Fields,
    Json,
    body,
    page,
    part,
    path,
    read,
    remove,
    row,
    row_of,
    write,
)
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def list_(
    transport: Transport, /, meeting_id: str, *, limit: int | None = None, cursor: str | None = None
) -> Operation[tuple[list[Json], str | None]]:
    """A page of a meeting's recordings (50 unless told, 200 at most) and the next cursor.

    See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/list-call-recordings.
    """
    where = path("meetings", meeting_id, "call_recordings")
    return read(transport, where, page, {"limit": limit, "cursor": cursor})


def get(transport: Transport, /, meeting_id: str, call_recording_id: str) -> Operation[Json]:
    """One recording, by id, with its ``transcript`` and ``video_url``, where it has them.

    See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/get-call-recording.
    """
    where = path("meetings", meeting_id, "call_recordings", call_recording_id)
    return read(transport, where, row_of("call_recording_id", call_recording_id))


def create(
    transport: Transport, /, meeting_id: str, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Add a recording from its ``transcript``, ``video_url``, or both. One a second at most.

    A segment is ``{"speech", "start_time", "end_time", "speaker": {"name"}}``, the video an https
    address of an mp4 file. See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/create-call-recording.
    """
    where = path("meetings", meeting_id, "call_recordings")
    return write(transport, "POST", where, body(data, fields), row)


def delete(transport: Transport, /, meeting_id: str, call_recording_id: str) -> Operation[None]:
    """Delete a recording for good.

    See https://docs.attio.com/rest-api/endpoint-reference/call-recordings/delete-call-recording.
    """
    return remove(transport, path("meetings", meeting_id, "call_recordings", call_recording_id))


def transcript(
    transport: Transport, /, meeting_id: str, call_recording_id: str, *, cursor: str | None = None
) -> Operation[tuple[Json, str | None]]:
    """A part of a recording's transcript, and the cursor of the part after it.

    Attio has deprecated it: ``get()`` gives the whole of it.

    See https://docs.attio.com/rest-api/endpoint-reference/transcripts/get-call-transcript.
    """
    where = path("meetings", meeting_id, "call_recordings", call_recording_id, "transcript")
    return read(transport, where, part, {"cursor": cursor})
