"""Locks that a fork cannot leave held."""

from __future__ import annotations

import os
from threading import Lock


class ProcessLock:
    """A lock that a fork cannot leave held: each process has its own."""

    __slots__ = ("_locks",)

    def __init__(self) -> None:
        self._locks: dict[int, Lock] = {}

    @property
    def here(self) -> Lock:
        """That of this process, for ``with``."""
        pid = os.getpid()
        # setdefault is one step: of threads that come at once, all get the same lock
        return self._locks.get(pid) or self._locks.setdefault(pid, Lock())
