"""The rate limit of a server, as Attio's is: so many requests in any second."""

from __future__ import annotations

import threading
import time
from collections import deque


class Gate:
    """Lets in so many requests in any second, and counts those that it refuses."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.refused = 0
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def lets_in(self) -> bool:
        """Whether one more is let in now."""
        with self._lock:
            now = time.monotonic()
            while self._times and self._times[0] <= now - 1.0:
                self._times.popleft()
            if len(self._times) >= self.limit:
                self.refused += 1
                return False
            self._times.append(now)
            return True
