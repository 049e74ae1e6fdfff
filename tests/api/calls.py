"""One call of every verb of the facade, and the request that it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sent:
    """``api.<verb>(*args, **keywords)`` makes this request."""

    verb: str  # "objects.list"
    method: str
    path: str  # without "/v2", with the query string
    body: Any = None
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.verb


def sent(verb: str, line: str, body: Any = None, *args: Any, **keywords: Any) -> Sent:
    method, path = line.split(" ", 1)
    return Sent(verb, method, path, body, args, keywords)


ID = "891dcbfc-9141-415d-9b2a-2238a6cc012d"
OTHER = "50cf242c-7fa3-4cad-87d0-75b1af71c57b"
NAME = {"name": ["Acme"]}
VALUES = {"data": {"values": NAME}}
PAST = {
    "value": "VP",
    "active_from": "2026-01-01T00:00:00Z",
    "active_until": "2026-02-01T00:00:00Z",
}
ENTRY = {"data": {"entry_values": {"stage": ["Live"]}}}
OF = f"/objects/people/records/{ID}/attributes/job_title/values"
ROW = f"/lists/sales/entries/{ID}"
EVENT = f"/activities/demos/records/{ID}"
STAGE = "/objects/deals/attributes/stage"
CALLS_OF = f"/meetings/{ID}/call_recordings"
MEETING = {
    "title": "Review",
    "description": "",
    "start": {"date": "2026-03-02"},
    "end": {"date": "2026-03-03"},
    "is_all_day": True,
    "participants": [
        {"email_address": "ada@lovelace.dev", "is_organizer": True, "status": "accepted"}
    ],
}
LINKS = {"linked_records": [{"object": "people", "record_id": OTHER}]}
NOTE = {"parent_object": "people", "parent_record_id": ID, "title": "Call", "content": "Went well"}
COMMENT = {"content": "Yes", "author": {"type": "workspace-member", "id": OTHER}, "thread_id": ID}
DEMO = {
    "api_slug": "demos",
    "singular_noun": "Demo",
    "plural_noun": "Demos",
    "extends": "interactions",
}
HOOK = {
    "target_url": "https://example.test/hook",
    "subscriptions": [{"event_type": "record.created", "filter": None}],
}

CALLS = [
    sent("objects.list", "GET /objects"),
    sent("objects.get", "GET /objects/people", None, "people"),
    sent(
        "objects.create",
        "POST /objects",
        {"data": {"api_slug": "cars", "singular_noun": "Car", "plural_noun": "Cars"}},
        {"api_slug": "cars", "singular_noun": "Car"},
        plural_noun="Cars",
    ),
    sent(
        "objects.update",
        "PATCH /objects/cars",
        {"data": {"singular_noun": "Auto"}},
        "cars",
        singular_noun="Auto",
    ),
    sent("objects.delete", "DELETE /objects/cars", None, "cars"),
    sent(
        "attributes.list",
        "GET /objects/people/attributes?limit=5&offset=2&show_archived=true",
        None,
        "people",
        limit=5,
        offset=2,
        show_archived=True,
    ),
    sent("attributes.list", "GET /lists/sales/attributes", None, "sales", target="lists"),
    sent("attributes.get", "GET /objects/people/attributes/name", None, "people", "name"),
    sent(
        "attributes.create",
        "POST /objects/people/attributes",
        {
            "data": {
                "title": "Shoe size",
                "description": None,
                "api_slug": "shoe_size",
                "type": "number",
                "is_required": False,
                "is_unique": False,
                "is_multiselect": False,
                "config": {},
            }
        },
        "people",
        title="Shoe size",
        api_slug="shoe_size",
        type="number",
    ),
    sent(
        "attributes.update",
        "PATCH /objects/people/attributes/shoe_size",
        {"data": {"is_archived": True}},
        "people",
        "shoe_size",
        {"is_archived": True},
    ),
    sent("options.list", f"GET {STAGE}/options", None, "deals", "stage"),
    sent(
        "options.create",
        f"POST {STAGE}/options",
        {"data": {"title": "n/a"}},
        "deals",
        "stage",
        title="n/a",
    ),
    sent(
        "options.update",
        f"PATCH {STAGE}/options/n%2Fa%20%F0%9F%8E%89",
        {"data": {"is_archived": True}},
        "deals",
        "stage",
        "n/a 🎉",
        is_archived=True,
    ),
    sent(
        "statuses.list",
        f"GET {STAGE}/statuses?show_archived=true",
        None,
        "deals",
        "stage",
        show_archived=True,
    ),
    sent(
        "statuses.create",
        "POST /lists/sales/attributes/stage/statuses",
        {"data": {"title": "Lost", "celebration_enabled": False}},
        "sales",
        "stage",
        {"title": "Lost"},
        target="lists",
        celebration_enabled=False,
    ),
    sent(
        "statuses.update",
        f"PATCH {STAGE}/statuses/Won%20%F0%9F%8E%89",
        {"data": {"title": "Won"}},
        "deals",
        "stage",
        "Won 🎉",
        title="Won",
    ),
    sent(
        "records.query",
        "POST /objects/people/records/query",
        {"filter": {"job_title": "VP"}, "limit": 2},
        "people",
        {"filter": {"job_title": "VP"}, "limit": 9},
        limit=2,
    ),
    sent("records.get", f"GET /objects/people/records/{ID}", None, "people", ID),
    sent("records.create", "POST /objects/people/records", VALUES, "people", NAME),
    sent(
        "records.assert_",
        "PUT /objects/people/records?matching_attribute=email_addresses",
        VALUES,
        "people",
        "email_addresses",
        NAME,
    ),
    sent("records.update", f"PATCH /objects/people/records/{ID}", VALUES, "people", ID, NAME),
    sent("records.overwrite", f"PUT /objects/people/records/{ID}", VALUES, "people", ID, NAME),
    sent("records.delete", f"DELETE /objects/people/records/{ID}", None, "people", ID),
    sent(
        "records.values",
        f"GET {OF}?show_historic=true&limit=3",
        None,
        "people",
        ID,
        "job_title",
        show_historic=True,
        limit=3,
    ),
    sent(
        "records.write_values",
        f"PUT {OF}",
        {"data": {"values": [PAST], "replace_history": True}},
        "people",
        ID,
        "job_title",
        [PAST],
        replace_history=True,
    ),
    sent(
        "records.entries",
        f"GET /objects/people/records/{ID}/entries?limit=10&offset=0",
        None,
        "people",
        ID,
        limit=10,
        offset=0,
    ),
    sent(
        "records.search",
        "POST /objects/records/search",
        {"query": "ada", "objects": ["people"], "request_as": {"type": "workspace"}, "limit": 7},
        "ada",
        ("people",),
        limit=7,
    ),
    sent(
        "records.merge",
        "POST /objects/people/records/merge",
        {"data": {"primary_record_id": ID, "secondary_record_id": OTHER}},
        "people",
        ID,
        OTHER,
    ),
    sent("lists.list", "GET /lists"),
    sent("lists.get", "GET /lists/sales", None, "sales"),
    sent(
        "lists.create",
        "POST /lists",
        {
            "data": {
                "name": "Sales",
                "api_slug": "sales",
                "parent_object": "companies",
                "workspace_access": "full-access",
                "workspace_member_access": [],
            }
        },
        name="Sales",
        api_slug="sales",
        parent_object="companies",
    ),
    sent("lists.update", "PATCH /lists/sales", {"data": {"name": "S"}}, "sales", name="S"),
    sent("entries.query", "POST /lists/sales/entries/query", {}, "sales"),
    sent("entries.get", f"GET {ROW}", None, "sales", ID),
    sent(
        "entries.create",
        "POST /lists/sales/entries",
        {"data": {"parent_object": "companies", "parent_record_id": OTHER, "entry_values": {}}},
        "sales",
        "companies",
        OTHER,
    ),
    sent(
        "entries.assert_",
        "PUT /lists/sales/entries",
        {
            "data": {
                "parent_object": "companies",
                "parent_record_id": OTHER,
                "entry_values": {"stage": ["Live"]},
            }
        },
        "sales",
        "companies",
        OTHER,
        {"stage": ["Live"]},
    ),
    sent("entries.update", f"PATCH {ROW}", ENTRY, "sales", ID, {"stage": ["Live"]}),
    sent("entries.overwrite", f"PUT {ROW}", ENTRY, "sales", ID, {"stage": ["Live"]}),
    sent("entries.delete", f"DELETE {ROW}", None, "sales", ID),
    sent(
        "entries.values",
        f"GET {ROW}/attributes/stage/values?offset=1",
        None,
        "sales",
        ID,
        "stage",
        offset=1,
    ),
    sent(
        "entries.write_values",
        f"PUT {ROW}/attributes/stage/values",
        {"data": {"values": [{**PAST, "active_until": None}], "replace_history": True}},
        "sales",
        ID,
        "stage",
        [{**PAST, "active_until": None}],
        replace_history=True,
    ),
    sent("members.list", "GET /workspace_members"),
    sent("members.get", f"GET /workspace_members/{ID}", None, ID),
    sent(
        "notes.list",
        f"GET /notes?parent_object=people&parent_record_id={ID}&limit=50",
        parent_object="people",
        parent_record_id=ID,
        limit=50,
    ),
    sent("notes.get", f"GET /notes/{ID}", None, ID),
    sent("notes.create", "POST /notes", {"data": {**NOTE, "format": "plaintext"}}, **NOTE),
    sent("notes.update", f"PATCH /notes/{ID}", {"data": {"title": "T"}}, ID, title="T"),
    sent(
        "notes.update",
        f"PATCH /notes/{ID}",
        {"data": {"content": "**Hi**", "format": "markdown"}},
        ID,
        content="**Hi**",
        format="markdown",
    ),
    sent("notes.delete", f"DELETE /notes/{ID}", None, ID),
    sent(
        "tasks.list",
        "GET /tasks?assignee=null&is_completed=false&sort=created_at%3Adesc",
        assignee="null",
        is_completed=False,
        sort="created_at:desc",
    ),
    sent("tasks.get", f"GET /tasks/{ID}", None, ID),
    sent(
        "tasks.create",
        "POST /tasks",
        {
            "data": {
                "content": "Call Ada",
                "format": "plaintext",
                "deadline_at": None,
                "is_completed": False,
                "linked_records": [],
                "assignees": [],
            }
        },
        content="Call Ada",
    ),
    sent(
        "tasks.update",
        f"PATCH /tasks/{ID}",
        {"data": {"is_completed": True}},
        ID,
        is_completed=True,
    ),
    sent("tasks.delete", f"DELETE /tasks/{ID}", None, ID),
    sent("threads.list", f"GET /threads?list=sales&entry_id={ID}", list="sales", entry_id=ID),
    sent("threads.get", f"GET /threads/{ID}", None, ID),
    sent(
        "threads.get",
        f"GET /threads/{ID}?limit=250&cursor=abc&created_after=2026-03-01",
        None,
        ID,
        limit=250,
        cursor="abc",
        created_after="2026-03-01",
    ),
    sent("comments.get", f"GET /comments/{ID}", None, ID),
    sent(
        "comments.create", "POST /comments", {"data": {**COMMENT, "format": "plaintext"}}, COMMENT
    ),
    sent("comments.delete", f"DELETE /comments/{ID}", None, ID),
    sent(
        "meetings.list",
        "GET /meetings?participants=a%40b.example.com%2Cc%40d.example.com&limit=200&cursor=abc",
        participants="a@b.example.com,c@d.example.com",
        limit=200,
        cursor="abc",
    ),
    sent("meetings.get", f"GET /meetings/{ID}", None, ID),
    sent("meetings.create", "POST /meetings", {"data": MEETING}, MEETING),
    sent("meetings.update", f"PATCH /meetings/{ID}", {"data": LINKS}, ID, **LINKS),
    sent("meetings.overwrite", f"PUT /meetings/{ID}", {"data": LINKS}, ID, LINKS),
    sent("meetings.delete", f"DELETE /meetings/{ID}", None, ID),
    sent("call_recordings.list", f"GET {CALLS_OF}?limit=1", None, ID, limit=1),
    sent("call_recordings.get", f"GET {CALLS_OF}/{OTHER}", None, ID, OTHER),
    sent(
        "call_recordings.create",
        f"POST {CALLS_OF}",
        {"data": {"video_url": "https://example.test/a.mp4"}},
        ID,
        video_url="https://example.test/a.mp4",
    ),
    sent("call_recordings.delete", f"DELETE {CALLS_OF}/{OTHER}", None, ID, OTHER),
    sent(
        "call_recordings.transcript",
        f"GET {CALLS_OF}/{OTHER}/transcript?cursor=abc",
        None,
        ID,
        OTHER,
        cursor="abc",
    ),
    sent(
        "files.list",
        f"GET /files?object=people&record_id={ID}&storage_provider=attio",
        None,
        "people",
        ID,
        storage_provider="attio",
    ),
    sent("files.get", f"GET /files/{ID}", None, ID),
    sent(
        "files.create",
        "POST /files",
        {"file_type": "folder", "object": "people", "record_id": ID, "name": "Papers"},
        {"file_type": "folder", "object": "people", "record_id": ID},
        name="Papers",
    ),
    sent("files.delete", f"DELETE /files/{ID}", None, ID),
    sent("webhooks.list", "GET /webhooks?limit=100", limit=100),
    sent("webhooks.get", f"GET /webhooks/{ID}", None, ID),
    sent("webhooks.create", "POST /webhooks", {"data": HOOK}, HOOK),
    sent("webhooks.update", f"PATCH /webhooks/{ID}", {"data": HOOK}, ID, **HOOK),
    sent("webhooks.delete", f"DELETE /webhooks/{ID}", None, ID),
    sent("views.list", "GET /objects/people/views?limit=2", None, "people", limit=2),
    sent(
        "views.list",
        "GET /lists/sales/views?show_archived=true&cursor=abc",
        None,
        "sales",
        target="lists",
        show_archived=True,
        cursor="abc",
    ),
    sent(
        "emails.list",
        "GET /emails?domain=acme.test&exclude_automated_participants=true&limit=50",
        domain="acme.test",
        exclude_automated_participants=True,
        limit=50,
    ),
    sent(
        "sequences.unsubscribe",
        "POST /sequences/unsubscribed_emails",
        {"data": {"email_addresses": ["ada@acme.example.com", "bob@acme.example.com"]}},
        ("ada@acme.example.com", "bob@acme.example.com"),
    ),
    sent(
        "sequences.unsubscribe",
        "POST /sequences/unsubscribed_emails",
        {"data": {"email_addresses": ["ada@acme.example.com"]}},
        "ada@acme.example.com",
    ),
    sent("activities.list", "GET /activities?limit=5&cursor=abc", limit=5, cursor="abc"),
    sent("activities.get", "GET /activities/phone_calls", None, "phone_calls"),
    sent("activities.create", "POST /activities", {"data": DEMO}, DEMO),
    sent(
        "activities.update",
        "PATCH /activities/demos",
        {"data": {"singular_noun": "Show"}},
        "demos",
        singular_noun="Show",
    ),
    sent("activities.delete", "DELETE /activities/demos", None, "demos"),
    sent(
        "activity_records.query",
        "POST /activities/demos/records/query",
        {"filter": {"subject": "Hi"}, "limit": 5},
        "demos",
        {"filter": {"subject": "Hi"}},
        limit=5,
    ),
    sent("activity_records.get", f"GET {EVENT}", None, "demos", ID),
    sent("activity_records.create", "POST /activities/demos/records", VALUES, "demos", NAME),
    sent(
        "activity_records.assert_",
        "PUT /activities/demos/records?matching_attribute=name",
        VALUES,
        "demos",
        "name",
        NAME,
    ),
    sent("activity_records.update", f"PATCH {EVENT}", VALUES, "demos", ID, NAME),
    sent("activity_records.overwrite", f"PUT {EVENT}", VALUES, "demos", ID, NAME),
    sent("activity_records.delete", f"DELETE {EVENT}", None, "demos", ID),
    sent("sql.query", "POST /sql", {"sql": "SELECT 1"}, "SELECT 1"),
    sent("self_.get", "GET /self"),
]
