"""What a connection has done so far, counted for ``connection.stats()``."""

from __future__ import annotations

from threading import get_ident

from msgspec import Struct

from attio_orm.errors import APIError, RateLimitError, TransportError


class Counts(Struct):
    """Numbers of one thread, which nobody else changes."""

    begun: int = 0
    ended: int = 0
    writes: int = 0
    retries: int = 0
    rate_limited: int = 0
    errors: int = 0
    waited: float = 0.0


class Tally:
    """Counts attempts. Each thread counts for itself, so that no request waits for a lock."""

    def __init__(self) -> None:
        self.by_thread: dict[int, Counts] = {}

    @property
    def here(self) -> Counts:
        """The counts of this thread."""
        thread = get_ident()
        # ids are used again after a thread has ended, and with them what it counted
        return self.by_thread.get(thread) or self.by_thread.setdefault(thread, Counts())

    def note_error(self, error: APIError | TransportError) -> None:
        """An attempt ended with an error."""
        counts = self.here
        counts.errors += 1
        if isinstance(error, RateLimitError):
            counts.rate_limited += 1

    def total(self) -> Counts:
        """The sums of all threads."""
        total = Counts()
        for counts in list(self.by_thread.values()):
            for name in Counts.__struct_fields__:
                setattr(total, name, getattr(total, name) + getattr(counts, name))
        return total
