"""How requests are read from a connection: by httptools while they are plain, else by h11."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import pairwise
from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import Server, serving
from attio_sandbox.server.connections import CarefulConnection, JoiningTransport
from attio_sandbox.server.plain_requests import PlainConnection
from tests.sandbox.server.wire import exchange, run_program

PEOPLE = "/v2/objects/people/records"
SELF = b"GET /v2/self HTTP/1.1\r\nhost: x\r\n\r\n"
LAST = b"GET /v2/nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


def statuses(got: bytes) -> list[int]:
    """The statuses of answers, in order; bodies of the sandbox hold no such text."""
    return [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]


def create(workspace: Workspace, body: bytes, *headers: str, length: bool = True) -> bytes:
    head = [f"POST {PEOPLE} HTTP/1.1", "host: x", f"authorization: Bearer {workspace.token}"]
    head += [f"content-length: {len(body)}"] if length else []
    return "\r\n".join([*head, *headers, "", ""]).encode() + body


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What h11 was given to read of connections that began with httptools."""
    given: list[bytes] = []
    original = PlainConnection._hand_over

    def hand_over(self: PlainConnection, data: bytes) -> None:
        given.append(data)
        original(self, data)

    monkeypatch.setattr(PlainConnection, "_hand_over", hand_over)
    return given


def test_what_clients_send_is_plain(
    server: Server, workspace: Workspace, handed_over: list[bytes]
) -> None:
    body = b'{"data": {"values": {"name": "Byron, Ada"}}}'
    keep = b"GET /v2/self?a=b%20c HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
    assert statuses(exchange(server, keep + create(workspace, body) + SELF + LAST)) == [
        200, 200, 200, 404,
    ]  # fmt: skip
    assert handed_over == []
    assert workspace.requests[0].params == {"a": "b c"}
    assert workspace.count("people") == 1


@pytest.mark.parametrize("cuts", [(150,), (-3,), (140, 160, -1)])
def test_a_body_in_pieces_is_still_plain(
    server: Server, workspace: Workspace, handed_over: list[bytes], cuts: tuple[int, ...]
) -> None:
    sent = create(workspace, json.dumps({"data": {"values": {"name": "x" * 300}}}).encode())
    head = sent.index(b"\r\n\r\n") + 4
    places = [0, *(head + cut if cut > 0 else len(sent) + cut for cut in cuts), len(sent)]
    parts = [sent[a:b] for a, b in pairwise(places)]
    parts[-1] += LAST  # what stands behind the body is the next request
    assert statuses(exchange(server, *parts)) == [200, 404]
    assert handed_over == []


def test_a_large_body(server: Server, workspace: Workspace, handed_over: list[bytes]) -> None:
    values = {"name": "Ada", "description": "x" * 2_000_000}
    sent = create(workspace, json.dumps({"data": {"values": values}}).encode()) + LAST
    got = exchange(server, sent)
    assert statuses(got) == [200, 404]
    assert handed_over == []
    (record,) = workspace.look_up(f"{PEOPLE}/query", json={})
    assert len(record["values"]["description"][0]["value"]) == 2_000_000


POST = b"POST /v2/objects HTTP/1.1\r\nhost: x\r\n"


@pytest.mark.parametrize("held", [False, True], ids=["alone", "behind another"])
@pytest.mark.parametrize(
    ("odd", "status"),
    [
        (POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 401),
        (b"GET /v2/self HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n", 200),
        (b"GET /v2/self HTTP/1.1\r\nhost: x\r\nconnection: Keep-Alive, TE\r\n\r\n", 200),
        (b"GET /v2/self HTTP/1.1\nhost: x\n\n", 200),
        (b"GET /v2/self#a HTTP/1.1\r\nhost: x\r\n\r\n", 404),
        (b"GET /v2/self HTTP/1.1\r\nhost: x\r\nproxy-connection: close\r\n\r\n", 200),
        (b"SPELL /v2/self HTTP/1.1\r\nhost: x\r\n\r\n", 404),
        (b"CONNECT /v2/self HTTP/1.1\r\nhost: x\r\n\r\n", 404),
        (b"GET http://x/v2/self HTTP/1.1\r\nhost: x\r\n\r\n", 404),
        (POST + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}", 401),
        (b"GET /v2/self HTTP/1.1\r\nhost: x\r\na: \x01\r\n\r\n", 200),
        (b"GET /v2/self HTTP/1.1\r\nhost: x\r\na: " + b"y" * 20_000 + b"\r\n\r\n", 200),
    ],
    ids=["chunks", "upgrade", "connection", "bare", "fragment", "proxy", "method", "connect",
         "whole", "lengths", "value", "large"],
)  # fmt: skip
def test_other_requests_are_h11s(
    server: Server, handed_over: list[bytes], odd: bytes, status: int, held: bool
) -> None:
    """Also behind a request whose answer is not there yet: answers keep their order."""
    before = SELF if held else b""
    assert statuses(exchange(server, before + odd + SELF + LAST)) == [
        *([200] if held else []), status, 200, 404,
    ]  # fmt: skip
    assert handed_over == [odd + SELF + LAST]


