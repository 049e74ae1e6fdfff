"""A local Attio workspace: the requests it answers, and the parts that tests arrange it by."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import (
    Any,
    Concatenate,
    Generic,
    Literal,
    NamedTuple,
    ParamSpec,
    Self,
    TypeVar,
    overload,
)
from uuid import uuid4

import msgspec

from attio_sandbox.bootstrap import bootstrap
from attio_sandbox.clock import Clock
from attio_sandbox.engine import Engine
from attio_sandbox.errors import Refusal, invalid
from attio_sandbox.faults import Fault, Faults
from attio_sandbox.limits import Limited, Limits
from attio_sandbox.requests import Match, Reply, Settings, json_reply
from attio_sandbox.requests.replies import Arrival, Recorded, RequestLog
from attio_sandbox.resources.access.setup import Access
from attio_sandbox.resources.registry import ROUTER, TABLES
from attio_sandbox.resources.webhooks.deliveries import Deliveries
from attio_sandbox.seed_files import Planted, SeedError, SeedFile
from attio_sandbox.setup import SetUp
from attio_sandbox.storage import Database
from attio_sandbox.timestamps import format_timestamp

Seed = Literal["empty", "crm"] | Mapping[str, Any] | os.PathLike[str] | SeedFile

P = ParamSpec("P")
Answer = TypeVar("Answer")


class _Short(Generic[P, Answer]):
    # A method of a part of the workspace, under a name of the workspace itself.

    def __init__(self, part: str, method: Callable[Concatenate[Any, P], Answer]) -> None:
        self._part = part
        self._name = method.__name__
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, workspace: None, owner: type[Workspace]) -> Self: ...
    @overload
    def __get__(self, workspace: Workspace, owner: type[Workspace]) -> Callable[P, Answer]: ...
    def __get__(self, workspace: Workspace | None, owner: object) -> Any:
        """Give the method of the workspace's part."""
        return self if workspace is None else getattr(getattr(workspace, self._part), self._name)


class _Setting(Generic[Answer]):
    # An attribute of a part of the workspace, as one of the workspace itself: there is one place
    # that holds it, and calls read it there.

    def __init__(self, part: str = "settings") -> None:
        self._part = part

    def __set_name__(self, owner: type[Workspace], name: str) -> None:
        self._name = name

    def __get__(self, workspace: Workspace, owner: type[Workspace]) -> Answer:
        """Give what the part has."""
        found: Answer = getattr(getattr(workspace, self._part), self._name)
        return found

    def __set__(self, workspace: Workspace, value: Answer) -> None:
        setattr(getattr(workspace, self._part), self._name, value)


