"""JSON as servers really send it: what one odd text or number costs, and what is refused."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import DecodeError, Raw

from attio_orm.transport.decoding import (
    MOST_LEVELS,
    AnotherAnswer,
    check_id,
    decode_json,
    lenient,
    mended,
    plain,
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"cut \ud83d"', "cut \ufffd"),
        (rb'"\ude00 cut"', "\ufffd cut"),
        (rb'"\uDE00\uD83D"', "\ufffd\ufffd"),
        (rb'["\ud83d\ude00", "\ud83d"]', ["😀", "\ufffd"]),
        (rb'["\\ud83d", "\ud83d"]', ["\\ud83d", "\ufffd"]),
        (rb'["\"\ud83d\\", "1e999", 1e999]', ['"\ufffd\\', "1e999", "1e999"]),
        (b'"no \xff UTF-8 \xc3"', "no \ufffd UTF-8 \ufffd"),
        ('"größer \ud83d"'.encode("utf-8", "surrogatepass"), "größer \ufffd\ufffd\ufffd"),
        (b'"a\x01b\nc"', "a\x01b\nc"),
        (b"[1e400, -1e400, 1e40]", ["1e400", "-1e400", 1e40]),
        (b"[NaN, -Infinity, Infinity, 1]", ["NaN", "-Infinity", "Infinity", 1]),
        (b"9" * 5_000, "9" * 5_000),
        (b"9" * 400, int("9" * 400)),
        (b"\xef\xbb\xbf[1]", [1]),
    ],
)  # fmt: skip
def test_what_no_decoder_takes_is_mended(body: bytes, value: Any) -> None:
    assert decode_json(body) == value
    assert plain(Raw(body)) == value


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
))  # fmt: skip
def test_what_is_right_stays_as_it_is(value: Any) -> None:
    for body in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode()):
        assert json.loads(mended(body)) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a',
        b'"a\\',
        b"1-2",
        b"[1,]",
        b"nul",
        b"NaNa",
        b"--1",
        b"<html>",
        b"\xff",
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_json(body)
    assert plain(Raw(body)) == body.decode(errors="replace")


@pytest.mark.parametrize("end", [b"", b"\\"], ids=["in a text", "in an escape"])
def test_what_was_cut_off_is_refused_at_once(end: bytes) -> None:
    """However many quotes are in the text that has no end: looked at anew from each, as it was
    once, this took hours."""
    with pytest.raises(DecodeError):
        decode_json(b'{"a": "' + b'x\\"' * 1_000_000 + end)


@pytest.mark.parametrize(
    "body",
    [
        nested(MOST_LEVELS + 1),
        nested(100_000),
        b"[" * 100_000,
        b'{"a":' * (MOST_LEVELS + 1) + b"1" + b"}" * (MOST_LEVELS + 1),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"data":[' + nested(MOST_LEVELS) + b"]}",
        nested(100_000).replace(b"[]", b'["\xff"]'),
    ],
    ids=["lists", "many", "cut", "objects", "many objects", "within", "and mended"],
)
def test_what_is_nested_too_deeply_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_json(body)
    assert plain(Raw(body)) == body.decode(errors="replace")


def test_as_deep_as_allowed() -> None:
    assert json.dumps(decode_json(nested(MOST_LEVELS))).encode() == nested(MOST_LEVELS)
    wide = b"[" + b",".join([nested(3)] * 500) + b"]"
    assert len(decode_json(wide)) == 500
    texts = json.dumps(["[" * 1_000, "{" * 1_000]).encode()
    assert decode_json(texts) == ["[" * 1_000, "{" * 1_000]


@pytest.mark.parametrize("inner", ["1", '"]"', r'"\"]\\"', '{"a": "}"}', '""'])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"b": ', "}"), ('[{"c]": ', "}]")])
def test_to_the_level(inner: str, opening: str, closing: str) -> None:
    """Whatever is in the texts, and in whichever way it is found out."""
    each = opening.count("[") + opening.count("{")
    for number in (1, 50, 99, 100, 101, 198, 199, 200, 201, 202):
        body = opening * number + inner + closing * number
        levels = number * each + inner.startswith("{")
        beside = f"[{body}, {'[1, 2], ' * 100}3]".encode()
        if levels + 1 <= MOST_LEVELS:
            assert decode_json(beside)[-1] == 3
        else:
            with pytest.raises(DecodeError, match="levels deep"):
                decode_json(beside)


def test_a_program_that_came_too_far_is_told_so() -> None:
    """A shallow body that meets the end of the stack is not a broken answer."""

    def failing(body: object) -> Any:
        raise RecursionError

    with pytest.raises(RecursionError):
        lenient(failing)(b'["[[[["]')
    with pytest.raises(DecodeError, match=f"more than {MOST_LEVELS} levels"):
        lenient(failing)(nested(MOST_LEVELS + 1))


def test_a_typed_decoder() -> None:
    class Answer(msgspec.Struct):
        data: Raw

    decode = lenient(msgspec.json.Decoder(Answer).decode)
    assert bytes(decode(rb'{"data": ["\ud83d"]}').data) == rb'["\ufffd"]'
    with pytest.raises(msgspec.ValidationError):
        decode(b"[]")
    with pytest.raises(DecodeError, match="levels deep"):
        decode(b'{"data":' + nested(sys.getrecursionlimit() * 20) + b"}")


def test_an_id_is_compared_without_regard_to_case() -> None:
    check_id("ABC", "abc")
    with pytest.raises(AnotherAnswer, match="the id x where y was asked for"):
        check_id("x", "y")
