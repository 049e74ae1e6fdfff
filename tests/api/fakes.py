"""A transport over a backend that remembers what it was sent and answers what it is told."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from attio_orm.transport.pipeline import Transport
from attio_orm.transport.requests import WireRequest, WireResponse

Answer = Callable[[str, str, Any], Any]


class Reply(Exception):
    """Raised by an answer that is not 200."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class FakeBackend:
    """``answer(method, path, json)`` gives the body; ``requests`` holds the same three of each."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[tuple[str, str, Any]] = []
        self.wire: list[WireRequest] = []
        self.pause = 0.0  # seconds before each answer, so that requests overlap
        self._lock = threading.Lock()

    def send(self, request: WireRequest, /) -> WireResponse:
        time.sleep(self.pause)
        return self._reply(request)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        await asyncio.sleep(self.pause)
        return self._reply(request)

    def _reply(self, request: WireRequest) -> WireResponse:
        try:
            parsed = json.loads(request.body) if request.body else None
        except ValueError:
            parsed = request.body
        with self._lock:
            self.wire.append(request)
            self.requests.append((request.method, request.path, parsed))
        try:
            body, status = self.answer(request.method, request.path, parsed), 200
        except Reply as reply:
            body, status = reply.body, reply.status
        content = b"" if body is None else json.dumps(body).encode()
        return WireResponse(status, {"content-type": "application/json"}, content)

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


def fake(answer: Answer | None = None, **given: Any) -> tuple[FakeBackend, Transport]:
    """The backend and a transport over it; without ``answer`` it gives ``{"data": ...}``."""

    def default(method: str, path: str, body: Any) -> Any:
        return given.get("body", {"data": given.get("data", {})})

    backend = FakeBackend(answer or default)
    transport = Transport(backend, api_key="token", base="https://api.attio.test", max_attempts=1)
    return backend, transport


def segments(path: str) -> list[str]:
    """The decoded segments of a path, without its query."""
    return [unquote(part) for part in path.partition("?")[0].split("/")[1:]]
