"""BaseConnection: a workspace: its transport, schema and sessions. It knows no models."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import Token
from datetime import UTC, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self

from attio_orm.connection import defaults
from attio_orm.connection.addresses import Address
from attio_orm.connection.sessions import (
    RECENT,
    Session,
    check_size,
    check_ttl,
    entered,
    session_of,
)
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import ValidationError
from attio_orm.schema import Schema
from attio_orm.transport import MISSING, Purpose, Request, Transport
from attio_orm.transport.call_options import check_seconds, ending, in_force
from attio_orm.transport.dry_run import DryRun, collecting

if TYPE_CHECKING:
    from attio_orm.api.facade import Api
    from attio_orm.cache import Cache
    from attio_orm.connection.health import Health
    from attio_orm.connection.statistics import ConnectionStats
    from attio_orm.connection.workers import Workers
    from attio_orm.transport.error_handlers import OnError
    from attio_orm.transport.middleware import Middleware
    from attio_orm.transport.retries import Retry


class ModelMapping(Protocol):
    """Maps models to the workspace of one connection; ``models/`` hands it to the connection.

    Whatever is a ``type`` here is a model: a connection itself knows none.
    """

    undeclared: dict[tuple[type[Any], str], Any]
    """The attributes that only the workspace knows, by model and slug, as they were asked for."""
    dumpers: dict[tuple[Any, ...], Any]
    """What writes out records that have such attributes, by model and slugs."""

    def model(self, object: str) -> type[Any]:
        """The model of an object (or of ``lists/`` and a list): declared, shipped, or made now."""
        ...

    def needed_scopes(self) -> frozenset[str]:
        """What a token needs to read the application's models."""
        ...

    def ready(self, model: type[Any], *, writing: bool = False) -> Operation[None]:
        """Introspect what a model needs: an application's model once, any for its first write."""
        ...

    def require_object(self, model: type[Any]) -> Operation[None]:
        """After a 404: say clearly where it is the object that the workspace does not have."""
        ...


