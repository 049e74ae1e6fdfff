"""The parts of a request: its path, each segment percent-encoded, and its wrapped body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from attio_orm.errors import ValidationError

Target: TypeAlias = Literal["objects", "lists"]

_DOTS = {".": "%2E", "..": "%2E%2E"}


def path(*segments: str) -> str:
    """``/v2/`` and the segments, percent-encoded: a title may hold ``/``, spaces or emoji.

    Raises ``ValidationError`` where a segment is empty or no string, as the request would
    reach another endpoint than the one that was meant.
    """
    encoded: list[str] = []
    for segment in segments:
        encoded.append(_encode(segment, encoded))
    return "/v2/" + "/".join(encoded)


def _encode(segment: object, before: list[str]) -> str:
    from urllib.parse import quote  # here, so that importing the package stays fast

    where = f'The part of the path after "/v2/{"/".join(before)}"'
    if not isinstance(segment, str):
        kind = type(segment).__name__
        raise ValidationError(f"{where} must be an id, a slug or a title, as a str; not {kind}.")
    if not segment:
        raise ValidationError(f"{where} is empty; give an id, a slug or a title.")
    try:
        return _DOTS.get(segment) or quote(segment, safe="")
    except UnicodeEncodeError:
        raise ValidationError(f"{where} is not valid Unicode: {segment!a}.") from None


def body(
    data: Mapping[str, Any] | None, fields: Mapping[str, Any], **defaults: Any
) -> dict[str, dict[str, Any]]:
    """A write's body, ``{"data": {...}}``: the defaults, then ``data``, then the fields."""
    return {"data": {**defaults, **(data or {}), **fields}}


def multipart(
    form: Mapping[str, str], name: str, content: bytes, content_type: str
) -> tuple[bytes, str]:
    """A form with one file, ``file``, as ``multipart/form-data``: its bytes and its type."""
    from secrets import token_hex

    boundary = token_hex(16)
    parts: list[bytes] = []
    for field, value in form.items():
        parts += [_part(boundary, f'name="{_quoted(field)}"'), b"\r\n", value.encode(), b"\r\n"]
    head = _part(boundary, f'name="file"; filename="{_quoted(name)}"')
    kind = f"Content-Type: {_quoted(content_type)}\r\n\r\n".encode()
    parts += [head, kind, content, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, what: str) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {what}\r\n".encode()


def _quoted(text: str) -> str:
    # As browsers do: nothing in a name can end the quotes or the line.
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
