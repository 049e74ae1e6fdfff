"""OAuthApp: from the address of a log-in to a token, and all that may go wrong on the way."""

from __future__ import annotations

import traceback
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from attio_orm import (
    AuthenticationError,
    ConnectionFailedError,
    InvalidRequestError,
    OutcomeUnknownError,
    StateMismatchError,
    ValidationError,
    connect,
)
from attio_orm.oauth import OAuthApp
from attio_orm.testing import ServedSandbox
from tests.colours import Colour
from tests.oauth.conftest import BACK, SCOPES, MakeApp, Member


def query_of(url: str) -> dict[str, str]:
    return {name: each[0] for name, each in parse_qs(urlsplit(url).query).items()}


def shown(error: BaseException) -> str:
    """All that a tool shows of an error which prints the local variables of each frame."""
    found: BaseException | None = error
    texts: list[str] = []
    while found is not None:
        trace = traceback.TracebackException.from_exception(found, capture_locals=True)
        for frame in trace.stack:
            if "/attio_orm/" in frame.filename:
                texts.append(repr(frame.locals))
        texts.append(f"{found!r} {found}")
        found = found.__cause__ or found.__context__
    return "\n".join(texts)


def test_the_address_of_a_login(make_app: MakeApp) -> None:
    app = make_app()
    begun = app.authorization_url("s t&=1")
    assert begun.url.startswith(f"{app.url}/authorize?")
    assert query_of(begun.url) == {
        "client_id": app.client_id, "response_type": "code", "redirect_uri": BACK,
        "state": "s t&=1",
    }  # fmt: skip
    assert (begun.state, begun.code_verifier) == ("s t&=1", None)
    assert len({app.authorization_url().state for _ in range(100)}) == 100
    assert len(app.authorization_url().state) >= 43  # 256 bits
    assert (
        OAuthApp("c", "s", BACK)
        .authorization_url()
        .url.startswith("https://app.attio.com/authorize?")
    )


@pytest.mark.parametrize("pkce", [False, True], ids=["plain", "pkce"])
async def test_the_whole_way(
    served: ServedSandbox, make_app: MakeApp, member: Member, colour: Colour, pkce: bool
) -> None:
    app = make_app(pkce=pkce)
    begun = app.authorization_url()
    assert ("code_challenge" in query_of(begun.url)) is pkce
    back = member.agrees(begun.url)
    token = await colour.call(
        app, "from_callback", back,
        expected_state=begun.state, code_verifier=begun.code_verifier,
    )  # fmt: skip
    assert token.scopes is None
    identity = await colour.call(token, "introspect")
    assert identity.is_active
    assert identity.scopes == set(SCOPES)
    assert identity.client_id == app.client_id
    assert identity.workspace_slug == "sandbox"
    assert identity.token_level == "workspace"
    assert token.access_token not in f"{token!r} {token} {app!r} {begun!r}"
    served.workspace.requests.clear()
    with pytest.raises(InvalidRequestError, match="authorization_url") as caught:
        await colour.call(
            app, "from_callback", back,
            expected_state=begun.state, code_verifier=begun.code_verifier,
        )  # fmt: skip
    assert caught.value.code == "invalid_grant"
    assert len(served.workspace.requests) == 1


