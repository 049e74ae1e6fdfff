"""Tasks: six keys, links, assignees, lists with filters and sorts, strict changes."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Client, record_id
from tests.sandbox.helpers import (
    HOSTILE,
    OWNER,
    UNSTORABLE,
    Told,
    check_limits,
    member_id,
    object_id,
    path_of,
    person,
)

TASKS = "/v2/tasks"


def body(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "content": "Call",
        "format": "plaintext",
        "deadline_at": None,
        "is_completed": False,
        "linked_records": [],
        "assignees": [],
    }
    return {"data": data | changes}


def make(api: Client, **changes: Any) -> Any:
    return api.data("POST", TASKS, body(**changes))


def key_of(task: Any) -> str:
    key: str = task["id"]["task_id"]
    return key


def link(object: str, key: str) -> dict[str, str]:
    return {"target_object": object, "target_record_id": key}


def test_a_task(api: Client, ws: Workspace) -> None:
    ada, member = person(api), member_id(api)
    by = {"referenced_actor_type": "workspace-member", "referenced_actor_id": member}
    task = make(
        api,
        deadline_at="2026-03-01T15:00:00+01:00",
        linked_records=[link("people", ada)],
        assignees=[by],
    )
    assert task == {
        "id": {"workspace_id": ws.workspace_id, "task_id": key_of(task)},
        "content_plaintext": "Call",
        "deadline_at": "2026-03-01T14:00:00.000000000Z",
        "is_completed": False,
        "completed_at": None,
        "linked_records": [{"target_object_id": "people", "target_record_id": ada}],
        "assignees": [by],
        "created_by_actor": task["created_by_actor"],
        "created_at": "2026-02-03T10:11:12.520000000Z",
    }
    assert api.data("GET", f"{TASKS}/{key_of(task)}") == task
    assert api.data("GET", TASKS) == [task]
    done = make(api, is_completed=True)
    assert (done["is_completed"], done["completed_at"]) == (True, done["created_at"])


@pytest.mark.parametrize("key", list(body()["data"]))
def test_all_six_keys_are_needed(api: Client, key: str) -> None:
    data = {k: v for k, v in body()["data"].items() if k != key}
    assert path_of(api.send("POST", TASKS, {"data": data})) == ["data", key]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"content": "x" * 2001}, ["content"]),
        ({"content": "a\x00b"}, ["content"]),
        ({"format": "markdown"}, ["format"]),
        ({"deadline_at": "soon"}, ["deadline_at"]),
        ({"deadline_at": 5}, ["deadline_at"]),
        ({"is_completed": None}, ["is_completed"]),
        ({"linked_records": None}, ["linked_records"]),
        ({"linked_records": [5]}, ["linked_records", 0]),
        ({"linked_records": [{}]}, ["linked_records", 0, "target_object"]),
        ({"linked_records": [{"target_object": 5}]}, ["linked_records", 0, "target_object"]),
        ({"linked_records": [{"target_object": "people"}]}, ["linked_records", 0]),
        (
            {"linked_records": [{"target_object": "people", "target_record_id": "x"}]},
            ["linked_records", 0, "target_record_id"],
        ),
        (
            {"linked_records": [{"target_object": "people", "name": ["Ada"]}]},
            ["linked_records", 0, "name"],
        ),
        (
            {"linked_records": [{"target_object": "people", "email_addresses": []}]},
            ["linked_records", 0, "email_addresses"],
        ),
        (
            {"linked_records": [{"target_object": "people", "email_addresses": ["x"]}]},
            ["linked_records", 0, "email_addresses"],
        ),
        ({"linked_records": ["a\x00b"]}, ["linked_records", 0]),
        ({"linked_records": ["no domain"]}, ["linked_records", 0]),
        ({"assignees": [OWNER]}, ["assignees", 0]),
        ({"assignees": [{"workspace_member_email_address": OWNER, "x": 1}]}, ["assignees", 0]),
        (
            {"assignees": [{"referenced_actor_type": "api-token", "referenced_actor_id": GHOST}]},
            ["assignees", 0],
        ),
    ],
)
def test_bad_tasks(api: Client, changes: dict[str, Any], path: list[Any]) -> None:
    assert path_of(api.send("POST", TASKS, body(**changes))) == ["data", *path]
    assert api.data("GET", TASKS) == []


def test_records_are_linked_in_every_form(api: Client) -> None:
    ada = person(api)
    acme = record_id(api.create("companies", domains=["acme.test"]))
    deal = record_id(api.create("deals", name="Big", stage="Lead", owner=OWNER))
    task = make(
        api,
        linked_records=[
            link(object_id(api, "deals"), deal),
            {
                "target_object": "people",
                "email_addresses": [{"email_address": "ADA@acme.example.com"}],
            },
            {"target_object": "companies", "domains": ["acme.test"]},
            {"target_object": "companies", "record_id": [acme]},
            {"target_object": "deals", "name": [{"value": "Big"}]},
            ada,
            "ada@acme.example.com",
            "https://acme.test",
        ],
    )
    assert task["linked_records"] == [
        {"target_object_id": slug, "target_record_id": key}
        for slug, key in (("deals", deal), ("people", ada), ("companies", acme))
    ]


def test_links_to_nothing(api: Client) -> None:
    for _ in range(2):
        api.create("companies", name="Twin")
    twins = {"target_object": "companies", "name": ["Twin"]}
    assert api.send("POST", TASKS, body(linked_records=[twins])).code == (
        "400 multiple_match_results"
    )
    for wanted in (
        link("people", GHOST),
        link("ghosts", GHOST),
        GHOST,
        "nobody@acme.example.com",
        "nobody.test",
        {"target_object": "people", "email_addresses": ["nobody@acme.example.com"]},
        {"target_object": "people", "ghost": ["x"]},
    ):
        assert api.send("POST", TASKS, body(linked_records=[wanted])).code == "404 not_found"


def test_entries_cannot_be_linked(api: Client) -> None:
    data = {"name": "Hiring", "api_slug": "hiring", "parent_object": "people"}
    access = {"workspace_access": "full-access", "workspace_member_access": []}
    api.data("POST", "/v2/lists", {"data": data | access})
    entry = api.add_entry("hiring", person(api))["id"]["entry_id"]
    answer = api.send("POST", TASKS, body(linked_records=[link("hiring", entry)]))
    assert answer.code == "400 validation_type"
    assert answer.json["message"] == "Only standard or custom object records can be linked to."
    assert api.send("POST", TASKS, body(linked_records=[entry])).code == "404 not_found"


def test_assignees(api: Client, ws: Workspace) -> None:
    bob = ws.setup.add_member("bob@acme.example.com")
    task = make(
        api,
        assignees=[
            {"workspace_member_email_address": "BOB@acme.example.com"},
            {"workspace_member_email_address": OWNER},
            {"referenced_actor_type": "workspace-member", "referenced_actor_id": bob.upper()},
        ],
    )
    found = [each["referenced_actor_id"] for each in task["assignees"]]
    assert found == [bob, member_id(api)]
    for wanted in (
        {"workspace_member_email_address": "x@acme.example.com"},
        {"workspace_member_email_address": bob},
        {"referenced_actor_type": "workspace-member", "referenced_actor_id": GHOST},
    ):
        assert api.send("POST", TASKS, body(assignees=[wanted])).code == "404 not_found"


@pytest.fixture
def named(api: Client, ws: Workspace, clock: Clock) -> dict[str, str]:
    """Four tasks: one linked, one assigned to Bob, one done early, one done late."""
    ada = person(api)
    ws.setup.add_member("bob@acme.example.com")
    by = [{"workspace_member_email_address": "bob@acme.example.com"}]
    found: dict[str, str] = {"ada": ada}
    for content, changes in (
        ("linked", {"linked_records": [link("people", ada)]}),
        ("late", {}),
        ("assigned", {"assignees": by}),
        ("early", {}),
    ):
        clock.move(1)
        found[content] = key_of(make(api, content=content, **changes))
    for content in ("early", "late"):
        clock.move(1)
        api.data("PATCH", f"{TASKS}/{found[content]}", {"data": {"is_completed": True}})
    return found


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, "linked late assigned early"),
        ({"sort": "created_at:asc"}, "linked late assigned early"),
        ({"sort": "created_at:desc"}, "early assigned late linked"),
        ({"sort": "completed_at:asc"}, "linked assigned early late"),
        ({"sort": "completed_at:desc"}, "late early assigned linked"),
        ({"is_completed": "true"}, "late early"),
        ({"is_completed": "false", "sort": "created_at:desc"}, "assigned linked"),
        ({"assignee": "bob@acme.example.com"}, "assigned"),
        ({"assignee": "null"}, "linked late early"),
        ({"assignee": "", "is_completed": "false"}, "linked"),
        ({"assignee": OWNER}, ""),
        ({"linked_object": "people", "linked_record_id": "ada"}, "linked"),
        ({"limit": "2", "offset": "1"}, "late assigned"),
    ],
)
def test_lists(api: Client, named: dict[str, str], params: dict[str, str], wanted: str) -> None:
    if "linked_record_id" in params:
        params = params | {"linked_record_id": named["ada"]}
    found = [task["content_plaintext"] for task in api.data("GET", TASKS, **params)]
    assert " ".join(found) == wanted


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"sort": "deadline_at:asc"}, "sort"),
        ({"is_completed": "yes"}, "is_completed"),
        ({"assignee": "nobody@acme.example.com"}, "assignee"),
        ({"linked_object": "people"}, "linked_record_id"),
        ({"linked_record_id": GHOST}, "linked_object"),
        ({"linked_record_id": "x", "linked_object": "people"}, "linked_record_id"),
        *(({"assignee": text}, "assignee") for text in UNSTORABLE),
    ],
)
def test_bad_parameters(api: Client, params: dict[str, str], path: str) -> None:
    assert path_of(api.send("GET", TASKS, **params)) == [path]


def test_lists_of_nothing_and_limits(api: Client) -> None:
    linked = {"linked_object": "people", "linked_record_id": GHOST}
    assert api.send("GET", TASKS, **linked).code == "404 not_found"
    check_limits(lambda **params: api.send("GET", TASKS, **params), 500)


def test_changes(api: Client, ws: Workspace, clock: Clock) -> None:
    told = Told(ws, "task.created", "task.updated", "task.deleted")
    ada, bob = person(api), person(api, "bob@acme.example.com")
    task = make(api, linked_records=[ada], assignees=[{"workspace_member_email_address": OWNER}])
    path = f"{TASKS}/{key_of(task)}"
    event = {"event_type": "task.created", "id": task["id"], "actor": task["created_by_actor"]}
    assert told.take() == [event]

    def change(**data: Any) -> Any:
        return api.data("PATCH", path, {"data": data})

    clock.move(5)
    done = change(is_completed=True)
    assert (done["is_completed"], done["completed_at"]) == (True, "2026-02-03T10:11:17.520000000Z")
    assert told.take() == [event | {"event_type": "task.updated"}]
    clock.move(5)
    assert change(is_completed=True) == done
    assert told.take() == []
    assert change(is_completed=False)["completed_at"] is None
    changed = change(deadline_at="2027-01-01", linked_records=[bob], assignees=[])
    assert changed["deadline_at"] == "2027-01-01T00:00:00.000000000Z"
    assert [each["target_record_id"] for each in changed["linked_records"]] == [bob]
    assert changed["assignees"] == []
    assert change(deadline_at=None)["deadline_at"] is None
    told.take()
    assert api.send("DELETE", path) == (200, {})
    assert told.take() == [event | {"event_type": "task.deleted"}]
    for method, sent in (
        ("GET", None),
        ("PATCH", {"data": {"is_completed": True}}),
        ("DELETE", None),
    ):
        answer = api.send(method, path, sent)
        message = f'Could not find Task with ID "{key_of(task)}".'
        assert (answer.code, answer.json["message"]) == ("404 not_found", message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "You passed an empty payload. Please ensure you are updating at least one property"),
        ({"content": "x"}, "Body payload validation error."),
        ({"is_completed": None}, "Body payload validation error."),
        ({"assignees": [{}]}, "Body payload validation error."),
    ],
)
def test_bad_changes(api: Client, data: dict[str, Any], message: str) -> None:
    task = make(api)
    answer = api.send("PATCH", f"{TASKS}/{key_of(task)}", {"data": data})
    assert answer.code == "400 validation_type"
    assert answer.json["message"].startswith(message)
    assert api.data("GET", TASKS) == [task]


def test_a_refused_change_changes_nothing(api: Client) -> None:
    task = make(api, linked_records=[person(api)])
    data = {"is_completed": True, "linked_records": [], "assignees": [
        {"workspace_member_email_address": "x@acme.example.com"}]}  # fmt: skip
    assert api.send("PATCH", f"{TASKS}/{key_of(task)}", {"data": data}).status == 404
    assert api.data("GET", TASKS) == [task]


def test_a_link_goes_with_its_record(api: Client) -> None:
    ada, bob = person(api), person(api, "bob@acme.example.com")
    task = make(api, linked_records=[ada, bob])
    api.send("DELETE", f"/v2/objects/people/records/{ada}")
    found = api.data("GET", f"{TASKS}/{key_of(task)}")["linked_records"]
    assert [each["target_record_id"] for each in found] == [bob]


def test_merged_records_are_linked_once(api: Client) -> None:
    ada, bob, eve = (person(api, f"{name}@acme.example.com") for name in ("ada", "bob", "eve"))
    task = make(api, linked_records=[ada, eve, bob])
    pair = {"primary_record_id": ada, "secondary_record_id": bob}
    new = api.data("POST", "/v2/objects/people/records/merge", {"data": pair})["new_record_id"]
    found = api.data("GET", f"{TASKS}/{key_of(task)}")["linked_records"]
    assert [each["target_record_id"] for each in found] == [new, eve]


def test_any_text_is_kept(api: Client) -> None:
    for text in HOSTILE:
        assert make(api, content=text)["content_plaintext"] == text
    assert len(api.data("GET", TASKS)) == len(HOSTILE)
    assert api.send("POST", TASKS, body(content="x" * 10_000_000)).status == 400
