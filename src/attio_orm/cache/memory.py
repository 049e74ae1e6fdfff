"""A cache in the memory of one process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from attio_orm.cache.backends import Usage, new_generation
from attio_orm.errors import ValidationError

if TYPE_CHECKING:
    from cachetools import LRUCache

MOST_BYTES = 268_435_456


class MemoryCache:
    """Keeps answers in this process, the least recently used going first.

    ``most_bytes`` bounds them beside the ``size`` of the ``Cache``. It knows this process's writes
    alone. Raises ``ValidationError``.
    """

    waits = False

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        if isinstance(most_bytes, bool) or not isinstance(most_bytes, int) or most_bytes < 1:
            raise ValidationError(
                f"most_bytes is how many bytes of answers are kept, a whole number from 1 up; not "
                f"{most_bytes!r}."
            )
        from cachetools import LRUCache  # here: few programs have a cache

        self.size = 10_000
        self._kept: LRUCache[str, tuple[bytes, float]] = LRUCache(most_bytes, getsizeof=_size)
        self._generations: dict[str, str] = {}
        self._evicted = 0
        self._lock = threading.Lock()

    def generations(self, names: Sequence[str]) -> list[str]:
        """The generation of each name."""
        known = self._generations
        # setdefault is one step: threads that come at once get the same
        return [known.get(name) or known.setdefault(name, new_generation()) for name in names]

    def outdate(self, names: Sequence[str]) -> None:
        """Give these names another generation."""
        for name in names:
            self._generations[name] = new_generation()

    def get(self, key: str) -> tuple[bytes, float] | None:
        """What was put, and for how many seconds it is kept from now on."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            left = found[1] - monotonic()
            if left <= 0:
                del self._kept[key]
                return None
            return found[0], left

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it for so long; what is larger than all that may be kept is not kept."""
        with self._lock:
            kept = self._kept
            kept.pop(key, None)
            if len(value) > kept.maxsize:
                return
            while kept and (len(kept) >= self.size or kept.currsize + len(value) > kept.maxsize):
                kept.popitem()
                self._evicted += 1
            kept[key] = value, monotonic() + seconds

    def delete(self, key: str) -> None:
        """Forget it."""
        with self._lock:
            self._kept.pop(key, None)

    def usage(self) -> Usage:
        """What it holds."""
        with self._lock:
            return Usage(int(self._kept.currsize), self._evicted)

    def close(self) -> None:
        """Let all of it go."""
        with self._lock:
            self._kept.clear()

    def __repr__(self) -> str:
        return f"MemoryCache({len(self._kept):,} answers)"


def _size(kept: Any) -> int:
    return len(kept[0])
