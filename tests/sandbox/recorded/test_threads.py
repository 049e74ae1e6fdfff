"""facts.md 8 and 15: threads in lists are cut, and one thread is read in parts."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Client, record_id, with_token
from tests.sandbox.helpers import check_limits, member_id, path_of

THREADS, COMMENTS = "/v2/threads", "/v2/comments"


class Scene:
    """A thread on a record, and how comments come to it."""

    def __init__(self, api: Client, clock: Clock) -> None:
        self.api, self.clock = api, clock
        self.person = record_id(api.create("people", name="Ada Lovelace"))
        head = self.add("0", record={"object": "people", "record_id": self.person})
        self.thread: str = head["thread_id"]
        self.path = f"{THREADS}/{self.thread}"

    def add(self, content: str, **place: Any) -> Any:
        author = {"type": "workspace-member", "id": member_id(self.api)}
        data = {"format": "plaintext", "content": content, "author": author, **place}
        return self.api.data("POST", COMMENTS, {"data": data})

    def reply(self, first: int, last: int) -> None:
        for number in range(first, last + 1):
            self.clock.move(1)
            self.add(str(number), thread_id=self.thread)

    def read(self, **params: str) -> tuple[list[str], str | None]:
        answer = self.api.send("GET", self.path, **params)
        assert answer.status == 200, answer.json
        assert answer.json["data"].keys() == {"id", "comments", "created_at"}
        return texts(answer.json["data"]), answer.json["pagination"]["next_cursor"]


def texts(thread: Any) -> list[str]:
    return [comment["content_plaintext"] for comment in thread["comments"]]


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


@pytest.fixture
def scene(api: Client, clock: Clock) -> Scene:
    return Scene(api, clock)


def test_a_list_carries_eighty(scene: Scene) -> None:
    """facts.md 8: at most 80 replies, oldest first, and `has_more_comments`."""
    scene.reply(1, 79)
    (thread,) = scene.api.data("GET", THREADS)
    assert (texts(thread), thread["has_more_comments"]) == (numbers(0, 79), False)
    scene.reply(80, 80)
    scene.add("other", record={"object": "people", "record_id": scene.person})
    long, short = scene.api.data("GET", THREADS, object="people", record_id=scene.person)
    assert (texts(long), long["has_more_comments"]) == (numbers(0, 79), True)
    assert (texts(short), short["has_more_comments"]) == (["other"], False)


def test_one_thread_is_read_in_parts(scene: Scene) -> None:
    """facts.md 15: `GET /v2/threads/{id}` pages by `limit` and `cursor`, and has `pagination`."""
    scene.reply(1, 6)
    found: list[str] = []
    sizes: list[int] = []
    cursor: str | None = None
    while True:
        part, cursor = scene.read(limit="3", **({} if cursor is None else {"cursor": cursor}))
        found += part
        sizes.append(len(part))
        if cursor is None:
            break
    assert (found, sizes) == (numbers(0, 6), [3, 3, 1])
    assert scene.read() == (numbers(0, 6), None)


def test_comments_of_one_moment_are_in_order_and_none_is_lost(scene: Scene) -> None:
    for number in range(1, 5):
        scene.add(str(number), thread_id=scene.thread)
    first, cursor = scene.read(limit="2")
    assert cursor is not None
    scene.add("5", thread_id=scene.thread)
    assert first == ["0", "1"]
    assert scene.read(limit="10", cursor=cursor) == (numbers(2, 5), None)


def test_a_part_is_of_eighty_unless_told(scene: Scene) -> None:
    """A choice: the default is not documented; 250 is the most (facts.md 8)."""
    scene.reply(1, 80)
    part, cursor = scene.read()
    assert (part, cursor is not None) == (numbers(0, 79), True)
    assert scene.read(limit="250") == (numbers(0, 80), None)
    for limit in ("0", "251", "x"):
        assert path_of(scene.api.send("GET", scene.path, limit=limit)) == ["limit"]
    check_limits(lambda **p: scene.api.send("GET", scene.path, **p), 250, offset=False)


def test_what_was_written_after_a_moment(scene: Scene) -> None:
    """facts.md 8: `created_after`; `comments` can be a part or empty."""
    scene.reply(1, 3)
    after = {"created_after": "2026-02-03T10:11:13.520Z"}  # as the first reply was written
    assert scene.read(**after) == (["2", "3"], None)
    part, cursor = scene.read(limit="1", **after)
    assert (part, cursor is not None) == (["2"], True)
    assert scene.read(limit="1", cursor=cursor or "", **after) == (["3"], None)
    assert scene.read(created_after="2027-01-01T00:00:00+02:00") == ([], None)


def test_bad_questions(scene: Scene) -> None:
    for name, value in (
        ("created_after", "soon"),
        ("created_after", ""),
        ("cursor", "x"),
        ("cursor", ""),
    ):
        assert path_of(scene.api.send("GET", scene.path, **{name: value})) == [name]
    answer = scene.api.send("GET", f"{THREADS}/{GHOST}")
    assert answer.code == "404 not_found"
    assert answer.json["message"] == f'Thread with ID "{GHOST}" was not found.'


RECORDS = ("object_configuration:read", "record_permission:read")
ENTRIES = ("list_configuration:read", "list_entry:read")


def test_scopes_go_by_what_comments_are_on(ws: Workspace, scene: Scene) -> None:
    """facts.md 2: comment:read, and two of records, or two of lists."""
    ws.define_list("hiring", "Hiring", "people")
    entry = scene.api.add_entry("hiring", scene.person)["id"]["entry_id"]
    place = {"list": "hiring", "entry_id": entry}
    on_entry = scene.add("entry", entry=place)
    of_record = {"object": "people", "record_id": scene.person}
    comment = scene.api.data("GET", scene.path)["comments"][0]["id"]["comment_id"]
    for scopes, denied, seen, path, other in (
        (RECORDS, ENTRIES, of_record, scene.path, f"{THREADS}/{on_entry['thread_id']}"),
        (ENTRIES, RECORDS, place, f"{THREADS}/{on_entry['thread_id']}", scene.path),
    ):
        reader = with_token(ws, ws.access.add_token(["comment:read", *scopes]))
        assert len(reader.data("GET", THREADS, **seen)) == 1
        assert reader.data("GET", path)["comments"]
        for answer in (
            reader.send("GET", other),
            reader.send("GET", THREADS),
            reader.send("GET", THREADS, **(place if seen is of_record else of_record)),
        ):
            assert answer.code == "403 unauthorized"
            assert all(f'"{scope}"' in answer.json["message"] for scope in denied)
    lists = with_token(ws, ws.access.add_token(["comment:read-write", *ENTRIES]))
    assert lists.send("GET", f"{COMMENTS}/{comment}").code == "403 unauthorized"
    author = {"type": "workspace-member", "id": member_id(scene.api)}
    data = {"format": "plaintext", "content": "x", "author": author, "thread_id": scene.thread}
    assert lists.send("POST", COMMENTS, {"data": data}).code == "403 unauthorized"
    assert scene.read() == (["0"], None)
    data["thread_id"] = on_entry["thread_id"]
    assert lists.send("POST", COMMENTS, {"data": data}).status == 200
