"""A workspace with one of everything, and a good request for each operation of Attio's API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from attio_sandbox import Workspace
from tests.sandbox.client import Client, record_id
from tests.sandbox.helpers import OWNER

PLAN = "enterprise"
"""The plan of a scene's workspace: custom activities and SQL are not on others."""


class Sample(NamedTuple):
    """One good request; `path` fills the template, `status` is what it is answered with.

    `form` is a body that is no JSON, with its content type.
    """

    path: dict[str, str]
    body: Any = None
    params: dict[str, str] = {}  # noqa: RUF012
    status: int = 200
    form: tuple[bytes, str] | None = None


class Scene:
    """One of everything, made through the API; `ids` has the id of each by its path name.

    A workspace that was a scene before is given with those `ids`.
    """

    def __init__(self, workspace: Workspace, ids: dict[str, str] | None = None) -> None:
        self.api = Client(workspace)
        self.ids: dict[str, str] = {} if ids is None else ids
        if ids is None:
            self._make(workspace)
        self.member = self.ids["workspace_member_id"]
        self.person, self.company = self.ids["record_id"], self.ids["company"]

    def _make(self, workspace: Workspace) -> None:
        api, ids = self.api, self.ids
        member = api.data("GET", "/v2/workspace_members")[0]["id"]["workspace_member_id"]
        ids["workspace_member_id"] = self.member = member
        acme = api.create("companies", domains=["acme.example.com"], name="Acme")
        ids["company"] = self.company = record_id(acme)
        ids["record_id"] = self.person = record_id(
            api.create("people", name="Lovelace, Ada", email_addresses=["ada@acme.example.com"])
        )
        ids["double"] = record_id(api.create("people", name="Lovelace, Ada"))
        api.data("POST", "/v2/objects", {"data": {**_THING, "api_slug": "gadgets"}})
        api.data("POST", "/v2/objects/deals/attributes", {"data": ATTRIBUTE})
        api.data("POST", _SIZE, {"data": {"title": "Small"}})
        api.data("POST", "/v2/lists", LIST)
        body = {"parent_object": "people", "parent_record_id": self.person, "entry_values": {}}
        entry = api.data("POST", "/v2/lists/hiring/entries", {"data": body})
        ids["entry_id"] = entry["id"]["entry_id"]
        workspace.define_attribute("hiring", target="lists", api_slug="score", type="number")
        named = {"name": {"full_name": {"$contains": "Ada"}}}
        workspace.add_view("people", "All Adas", named)
        workspace.add_view("hiring", "All", {}, target="lists")
        for name, path, made in (
            ("note_id", "/v2/notes", self.note()),
            ("task_id", "/v2/tasks", self.task()),
            ("comment_id", "/v2/comments", self.comment()),
            ("meeting_id", "/v2/meetings", self.meeting()),
            ("webhook_id", "/v2/webhooks", self.webhook()),
            ("file_id", "/v2/files", self.folder("Papers")),
        ):
            found = api.data("POST", path, made)
            ids[name] = found["id"][name]
            if name == "comment_id":
                ids["thread_id"] = found["thread_id"]
        calls = f"/v2/meetings/{ids['meeting_id']}/call_recordings"
        call = api.data("POST", calls, RECORDING)
        ids["call_recording_id"] = call["id"]["call_recording_id"]
        workspace.setup.add_email("Ada <ada@acme.example.com>", [OWNER], subject="Prices")
        body, kind = self.form()
        headers = {**api.headers, "Content-Type": kind}
        reply = workspace.handle("POST", "/v2/files/upload", headers=headers, body=body)
        ids["upload"] = json.loads(reply.body)["data"]["id"]["file_id"]
        api.data("POST", "/v2/activities", ACTIVITY)
        define = workspace.define_attribute  # the API has no way for those of activities
        define("demos", target="activities", api_slug="subject", type="text")
        define("demos", target="activities", api_slug="number", type="text", is_unique=True)
        event = api.data("POST", "/v2/activities/demos/records", _DEMO)
        ids["activity_record"] = event["id"]["record_id"]

    def note(self) -> Any:
        data = {"parent_object": "people", "parent_record_id": self.person, "title": "Call"}
        return {"data": {**data, "format": "markdown", "content": "# Plan\n\n- **one**\n- two"}}

    def task(self) -> Any:
        by = {"referenced_actor_type": "workspace-member", "referenced_actor_id": self.member}
        link = {"target_object": "people", "target_record_id": self.person}
        return {
            "data": {
                "content": "Call Ada",
                "format": "plaintext",
                "deadline_at": "2026-03-01T15:00:00.000000000Z",
                "is_completed": False,
                "linked_records": [link],
                "assignees": [by],
            }
        }

    def comment(self) -> Any:
        author = {"type": "workspace-member", "id": self.member}
        on = {"object": "people", "record_id": self.person}
        return {"data": {"format": "plaintext", "content": "Hm", "author": author, "record": on}}

    def meeting(self) -> Any:
        return {
            "data": {
                "title": "Review",
                "description": "Quarterly",
                "start": {"datetime": "2026-03-01T10:00:00Z", "timezone": "Europe/Paris"},
                "end": {"datetime": "2026-03-01T11:00:00Z", "timezone": "Europe/Paris"},
                "is_all_day": False,
                "participants": [
                    {
                        "email_address": "ada@acme.example.com",
                        "is_organizer": True,
                        "status": "accepted",
                    },
                    {"name": "A guest", "is_organizer": False, "status": "pending"},
                ],
                "linked_records": [{"object": "companies", "record_id": self.company}],
            }
        }

    def folder(self, name: str) -> Any:
        place = {"object": "people", "record_id": self.person}
        return {**place, "file_type": "folder", "name": name}

    def form(self) -> tuple[bytes, str]:
        """An upload, and its content type."""
        parts = [
            f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (("object", "people"), ("record_id", self.person))
        ]
        parts.append(
            '--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
            "Content-Type: text/plain\r\n\r\nHello\r\n--xx--\r\n"
        )
        return "".join(parts).encode(), "multipart/form-data; boundary=xx"

    def webhook(self) -> Any:
        some = {"$and": [{"field": "actor.type", "operator": "equals", "value": "api-token"}]}
        wanted = [{"event_type": "record.created", "filter": some}]
        return {"data": {"target_url": "https://app.test/hook", "subscriptions": wanted}}

    def sample(self, operation: str) -> Sample:
        """A good request for an operation ("POST /v2/notes")."""
        return SAMPLES[operation](self)


