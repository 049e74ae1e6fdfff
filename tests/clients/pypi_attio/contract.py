"""The calls of PyPI's `attio` against a served sandbox; it validates requests and answers.

Reads ATTIO_BASE_URL and ATTIO_API_KEY; prints one JSON line a step: {"step", "error"}.
"""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

import httpx
from attio import SDK
from attio.errors import ResponseValidationError

ACCESS = {"oauth2": os.environ["ATTIO_API_KEY"], "server_url": os.environ["ATTIO_BASE_URL"]}
sdk = SDK(**ACCESS)
made: dict[str, str] = {}
steps: list[tuple[str, Callable[[], None]]] = []


def step(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def remember(action: Callable[[], None]) -> Callable[[], None]:
        steps.append((name, action))
        return action

    return remember


def plain(found: Any) -> Any:
    """An answer of the SDK as its JSON, with the names that were on the wire."""
    return found.model_dump(by_alias=True, mode="json")


def data(found: Any) -> Any:
    return plain(found)["data"]


def refused(status: int, code: str, call: Callable[..., Any], **arguments: Any) -> None:
    """The SDK knows few codes for a status, and then complains; what was answered counts."""
    try:
        call(**arguments)
    except Exception as error:
        answer: httpx.Response = error.raw_response  # type: ignore[attr-defined]
        found = answer.json()
        assert (answer.status_code, found["code"]) == (status, code), found
        assert found["status_code"] == status
        return
    raise AssertionError("it was not refused")


def open_comments(call: Callable[..., Any], **arguments: Any) -> Any:
    """What a call answers whose comments nobody has resolved: their `resolved_by` is null.

    That was recorded of Attio, whose specification has an object of nulls there, and with it the
    SDK. Nothing is rewritten for it: what the SDK rejects has to be this and nothing else.
    """
    try:
        call(**arguments)
    except ResponseValidationError as error:
        rejected = error
    else:
        raise AssertionError("the SDK takes a null resolved_by now: call it as any other")
    paths = re.findall(r"^body\.\S+", str(rejected), re.MULTILINE)
    assert paths, rejected
    assert all(path.endswith(".resolved_by") for path in paths), rejected
    return rejected.raw_response.json()["data"]


# -- who and what ----------------------------------------------------------------------------------


@step("self")
def _() -> None:
    found = plain(sdk.meta.get_v2_self())
    assert found["active"] is True
    assert found["token_type"] == "Bearer"


@step("members")
def _() -> None:
    members = data(sdk.workspace_members.get_v2_workspace_members())
    made["member"] = members[0]["id"]["workspace_member_id"]
    one = data(
        sdk.workspace_members.get_v2_workspace_members_workspace_member_id_(
            workspace_member_id=made["member"]
        )
    )
    assert one == members[0]


@step("objects")
def _() -> None:
    slugs = {each["api_slug"] for each in data(sdk.objects.get_v2_objects())}
    assert {"people", "companies", "deals"} <= slugs
    fields = {"api_slug": "projects", "singular_noun": "Project", "plural_noun": "Projects"}
    sdk.objects.post_v2_objects(data=fields)
    refused(409, "slug_conflict", sdk.objects.post_v2_objects, data=fields)
    sdk.objects.patch_v2_objects_object_(object="projects", data={"plural_noun": "Client work"})
    found = data(sdk.objects.get_v2_objects_object_(object="projects"))
    assert found["plural_noun"] == "Client work"
    assert data(sdk.objects.get_v2_objects_object_views(object="projects")) == []
    refused(404, "not_found", sdk.objects.get_v2_objects_object_, object="nothing")


# -- attributes ------------------------------------------------------------------------------------

PROJECTS = {"target": "objects", "identifier": "projects"}
TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "code": ("text", {"is_unique": True}),
    "words": ("text", {}),
    "size": ("number", {}),
    "done": ("checkbox", {}),
    "day": ("date", {}),
    "moment": ("timestamp", {}),
    "stars": ("rating", {}),
    "place": ("location", {}),
    "site": ("domain", {"is_multiselect": True}),
    "mail": ("email-address", {"is_multiselect": True}),
    "phone": ("phone-number", {"is_multiselect": True}),
    "kind": ("select", {}),
    "tags": ("select", {"is_multiselect": True}),
    "stage": ("status", {}),
    "owner": ("actor-reference", {}),
    "budget": (
        "currency",
        {"config": {"currency": {"default_currency_code": "EUR", "display_type": "symbol"}}},
    ),
    "accounts": (
        "record-reference",
        {
            "is_multiselect": True,
            "config": {"record_reference": {"allowed_objects": ["companies"]}},
            "relationship": {
                "object": "companies",
                "title": "Projects",
                "api_slug": "projects",
                "is_multiselect": True,
            },
        },
    ),
}


