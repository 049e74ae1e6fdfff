"""Requests and their wire forms: JSON, query strings, and what is safe to repeat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.effects import run
from attio_orm.errors import ValidationError
from attio_orm.transport import MISSING, Request, Transport, decode_json, encode_json
from attio_orm.transport.pipeline import target_of
from attio_orm.transport.requests import Headers, Purpose, WireRequest
from tests.transport.fakes import ScriptedBackend, answer

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Shouting(str):
    def __str__(self) -> str:
        return self.upper()


class Whole(int): ...


class Real(float): ...


class Row(list[Any]): ...


class Colour(Enum):
    RED = "red"


@given(value=JSON)
def test_json_goes_there_and_back(value: Any) -> None:
    assert decode_json(encode_json(value)) == value == json.loads(encode_json(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Shouting("quiet"), b'"quiet"'),
        (Whole(3), b"3"),
        (Real(1.5), b"1.5"),
        (Row([Shouting("a")]), b'["a"]'),
        ({Shouting("key"): 1}, b'{"key":1}'),
        (MappingProxyType({"a": 1}), b'{"a":1}'),
        (Colour.RED, b'"red"'),
        (Decimal("12.50"), b"12.50"),
        (Decimal("99999999999999.99"), b"99999999999999.99"),
    ],
)
def test_relatives_of_plain_values_are_sent_as_these(value: Any, expected: bytes) -> None:
    assert encode_json(value) == expected


def test_other_things_are_refused() -> None:
    with pytest.raises(TypeError, match="type complex cannot be sent"):
        encode_json({"x": 1j})


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_json(body)


@given(
    params=st.dictionaries(
        st.text(min_size=1), st.none() | st.booleans() | st.integers() | st.text(min_size=1)
    )
)
def test_the_query_string_says_what_was_given(params: Mapping[str, Any]) -> None:
    target = target_of(Request("GET", "/v2/x", params=params))
    words = {True: "true", False: "false"}
    expected = [
        (name, words[value] if isinstance(value, bool) else str(value))
        for name, value in params.items()
        if value is not None
    ]
    assert parse_qsl(urlsplit(target).query) == expected
    assert target.startswith("/v2/x")
    assert ("?" in target) == bool(expected)


def test_a_path_that_has_a_query_string_keeps_it() -> None:
    assert target_of(Request("GET", "/v2/x?a=1", params={"b": 2})) == "/v2/x?a=1&b=2"
    assert target_of(Request("GET", "/v2/x?a=1")) == "/v2/x?a=1"


@pytest.mark.parametrize(
    ("path", "is_elsewhere"),
    [("/v2/x", False), ("/v2/x?of=http://a.example/b", False), ("HTTPS://a.example/b", True)],
)
def test_a_whole_address_is_told_by_its_beginning(path: str, is_elsewhere: bool) -> None:
    assert WireRequest("GET", path, Headers(), b"").is_elsewhere is is_elsewhere


def test_no_json_is_not_null() -> None:
    assert Request("POST", "/v2/x").json is MISSING
    backend = ScriptedBackend(answer(), answer(), answer())
    transport = Transport(backend, api_key=None, base="https://x")
    for more in ({}, {"json": None}, {"content": b"bytes"}):
        run(transport.send(Request("PUT", "/v2/x", **more)))
    assert [each.body for each in backend.requests] == [b"", b"null", b"bytes"]


@pytest.mark.parametrize(
    ("method", "purpose", "expected"),
    [
        ("GET", "read", True),
        ("PUT", "write", False),
        ("PATCH", "write", False),
        ("DELETE", "write", True),
        ("POST", "read", True),
        ("POST", "search", True),
        ("POST", "introspect", True),
        ("POST", "write", False),
    ],
)
def test_what_writes_is_not_repeatable_but_a_delete(
    method: str, purpose: Purpose, expected: bool
) -> None:
    assert Request(method, "/v2/x", purpose=purpose).is_repeatable is expected


def test_headers_hide_the_token() -> None:
    headers = Headers({"authorization": "Bearer abc", "x": "y"})
    assert repr(headers) == str(headers) == "Headers({'authorization': '***', 'x': 'y'})"
    assert headers["authorization"] == "Bearer abc"


def test_text_that_utf8_cannot_carry() -> None:
    with pytest.raises(ValidationError, match="half of a surrogate pair at position 2"):
        encode_json({"sql": "a \ud800"})
