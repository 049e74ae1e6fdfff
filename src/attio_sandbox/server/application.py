"""The ASGI app: Attio's API of one or several workspaces, and the page that shows them."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope, Send

from attio_sandbox.errors import Refusal
from attio_sandbox.faults import Dropped
from attio_sandbox.requests import Reply, json_reply
from attio_sandbox.requests.replies import Arrival
from attio_sandbox.resources.registry import ROUTER
from attio_sandbox.server.asgi import (
    ClientGone,
    body_of,
    check_framing,
    completed,
    has_no_body,
    headers_of,
    is_framed_twice,
    path_of,
    send_head,
    send_reply,
    send_slowly,
)
from attio_sandbox.server.controls import SNAPSHOT_LIMIT, Controls, is_control, is_restore
from attio_sandbox.server.delays import Delays
from attio_sandbox.server.pages.site import Site
from attio_sandbox.storage import WorkspaceFileError
from attio_sandbox.workspace import Workspace

THREADS = 32  # more wait for the one database anyway
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Answer = TypeVar("Answer", Reply, Reply | Arrival, Reply | None)

_logger = logging.getLogger("attio_sandbox")


class Application:
    """Answers Attio's API over ASGI: each request by the workspace whose token it carries.

    Where no workspace knows the token, the first one refuses it; the code of an OAuth app has its
    workspace too. `log` is called with a line for
    each request: its method, path, status, and the milliseconds it took. `close()` ends its
    threads; the workspaces stay open. `cut` drops the connection of a request, after what was sent
    is out where its second argument is True; a server that has none raises Dropped through the app.
    """

    def __init__(self, *workspaces: Workspace, log: Callable[[str], None] | None = None) -> None:
        self.cut: Callable[[Scope, bool], None] | None = None
        self._workspaces: Sequence[Workspace] = workspaces
        self._delays = Delays()
        self._site = Site(lambda: self._workspaces)
        self._controls = Controls(lambda: self._workspaces)
        self._log = log
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="attio-sandbox")

    @property
    def workspaces(self) -> Sequence[Workspace]:
        """The workspaces that are served, the first one first."""
        return self._workspaces

    def add(self, workspace: Workspace) -> None:
        """Serve one more workspace."""
        self._workspaces = (*self._workspaces, workspace)  # anew: other threads may be reading it

    def remove(self, workspace: Workspace) -> None:
        """Serve a workspace no longer; it stays open."""
        self._workspaces = tuple(each for each in self._workspaces if each is not workspace)

    def close(self) -> None:
        """End the threads once their requests are answered."""
        self._threads.shutdown()

    def hurry(self) -> None:
        """End all waits of faults, as the server is about to stop; call it in its event loop."""
        self._delays.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        has_begun = False
        status: int | None = None  # until it is answered
        began = time.perf_counter()
        headers, path = headers_of(scope), path_of(scope)
        # Framed in two ways it is refused below, whatever it asks for.
        is_page = _is_page(scope) and not is_framed_twice(headers)
        is_attios = not is_page and not is_control(path)

        async def noted(message: Message) -> None:
            nonlocal has_begun, status
            has_begun = True
            status = message.get("status", status)
            await send(completed(message, is_attios=is_attios))

        try:
            if is_page:
                await self._site.app(scope, receive, noted)
                return
            try:
                reply = self._at_once(scope, path, headers) if is_attios else None
                if reply is None:
                    await self._answer(scope, path, headers, receive, noted)
                else:
                    await send_reply(noted, reply)
            finally:
                if self._log is not None:
                    self._log(_line(scope, status, time.perf_counter() - began))
        except asyncio.CancelledError:
            if self.cut is None:
                raise
            # The server stops and waited long enough: the client learns that, and nobody else.
            if has_begun:
                self.cut(scope, False)
                await _gone(receive)
            else:
                reply = _trouble(503, "The server was stopped before the request was answered.")
                reply.headers["connection"] = "close"
                await send_reply(noted, reply, with_body=scope["method"] != "HEAD")

    def _at_once(self, scope: Scope, path: str, headers: Mapping[str, str]) -> Reply | None:
        """The answer of a short read, which costs less than handing it to a thread.

        None for all else, and where the workspace is busy: the event loop waits for nothing.
        """
        # Of several workspaces, looking for the one of a token may wait for another's database.
        if (
            scope["method"] != "GET"
            or len(self._workspaces) != 1
            or not has_no_body(scope, headers)
        ):
            return None
        read = partial(
            self._workspaces[0].answer_at_once, path, params=_params_of(scope), headers=headers
        )
        return self._finish(scope, read)

    async def _answer(
        self, scope: Scope, path: str, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        method = scope["method"]
        restores = is_restore(method, path)
        try:
            check_framing(headers)
            body = await body_of(scope, receive, headers, SNAPSHOT_LIMIT if restores else None)
        except ClientGone:
            return
        except Refusal as refusal:
            reply = json_reply(refusal.body(), refusal.status)
            reply.headers["connection"] = "close"  # the rest of the body was not read
            await send_reply(send, reply, with_body=method != "HEAD")
            return
        if method == "OPTIONS" and not is_control(path):
            await send_reply(send, _options(path))
            return
        loop = asyncio.get_running_loop()
        try:
            # Delays of faults are waited for here: a thread that slept would answer nobody else.
            found = await loop.run_in_executor(
                self._threads, partial(self._begin, scope, path, headers, body)
            )
            if isinstance(found, Arrival):
                await self._delays.wait(found.delay)
                reply = await loop.run_in_executor(
                    self._threads, partial(self._finish, scope, found.answer)
                )
            else:
                reply = found
        except Dropped:
            if self.cut is None:
                raise
            self.cut(scope, False)
            await _gone(receive)
            return
        if method == "HEAD":
            await send_reply(send, reply, with_body=False)
        elif int(reply.headers.get("content-length", len(reply.body))) > len(reply.body):
            await self._send_part(scope, receive, send, reply)
        elif reply.spread:
            await send_slowly(send, reply, self._delays)
        else:
            await send_reply(send, reply)

    async def _send_part(self, scope: Scope, receive: Receive, send: Send, reply: Reply) -> None:
        """Send an answer that ends before its announced length, and the connection with it."""
        await send_head(send, reply)
        await send({"type": "http.response.body", "body": reply.body, "more_body": True})
        if self.cut is None:
            raise Dropped(after=True)
        self.cut(scope, True)
        await _gone(receive)

    def _begin(
        self, scope: Scope, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply | Arrival:
        """The answer of the workspace, or the request where it has to wait first."""
        method: str = "GET" if scope["method"] == "HEAD" else scope["method"]
        params = _params_of(scope)

        def answer() -> Reply | Arrival:
            if is_control(path):
                return self._controls.answer(scope["method"], path, headers, body)
            workspace = self._workspace(path, headers, body)
            if workspace is None:
                return _trouble(503, "The server has no workspace.")
            arrival = workspace.accept(method, path, params=params, headers=headers, body=body)
            return arrival if arrival.delay else arrival.answer()

        return self._finish(scope, answer)

    def _finish(self, scope: Scope, answer: Callable[[], Answer]) -> Answer | Reply:
        """What the workspace gives, or the answer that says what went wrong."""
        try:
            return answer()
        except Dropped:
            raise
        except WorkspaceFileError as error:
            return _trouble(_status_of(error), str(error))
        except Exception as error:
            if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
                return _trouble(503, "The workspace is closed: the server is about to stop.")
            _logger.exception("%s %s failed in the sandbox", scope["method"], path_of(scope))
            return _trouble(500, "An unexpected error occurred.")

    def _workspace(self, path: str, headers: Mapping[str, str], body: bytes) -> Workspace | None:
        # One alone refuses what is not its own, and is not asked twice.
        held = self._workspaces
        if len(held) < 2:
            return held[0] if held else None
        if path == "/oauth/token":  # no token yet: the code says which workspace was chosen
            known = (each for each in held if each.access.knows_code(body))
        else:
            known = (each for each in held if each.access.accepts(headers))
        return next(known, held[0])


def _params_of(scope: Scope) -> dict[str, str]:
    query: bytes = scope["query_string"]
    # Mostly there is none, and finding that out takes parse_qsl as long as all the rest here.
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}


def _line(scope: Scope, status: int | None, seconds: float) -> str:
    # Without the query, the headers and the bodies: what is secret stands there.
    sent = "-" if status is None else status
    return f"{scope['method']} {path_of(scope)} {sent} {seconds * 1000:.1f} ms"


def _status_of(error: WorkspaceFileError) -> int:
    # 507 and 503 may pass by themselves, once there is room or the lock is gone; 500 does not.
    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return 507
    return 503 if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) else 500


def _trouble(status: int, message: str) -> Reply:
    return json_reply(Refusal(status, "internal_error", message, kind="api_error").body(), status)


def _options(path: str) -> Reply:
    """What may be asked of a path: https://www.rfc-editor.org/rfc/rfc9110#name-options."""
    known: list[str] = []
    for method in METHODS:
        try:
            ROUTER.find(method, path)
        except Refusal:
            continue
        known += [method, "HEAD"] if method == "GET" else [method]
    if not known:  # a path that nothing answers is not there for OPTIONS either
        refusal = Refusal(404, "not_found", f'Could not find endpoint "OPTIONS {path}".')
        return json_reply(refusal.body(), 404)
    return Reply(204, {"allow": ", ".join([*known, "OPTIONS"])}, b"")


def _is_page(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] in ("GET", "HEAD") and (
        path in ("/", "/browse") or path.startswith("/browse/")
    )


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
