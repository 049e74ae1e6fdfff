"""One session for each web request: middleware for ASGI (FastAPI, Starlette) and WSGI (Flask)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextvars import Context, copy_context
from typing import Any, TypeAlias

from attio_orm.connection import current, defaults
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import RECENT, Session, check_size, check_ttl, enter

Scope: TypeAlias = MutableMapping[str, Any]
ASGIApp: TypeAlias = Callable[[Scope, Any, Any], Awaitable[None]]
WSGIApp: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]

_END = object()


class _Sessions:
    """What both kinds of middleware are given, checked once; enters a session for a request."""

    def __init__(
        self,
        app: object,
        *,
        connection: BaseConnection | None = None,
        ttl: float | None = None,
        size: int = RECENT,
    ) -> None:
        self.app = app
        self.connection = connection
        self.ttl = check_ttl(ttl)
        self.size = check_size(size)

    @property
    def current(self) -> BaseConnection:
        return self.connection or current.current()  # now: connect() may come after the middleware


class AttioMiddleware(_Sessions):
    """ASGI middleware: every HTTP request and websocket gets an identity map of its own.

    ``app.add_middleware(AttioMiddleware, ttl=5)``. ``connection`` is the one that is current when a
    request comes, unless given. ``ttl`` (seconds) and ``size`` (objects) are those of
    ``connection.session()``. The session lasts until the response is sent and its background tasks
    are done. Raises ``NotConnectedError`` where there is no connection.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: object, send: object) -> None:
        """Serve one request inside its session."""
        if scope["type"] not in {"http", "websocket"}:  # the start and stop of a server
            await self.app(scope, receive, send)
            return
        connection = self.current
        with connection.active(), connection.session(self.ttl, size=self.size):
            await self.app(scope, receive, send)


class AttioWSGIMiddleware(_Sessions):
    """WSGI middleware: every request gets an identity map of its own, also while it streams.

    ``app.wsgi_app = AttioWSGIMiddleware(app.wsgi_app, ttl=5)``. Its arguments and errors are those
    of ``AttioMiddleware``. The session lasts until the server closes the response.
    """

    app: WSGIApp

    def __call__(self, environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
        """Serve one request inside its session."""
        connection = self.current
        connection.check_open()  # before the response begins
        session = Session(connection, ttl=self.ttl, size=self.size, explicit=True)
        # A context of its own, which is never left, only forgotten: a server may have several
        # responses half-way in one thread, and is known to drop one without closing it.
        own = copy_context()
        own.run(defaults.active.set, connection)
        own.run(enter, session)
        return _Body(own.run(self.app, environ, start_response), own, session)


class _Body:
    """The response's chunks, made in the request's context; closing it ends the session."""

    def __init__(self, chunks: Iterable[bytes], own: Context, session: Session) -> None:
        self._chunks = chunks
        self._own = own
        self._session = session

    def __iter__(self) -> Iterator[bytes]:
        chunks = self._own.run(iter, self._chunks)
        chunk: Any
        while (chunk := self._own.run(next, chunks, _END)) is not _END:
            yield chunk

    def close(self) -> None:
        """Close the response, then the session."""
        try:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                self._own.run(close)
        finally:
            self._session.end()
