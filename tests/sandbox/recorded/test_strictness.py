"""Which bodies refuse members that nobody knows, and which do as if they were not there."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import GHOST, RECORDS, Client, entry_body, entry_id

PEOPLE = RECORDS.format("people")
MEMBERS = "/v2/workspace_members"
ATTRIBUTE = {
    "title": "X", "description": None, "api_slug": "x", "type": "text", "config": {},
    "is_required": False, "is_unique": False, "is_multiselect": False,
}  # fmt: skip


def entries(hiring: str) -> str:
    return f"/v2/lists/{hiring}/entries"


@pytest.fixture
def entry(api: Client, ada: str, hiring: str) -> str:
    return entry_id(api.add_entry(hiring, ada))


@pytest.fixture
def task(api: Client) -> str:
    body = {
        "content": "Call", "format": "plaintext", "deadline_at": None, "is_completed": False,
        "linked_records": [], "assignees": [],
    }  # fmt: skip
    key: str = api.data("POST", "/v2/tasks", {"data": body})["id"]["task_id"]
    return key


def test_the_strict_bodies_refuse_unknown_members(
    ws: Workspace, api: Client, ada: str, hiring: str, entry: str, task: str
) -> None:
    """facts.md 16, Strictness of bodies: attributes, records, entries and tasks that change."""
    ws.define_attribute("people", api_slug="nick", type="text")
    person, one = {"values": {"job_title": "VP"}}, {"entry_values": {}}
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v2/objects/people/attributes", ATTRIBUTE),
        ("PATCH", "/v2/objects/people/attributes/nick", {"title": "Nick"}),
        ("PUT", PEOPLE, {"values": {"email_addresses": ["ada@acme.example.com"]}}),
        ("PUT", f"{PEOPLE}/{ada}", person),
        ("PATCH", f"{PEOPLE}/{ada}", person),
        ("PUT", entries(hiring), entry_body(ada, {})),
        ("PUT", f"{entries(hiring)}/{entry}", one),
        ("PATCH", f"{entries(hiring)}/{entry}", one),
        ("PATCH", f"/v2/tasks/{task}", {"is_completed": True}),
    ]
    for method, path, data in bodies:
        params = {"matching_attribute": "email_addresses"} if path == PEOPLE else {}
        answer = api.send(method, path, {"data": data | {"colour": "red"}}, **params)
        assert answer.code == "400 validation_type", (method, path)
        assert answer.json["validation_errors"] == [
            {
                "code": "unrecognized_keys",
                "path": ["data"],
                "message": "Unrecognized key(s) in object: 'colour'",
            }
        ]
        # Around `data` nothing is strict.
        assert api.send(method, path, {"data": data, "colour": "red"}, **params).status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{PEOPLE}/query", {"sort": [{"attribute": "name"}], "limit": 5}),
        (f"{PEOPLE}/query", {"expand": ["company"], "filters": 7}),
        (
            f"{PEOPLE}/query",
            {"sorts": [{"attribute": "name", "direction": "asc", "nulls": "first"}]},
        ),
        ("/v2/lists/hiring/entries/query", {"sort": [], "expand": True}),
    ],
    ids=["sort", "expand", "inside of a sort", "entries"],
)  # fmt: skip
def test_queries_ignore_what_they_do_not_know(
    api: Client, ada: str, hiring: str, path: str, body: dict[str, Any]
) -> None:
    """facts.md 16, Strictness of bodies: `sort` and `expand` are answered 200."""
    assert hiring
    found = api.data("POST", path, body)
    assert len(found) == (1 if path.startswith(PEOPLE) else 0)


def test_all_other_bodies_ignore_unknown_members(api: Client, ada: str, hiring: str) -> None:
    """facts.md 16, Strictness of bodies: only the listed ones refuse."""
    member = api.data("GET", MEMBERS)[0]["id"]["workspace_member_id"]
    note = {
        "parent_object": "people", "parent_record_id": ada, "title": "T", "format": "plaintext",
        "content": "C",
    }  # fmt: skip
    comment = {
        "format": "plaintext", "content": "C", "author": {"type": "workspace-member", "id": member},
        "record": {"object": "people", "record_id": ada},
    }  # fmt: skip
    task = {
        "content": "C", "format": "plaintext", "deadline_at": None, "is_completed": False,
        "linked_records": [], "assignees": [],
    }  # fmt: skip
    webhook = {
        "target_url": "https://example.com/hook",
        "subscriptions": [{"event_type": "note.created", "filter": None}],
    }
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", PEOPLE, {"values": {}}),
        ("POST", entries(hiring), entry_body(ada, {})),
        ("POST", "/v2/objects", {"api_slug": "x", "singular_noun": "X", "plural_noun": "Xs"}),
        ("PATCH", "/v2/objects/x", {"singular_noun": "Y"}),
        ("PATCH", f"/v2/lists/{hiring}", {"name": "H"}),
        ("POST", "/v2/objects/companies/attributes/categories/options", {"title": "New"}),
        ("PATCH", "/v2/objects/companies/attributes/categories/options/New", {"title": "Old"}),
        ("POST", "/v2/objects/deals/attributes/stage/statuses", {"title": "New"}),
        ("POST", "/v2/notes", note),
        ("POST", "/v2/comments", comment),
        ("POST", "/v2/tasks", task),
        ("POST", "/v2/webhooks", webhook),
    ]
    for method, path, data in bodies:
        answer = api.send(method, path, {"data": data | {"colour": "red"}, "shape": "round"})
        assert answer.status == 200, (method, path, answer.json)
    search = {
        "query": "ada", "objects": ["people"], "request_as": {"type": "workspace", "colour": "red"},
        "shape": "round",
    }  # fmt: skip
    assert len(api.data("POST", "/v2/objects/records/search", search)) == 1
    merge = {"primary_record_id": ada, "secondary_record_id": GHOST, "colour": "red"}
    assert api.send("POST", f"{PEOPLE}/merge", {"data": merge}).status == 404