class _Request(NamedTuple):
    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Workspace:
    """One workspace in memory, or in a file at `path`, that answers Attio's API in process.

    `seed="crm"` fills a workspace that is new with a made-up CRM, a mapping or the Path of a JSON
    file (see SeedFile) with what it holds; `clock` is the time it runs
    by, `token` the access token it takes instead of one made up. With `enrichment` people get a
    company by their e-mail domain; `limits="attio"` paces requests as Attio does.
    `reserved_emails="allow"` takes e-mail addresses that nobody can have, as those under `.test`;
    `billing_plan="enterprise"` has what only that plan has. Raises WorkspaceFileError where the
    file cannot be used, SeedError for a seed that is refused. Thread-safe.

    `setup` arranges it, `faults` make requests fail, `access` has tokens and apps, `webhooks` what
    was delivered, `settings` what it does unlike others. What of these is used often is also there
    by its own name: `workspace.load(...)`, `workspace.merge_delay`.
    """

    enrichment = _Setting[bool]()
    enrichment_delay = _Setting[float]()
    merge_delay = _Setting[float]()
    search_delay = _Setting[float]()
    refuse_record_id_in = _Setting[bool]()
    shuffle_ties = _Setting[bool]()
    reserved_emails = _Setting[bool]()
    is_enterprise = _Setting[bool]()
    max_objects = _Setting["int | None"]()
    allow_http_targets = _Setting[bool]("webhooks")

    # The names that the documentation teaches; all else that arranges a workspace is on its parts.
    look_up = _Short("setup", SetUp.look_up)
    count = _Short("setup", SetUp.count)
    define_object = _Short("setup", SetUp.define_object)
    define_list = _Short("setup", SetUp.define_list)
    define_activity = _Short("setup", SetUp.define_activity)
    define_attribute = _Short("setup", SetUp.define_attribute)
    define_choices = _Short("setup", SetUp.define_choices)
    add_view = _Short("setup", SetUp.add_view)
    load = _Short("setup", SetUp.load)
    load_entries = _Short("setup", SetUp.load_entries)
    revoke_token = _Short("access", Access.revoke_token)
    add_app = _Short("access", Access.add_app)
    receive = _Short("webhooks", Deliveries.receive)
    settle = _Short("webhooks", Deliveries.settle)

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        seed: Seed | None = None,
        clock: Clock | None = None,
        token: str | None = None,
        enrichment: bool = False,
        limits: Literal["attio"] | None = None,
        reserved_emails: Literal["allow"] | None = None,
        billing_plan: Literal["enterprise"] | None = None,
    ) -> None:
        """Open the workspace, and make it where it is new."""
        self._named: Literal["empty", "crm"] | None
        self._named, self._sown = _parts(seed)
        self.is_new = False
        if limits not in (None, "attio"):
            raise ValueError(f"There are no limits {limits!r}: use 'attio' or None.")
        if reserved_emails not in (None, "allow"):
            raise ValueError(f"reserved_emails takes 'allow' or None, not {reserved_emails!r}.")
        if billing_plan not in (None, "enterprise"):
            raise ValueError(f"There is no plan {billing_plan!r}: use 'enterprise' or None.")
        self.clock = clock or Clock()
        self.settings = Settings(
            enrichment=enrichment,
            reserved_emails=reserved_emails == "allow",
            is_enterprise=billing_plan == "enterprise",
        )
        self.faults = Faults()
        self.limits = None if limits is None else Limits()
        self._log = RequestLog()
        self._dated: tuple[datetime | None, str] = None, ""
        database = Database(path, TABLES)
        try:
            self.is_new = bootstrap(database, self.clock.now(), self._named)
            self._engine = Engine(database, self.clock, self.settings, self.limits, token)
            self.setup = SetUp(self._engine)
            if self.is_new and self._sown is not None:
                self._sown.sow(self.setup, self._engine)
        except BaseException as error:
            database.close()
            if isinstance(error, SeedError) and self.is_new and database.path is not None:
                os.unlink(database.path)  # else it would be there next time, and never be filled
            # A file that is damaged shows it only where it is read.
            if isinstance(error, sqlite3.DatabaseError):
                raise database.problem(error) from error
            raise
        # What reset() goes back to. The made-up CRM is the same each time, and made where it is
        # wanted; the ids of any other are its own.
        self._origin = database.image() if self.is_new and self._named != "crm" else None
        self.access = Access(self._engine)
        self.webhooks: Deliveries = self._engine.webhooks

    @property
    def token(self) -> str:
        """The access token that the workspace accepts as `Authorization: Bearer <token>`."""
        return self._engine.schema.meta["token"]

    @property
    def workspace_id(self) -> str:
        """The UUID of the workspace."""
        return self._engine.schema.workspace_id

    @property
    def slug(self) -> str:
        """The slug of the workspace, as it stands in web addresses of records."""
        return self._engine.schema.meta["slug"]

    @property
    def requests(self) -> list[Recorded]:
        """The last requests, newest last; `clear()` forgets them."""
        return self._log.requests

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
            self.faults.wait(arrival.delay)
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
        request = _request(method, path, params, headers, body)
        begun = self.clock.now(), time.perf_counter()
        # Taken as it comes, before any wait: which request fails does not depend on who is slow.
        fault = self.faults.take(request.method, request.path)
        delay = 0.0 if fault is None else fault.delay
        # What waits may find its record changed by then: that is when two writes race.
        seen = self._engine.seen(request.method, request.path) if delay else None
        return Arrival(delay, partial(self._finish, request, fault, begun, seen))

    def answer_at_once(
        self, path: str, *, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> Reply | None:
        """Answer a GET as `handle()` does, or give None where it might take time.

        For an event loop: nothing is waited for, and nothing is called that a user has given.
        """
        request = _request("GET", path, params, headers, b"")
        match = _match(request)
        if isinstance(match, Refusal) or not match.route.is_short:
            return None
        if self.faults.are_waiting or self.settings.enrichment:  # matchers; a write before it
            return None
        lock = self._engine.database.lock
        if not lock.acquire(blocking=False):
            return None
        try:
            # At its end each call looks for deliveries that are owed, and might call a receiver.
            if self._engine.outbox.earliest is not None:
                return None
            begun = self.clock.now(), time.perf_counter()
            return self._finish(request, None, begun, None, match)
        finally:
            lock.release()

    def _finish(
        self,
        request: _Request,
        fault: Fault | None,
        begun: tuple[datetime, float],
        seen: bytes | None,
        match: Match | Refusal | None = None,
    ) -> Reply:
        """Answer a request and record it."""
        reply: Reply | None = None
        at, started = begun
        json: Any = None
        if match is None:
            match = _match(request)
        # Decoded also where the path is unknown, so that the log shows what was sent.
        if isinstance(match, Refusal) or not match.route.raw:
            json = _decode(request.body, request.headers.get("content-type"))
        try:
            reply = None if fault is None else fault.instead(self.clock.now())
            if reply is None:
                reply = self._answer(match, request, json, seen)
                if fault is not None:
                    reply = fault.spoil(reply)
            # by the workspace's clock, as the times of values are: clients compare the two
            now = self.clock.now()
            reply.headers.setdefault("date", self._date(now))
            # Of every answer, also of one that refuses (facts.md 16, Headers). Not from the ids of
            # the workspace: those of a seeded one are to be the same each time.
            reply.headers["x-attio-execution-id"] = str(uuid4())
            reply.headers["x-accurate-at"] = format_timestamp(now)
            return reply
        except BaseException:
            reply = None  # it was dropped: the log says that nothing was answered
            raise
        finally:
            answer = b"" if reply is None else reply.body
            recorded = Recorded(
                request.method,
                request.path,
                request.params,
                None if isinstance(json, Refusal) else json,
                None if reply is None else reply.status,
                at,
                time.perf_counter() - started,
                len(request.body) + len(answer),
                None if reply is None else answer,
            )
            with self._engine.database.lock:  # the log is one list for all threads
                self._log.add(recorded)

    def _date(self, moment: datetime) -> str:
        """Give a time as the header `Date` has it; its text is made once a second."""
        second = moment.replace(microsecond=0)
        dated, text = self._dated
        if dated != second:
            text = format_datetime(second, usegmt=True)
            self._dated = second, text  # one step, for threads
        return text

    def _answer(
        self, match: Match | Refusal, request: _Request, json: Any, seen: bytes | None
    ) -> Reply:
        try:
            if isinstance(match, Refusal):
                raise match
            return self._engine.run(
                match, request.params, json, headers=request.headers, body=request.body, seen=seen
            )
        except Refusal as refusal:
            reply = json_reply(refusal.body(), refusal.status)
            if isinstance(refusal, Limited):
                reply.headers.update(refusal.headers)
            return reply

    # As a whole

    def reset(self) -> None:
        """Go back to the workspace as it was made, its seed included; the token stays.

        Faults, the log of requests and what was delivered are forgotten, and the clock goes by
        real time. One that was in its file before is made anew with the `seed` given here. What is
        in progress in other threads is done before, or comes after.
        """
        with self._engine.database.lock:
            if self._origin is None:
                self._origin = self._image_of(self._sown or self._named)
            self._engine.restore(self._origin)
            self.faults.heal()
            self.requests.clear()
        self.clock.reset()

    def seed(self, seed: Seed) -> list[Planted]:
        """Make it the workspace that `"crm"` or `"empty"` names, or add what a mapping holds.

        Gives what was added: where, its name in the seed, its id. reset() still goes back to the
        workspace as it was made. Raises SeedError for a seed that is refused; then nothing of it
        is stored.
        """
        named, sown = _parts(seed)
        if sown is not None:
            return sown.sow(self.setup, self._engine)
        self._engine.restore(self._image_of(named))
        return []

    def _image_of(self, seed: Seed | None) -> bytes:
        """Give the image of a new workspace of this seed."""
        allow: Literal["allow"] | None = "allow" if self.reserved_emails else None
        fresh = Workspace(seed=seed, reserved_emails=allow)
        try:
            return fresh.snapshot()
        finally:
            fresh.close()

    def snapshot(self) -> bytes:
        """Give all that the workspace holds, for restore(): also of another one, or process.

        It has the tokens and secrets of the workspace in it. Kept in a file, it is a workspace
        file.
        """
        return self._engine.database.image()

    def restore(self, snapshot: bytes) -> None:
        """Go on with what a snapshot holds; the token stays, and so do faults, log and clock.

        Raises SnapshotError for bytes that are not a snapshot, a damaged one, and one of a version
        that this one cannot read; then nothing has changed.
        """

        def complete(database: Database) -> None:
            if bootstrap(database, self.clock.now(), None):
                raise LookupError("no workspace is in it")

        self._engine.restore(snapshot, complete)

    def close(self) -> None:
        """Close the workspace; one in memory is gone. Closing twice is allowed.

        Deliveries on their way end; those still owed stay in the file.
        """
        # The waits of faults first: their requests then find the database closed.
        self.faults.close()
        self._engine.close()


def _parts(seed: Seed | None) -> tuple[Literal["empty", "crm"] | None, SeedFile | None]:
    """Give the name of a seed, or what it holds."""
    if isinstance(seed, SeedFile):
        return None, seed
    if isinstance(seed, Mapping):
        return None, SeedFile(seed)
    if isinstance(seed, os.PathLike):
        return None, SeedFile(Path(seed).read_bytes(), os.fspath(seed))
    if seed not in (None, "empty", "crm"):
        raise ValueError(
            f"There is no seed {seed!r}: use 'empty', 'crm', a mapping of records by object, "
            "or the Path of a JSON file."
        )
    return seed, None


def _request(
    method: str,
    path: str,
    params: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    body: bytes,
) -> _Request:
    return _Request(
        _sendable(method.upper()),
        _sendable(path),
        {_sendable(name): _sendable(value) for name, value in params.items()} if params else {},
        {name.lower(): _sendable(value) for name, value in headers.items()} if headers else {},
        body,
    )


def _match(request: _Request) -> Match | Refusal:
    """Give the route of a request, or the Refusal if there is none."""
    try:
        return ROUTER.find(request.method, request.path)
    except Refusal as refusal:
        return refusal


def _sendable(text: str) -> str:
    """Give a text with question marks for lone surrogates, which no request over HTTP can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _decode(body: bytes, kind: str | None) -> Any:
    """Give the decoded body, None where it is empty, the Refusal where it is not JSON."""
    if not body:
        return None
    if kind is not None and not _is_json(kind):
        return invalid(f"The body is not JSON but {kind[:100]!r}: send it as application/json.")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        # Given, not raised: who has no token, or no scope, is told that first.
        return invalid(f"The body is not valid JSON: {error}")


def _is_json(kind: str) -> bool:
    name = kind.partition(";")[0].strip().lower()
    return name == "application/json" or name.endswith("+json")
