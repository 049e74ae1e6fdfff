"""Call recordings of meetings and their transcripts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from attio_sandbox.bodies import (
    Field,
    Listing,
    Nullable,
    Path,
    Shape,
    Text,
    is_number,
    kind_of,
    wrapped,
)
from attio_sandbox.errors import Issue, invalid, missing_member, type_issue
from attio_sandbox.records.rendering import actor_document, json_body
from attio_sandbox.requests import Call, Reply
from attio_sandbox.requests.paging import (
    cursor_body,
    next_cursor,
    read_cursor,
    read_window,
    write_cursor,
)
from attio_sandbox.timestamps import to_datetime

PROCESSING = timedelta(seconds=5)  # on the clock of the workspace, until a recording is done
MAX_SECONDS = 10_000_000
MAX_SEGMENTS = 100  # on a page of a transcript; Attio's number is not documented


class _Seconds(Field):
    def expects(self) -> str:
        return "number"

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        if not is_number(value):
            issues.append(type_issue(path, "number", kind_of(value)))
        elif not 0 <= value <= MAX_SECONDS:
            message = f"Number must be between 0 and {MAX_SECONDS}"
            issues.append(Issue("too_small" if value < 0 else "too_big", path, message))


_SEGMENT = Shape(
    {
        "speech": Text(),
        "start_time": _Seconds(),
        "end_time": _Seconds(),
        "speaker": Shape({"name": Text()}, {"email_address": Nullable(Text())}),
    }
)
_CREATE = wrapped(Shape({}, {"video_url": Text(), "transcript": Listing(_SEGMENT)}))
_SELECT = "SELECT num, id, video_url, transcript, actor, created_at FROM recordings"

_Row = tuple[int, str, str | None, str | None, int, str]


def _document(call: Call, row: _Row, meeting_id: str) -> dict[str, Any]:
    _, key, _, _, actor, created_at = row
    is_done = call.moment >= to_datetime(created_at) + PROCESSING
    return {
        "id": _ids(call, meeting_id, key),
        "status": "completed" if is_done else "processing",
        "web_url": _web_url(call, meeting_id, key),
        "created_by_actor": actor_document(call.schema, actor),
        "created_at": created_at,
    }


def _ids(call: Call, meeting_id: str, key: str) -> dict[str, str]:
    return {
        "workspace_id": call.schema.workspace_id,
        "meeting_id": meeting_id,
        "call_recording_id": key,
    }


def _web_url(call: Call, meeting_id: str, key: str) -> str:
    return f"https://app.attio.com/{call.schema.meta['slug']}/calls/{meeting_id}/{key}"


def _meeting(call: Call, message: str = 'Meeting with ID "{}" was not found.') -> tuple[int, str]:
    key = call.uuid("meeting_id")
    row = call.one("SELECT num FROM meetings WHERE id = ?", (key,), message.format(key))
    return row[0], key


def _find(
    call: Call, message: str = 'Call recording with ID "{}" was not found.'
) -> tuple[_Row, str]:
    key = call.uuid("call_recording_id")
    meeting, meeting_id = _meeting(call)
    sql = f"{_SELECT} WHERE id = ? AND meeting = ?"
    return call.one(sql, (key, meeting), message.format(key)), meeting_id


def list_recordings(call: Call) -> bytes:
    """Answer GET /v2/meetings/{meeting_id}/call_recordings: the oldest first."""
    meeting, meeting_id = _meeting(call)
    limit, _ = read_window(call, 50, 200)
    (after,) = read_cursor(call.params, int) or (0,)
    rows: list[_Row] = call.database.rows(
        f"{_SELECT} WHERE meeting = ? AND num > ? ORDER BY num LIMIT ?", (meeting, after, limit + 1)
    )
    shown = [_document(call, row, meeting_id) for row in rows[:limit]]
    return cursor_body(shown, next_cursor(rows, limit, 0))


def create_recording(call: Call) -> bytes:
    """Answer POST /v2/meetings/{meeting_id}/call_recordings.

    The video is not fetched: nothing here asks the network, and any https address of an .mp4
    file is taken for one that is there.
    """
    meeting, meeting_id = _meeting(call, "The referenced meeting was not found.")
    data = call.checked(_CREATE)["data"]
    video_url, transcript = data.get("video_url"), data.get("transcript")
    if video_url is None and transcript is None:
        raise missing_member(("data", "video_url"), "string")
    if video_url is not None:
        _check_video(video_url)
    key = call.ids.new()
    num = call.database.insert(
        "recordings",
        id=key,
        meeting=meeting,
        video_url=video_url,
        transcript=None if transcript is None else msgspec.json.encode(transcript).decode(),
        actor=call.actor,
        created_at=call.now,
    )
    call.emit("call-recording.created", {"meeting_id": meeting_id, "call_recording_id": key})
    row = call.database.row(f"{_SELECT} WHERE num = ?", (num,))
    return json_body({"data": _document(call, row, meeting_id)})


def _check_video(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        raise invalid("Invalid video URL") from None
    if parts.scheme != "https":
        raise invalid("Invalid video URL protocol. Only https is supported")
    if not host or not parts.path.lower().endswith(".mp4"):
        raise invalid("Invalid video URL. Only .mp4 files are supported")


def get_recording(call: Call) -> bytes:
    """Answer GET /v2/meetings/{meeting_id}/call_recordings/{call_recording_id}."""
    row, meeting_id = _find(call)
    segments = _segments(row)
    transcript = None
    if row[3] is not None:
        transcript = {"segments": segments, "raw_transcript": _raw_transcript(segments)}
    document = _document(call, row, meeting_id)
    # Only what Attio's own recorder filmed has an address, and nothing here is (facts.md 8).
    return json_body({"data": {**document, "transcript": transcript, "video_url": None}})


def delete_recording(call: Call) -> Reply:
    """Answer DELETE /v2/meetings/{meeting_id}/call_recordings/{call_recording_id}, by a 204."""
    row, _ = _find(call, "The referenced call recording was not found.")
    call.database.run("DELETE FROM recordings WHERE num = ?", (row[0],))
    return Reply(204, {}, b"")


def get_transcript(call: Call) -> bytes:
    """Answer GET .../call_recordings/{call_recording_id}/transcript; empty where none was given."""
    row, meeting_id = _find(call)
    segments = _segments(row)
    (start,) = read_cursor(call.params, int) or (0,)
    end = max(start, 0) + MAX_SEGMENTS
    document = {
        "id": _ids(call, meeting_id, row[1]),
        "transcript": segments[max(start, 0) : end],
        "raw_transcript": _raw_transcript(segments),
        "web_url": f"{_web_url(call, meeting_id, row[1])}/transcript",
    }
    return cursor_body(document, write_cursor([end]) if end < len(segments) else None)


def _segments(row: _Row) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = [] if row[3] is None else msgspec.json.decode(row[3])
    return [
        {
            "speech": segment["speech"],
            "start_time": segment["start_time"],
            "end_time": segment["end_time"],
            "speaker": {"name": segment["speaker"]["name"]},
        }
        for segment in stored
    ]


def _raw_transcript(segments: list[dict[str, Any]]) -> str:
    """Give a line for each turn of a speaker, with the minute and second it starts at."""
    lines: list[str] = []
    speaker = None
    for segment in segments:
        name = segment["speaker"]["name"]
        if name == speaker:
            lines[-1] += f" {segment['speech']}"
        else:
            minutes, seconds = divmod(int(segment["start_time"]), 60)
            lines.append(f"[{minutes:02}:{seconds:02}] {name}: {segment['speech']}")
        speaker = name
    return "\n".join(lines)