LIST = {
    "data": {
        "name": "Hiring",
        "api_slug": "hiring",
        "parent_object": "people",
        "workspace_access": "full-access",
        "workspace_member_access": [],
    }
}
SPEECH = {
    "speech": "Hello", "start_time": 0, "end_time": 1.5, "speaker": {"name": "Ada Lovelace"},
}  # fmt: skip
RECORDING = {"data": {"video_url": "https://videos.test/call.mp4", "transcript": [SPEECH]}}
ACTIVITY = {
    "data": {
        "api_slug": "demos",
        "singular_noun": "Demo",
        "plural_noun": "Demos",
        "extends": "activities",
    }
}
ATTRIBUTE = {
    "title": "Size",
    "description": None,
    "api_slug": "size",
    "type": "select",
    "is_required": False,
    "is_unique": False,
    "is_multiselect": False,
    "config": {},
}


def _given(
    *names: str, body: Any = None, params: dict[str, str] | None = None, **path: str
) -> Callable[[Scene], Sample]:
    """A sample whose path takes `names` from the scene and the rest as given."""
    return lambda scene: Sample({**{n: scene.ids[n] for n in names}, **path}, body, params or {})


def _links(scene: Scene) -> Sample:
    links = [{"object": "people", "record_id": scene.person}]
    return Sample({"meeting_id": scene.ids["meeting_id"]}, {"data": {"linked_records": links}})