@step("attributes of each type")
def _() -> None:
    for slug, (kind, more) in TYPES.items():
        base = {"title": slug.title(), "description": None, "api_slug": slug, "type": kind}
        flags = {"is_required": False, "is_unique": False, "is_multiselect": False, "config": {}}
        sdk.attributes.post_v2_target_identifier_attributes(
            **PROJECTS, data={**base, **flags, **more}
        )
    for name in ("people", "companies", "deals", "users", "workspaces", "projects"):
        listed = data(
            sdk.attributes.get_v2_target_identifier_attributes(target="objects", identifier=name)
        )
        assert len(listed) > 5, name
    sdk.attributes.patch_v2_target_identifier_attributes_attribute_(
        **PROJECTS, attribute="words", data={"title": "Text", "description": "Words"}
    )
    found = data(
        sdk.attributes.get_v2_target_identifier_attributes_attribute_(**PROJECTS, attribute="words")
    )
    assert (found["title"], found["description"], found["type"]) == ("Text", "Words", "text")


@step("options and statuses")
def _() -> None:
    api = sdk.attributes
    for slug in ("kind", "tags"):
        for title in ("High", "Low"):
            api.post_v2_target_identifier_attributes_attribute_options(
                **PROJECTS, attribute=slug, data={"title": title}
            )
        listed = data(
            api.get_v2_target_identifier_attributes_attribute_options(**PROJECTS, attribute=slug)
        )
        assert [each["title"] for each in listed] == ["High", "Low"]
    api.patch_v2_target_identifier_attributes_attribute_options_option_(
        **PROJECTS, attribute="kind", option="Low", data={"title": "Small"}
    )
    api.post_v2_target_identifier_attributes_attribute_statuses(
        **PROJECTS,
        attribute="stage",
        data={"title": "Open", "celebration_enabled": False, "target_time_in_status": "P7D"},
    )
    api.patch_v2_target_identifier_attributes_attribute_statuses_status_(
        **PROJECTS, attribute="stage", status="Open", data={"title": "Live"}
    )
    listed = data(
        api.get_v2_target_identifier_attributes_attribute_statuses(**PROJECTS, attribute="stage")
    )
    assert [(each["title"], each["target_time_in_status"]) for each in listed] == [("Live", "P7D")]


# -- records ---------------------------------------------------------------------------------------


def companies(values: dict[str, Any]) -> Any:
    return data(sdk.records.post_v2_objects_object_records(object="companies", data=_in(values)))


def _in(values: dict[str, Any]) -> dict[str, Any]:
    return {"values": values}


@step("create, get, delete")
def _() -> None:
    acme = companies({"name": [{"value": "Acme"}], "domains": [{"domain": "acme.example.com"}]})
    made["company"] = acme["id"]["record_id"]
    made["other"] = companies({"name": ["Labs"], "domains": ["labs.example"]})["id"]["record_id"]
    here = {"object": "companies", "record_id": made["company"]}
    found = data(sdk.records.get_v2_objects_object_records_record_id_(**here))
    assert found["values"]["domains"][0]["root_domain"] == "example.com"
    refused(
        400,
        "uniqueness_conflict",
        sdk.records.post_v2_objects_object_records,
        object="companies",
        data=_in({"domains": ["acme.example.com"]}),
    )
    lost = companies({"name": ["Lost"]})["id"]["record_id"]
    there = {"object": "companies", "record_id": lost}
    sdk.records.delete_v2_objects_object_records_record_id_(**there)
    refused(404, "not_found", sdk.records.get_v2_objects_object_records_record_id_, **there)


