"""Requests carried to a workspace of this process, without a socket."""

from __future__ import annotations

import sqlite3
import time
from urllib.parse import parse_qsl, urlsplit

from attio_orm.errors import ConnectionFailedError, NotConnectedError
from attio_orm.transport import WireRequest, WireResponse
from attio_sandbox import Dropped, Workspace


class SandboxBackend:
    """Carries wire requests to a workspace in this process, without a socket."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def send(self, request: WireRequest, /) -> WireResponse:
        """The workspace's answer."""
        response, seconds = self._answer(request)
        if seconds:  # of a body that comes slowly; here, as only the colour knows how to wait
            time.sleep(seconds)
        return response

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send()``; lets other tasks run first, as a network would."""
        import asyncio  # only async code needs it, and it takes a while to import

        if self.workspace.faults.may_take_time or request.path == "/v2/sql":
            # a fault that holds the answer back, or a long statement, would hold up the whole loop
            response, seconds = await asyncio.to_thread(self._answer, request)
        else:
            await asyncio.sleep(0)
            response, seconds = self._answer(request)
        if seconds:
            await asyncio.sleep(seconds)
        return response

    def _answer(self, request: WireRequest) -> tuple[WireResponse, float]:
        """The answer, and the seconds that its body takes."""
        parts = urlsplit(request.path)
        try:
            reply = self.workspace.handle(
                request.method,
                parts.path,
                params=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers=request.headers,
                body=request.body,
            )
        except sqlite3.ProgrammingError as error:
            if "closed" not in str(error):  # sqlite3 has no class of its own for it
                raise
            raise NotConnectedError(
                f"{request.method} {parts.path}: the sandbox was closed before this request was "
                f"carried out. connect() again."
            ) from error
        except Dropped as drop:
            raise ConnectionFailedError(
                f"{request.method} {parts.path}: the sandbox dropped the connection, as "
                f"fail_next() told it to. Try again.",
                sent=True,
            ) from drop
        # what a socket would find out: fewer bytes came than were announced
        if int(reply.headers.get("content-length", 0)) > len(reply.body):
            raise ConnectionFailedError(
                f"{request.method} {parts.path}: the connection dropped before the whole answer "
                f"came, as fail_next() told the sandbox to. Try again.",
                sent=True,
            )
        return WireResponse(reply.status, reply.headers, reply.body), reply.spread

    def close(self) -> None:
        """Close the workspace; one in memory is gone then."""
        self.workspace.close()

    async def aclose(self) -> None:
        """The twin of ``close()``."""
        self.workspace.close()
