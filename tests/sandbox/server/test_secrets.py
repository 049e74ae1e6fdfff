"""No page shows a token, a secret or a code; nor other workspaces to who may not see them."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox import Workspace
from attio_sandbox.server import Server
from attio_sandbox.server.pages.cells import BODY_BYTES, pretty
from attio_sandbox.server.pages.secrets import HIDDEN, hiding, is_secret

ODD = 'se"cr\\et+/x=~y%20z&'
QUOTED = "it's-a-token-of-those-who-quote"


def page(server: Server, path: str) -> str:
    answer = httpx.get(f"{server.url}{path}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("token", [ODD, QUOTED, "a-token-as-long-as-they-are-made"])
def test_tokens_and_secrets_are_nowhere(token: str) -> None:
    workspace, other = Workspace(token=token), Workspace()
    headers = {"authorization": f"Bearer {token}"}
    limited = workspace.access.add_token(["note:read"])
    _, secret = other.add_app(["https://app.example/back"])
    known = [token, limited, other.token, secret]

    def ask(method: str, path: str, json_body: Any = None, **params: str) -> Any:
        body = b"" if json_body is None else json.dumps(json_body).encode()
        reply = workspace.handle(method, path, params=params, headers=headers, body=body)
        return json.loads(reply.body)

    for each in known:
        ask("GET", f"/v2/{each}", q=each, access_token=each)
        ask("POST", "/v2/objects/people/records/query", {"filter": {each: [f"Bearer {each}"]}})
        padding = "x" * (BODY_BYTES - 30)
        ask("POST", "/v2/nowhere", {"padding": padding, "note": each})
    values = {"name": "Ada", "description": f"use {token} or {other.token}"}
    person = ask("POST", "/v2/objects/people/records", {"data": {"values": values}})
    key = person["data"]["id"]["record_id"]
    with Server(workspace, other) as server:
        for path in ("requests", "webhooks", "objects/people", f"objects/people/{key}"):
            shown = page(server, f"/browse/{path}")
            for each in known:
                escaped = each.replace("&", "&amp;").replace('"', "&#34;").replace("'", "&#39;")
                in_json = json.dumps(each)[1:-1].replace("&", "&amp;").replace('"', "&#34;")
                assert escaped not in shown
                assert in_json not in shown
                assert each[:12] not in shown or path.startswith("objects/people")
        for each in known:  # what is asked for comes back in fields and links
            asked = str(httpx.QueryParams({"q": each, "where": f"name:is:{each}"}))
            for path in ("objects/people", "objects/deals/board", "search", "lists/none"):
                shown = httpx.get(f"{server.url}/browse/{path}?{asked}").text
                assert each not in shown
                assert each[:12] not in shown
        assert "Ada" in page(server, f"/browse/objects/people/{key}")
    other.close()
    workspace.close()


def test_parameters_that_are_secret_by_their_name(server: Server, workspace: Workspace) -> None:
    names = (
        "access_token", "client_secret", "code", "token", "api_key", "Authorization", "password",
    )  # fmt: skip
    params = {name: f"hush-{name}" for name in names} | {"code_of": "public", "cursor": "next"}
    workspace.handle("GET", "/v2/nowhere", params=params)
    shown = page(server, "/browse/requests")
    assert "hush" not in shown
    for name in names:
        assert f"{name}={HIDDEN}" in shown
    assert "code_of=public" in shown
    assert "cursor=next" in shown
    assert "not_found" in shown, "the code of an answer is not a secret"
    assert not is_secret("token_type")


def test_members_that_are_secret_by_their_name() -> None:
    odd = 'a"b\\'
    body = {"client_secret": odd, "token": odd, "code": odd, "Refresh_Token": "x", "secret": 1}
    text = pretty(body, is_request=True)
    assert json.loads(text) == {name: HIDDEN for name in body} | {"secret": 1}
    assert json.loads(pretty({"code": "not_found", "token": odd})) == {
        "code": "not_found",
        "token": HIDDEN,
    }


def test_a_short_token_is_hidden_where_it_stands_alone() -> None:
    hide = hiding(["dev", ""])
    assert hide("Bearer dev, device dev.") == f"Bearer {HIDDEN}, device {HIDDEN}."
    assert hiding([])("dev") == "dev"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16), st.text())
def test_no_form_of_a_long_secret_is_left(secret: str, around: str) -> None:
    hide = hiding([secret])
    for form in (secret, json.dumps(secret)[1:-1], str(httpx.QueryParams({"q": secret}))[2:]):
        if form == secret or len(form) >= 16:
            assert form not in hide(around + form)


class TestStrangers:
    """A Host that is not of this machine makes a visitor a stranger."""

    def ask(self, server: Server, path: str, token: str | None = None) -> httpx.Response:
        headers = {"host": "evil.example"}
        if token is not None:
            basic = base64.b64encode(f"{token}:".encode()).decode()
            headers["authorization"] = f"Basic {basic}"
        return httpx.get(f"{server.url}{path}", headers=headers)

    def test_no_redirect_names_a_host(self, server: Server, workspace: Workspace) -> None:
        for path in ("/browse", "/browse/", f"/browse/@{workspace.workspace_id}"):
            answer = self.ask(server, path)
            assert (answer.status_code, "location" in answer.headers) == (401, False)
            assert httpx.get(f"{server.url}{path}").status_code == 200
        answer = self.ask(server, "/browse/objects/people/")
        assert (answer.status_code, "location" in answer.headers) == (404, False)

    def test_other_workspaces_are_for_who_may_see_them(
        self, server: Server, workspace: Workspace
    ) -> None:
        other = Workspace()
        server.application.add(other)
        try:
            path = f"/browse/@{other.workspace_id}/"
            answer = self.ask(server, path, other.token)
            assert answer.status_code == 200
            assert workspace.workspace_id not in answer.text
            assert workspace.workspace_id in page(server, path)
        finally:
            server.application.remove(other)
            other.close()