def test_more_comes_while_an_odd_one_is_held(server: Server, workspace: Workspace) -> None:
    workspace.faults.fail_next("latency", seconds=0.4)
    odd = POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{"
    got = exchange(server, SELF + odd, b"}\r\n0\r\n\r\n" + SELF, LAST, pause=0.1)
    assert statuses(got) == [200, 401, 200, 404]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v2/self HTTP/1.1\r\n\r\n",
        b"GET /v2/self HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
        b"GET /v2/self HTTP/1.1\r\nhost: x\r\nbad name: y\r\n\r\n",
        b"\r\nGET /v2/self HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\r\n\r\nGET /v2/self HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\nGET /v2/self HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /v2/self  HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["no host", "two hosts", "name", "empty line", "empty lines", "bare empty line", "spaces",
         "TLS"],
)  # fmt: skip
def test_what_h11_refuses_is_refused(server: Server, workspace: Workspace, head: bytes) -> None:
    got = exchange(server, head)
    assert statuses(got) == [400]
    assert workspace.requests == []


def test_nothing_is_answered_after_the_last_one(server: Server, workspace: Workspace) -> None:
    assert statuses(exchange(server, LAST + SELF)) == [404]
    assert [each.path for each in workspace.requests] == ["/v2/nowhere"]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "truncate"])
def test_a_request_behind_a_cut_one_keeps_nobody(
    server: Server, workspace: Workspace, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is cut ends, though another request came with it; the server waits for neither then."""
    monkeypatch.setattr(serving, "GRACE", 60)
    workspace.faults.fail_next(fault)
    got = exchange(server, SELF + SELF)
    assert statuses(got) == ([200] if fault == "truncate" else [])
    assert [each.path for each in workspace.requests] == ["/v2/self"]
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < serving.GRACE / 2


@pytest.mark.parametrize("reader", [PlainConnection, CarefulConnection])
def test_heads_come_with_their_bodies_and_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, reader: Any
) -> None:
    monkeypatch.setattr(serving, "_reader", lambda: reader)
    sent: list[bytes] = []
    original = JoiningTransport.__init__

    def spied(self: JoiningTransport, transport: Any) -> None:
        class Spy:
            def write(self, data: bytes) -> None:
                sent.append(data)
                transport.write(data)

            def __getattr__(self, name: str) -> Any:
                return getattr(transport, name)

        original(self, Spy())  # type: ignore[arg-type]

    monkeypatch.setattr(JoiningTransport, "__init__", spied)
    head = SELF.replace(b"GET", b"HEAD")
    options = SELF.replace(b"GET", b"OPTIONS")
    with Server(workspace) as server:
        got = exchange(server, SELF, head, options, LAST)
    assert statuses(got) == [200, 200, 204, 404]
    assert [part[:12] for part in sent if part] == [
        b"HTTP/1.1 200", b"HTTP/1.1 200", b"HTTP/1.1 204", b"HTTP/1.1 404",
    ]  # fmt: skip
    assert sent[0].endswith(b'{"active":false}')


async def test_an_interim_answer_is_not_held_back() -> None:
    class Transport(asyncio.Transport):
        sent = b""
        is_closed = False

        def write(self, data: Any) -> None:
            self.sent += data

        def close(self) -> None:
            self.is_closed = True

    inner = Transport()
    joining = JoiningTransport(inner)
    joining.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert inner.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
    joining.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert b"204" not in inner.sent
    joining.close()
    assert b"204" in inner.sent
    assert inner.is_closed


def test_without_httptools_h11_reads_all() -> None:
    program = """
        import sys
        sys.modules["httptools"] = None
        import httpx
        from attio_sandbox import Workspace
        from attio_sandbox.server import Server
        with Server(Workspace(token="t")) as server:
            for _ in range(2):
                print(httpx.get(f"{server.url}/v2/self").json())
    """
    done = run_program(program)
    assert (done.stdout, done.stderr) == ("{'active': False}\n" * 2, "")
