"""Notes, tasks, comments, meetings, recordings and files against the sandbox."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from attio_orm.api.facade import Api
from attio_orm.errors import InvalidRequestError, NotFoundError
from attio_sandbox import Workspace
from tests.api.local import transport_to


@pytest.fixture
def api(workspace: Workspace) -> Api:
    return Api(transport_to(workspace))


@pytest.fixture
def person_id(api: Api) -> str:
    made = api.records.create("people", {"email_addresses": ["ada@lovelace.dev"]})
    key: str = made["id"]["record_id"]
    return key


@pytest.fixture
def meeting(api: Api) -> Any:
    return api.meetings.find_or_create(
        title="Review",
        description="",
        start={"datetime": "2026-03-01T10:00:00", "timezone": "Europe/Paris"},
        end={"datetime": "2026-03-01T11:00:00", "timezone": "Europe/Paris"},
        is_all_day=False,
        participants=[
            {"email_address": "ada@lovelace.dev", "is_organizer": True, "status": "accepted"}
        ],
        external_ref="review",
    )


def test_notes(api: Api, person_id: str) -> None:
    on: dict[str, Any] = {"parent_object": "people", "parent_record_id": person_id}
    plain = api.notes.create(on, title="Plain", content="1 * 2")
    rich = api.notes.create(on, title="Rich", content="# **Hi**", format="markdown")
    assert (plain["content_plaintext"], rich["content_plaintext"]) == ("1 * 2", "Hi")
    assert api.notes.get(rich["id"]["note_id"]) == rich
    assert api.notes.list(**on) == [rich, plain]
    assert api.notes.list(limit=1, offset=1) == [plain]
    api.notes.delete(plain["id"]["note_id"])
    with pytest.raises(NotFoundError):
        api.notes.get(plain["id"]["note_id"])
    with pytest.raises(InvalidRequestError):
        api.notes.list(limit=51)


def test_tasks(api: Api, person_id: str) -> None:
    bare = api.tasks.create(content="Call")
    owner = [{"workspace_member_email_address": "owner@sandbox.example"}]
    task = api.tasks.create(content="Write", linked_records=["ada@lovelace.dev"], assignees=owner)
    key = task["id"]["task_id"]
    assert task["linked_records"] == [{"target_object_id": "people", "target_record_id": person_id}]
    assert api.tasks.list(linked_object="people", linked_record_id=person_id) == [task]
    assert api.tasks.list(assignee="null") == [bare]
    assert api.tasks.list(assignee="owner@sandbox.example", sort="created_at:desc") == [task]
    done = api.tasks.update(key, is_completed=True)
    assert api.tasks.list(is_completed=True, sort="completed_at:desc") == [done]
    assert api.tasks.list(is_completed=False) == [bare]
    assert api.tasks.get(key) == done
    with pytest.raises(InvalidRequestError):
        api.tasks.update(key, content="Other")
    api.tasks.delete(key)
    assert api.tasks.list(limit=5, offset=0) == [bare]


def test_comments_and_threads(api: Api, person_id: str) -> None:
    author = {"type": "workspace-member", "id": api.members.list()[0]["id"]["workspace_member_id"]}
    head = api.comments.create(
        content="Hm", author=author, record={"object": "people", "record_id": person_id}
    )
    reply = api.comments.create(content="Yes", author=author, thread_id=head["thread_id"])
    [thread] = api.threads.list(object="people", record_id=person_id, limit=1, offset=0)
    assert thread["comments"] == [head, reply]
    assert api.threads.get(head["thread_id"]) == thread
    assert api.comments.get(reply["id"]["comment_id"]) == reply
    with pytest.raises(InvalidRequestError) as caught:
        api.comments.create(content="x", author=author)
    assert caught.value.status == 400
    api.comments.delete(head["id"]["comment_id"])
    assert api.threads.list() == []


def test_meetings(api: Api, person_id: str, meeting: Any) -> None:
    assert meeting["start"]["datetime"] == "2026-03-01T10:00:00.000+01:00"
    assert api.meetings.get(meeting["id"]["meeting_id"]) == meeting
    assert api.meetings.list() == ([meeting], None)
    of: dict[str, Any] = {"linked_object": "people", "linked_record_id": person_id}
    assert api.meetings.list(**of, participants="ada@lovelace.dev", limit=1) == ([meeting], None)
    assert api.meetings.list(starts_before="2026-03-01", sort="start_desc") == ([], None)
    assert api.meetings.list(ends_from="2026-03-02", timezone="Europe/Paris") == ([], None)


def test_call_recordings(api: Api, meeting: Any) -> None:
    key = meeting["id"]["meeting_id"]
    said = {"speech": "Hi", "start_time": 0.5, "end_time": 1, "speaker": {"name": "Ada"}}
    made = [
        api.call_recordings.create(key, video_url="https://a.test/b.mp4", transcript=[said])
        for _ in range(2)
    ]
    first, cursor = api.call_recordings.list(key, limit=1)
    second, end = api.call_recordings.list(key, limit=1, cursor=cursor)
    assert (first + second, end) == (made, None)
    one = made[0]["id"]["call_recording_id"]
    assert api.call_recordings.get(key, one)["transcript"]["segments"] == [said]
    part, end = api.call_recordings.transcript(key, one)
    assert (part["transcript"], part["raw_transcript"], end) == ([said], "[00:00] Ada: Hi", None)
    api.call_recordings.delete(key, one)
    assert api.call_recordings.list(key) == (made[1:], None)


def test_files(api: Api, person_id: str) -> None:
    place: dict[str, Any] = {"object": "people", "record_id": person_id}
    folder = api.files.create(**place, file_type="folder", name="Papers")
    key = folder["id"]["file_id"]
    name, content = 'ü "quoted"\r\n.bin', b"\r\n--\x00\xff"
    file = api.files.upload("people", person_id, name, content, parent_folder_id=key)
    assert (file["name"], file["content_size"]) == (name, len(content))
    assert file["content_type"] == "application/octet-stream"
    assert api.files.get(key)["has_children"] is True
    assert api.files.list("people", person_id, parent_folder_id=key) == ([file], None)
    assert api.files.list("people", person_id, storage_provider="box") == ([], None)
    first, cursor = api.files.list("people", person_id, limit=1)
    assert first == [folder]
    assert api.files.list("people", person_id, limit=1, cursor=cursor) == ([file], None)
    api.files.delete(key)
    assert api.files.list("people", person_id) == ([], None)


def test_scim(api: Api) -> None:
    assert [each["name"] for each in api.scim.schemas()["Resources"]] == ["User", "Group"]


async def _twins(api: Api, person_id: str) -> None:
    on: dict[str, Any] = {"parent_object": "people", "parent_record_id": person_id}
    note = await api.notes.acreate(on, title="T", content="x")
    assert await api.notes.alist(**on) == [note]
    task = await api.tasks.acreate(content="x", linked_records=[person_id])
    assert await api.tasks.alist() == [task]
    file = await api.files.aupload("people", person_id, "a.txt", b"x")
    assert await api.files.alist("people", person_id) == ([file], None)
    await api.files.adelete(file["id"]["file_id"])
    assert await api.files.alist("people", person_id) == ([], None)


def test_the_twins(api: Api, person_id: str) -> None:
    asyncio.run(_twins(api, person_id))