def _event(scene: Scene, body: Any = None) -> Sample:
    return Sample({"activity": "demos", "record_id": scene.ids["activity_record"]}, body)


def _target(scene: Scene, body: Any = None, **path: str) -> Sample:
    return Sample({"target": "objects", "identifier": "deals", **path}, body)


def _entry(scene: Scene) -> Any:
    data = {"parent_object": "people", "parent_record_id": scene.person}
    return {"data": {**data, "entry_values": {}}}


_PERSON = {"data": {"values": {"name": ["Byron, Ada"], "job_title": ["Countess"]}}}
_QUERY = {
    "filter": {"$not": {"job_title": {"$contains": "x"}}},
    "sorts": [{"attribute": "created_at", "direction": "asc"}],
    "limit": 5,
    "offset": 0,
}
_THING = {"api_slug": "things", "singular_noun": "Thing", "plural_noun": "Things"}
_SEARCH = {"query": "ada", "objects": ["people"], "request_as": {"type": "workspace"}, "limit": 5}
_SIZE = "/v2/objects/deals/attributes/size/options"
_DEMO = {"data": {"values": {"subject": ["Reports"], "number": ["1"]}}}
_SUBJECT = {"data": {"values": {"subject": ["Prices"]}}}
_SPAN = {"active_from": "2026-01-01T00:00:00Z", "active_until": "2026-01-02T00:00:00Z"}
_A = "/v2/{target}/{identifier}/attributes"
_R = "/v2/objects/{object}/records"
_L = "/v2/lists/{list}"
_E = f"{_L}/entries/{{entry_id}}"
_M = "/v2/meetings/{meeting_id}"
_C = f"{_M}/call_recordings/{{call_recording_id}}"
_K = "/v2/activities/{activity}"
_TIMES = {"celebration_enabled": False, "target_time_in_status": "P7D"}

