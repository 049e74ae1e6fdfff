"""What one request may take: seconds and bytes."""

from __future__ import annotations

import time

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
