"""A backend that follows a script, a clock that is set by hand, and operations without waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from attio_orm.effects import Operation
from attio_orm.effects.operations import Sleep
from attio_orm.transport import HttpBackend, WireRequest, WireResponse, encode_json

T = TypeVar("T")
Step = WireResponse | Exception


def answer(status: int = 200, body: Any = None, **headers: str) -> WireResponse:
    """An answer of Attio's; header names are given with ``_`` for ``-``."""
    content = body if isinstance(body, bytes) else encode_json({} if body is None else body)
    fields = {"content-type": "application/json"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    return WireResponse(status, fields, content)


def refusal(
    status: int, code: str = "some_code", message: str = "No.", **more: Any
) -> WireResponse:
    """An error answer of Attio's."""
    body = {"status_code": status, "type": "some_error", "code": code, "message": message, **more}
    return answer(status, body)


class ScriptedBackend:
    """Gives its steps one after another, the last one for ever; keeps the requests."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[WireRequest] = []
        self.colours: list[str] = []
        self.closed: list[str] = []

    def _next(self, request: WireRequest, colour: str) -> WireResponse:
        self.requests.append(request)
        self.colours.append(colour)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step

    def send(self, request: WireRequest, /) -> WireResponse:
        return self._next(request, "sync")

    async def asend(self, request: WireRequest, /) -> WireResponse:
        await asyncio.sleep(0)
        return self._next(request, "async")

    def close(self) -> None:
        self.closed.append("sync")

    async def aclose(self) -> None:
        self.closed.append("async")


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def noting(
    operation: Operation[T],
    sleeps: list[float],
    clock: Clock | None = None,
    told: Callable[[], object] = bool,
) -> Operation[T]:
    """The operation, with its sleeps written down (and the clock set, and told) and not slept."""
    try:
        effect = next(operation)
        while True:
            if isinstance(effect, Sleep):
                sleeps.append(effect.seconds)
                if clock is not None:
                    clock.now += effect.seconds
                told()
                effect = operation.send(None)
                continue
            try:
                result = yield effect
            except BaseException as error:
                effect = operation.throw(error)
            else:
                effect = operation.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        operation.close()


def close_once_taken(backend: HttpBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Close the backend's client, as another thread would, between its being taken and its use."""
    taken, ataken = backend._sync_transport, backend._async_transport

    def taken_and_closed(request: WireRequest) -> Any:
        transport = taken(request)
        transport.close()
        return transport

    async def ataken_and_closed(request: WireRequest) -> Any:
        transport = await ataken(request)
        await transport.aclose()
        return transport

    monkeypatch.setattr(backend, "_sync_transport", taken_and_closed)
    monkeypatch.setattr(backend, "_async_transport", ataken_and_closed)
