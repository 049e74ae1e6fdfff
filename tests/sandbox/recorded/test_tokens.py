"""facts.md 1, 15 and 16: levels of tokens, what a user-level one may do, and what /v2/self says."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.resources.access.scopes import ALL
from attio_sandbox.resources.registry import RESOURCES
from tests.sandbox.client import Client, record_id, with_token
from tests.sandbox.helpers import OWNER

KIM = "kim@team.example.com"


@pytest.fixture
def kim(ws: Workspace) -> str:
    """A member; their id."""
    return ws.setup.add_member(KIM, first_name="Kim")


@pytest.fixture
def theirs(ws: Workspace, kim: str) -> Client:
    """A client with a user-level token of Kim that has every scope."""
    return with_token(ws, ws.access.add_token(ALL, level="user", member=kim))


def comment(api: Client, author: str) -> tuple[dict[str, Any], str]:
    on = {"object": "people", "record_id": record_id(api.create("people", name="Ada Lovelace"))}
    by = {"type": "workspace-member", "id": author}
    data = {"format": "plaintext", "content": "Hm", "author": by, "record": on}
    made = api.data("POST", "/v2/comments", {"data": data})
    return made, f"/v2/comments/{made['id']['comment_id']}"


def test_self_names_the_level(ws: Workspace, api: Client, theirs: Client, kim: str) -> None:
    """facts.md 15: `GET /v2/self` adds `token_level`."""
    own, user = api.send("GET", "/v2/self").json, theirs.send("GET", "/v2/self").json
    assert own["token_level"] == "workspace"
    assert user["token_level"] == "user"
    assert user["authorized_by_workspace_member_id"] == kim
    assert user["aud"] == user["client_id"]
    assert user["workspace_id"] == own["workspace_id"] == ws.workspace_id


def test_the_client_of_a_token_of_the_workspace_is_the_token(ws: Workspace, api: Client) -> None:
    """facts.md 1: `client_id` and `aud` hold the token's own id for workspace access tokens."""
    for client in (api, with_token(ws, ws.access.add_token(ALL))):
        found = client.send("GET", "/v2/self").json
        made = client.create("people", name="Ada Lovelace")
        actor = made["values"]["name"][0]["created_by_actor"]
        assert actor == {"type": "api-token", "id": found["client_id"]}
        assert found["aud"] == found["client_id"]


def test_scopes_are_in_alphabetical_order(ws: Workspace, api: Client) -> None:
    """facts.md 16, Schema: the `scope` text of `/v2/self` is in alphabetical order."""
    given = ws.access.add_token(("task:read", "note:read-write", "comment:read"))
    found = with_token(ws, given).send("GET", "/v2/self").json
    assert found["scope"] == "comment:read note:read-write task:read"
    assert api.send("GET", "/v2/self").json["scope"] == (
        "activity_configuration:read-write activity_record:read-write call_recording:read-write "
        "comment:read-write email:read-write file:read-write list_configuration:read-write "
        "list_entry:read-write meeting:read-write note:read-write object_configuration:read-write "
        "private_collection:read-write public_collection:read-write record_permission:read-write "
        "scim_management:read-write sequence_unsubscribe:read-write task:read-write "
        "user_management:read-write webhook:read-write"
    )


@pytest.mark.parametrize(
    "scope", ["email", "activity_configuration", "activity_record", "sequence_unsubscribe"]
)
def test_new_scopes(ws: Workspace, scope: str) -> None:
    """facts.md 1, Scopes: four are new, each to read and to write."""
    for access in (f"{scope}:read", f"{scope}:read-write"):
        token = ws.access.add_token((access,))
        assert with_token(ws, token).send("GET", "/v2/self").json["scope"] == access


