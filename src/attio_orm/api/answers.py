"""What is read out of Attio's answers: ``data``, a page with its cursor, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

from msgspec import DecodeError

from attio_orm.transport.messages import decode_json

T = TypeVar("T")

Json: TypeAlias = dict[str, Any]
Decode: TypeAlias = Callable[[bytes], T]


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
    return cast(list[Json], found)


def row(body: bytes) -> Json:
    """The ``data`` of an answer that holds one object."""
    found = data(body)
    if not isinstance(found, dict):
        raise DecodeError('"data" is not an object')
    return cast(Json, found)


def _cursor(body: bytes) -> str | None:
    pagination = whole(body).get("pagination")
    found = cast(Json, pagination).get("next_cursor") if isinstance(pagination, dict) else None
    return found if isinstance(found, str) and found else None


def page(body: bytes) -> tuple[list[Json], str | None]:
    """The list and the cursor of the page after it, ``None`` on the last."""
    return rows(body), _cursor(body)


def part(body: bytes) -> tuple[Json, str | None]:
    """One object that comes in parts, and the cursor of the part after it."""
    return row(body), _cursor(body)


def nothing(body: bytes) -> None:
    """Nothing: what a delete answers is not read."""