@step("values of each type")
def _() -> None:
    values: dict[str, Any] = {
        "code": ["P-1"],
        "words": [{"value": "words"}],
        "size": [14.5],
        "done": [True],
        "day": ["2026-03-01"],
        "moment": ["2026-03-01T10:00:00.000Z"],
        "stars": [{"value": 4}],
        "site": [{"domain": "shop.acme.example.com"}],
        "mail": [{"email_address": "Kim@Acme.example.com"}],
        "phone": [{"original_phone_number": "+14155550123"}],
        "kind": [{"option": "High"}],
        "tags": ["High", "Low"],
        "stage": [{"status": "Live"}],
        "budget": [{"currency_value": 1250.5}],
        "owner": [
            {"referenced_actor_type": "workspace-member", "referenced_actor_id": made["member"]}
        ],
        "accounts": [{"target_object": "companies", "target_record_id": made["company"]}],
        "place": [
            {
                **dict.fromkeys(["line_1", "line_2", "line_3", "line_4", "region", "postcode"]),
                "locality": "Berlin",
                "country_code": "DE",
                "latitude": "52.52",
                "longitude": "13.405",
            }
        ],
    }
    project = data(sdk.records.post_v2_objects_object_records(object="projects", data=_in(values)))
    made["project"] = project["id"]["record_id"]
    found = project["values"]
    assert set(TYPES) <= set(found)
    empty = [slug for slug in TYPES if not found[slug]]
    assert empty == []
    assert (found["budget"][0]["currency_value"], found["size"][0]["value"]) == (1250.5, 14.5)
    assert found["mail"][0]["email_address"] == "kim@acme.example.com"
    assert found["place"][0]["locality"] == "Berlin"
    assert [each["option"]["title"] for each in found["tags"]] == ["High", "Low"]
    assert found["moment"][0]["value"].startswith("2026-03-01T10:00:00.000")


@step("assert, patch, put")
def _() -> None:
    person = {
        "name": [{"first_name": "Ada", "last_name": "Byron", "full_name": "Ada Byron"}],
        "email_addresses": ["ada@acme.example.com"],
        "company": [{"target_object": "companies", "target_record_id": made["company"]}],
    }
    ids = [
        data(
            sdk.records.put_v2_objects_object_records(
                object="people", matching_attribute="email_addresses", data=_in(person)
            )
        )["id"]["record_id"]
        for _ in range(2)
    ]
    assert ids[0] == ids[1]
    made["person"] = ids[0]
    here = {"object": "people", "record_id": made["person"]}
    more = _in({"email_addresses": ["new@acme.example.com"]})
    patched = data(sdk.records.patch_v2_objects_object_records_record_id_(**here, data=more))
    mails = [each["email_address"] for each in patched["values"]["email_addresses"]]
    assert mails == ["new@acme.example.com", "ada@acme.example.com"]
    put = data(sdk.records.put_v2_objects_object_records_record_id_(**here, data=more))
    mails = [each["email_address"] for each in put["values"]["email_addresses"]]
    assert mails == ["new@acme.example.com"]
    team = data(
        sdk.records.get_v2_objects_object_records_record_id_(
            object="companies", record_id=made["company"]
        )
    )["values"]["team"]
    assert [each["target_record_id"] for each in team] == [made["person"]]


