"""facts.md 8 and 15: notes are changed by PATCH, and one that is too large is a 413."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import GHOST, Client, record_id, with_token
from tests.sandbox.helpers import EMPTY, Told, object_id, path_of

NOTES = "/v2/notes"


@pytest.fixture
def person(api: Client) -> str:
    return record_id(api.create("people", name="Ada Lovelace"))


def body(parent: str, **changes: Any) -> dict[str, Any]:
    data = {"parent_object": "people", "parent_record_id": parent, "title": "Call"}
    return {"data": {**data, "format": "plaintext", "content": "Hello", **changes}}


@pytest.fixture
def note(api: Client, person: str) -> Any:
    return api.data("POST", NOTES, body(person))


def one(note: Any) -> str:
    return f"{NOTES}/{note['id']['note_id']}"


def change(api: Client, note: Any, **data: Any) -> Any:
    return api.data("PATCH", one(note), {"data": data})


def test_what_is_left_out_stays(api: Client, note: Any) -> None:
    """facts.md 8: `content` replaces the whole text, the rest stays."""
    renamed = change(api, note, title="Second call")
    assert renamed == note | {"title": "Second call"}
    written = change(api, note, format="markdown", content="# Plan\n\n* **one**")
    assert written == renamed | {
        "content_plaintext": "Plan\none",
        "content_markdown": "# Plan\n\n- **one**",
    }
    assert api.data("GET", one(note)) == written


def test_content_without_a_format_is_plain(api: Client, note: Any) -> None:
    """A choice: facts.md 8 has `format` optional and does not say what it is then."""
    change(api, note, format="markdown", content="**Hello**")
    written = change(api, note, content="**Bye**")
    assert written["content_plaintext"] == "**Bye**"
    assert written["content_markdown"] == "\\*\\*Bye\\*\\*"


def test_the_parent_cannot_change(api: Client, note: Any) -> None:
    """facts.md 8; and facts.md 16, Strictness of bodies: what is unknown is ignored."""
    other = record_id(api.create("people", name="Bob Byron"))
    more = {"parent_object": "companies", "parent_record_id": other, "colour": "red"}
    assert change(api, note, title="Moved", **more) == note | {"title": "Moved"}


def test_titles_and_texts_are_told_apart(ws: Workspace, api: Client, person: str) -> None:
    """facts.md 9: `note.updated` is of the title only, `note-content.updated` of the text."""
    note = api.data("POST", NOTES, body(person))
    told = Told(ws, "note.updated", "note-content.updated")

    def types() -> list[str]:
        return [event["event_type"] for event in told.take()]

    change(api, note, title="Second call")
    assert types() == ["note.updated"]
    change(api, note, format="plaintext", content="Bye")
    (event,) = told.take()
    assert event == {
        "event_type": "note-content.updated",
        "id": note["id"],
        "parent_object_id": object_id(api, "people"),
        "parent_record_id": person,
        "actor": note["created_by_actor"],
    }
    change(api, note, title="Third call", format="plaintext", content="Hello again")
    assert types() == ["note.updated", "note-content.updated"]
    change(api, note, title="Third call", format="plaintext", content="Hello again")
    assert types() == []


def test_too_large_a_content_is_a_413(ws: Workspace, api: Client, person: str, note: Any) -> None:
    """facts.md 0.1: 413 `validation_type` on create and update; the number is a choice."""
    told = Told(ws, "note.created", "note-content.updated")
    large = {"format": "plaintext", "content": "é" * (5 * 2**20 + 1)}
    for answer in (
        api.send("POST", NOTES, body(person, **large)),
        api.send("PATCH", one(note), {"data": large}),
    ):
        assert answer.code == "413 validation_type"
        assert answer.json["type"] == "invalid_request_error"
        assert "10485760 bytes" in answer.json["message"]
    assert api.data("GET", NOTES) == [note]
    assert told.take() == []
    most = change(api, note, format="plaintext", content="x" * (10 * 2**20))
    assert len(most["content_plaintext"]) == 10 * 2**20


def test_bad_changes(api: Client, note: Any) -> None:
    path = one(note)
    for data in ({}, {"format": "markdown"}, {"colour": "red"}):
        answer = api.send("PATCH", path, {"data": data})
        assert (answer.code, answer.json["message"]) == ("400 validation_type", EMPTY)
    for name, value in (
        ("title", None),
        ("title", 5),
        ("content", None),
        ("content", ["x"]),
        ("format", "html"),
        ("format", None),
        ("content", "a\x00b"),
    ):
        assert path_of(api.send("PATCH", path, {"data": {name: value}})) == ["data", name]
    assert api.send("PATCH", path, {}).code == "400 validation_type"
    assert api.send("PATCH", f"{NOTES}/x", {"data": {"title": "T"}}).code == "400 validation_type"
    answer = api.send("PATCH", f"{NOTES}/{GHOST}", {"data": {"title": "T"}})
    assert answer.code == "404 not_found"
    assert answer.json["message"] == f'Note with ID "{GHOST}" was not found.'
    assert api.data("GET", path) == note


def test_changing_takes_three_scopes(ws: Workspace, api: Client, note: Any) -> None:
    """facts.md 2: note:read-write, and reading of objects and records."""
    scopes = ("note:read-write", "object_configuration:read", "record_permission:read")
    for missing in scopes:
        token = ws.access.add_token(set(scopes) - {missing})
        answer = with_token(ws, token).send("PATCH", one(note), {"data": {"title": "T"}})
        assert answer.code == "403 unauthorized"
        assert f'"{missing}"' in answer.json["message"]
    change(with_token(ws, ws.access.add_token(scopes)), note, title="T")


def test_ten_lists_a_second() -> None:
    """facts.md 10: `GET /v2/notes` 10/s."""
    workspace = Workspace(limits="attio")
    workspace.clock.freeze()
    api = Client(workspace)
    statuses = [api.send("GET", NOTES).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert api.send("GET", "/v2/workspace_members").status == 200
    workspace.clock.move(1)
    assert api.send("GET", NOTES).status == 200
    workspace.close()
