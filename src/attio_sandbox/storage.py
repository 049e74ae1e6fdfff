"""The SQLite database of a workspace: its transactions, and the checks of its file."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import weakref
from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

APPLICATION_ID = 0x4174_696F  # "Atio": the mark of our files
SCHEMA_VERSION = 3
OLDEST_VERSION = 2  # of files that can still be opened: what they lack are tables
_CREATE = re.compile(r"CREATE (?:UNIQUE )?(?:TABLE|INDEX|TRIGGER) (\w+)")
CACHE = 65_536  # KiB of a file kept in memory at most: what is written lies all over its indexes

# What is wrong with the file or the disk, not with a statement of ours.
_TROUBLE = re.compile("full|readonly|locked|disk I/O|unable to open")


# Where the header of a database says what a snapshot is checked for before it is opened.
_MAGIC = b"SQLite format 3\0"
_HEADER = 100


class WorkspaceFileError(Exception):
    """A workspace file that cannot be opened; the message says why and what to do."""


class SnapshotError(ValueError):
    """Bytes that are not a snapshot of a workspace, or one that this version cannot read."""


def _fold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


class Database:
    """One connection, used by one thread at a time under `lock`.

    A `path` of None is memory, which may begin with the database of a `snapshot`; a new database
    gets the tables of the SQL in `tables`. Raises WorkspaceFileError for an empty path, and for a
    file that is not ours, is from a newer version, or cannot be written, and SnapshotError.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, tables: str, *, snapshot: bytes | None = None
    ) -> None:
        # Reentrant: a receiver of a webhook may send requests of its own in the same thread.
        self.lock = threading.RLock()
        self.path = None if path is None else os.fspath(path)
        if self.path == "":  # SQLite would take it for a file that is gone at the end
            raise WorkspaceFileError(
                "The path of the workspace file is empty. Give the path of a file, or none at "
                "all for a workspace in memory."
            )
        self._connection = self._open(tables, snapshot)
        self._closing = weakref.finalize(self, self._connection.close)  # where nobody closes it
        self._seen = self._version()
        # By the number of an object or list: its size, and of which state of the file that is.
        self._sizes: dict[int, tuple[int, int, int | None]] = {}
        # By a table that had no rows: as of which state that is.
        self._empty: dict[str, tuple[int, int]] = {}

    def _open(self, tables: str, snapshot: bytes | None) -> sqlite3.Connection:
        name = self.path or ":memory:"
        try:
            if self.path is not None:
                _make_private(self.path)
            # No isolation level: transactions are begun and ended here, and nowhere by itself.
            connection = sqlite3.connect(
                name, timeout=30.0, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise WorkspaceFileError(
                f"The workspace file {name!r} cannot be opened: {error}. Check that its "
                "directory exists and may be written to."
            ) from error
        try:
            if snapshot is not None:
                connection.deserialize(snapshot)
            self._prepare(connection, name, tables)
            if self.path is not None:
                _narrow(self.path)  # only now: it is ours
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection, name: str, tables: str) -> None:
        try:
            # First of all, as indexes are on what it gives. SQLite lets an index of a file call a
            # function of the program only where the schema is trusted.
            connection.create_function("fold", 1, _fold, deterministic=True)
            connection.execute("PRAGMA trusted_schema = ON")
            # Tables first: whoever makes them marks the file as ours in the same transaction.
            used = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            if used and owner != APPLICATION_ID:
                raise WorkspaceFileError(
                    f"The file {name!r} is a database of another program. Choose another path."
                )
            if used and version > SCHEMA_VERSION:
                raise WorkspaceFileError(
                    f"The workspace file {name!r} has format {version} and this version reads "
                    f"up to {SCHEMA_VERSION}. Upgrade attio-orm, or choose another path."
                )
            if used and version < OLDEST_VERSION:
                raise WorkspaceFileError(
                    f"The workspace file {name!r} has format {version}, which no release of "
                    f"attio-orm wrote; this version reads formats {OLDEST_VERSION} to "
                    f"{SCHEMA_VERSION}. Remove the file, or choose another path."
                )
            connection.execute("PRAGMA temp_store = MEMORY")
            if self.path is not None:
                connection.execute(f"PRAGMA cache_size = {-CACHE}")
                # Readers of other processes go on while one writes. NORMAL may lose the last
                # writes when the power goes, and never breaks the file.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            # A write that changes nothing, so that a file that is read-only fails here.
            connection.execute("BEGIN IMMEDIATE")
            # An older file lacks the tables that came later, and nothing else: what was added to
            # the workspace since has tables of its own.
            present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            for statement in tables.split(";\n"):
                made = _CREATE.search(statement)
                if not present or (made is not None and made[1] not in present):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise WorkspaceFileError(_advice(name, error)) from error

    def _version(self) -> int:
        # Changes where another connection has committed, and not by what this one does.
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def changed_elsewhere(self) -> bool:
        """Tell whether another process has written to the file since the last call."""
        if self.path is None:  # nobody else has it
            return False
        seen, self._seen = self._seen, self._version()
        return seen != self._seen

    def state(self) -> tuple[int, int]:
        """Give what is another one once any row was written, here or by another process."""
        return self._connection.total_changes, self._version()

    def transaction(self, *, writes: bool) -> AbstractContextManager[object]:
        """Run a block as one transaction under the lock: all of it is stored, or nothing.

        Inside another one it is a part of that, undone with it or by itself. Raises
        WorkspaceFileError where the disk is full or the file cannot be written.
        """
        if writes or self.path is not None or self._connection.in_transaction:
            return self._transaction(writes)
        # Nobody else has what is in memory, and a read has nothing that could be undone.
        return self.lock

    @contextmanager
    def _transaction(self, writes: bool) -> Generator[None, None, None]:
        with self.lock:
            if self._connection.in_transaction:
                with self.savepoint():
                    yield
                return
            try:
                # A write takes its turn at once: one that found out later that another process
                # had written meanwhile could not go on.
                self._connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
                yield
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._empty.clear()  # rows that were deleted are there again
                if self._connection.in_transaction:  # a full disk has ended it already
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and _TROUBLE.search(str(error)):
                    raise self.problem(error) from error
                raise

    def problem(self, error: sqlite3.DatabaseError) -> WorkspaceFileError:
        """Give the error that says what is wrong with the file and what to do."""
        return WorkspaceFileError(_advice(self.path or ":memory:", error))

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    @contextmanager
    def savepoint(self) -> Generator[None, None, None]:
        """Run a block inside a transaction that is undone by itself where it raises."""
        self.run("SAVEPOINT block")
        try:
            yield
        except BaseException:
            self._empty.clear()
            if self._connection.in_transaction:
                self.run("ROLLBACK TO block")
                self.run("RELEASE block")
            raise
        self.run("RELEASE block")

    def run(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._connection.execute(sql, values)

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each row."""
        self._connection.executemany(sql, rows)

    def insert(self, table: str, **columns: Any) -> int:
        """Add a row with these columns and give its number."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"
        number = self._connection.execute(sql, list(columns.values())).lastrowid
        assert number is not None
        return number

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Give all rows of a SELECT, as tuples."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Give the first row of a SELECT as a tuple, or None."""
        return self._connection.execute(sql, values).fetchone()

    def size_of(self, collection: int) -> int:
        """Give how many records or entries an object or list has, to within some two percent."""
        # Each query asks, for its score, and counting a large object takes longer than a page: it
        # is counted anew only once so many rows were written that it may have grown by more.
        changes = self._connection.total_changes
        size, counted_at, seen = self._sizes.get(collection, (0, changes, None))
        if seen != self._seen or changes - counted_at > size / 50:
            sql = "SELECT count(*) FROM records WHERE object = ?"
            size = self.row(sql, (collection,))[0]
            self._sizes[collection] = size, changes, self._seen
        return size

    def is_empty(self, table: str) -> bool:
        """Tell whether a table has no rows; asked again only once any row was written."""
        state = self._connection.total_changes, self._seen
        if self._empty.get(table) != state:
            if self.row(f"SELECT 1 FROM {table} LIMIT 1") is not None:
                return False
            self._empty[table] = state
        return True

    def image(self) -> bytes:
        """Give the whole database as bytes, for `restore` and for a new one."""
        with self.lock:
            image = self._connection.serialize()
        return image if self.path is None else without_log(image)

    def become(self, other: Database) -> None:
        """Hold what `other`, one in memory, holds; that one is closed.

        Raises ValueError inside a transaction, and WorkspaceFileError where the file cannot take
        it: then nothing has changed.
        """
        with self.lock:
            if self._connection.in_transaction:
                raise ValueError("A workspace cannot be replaced inside of together(): end it.")
            if self.path is None:
                # Another connection, not another database under this one: SQLite would go on
                # with statements that were made for the tables of before, and crash where one
                # was not read to its end.
                for each in (self, other):
                    each._closing.detach()
                self._connection, other._connection = other._connection, self._connection
                self._closing = weakref.finalize(self, self._connection.close)
            else:
                try:
                    # One transaction for whoever else has the file open.
                    other._connection.backup(self._connection)
                except sqlite3.OperationalError as error:
                    raise self.problem(error) from error
            other.close()
            self._sizes.clear()
            self._empty.clear()
            self._seen = self._version()

    def restore(self, image: bytes) -> None:
        """Become the database of `image`; for one in memory, with nothing in it yet."""
        with self.lock:
            self._connection.deserialize(image)
            self._sizes.clear()
            self._empty.clear()
            self._seen = self._version()

    @contextmanager
    def beside(self, image: bytes) -> Generator[None, None, None]:
        """Have the database of `image` beside this one in a block, for `take_over`."""
        with self.lock:
            self.run("ATTACH ':memory:' AS image")
            try:
                self._connection.deserialize(image, name="image")
                yield
            finally:
                self.run("DETACH image")

    def take_over(self) -> None:
        """Take all rows of the image that is `beside`, table by table, where there are none yet.

        Row by row and not as pages, so that it is part of a transaction: whoever opens the same
        file at the same time sees all of it or nothing.
        """
        tables = "SELECT name FROM image.sqlite_master WHERE type = 'table' ORDER BY name"
        for (name,) in self.rows(tables):
            if name != "sqlite_sequence":
                self.run(f"INSERT INTO main.{name} SELECT * FROM image.{name}")
        # Where the numbers of rows go on: not where the last row is, if that was deleted.
        self.run("DELETE FROM main.sqlite_sequence")
        self.run("INSERT INTO main.sqlite_sequence SELECT * FROM image.sqlite_sequence")

    def close(self) -> None:
        """Close the connection; closing twice is allowed."""
        with self.lock:
            self._connection.close()


def without_log(image: bytes) -> bytes:
    """Give a database as one that has no log beside it, which bytes cannot have."""
    # sqlite.org/fileformat: 18 and 19 are the versions of the format, 2 with a log.
    return image[:18] + b"\1\1" + image[20:] if image[18:20] == b"\2\2" else image


def check_snapshot(snapshot: bytes) -> None:
    """Raise SnapshotError for bytes that are not a snapshot, or one of another format.

    By what its first bytes say: whether the rest is whole shows where it is read.
    """
    if snapshot[:16] != _MAGIC or len(snapshot) < _HEADER:
        raise SnapshotError(
            "This is not a snapshot of a workspace. Send the bytes that snapshot gave, as they are."
        )
    owner, version = (int.from_bytes(snapshot[at : at + 4]) for at in (68, 60))
    if owner != APPLICATION_ID:
        raise SnapshotError("This is the database of another program, not a snapshot of a sandbox.")
    if not OLDEST_VERSION <= version <= SCHEMA_VERSION:
        advice = (
            "Upgrade attio-orm" if version > SCHEMA_VERSION else "Take it anew with this version"
        )
        raise SnapshotError(
            f"The snapshot has format {version}, and this version reads formats {OLDEST_VERSION} "
            f"to {SCHEMA_VERSION}. {advice}."
        )
    size = int.from_bytes(snapshot[16:18])
    pages = (65_536 if size == 1 else size) * int.from_bytes(snapshot[28:32])
    if pages != len(snapshot):
        raise SnapshotError(
            f"The snapshot is damaged: it has {len(snapshot):,} bytes instead of {pages:,}. Take "
            "it anew, and keep its bytes as they are."
        )


def _make_private(path: str) -> None:
    """Make the file where it is not there, for its owner alone: it holds tokens and secrets."""
    # It is there, or cannot be: what is wrong SQLite says, in words that _advice knows.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _narrow(path: str) -> None:
    """Take a file from everybody but its owner: those of earlier versions let all read them."""
    if os.name != "posix":
        return
    for each in (path, f"{path}-wal", f"{path}-shm"):
        try:
            found = os.stat(each)
            # Another owner's file was shared on purpose, and is not ours to change.
            if found.st_uid == os.geteuid() and found.st_mode & 0o077:
                os.chmod(each, 0o600)
        except FileNotFoundError:
            continue


def _advice(name: str, error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "not a database" in text:
        return f"The file {name!r} is not a workspace file: {text}. Choose another path."
    if "readonly" in text or "unable to open" in text:
        return (
            f"The workspace file {name!r} cannot be written: {text}. Give write permission to "
            "the file and its directory, or choose another path."
        )
    if "full" in text:
        return (
            f"The workspace file {name!r} cannot grow: {text}. The write was undone; make room on "
            "the disk and repeat it."
        )
    if "locked" in text:
        return f"The workspace file {name!r} is in use by another process. Close it first."
    return f"The workspace file {name!r} cannot be used: {text}. Restore it or choose another path."
