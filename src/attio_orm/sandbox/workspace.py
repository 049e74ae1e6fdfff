"""A local Attio workspace: the requests it answers, and what tests do to it directly."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import sqlite3
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.catalog import Catalog
from attio_orm.sandbox.clock import Clock
from attio_orm.sandbox.endpoints.table import ROUTER
from attio_orm.sandbox.errors import Refusal, invalid, unauthorized
from attio_orm.sandbox.faults import Broken, Fault, Faults, Matcher
from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.replies import Recorded, Reply, json_reply
from attio_orm.sandbox.routes import Match, Route
from attio_orm.sandbox.schema import Schema
from attio_orm.sandbox.seed import fill
from attio_orm.sandbox.setup import SetUp
from attio_orm.sandbox.storage import Database
from attio_orm.sandbox.timestamps import format_moment

MAX_RECORDED = 10_000
SLUG = "sandbox"
NAME = "Sandbox"


class _Filled:
    """The made-up CRM as it was first made in this process: making it anew takes a second."""

    image: bytes | None = None


class Workspace(SetUp):
    """One workspace in memory, or in a file at `path`, that answers Attio's API in process.

    `seed="crm"` fills a workspace that is new with a made-up CRM; `clock` is the time it runs
    by. Raises WorkspaceFileError where the file cannot be used. Thread-safe.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        seed: Literal["empty", "crm"] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Open the workspace, and make it where it is new."""
        if seed not in (None, "empty", "crm"):
            raise ValueError(f"There is no seed {seed!r}: use 'empty' or 'crm'.")
        self.clock = clock or Clock()
        self.requests: list[Recorded] = []
        self.refuse_record_id_in = False
        self._faults = Faults()
        self._ids = Ids()
        self._database = Database(path)
        try:
            self._found(seed)
            self._read_schema()
        except BaseException as error:
            self._database.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise self._database.problem(error) from error
            raise

    def _found(self, seed: str | None) -> None:
        if seed == "crm" and self._database.path is None and _Filled.image is not None:
            self._database.restore(_Filled.image)
            with self._database.transaction(writes=True):
                change = "UPDATE meta SET value = ? WHERE key = 'token'"
                self._database.run(change, (Ids.token(),))
            return
        with self._database.transaction(writes=True):
            if self._database.row("SELECT 1 FROM meta") is not None:
                return
            if seed == "crm":
                fill(self._database, Ids.token(), SLUG, NAME)
            else:
                catalog = Catalog(self._database, self._ids, format_moment(self.clock.now()))
                catalog.found(Ids.token(), SLUG, NAME)
        if seed == "crm" and self._database.path is None:
            _Filled.image = self._database.image()

    def _read_schema(self) -> None:
        self._schema = Schema(self._database)
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
        method = method.upper()
        params = dict(params or {})
        status: int | None = None
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        json: Any = None
        match: Match | Refusal
        try:
            match = ROUTER.find(method, path)
        except Refusal as refusal:
            match = refusal
        if isinstance(match, Refusal) or not match.route.raw:
            json = _decode(body)
        try:
            fault = self._faults.take(method, path)
            reply = None if fault is None else fault.instead(self.clock.now())
            if reply is None:
                reply = self._answer(match, params, lowered, body, json)
                if fault is not None:
                    reply = fault.spoil(reply)
            status = reply.status
            return reply
        finally:
            decoded = None if isinstance(json, Refusal) else json
            self._record(Recorded(method, path, params, decoded, status))

    def _record(self, recorded: Recorded) -> None:
        with self._database.lock:
            self.requests.append(recorded)
            if len(self.requests) > 2 * MAX_RECORDED:
                del self.requests[:-MAX_RECORDED]

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
            route = match.route
            if not route.is_public and not self._is_authorized(headers):
                if route.anonymous is None:
                    raise unauthorized()
                return json_reply(route.anonymous)
            if isinstance(json, Refusal) and route.method != "GET":
                raise json
            return self._run(match, params, json, headers=headers, body=body)
        except Refusal as refusal:
            return json_reply(refusal.body(), refusal.status)

    def _is_authorized(self, headers: Mapping[str, str]) -> bool:
        scheme, _, given = headers.get("authorization", "").strip().partition(" ")
        given = given.strip()
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.encode(), self.token.encode())

    def _run(
        self,
        match: Match,
        params: Mapping[str, str],
        json: Any,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        route: Route = match.route
        with self._database.lock:
            with self._database.transaction(writes=route.writes):
                if self._database.changed_elsewhere():
                    self._read_schema()
                moment = self.clock.now()
                catalog = Catalog(self._database, self._ids, format_moment(moment))
                answer = route.handler(
                    Call(
                        database=self._database,
                        schema=self._schema,
                        ids=self._ids,
                        moment=moment,
                        actor=self._actor,
                        names=match.names,
                        params=params,
                        json=json,
                        catalog=catalog,
                        headers=headers or {},
                        body=body,
                        refuse_record_id_in=self.refuse_record_id_in,
                    )
                )
            if catalog.has_changed:
                self._read_schema()
            return answer if isinstance(answer, Reply) else json_reply(answer)

    # What tests do to it

    def fail_next(
        self,
        fault: int | Broken,
        *,
        times: int = 1,
        retry_after: str | int | None = None,
        match: Matcher = None,
    ) -> None:
        """Make the next `times` requests that `match` takes fail.

        `fault` is an HTTP status (nothing is done), or `drop_before`, `drop_after` (done, then
        dropped), `truncate`, `empty`, `malformed` (done, then a broken body), `html` (a proxy's
        502, nothing done). `match` is `"METHOD /path/prefix"`, a regular expression searched in
        `"METHOD /path"`, or a callable of both.
        """
        self._faults.add(Fault(fault, times, retry_after, match))

    def close(self) -> None:
        """Close the workspace; one in memory is gone. Closing twice is allowed."""
        self._database.close()


def _decode(body: bytes) -> Any:
    """Give the decoded body, None where it is empty, the Refusal where it is no JSON."""
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return invalid(f"The body is not valid JSON: {error}")
