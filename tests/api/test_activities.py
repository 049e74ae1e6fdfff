"""Notes, tasks, comments, meetings, recordings and files against the sandbox."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from attio_orm.api.facade import Api
from attio_orm.errors import InvalidRequestError, NotFoundError
from attio_orm.testing.backend import SandboxBackend
from attio_orm.transport.pipeline import Transport
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
    return api.meetings.create(
        title="Review",
        description="",
        start={"datetime": "2026-03-01T10:00:00", "timezone": "Europe/Paris"},
        end={"datetime": "2026-03-01T11:00:00", "timezone": "Europe/Paris"},
        is_all_day=False,
        participants=[
            {"email_address": "ada@lovelace.dev", "is_organizer": True, "status": "accepted"}
        ],
    )


def test_notes(api: Api, person_id: str) -> None:
    on: dict[str, Any] = {"parent_object": "people", "parent_record_id": person_id}
    plain = api.notes.create(on, title="Plain", content="1 * 2")
    rich = api.notes.create(on, title="Rich", content="# **Hi**", format="markdown")
    assert (plain["content_plaintext"], rich["content_plaintext"]) == ("1 * 2", "Hi")
    assert api.notes.get(rich["id"]["note_id"]) == rich
    assert api.notes.list(**on) == [rich, plain]
    assert api.notes.list(limit=1, offset=1) == [plain]
    named = api.notes.update(plain["id"]["note_id"], title="Plainer")
    assert named == plain | {"title": "Plainer"}
    written = api.notes.update(named["id"]["note_id"], content="2 * 3")
    assert (written["title"], written["content_plaintext"]) == ("Plainer", "2 * 3")
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
    assert thread.pop("has_more_comments") is False
    assert api.threads.get(head["thread_id"]) == thread | {"pagination": {"next_cursor": None}}
    first = api.threads.get(head["thread_id"], limit=1)
    assert first["comments"] == [head]
    rest = api.threads.get(head["thread_id"], cursor=first["pagination"]["next_cursor"])
    assert (rest["comments"], rest["pagination"]) == ([reply], {"next_cursor": None})
    late = api.threads.get(head["thread_id"], created_after="2100-01-01")
    assert late["comments"] == []
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


def test_links_of_meetings(api: Api, person_id: str, meeting: Any) -> None:
    key = meeting["id"]["meeting_id"]
    company = api.records.create("companies", {"name": ["Acme"]})["id"]["record_id"]
    link = {"object": "companies", "record_id": company}
    added = api.meetings.update(key, linked_records=[link])
    assert [each["record_id"] for each in added["linked_records"]] == [person_id, company]
    assert api.meetings.overwrite(key, linked_records=[])["linked_records"] == []
    api.meetings.delete(key)
    with pytest.raises(NotFoundError):
        api.meetings.get(key)


def test_the_old_name_of_create_warns_where_it_is_called(api: Api, meeting: Any) -> None:
    data = {name: meeting[name] for name in ("title", "description", "start", "end", "is_all_day")}
    data["participants"] = [{"name": "Kim", "is_organizer": True, "status": "pending"}]
    with pytest.warns(DeprecationWarning, match=r"Look for one with list\(\)") as warned:
        made = api.meetings.find_or_create(data, external_ref="review")
    assert warned[0].filename == __file__
    assert made["id"] != meeting["id"]

    async def twin() -> Any:
        return await api.meetings.afind_or_create(data)

    with pytest.warns(DeprecationWarning, match="find_or_create") as warned:
        assert asyncio.run(twin())["title"] == "Review"
    assert warned[0].filename == __file__


def test_sequences(api: Api, workspace: Workspace) -> None:
    [ada] = api.sequences.unsubscribe("ada@acme.example.com")
    found = api.sequences.unsubscribe(["bob@acme.example.com", "ada@acme.example.com"])
    assert found[1] == ada
    # Its answer is lost: it is sent again, as nothing happens twice.
    backend = SandboxBackend(workspace)
    stubborn = Api(Transport(backend, api_key=workspace.token, base="sandbox://", max_attempts=2))
    workspace.faults.fail_next("drop_after")
    assert stubborn.sequences.unsubscribe(["ada@acme.example.com"]) == [ada]


def test_emails(api: Api, workspace: Workspace) -> None:
    workspace.setup.add_email("ada@acme.example.com", ["owner@sandbox.example"], subject="Engines")
    [email], cursor = api.emails.list(participants="ada@acme.example.com")
    assert (email["subject_line"], cursor) == ("Engines", None)
    assert api.emails.list(domain="acme.example.com", exclude_automated_participants=True) == (
        [email],
        None,
    )


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
