"""A body of `multipart/form-data`, read strictly: what is malformed is a 400."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from attio_sandbox.bodies import bad_text
from attio_sandbox.errors import Refusal, invalid

MAX_PARTS, MAX_HEAD = 32, 16_384  # a form has four fields

_BOUNDARY = re.compile(
    r"""multipart/form-data\s*(?:;[^;]*)*?;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))\s*(?:;.*)?""",
    re.I | re.ASCII,
)
_PARAMETER = re.compile(r';\s*(name|filename\*?)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))', re.I)
_EXTENDED = re.compile(r"utf-8'[\w-]*'([!-~]*)", re.I | re.ASCII)
_CONTENT_TYPE = re.compile(
    r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}(?:[ \t]*;[ \t]*[\w-]+=(?:[\w.+-]+|\"[\w .+-]*\"))*",
    re.ASCII,
)


class Upload(NamedTuple):
    """A part that is a file: its name, its bytes, and its type where that is sound."""

    name: str
    content: bytes
    content_type: str | None


class Form(NamedTuple):
    """What a form has: plain fields and files, by name."""

    fields: dict[str, str]
    files: dict[str, Upload]


def _bad(problem: str) -> Refusal:
    return invalid(f"The body is not valid multipart/form-data: {problem}.")


def read_form(content_type: str, body: bytes) -> Form:
    """Give the fields and files of a form; raises the 400 of one that is malformed."""
    # Only so long, as the expression could try in many ways to match what is longer.
    found = _BOUNDARY.fullmatch(content_type.strip()) if len(content_type) <= 1000 else None
    if found is None:
        raise _bad("the header content-type names no multipart/form-data with a boundary")
    mark = b"--" + (found[1] or found[2]).encode()
    # The line break before a mark belongs to the mark; what comes first has none.
    sections = (b"\r\n" + body).split(b"\r\n" + mark, MAX_PARTS + 2)
    if len(sections) > MAX_PARTS + 2:
        raise _bad(f"it has more than {MAX_PARTS} parts")
    if len(sections) < 2 or not sections[-1].startswith(b"--"):
        raise _bad("its last boundary is missing")
    form = Form({}, {})
    for section in sections[1:-1]:
        _read_part(section, form)
    return form


def _read_part(section: bytes, form: Form) -> None:
    head, gap, content = section.lstrip(b" \t").partition(b"\r\n\r\n")
    if not gap or not head.startswith(b"\r\n") or len(head) > MAX_HEAD:
        raise _bad("a part has no headers, or too many")
    headers: dict[str, str] = {}
    for line in _text(head).split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise _bad("a header of a part has no colon")
        headers[name.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    if disposition.partition(";")[0].strip().lower() != "form-data":
        raise _bad("a part is not form-data")
    parameters = _parameters(disposition)
    field = parameters.get("name")
    if field is None:
        raise _bad("a part has no name")
    if field in form.fields or field in form.files:
        raise _bad(f"the field {field!r} is there twice")
    if "filename" in parameters:
        kind = headers.get("content-type", "")
        sound = kind if _CONTENT_TYPE.fullmatch(kind) else None
        form.files[field] = Upload(parameters["filename"], content, sound)
    else:
        form.fields[field] = _text(content)


def _text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _bad("a text in it is not UTF-8") from None
    problem = bad_text(text)
    if problem is not None:
        raise _bad(problem)
    return text


def _parameters(disposition: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(disposition):
        value = re.sub(r'\\(["\\])', r"\1", quoted) or plain
        # Browsers write what would end the quotes or the line in this way.
        for code, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
            value = value.replace(code, character)
        found[name.lower()] = value
    extended = _EXTENDED.fullmatch(found.pop("filename*", ""))
    if extended is not None:
        found["filename"] = _text(unquote_to_bytes(extended[1]))
    return found
