"""Access tokens: what is wrong with a bad one, said without showing it."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.effects import run
from attio_orm.errors import ValidationError
from attio_orm.transport import Request, Transport
from attio_orm.transport.authentication import Authentication
from attio_orm.transport.tokens import Token
from tests.transport.fakes import ScriptedBackend, answer

SECRET = "f00dcafe"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        (f"{SECRET}\n", "a line break"),
        (f"{SECRET}\r", "a line break"),
        (f" {SECRET}", "a space"),
        (f"{SECRET}\tx", "a space"),
        (f"{SECRET}é", "not ASCII"),
        (f"{SECRET}\x07", "a control character"),
        (None, "is None, not a string"),
        (SECRET.encode(), "is a bytes, not a string"),
    ],
)
def test_a_bad_token_is_named_but_not_shown(text: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem) as caught:
        Token(text)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("key", [f"{SECRET}\n", lambda: f"{SECRET}\n"])
def test_a_bad_token_never_leaves(key: Any) -> None:
    backend = ScriptedBackend(answer())
    with pytest.raises(ValidationError, match="line break"):
        run(Transport(backend, api_key=key, base="https://x").send(Request("GET", "/v2/self")))
    assert backend.requests == []


@given(text=st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1))
def test_a_good_token_is_kept_as_it_is(text: str) -> None:
    token = Token(text)
    assert token.header == f"Bearer {text}"
    assert token == Token(text)
    assert hash(token) == hash(Token(text))
    assert token != Token(text + "x")
    assert token != text


def test_it_hides_itself_in_anything() -> None:
    token = Token(SECRET)
    assert token.redact(f"a {SECRET} b {SECRET}") == "a *** b ***"
    value = {f"k{SECRET}": [SECRET, 1, None, {"x": f"{SECRET}!"}], "y": 2.5}
    assert token.redact(value) == {"k***": ["***", 1, None, {"x": "***!"}], "y": 2.5}


def test_it_is_not_shown_nor_stored() -> None:
    token = Token(SECRET)
    assert SECRET not in f"{token!r} {token} {Authentication(lambda: SECRET)!r}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(token)
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(token)
