"""OAuth: an app gets a code, changes it for a token, and asks what the token may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from attio_sandbox import Clock, Reply, Workspace
from tests.sandbox.client import Client, with_token

BACK = "https://app.test/callback"
SCOPES = ("record_permission:read-write", "object_configuration:read")


class App:
    """An OAuth app, as far as its server and a browser play their parts."""

    def __init__(self, workspace: Workspace, *uris: str) -> None:
        self.workspace = workspace
        self.client_id, self.secret = workspace.add_app(uris or (BACK,), SCOPES)

    def authorize(self, **params: str) -> Reply:
        given = {
            "client_id": self.client_id, "response_type": "code", "redirect_uri": BACK,
            "state": "s t&=1", **params,
        }  # fmt: skip
        return self.workspace.handle("GET", "/authorize", params=given)

    def code(self, **params: str) -> str:
        return answered(self.authorize(**params))["code"]

    def exchange(self, code: str, **form: str) -> Reply:
        given = {
            "client_id": self.client_id, "client_secret": self.secret,
            "grant_type": "authorization_code", "code": code, **form,
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(given).encode()
        return self.workspace.handle("POST", "/oauth/token", headers=headers, body=body)

    def token(self) -> str:
        found: str = json.loads(self.exchange(self.code()).body)["access_token"]
        return found


def answered(reply: Reply) -> dict[str, str]:
    assert reply.status == 302, reply.body
    return {name: values[0] for name, values in parse_qs(urlsplit(location(reply)).query).items()}


def location(reply: Reply) -> str:
    return reply.headers["location"]


def error(reply: Reply) -> tuple[int, str]:
    document = json.loads(reply.body)
    assert document["error_description"]
    return reply.status, document["error"]


@pytest.fixture
def app(ws: Workspace) -> App:
    return App(ws)


def test_the_whole_way(ws: Workspace, app: App) -> None:
    reply = app.authorize()
    assert location(reply).startswith(f"{BACK}?")
    back = answered(reply)
    assert back["state"] == "s t&=1"
    reply = app.exchange(back["code"], redirect_uri=BACK)
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    document = json.loads(reply.body)
    assert set(document) == {"access_token", "token_type"}
    assert document["token_type"] == "Bearer"
    caller = with_token(ws, document["access_token"])
    record = caller.create("people", name="Ada")
    assert record["values"]["name"][0]["created_by_actor"] == {"type": "app", "id": app.client_id}
    assert caller.send("GET", "/v2/notes").status == 403


def test_introspection_is_like_self(ws: Workspace, app: App) -> None:
    caller = with_token(ws, app.token())
    found = caller.send("POST", "/oauth/introspect").json
    assert found == caller.send("GET", "/v2/self").json
    assert (found["client_id"], found["aud"]) == (app.client_id, app.client_id)
    assert found["scope"] == " ".join(sorted(SCOPES))
    assert found["exp"] is None
    assert with_token(ws, "x").send("POST", "/oauth/introspect").json == {"active": False}


def test_state_is_given_back_only_where_it_came(ws: Workspace, app: App) -> None:
    given = {"client_id": app.client_id, "response_type": "code", "redirect_uri": BACK}
    assert set(answered(ws.handle("GET", "/authorize", params=given))) == {"code"}


def test_a_query_of_the_address_is_kept(ws: Workspace) -> None:
    uri = f"{BACK}?tenant=7"
    assert answered(App(ws, uri).authorize(redirect_uri=uri))["tenant"] == "7"


def test_the_scope_parameter_has_no_effect(ws: Workspace, app: App) -> None:
    reply = app.exchange(app.code(scope="note:read"))
    found = with_token(ws, json.loads(reply.body)["access_token"]).send("GET", "/v2/self").json
    assert found["scope"] == " ".join(sorted(SCOPES))


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"client_id": "ghost"}, "invalid_client"),
        ({"redirect_uri": "https://evil.test/"}, "invalid_request"),
        ({"redirect_uri": f"{BACK}/"}, "invalid_request"),
        ({"redirect_uri": f"{BACK}?x=1"}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"client_id": "\x00"}, "invalid_request"),
        ({"state": "\x00"}, "invalid_request"),
    ],
)
def test_a_browser_is_never_sent_to_a_stranger(
    app: App, params: dict[str, str], expected: str
) -> None:
    assert error(app.authorize(**params)) == (400, expected)


def test_other_response_types_are_refused_at_the_app(app: App) -> None:
    back = answered(app.authorize(response_type="token"))
    assert back == {"error": "unsupported_response_type", "state": "s t&=1"}


def test_a_code_is_good_once(app: App) -> None:
    code = app.code()
    assert app.exchange(code).status == 200
    assert error(app.exchange(code)) == (400, "invalid_grant")


def test_a_code_is_short_lived(app: App, clock: Clock) -> None:
    codes = [app.code(), app.code()]
    clock.move(599)
    assert app.exchange(codes[0]).status == 200
    clock.move(1)
    assert error(app.exchange(codes[1])) == (400, "invalid_grant")


def test_a_refused_exchange_leaves_the_code(app: App) -> None:
    code = app.code()
    assert error(app.exchange(code, client_secret="x")) == (401, "invalid_client")
    assert error(app.exchange(code, redirect_uri="https://evil.test/")) == (400, "invalid_grant")
    assert app.exchange(code).status == 200


def test_a_code_is_of_one_app(ws: Workspace, app: App) -> None:
    assert error(App(ws).exchange(app.code())) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"grant_type": "refresh_token"}, (400, "unsupported_grant_type")),
        ({"grant_type": "client_credentials"}, (400, "unsupported_grant_type")),
        ({"client_id": "ghost"}, (401, "invalid_client")),
        ({"client_secret": "Ü"}, (401, "invalid_client")),
        ({"code": "ghost"}, (400, "invalid_grant")),
        ({"code": "\x00"}, (400, "invalid_request")),
    ],
)
def test_wrong_exchanges(app: App, form: dict[str, str], expected: Any) -> None:
    assert error(app.exchange(**{"code": app.code(), **form})) == expected


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"grant_type":"authorization_code"}'),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"\xff=%ff"),
        ("application/x-www-form-urlencoded", b"code=%ff"),
    ],
)
def test_a_body_that_is_no_form(ws: Workspace, kind: str, body: bytes) -> None:
    reply = ws.handle("POST", "/oauth/token", headers={"Content-Type": kind}, body=body)
    assert error(reply) == (400, "invalid_request")


def test_what_attio_does_not_have(ws: Workspace, api: Client) -> None:
    assert api.send("POST", "/oauth/revoke").status == 404
    assert api.send("POST", "/authorize").status == 404


def test_apps_are_checked(ws: Workspace) -> None:
    for uri in ("", "app.test/callback", "https://app.test/#part"):
        with pytest.raises(ValueError, match="redirect URI"):
            ws.add_app([uri])
    with pytest.raises(ValueError, match="scope"):
        ws.add_app([BACK], ("everything",))


@pytest.fixture
def other() -> Iterator[Workspace]:
    workspace = Workspace()
    yield workspace
    workspace.close()


def test_apps_belong_to_their_workspace(other: Workspace, app: App) -> None:
    code = app.code()
    app.workspace = other
    assert error(app.authorize()) == (400, "invalid_client")
    assert error(app.exchange(code)) == (401, "invalid_client")


VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B


@pytest.mark.parametrize(
    ("method", "challenge"), [("S256", CHALLENGE), ("plain", VERIFIER)], ids=["S256", "plain"]
)
def test_a_challenge_wants_its_verifier(app: App, method: str, challenge: str) -> None:
    code = app.code(code_challenge=challenge, code_challenge_method=method)
    assert error(app.exchange(code)) == (400, "invalid_grant")
    assert error(app.exchange(code, code_verifier=f"{VERIFIER}x")) == (400, "invalid_grant")
    assert app.exchange(code, code_verifier=VERIFIER).status == 200
    assert error(app.exchange(code, code_verifier=VERIFIER)) == (400, "invalid_grant")


def test_a_challenge_that_is_none_gets_no_code(app: App) -> None:
    for given in (
        {"code_challenge": "short"},
        {"code_challenge": CHALLENGE, "code_challenge_method": "MD5"},
    ):
        assert answered(app.authorize(**given)) == {"error": "invalid_request", "state": "s t&=1"}


def test_one_app_in_two_workspaces(ws: Workspace, app: App) -> None:
    other = Workspace()
    credentials = app.client_id, app.secret
    assert other.add_app([BACK], SCOPES, credentials=credentials) == credentials
    with pytest.raises(ValueError, match="already"):
        other.add_app([BACK], credentials=credentials)
    body = urlencode({"code": app.code()}).encode()
    assert ws.access.knows_code(body)
    assert not other.access.knows_code(body)
    assert not other.access.knows_code(b"\xff")
    other.close()
