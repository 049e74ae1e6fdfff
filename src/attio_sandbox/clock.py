"""The clock of a workspace, which tests can stop, set and move."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """The time of one workspace: real time until it is moved, set or frozen. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shift = timedelta(0)
        self._frozen: datetime | None = None
        self._watchers: list[weakref.WeakMethod[Callable[[], object]]] = []

    def watch(self, method: Callable[[], object]) -> None:
        """Call a bound method whenever the clock was moved, set or resumed, as long as it lives."""
        with self._lock:
            self._watchers = [watcher for watcher in self._watchers if watcher() is not None]
            # Weakly: a clock may outlive the workspaces that go by it.
            self._watchers.append(weakref.WeakMethod(method))

    def _tell(self) -> None:
        with self._lock:
            watchers = list(self._watchers)
        # Outside the lock: who is told looks at the clock.
        for watcher in watchers:
            method = watcher()
            if method is not None:
                method()

    def now(self) -> datetime:
        """Give the current time of the workspace, aware, in UTC."""
        with self._lock:
            return self._read()

    def move(self, by: timedelta | float) -> None:
        """Move the clock by a timedelta or by seconds; negative moves it back."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        with self._lock:
            if self._frozen is None:
                self._shift += step
            else:
                self._frozen += step
        self._tell()

    def set(self, moment: datetime) -> None:
        """Set the clock to an aware `moment`; it runs on from there unless it is frozen.

        Raises ValueError for a naive datetime.
        """
        if moment.tzinfo is None:
            raise ValueError("The clock needs an aware datetime: add tzinfo, for example UTC.")
        with self._lock:
            if self._frozen is None:
                self._shift = moment - datetime.now(UTC)  # a difference, so that it runs on
            else:
                self._frozen = moment.astimezone(UTC)
        self._tell()

    def freeze(self) -> None:
        """Stop the clock at its current time; `move` and `set` still work."""
        with self._lock:
            self._frozen = self._read()

    def resume(self) -> None:
        """Let a frozen clock run on from where it stands."""
        with self._lock:
            if self._frozen is not None:
                self._shift = self._frozen - datetime.now(UTC)
                self._frozen = None
        self._tell()

    def reset(self) -> None:
        """Go by real time again."""
        with self._lock:
            self._shift, self._frozen = timedelta(0), None
        self._tell()

    def _read(self) -> datetime:
        return datetime.now(UTC) + self._shift if self._frozen is None else self._frozen