@step("query")
def _() -> None:
    for number in range(5):
        companies({"name": [f"Firm {number}"]})
    query = sdk.records.post_v2_objects_object_records_query
    names: list[str] = []
    for offset in (0, 2, 4):
        page = data(
            query(
                object="companies",
                filter_={"name": {"$starts_with": "Firm"}},
                sorts=[{"attribute": "name", "field": "value", "direction": "desc"}],
                limit=2,
                offset=offset,
            )
        )
        names += [each["values"]["name"][0]["value"] for each in page]
    assert names == [f"Firm {number}" for number in reversed(range(5))]
    path = {
        "path": [["companies", "team"], ["people", "name"]],
        "constraints": {"first_name": {"$eq": "Ada"}},
    }
    assert [each["id"]["record_id"] for each in data(query(object="companies", filter_=path))] == [
        made["company"]
    ]
    either = {"$or": [{"domains": "acme.example.com"}, {"$not": {"name": {"$contains": "firm"}}}]}
    assert len(data(query(object="companies", filter_=either))) == 2
    refused(
        400, "unknown_filter_attribute_slug", query, object="companies", filter_={"nothing": "x"}
    )


@step("history")
def _() -> None:
    where = {"object": "companies", "record_id": made["company"]}
    for name in ("Acme Corp", "Acme Inc"):
        sdk.records.patch_v2_objects_object_records_record_id_(**where, data=_in({"name": [name]}))
    read = sdk.records.get_v2_objects_object_records_record_id_attributes_attribute_values
    past = data(read(**where, attribute="name", show_historic=True))
    assert [each["value"] for each in past] == ["Acme", "Acme Corp", "Acme Inc"]
    assert [each["active_until"] is None for each in past] == [False, False, True]
    written = data(
        sdk.records.put_v2_objects_object_records_record_id_attributes_attribute_values(
            **where,
            attribute="description",
            data={
                "values": [
                    {"value": "Anvils", "active_from": "2026-01-01T00:00:00Z", "active_until": None}
                ],
                "replace_history": True,
            },
        )
    )
    assert [each["value"] for each in written] == ["Anvils"]


@step("search")
def _() -> None:
    found = data(
        sdk.records.post_v2_objects_records_search(
            query="acme", objects=["people", "companies"], request_as={"type": "workspace"}
        )
    )
    assert made["company"] in {each["id"]["record_id"] for each in found}


@step("merge")
def _() -> None:
    first = companies({"name": ["One"]})["id"]["record_id"]
    second = companies({"name": ["Two"], "description": ["kept"]})["id"]["record_id"]
    merged = data(
        sdk.records.post_v2_objects_object_records_merge(
            object="companies", data={"primary_record_id": first, "secondary_record_id": second}
        )
    )["new_record_id"]
    found = data(
        sdk.records.get_v2_objects_object_records_record_id_(object="companies", record_id=merged)
    )["values"]
    assert (found["name"][0]["value"], found["description"][0]["value"]) == ("One", "kept")


# -- lists and entries -----------------------------------------------------------------------------


@step("lists")
def _() -> None:
    made_list = data(
        sdk.lists.post_v2_lists(
            data={
                "name": "Sales",
                "api_slug": "sales",
                "parent_object": "companies",
                "workspace_access": "full-access",
                "workspace_member_access": [],
            }
        )
    )
    assert made_list["parent_object"] == ["companies"]
    sdk.lists.patch_v2_lists_list_(list_id="sales", data={"name": "Sales 2026"})
    assert data(sdk.lists.get_v2_lists_list_(list_id="sales"))["name"] == "Sales 2026"
    assert "sales" in {each["api_slug"] for each in data(sdk.lists.get_v2_lists())}
    assert data(sdk.lists.get_v2_lists_list_views(list_id="sales")) == []
    for slug, kind in (("priority", "number"), ("stage", "status"), ("topics", "select")):
        sdk.attributes.post_v2_target_identifier_attributes(
            target="lists",
            identifier="sales",
            data={
                "title": slug,
                "description": None,
                "api_slug": slug,
                "type": kind,
                "is_required": False,
                "is_unique": False,
                "is_multiselect": slug == "topics",
                "config": {},
            },
        )
    sales = {"target": "lists", "identifier": "sales"}
    for title in ("Lead", "Won"):
        sdk.attributes.post_v2_target_identifier_attributes_attribute_statuses(
            **sales, attribute="stage", data={"title": title}
        )
        sdk.attributes.post_v2_target_identifier_attributes_attribute_options(
            **sales, attribute="topics", data={"title": title}
        )


