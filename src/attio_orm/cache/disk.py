"""A cache in a file, for the processes of one machine."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress

from attio_orm.cache.backends import Usage, new_generation
from attio_orm.errors import ValidationError

_TABLES = """
    CREATE TABLE IF NOT EXISTS generations (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS answers (
        key TEXT PRIMARY KEY, value BLOB NOT NULL, stored REAL NOT NULL, lasts REAL NOT NULL
    );
    CREATE INDEX IF NOT EXISTS answers_by_age ON answers (stored);
"""
_BUSY = 1.0  # seconds: a read does better without the cache than to wait for it any longer


class DiskCache:
    """Keeps answers in a file of SQLite, which several processes of one machine may share.

    Only its owner may read the file. It knows the writes of those processes alone. Raises
    ``ValidationError`` for a path that cannot be such a file.
    """

    waits = True

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.size = 10_000
        self._path = os.fspath(path)
        self._lock = threading.Lock()
        self._opened: tuple[int, sqlite3.Connection] | None = None
        self._evicted = 0
        try:
            # what people and companies are is nobody else's business
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            with self._file():
                pass
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise ValidationError(
                f"DiskCache({self._path!r}) cannot be opened ({error}): give the path of a new "
                f"file, in a folder that is there, or of an earlier cache."
            ) from error

    @contextmanager
    def _file(self) -> Generator[sqlite3.Connection]:
        """The file, for one thread at a time."""
        with self._lock:
            opened = self._opened
            # after a fork it is opened anew: SQLite's connections are of one process
            if opened is None or opened[0] != os.getpid():
                made = sqlite3.connect(
                    self._path, timeout=_BUSY, isolation_level=None, check_same_thread=False
                )
                try:
                    made.execute("PRAGMA journal_mode = WAL")
                    made.execute("PRAGMA synchronous = NORMAL")
                    made.executescript(_TABLES)
                except BaseException:
                    made.close()
                    raise
                opened = self._opened = os.getpid(), made
            yield opened[1]

    def generations(self, names: Sequence[str]) -> list[str]:
        """The generation of each name."""
        with self._file() as file:
            known = _known(file, names)
            lacking = [name for name in names if name not in known]
            if lacking:
                file.executemany(
                    "INSERT OR IGNORE INTO generations VALUES (?, ?)",
                    [(name, new_generation()) for name in lacking],
                )
                known = _known(file, names)  # of processes that come at once, one is first
            return [known[name] for name in names]

    def outdate(self, names: Sequence[str]) -> None:
        """Give these names another generation."""
        with self._file() as file:
            file.executemany(
                "INSERT OR REPLACE INTO generations VALUES (?, ?)",
                [(name, new_generation()) for name in names],
            )

    def get(self, key: str) -> tuple[bytes, float] | None:
        """What was put, and for how many seconds it is kept from now on."""
        with self._file() as file:
            row = file.execute(
                "SELECT value, stored, lasts FROM answers WHERE key = ?", (key,)
            ).fetchone()
        if row is None or not isinstance(row[0], bytes):
            return None
        # the only clock that processes share; put in the future, it was set back meanwhile, and
        # nobody knows how old that is
        age = time.time() - row[1]
        if not 0 <= age < row[2]:
            self.delete(key)
            return None
        return row[0], row[2] - age

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it for so long; the oldest answers go where there are too many."""
        with self._file() as file:
            file.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)",
                (key, value, time.time(), seconds),
            )
            (held,) = file.execute("SELECT count(*) FROM answers").fetchone()
            if held > self.size:
                file.execute(
                    "DELETE FROM answers WHERE key IN "
                    "(SELECT key FROM answers ORDER BY stored LIMIT ?)",
                    (held - self.size,),
                )
                self._evicted += held - self.size

    def delete(self, key: str) -> None:
        """Forget it."""
        with self._file() as file:
            file.execute("DELETE FROM answers WHERE key = ?", (key,))

    def usage(self) -> Usage:
        """What the file holds; ``evicted`` counts what this process let go."""
        with self._file() as file:
            (held,) = file.execute("SELECT total(length(value)) FROM answers").fetchone()
        return Usage(int(held), self._evicted)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is not None and opened[0] == os.getpid():
                opened[1].close()

    def __del__(self) -> None:
        with suppress(Exception):  # half made, or at the end of the process
            self.close()

    def __repr__(self) -> str:
        return f"DiskCache({self._path!r})"


def _known(file: sqlite3.Connection, names: Sequence[str]) -> dict[str, str]:
    marks = ", ".join("?" * len(names))
    found = file.execute(
        f"SELECT name, value FROM generations WHERE name IN ({marks})", list(names)
    )
    return dict(found.fetchall())
