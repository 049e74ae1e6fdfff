"""Comments and threads, on records and on entries."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Client
from tests.sandbox.helpers import HOSTILE, Told, check_limits, member_id, object_id, path_of, person

COMMENTS, THREADS = "/v2/comments", "/v2/threads"


def body(api: Client, **changes: Any) -> dict[str, Any]:
    author = {"type": "workspace-member", "id": member_id(api)}
    return {"data": {"format": "plaintext", "content": "Hm", "author": author} | changes}


def on(key: str, object: str = "people") -> dict[str, Any]:
    return {"record": {"object": object, "record_id": key}}


def make(api: Client, **changes: Any) -> Any:
    return api.data("POST", COMMENTS, body(api, **changes))


def key_of(comment: Any) -> str:
    key: str = comment["id"]["comment_id"]
    return key


@pytest.fixture
def entry(api: Client) -> dict[str, str]:
    """An entry of Ada in a list: the ids of both and of the record."""
    data = {"name": "Hiring", "api_slug": "hiring", "parent_object": "people"}
    access = {"workspace_access": "full-access", "workspace_member_access": []}
    made = api.data("POST", "/v2/lists", {"data": data | access})
    ada = person(api)
    key = api.add_entry("hiring", ada)["id"]["entry_id"]
    return {"list_id": made["id"]["list_id"], "entry_id": key, "record_id": ada}


def test_a_comment_on_a_record(api: Client, ws: Workspace) -> None:
    told = Told(ws, "comment.created", "comment.deleted")
    ada = person(api)
    comment = make(api, **on(ada))
    ids = {"object_id": object_id(api, "people"), "record_id": ada}
    author = {"type": "workspace-member", "id": member_id(api)}
    assert comment == {
        "id": {"workspace_id": ws.workspace_id, "comment_id": key_of(comment)},
        "thread_id": key_of(comment),
        "content_plaintext": "Hm",
        "entry": None,
        "record": ids,
        "resolved_at": None,
        "resolved_by": None,
        "created_at": "2026-02-03T10:11:12.520000000Z",
        "author": author,
    }
    assert api.data("GET", f"{COMMENTS}/{key_of(comment)}") == comment
    thread = {
        "id": {"workspace_id": ws.workspace_id, "thread_id": comment["thread_id"]},
        "comments": [comment],
        "created_at": comment["created_at"],
    }
    answer = api.send("GET", f"{THREADS}/{comment['thread_id']}").json
    assert answer == {"data": thread, "pagination": {"next_cursor": None}}
    listed = api.data("GET", THREADS, object="people", record_id=ada)
    assert listed == [thread | {"has_more_comments": False}]
    (event,) = told.take()
    assert event["actor"]["type"] == "api-token"
    assert event == {
        "event_type": "comment.created",
        "id": comment["id"],
        "thread_id": key_of(comment),
        **ids,
        "list_id": None,
        "entry_id": None,
        "actor": event["actor"],
    }
    assert api.send("DELETE", f"{COMMENTS}/{key_of(comment)}") == (200, {})
    assert told.take() == [event | {"event_type": "comment.deleted"}]


def test_a_comment_on_an_entry(api: Client, ws: Workspace, entry: dict[str, str]) -> None:
    told = Told(ws, "comment.created")
    comment = make(api, entry={"list": "hiring", "entry_id": entry["entry_id"]})
    place = {k: entry[k] for k in ("list_id", "entry_id")}
    assert comment["entry"] == place
    assert comment["record"]["record_id"] == entry["record_id"]
    (event,) = told.take()
    assert {k: event[k] for k in place} == place
    reply = make(api, thread_id=comment["thread_id"])
    assert (reply["thread_id"], reply["entry"]) == (comment["thread_id"], place)
    (thread,) = api.data("GET", THREADS, list=entry["list_id"], entry_id=entry["entry_id"])
    assert thread["comments"] == [comment, reply]
    assert api.data("GET", THREADS, object="people", record_id=entry["record_id"]) == []
    assert api.data("GET", THREADS) == [thread]


def test_threads_are_sorted_and_paged(api: Client, clock: Clock) -> None:
    ada = person(api)
    first = make(api, content="first", **on(ada))
    clock.move(1)
    make(api, content="second", **on(ada))
    clock.move(1)
    make(api, content="late", thread_id=first["thread_id"])
    make(api, content="back", thread_id=first["thread_id"], created_at="2020-01-01")
    threads = api.data("GET", THREADS)
    texts = [[each["content_plaintext"] for each in t["comments"]] for t in threads]
    assert texts == [["back", "first", "late"], ["second"]]
    for _ in range(10):
        make(api, **on(ada))
    assert len(api.data("GET", THREADS)) == 10
    assert api.data("GET", THREADS, limit="1", offset="1") == threads[1:2]
    check_limits(lambda **params: api.send("GET", THREADS, **params), 50)


def test_deleting_the_head_deletes_the_thread(api: Client, ws: Workspace) -> None:
    told = Told(ws, "comment.deleted")
    ada = person(api)
    head = make(api, **on(ada))
    back = make(api, thread_id=head["thread_id"], created_at="2020-01-01")
    other = make(api, thread_id=head["thread_id"])
    api.send("DELETE", f"{COMMENTS}/{key_of(other)}")
    (thread,) = api.data("GET", THREADS)
    assert thread["comments"] == [back, head]
    told.take()
    api.send("DELETE", f"{COMMENTS}/{key_of(head)}")
    assert [event["id"]["comment_id"] for event in told.take()] == [key_of(head)]
    assert api.data("GET", THREADS) == []
    assert api.send("GET", f"{COMMENTS}/{key_of(back)}").code == "404 not_found"
    assert api.send("GET", f"{THREADS}/{head['thread_id']}").code == "404 not_found"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, ["data"]),
        ({"thread_id": GHOST, **on(GHOST)}, ["data"]),
        ({"format": "markdown", **on(GHOST)}, ["data", "format"]),
        ({"content": None, **on(GHOST)}, ["data", "content"]),
        ({"content": "a\x00", **on(GHOST)}, ["data", "content"]),
        ({"author": {"type": "system", "id": GHOST}, **on(GHOST)}, ["data", "author", "type"]),
        ({"author": {"type": "workspace-member"}, **on(GHOST)}, ["data", "author", "id"]),
        ({"created_at": "2030-01-01", "thread_id": GHOST}, ["data", "created_at"]),
        ({"created_at": "x", "thread_id": GHOST}, ["data", "created_at"]),
        ({"thread_id": "x"}, ["data", "thread_id"]),
        ({"record": {"object": "people"}}, ["data", "record", "record_id"]),
        ({"entry": {"list": "x", "entry_id": "x"}}, ["data", "entry", "entry_id"]),
    ],
)
def test_bad_comments(api: Client, changes: dict[str, Any], path: list[Any]) -> None:
    answer = api.send("POST", COMMENTS, body(api, **changes))
    assert path_of(answer) == path
    # The specification spells the status of this one error in camel case.
    assert answer.json["statusCode"] == answer.json["status_code"] == 400


def test_comments_on_nothing(api: Client, entry: dict[str, str]) -> None:
    ghost = {"type": "workspace-member", "id": GHOST}
    gone = "The referenced Thread could not be found, it might have been deleted."
    for changes, message in (
        ({"thread_id": GHOST}, gone),
        (on(GHOST), f'Record with ID "{GHOST}" not found.'),
        (on(GHOST, "ghosts"), 'Object with slug/ID "ghosts" not found.'),
        ({"entry": {"list": "x", "entry_id": GHOST}}, 'List with slug/ID "x" not found.'),
        ({"entry": {"list": "hiring", "entry_id": GHOST}}, f'Entry with ID "{GHOST}" not found.'),
        (
            {"author": ghost, **on(entry["record_id"])},
            f'Workspace member with ID "{GHOST}" not found.',
        ),
    ):
        answer = api.send("POST", COMMENTS, body(api, **changes))
        assert (answer.code, answer.json["message"]) == ("400 value_not_found", message)
        assert answer.json["statusCode"] == 400
    assert api.data("GET", THREADS) == []
    for method, message in (
        ("GET", f'Comment with ID "{GHOST}" was not found.'),
        ("DELETE", f'Could not find Comment with ID "{GHOST}".'),
    ):
        answer = api.send(method, f"{COMMENTS}/{GHOST}")
        assert (answer.code, answer.json["message"]) == ("404 not_found", message)


def test_a_token_without_the_scope_is_answered_as_elsewhere(ws: Workspace, api: Client) -> None:
    api.headers = {"Authorization": f"Bearer {ws.access.add_token(['comment:read'])}"}
    answer = api.send("POST", COMMENTS, {})
    assert answer.status == 403
    assert "statusCode" not in answer.json


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"object": "people"}, "record_id"),
        ({"record_id": GHOST}, "object"),
        ({"list": "hiring"}, "entry_id"),
        ({"entry_id": GHOST}, "list"),
        ({"object": "people", "record_id": "x"}, "record_id"),
        ({"object": "a", "record_id": GHOST, "list": "b", "entry_id": GHOST}, "entry_id"),
    ],
)
def test_bad_parameters(api: Client, params: dict[str, str], path: str) -> None:
    assert path_of(api.send("GET", THREADS, **params)) == [path]


def test_threads_go_with_their_record_and_entry(api: Client, entry: dict[str, str]) -> None:
    ada = entry["record_id"]
    kept = make(api, **on(person(api, "bob@acme.example.com")))
    there = make(api, entry={"list": "hiring", "entry_id": entry["entry_id"]})
    on_record = make(api, **on(ada))
    api.send("DELETE", f"/v2/lists/hiring/entries/{entry['entry_id']}")
    assert api.send("GET", f"{COMMENTS}/{key_of(there)}").status == 404
    assert api.data("GET", f"{COMMENTS}/{key_of(on_record)}") == on_record
    again = make(
        api, entry={"list": "hiring", "entry_id": api.add_entry("hiring", ada)["id"]["entry_id"]}
    )
    api.send("DELETE", f"/v2/objects/people/records/{ada}")
    for gone in (on_record, again):
        assert api.send("GET", f"{COMMENTS}/{key_of(gone)}").status == 404
    assert [thread["comments"] for thread in api.data("GET", THREADS)] == [[kept]]


def test_any_text_is_kept(api: Client) -> None:
    ada = person(api)
    for text in (*HOSTILE, "x" * 10_000_000):
        made = make(api, content=text, **on(ada))
        assert api.data("GET", f"{COMMENTS}/{key_of(made)}")["content_plaintext"] == text
