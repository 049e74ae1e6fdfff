"""What runs a workspace: its database and schema, and each call in a transaction of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from attio_sandbox.clock import Clock
from attio_sandbox.errors import Refusal, unauthorized
from attio_sandbox.ids import Ids
from attio_sandbox.limits import Limits
from attio_sandbox.records.enrichment import enrich_due, expect_enrichment
from attio_sandbox.records.pending import ENRICHMENT, check_merged, has_due
from attio_sandbox.records.races import check_unchanged, seen_values
from attio_sandbox.requests import Call, Match, Reply, Settings, json_reply
from attio_sandbox.resources.access.scopes import check_level, check_scopes
from attio_sandbox.resources.access.tokens import (
    add_first_token,
    find_token,
    given_token,
    set_first_token,
)
from attio_sandbox.resources.registry import FOREIGN_KEYS, ROUTER, TABLES
from attio_sandbox.resources.webhooks.deliveries import Deliveries
from attio_sandbox.resources.webhooks.outbox import Outbox
from attio_sandbox.schema import Catalog, Schema
from attio_sandbox.storage import (
    Database,
    SnapshotError,
    WorkspaceFileError,
    check_snapshot,
    without_log,
)
from attio_sandbox.timestamps import format_timestamp


class Engine:
    """Runs what a workspace is asked, and what it does by itself, one call at a time.

    `schema` is what the database says as of the last call. `token` takes the place of the text of
    the workspace's first token.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        limits: Limits | None,
        token: str | None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.settings = settings
        self.limits = limits
        self.ids = Ids()
        self.outbox = Outbox(database, self.ids)
        # A transaction that writes, as several processes may be opening the file.
        with database.transaction(writes=True):
            self.schema = self._admitting(database, token)
            self.outbox.open(format_timestamp(clock.now()))
        self.webhooks = Deliveries(self.outbox, clock, settings)

    def _admitting(self, database: Database, token: str | None) -> Schema:
        """The schema of a database, once its first token is there and has the text of `token`."""
        schema = Schema(database)
        add_first_token(Catalog(schema, self.ids, format_timestamp(self.clock.now())))
        if token is not None:
            set_first_token(schema, token)
        return schema

    def restore(self, image: bytes, complete: Callable[[Database], object] | None = None) -> None:
        """Go on with the database of `image` under the same token, between two calls.

        One that comes from outside is looked through, and `complete` adds what it lacks if it is
        older. Raises SnapshotError for other bytes, or one of another format; then nothing
        has changed.
        """
        if complete is not None:
            check_snapshot(image)
            image = without_log(image)  # a file that was sent as it is
        with self.database.lock:
            token = self.schema.meta["token"]
            try:
                other = Database(None, TABLES, snapshot=image)
                if complete is not None:
                    if other.row("PRAGMA quick_check") != ("ok",):
                        raise sqlite3.DatabaseError("pages do not fit")
                    complete(other)
                # Before it takes the place of the other: what it lacks shows here.
                with other.transaction(writes=True):
                    self._admitting(other, token)
                if complete is not None:
                    _look_through(other, token)
            except (sqlite3.DatabaseError, WorkspaceFileError, LookupError, TypeError) as error:
                raise SnapshotError(
                    f"The snapshot is damaged: {error}. Take it anew, and keep its bytes as they "
                    "are."
                ) from error
            self.database.become(other)
            with self.database.transaction(writes=True):
                self.outbox.open(format_timestamp(self.clock.now()))
            self.schema = Schema(self.database)
            self.webhooks.start_anew()
        self.webhooks.wake()

    @contextmanager
    def call(self, *, writes: bool, **request: Any) -> Generator[Call, None, None]:
        """Open a transaction and give the call that works in it.

        Where it raises, nothing of it is stored. Webhooks are told of its events afterwards,
        outside the lock: their receivers may send requests from any thread.
        """
        with self.database.lock:
            try:
                with self.database.transaction(writes=writes):
                    self._refresh()  # inside: nobody else can write from here on
                    call = Call(
                        database=self.database,
                        schema=self.schema,
                        ids=self.ids,
                        moment=self.clock.now(),
                        actor=self.schema.own_actor,
                        foreign_keys=FOREIGN_KEYS,
                        settings=self.settings,
                        **request,
                    )
                    yield call
                    # In the transaction of what happened: an event is owed or it did not happen.
                    if call.events:
                        self.outbox.write(call.events, self.schema, call.now)
            except BaseException:
                # What was undone in the database is undone in memory; this is rare, so that
                # reading all of it costs less than noting how to go back would.
                if self.schema.has_changed:
                    self.schema = Schema(self.database)
                raise
            self.schema.has_changed = False
            is_part = self.database.is_in_transaction  # of `together`, which wakes at its end
        if not is_part:
            self.webhooks.wake()

    @contextmanager
    def together(self) -> Generator[None, None, None]:
        """Make the calls of a block one transaction: where it raises, nothing of them is stored."""
        with self.database.lock:
            try:
                with self.database.transaction(writes=True):
                    self._refresh()
                    yield
            except BaseException:
                # in memory as in `call`, whose own changes are told as settled by now
                self.schema = Schema(self.database)
                self.outbox.look()
                raise
            is_part = self.database.is_in_transaction
        if not is_part:
            self.webhooks.wake()

    def _refresh(self) -> None:
        """Read anew what another process has changed in the file."""
        if self.database.changed_elsewhere():
            self.schema = Schema(self.database)
            self.outbox.look()

    def run(
        self,
        match: Match,
        params: Mapping[str, str],
        json: Any,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seen: bytes | None = None,
    ) -> Reply:
        """Run the handler of a route; without `headers` it is the workspace's own doing.

        `seen` is what the request saw of its record, where it has waited since. Raises the Refusal
        where Attio would refuse it.
        """
        route, settings = match.route, self.settings
        # Known before the transaction begins, as one that reads cannot turn into one that writes.
        is_due = settings.enrichment and self._has_due()
        with self.call(
            writes=route.writes or is_due,
            names=match.names,
            params=params,
            json=json,
            headers=headers or {},
            body=body,
        ) as call:
            # Attio's order: who asks, what they may, whether the body is JSON, how often they ask.
            # So what is refused for its scopes does not count, and what is wrong does.
            if headers is not None:
                _admit(call, match)
            if isinstance(json, Refusal) and route.method != "GET":
                raise json
            if self.limits is not None and call.token is not None:
                self.limits.take(call, match)
            if is_due:
                enrich_due(call)
            if "record_id" in match.names:
                record_id, is_read = match.names["record_id"], route.method == "GET"
                check_merged(self.database, record_id, call.moment, writes=not is_read)
            if seen is not None:
                check_unchanged(self.database, match.names["record_id"], seen)
            answer = route.handler(call)
            if settings.enrichment:
                expect_enrichment(call, settings.enrichment_delay)
        if callable(answer):
            answer = answer()
        return answer if isinstance(answer, Reply) else json_reply(answer)

    def seen(self, method: str, path: str) -> bytes | None:
        """Give what a request that has to wait sees of the record it changes, None of any other."""
        try:
            route, names = ROUTER.find(method, path)
        except Refusal:
            return None  # there is no such route, as it is told once it has waited
        # Of records and of records of activities: Attio lists the 409 for no other (facts.md 0.1).
        if method not in ("PATCH", "PUT") or not route.path.endswith("/records/{record_id}"):
            return None
        with self.database.lock:
            return seen_values(self.database, names["record_id"])

    def _has_due(self) -> bool:
        """Tell whether a read has to write first: people whose companies are due."""
        with self.database.lock:
            return has_due(self.database, ENRICHMENT, self.clock.now())

    def close(self) -> None:
        """Stop delivering, and close the database."""
        self.webhooks.close()
        self.database.close()


