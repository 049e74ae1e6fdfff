"""A server in a thread of its own: starts on a port, gives its address, stops cleanly."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from typing import Self

import uvicorn
from starlette.types import Scope

from attio_sandbox.server.application import Application
from attio_sandbox.server.connections import CarefulConnection, Connection
from attio_sandbox.workspace import Workspace

# Seconds that requests in progress may take when the server stops.
GRACE = 5
# Seconds that an idle connection is kept: longer than clients keep theirs.
KEEP_ALIVE = 75


class AddressError(Exception):
    """The address cannot be served on; the message says why and what to do."""


class _Uvicorn(uvicorn.Server):
    """Tells when it is ready, and ends without a word on the log."""

    def __init__(self, config: uvicorn.Config, hurry: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._hurry = hurry

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hurry()  # a delay that a fault makes may be longer than the grace
        loop = asyncio.get_running_loop()
        ends = [loop.call_later(GRACE, self._cancel), loop.call_later(GRACE + 0.5, self._abort)]
        try:
            await super().shutdown(sockets)
        finally:
            for end in ends:
                end.cancel()

    def _cancel(self) -> None:
        for task in list(self.server_state.tasks):  # a copy: they leave it as they end
            task.cancel()

    def _abort(self) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.transport.abort()


class Server:
    """Serves workspaces over HTTP from a thread of its own, until `stop()` or the end of `with`.

    `port` 0 takes a free one. `log` is called with a line for each request. Raises AddressError
    where the address is in use or not of this machine. The workspaces stay open.
    """

    def __init__(
        self,
        *workspaces: Workspace,
        host: str = "127.0.0.1",
        port: int = 0,
        log: Callable[[str], None] | None = None,
    ) -> None:
        """Take the port at once, so that requests may be sent; `start()` begins to answer."""
        self.application = Application(*workspaces, log=log)
        self._socket = _listen(host, port)
        self._host = host
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            self.application,
            lifespan="off",  # the workspaces are opened and closed by whoever made them
            http=_reader(),
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # a client's address is never what a header says
            server_header=False,
            date_header=False,  # a workspace has a clock of its own
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE + 5,  # never: _Uvicorn ends them before, quietly
            backlog=512,
        )
        self._uvicorn = _Uvicorn(config, self.application.hurry)
        self.application.cut = self._cut
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """The address, for example `http://127.0.0.1:8787`."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self._host, self._host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self) -> Self:
        """Begin to answer; gives the server itself."""
        self._thread = threading.Thread(target=self._run, name="attio-sandbox-server", daemon=True)
        self._thread.start()
        self._uvicorn.ready.wait()  # set by a failure as well: nobody waits for ever
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """Answer what is in progress, then close all connections. A second time does nothing.

        Delays that faults make end at once.
        """
        self._uvicorn.should_exit = True
        thread, self._thread = self._thread, None  # a second stop() has nothing to wait for
        if thread is not None:
            thread.join()
        self._socket.close()
        self.application.close()

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, *exc: object) -> None:
        """Stop it."""
        self.stop()

    def _run(self) -> None:
        try:
            self._uvicorn.run(sockets=[self._socket])
        except BaseException as error:
            self._failure = error
        finally:
            self._uvicorn.ready.set()

    def _cut(self, scope: Scope, flushed: bool) -> None:
        """Drop the connection of a request, once what was sent is out where it is `flushed`."""
        for connection in list(self._uvicorn.server_state.connections):
            if isinstance(connection, Connection) and connection.client == scope["client"]:
                if flushed:
                    connection.transport.close()
                else:
                    connection.transport.abort()


def _reader() -> type[Connection]:
    """What reads requests: httptools where it is installed, and h11."""
    try:
        from attio_sandbox.server.plain_requests import PlainConnection
    except ImportError:  # it is in the extra, and needs a compiler where it has no wheel
        return CarefulConnection
    return PlainConnection


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise AddressError(f"{port} is not a port: give a number from 0 to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With the protocol named, asyncio sends without delay (TCP_NODELAY).
        found = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"There is no address {host!r} to serve on: {error}.") from error
    try:
        if os.name == "posix":  # elsewhere it would share a port that is in use
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(512)
    except OSError as error:
        found.close()
        raise AddressError(
            f"The sandbox cannot listen on port {port} of {host or 'all addresses'}: {error}. "
            "Stop what uses the port, or choose another one."
        ) from error
    return found
