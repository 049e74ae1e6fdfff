"""OAuthToken: it hides itself, cannot be renewed, and knows what it may do once it asked."""

from __future__ import annotations

import copy
import pickle

import pytest

from attio_orm import (
    ForbiddenError,
    Model,
    NotSupportedByAttio,
    Person,
    RefreshNotSupported,
    ValidationError,
    connect,
)
from attio_orm.attributes import Text
from attio_orm.oauth import Identity, OAuthToken, Scope
from attio_orm.testing import ServedSandbox
from tests.colours import Colour

SECRET = "f00dcafe"


def test_it_is_not_shown_nor_stored() -> None:
    token = OAuthToken(SECRET)
    assert SECRET not in f"{token!r} {token}"
    for keep in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="token store"):
            keep(token)
    assert token == OAuthToken(SECRET)
    assert token != OAuthToken(f"{SECRET}1")
    with pytest.raises(ValidationError, match="a space") as caught:
        OAuthToken(f"{SECRET} ")
    assert SECRET not in str(caught.value)


def test_it_cannot_be_renewed() -> None:
    with pytest.raises(RefreshNotSupported, match=r"do not expire.*authorization_url"):
        OAuthToken(SECRET).refresh()
    assert issubclass(RefreshNotSupported, NotSupportedByAttio)


async def test_one_that_was_revoked(served: ServedSandbox, colour: Colour) -> None:
    text = served.add_token(["note:read"])
    token = OAuthToken(text, url=served.url)
    assert (await colour.call(token, "introspect")).scopes == {"note:read"}
    assert token.scopes == {Scope.NOTE_READ}
    served.workspace.revoke_token(text)
    identity = await colour.call(token, "introspect")
    assert identity == Identity(is_active=False)
    assert token.scopes is None


async def test_one_without_any_scope(served: ServedSandbox, colour: Colour) -> None:
    token = OAuthToken(served.add_token(), url=served.url)
    assert (await colour.call(token, "introspect")).scopes == frozenset()
    served.requests.clear()
    with (
        connect(served.url, api_key=token, limits=None, on_drift="ignore") as connection,
        pytest.raises(ForbiddenError, match="the token lacks the scope note:read-write") as caught,
    ):
        await colour.call(
            connection, "request", "DELETE", "/v2/notes/f43a53e5-39d9-4b2a-ad43-a1a9d6f4a5ae"
        )
    assert caught.value.missing_scopes == {"note:read-write"}
    assert token.access_token not in f"{caught.value} {caught.value!r}"
    assert [each for each in served.requests if each.method == "DELETE"] == []


def test_what_attio_left_out_is_not_known() -> None:
    token = OAuthToken("a" * 64, identity=Identity(is_active=True))
    assert token.scopes is None


def test_a_connection_needs_what_it_reads_first(served: ServedSandbox) -> None:
    class Ship(Model):
        name: Text

    assert Ship.objects  # declared, and so looked at
    token = OAuthToken(served.add_token(["record_permission:read"]), url=served.url)
    with pytest.raises(ForbiddenError, match='"object_configuration:read"') as caught:
        connect(served.url, api_key=token, limits=None)
    assert token.access_token not in str(caught.value)


def test_an_introspected_one_is_known_to_its_connection(served: ServedSandbox) -> None:
    text = served.add_token(["record_permission:read", "object_configuration:read"])
    token = OAuthToken(text, url=served.url)
    token.introspect()
    with connect(served.url, api_key=token, limits=None) as connection:
        served.requests.clear()
        assert connection.missing_scopes(Person, write=True) == {"record_permission:read-write"}
        assert served.requests == []
