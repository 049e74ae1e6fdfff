"""Notes: both formats, lists, what is refused, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Client, record_id
from tests.sandbox.helpers import HOSTILE, Told, check_limits, object_id, path_of, person

NOTES = "/v2/notes"


def body(parent: str, **changes: Any) -> dict[str, Any]:
    data = {
        "parent_object": "people",
        "parent_record_id": parent,
        "title": "Call",
        "format": "plaintext",
        "content": "Hello",
    }
    return {"data": data | changes}


def test_a_note_in_markdown(api: Client, ws: Workspace) -> None:
    ada = person(api)
    text = "# Plan\n\n* **one**\n* [two](https://two.test)"
    note = api.data("POST", NOTES, body(ada, format="markdown", content=text))
    key = note["id"]["note_id"]
    assert note == {
        "id": {"workspace_id": ws.workspace_id, "note_id": key},
        "parent_object": "people",
        "parent_record_id": ada,
        "title": "Call",
        "meeting_id": None,
        "content_plaintext": "Plan\none\ntwo",
        "content_markdown": "# Plan\n\n- **one**\n- [two](https://two.test)",
        "tags": [],
        "created_by_actor": note["created_by_actor"],
        "created_at": "2026-02-03T10:11:12.520000000Z",
    }
    assert note["created_by_actor"]["type"] == "api-token"
    assert api.data("GET", f"{NOTES}/{key}") == note
    assert api.data("GET", NOTES) == [note]


def test_a_note_in_plain_text(api: Client) -> None:
    note = api.data("POST", NOTES, body(person(api), content="*a* \n\n b"))
    assert note["content_plaintext"] == "*a* \n\n b"
    assert note["content_markdown"] == "\\*a\\* \n\n b"


def test_the_parent_by_id(api: Client) -> None:
    acme = record_id(api.create("companies", name="Acme"))
    note = api.data("POST", NOTES, body(acme, parent_object=object_id(api, "companies")))
    assert (note["parent_object"], note["parent_record_id"]) == ("companies", acme)
    assert api.data("POST", NOTES, body(acme.upper(), parent_object="companies"))


def test_lists_are_newest_first_and_paged(api: Client, clock: Clock) -> None:
    ada, bob = person(api), person(api, "bob@acme.example.com")
    acme = record_id(api.create("companies", name="Acme"))
    for number in range(12):
        api.data("POST", NOTES, body(ada, title=str(number)))
        clock.move(1)
    api.data("POST", NOTES, body(bob, title="bob"))
    api.data("POST", NOTES, body(acme, title="acme", parent_object="companies"))

    def titles(**params: str) -> list[str]:
        return [note["title"] for note in api.data("GET", NOTES, **params)]

    assert titles() == ["acme", "bob", "11", "10", "9", "8", "7", "6", "5", "4"]
    assert titles(limit="3", offset="12") == ["1", "0"]
    of_ada = {"parent_object": "people", "parent_record_id": ada}
    assert titles(limit="2", **of_ada) == ["11", "10"]
    assert titles(parent_record_id=bob) == ["bob"]
    assert titles(parent_object="companies") == ["acme"]
    check_limits(lambda **params: api.send("GET", NOTES, **params), 50)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"parent_object": "ghosts"}, 'Object with slug/ID "ghosts" not found.'),
        (
            {"parent_object": "people", "parent_record_id": GHOST},
            f'Record with ID "{GHOST}" not found.',
        ),
        ({"parent_record_id": GHOST}, f'Record with ID "{GHOST}" not found.'),
    ],
)
def test_lists_of_nothing(api: Client, params: dict[str, str], message: str) -> None:
    answer = api.send("GET", NOTES, **params)
    assert (answer.code, answer.json["message"]) == ("404 not_found", message)


def test_bad_parameters(api: Client) -> None:
    assert path_of(api.send("GET", NOTES, parent_record_id="x")) == ["parent_record_id"]
    assert path_of(api.send("GET", NOTES, parent_object="a\x00b")) == ["parent_object"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"title": None}, ["data", "title"]),
        ({"format": "html"}, ["data", "format"]),
        ({"content": 5}, ["data", "content"]),
        ({"parent_record_id": "x"}, ["data", "parent_record_id"]),
        ({"meeting_id": "x"}, ["data", "meeting_id"]),
        ({"created_at": "yesterday"}, ["data", "created_at"]),
        ({"created_at": "1969-12-31T23:59:59Z"}, ["data", "created_at"]),
        ({"created_at": "2026-02-03T10:11:12.521Z"}, ["data", "created_at"]),
        ({"content": "a\x00b"}, ["data", "content"]),
        ({"title": "a\x00b"}, ["data", "title"]),
    ],
)
def test_bad_notes(api: Client, changes: dict[str, Any], path: list[str]) -> None:
    assert path_of(api.send("POST", NOTES, body(person(api), **changes))) == path
    assert (
        api.send("POST", NOTES, body(person(api, "b@b.example.com"), title="\ud800")).status == 400
    )
    assert api.data("GET", NOTES) == []


def test_notes_of_nothing(api: Client) -> None:
    ada = person(api)
    for changes, message in (
        ({"parent_object": "ghosts"}, 'Object with slug/ID "ghosts" not found.'),
        ({"parent_object": "companies"}, f'Record with ID "{ada}" not found.'),
        ({"meeting_id": GHOST}, f'Meeting with ID "{GHOST}" was not found.'),
    ):
        answer = api.send("POST", NOTES, body(ada, **changes))
        assert (answer.code, answer.json["message"]) == ("404 not_found", message)
    for method in ("GET", "DELETE"):
        answer = api.send(method, f"{NOTES}/{GHOST}")
        assert answer.json["message"] == f'Note with ID "{GHOST}" was not found.'
        assert api.send(method, f"{NOTES}/x").code == "400 validation_type"


def test_created_at_may_be_set_back(api: Client) -> None:
    ada = person(api)
    for given, stored in (
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000000Z"),
        ("2023-01-01T15:00:00.000000001+02:00", "2023-01-01T13:00:00.000000001Z"),
        ("2026-02-03T10:11:12.520Z", "2026-02-03T10:11:12.520000000Z"),
    ):
        note = api.data("POST", NOTES, body(ada, created_at=given))
        assert note["created_at"] == stored


@pytest.mark.parametrize("format", ["plaintext", "markdown"])
def test_any_text_is_kept(api: Client, format: str) -> None:
    ada = person(api)
    for text in HOSTILE:
        made = api.data("POST", NOTES, body(ada, title=text, content=text, format=format))
        note = api.data("GET", f"{NOTES}/{made['id']['note_id']}")
        assert (note["title"], note == made) == (text, True)
    long = "word " * 2_000_000
    made = api.data("POST", NOTES, body(ada, content=long, format=format))
    assert len(made["content_plaintext"]) == len(long)


def test_deleting_and_events(api: Client, ws: Workspace) -> None:
    told = Told(ws, "note.created", "note.deleted", "note.updated")
    ada = person(api)
    note = api.data("POST", NOTES, body(ada))
    key = note["id"]["note_id"]
    event = {
        "event_type": "note.created",
        "id": {"workspace_id": ws.workspace_id, "note_id": key},
        "parent_object_id": object_id(api, "people"),
        "parent_record_id": ada,
        "actor": note["created_by_actor"],
    }
    assert told.take() == [event]
    assert api.send("DELETE", f"{NOTES}/{key}") == (200, {})
    assert told.take() == [event | {"event_type": "note.deleted"}]
    assert api.send("GET", f"{NOTES}/{key}").status == 404


def test_a_note_goes_with_its_record(api: Client, ws: Workspace) -> None:
    told = Told(ws, "note.deleted")
    ada, bob = person(api), person(api, "bob@acme.example.com")
    gone, stays = (api.data("POST", NOTES, body(key))["id"]["note_id"] for key in (ada, bob))
    api.send("DELETE", f"/v2/objects/people/records/{ada}")
    assert api.send("GET", f"{NOTES}/{gone}").status == 404
    assert [note["id"]["note_id"] for note in api.data("GET", NOTES)] == [stays]
    assert told.take() == []


def test_scopes(ws: Workspace, api: Client) -> None:
    key = api.data("POST", NOTES, body(person(api)))["id"]["note_id"]
    reads = ("object_configuration:read", "record_permission:read")
    api.headers = {"Authorization": f"Bearer {ws.access.add_token(('note:read', *reads))}"}
    assert api.data("GET", f"{NOTES}/{key}")
    assert api.send("DELETE", f"{NOTES}/{key}").status == 403
    api.headers = {"Authorization": f"Bearer {ws.access.add_token(['note:read-write'])}"}
    assert api.send("GET", NOTES).status == 403
    assert api.send("DELETE", f"{NOTES}/{key}").status == 200
