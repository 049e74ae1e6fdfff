"""Tokens: their scopes, who their writes name, and what becomes of them when revoked."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.resources.registry import RESOURCES
from tests.sandbox.client import GHOST, RECORDS, Answer, Client, record_id, with_token

PEOPLE = RECORDS.format("people")
READS = ("record_permission:read", "object_configuration:read")


def client(ws: Workspace, *scopes: str) -> Client:
    return with_token(ws, ws.access.add_token(scopes))


def identity(ws: Workspace, authorization: str | None) -> Answer:
    found = Client(ws)
    found.headers = {} if authorization is None else {"Authorization": authorization}
    return found.send("GET", "/v2/self")


def test_a_new_token_may_do_nothing(ws: Workspace) -> None:
    answer = client(ws).send("GET", "/v2/objects")
    assert answer.code == "403 unauthorized"
    assert answer.json["type"] == "auth_error"
    assert '"object_configuration:read"' in answer.json["message"]


def test_reading_does_not_include_writing(ws: Workspace) -> None:
    reader = client(ws, *READS)
    assert reader.query("people") == []
    answer = reader.try_create("people", name="Ada")
    assert answer.code == "403 unauthorized"
    assert "record_permission:read-write" in answer.json["message"]
    assert "object_configuration" not in answer.json["message"]
    assert Client(ws).query("people") == []


def test_writing_includes_reading(ws: Workspace) -> None:
    writer = client(ws, "record_permission:read-write", "object_configuration:read-write")
    record = writer.create("people", name="Ada")
    assert writer.read("people", record_id(record))["id"] == record["id"]


def test_every_scope_a_request_needs_is_named(ws: Workspace) -> None:
    message = client(ws).send("POST", f"{PEOPLE}/query", {}).json["message"]
    assert all(f'"{scope}"' in message for scope in READS)


def test_scopes_come_before_the_path_and_the_body(ws: Workspace) -> None:
    stranger = client(ws)
    assert stranger.send("GET", f"/v2/objects/ghosts/records/{GHOST}").status == 403
    assert stranger.send("POST", PEOPLE, {"wrong": 1}).status == 403


def test_attributes_of_lists_are_list_configuration(ws: Workspace, api: Client) -> None:
    ws.define_list("hiring", "Hiring", "people")
    lists = client(ws, "list_configuration:read")
    objects = client(ws, "object_configuration:read")
    assert lists.data("GET", "/v2/lists/hiring/attributes")
    assert lists.send("GET", "/v2/objects/people/attributes").status == 403
    assert objects.data("GET", "/v2/objects/people/attributes")
    answer = objects.send("GET", "/v2/lists/hiring/attributes")
    assert "list_configuration:read" in answer.json["message"]


def test_every_route_but_the_public_ones_needs_a_scope() -> None:
    routes = [route for resource in RESOURCES for route in resource.routes]
    open_ones = {route.path for route in routes if not route.scopes}
    assert open_ones == {route.path for route in routes if route.is_public}, (
        "a route without scopes lets every token in"
    )


def test_unknown_scopes_are_refused(ws: Workspace) -> None:
    with pytest.raises(ValueError, match="record:read"):
        ws.access.add_token(scopes=("record:read",))


def test_writes_name_their_token(ws: Workspace, api: Client) -> None:
    other = client(ws, "record_permission:read-write", "object_configuration:read")
    mine, theirs = api.create("people", name="Ada"), other.create("people", name="Bob")
    actors = [record["values"]["name"][0]["created_by_actor"] for record in (mine, theirs)]
    assert [actor["type"] for actor in actors] == ["api-token", "api-token"]
    assert actors[0]["id"] != actors[1]["id"]
    changed = api.patch("people", record_id(theirs), job_title="VP")
    assert changed["values"]["name"][0]["created_by_actor"] == actors[1]
    assert changed["values"]["job_title"][0]["created_by_actor"] == actors[0]
    (made_by,) = changed["values"]["created_by"]
    assert made_by["referenced_actor_id"] == actors[1]["id"]


def test_self_describes_the_token_it_is_asked_with(ws: Workspace, api: Client) -> None:
    token = ws.access.add_token(("note:read-write", "task:read", "task:read"), name="Reporter")
    found = identity(ws, f"Bearer {token}").json
    main = api.send("GET", "/v2/self").json
    assert found["active"] is True
    assert found["token_level"] == "workspace"
    assert found["scope"] == "note:read-write task:read"
    assert found["aud"] == found["client_id"] != main["client_id"]
    assert found["sub"] == found["workspace_id"] == main["workspace_id"] == ws.workspace_id
    assert found["iat"] == 1770113472
    assert "scim_management:read-write" in main["scope"].split()


def test_basic_works_for_tokens_that_were_added(ws: Workspace) -> None:
    token = ws.access.add_token(("note:read",))
    basic = "Basic " + base64.b64encode(f"{token}:".encode()).decode()
    assert identity(ws, basic).json["scope"] == "note:read"


def test_a_revoked_token_is_inactive(ws: Workspace, api: Client) -> None:
    token = ws.access.add_token(READS)
    ws.revoke_token(token)
    answer = identity(ws, f"Bearer {token}")
    assert answer == (200, {"active": False})
    assert with_token(ws, token).send("GET", "/v2/objects").code == "401 unauthorized"
    assert api.send("GET", "/v2/objects").status == 200
    for unknown in (token, "x"):
        with pytest.raises(ValueError, match="no such token"):
            ws.revoke_token(unknown)


def test_the_first_token_can_be_revoked(ws: Workspace, api: Client) -> None:
    ws.revoke_token(ws.token)
    assert api.send("GET", "/v2/objects").status == 401


@pytest.mark.parametrize("given", [None, "Bearer x", "Bearer", "Basic %%%", "Digest abc"])
def test_self_without_a_token_in_force(ws: Workspace, given: str | None) -> None:
    assert identity(ws, given) == (200, {"active": False})


@pytest.mark.parametrize(
    "given", ["Bearer a b", "Bearer ü", "Basic w7Y6", 'Bearer "x"', "Bearer a=b"]
)
def test_self_with_what_cannot_be_a_token(ws: Workspace, given: str) -> None:
    assert identity(ws, given).code == "400 validation_type"


def test_workspaces_side_by_side_share_nothing(ws: Workspace, api: Client) -> None:
    other = Workspace()
    try:
        api.create("people", name="Ada")
        assert Client(other).query("people") == []
        assert with_token(other, ws.token).send("GET", "/v2/objects").status == 401
        assert with_token(ws, other.token).send("GET", "/v2/objects").status == 401
        token = ws.access.add_token(READS)
        assert identity(other, f"Bearer {token}").json == {"active": False}
        assert ws.access.accepts({"authorization": f"Bearer {token}"})
        assert not other.access.accepts({"authorization": f"Bearer {token}"})
        ws.faults.fail_next(500)
        assert Client(other).send("GET", "/v2/objects").status == 200
        assert len(other.requests) == 4
        assert ws.workspace_id != other.workspace_id
    finally:
        other.close()


def test_tokens_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    first = Workspace(path)
    kept, gone = first.access.add_token(READS), first.access.add_token(READS)
    first.revoke_token(gone)
    first.close()
    second = Workspace(path)
    assert second.token == first.token
    assert with_token(second, kept).query("people") == []
    assert with_token(second, gone).send("GET", "/v2/objects").status == 401
    second.close()


def test_a_token_added_by_another_process_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    one, other = Workspace(path), Workspace(path)
    token = one.access.add_token(READS)
    assert with_token(other, token).query("people") == []
    one.revoke_token(token)
    assert with_token(other, token).send("GET", "/v2/objects").status == 401
    one.close()
    other.close()


def test_a_token_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for token in ("first", "second", "second"):
        workspace = Workspace(path, token=token)
        assert workspace.token == token
        api = Client(workspace)
        assert identity(workspace, f"Bearer {token}").json["active"] is True
        api.create("people", name="Ada")
        assert (with_token(workspace, "first").send("GET", "/v2/objects").status == 200) is (
            token == "first"
        )
        actors = {
            json.dumps(person["values"]["name"][0]["created_by_actor"])
            for person in api.query("people")
        }
        assert len(actors) == 1, "it is one token, whose text changed"
        workspace.close()


@pytest.mark.parametrize("seed", ["empty", "crm"])
def test_every_workspace_has_a_token_of_its_own(seed: Any) -> None:
    one, other = Workspace(seed=seed), Workspace(seed=seed)
    assert one.token != other.token
    assert Client(other).data("GET", "/v2/objects")
    one.close()
    other.close()


def test_self(ws: Workspace, api: Client) -> None:
    status, found = api.send("GET", "/v2/self")
    assert status == 200
    assert found["active"] is True
    assert found["workspace_id"] == found["sub"] == ws.workspace_id
    assert found["workspace_slug"] == ws.slug
    assert found["iat"] == 1_770_113_472
    assert "record_permission:read-write" in found["scope"].split()


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_tokens(ws: Workspace) -> None:
    def status(authorization: str | None, name: str = "Authorization") -> int:
        headers = {} if authorization is None else {name: authorization}
        return ws.handle("GET", "/v2/objects", headers=headers).status

    assert status(f"Bearer {ws.token}") == 200
    assert status(f"bearer  {ws.token}", "AUTHORIZATION") == 200
    assert status(basic(f"{ws.token}:")) == 200
    for wrong in (None, "", "Bearer", "Bearer x", ws.token, basic("x:"), "Basic %%%", "Basic /w==",
                  f"Token {ws.token}", "Bearer é"):  # fmt: skip
        assert status(wrong) == 401
    reply = ws.handle("GET", "/v2/objects")
    assert json.loads(reply.body) == {
        "status_code": 401,
        "type": "auth_error",
        "code": "unauthorized",
        "message": "The access token is missing or invalid.",
    }
    assert ws.token not in reply.body.decode()


def test_self_says_that_an_unknown_token_is_inactive(ws: Workspace) -> None:
    reply = ws.handle("GET", "/v2/self", headers={"Authorization": "Bearer x"})
    assert (reply.status, reply.body) == (200, b'{"active":false}')