@pytest.mark.parametrize(
    ("state", "expected"),
    [("forged", "kept"), ("", ""), ("kept", ""), ("", "kept"), (None, None), ("\ud800", "kept")],
    ids=["forged", "both empty", "none kept", "none given", "both None", "surrogate"],
)
async def test_a_state_that_does_not_match_asks_nothing(
    served: ServedSandbox, make_app: MakeApp, member: Member, colour: Colour, state: Any,
    expected: Any,
) -> None:  # fmt: skip
    app = make_app()
    code = query_of(member.agrees(app.authorization_url("kept").url))["code"]
    served.workspace.requests.clear()
    with pytest.raises(StateMismatchError, match="Nothing was asked"):
        await colour.call(app, "exchange", code, state=state, expected_state=expected)
    url = f"{BACK}?{urlencode({'code': code, 'state': state or ''}, errors='ignore')}"
    with pytest.raises(StateMismatchError):
        await colour.call(app, "from_callback", url, expected_state=expected)
    assert served.workspace.requests == []
    token = await colour.call(app, "exchange", code, state="kept", expected_state="kept")
    assert token.access_token


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("error=access_denied&error_description=No&state=s", "access_denied' ('No')"),
        ("state=s", "one code and one state"),
        ("code=&state=s", "code is empty"),
        ("code=a&code=b&state=s", "one code and one state"),
        ("code=a&state=s&state=s", "one code and one state"),
    ],
)
def test_a_callback_without_a_code(make_app: MakeApp, query: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_app().from_callback(f"{BACK}?{query}", expected_state="s")
    assert said in str(caught.value)


def test_a_callback_of_an_error_is_believed_only_with_its_state(make_app: MakeApp) -> None:
    with pytest.raises(StateMismatchError):
        make_app().from_callback(f"{BACK}?error=access_denied", expected_state="s")


def test_the_verifier_is_wanted_before_a_request(
    served: ServedSandbox, make_app: MakeApp, member: Member
) -> None:
    app = make_app(pkce=True)
    begun = app.authorization_url()
    back = member.agrees(begun.url)
    served.workspace.requests.clear()
    with pytest.raises(ValidationError, match="code_verifier"):
        app.from_callback(back, expected_state=begun.state)
    assert served.workspace.requests == []
    with pytest.raises(InvalidRequestError) as caught:
        app.from_callback(back, expected_state=begun.state, code_verifier="x" * 43)
    assert caught.value.code == "invalid_grant"


def test_a_wrong_secret(served: ServedSandbox, make_app: MakeApp) -> None:
    app = OAuthApp(make_app().client_id, "open sesame", BACK, url=served.url)
    with pytest.raises(AuthenticationError, match="client_secret") as caught:
        app.exchange("abcdef123456", state="s", expected_state="s")
    assert caught.value.code == "invalid_client"
    assert "sesame" not in shown(caught.value)
    assert "client_secret=" not in shown(caught.value)


async def test_an_exchange_without_an_answer_is_not_repeated(
    served: ServedSandbox, make_app: MakeApp, member: Member, colour: Colour
) -> None:
    app = make_app()
    begun = app.authorization_url()
    back = member.agrees(begun.url)
    served.workspace.requests.clear()
    served.fail_next("drop_after")
    with pytest.raises(OutcomeUnknownError, match="authorize the app again") as caught:
        await colour.call(app, "from_callback", back, expected_state=begun.state)
    assert isinstance(caught.value.__cause__, ConnectionFailedError)
    assert "client_secret=" not in shown(caught.value)
    assert len(served.workspace.requests) == 1


def test_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, served: ServedSandbox, make_app: MakeApp
) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI"):
        monkeypatch.delenv(f"ATTIO_{name}", raising=False)
    with pytest.raises(ValidationError, match="ATTIO_CLIENT_SECRET, ATTIO_REDIRECT_URI"):
        OAuthApp("client")
    monkeypatch.setenv("ATTIO_CLIENT_ID", "client")
    monkeypatch.setenv("ATTIO_CLIENT_SECRET", "open sesame")
    monkeypatch.setenv("ATTIO_REDIRECT_URI", BACK)
    app = OAuthApp()
    assert (app.client_id, app.redirect_uri) == ("client", BACK)
    assert "sesame" not in f"{app!r} {vars(app)}"


@pytest.mark.parametrize("uri", ["app.example.com/callback", "/callback", f"{BACK}#here"])
def test_an_address_that_nobody_can_come_back_to(uri: str) -> None:
    with pytest.raises(ValidationError, match="redirect_uri"):
        OAuthApp("client", "secret", uri)


def test_what_is_no_text() -> None:
    with pytest.raises(ValidationError, match="are texts") as caught:
        OAuthApp("client", cast("str", b"open sesame"), BACK)
    assert "sesame" not in shown(caught.value)


def test_a_connection_with_the_token(
    served: ServedSandbox, make_app: MakeApp, member: Member
) -> None:
    app = make_app("note:read")
    begun = app.authorization_url()
    token = app.from_callback(member.agrees(begun.url), expected_state=begun.state)
    with connect(served.url, api_key=token, limits=None) as connection:
        assert connection.whoami().client_id == app.client_id
