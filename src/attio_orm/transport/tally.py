"""What a connection has done so far: for ``connection.stats()``, and for the budget of repeats."""

from __future__ import annotations

from threading import get_ident

from msgspec import Struct

from attio_orm.errors import APIError, RateLimitError, TransportError

MINUTE = 60.0


class Counts(Struct):
    """Numbers of one thread, which nobody else changes."""

    begun: int = 0
    ended: int = 0
    writes: int = 0
    retries: int = 0
    rate_limited: int = 0
    errors: int = 0
    waited: float = 0.0


class ThreadCounts(Counts):
    """The counts of a thread, with what it had begun at each second of the last minute.

    ``marks`` are pairs of a moment and of how many attempts were begun before; ``next_mark`` is
    when the second of the last one is over.
    """

    marks: list[tuple[float, int]] = []
    next_mark: float = float("-inf")

    def begin(self, at: float) -> None:
        """An attempt begins at this moment."""
        if at >= self.next_mark:  # once a second, so that most attempts are a sum and no more
            self.marks = [mark for mark in self.marks if mark[0] > at - MINUTE]
            self.marks.append((at, self.begun))
            self.next_mark = at + 1.0
        self.begun += 1

    def begun_since(self, moment: float) -> int:
        """How many attempts were begun after this moment; a second's worth may be missing."""
        # another thread asks: the list is replaced when it gets shorter, and read once
        for at, before in self.marks:
            if at > moment:
                return self.begun - before
        return 0


class Tally:
    """Counts attempts. Each thread counts for itself, so that no request waits for a lock."""

    def __init__(self) -> None:
        self.by_thread: dict[int, ThreadCounts] = {}

    @property
    def here(self) -> ThreadCounts:
        """The counts of this thread."""
        thread = get_ident()
        # ids are used again after a thread has ended, and with them what it counted
        return self.by_thread.get(thread) or self.by_thread.setdefault(thread, ThreadCounts())

    def note_error(self, error: APIError | TransportError) -> None:
        """An attempt ended with an error."""
        counts = self.here
        counts.errors += 1
        if isinstance(error, RateLimitError):
            counts.rate_limited += 1

    def begun_since(self, moment: float) -> int:
        """How many attempts all threads have begun after a moment of the last minute; no more."""
        return sum(counts.begun_since(moment) for counts in list(self.by_thread.values()))

    def total(self) -> Counts:
        """The sums of all threads."""
        total = Counts()
        for counts in list(self.by_thread.values()):
            for name in Counts.__struct_fields__:
                setattr(total, name, getattr(total, name) + getattr(counts, name))
        return total
