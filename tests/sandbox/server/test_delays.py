"""Delays of faults over HTTP: they keep no other request waiting, and no stop."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import Server, serving
from attio_sandbox.server.application import THREADS
from attio_sandbox.server.delays import Delays


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def never(delays: Delays) -> None: ...


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_more_delayed_requests_than_threads(server: Server, workspace: Workspace) -> None:
    taken: list[str] = []

    def match(method: str, path: str) -> bool:
        if path == "/v2/self":
            taken.append(path)
        return path == "/v2/self"

    workspace.faults.fail("latency", match=match, seconds=60)
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(httpx.get(f"{server.url}/v2/self", timeout=90).status_code)

    asking = [in_thread(ask) for _ in range(THREADS + 8)]
    until(lambda: len(taken) == THREADS + 8)
    headers = {"authorization": f"Bearer {workspace.token}"}
    assert httpx.get(f"{server.url}/v2/objects", headers=headers, timeout=30).status_code == 200
    assert statuses == []
    server.stop()
    for thread in asking:
        thread.join()
    assert statuses == [200] * (THREADS + 8), "they were in progress"


def test_the_work_is_done_after_the_delay(server: Server, workspace: Workspace) -> None:
    workspace.faults.fail_next("latency", seconds=0.3)
    started = time.monotonic()
    assert httpx.get(f"{server.url}/v2/self").status_code == 200
    assert time.monotonic() - started >= 0.3
    assert workspace.requests[-1].elapsed >= 0.3


@pytest.mark.parametrize("fault", ["latency", "slow_body"])
def test_a_stop_ends_delays_and_says_nothing(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, fault: Any
) -> None:
    begun = threading.Event()

    def match(method: str, path: str) -> bool:
        begun.set()
        return True

    workspace.faults.fail_next(fault, seconds=60, match=match)
    bodies: list[Any] = []
    server = Server(workspace).start()
    asking = in_thread(lambda: bodies.append(httpx.get(f"{server.url}/v2/self", timeout=60).json()))
    assert begun.wait(10)
    time.sleep(0.2)
    server.stop()
    asking.join()
    # A delay that did not end would have been cut off by the end of the grace, with another body.
    assert bodies == [{"active": False}], "what is in progress is answered"
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "GRACE", 0.3)


@pytest.mark.usefixtures("hasty")
def test_a_body_that_never_comes_is_told_of_the_stop(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(workspace).start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(b"POST /v2/objects HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
        time.sleep(0.2)
        server.stop()
        answer = b""
        while part := line.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"stopped before the request was answered" in answer
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


@pytest.mark.usefixtures("hasty")
def test_a_client_that_does_not_read_is_cut(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    (key,) = workspace.load("people", [{"name": "Ada", "description": "x" * 9_000_000}])
    path = f"/v2/objects/people/records/{key}"
    head = f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {workspace.token}\r\n\r\n"
    server = Server(workspace).start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(head.encode())
        until(lambda: bool(workspace.requests))
        time.sleep(0.2)
        server.stop()
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


@pytest.mark.usefixtures("hasty")
def test_an_answer_that_has_begun_is_cut(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Delays, "end", never)
    workspace.faults.fail_next("slow_body", seconds=60)
    server = Server(workspace).start()
    errors: list[Exception] = []

    def ask() -> None:
        try:
            httpx.get(f"{server.url}/v2/self", timeout=60)
        except httpx.TransportError as error:
            errors.append(error)

    asking = in_thread(ask)
    until(lambda: bool(workspace.requests))
    time.sleep(0.2)
    server.stop()
    asking.join()
    assert len(errors) == 1
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


async def test_after_the_end_nothing_waits() -> None:
    delays = Delays()
    await delays.wait(0.01)
    delays.end()
    async with asyncio.timeout(30):
        await delays.wait(60)