@step("entries")
def _() -> None:
    api = sdk.entries
    fields = {"parent_record_id": made["company"], "parent_object": "companies"}
    entry = data(
        api.post_v2_lists_list_entries(
            list_id="sales", data={**fields, "entry_values": {"priority": [1], "stage": ["Lead"]}}
        )
    )
    made["entry"] = entry["id"]["entry_id"]
    again = data(
        api.put_v2_lists_list_entries(
            list_id="sales", data={**fields, "entry_values": {"priority": [2]}}
        )
    )
    assert again["id"]["entry_id"] == made["entry"]
    here = {"list_id": "sales", "entry_id": made["entry"]}
    topics = {"entry_values": {"topics": ["Lead"]}}
    api.patch_v2_lists_list_entries_entry_id_(**here, data=topics)
    topics = {"entry_values": {"topics": ["Won"]}}
    api.patch_v2_lists_list_entries_entry_id_(**here, data=topics)
    found = data(api.get_v2_lists_list_entries_entry_id_(**here))["entry_values"]
    assert [each["option"]["title"] for each in found["topics"]] == ["Won", "Lead"]
    api.put_v2_lists_list_entries_entry_id_(**here, data=topics)
    found = data(api.get_v2_lists_list_entries_entry_id_(**here))["entry_values"]
    assert [each["option"]["title"] for each in found["topics"]] == ["Won"]
    by_parent = {
        "path": [["sales", "parent_record"], ["companies", "domains"]],
        "constraints": {"domain": "acme.example.com"},
    }
    for condition in ({"stage": "Lead"}, {"priority": {"$gte": 2}}, by_parent):
        listed = data(api.post_v2_lists_list_entries_query(list_id="sales", filter_=condition))
        assert [each["id"]["entry_id"] for each in listed] == [made["entry"]], condition
    past = data(
        api.get_v2_lists_list_entries_entry_id_attributes_attribute_values(
            **here, attribute="priority", show_historic=True
        )
    )
    assert [each["value"] for each in past] == [1, 2]
    api.put_v2_lists_list_entries_entry_id_attributes_attribute_values(
        **here,
        attribute="priority",
        data={
            "values": [{"value": 5, "active_from": "2026-01-01T00:00:00Z", "active_until": None}],
            "replace_history": True,
        },
    )
    of_record = data(
        sdk.records.get_v2_objects_object_records_record_id_entries(
            object="companies", record_id=made["company"]
        )
    )
    assert [each["entry_id"] for each in of_record] == [made["entry"]]
    spare = data(
        api.post_v2_lists_list_entries(list_id="sales", data={**fields, "entry_values": {}})
    )["id"]["entry_id"]
    refused(
        400,
        "multiple_match_results",
        api.put_v2_lists_list_entries,
        list_id="sales",
        data={**fields, "entry_values": {}},
    )
    api.delete_v2_lists_list_entries_entry_id_(list_id="sales", entry_id=spare)


# -- notes, tasks, comments, meetings, files -------------------------------------------------------


@step("notes")
def _() -> None:
    fields = {"parent_object": "people", "parent_record_id": made["person"], "title": "Call"}
    note = data(
        sdk.notes.post_v2_notes(
            data={**fields, "format_": "markdown", "content": "# Plan\n\n- one\n- **two**"}
        )
    )
    note_id = note["id"]["note_id"]
    assert note["content_plaintext"].splitlines()[0] == "Plan"
    assert data(sdk.notes.get_v2_notes_note_id_(note_id=note_id)) == note
    listed = data(
        sdk.notes.get_v2_notes(
            parent_object="people", parent_record_id=made["person"], limit=50, offset=0
        )
    )
    assert listed == [note]
    sdk.notes.delete_v2_notes_note_id_(note_id=note_id)
    refused(404, "not_found", sdk.notes.get_v2_notes_note_id_, note_id=note_id)


