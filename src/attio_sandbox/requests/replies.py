"""What the workspace answers, and what it remembers of each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

MAX_RECORDED = 10_000
MAX_REPLIES = 200  # whose answers are kept, for the page that shows them
# Of bodies as they were sent; decoded they take several times as much.
MAX_RECORDED_BYTES = 16 * 2**20
_LOOK_EVERY = 256  # adding up all sizes at each request would grow with their number
JSON_HEADERS = {"content-type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer: the status, headers with lower-case names, and the raw body.

    `spread` is the number of seconds over which the body is to be sent, bit by bit.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request the workspace received.

    `json` is the decoded body, None where there was none or it is not JSON; `status` is None
    where the connection was dropped. `at` is the workspace's time, `elapsed` the seconds it took,
    `size` the bytes of both bodies; `reply` is the body of the answer, kept for the last ones.
    """

    method: str
    path: str
    params: Mapping[str, str]
    json: Any
    status: int | None
    at: datetime | None = field(default=None, compare=False)
    elapsed: float = field(default=0.0, compare=False)
    size: int = field(default=0, compare=False)
    reply: bytes | None = field(default=None, compare=False)


class Arrival(NamedTuple):
    """A request that came: the seconds to wait, as a fault has it, and what does its work then."""

    delay: float
    answer: Callable[[], Reply]


def json_reply(body: bytes, status: int = 200) -> Reply:
    """Give a Reply with a JSON body."""
    return Reply(status, {**JSON_HEADERS, "content-length": str(len(body))}, body)


class RequestLog:
    """The requests a workspace received, newest last, bounded in number and in memory.

    `requests` is a plain list, which tests may clear. The oldest ones go first. Not thread-safe.
    """

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self._unseen = 0

    def add(self, recorded: Recorded) -> None:
        """Append a request; the answer of the one before the last MAX_REPLIES is forgotten."""
        requests = self.requests
        requests.append(recorded)
        if len(requests) > MAX_REPLIES:
            old = requests[-MAX_REPLIES - 1]
            if old.reply is not None:
                requests[-MAX_REPLIES - 1] = replace(old, reply=None)
        # A large body is looked at once: a few of them fill the memory.
        self._unseen += 1
        if self._unseen >= _LOOK_EVERY or recorded.size > MAX_RECORDED_BYTES // _LOOK_EVERY:
            self._unseen = 0
            self._trim()

    def _trim(self) -> None:
        requests = self.requests
        del requests[:-MAX_RECORDED]
        total = sum(recorded.size for recorded in requests)
        gone = 0
        while total > MAX_RECORDED_BYTES and gone < len(requests) - 1:  # the last one stays
            total -= requests[gone].size
            gone += 1
        del requests[:gone]
