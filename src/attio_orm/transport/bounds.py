"""What one request, or a whole call, may take: seconds and bytes."""

from __future__ import annotations

import time

from msgspec import Struct

from attio_orm.errors import DeadlineExceededError
from attio_orm.transport.requests import Request

MAX_ANSWER = 268_435_456
"""Bytes that an answer may have, unpacked: five times a page of 500 records of 100 kB."""

LONGEST_HEAD = 262_144
"""Bytes that may come before a body begins: of headers, and of answers before the answer (1xx)."""


FOREVER = 1_000_000.0
"""Seconds that nobody waits for: locks and sockets do not take what is much longer, or endless."""


class TooLong(Exception):
    """An answer went on beyond its bound."""


class Bounds:
    """The bounds of one request; ``deadline`` is a moment of the monotonic clock.

    ``limit`` is in bytes of the body. ``sent`` says afterwards whether any of the request went out.
    """

    __slots__ = ("deadline", "limit", "patience", "sent")

    def __init__(self, patience: float | None, deadline: float | None, limit: int) -> None:
        self.patience, self.deadline, self.limit = patience, deadline, limit
        self.sent = False

    @property
    def on_the_line(self) -> int:
        """The bytes that a body may take on the line: some pack it into chunks of a few bytes."""
        return 2 * self.limit + LONGEST_HEAD

    def wait(self, longest: float) -> float:
        """Seconds to wait for a connection of the pool."""
        if self.patience is not None:
            longest = min(longest, self.patience)
        if self.deadline is not None:
            longest = min(longest, self.deadline - time.monotonic())
        return max(min(longest, FOREVER), 0.0)


class Deadline(Struct, frozen=True):
    """A moment, ``at`` by the monotonic clock, and how many seconds led to it."""

    seconds: float
    at: float

    @property
    def left(self) -> float:
        """The seconds until then, less than 0 where it has passed."""
        return self.at - time.monotonic()

    def error(self, request: Request, *, sent: bool) -> DeadlineExceededError:
        """What is raised of a request that has no more time."""
        return DeadlineExceededError(
            f"{request.method} {request.path}: not done by the deadline of {self.seconds:g} s, "
            "which counts from the beginning of the call. Ask for less at once, or give "
            "connect(deadline=...) more.",
            sent=sent,
        )