def test_what_takes_tokens_of_the_workspace_alone() -> None:
    """facts.md 1: eight operations take `workspace` only, all others both."""
    narrow = {
        f"{route.method} {route.path}"
        for resource in RESOURCES
        for route in resource.routes
        if route.levels == ("workspace",)
    }
    assert narrow == {
        "GET /v2/emails",
        "GET /v2/meetings",
        "GET /v2/meetings/{meeting_id}/call_recordings/{call_recording_id}/transcript",
        "GET /v2/webhooks",
        "POST /v2/webhooks",
        "GET /v2/webhooks/{webhook_id}",
        "PATCH /v2/webhooks/{webhook_id}",
        "DELETE /v2/webhooks/{webhook_id}",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/emails"),
        ("GET", "/v2/meetings"),
        ("GET", "/v2/webhooks"),
        ("POST", "/v2/webhooks"),
        ("DELETE", "/v2/webhooks/x"),
    ],
)
def test_the_wrong_level(theirs: Client, method: str, path: str) -> None:
    """facts.md 1: operations name the levels they take. The code of the 403 is a choice."""
    answer = theirs.send(method, path, {"data": {}})
    assert (answer.code, answer.json["type"]) == ("403 unauthorized", "auth_error")
    assert "user-level token" in answer.json["message"]


def test_writes_are_the_members(api: Client, theirs: Client, kim: str) -> None:
    """facts.md 1: user-level tokens act for one member."""
    made = theirs.create("people", name="Ada Lovelace")
    by = {"type": "workspace-member", "id": kim}
    assert made["values"]["name"][0]["created_by_actor"] == by
    (maker,) = made["values"]["created_by"]
    assert maker["referenced_actor_type"] == "workspace-member"
    assert maker["referenced_actor_id"] == kim
    note = {"parent_object": "people", "parent_record_id": record_id(made), "title": "Call"}
    data = {**note, "format": "plaintext", "content": "Hello"}
    assert theirs.data("POST", "/v2/notes", {"data": data})["created_by_actor"] == by
    changed = api.patch("people", record_id(made), job_title="Countess")
    assert changed["values"]["job_title"][0]["created_by_actor"]["type"] == "api-token"


def test_comments_of_others_stay(ws: Workspace, api: Client, theirs: Client, kim: str) -> None:
    """facts.md 1: a user-level token deletes only comments of its own member."""
    owner = api.data("GET", "/v2/workspace_members")[0]["id"]["workspace_member_id"]
    _, others = comment(api, owner)
    answer = theirs.send("DELETE", others)
    assert answer.code == "403 unauthorized"
    message = "You do not have the necessary permissions to delete this comment."
    assert answer.json["message"] == message
    assert api.send("GET", others).status == 200
    _, own = comment(api, kim)
    assert theirs.send("DELETE", own) == (200, {})
    assert api.send("DELETE", others) == (200, {}), "a token of the workspace deletes any"


def test_lists_of_the_member(ws: Workspace, theirs: Client, kim: str) -> None:
    """facts.md 7: a token sees the lists of whom it acts for."""
    owner = ws.look_up("/v2/workspace_members")[0]["id"]["workspace_member_id"]
    for slug, member in (("hers", kim), ("others", owner)):
        access = [{"workspace_member_id": member, "level": "full-access"}]
        ws.define_list(slug, slug, "people", workspace_access=None, workspace_member_access=access)
    assert [each["api_slug"] for each in theirs.data("GET", "/v2/lists")] == ["hers"]
    assert theirs.send("GET", "/v2/lists/others").code == "404 not_found"


def test_arranging_user_level_tokens(ws: Workspace) -> None:
    for given, message in (
        ({"level": "user"}, "give both"),
        ({"member": OWNER}, "give both"),
        ({"level": "user", "member": "nobody@team.example.com"}, "no member"),
        ({"level": "admin", "member": OWNER}, "no level 'admin'"),
    ):
        with pytest.raises(ValueError, match=message):
            ws.access.add_token((), **given)  # type: ignore[arg-type]
    token = ws.access.add_token(("note:read",), level="user", member=OWNER.upper())
    ws.revoke_token(token)
    assert with_token(ws, token).send("GET", "/v2/self").json == {"active": False}
