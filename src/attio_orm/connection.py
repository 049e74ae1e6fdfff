"""``Connection``: one workspace, its transport, its schema, its sessions."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, cast

from attio_orm import context
from attio_orm.errors import (
    InvalidRequestError,
    NotConnectedError,
    SchemaDriftError,
    ValidationError,
)
from attio_orm.identity import RECENT, Session, check_size, check_ttl, entered
from attio_orm.models.drift import Drift, check_drift, report_absent
from attio_orm.models.entries import ListEntry, made_for
from attio_orm.models.registry import registry
from attio_orm.operations import Operation, arun, run
from attio_orm.plans import DryRun, collecting
from attio_orm.schema import Schema
from attio_orm.schema.records import LISTS
from attio_orm.transport import ApiKey, Backend, Limiter, Request, Transport

if TYPE_CHECKING:
    from contextvars import Token

    from attio_orm.api.facade import Api
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.embedded import SandboxHandle
    from attio_orm.models.model import Model
    from attio_orm.workers import Workers

OnDrift: TypeAlias = Literal["warn", "raise", "ignore"]
SNAPSHOT: TypeAlias = "str | os.PathLike[str] | None"


class Connection:
    """One workspace. Made by ``connect()``; safe to share between threads, tasks and event loops.

    ``schema`` is what is known of the workspace, ``api`` reaches every endpoint, ``sandbox`` is the
    handle of an embedded sandbox (``None`` elsewhere). ``with`` and ``async with`` close it at the
    end.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        base: str,
        api_key: ApiKey | None,
        limits: Limiter | None,
        timeout: float,
        max_attempts: int,
        on_drift: OnDrift,
        sandbox: SandboxHandle | None = None,
    ) -> None:
        self.base = base
        self.on_drift: OnDrift = on_drift
        self.sandbox = sandbox
        self.transport = Transport(
            backend,
            api_key=api_key,
            base=base,
            max_attempts=max_attempts,
            timeout=timeout,
            limits=limits,
        )
        self.transport.sender = self
        self.schema = Schema(self.transport)
        self.record_id_in = True
        self.dynamic_attributes: dict[Any, AnyAttribute] = {}
        self._models: dict[str, type[Model]] = {}
        self._checked: weakref.WeakSet[type[Model]] = weakref.WeakSet()
        self._closed = False
        self._inside: Token[Connection | None] | None = None
        self._api: Api | None = None

    # -- using it ---------------------------------------------------------------------------------

    @property
    def api(self) -> Api:
        """Every endpoint: ``connection.api.records.query("people", limit=10)``.

        Answers come as plain ``dict`` and ``list``. See https://docs.attio.com/rest-api.
        """
        if self._api is None:
            from attio_orm.api.facade import Api

            self._api = Api(self.transport)
        return self._api

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """Any request, also to endpoints that ``api`` does not know; the whole decoded body.

        ``path`` begins with ``/v2/``. Raises ``APIError``, ``TransportError``,
        ``NotConnectedError`` and, for a path without its slash, ``ValidationError``.
        """
        return run(self._request(method, path, json, params))

    async def arequest(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """The twin of ``request()``."""
        return await arun(self._request(method, path, json, params))

    def _request(
        self, method: str, path: str, json: Any, params: Mapping[str, Any] | None
    ) -> Operation[Any]:
        self.check_open()
        verb = method.upper()
        if not path.startswith("/"):
            raise ValidationError(
                f'Give a path from the root on, such as "/v2/objects", not {path!r}.'
            )
        reads = verb == "GET" or path.endswith(("/query", "/search"))
        purpose: Any = "read" if reads else "write"
        message = (
            Request(verb, path, params=params, purpose=purpose)
            if json is None
            else Request(verb, path, params=params, json=json, purpose=purpose)
        )
        return (yield from self.transport.send(message))

    def model(self, object: str) -> type[Model]:
        """The model of an object: the one that is declared or ships, else one made for the slug."""
        found = registry.for_object(object) or self._models.get(object)
        if found is None:
            found = self._models[object] = made_for(object)
        return found

    def entries(self, list: str) -> type[ListEntry]:
        """The model of a list's entries: the one that is declared, else one made for the slug."""
        return cast("type[ListEntry]", self.model(LISTS + list))

    @contextmanager
    def active(self) -> Generator[Self]:
        """Make this connection the current one inside the block, for this thread or task alone.

        Raises ``NotConnectedError`` where it is closed.
        """
        self.check_open()
        with context.holding(context.active, self):
            yield self

    @contextmanager
    def session(self, ttl: float | None = None, *, size: int = RECENT) -> Generator[Session]:
        """A fresh identity map for the block: one a web request, one a job.

        ``ttl`` in seconds: for so long ``get(id=...)`` is answered from the session. The ``size``
        most recently used objects are kept alive, changed ones until they are saved. Objects that
        are still referenced after the block stay usable. Raises ``ValidationError``.
        """
        self.check_open()
        session = Session(self, ttl=check_ttl(ttl), size=check_size(size), explicit=True)
        try:
            with entered(session):
                yield session
        finally:
            session.end()

    @contextmanager
    def dry_run(self) -> Generator[DryRun]:
        """Validate and collect the writes of the block instead of sending them; reads are sent.

        The plan is a sequence of ``PlannedRequest``, and ``str(plan)`` a diff by record and
        attribute. ``pre_`` signals fire, ``post_`` ones do not; changed instances stay changed, new
        ones have no id. An endpoint called through ``api`` or ``request()`` gives ``NOT_SENT``.
        """
        self.check_open()
        with collecting(self) as plan:
            yield plan

    def concurrent(self, workers: int = 8) -> Workers:
        """Calls of your own side by side: ``with connection.concurrent() as batch:``.

        ``batch.submit(fn, *args, **kwargs)`` calls ``fn`` in one of ``workers`` threads, or awaits
        it under ``async with``. After the block ``batch.results`` has an ``Outcome(ok, value,
        error)`` for each, in order.
        """
        from attio_orm.workers import Workers

        return Workers(self, workers)

    def close(self) -> None:
        """Close it; a second time does nothing. The default before it comes back."""
        if not self._closed:
            self._closed = self.transport.is_closed = True
            context.drop(self)
            self.transport.backend.close()

    async def aclose(self) -> None:
        """The twin of ``close()``."""
        if not self._closed:
            self._closed = self.transport.is_closed = True
            context.drop(self)
            await self.transport.backend.aclose()

    def __enter__(self) -> Self:
        self.check_open()
        context.push(self)
        if context.active.get() not in (None, self):  # inside another one's active()
            self._inside = context.active.set(self)
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
                context.active.reset(token)

    def __repr__(self) -> str:
        return f"<Connection {self.base}{' (closed)' if self._closed else ''}>"

    def __reduce__(self) -> Any:
        raise TypeError("A connection cannot be pickled: connect() again where it is needed.")

    # -- what the mapping layer asks --------------------------------------------------------------

    def check_open(self) -> None:
        """Raise ``NotConnectedError`` where the connection was closed."""
        if self._closed:
            raise NotConnectedError(f"The connection to {self.base} is closed: connect() again.")

    def ready(self, model: type[Model], *, writing: bool = False) -> Operation[None]:
        """Introspect what a model needs: an application's model once, any for its first write."""
        self.check_open()
        object = model._object
        if self.schema.get(object) is None and (
            writing or (not model._shipped and not model.__dict__.get("_dynamic", False))
        ):
            yield from self.schema.ensure(object)
        if model not in self._checked and self.schema.get(object) is not None:
            yield from self._check(model)

    def _check(self, model: type[Model]) -> Operation[None]:
        known = self.schema.get(model._object)
        assert known is not None
        self._checked.add(model)
        if model._shipped or not model._attributes:
            return
        how = model._on_drift or self.on_drift
        if how != "ignore":
            try:
                yield from check_drift(self, model, known, how)
            except SchemaDriftError:
                self._checked.discard(model)  # refused once, refused each time
                raise

    def forget_checked(self, model: type[Model]) -> None:
        """Check a model against the workspace anew at its next use."""
        self._checked.discard(model)

    def drift(self, model: type[Model]) -> list[Drift]:
        """How a declared model and the workspace differ: what, and the edit to make.

        Raises ``NotFoundError`` where the workspace lacks the object.
        """
        from attio_orm.models.drift import compare

        return run(compare(self, model, run(self.schema.ensure(model._object))))

    def introspect(self) -> Operation[None]:
        """The schemas of everything the application declared, side by side.

        What a new sandbox lacks is no difference: ``define()`` makes it, once connected.
        """
        models = registry.declared()
        known = yield from self.schema.ensure_many(dict.fromkeys(m._object for m in models))
        for model in models:
            if model._object in known:
                yield from self._check(model)
            elif self.sandbox is None or not self.sandbox.workspace.is_new:
                report_absent(self, model, model._on_drift or self.on_drift)

    def require_object(self, model: type[Model]) -> Operation[None]:
        """After a 404: say clearly where it is the object that the workspace does not have."""
        if self.schema.get(model._object) is None:
            yield from self.schema.ensure(model._object)

    def with_record_id_in(self, ask: Callable[[bool], Operation[Any]]) -> Operation[Any]:
        """Ask with ``$in`` on ``record_id``, or without it once the workspace refused that."""
        if not self.record_id_in:
            return (yield from ask(False))
        try:
            return (yield from ask(True))
        except InvalidRequestError as error:
            if error.code != "filter_error":
                raise
            try:
                answer = yield from ask(False)
            except InvalidRequestError:
                raise error from None
            self.record_id_in = False
            return answer
