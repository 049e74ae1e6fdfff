"""Call recordings and transcripts."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Client
from tests.sandbox.helpers import Told, all_pages, check_limits, path_of
from tests.sandbox.resources.meetings.calendar import make as make_meeting

VIDEO = "https://videos.test/call.mp4"


def segment(speech: str, start: float, name: str = "Ada", **more: Any) -> dict[str, Any]:
    times = {"start_time": start, "end_time": start + 0.5}
    return {"speech": speech, **times, "speaker": {"name": name, **more}}


@pytest.fixture
def path(api: Client) -> str:
    """The path of the recordings of a meeting."""
    return f"/v2/meetings/{make_meeting(api)['id']['meeting_id']}/call_recordings"


def test_a_recording(api: Client, ws: Workspace, clock: Clock, path: str) -> None:
    told = Told(ws, "call-recording.created")
    made = api.data("POST", path, {"data": {"video_url": VIDEO}})
    meeting, key = path.split("/")[3], made["id"]["call_recording_id"]
    assert made == {
        "id": {"workspace_id": ws.workspace_id, "meeting_id": meeting, "call_recording_id": key},
        "status": "processing",
        "web_url": f"https://app.attio.com/{ws.slug}/calls/{meeting}/{key}",
        "created_by_actor": made["created_by_actor"],
        "created_at": "2026-02-03T10:11:12.520000000Z",
    }
    event = {"event_type": "call-recording.created", "id": made["id"]}
    assert told.take() == [event | {"actor": made["created_by_actor"]}]
    assert api.data("GET", path) == [made]
    clock.move(4.999)
    assert api.data("GET", f"{path}/{key}")["status"] == "processing"
    clock.move(0.001)
    done = made | {"status": "completed"}
    assert api.data("GET", f"{path}/{key}") == done | {"transcript": None, "video_url": None}
    assert api.data("GET", path) == [done]
    empty = api.send("GET", f"{path}/{key}/transcript").json
    assert empty == {
        "data": {
            "id": made["id"],
            "transcript": [],
            "raw_transcript": "",
            "web_url": f"{made['web_url']}/transcript",
        },
        "pagination": {"next_cursor": None},
    }
    reply = ws.handle("DELETE", f"{path}/{key}", headers=api.headers)
    assert (reply.status, reply.body) == (204, b"")
    assert api.send("GET", f"{path}/{key}").code == "404 not_found"


def test_a_transcript(api: Client, path: str) -> None:
    said = [
        segment("Mr Watson,", 0.51, "Alex", email_address="alex@bell.example.com"),
        segment("come here.", 1.4, "Alex"),
        segment("Coming.", 65, "Tom"),
        segment("Good.", 3600, "Alex"),
    ]
    made = api.data("POST", path, {"data": {"transcript": said}})
    raw = "[00:00] Alex: Mr Watson, come here.\n[01:05] Tom: Coming.\n[60:00] Alex: Good."
    shown = [one | {"speaker": {"name": one["speaker"]["name"]}} for one in said]
    one = f"{path}/{made['id']['call_recording_id']}"
    assert api.data("GET", one)["transcript"] == {"segments": shown, "raw_transcript": raw}
    found = api.data("GET", f"{one}/transcript")
    assert (found["transcript"], found["raw_transcript"]) == (shown, raw)


def test_a_long_transcript_comes_in_pages(api: Client, path: str) -> None:
    said = [segment(str(number), number) for number in range(250)]
    made = api.data("POST", path, {"data": {"video_url": VIDEO, "transcript": said}})
    one = f"{path}/{made['id']['call_recording_id']}/transcript"
    pages: list[Any] = all_pages(api, one)
    assert [len(page["transcript"]) for page in pages] == [100, 100, 50]
    assert [each["speech"] for page in pages for each in page["transcript"]] == [
        str(number) for number in range(250)
    ]
    assert path_of(api.send("GET", one, cursor="x")) == ["cursor"]


def test_lists(api: Client, path: str) -> None:
    other = make_meeting(api)["id"]["meeting_id"]
    api.data("POST", f"/v2/meetings/{other}/call_recordings", {"data": {"video_url": VIDEO}})
    made = [api.data("POST", path, {"data": {"video_url": VIDEO}}) for _ in range(5)]
    assert api.data("GET", path) == made
    assert all_pages(api, path, limit="2") == [made[:2], made[2:4], made[4:]]
    check_limits(lambda **params: api.send("GET", path, **params), 200, offset=False)
    assert path_of(api.send("GET", path, cursor="x")) == ["cursor"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Body payload validation error."),
        ({"video_url": None}, "Body payload validation error."),
        ({"video_url": "http://a.test/b.mp4"}, "Invalid video URL protocol. Only https is"),
        ({"video_url": "https:///b.mp4"}, "Invalid video URL"),
        ({"video_url": "https://a.test/b.mov"}, "Invalid video URL"),
        ({"video_url": "https://[a/b.mp4"}, "Invalid video URL"),
        ({"transcript": [segment("x", -1)]}, "Body payload validation error."),
        ({"transcript": [segment("x", 1e308)]}, "Body payload validation error."),
        ({"transcript": [{**segment("x", 1), "start_time": "1"}]}, "Body payload validation error"),
        ({"transcript": [{"speech": "x"}]}, "Body payload validation error."),
    ],
)
def test_bad_recordings(api: Client, path: str, data: dict[str, Any], message: str) -> None:
    answer = api.send("POST", path, {"data": data})
    assert answer.code == "400 validation_type"
    assert answer.json["message"].startswith(message)
    assert api.data("GET", path) == []


def test_recordings_of_nothing(api: Client, path: str) -> None:
    key = api.data("POST", path, {"data": {"video_url": VIDEO}})["id"]["call_recording_id"]
    ghost = f"/v2/meetings/{GHOST}/call_recordings"
    other = f"/v2/meetings/{make_meeting(api)['id']['meeting_id']}/call_recordings"
    for method, where, message in (
        ("GET", ghost, f'Meeting with ID "{GHOST}" was not found.'),
        ("POST", ghost, "The referenced meeting was not found."),
        ("GET", f"{path}/{GHOST}", f'Call recording with ID "{GHOST}" was not found.'),
        ("GET", f"{other}/{key}", f'Call recording with ID "{key}" was not found.'),
        ("GET", f"{path}/{GHOST}/transcript", f'Call recording with ID "{GHOST}" was not found.'),
        ("DELETE", f"{path}/{GHOST}", "The referenced call recording was not found."),
    ):
        answer = api.send(method, where, {"data": {"video_url": VIDEO}})
        assert (answer.code, answer.json["message"]) == ("404 not_found", message)