def _look_through(database: Database, token: str) -> None:
    """Raise LookupError for a database without what each request needs.

    Whoever lost it could not even reset the workspace: its token is asked for first.
    """
    schema = Schema(database)
    first = database.row("SELECT token FROM tokens WHERE id = ?", (schema.meta["token_id"],))
    if first != (token,) or any(name not in schema.meta for name in ("token", "slug", "name")):
        raise LookupError("the workspace that is in it is not whole")
    assert schema.own_actor is not None  # a KeyError where it is missing
    columns = _columns(database)
    with closing(Database(None, TABLES)) as fresh:
        if any(columns.get(name) != found for name, found in _columns(fresh).items()):
            raise LookupError("its tables are not those of a workspace")


def _columns(database: Database) -> dict[str, list[str]]:
    """Give the names of the columns of each table."""
    found: dict[str, list[str]] = {}
    for table, column in database.rows(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' ORDER BY m.name, c.cid"
    ):
        found.setdefault(table, []).append(column)
    return found


def _admit(call: Call, match: Match) -> None:
    """Note whose request it is; raises the 401 or 403 where it may not pass."""
    # On public routes too: /v2/self tells about the token that is sent, also a wrong one.
    call.token = find_token(call.schema, call.headers)
    if call.token is not None:
        call.actor = call.token.actor
    if not match.route.is_public:
        if call.token is None:
            raise unauthorized(given_token(call.headers))
        check_level(call.token, match)
        check_scopes(call.token, match)
