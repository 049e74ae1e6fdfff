"""A workspace with one of everything, and a good request for each operation of Attio's API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from attio_sandbox import Workspace
from tests.sandbox.client import Client, record_id


class Sample(NamedTuple):
    """One good request; `path` fills the template, `status` is what it is answered with."""

    path: dict[str, str]
    body: Any = None
    params: dict[str, str] = {}  # noqa: RUF012
    status: int = 200


class Scene:
    """One of everything, made through the API; `ids` has the id of each by its path name."""

    def __init__(self, workspace: Workspace) -> None:
        self.api = api = Client(workspace)
        self.ids: dict[str, str] = {}
        member = api.data("GET", "/v2/workspace_members")[0]["id"]["workspace_member_id"]
        self.ids["workspace_member_id"] = self.member = member
        self.company = record_id(api.create("companies", domains=["acme.test"], name="Acme"))
        self.ids["record_id"] = self.person = record_id(
            api.create("people", name="Lovelace, Ada", email_addresses=["ada@acme.example.com"])
        )
        api.data("POST", "/v2/lists", LIST)
        body = {"parent_object": "people", "parent_record_id": self.person, "entry_values": {}}
        entry = api.data("POST", "/v2/lists/hiring/entries", {"data": body})
        self.ids["entry_id"] = entry["id"]["entry_id"]
        for name, path, made in (
            ("note_id", "/v2/notes", self.note()),
            ("task_id", "/v2/tasks", self.task()),
            ("comment_id", "/v2/comments", self.comment()),
            ("meeting_id", "/v2/meetings", self.meeting()),
            ("webhook_id", "/v2/webhooks", self.webhook()),
        ):
            found = api.data("POST", path, made)
            self.ids[name] = found["id"][name]
            if name == "comment_id":
                self.ids["thread_id"] = found["thread_id"]
        calls = f"/v2/meetings/{self.ids['meeting_id']}/call_recordings"
        call = api.data("POST", calls, RECORDING)
        self.ids["call_recording_id"] = call["id"]["call_recording_id"]

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
                    }
                ],
                "linked_records": [{"object": "companies", "record_id": self.company}],
                "external_ref": {
                    "ical_uid": "review-1", "provider": "google", "is_recurring": False,
                },
            }
        }  # fmt: skip

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
RECORDING = {"data": {"video_url": "https://videos.test/call.mp4"}}
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


def _given(*names: str, body: Any = None, **path: str) -> Callable[[Scene], Sample]:
    """A sample whose path takes `names` from the scene and the rest as given."""
    return lambda scene: Sample({**{n: scene.ids[n] for n in names}, **path}, body)


def _target(scene: Scene, body: Any = None, **path: str) -> Sample:
    return Sample({"target": "objects", "identifier": "deals", **path}, body)


def _select(scene: Scene) -> Any:
    """Make the attribute once; a second call finds it there."""
    made = scene.api.send("POST", "/v2/objects/deals/attributes", {"data": ATTRIBUTE})
    path = "/v2/objects/deals/attributes/size/options"
    if made.status == 200:
        scene.api.data("POST", path, {"data": {"title": "Small"}})
    return {"attribute": "size"}


def _entry(scene: Scene, priority: int = 1) -> Any:
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
_A = "/v2/{target}/{identifier}/attributes"
_R = "/v2/objects/{object}/records"
_L = "/v2/lists/{list}"
_E = f"{_L}/entries/{{entry_id}}"
_M = "/v2/meetings/{meeting_id}"
_C = f"{_M}/call_recordings/{{call_recording_id}}"
_TIMES = {"celebration_enabled": False, "target_time_in_status": "P7D"}

SAMPLES: dict[str, Callable[[Scene], Sample]] = {
    "GET /v2/objects": _given(),
    "POST /v2/objects": _given(body={"data": _THING}),
    "GET /v2/objects/{object}": _given(object="people"),
    "PATCH /v2/objects/{object}": _given(object="deals", body={"data": {"plural_noun": "Sales"}}),
    f"GET {_A}": _target,
    f"POST {_A}": lambda scene: _target(scene, {"data": ATTRIBUTE}),
    f"GET {_A}/{{attribute}}": lambda scene: _target(scene, attribute="name"),
    f"PATCH {_A}/{{attribute}}": lambda scene: _target(
        scene, {"data": {"title": "How big"}}, **_select(scene)
    ),
    f"GET {_A}/{{attribute}}/options": lambda scene: _target(scene, **_select(scene)),
    f"POST {_A}/{{attribute}}/options": lambda scene: _target(
        scene, {"data": {"title": "Large"}}, **_select(scene)
    ),
    f"PATCH {_A}/{{attribute}}/options/{{option}}": lambda scene: _target(
        scene, {"data": {"title": "Tiny", "is_archived": False}}, option="Small", **_select(scene)
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
    f"GET {_R}/{{record_id}}/entries": _given("record_id", object="people"),
    "POST /v2/objects/records/search": _given(body=_SEARCH),
    "GET /v2/lists": _given(),
    "POST /v2/lists": _given(body={"data": {**LIST["data"], "api_slug": "others"}}),
    f"GET {_L}": _given(list="hiring"),
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
    "GET /v2/workspace_members": _given(),
    "GET /v2/workspace_members/{workspace_member_id}": _given("workspace_member_id"),
    "GET /v2/notes": _given(),
    "POST /v2/notes": lambda scene: Sample({}, scene.note()),
    "GET /v2/notes/{note_id}": _given("note_id"),
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
    f"GET {_M}/call_recordings": _given("meeting_id"),
    f"POST {_M}/call_recordings": _given("meeting_id", body=RECORDING),
    f"GET {_C}": _given("meeting_id", "call_recording_id"),
    f"DELETE {_C}": lambda scene: Sample(
        {n: scene.ids[n] for n in ("meeting_id", "call_recording_id")}, status=204
    ),
    f"GET {_C}/transcript": _given("meeting_id", "call_recording_id"),
    "GET /scim/v2/Schemas": _given(),
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
