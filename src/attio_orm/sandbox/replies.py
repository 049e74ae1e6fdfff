"""What the workspace answers, and what it remembers of each request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON_HEADERS = {"content-type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer: the status, headers with lower-case names, and the raw body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request the workspace received.

    `json` is the decoded body, None where there was none or it is no JSON; `status` is None
    where the connection was dropped.
    """

    method: str
    path: str
    params: Mapping[str, str]
    json: Any
    status: int | None


def json_reply(body: bytes, status: int = 200) -> Reply:
    """Give a Reply with a JSON body."""
    return Reply(status, {**JSON_HEADERS, "content-length": str(len(body))}, body)