SAMPLES: dict[str, Callable[[Scene], Sample]] = {
    "GET /v2/objects": _given(),
    "POST /v2/objects": _given(body={"data": _THING}),
    "GET /v2/objects/{object}": _given(object="people"),
    "PATCH /v2/objects/{object}": _given(object="deals", body={"data": {"plural_noun": "Sales"}}),
    "DELETE /v2/objects/{object}": _given(object="gadgets"),
    "GET /v2/objects/{object}/views": _given(object="people"),
    f"GET {_A}": _target,
    f"POST {_A}": lambda scene: _target(scene, {"data": {**ATTRIBUTE, "api_slug": "weight"}}),
    f"GET {_A}/{{attribute}}": lambda scene: _target(scene, attribute="name"),
    f"PATCH {_A}/{{attribute}}": lambda scene: _target(
        scene, {"data": {"title": "How big"}}, attribute="size"
    ),
    f"GET {_A}/{{attribute}}/options": lambda scene: _target(scene, attribute="size"),
    f"POST {_A}/{{attribute}}/options": lambda scene: _target(
        scene, {"data": {"title": "Large"}}, attribute="size"
    ),
    f"PATCH {_A}/{{attribute}}/options/{{option}}": lambda scene: _target(
        scene, {"data": {"title": "Tiny", "is_archived": False}}, option="Small", attribute="size"
    ),
    f"GET {_A}/{{attribute}}/statuses": lambda scene: _target(scene, attribute="stage"),
    f"POST {_A}/{{attribute}}/statuses": lambda scene: _target(
        scene, {"data": {"title": "Later", **_TIMES}}, attribute="stage"
    ),
    f"PATCH {_A}/{{attribute}}/statuses/{{status}}": lambda scene: _target(
        scene, {"data": {"title": "New", **_TIMES}}, attribute="stage", status="Lead"
    ),
    f"POST {_R}/query": _given(object="people", body=_QUERY),
    f"POST {_R}": _given(object="people", body=_PERSON),
    f"PUT {_R}": lambda scene: Sample(
        {"object": "people"},
        {"data": {"values": {"email_addresses": ["ada@acme.example.com"], "job_title": ["VP"]}}},
        {"matching_attribute": "email_addresses"},
    ),
    f"GET {_R}/{{record_id}}": _given("record_id", object="people"),
    f"PATCH {_R}/{{record_id}}": _given("record_id", object="people", body=_PERSON),
    f"PUT {_R}/{{record_id}}": _given("record_id", object="people", body=_PERSON),
    f"DELETE {_R}/{{record_id}}": _given("record_id", object="people"),
    f"GET {_R}/{{record_id}}/attributes/{{attribute}}/values": _given(
        "record_id", object="people", attribute="name"
    ),
    f"PUT {_R}/{{record_id}}/attributes/{{attribute}}/values": _given(
        "record_id",
        object="people",
        attribute="job_title",
        body={"data": {"values": [{"value": "Analyst", **_SPAN}], "replace_history": True}},
    ),
    f"POST {_R}/merge": lambda scene: Sample(
        {"object": "people"},
        {"data": {"primary_record_id": scene.person, "secondary_record_id": scene.ids["double"]}},
    ),
    f"GET {_R}/{{record_id}}/entries": _given("record_id", object="people"),
    "POST /v2/objects/records/search": _given(body=_SEARCH),
    "GET /v2/lists": _given(),
    "POST /v2/lists": _given(body={"data": {**LIST["data"], "api_slug": "others"}}),
    f"GET {_L}": _given(list="hiring"),
    f"GET {_L}/views": _given(list="hiring"),
    f"PATCH {_L}": _given(list="hiring", body={"data": {"name": "Hires"}}),
    f"POST {_L}/entries/query": _given(
        list="hiring",
        body={
            "filter": {
                "path": [["hiring", "parent_record"], ["people", "name"]],
                "constraints": {"first_name": {"$eq": "Ada"}},
            },
            "sorts": [{"attribute": "created_at", "direction": "asc"}],
            "limit": 5,
            "offset": 0,
        },
    ),
    f"POST {_L}/entries": lambda scene: Sample({"list": "hiring"}, _entry(scene)),
    f"PUT {_L}/entries": lambda scene: Sample({"list": "hiring"}, _entry(scene)),
    f"GET {_E}": _given("entry_id", list="hiring"),
    f"PATCH {_E}": _given("entry_id", list="hiring", body={"data": {"entry_values": {}}}),
    f"PUT {_E}": _given("entry_id", list="hiring", body={"data": {"entry_values": {}}}),
    f"DELETE {_E}": _given("entry_id", list="hiring"),
    f"GET {_E}/attributes/{{attribute}}/values": _given(
        "entry_id", list="hiring", attribute="created_at"
    ),
    f"PUT {_E}/attributes/{{attribute}}/values": _given(
        "entry_id",
        list="hiring",
        attribute="score",
        body={"data": {"values": [{"value": 5, **_SPAN}], "replace_history": True}},
    ),
    "GET /v2/workspace_members": _given(),
    "GET /v2/workspace_members/{workspace_member_id}": _given("workspace_member_id"),
    "GET /v2/notes": _given(),
    "POST /v2/notes": lambda scene: Sample({}, scene.note()),
    "GET /v2/notes/{note_id}": _given("note_id"),
    "PATCH /v2/notes/{note_id}": _given(
        "note_id", body={"data": {"title": "Notes", "format": "plaintext", "content": "Short"}}
    ),
    "DELETE /v2/notes/{note_id}": _given("note_id"),
    "GET /v2/tasks": _given(),
    "POST /v2/tasks": lambda scene: Sample({}, scene.task()),
    "GET /v2/tasks/{task_id}": _given("task_id"),
    "PATCH /v2/tasks/{task_id}": _given("task_id", body={"data": {"is_completed": True}}),
    "DELETE /v2/tasks/{task_id}": _given("task_id"),
    "GET /v2/threads": lambda scene: Sample(
        {}, None, {"object": "people", "record_id": scene.person}
    ),
    "GET /v2/threads/{thread_id}": _given("thread_id"),
    "POST /v2/comments": lambda scene: Sample({}, scene.comment()),
    "GET /v2/comments/{comment_id}": _given("comment_id"),
    "DELETE /v2/comments/{comment_id}": _given("comment_id"),
    "GET /v2/meetings": _given(),
    "POST /v2/meetings": lambda scene: Sample({}, scene.meeting()),
    f"GET {_M}": _given("meeting_id"),
    f"PATCH {_M}": lambda scene: _links(scene),
    f"PUT {_M}": lambda scene: _links(scene),
    f"DELETE {_M}": _given("meeting_id"),
    f"GET {_M}/call_recordings": _given("meeting_id"),
    f"POST {_M}/call_recordings": _given("meeting_id", body=RECORDING),
    f"GET {_C}": _given("meeting_id", "call_recording_id"),
    f"DELETE {_C}": lambda scene: Sample(
        {n: scene.ids[n] for n in ("meeting_id", "call_recording_id")}, status=204
    ),
    f"GET {_C}/transcript": _given("meeting_id", "call_recording_id"),
    "GET /v2/emails": _given(params={"domain": "acme.example.com"}),
    "GET /v2/files": lambda scene: Sample(
        {}, None, {"object": "people", "record_id": scene.person}
    ),
    "POST /v2/files": lambda scene: Sample({}, scene.folder("Bills")),
    "POST /v2/files/upload": lambda scene: Sample({}, status=201, form=scene.form()),
    "GET /v2/files/{file_id}": _given("file_id"),
    "DELETE /v2/files/{file_id}": _given("file_id"),
    "GET /v2/files/{file_id}/download": lambda scene: Sample(
        {"file_id": scene.ids["upload"]}, status=302
    ),
    "GET /v2/activities": _given(),
    "POST /v2/activities": _given(body={"data": {**ACTIVITY["data"], "api_slug": "visits"}}),
    f"GET {_K}": _given(activity="phone_calls"),
    f"PATCH {_K}": _given(activity="demos", body={"data": {"plural_noun": "Shows"}}),
    f"DELETE {_K}": _given(activity="demos"),
    f"POST {_K}/records/query": _given(
        activity="demos", body={**_QUERY, "filter": {"subject": {"$contains": "Rep"}}}
    ),
    f"POST {_K}/records": _given(activity="demos", body=_SUBJECT),
    f"PUT {_K}/records": _given(
        activity="demos", body=_DEMO, params={"matching_attribute": "number"}
    ),
    f"GET {_K}/records/{{record_id}}": lambda scene: _event(scene),
    f"PATCH {_K}/records/{{record_id}}": lambda scene: _event(scene, _SUBJECT),
    f"PUT {_K}/records/{{record_id}}": lambda scene: _event(scene, _SUBJECT),
    f"DELETE {_K}/records/{{record_id}}": lambda scene: _event(scene),
    "POST /v2/sequences/unsubscribed_emails": _given(
        body={"data": {"email_addresses": ["ada@acme.example.com", "bob@acme.example.com"]}}
    ),
    "POST /v2/sql": _given(body={"sql": "SELECT record_id FROM people"}),
    "GET /v2/webhooks": _given(),
    "POST /v2/webhooks": lambda scene: Sample(
        {}, {"data": {**scene.webhook()["data"], "target_url": "https://app.test/other"}}
    ),
    "GET /v2/webhooks/{webhook_id}": _given("webhook_id"),
    "PATCH /v2/webhooks/{webhook_id}": _given(
        "webhook_id", body={"data": {"target_url": "https://app.test/new"}}
    ),
    "DELETE /v2/webhooks/{webhook_id}": _given("webhook_id"),
    "GET /v2/self": _given(),
}
