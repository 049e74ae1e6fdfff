"""Comments and threads as recordings of Attio have them."""

from __future__ import annotations

from typing import Any

from attio_sandbox import Workspace
from tests.sandbox.client import Client, record_id


def comment(api: Client, **place: Any) -> Any:
    member = api.data("GET", "/v2/workspace_members")[0]["id"]["workspace_member_id"]
    author = {"type": "workspace-member", "id": member}
    data = {"format": "plaintext", "content": "Hm", "author": author, **place}
    return api.data("POST", "/v2/comments", {"data": data})


def test_nobody_has_resolved_an_open_comment(api: Client) -> None:
    """facts.md 16, Comments: `resolved_by` of an open comment is null, no object of nulls."""
    ada = record_id(api.create("people"))
    made = comment(api, record={"object": "people", "record_id": ada})
    assert made["resolved_by"] is None
    assert made["resolved_at"] is None
    read = api.data("GET", f"/v2/comments/{made['id']['comment_id']}")
    assert read == made


def test_a_thread_has_the_id_of_its_first_comment(api: Client, hiring: str) -> None:
    """facts.md 16, Comments: `thread_id` of the first comment is its own `comment_id`."""
    ada = record_id(api.create("people"))
    entry = api.add_entry("hiring", ada)["id"]["entry_id"]
    for place in (
        {"record": {"object": "people", "record_id": ada}},
        {"entry": {"list": hiring, "entry_id": entry}},
    ):
        first = comment(api, **place)
        assert first["thread_id"] == first["id"]["comment_id"]
        second = comment(api, thread_id=first["thread_id"])
        assert second["thread_id"] == first["thread_id"] != second["id"]["comment_id"]
        thread = api.data("GET", f"/v2/threads/{first['thread_id']}")
        assert thread["id"]["thread_id"] == first["id"]["comment_id"]
        assert thread["comments"] == [first, second]


def test_the_made_up_crm_has_such_threads() -> None:
    """facts.md 16, Comments: the first comment's id is the thread's."""
    workspace = Workspace(seed="crm")
    threads = Client(workspace).data("GET", "/v2/threads", limit="50")
    assert [each["comments"][0]["id"]["comment_id"] for each in threads] == [
        each["id"]["thread_id"] for each in threads
    ]
    workspace.close()
