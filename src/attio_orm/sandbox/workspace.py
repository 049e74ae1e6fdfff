"""A local Attio workspace: the requests it answers, and what tests do to it directly."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec

from attio_orm.sandbox.access.scopes import check_scopes
from attio_orm.sandbox.access.setup import AccessSetUp
from attio_orm.sandbox.access.tokens import Token, found_token, given_token, read_tokens
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.catalog import Catalog
from attio_orm.sandbox.clock import Clock
from attio_orm.sandbox.delivery.courier import Courier
from attio_orm.sandbox.delivery.outbox import Outbox
from attio_orm.sandbox.delivery.setup import DeliverySetUp
from attio_orm.sandbox.endpoints.table import ROUTER
from attio_orm.sandbox.enrichment import enrich_due, expect_enrichment
from attio_orm.sandbox.errors import Refusal, invalid, unauthorized
from attio_orm.sandbox.faults import Fault, Faults, FaultSetUp
from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.limits import Limited, Limits
from attio_orm.sandbox.pending import ENRICHMENT, check_merged, has_due
from attio_orm.sandbox.replies import Arrival, Recorded, Reply, RequestLog, json_reply
from attio_orm.sandbox.routes import Match, Route
from attio_orm.sandbox.schema import Schema
from attio_orm.sandbox.seed import fill
from attio_orm.sandbox.setup import SetUp
from attio_orm.sandbox.storage import Database
from attio_orm.sandbox.timestamps import format_moment

SLUG = "sandbox"
NAME = "Sandbox"


class _Filled:
    """The made-up CRM as it was first made in this process: making it anew takes a second."""

    image: bytes | None = None


class Workspace(SetUp, AccessSetUp, DeliverySetUp, FaultSetUp):
    """One workspace in memory, or in a file at `path`, that answers Attio's API in process.

    `seed="crm"` fills a workspace that is new with a made-up CRM; `clock` is the time it runs
    by, `token` the access token it takes instead of one made up. With `enrichment` people get a
    company by their e-mail domain, `enrichment_delay` seconds after they were created; a merge
    is done `merge_delay` seconds after its response, which is then a 202. `limits="attio"` paces
    requests as Attio does; search lags `search_delay` seconds behind. Raises WorkspaceFileError
    where the file cannot be used. Thread-safe.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        seed: Literal["empty", "crm"] | None = None,
        clock: Clock | None = None,
        token: str | None = None,
        enrichment: bool = False,
        limits: Literal["attio"] | None = None,
    ) -> None:
        """Open the workspace, and make it where it is new."""
        if seed not in (None, "empty", "crm"):
            raise ValueError(f"There is no seed {seed!r}: use 'empty' or 'crm'.")
        self.clock = clock or Clock()
        if limits not in (None, "attio"):
            raise ValueError(f"There are no limits {limits!r}: use 'attio' or None.")
        self.refuse_record_id_in = False
        self.search_delay = 0.0
        self.merge_delay = 0.0
        self.enrichment = enrichment
        self.enrichment_delay = 2.0
        self._log = RequestLog()
        self._limits = None if limits is None else Limits()
        self._faults = Faults()
        self._ids = Ids()
        self.is_new = True
        self._database = Database(path)
        self._outbox = Outbox(self._database, self._ids)
        try:
            self._found(seed)
            self._open()
            if token is not None:
                self._take_token(token)
        except BaseException as error:
            self._database.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise self._database.problem(error) from error
            raise
        self._courier = Courier(self._outbox, self.clock)

    def _open(self) -> None:
        now = format_moment(self.clock.now())
        with self._database.transaction(writes=True):
            found_token(Catalog(self._database, self._ids, now))
            self._outbox.open(now)
        self._read_schema()
        self._outbox.look()

    def _found(self, seed: str | None) -> None:
        if seed == "crm" and self._database.path is None and _Filled.image is not None:
            self._database.restore(_Filled.image)
            with self._database.transaction(writes=True):
                change = "UPDATE meta SET value = ? WHERE key = 'token'"
                self._database.run(change, (Ids.token(),))
            return
        with self._database.transaction(writes=True):
            if self._database.row("SELECT 1 FROM meta") is not None:
                self.is_new = False
                return
            if seed == "crm":
                fill(self._database, Ids.token(), SLUG, NAME)
            else:
                catalog = Catalog(self._database, self._ids, format_moment(self.clock.now()))
                catalog.found(Ids.token(), SLUG, NAME)
        if seed == "crm" and self._database.path is None:
            _Filled.image = self._database.image()

    def _take_token(self, token: str) -> None:
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ValueError("A token is of visible ASCII characters, without spaces.")
        with self._database.transaction(writes=True):
            self._database.run("UPDATE meta SET value = ? WHERE key = 'token'", (token,))
            self._database.run(
                "UPDATE OR REPLACE tokens SET token = ?, revoked_at = NULL WHERE id = ?",
                (token, self._schema.meta["token_id"]),
            )
        self._read_schema()

    def _read_schema(self) -> None:
        self._schema = Schema(self._database)
        self._tokens = read_tokens(self._database)
        self._outbox.forget()
        self._actor = next(
            num
            for num, actor in self._schema.actors.items()
            if actor == ("api-token", self._schema.meta["token_id"])
        )

    @property
    def token(self) -> str:
        """The access token that the workspace accepts as `Authorization: Bearer <token>`."""
        return self._schema.meta["token"]

    @property
    def workspace_id(self) -> str:
        """The UUID of the workspace."""
        return self._schema.workspace_id

    @property
    def slug(self) -> str:
        """The slug of the workspace, as it stands in web addresses of records."""
        return self._schema.meta["slug"]

    @property
    def requests(self) -> list[Recorded]:
        """The last requests, newest last; `clear()` forgets them."""
        return self._log.requests

    # Requests

    def handle(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """Answer one request; `path` is raw, for example `/v2/objects/people/records/query`.

        Each write is one transaction. Raises Dropped where a fault says so.
        """
        arrival = self.accept(method, path, params=params, headers=headers, body=body)
        if arrival.delay:
            self._faults.wait(arrival.delay)
        return arrival.answer()

    def accept(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Arrival:
        """Take a request as `handle()` does, for who waits in a way of their own."""
        method, path = _sendable(method.upper()), _sendable(path)
        found = {_sendable(name): _sendable(value) for name, value in (params or {}).items()}
        lowered = {name.lower(): _sendable(value) for name, value in (headers or {}).items()}
        begun = self.clock.now(), time.perf_counter()
        fault = self._faults.take(method, path)
        answer = partial(self._finish, method, path, found, lowered, body, fault, begun)
        return Arrival(0.0 if fault is None else fault.delay, answer)

    def _finish(
        self,
        method: str,
        path: str,
        params: dict[str, str],
        headers: dict[str, str],
        body: bytes,
        fault: Fault | None,
        begun: tuple[datetime, float],
    ) -> Reply:
        """Answer a request and record it."""
        reply: Reply | None = None
        at, started = begun
        json: Any = None
        match: Match | Refusal
        try:
            match = ROUTER.find(method, path)
        except Refusal as refusal:
            match = refusal
        if isinstance(match, Refusal) or not match.route.raw:
            json = _decode(body, headers.get("content-type"))
        try:
            reply = None if fault is None else fault.instead(self.clock.now())
            if reply is None:
                reply = self._answer(match, params, headers, body, json)
                if fault is not None:
                    reply = fault.spoil(reply)
            return reply
        except BaseException:
            reply = None
            raise
        finally:
            answer = b"" if reply is None else reply.body
            recorded = Recorded(
                method,
                path,
                params,
                None if isinstance(json, Refusal) else json,
                None if reply is None else reply.status,
                at,
                time.perf_counter() - started,
                len(body) + len(answer),
                None if reply is None else answer,
            )
            with self._database.lock:
                self._log.add(recorded)

    def _answer(
        self,
        match: Match | Refusal,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        json: Any,
    ) -> Reply:
        try:
            if isinstance(match, Refusal):
                raise match
            return self._run(match, params, json, headers=headers, body=body)
        except Refusal as refusal:
            reply = json_reply(refusal.body(), refusal.status)
            if isinstance(refusal, Limited):
                reply.headers.update(refusal.headers)
            return reply

    def accepts(self, headers: Mapping[str, str]) -> bool:
        """Tell whether headers (lower-case names) carry a token of this workspace."""
        return given_token(headers) in self._tokens

    def _admit(self, match: Match, headers: Mapping[str, str]) -> Token | None:
        """Give the token of a request; raises the 401, 403 or 429 where it may not pass."""
        token = self._tokens.get(given_token(headers) or "")
        if not match.route.is_public:
            if token is None:
                raise unauthorized()
            check_scopes(token.scopes, match)
        return token

    def _run(
        self,
        match: Match,
        params: Mapping[str, str],
        json: Any,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """Run a handler in its transaction; without `headers` it is the workspace's own doing."""
        route: Route = match.route
        with self._database.lock:
            moment = self.clock.now()
            is_due = self.enrichment and has_due(self._database, ENRICHMENT, moment)
            with self._database.transaction(writes=route.writes or is_due):
                if self._database.changed_elsewhere():
                    self._read_schema()
                    self._outbox.look()
                token = None if headers is None else self._admit(match, headers)
                if isinstance(json, Refusal) and route.method != "GET":
                    raise json
                if self._limits is not None and token is not None:
                    self._limits.take(match, json, moment, self._schema, self._database)
                catalog = Catalog(self._database, self._ids, format_moment(moment))
                call = Call(
                    database=self._database,
                    schema=self._schema,
                    ids=self._ids,
                    moment=moment,
                    actor=self._actor if token is None else token.actor,
                    names=match.names,
                    params=params,
                    json=json,
                    catalog=catalog,
                    headers=headers or {},
                    body=body,
                    token=token,
                    refuse_record_id_in=self.refuse_record_id_in,
                    allow_http_targets=self.allow_http_targets,
                    search_delay=self.search_delay,
                    merge_delay=self.merge_delay,
                )
                if is_due:
                    enrich_due(call)
                if "record_id" in match.names:
                    record_id, is_read = match.names["record_id"], route.method == "GET"
                    check_merged(self._database, record_id, moment, writes=not is_read)
                answer = route.handler(call)
                if self.enrichment:
                    expect_enrichment(call, self.enrichment_delay)
                self._outbox.write(call.events, self._schema, call.now)
            if catalog.has_changed:
                self._read_schema()
        self._courier.wake()
        return answer if isinstance(answer, Reply) else json_reply(answer)

    def close(self) -> None:
        """Close the workspace; one in memory is gone. Closing twice is allowed.

        Deliveries on their way end; those still owed stay in the file.
        """
        self._faults.close()
        self._courier.close()
        self._database.close()


def _sendable(text: str) -> str:
    """Give a text with question marks for lone surrogates, which no request over HTTP can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _decode(body: bytes, kind: str | None) -> Any:
    """Give the decoded body, None where it is empty, the Refusal where it is no JSON."""
    if not body:
        return None
    if kind is not None and not _is_json(kind):
        return invalid(f"The body is not JSON but {kind[:100]!r}: send it as application/json.")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return invalid(f"The body is not valid JSON: {error}")


def _is_json(kind: str) -> bool:
    name = kind.partition(";")[0].strip().lower()
    return name == "application/json" or name.endswith("+json")