@step("tasks")
def _() -> None:
    task = data(
        sdk.tasks.post_v2_tasks(
            data={
                "content": "Follow up",
                "format_": "plaintext",
                "deadline_at": "2026-12-31T17:00:00Z",
                "is_completed": False,
                "linked_records": [
                    {"target_object": "companies", "target_record_id": made["company"]}
                ],
                "assignees": [
                    {
                        "referenced_actor_type": "workspace-member",
                        "referenced_actor_id": made["member"],
                    }
                ],
            }
        )
    )
    task_id = task["id"]["task_id"]
    sdk.tasks.patch_v2_tasks_task_id_(task_id=task_id, data={"is_completed": True})
    found = data(sdk.tasks.get_v2_tasks_task_id_(task_id=task_id))
    assert (found["is_completed"], found["content_plaintext"]) == (True, "Follow up")
    for arguments in (
        {"is_completed": True, "sort": "created_at:desc"},
        {"linked_object": "companies", "linked_record_id": made["company"]},
        {"assignee": made["member"]},
    ):
        listed = data(sdk.tasks.get_v2_tasks(limit=10, offset=0, **arguments))
        assert [each["id"]["task_id"] for each in listed] == [task_id], arguments
    assert data(sdk.tasks.get_v2_tasks(assignee=None)) in ([], [found])
    sdk.tasks.delete_v2_tasks_task_id_(task_id=task_id)


@step("comments and threads")
def _() -> None:
    base = {"format_": "plaintext", "author": {"type": "workspace-member", "id": made["member"]}}
    record = {"object": "people", "record_id": made["person"]}
    post, thread = sdk.comments.post_v2_comments, sdk.threads.get_v2_threads_thread_id_
    head = open_comments(post, data={**base, "content": "First", "record": record})
    open_comments(post, data={**base, "content": "Second", "thread_id": head["thread_id"]})
    listing = sdk.threads.get_v2_threads
    threads = open_comments(listing, object="people", record_id=made["person"])
    assert [each["content_plaintext"] for each in threads[0]["comments"]] == ["First", "Second"]
    found = open_comments(thread, thread_id=head["thread_id"])
    assert found["comments"] == threads[0]["comments"]
    on_entry = open_comments(
        post,
        data={**base, "content": "Third", "entry": {"list": "sales", "entry_id": made["entry"]}},
    )
    assert on_entry["entry"]["entry_id"] == made["entry"]
    assert len(open_comments(listing, list_id="sales", entry_id=made["entry"])) == 1
    comment_id = head["id"]["comment_id"]
    assert open_comments(sdk.comments.get_v2_comments_comment_id_, comment_id=comment_id) == head
    sdk.comments.delete_v2_comments_comment_id_(comment_id=comment_id)
    refused(404, "not_found", thread, thread_id=head["thread_id"])


@step("meetings and call recordings")
def _() -> None:
    meeting = data(
        sdk.meetings.post_v2_meetings(
            data={
                "title": "Review",
                "description": "Quarterly",
                "start": {"datetime_": "2026-03-01T10:00:00.000Z", "timezone": "UTC"},
                "end": {"datetime_": "2026-03-01T11:00:00.000Z", "timezone": "UTC"},
                "is_all_day": False,
                "participants": [
                    {
                        "email_address": "ada@acme.example.com",
                        "is_organizer": True,
                        "status": "accepted",
                    }
                ],
                "linked_records": [{"object": "companies", "record_id": made["company"]}],
            }
        )
    )
    meeting_id = made["meeting"] = meeting["id"]["meeting_id"]
    assert data(sdk.meetings.get_v2_meetings_meeting_id_(meeting_id=meeting_id)) == meeting
    listed = plain(
        sdk.meetings.get_v2_meetings(
            limit=10, linked_object="companies", linked_record_id=made["company"]
        )
    )
    assert listed["data"] == [meeting]
    assert listed["pagination"]["next_cursor"] is None
    recordings = plain(
        sdk.call_recordings.get_v2_meetings_meeting_id_call_recordings(meeting_id=meeting_id)
    )
    assert recordings["data"] == []


