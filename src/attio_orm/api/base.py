"""What all resources share: paths, bodies, the reading of answers, and their methods."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import update_wrapper
from typing import Any, Concatenate, Literal, ParamSpec, TypeAlias, TypeVar, cast

from msgspec import DecodeError

from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import ValidationError
from attio_orm.transport import Purpose, Request, Settle, Transport, decode_json
from attio_orm.transport.decoding import check_id
from attio_orm.types.checks import as_uuid

Target: TypeAlias = Literal["objects", "lists"]

_DOTS = {".": "%2E", "..": "%2E%2E"}  # quote() leaves them, clients and proxies resolve them


def path(*segments: str) -> str:
    """``/v2/`` and the segments, percent-encoded: a title may hold ``/``, spaces or emoji.

    Raises ``ValidationError`` where a segment is empty or not a string, as the request would
    reach another endpoint than the one that was meant.
    """
    encoded: list[str] = []
    for segment in segments:  # each by itself: a message names the ones before it
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


def body(data: Fields | None, fields: Fields, **defaults: object) -> dict[str, dict[str, Any]]:
    """A write's body, ``{"data": {...}}``: the defaults, then ``data``, then the fields."""
    return {"data": {**defaults, **(data or {}), **fields}}


def multipart(
    form: Mapping[str, str], name: str, content: Iterable[bytes], content_type: str
) -> tuple[bytes, str]:
    """A form with one file, ``file``, as ``multipart/form-data``: its bytes and its type.

    ``content`` is the file in pieces, which are copied into the form one by one.
    """
    from io import BytesIO  # only here, with the next: nothing else needs them
    from secrets import token_hex

    # by hand: a backend takes bytes, and only one of them has httpx to make a form with
    boundary = token_hex(16)  # which no file can contain by intent
    sent = BytesIO()  # whose value is its own buffer: 50 MB are in memory once
    for field, value in form.items():
        part = _part(boundary, f'name="{_quoted(field)}"')
        sent.writelines((part, b"\r\n", value.encode(), b"\r\n"))
    head = _part(boundary, f'name="file"; filename="{_quoted(name)}"')
    sent.writelines((head, f"Content-Type: {_quoted(content_type)}\r\n\r\n".encode()))
    sent.writelines(content)
    sent.write(f"\r\n--{boundary}--\r\n".encode())
    return sent.getvalue(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, what: str) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {what}\r\n".encode()


def _quoted(text: str) -> str:
    # As browsers do: nothing in a name can end the quotes or the line.
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


T = TypeVar("T")

Json: TypeAlias = dict[str, Any]
Fields: TypeAlias = Mapping[str, object]
Params: TypeAlias = Mapping[str, str | int | None] | None  # None is left out: Attio's default
Decode: TypeAlias = Callable[[bytes], T]
Reader: TypeAlias = Decode[Any] | None


def whole(body: bytes) -> Json:
    """The whole answer, for the endpoints that do not wrap it in ``data``."""
    answer = decode_json(body)
    if not isinstance(answer, dict):
        raise DecodeError("a JSON object was expected")
    return cast(Json, answer)


def data(body: bytes) -> Any:
    """The ``data`` of an answer; ``msgspec.DecodeError`` where it has none."""
    answer = whole(body)
    if "data" not in answer:
        raise DecodeError('the answer has no "data"')
    return answer["data"]


def rows(body: bytes) -> list[Json]:
    """The ``data`` of an answer that holds a list."""
    found = data(body)
    if not isinstance(found, list):
        raise DecodeError('"data" is not a list')
    items = cast(list[object], found)
    if not all(isinstance(item, dict) for item in items):
        raise DecodeError('"data" has something in it that is not an object')
    return cast(list[Json], items)


def row(body: bytes) -> Json:
    """The ``data`` of an answer that holds one object."""
    found = data(body)
    if not isinstance(found, dict):
        raise DecodeError('"data" is not an object')
    return cast(Json, found)


def row_of(name: str, asked: str) -> Decode[Json]:
    """The reader of an answer that holds the one object of this id, which it calls ``name``.

    A slug in place of the id is not compared, nor what has no id.
    """
    wanted = as_uuid(asked)

    def read(body: bytes) -> Json:
        found = row(body)
        ids = found.get("id")
        got = cast(Json, ids).get(name) if isinstance(ids, dict) else None
        if wanted is not None and isinstance(got, str):
            check_id(got, wanted)
        return found

    return read


def _cursor(body: bytes) -> str | None:
    pagination = whole(body).get("pagination")
    found = cast(Json, pagination).get("next_cursor") if isinstance(pagination, dict) else None
    return found if isinstance(found, str) and found else None  # "" would ask for page one again


def page(body: bytes) -> tuple[list[Json], str | None]:
    """The list and the cursor of the page after it, ``None`` on the last."""
    return rows(body), _cursor(body)


def part(body: bytes) -> tuple[Json, str | None]:
    """One object that comes in parts, and the cursor of the part after it."""
    return row(body), _cursor(body)


def nothing(body: bytes) -> None:
    """Nothing: what a delete answers is not read."""


def read(
    transport: Transport,
    where: str,
    decode: Decode[T],
    params: Params = None,
    *,
    purpose: Purpose = "read",
) -> Operation[T]:
    """A GET; gives its answer."""
    return transport.send(Request("GET", where, params, purpose=purpose, decode=decode))


def write(
    transport: Transport,
    method: str,
    where: str,
    sent: object,
    decode: Decode[T],
    params: Params = None,
    *,
    settle: Settle | None = None,
) -> Operation[T]:
    """A request that changes something; gives its answer."""
    return transport.send(Request(method, where, params, sent, "write", decode, settle))


def remove(transport: Transport, where: str) -> Operation[None]:
    """A DELETE; gives nothing, whatever it answers."""
    # not the result of send(): a 204 gives {} without decoding, and a dry run gives NOT_SENT
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))


P = ParamSpec("P")


class Resource:
    """One resource of Attio's API, over the transport of one connection."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of the Attio API>"


def verbs(
    operation: Callable[Concatenate[Transport, P], Operation[T]],
) -> tuple[
    Callable[Concatenate[Resource, P], T],
    Callable[Concatenate[Resource, P], Coroutine[Any, Any, T]],
]:
    """The methods of an operation, over the transport of its resource: sync, and its twin."""

    def method(self: Resource, /, *args: P.args, **kwargs: P.kwargs) -> Operation[T]:
        return operation(self.transport, *args, **kwargs)

    update_wrapper(method, operation)  # help() and signature() show the operation's own
    method.__name__ = method.__name__.replace("list_", "list")  # a builtin's name, and a good one
    sync = sync_method(method)
    return sync, async_twin(sync)


def one(
    operation: Callable[Concatenate[Transport, P], Operation[Any]],
) -> Callable[Concatenate[Transport, P], Operation[Json]]:
    """The operation as one that gives an object: for those that take ``decode`` too."""
    return operation


def many(
    operation: Callable[Concatenate[Transport, P], Operation[Any]],
) -> Callable[Concatenate[Transport, P], Operation[list[Json]]]:
    """The operation as one that gives a list: for those that take ``decode`` too."""
    return operation
