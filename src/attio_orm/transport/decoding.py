"""JSON as servers really send it: read whole where one text or number of it is odd, and bounded.

What is read is never slower for it: only what the decoder refuses is looked at again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import chain
from typing import Any, TypeAlias, TypeVar, cast

import msgspec
from msgspec import DecodeError, Raw


class AnotherAnswer(DecodeError):
    """The answer is about something else than the request."""


T = TypeVar("T")
Body: TypeAlias = bytes | Raw
Decode: TypeAlias = Callable[[Body], T]

MOST_LEVELS = 200
"""How deep lists and objects of an answer may lie in each other."""

# or up to the end of a body that was cut off in it: were it looked for again from each quote in it,
# the time would grow with the square of its length
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_NUMBER = rb"-?(?:[0-9][0-9.eE+-]*|Infinity)|NaN"
# a pair of surrogates is one character, half of it is none; any other escape stays
_ESCAPE = (
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.|(?P<control>[\x00-\x1f])"
)


def lenient(decode: Callable[[Any], T]) -> Decode[T]:
    """The decoder, which also takes what only one text or number of makes unreadable.

    Raises ``DecodeError`` for the rest, and for what is nested too deeply.
    """

    def read(body: Body) -> T:
        try:
            try:
                return decode(body)
            except DecodeError:
                again = mended(bytes(body))
                if again == body:
                    raise
            return decode(again)
        except RecursionError:
            if not _is_too_deep(body):  # it is the program that has come too far
                raise
        # out of the except blocks: what is raised there holds the frames of before, and the body
        raise _too_deep()

    return read


def mended(body: bytes) -> bytes:
    """The same JSON without what no decoder takes.

    What is not UTF-8 and half a pair of surrogates (RFC 8259 allows its escape) become U+FFFD, as
    browsers do it; a control character its escape; a number that no float holds its text.
    """
    text = body.decode("utf-8-sig", "replace").encode()
    return re.sub(rb"%b|%b" % (_TEXT, _NUMBER), _mended_part, text, flags=re.DOTALL)


def _mended_part(found: re.Match[bytes]) -> bytes:
    part = found[0]
    if part.startswith(b'"'):
        return re.sub(_ESCAPE, _mended_escape, part, flags=re.DOTALL)
    try:
        return part if math.isfinite(float(part)) else b'"%b"' % part
    except ValueError:  # no number at all
        return part


def _mended_escape(found: re.Match[bytes]) -> bytes:
    if found["half"]:
        return rb"\ufffd"
    return b"\\u%04x" % ord(found[0]) if found["control"] else found[0]


def check_id(found: str, asked: str) -> None:
    """Raise ``AnotherAnswer`` where this is not the id of what was asked for."""
    if found.lower() != asked.lower():
        raise AnotherAnswer(f"what has the id {found} where {asked} was asked for")


def _is_too_deep(body: Body) -> bool:
    level = 0
    for found in re.finditer(rb"%b|([\[{])|([\]}])" % _TEXT, bytes(body), re.DOTALL):
        level += bool(found[1]) - bool(found[2])
        if level > MOST_LEVELS:
            return True
    return False


def _too_deep() -> DecodeError:
    return DecodeError(f"it is nested more than {MOST_LEVELS} levels deep")


_decode = lenient(msgspec.json.Decoder().decode)


def decode_json(body: Body) -> Any:
    """The JSON of a body as plain Python; ``DecodeError`` where it is not JSON, or too deep."""
    found = _decode(body)
    if len(content := bytes(body)) <= MOST_LEVELS or _is_shallow(content):
        return found
    level: list[Any] = [found]
    for _ in range(MOST_LEVELS + 1):
        dicts = cast("list[dict[str, Any]]", [each for each in level if type(each) is dict])
        lists = cast("list[list[Any]]", [each for each in level if type(each) is list])
        if not (dicts or lists):
            return found
        level = [*chain.from_iterable(each.values() for each in dicts), *chain.from_iterable(lists)]
    raise _too_deep()


_ALL_BUT_MARKS = bytes(set(range(256)) - set(b'[]{}"\\'))


def _is_shallow(body: bytes) -> bool:
    """Whether its brackets alone tell that a body is not too deep: for most they do, and fast."""
    # what is in the texts is gone with them, but for brackets and escapes, which then remain
    marks = body.translate(None, _ALL_BUT_MARKS).replace(b'""', b"")
    for _ in range(MOST_LEVELS // 2):  # a pass takes away two levels at most
        if not marks:
            return True
        marks = marks.replace(b"[]", b"").replace(b"{}", b"")
    return not marks


def plain(raw: Raw) -> Any:
    """A part of an answer as plain Python; what cannot be decoded, as its text."""
    try:
        return decode_json(raw)
    except DecodeError:
        return bytes(raw).decode(errors="replace")