@step("call recordings, and a meeting that changes and goes")
def _() -> None:
    meeting_id = made["meeting"]
    speech = {
        "speech": "Hello",
        "start_time": 0,
        "end_time": 1.5,
        "speaker": {"name": "Ada Lovelace"},
    }
    recording = data(
        sdk.call_recordings.post_v2_meetings_meeting_id_call_recordings(
            meeting_id=meeting_id,
            data={"video_url": "https://videos.example.com/call.mp4", "transcript": [speech]},
        )
    )
    where = {"meeting_id": meeting_id, "call_recording_id": recording["id"]["call_recording_id"]}
    one = sdk.call_recordings.get_v2_meetings_meeting_id_call_recordings_call_recording_id_
    assert data(one(**where))["id"] == recording["id"]
    transcript = data(
        sdk.transcripts.get_v2_meetings_meeting_id_call_recordings_call_recording_id_transcript(
            **where
        )
    )
    assert transcript["transcript"][0]["speech"] == "Hello"
    sdk.call_recordings.delete_v2_meetings_meeting_id_call_recordings_call_recording_id_(**where)
    refused(404, "not_found", one, **where)
    person = {"object": "people", "record_id": made["person"]}
    for change, objects in (
        (sdk.meetings.patch_v2_meetings_meeting_id_, {"companies", "people"}),
        (sdk.meetings.put_v2_meetings_meeting_id_, {"people"}),
    ):
        changed = data(change(meeting_id=meeting_id, data={"linked_records": [person]}))
        assert {each["object_slug"] for each in changed["linked_records"]} == objects
    sdk.meetings.delete_v2_meetings_meeting_id_(meeting_id=meeting_id)
    refused(404, "not_found", sdk.meetings.get_v2_meetings_meeting_id_, meeting_id=meeting_id)


@step("a note that changes")
def _() -> None:
    parent = {"parent_object": "people", "parent_record_id": made["person"]}
    note = data(
        sdk.notes.post_v2_notes(
            data={**parent, "title": "A", "format_": "plaintext", "content": "B"}
        )
    )
    changed = data(
        sdk.notes.patch_v2_notes_note_id_(note_id=note["id"]["note_id"], data={"title": "C"})
    )
    assert (changed["title"], changed["content_plaintext"]) == ("C", "B")


@step("activities and their records")
def _() -> None:
    names = {"api_slug": "visits", "singular_noun": "Visit", "plural_noun": "Visits"}
    activity = data(sdk.activities.post_v2_activities(data={**names, "extends": "activities"}))
    sdk.activities.patch_v2_activities_activity_(activity="visits", data={"plural_noun": "Calls"})
    found = data(sdk.activities.get_v2_activities_activity_(activity="visits"))
    assert (found["id"], found["plural_noun"]) == (activity["id"], "Calls")
    listed = data(sdk.activities.get_v2_activities())
    assert {"visits", "demos"} <= {each["api_slug"] for each in listed}
    sdk.activities.delete_v2_activities_activity_(activity="visits")

    records = sdk.activity_records
    record = data(
        records.post_v2_activities_activity_records(
            activity="demos", data={"values": {"subject": ["Reports"], "number": ["1"]}}
        )
    )
    one = {"activity": "demos", "record_id": record["id"]["record_id"]}
    again = data(
        records.put_v2_activities_activity_records(
            activity="demos",
            matching_attribute="number",
            data={"values": {"subject": ["Prices"], "number": ["1"]}},
        )
    )
    assert again["id"] == record["id"]
    values = {"data": {"values": {"subject": ["Plans"]}}}
    records.patch_v2_activities_activity_records_record_id_(**one, **values)
    records.put_v2_activities_activity_records_record_id_(**one, **values)
    read = data(records.get_v2_activities_activity_records_record_id_(**one))
    assert read["values"]["subject"][0]["value"] == "Plans"
    queried = data(
        records.post_v2_activities_activity_records_query(
            activity="demos", filter_={"subject": {"$contains": "Pla"}}, limit=10
        )
    )
    assert [each["id"] for each in queried] == [record["id"]]
    records.delete_v2_activities_activity_records_record_id_(**one)


