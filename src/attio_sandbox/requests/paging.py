"""Pages by `limit` and `offset`, and pages by cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from attio_sandbox.bodies import bad_text, is_list, is_uuid
from attio_sandbox.errors import QUERY_MESSAGE, bad_param, invalid, option_issue
from attio_sandbox.requests.calls import Call

Params = Mapping[str, str]
_LARGEST = 2**62  # SQLite's whole numbers end a little above


def read_window(call: Call, default: int, maximum: int) -> tuple[int, int]:
    """Give `limit` and `offset` of the query; raises the 400 of one that is out of bounds.

    Raises it, too, where any parameter is text that could not be shown or compared.
    """
    for name, text in call.params.items():
        if (problem := bad_text(text)) is not None:
            raise bad_param(problem, name, "invalid_string")
    page = call.page(default, maximum)
    return page.stop - page.start, page.start


def read_uuid(params: Params, name: str) -> str | None:
    """Give a query parameter that is a UUID, lower-case, None where it is not there."""
    text = params.get(name)
    if text is None:
        return None
    if not is_uuid(text):
        raise bad_param("Invalid uuid", name, "invalid_string")
    return text.lower()


def read_choice(params: Params, name: str, choices: Sequence[str], default: str) -> str:
    """Give a query parameter that is one of some words."""
    text = params.get(name, default)
    if text not in choices:
        raise invalid(QUERY_MESSAGE, [option_issue((name,), choices, text)])
    return text


def read_pair(params: Params, one: str, other: str) -> tuple[str, str] | None:
    """Give two query parameters that must come together, None where neither is there.

    `other` is a UUID.
    """
    key = read_uuid(params, other)
    name = params.get(one)
    if name is None and key is None:
        return None
    if name is None or key is None:
        missing = one if name is None else other
        raise bad_param(f"{one} and {other} must be given together", missing, "invalid")
    return name, key


def read_cursor(params: Params, *kinds: type) -> list[Any] | None:
    """Give the sort key that the parameter `cursor` holds, of these kinds, None without one.

    Raises the 400 of a cursor that this workspace did not make.
    """
    text = params.get("cursor")
    if text is None:
        return None
    # Anybody can make one: what comes out is checked like a body.
    try:
        key: Any = msgspec.json.decode(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if (
        not is_list(key)
        or [type(part) for part in key] != list(kinds)
        or any(isinstance(part, int) and abs(part) > _LARGEST for part in key)
    ):
        raise bad_param("Invalid cursor", "cursor", "invalid_string")
    return key


def write_cursor(key: Sequence[Any]) -> str:
    """Give the cursor of the page after the row with this sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode()


def next_cursor(rows: Sequence[Sequence[Any]], limit: int, *columns: int) -> str | None:
    """Give the cursor of the next page, None if there is none; `columns` make the sort key.

    `rows` has one row more than the page where there is a next one.
    """
    # The key of the last row shown, and no offset: a row that goes meanwhile moves no other.
    return write_cursor([rows[limit - 1][n] for n in columns]) if len(rows) > limit else None


def cursor_body(items: Any, next_cursor: str | None) -> bytes:
    """Give the body of a page by cursor."""
    return msgspec.json.encode({"data": items, "pagination": {"next_cursor": next_cursor}})