class BaseConnection:
    """One workspace. Made by ``connect()``; safe to share between threads, tasks and event loops.

    ``schema`` is what is known of the workspace, ``api`` reaches every endpoint. ``with`` and
    ``async with`` close it at the end.
    """

    cache: Cache | None = None  # no property, which each get(id=...) would pay for
    """The ``Cache`` of ``connect(cache=...)``, which other connections may have as well."""

    def __init__(
        self,
        address: Address,
        *,
        timeout: float,
        max_attempts: int,
        deadline: float | None = None,
        retry: Retry | None = None,
        on_error: OnError | None = None,
    ) -> None:
        self.base = address.base
        self.transport = Transport(
            address.backend,
            api_key=address.api_key,
            base=address.base,
            max_attempts=max_attempts,
            timeout=timeout,
            deadline=deadline,
            limits=address.limits,
            retry=retry,
            on_error=on_error,
        )
        self.transport.sender = self
        self.schema = Schema(self.transport)
        self.timezone: tzinfo = UTC  # where the days are that moments are compared with
        # some workspaces refuse ``$in`` on record ids: found out once, and kept
        self.takes_record_id_in = True
        # what rooms above keep for this connection, each by a name of its own
        self.attached: dict[str, object] = {}
        # by sessions.now(): what was loaded before is of a workspace that is no longer there
        self.outdated_at = float("-inf")
        self._inside: Token[BaseConnection | None] | None = None
        self._api: Api | None = None

    if TYPE_CHECKING:  # no property when it runs: ``Connection`` has an attribute of this name

        @property
        def mapping(self) -> ModelMapping:
            """What maps models to this workspace; the room of models hands it in."""
            ...

    # -- using it ---------------------------------------------------------------------------------

    @property
    def api(self) -> Api:
        """Attio's operations: ``connection.api.records.query("people", limit=10)``.

        Answers come as plain ``dict`` and ``list``. See https://docs.attio.com/rest-api.
        """
        if self._api is None:
            from attio_orm.api.facade import Api  # all endpoints: few programs need them at once

            self._api = Api(self.transport)
        return self._api

    @sync_method
    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str | int | bool | None] | None = None,
    ) -> Operation[Any]:
        """Any request, also to endpoints that ``api`` does not know; the whole decoded body.

        ``path`` begins with ``/v2/``. A GET that ends in ``/download`` gives ``bytes``, through the
        redirect that Attio answers it with. Raises ``APIError``, ``TransportError``,
        ``NotConnectedError`` and, for a path without its slash, ``ValidationError``.
        """
        self.check_open()
        verb = method.upper()
        if not path.startswith("/"):
            raise ValidationError(
                f'Give a path from the root on, such as "/v2/objects", not {path!r}.'
            )
        # a POST that only asks may be repeated, and a dry run sends it
        bare = path.partition("?")[0]
        asks = verb == "POST" and (bare.endswith(("/query", "/search")) or bare == "/v2/sql")
        purpose: Purpose = "read" if verb == "GET" or asks else "write"
        body = MISSING if json is None else json
        if verb == "GET" and bare.endswith("/download"):
            asked = Request(verb, path, params=params, decode=bytes, redirects="followed")
            return self.transport.send(asked)
        return self.transport.send(Request(verb, path, params=params, json=body, purpose=purpose))

    arequest = async_twin(request)

    @sync_method
    def sql(self, text: str) -> Operation[list[dict[str, Any]]]:
        """The rows of a ``SELECT`` over ``objects`` and ``lists``, as Attio answers them.

        ``connection.sql("SELECT name, count(*) AS deals FROM deals GROUP BY name")``. Tables are
        called by slug, columns by those of attributes; names without a schema are of ``objects``.
        Nothing is made a model and nothing is kept. Attio has it on its Enterprise plan alone
        (``ForbiddenError`` elsewhere), stops it after 30 seconds and takes two a second. Raises
        ``APIError``, ``TransportError``, ``NotConnectedError`` and ``ValidationError``.
        """
        from attio_orm.api.sql import select  # few programs need it

        self.check_open()
        return select(self.transport, text)

    asql = async_twin(sql)

    @contextmanager
    def active(self) -> Generator[Self]:
        """Make this connection the current one inside the block, for this thread or task alone.

        Raises ``NotConnectedError`` where it is closed.
        """
        self.check_open()
        with defaults.holding(defaults.active, self):
            yield self

    @contextmanager
    def session(self, ttl: float | None = None, *, size: int = RECENT) -> Generator[Session]:
        """A fresh identity map for the block, on this connection: one a web request, one a job.

        ``ttl`` in seconds: for so long ``get(id=...)`` is answered from the session. The ``size``
        most recently used objects are kept alive, changed ones until they are saved. Objects that
        are still referenced after the block stay usable. Raises ``ValidationError``.
        """
        self.check_open()
        session = Session(self, ttl=check_ttl(ttl), size=check_size(size), explicit=True)
        try:
            with defaults.holding(defaults.active, self), entered(session):
                yield session
        finally:
            session.end()

    @contextmanager
    def dry_run(self) -> Generator[DryRun]:
        """Validate and collect the writes of the block instead of sending them; reads are sent.

        The plan is a sequence of ``PlannedRequest``, and ``str(plan)`` a diff by record. ``pre_``
        signals fire, ``post_`` ones do not; changed instances stay changed, new ones have no id;
        writes of ``api`` give ``NOT_SENT``. The connection is the current one inside; a write on it
        from another thread or task, or inside on another connection, raises ``ValidationError``.
        """
        self.check_open()
        with defaults.holding(defaults.active, self), collecting(self) as plan:
            yield plan

    @contextmanager
    def deadline(self, seconds: float) -> Generator[None]:
        """End what this connection does inside the block so many seconds after its beginning.

        For this thread or task alone. What is not done by then raises ``DeadlineExceededError``; a
        create that is under way then raises ``OutcomeUnknownError``, with it as its cause. Of
        blocks in one another, and of ``connect(deadline=...)``, the first to end counts. Raises
        ``ValidationError``.
        """
        check_seconds("The time of a deadline", seconds)
        with defaults.holding(in_force, ending(self.transport, seconds)):
            yield

    @property
    def middleware(self) -> list[Middleware]:
        """Functions around each attempt: ``connection.middleware.append(fn)``.

        ``fn(request, send)`` gives ``send(request)``, or another ``Response`` of
        ``attio_orm.transport``; the first of the list is the outermost. A coroutine function awaits
        ``send`` and serves a-methods alone; a plain one serves both, in a thread under an a-method.
        Neither sees the token. What it raises goes to the caller; of a write that was sent, as the
        cause of an ``OutcomeUnknownError``.
        """
        return self.transport.middleware

    def stats(self) -> ConnectionStats:
        """What the connection has done since it was made; sends nothing."""
        from attio_orm.connection.statistics import stats_of  # few programs need it

        return stats_of(self.transport, self.cache)

    @sync_method
    def health(self, timeout: float = 5.0) -> Operation[Health]:
        """Whether Attio answers, and takes the token: one request, at most ``timeout`` seconds.

        Never raises: ``ok`` is false then, and ``error`` says why. See
        https://docs.attio.com/rest-api/endpoint-reference/meta/identify.
        """
        from attio_orm.connection.health import health  # few programs need it

        return health(
            self.transport,
            timeout,
            schema_age=self.schema.age,
            needed_scopes=self.mapping.needed_scopes,
        )

    ahealth = async_twin(health)

    def concurrent(self, workers: int = 8) -> Workers:
        """Calls of your own side by side: ``with connection.concurrent() as batch:``.

        ``batch.submit(fn, *args, **kwargs)`` calls ``fn`` in one of ``workers`` threads, or awaits
        it under ``async with``. After the block ``batch.results`` has an ``Outcome(ok, value,
        error)`` for each, in order.
        """
        from attio_orm.connection.workers import Workers  # few programs need them

        return Workers(workers, self._begin_calls, blocks=self.transport.blocks)

    def _begin_calls(self) -> Callable[[], AbstractContextManager[object]]:
        self.check_open()
        return partial(self._within, session_of(self))  # each thread would have one of its own

    @contextmanager
    def _within(self, session: Session) -> Generator[None]:
        with self.active(), entered(session):
            yield

    def close(self) -> None:
        """Close it; a second time does nothing. The default before it comes back.

        Of those before it, ``with`` keeps the one that it goes back to. Others are let go where
        nothing of yours refers to them any more, and their sockets with them.
        """
        if not self.transport.is_closed:
            try:
                self.transport.close()
            finally:
                defaults.drop(self)

    async def aclose(self) -> None:
        """The twin of ``close()``."""
        if not self.transport.is_closed:
            try:
                await self.transport.aclose()
            finally:
                defaults.drop(self)

    def check_open(self) -> None:
        """Raise ``NotConnectedError`` where the connection was closed."""
        self.transport.check_open()

    def __enter__(self) -> Self:
        self.check_open()
        defaults.push(self, entered=True)
        # ``active()`` of another connection goes before the default: inside it, so must this one
        if defaults.active.get() not in (None, self):
            self._inside = defaults.active.set(self)
        return self

    def __exit__(self, *exc: object) -> None:
        self._leave()
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *exc: object) -> None:
        self._leave()
        await self.aclose()

    def _leave(self) -> None:
        token, self._inside = self._inside, None
        if token is not None:
            with suppress(ValueError):  # left in another thread or task
                defaults.active.reset(token)

    def __repr__(self) -> str:
        base = getattr(self, "base", "?")  # half made, it is shown in tracebacks all the same
        transport = getattr(self, "transport", None)
        is_closed = transport is not None and transport.is_closed
        return f"<Connection {base}{' (closed)' if is_closed else ''}>"

    def __reduce__(self) -> Any:
        raise TypeError("A connection cannot be pickled: connect() again where it is needed.")
