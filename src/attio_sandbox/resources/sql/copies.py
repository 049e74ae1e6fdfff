"""The copy of the records that SQL runs on: a database of DuckDB, which holds nothing else.

Why DuckDB and a copy: Attio speaks PostgreSQL's SQL, with its casts, intervals and arrays, which
SQLite does not parse, and DuckDB does. No token, note or event is in the copy, so that no statement
can find one. And it runs beside the workspace: others are answered meanwhile.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Container, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from attio_sandbox.errors import filter_error
from attio_sandbox.limits import Limited
from attio_sandbox.records.documents import RecordRow
from attio_sandbox.resources.sql.cells import cell
from attio_sandbox.resources.sql.statements import column_names, refused
from attio_sandbox.resources.sql.tables import LISTS, OBJECTS, Table, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# As PostgreSQL has it, where DuckDB differs: 7 / 2 is 3, NULL is larger than all, names without
# quotes are lower-case. One thread: a test machine has other work.
_SETTINGS: Mapping[str, Any] = {
    "threads": 1,
    "memory_limit": "1GB",
    "max_expression_depth": 250,  # a list of lists takes the third power of it
    "integer_division": True,
    "default_null_order": "nulls_last_on_asc_first_on_desc",
    "preserve_identifier_case": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,  # or a table could be a variable of this program
}
# Then neither files nor the network can be reached, and nothing opens the way to them again.
_CLOSED = (
    "SET temp_directory = ''",
    "SET GLOBAL TimeZone = 'UTC'",
    "SET enable_external_access = false",
)
_BATCH = 2_000  # rows made and read at once
MAX_ANSWER = 64 * 2**20  # bytes; Attio's limit is not known
# Statements at once, of all workspaces: each holds a thread of the server for as long as it runs,
# and the rest of these (server/application.py) is for all other requests.
MAX_RUNNING = 16
GRACE = 0.5  # seconds from the interruption to the answer, whether it was noticed or not


_places = threading.BoundedSemaphore(MAX_RUNNING)


@cache
def library() -> ModuleType | None:
    """Give DuckDB, None where it is not installed; imported at the first statement."""
    try:
        import duckdb
    except ImportError:
        return None
    return duckdb


class Copy:
    """The tables of one workspace at one time, filled as statements need them. Thread-safe."""

    def __init__(self, tables: Mapping[str, Table], state: object) -> None:
        import duckdb

        self.tables = tables
        self._state = state
        self._is_broken = False  # a table is there in part: it serves no other statement
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self._taken: deque[tuple[Table, list[RecordRow]]] = deque()  # read, and not in here yet
        self._connection = duckdb.connect(":memory:", config=dict(_SETTINGS))
        for statement in _CLOSED:
            self._connection.execute(statement)
        for schema in (OBJECTS, LISTS):
            self._connection.execute(f"CREATE SCHEMA {schema}")
        # All of them, empty: information_schema tells of them.
        for table in tables.values():
            columns = ", ".join(f"{quoted(each.name)} {each.type}" for each in table.columns)
            self._connection.execute(f"CREATE TABLE {table.full_name} ({columns})")

    def serves(self, tables: Mapping[str, Table], state: object) -> bool:
        """Tell whether it is of these tables as they are in this state, and whole."""
        return self.tables is tables and self._state == state and not self._is_broken

    # These two under the database's lock, and so not under that of the copy: whoever fills a large
    # table would hold up all requests.

    def missing(self, words: Container[str]) -> list[Table]:
        """Give the tables that these words name and that have not been taken yet."""
        return [
            table
            for name, table in self.tables.items()
            if table.name in words and name not in self._asked
        ]

    def take(self, table: Table, records: list[RecordRow]) -> None:
        """Note the records of a table, which are made rows before the next statement runs."""
        self._taken.append((table, records))
        self._asked.add(f"{table.schema}.{table.name}")

    def _cursor(self) -> DuckDBPyConnection:
        with self._lock:
            try:
                while self._taken:
                    table, records = self._taken.popleft()
                    for start in range(0, len(records), _BATCH):
                        self._insert(table, records[start : start + _BATCH])
            except BaseException:
                self._is_broken = True
                raise
            return self._connection.cursor()

    def _insert(self, table: Table, records: list[RecordRow]) -> None:
        # One JSON text and not a parameter for each value, which takes ten times as long.
        shape = {each.name: _shape(each.type) for each in table.columns}
        text = msgspec.json.encode(table.rows(records)).decode()
        self._connection.execute(
            f"INSERT INTO {table.full_name} SELECT row.*"
            " FROM (SELECT unnest(from_json(?, ?)) AS row)",
            [text, msgspec.json.encode([shape]).decode()],
        )

    def select(self, text: str, seconds: float) -> bytes:
        """Give the answer of a statement; raises the 400 where it fails or takes too long.

        Raises the 429 where too many are running already.
        """
        import duckdb

        if not _places.acquire(blocking=False):
            raise Limited(
                f"{MAX_RUNNING} SQL statements are running already. Please try again later", None
            )
        try:
            running = _Running(self._cursor(), text)
            running.thread.start()
        except BaseException as error:
            _places.release()
            if isinstance(error, duckdb.Error):  # more than fits into the memory it may use
                raise refused(error) from error
            raise
        running.thread.join(seconds)
        if running.thread.is_alive():
            running.stop()
            # A function that is at work on one huge value does not notice at once. Its thread ends
            # when it has; nobody waits for that.
            running.thread.join(GRACE)
            raise filter_error(f"The query took longer than {seconds:g} seconds.")
        if isinstance(running.result, bytes):
            return running.result
        raise running.result


class _Running:
    # One statement in a thread of its own, as no call of DuckDB ends by itself after a time.

    def __init__(self, cursor: DuckDBPyConnection, text: str) -> None:
        self.result: bytes | BaseException = filter_error("The query was stopped.")
        self._cursor = cursor
        self._text = text
        self._is_stopped = False
        self.thread = threading.Thread(target=self._run, name="attio-sandbox-sql", daemon=True)

    def stop(self) -> None:
        self._is_stopped = True
        self._cursor.interrupt()

    def _run(self) -> None:
        import duckdb

        try:
            # Of the session, and not of the database. And whatever the checks before did not see:
            # nothing is written in such a transaction.
            self._cursor.execute(f"SET search_path = '{OBJECTS}'")
            self._cursor.execute("BEGIN TRANSACTION READ ONLY")
            self.result = self._answer()
        except duckdb.Error as error:
            self.result = refused(error)
        except (OverflowError, RecursionError):  # a date after the year 9999, JSON in JSON in JSON
            self.result = filter_error("The result has a value that is too large, or too deep.")
        except BaseException as error:  # raised in the thread that waits
            self.result = error
        finally:
            self._cursor.close()
            _places.release()  # only now, also where nobody waits any longer

    def _answer(self) -> bytes:
        self._cursor.execute(self._text)
        shown = self._cursor.description or []
        names = column_names([each[0] for each in shown])
        kinds = [str(each[1]) for each in shown]
        parts: list[bytes] = []
        size = 0
        while rows := self._cursor.fetchmany(_BATCH):
            if self._is_stopped:
                break
            # A name that is there twice is there once, as JSON has it: the last one stays.
            found = [dict(zip(names, map(cell, row, kinds), strict=True)) for row in rows]
            parts.append(msgspec.json.encode(found)[1:-1])
            size += len(parts[-1])
            if size > MAX_ANSWER:
                raise filter_error(
                    f"The result is larger than {MAX_ANSWER // 2**20} MB: add a LIMIT."
                )
        return b'{"data":{"rows":[' + b",".join(parts) + b"]}}"


class Copies:
    """The last copy of a workspace, which serves until anything is written."""

    def __init__(self) -> None:
        self._last: Copy | None = None

    def of(self, tables: Mapping[str, Table], state: object) -> Copy:
        """Give the copy of these tables in this state; used under the database's lock."""
        last = self._last
        if last is not None and last.serves(tables, state):
            return last
        self._last = Copy(tables, state)
        return self._last


def _shape(kind: str) -> Any:
    """Give a type as `from_json` wants it."""
    return [kind.removesuffix("[]")] if kind.endswith("[]") else kind