@step("SQL, sequences, and an object that goes")
def _() -> None:
    answer = data(sdk.sql.post_v2_sql(sql="SELECT count(*) AS n FROM objects.people"))
    assert answer["rows"][0]["n"] > 0
    sdk.sequences.post_v2_sequences_unsubscribed_emails(
        data={"email_addresses": ["ada@acme.example.com"]}
    )
    sdk.objects.post_v2_objects(
        data={"api_slug": "rockets", "singular_noun": "Rocket", "plural_noun": "Rockets"}
    )
    sdk.objects.delete_v2_objects_object_(object="rockets")
    refused(404, "not_found", sdk.objects.get_v2_objects_object_, object="rockets")


@step("files")
def _() -> None:
    where = {"object": "people", "record_id": made["person"]}
    file = data(
        sdk.files.post_v2_files_upload(
            file={"file_name": "hello.txt", "content": b"hello", "content_type": "text/plain"},
            **where,
        )
    )
    file_id = file["id"]["file_id"]
    assert data(sdk.files.get_v2_files_file_id_(file_id=file_id))["name"] == "hello.txt"
    folder = data(
        sdk.files.post_v2_files(
            request={"file_type": "folder", "storage_provider": "attio", "name": "Papers", **where}
        )
    )
    listed = data(sdk.files.get_v2_files(**where))
    assert {each["id"]["file_id"] for each in listed} == {file_id, folder["id"]["file_id"]}
    # The SDK takes a redirect for the answer, and yet its own HTTP client follows it.
    strict = SDK(**ACCESS, client=httpx.Client(follow_redirects=False))
    strict.files.get_v2_files_file_id_download(file_id=file_id)
    sdk.files.delete_v2_files_file_id_(file_id=file_id)


@step("emails")
def _() -> None:
    assert plain(sdk.emails.get_v2_emails(domain="acme.example.com"))["data"] == []


# -- webhooks, and the end -------------------------------------------------------------------------


@step("webhooks")
def _() -> None:
    fields = {
        "target_url": "https://app.example/hook",
        "subscriptions": [{"event_type": "record.created", "filter_": None}],
    }
    webhook = data(sdk.webhooks.post_v2_webhooks(data=fields))
    webhook_id = webhook["id"]["webhook_id"]
    assert webhook["secret"]
    refused(409, "uniqueness_conflict", sdk.webhooks.post_v2_webhooks, data=fields)
    condition = {"$and": [{"field": "actor.type", "operator": "equals", "value": "api-token"}]}
    sdk.webhooks.patch_v2_webhooks_webhook_id_(
        webhook_id=webhook_id,
        data={"subscriptions": [{"event_type": "record.updated", "filter_": condition}]},
    )
    found = data(sdk.webhooks.get_v2_webhooks_webhook_id_(webhook_id=webhook_id))
    assert found["status"] == "active"
    assert data(sdk.webhooks.get_v2_webhooks(limit=10)) == [found]
    sdk.webhooks.delete_v2_webhooks_webhook_id_(webhook_id=webhook_id)


@step("a wrong token")
def _() -> None:
    stranger = SDK(**{**ACCESS, "oauth2": "0" * 64})
    refused(401, "unauthorized", stranger.objects.get_v2_objects)


def main() -> int:
    failed = 0
    for name, action in steps:
        error = None
        try:
            action()
        except Exception as caught:
            failed += 1
            line = traceback.extract_tb(caught.__traceback__)[1].lineno
            error = f"line {line}: {type(caught).__name__}: {caught}"
        print(json.dumps({"step": name, "error": error}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
