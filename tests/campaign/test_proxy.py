"""The campaign's proxy: what each of its faults is on the line."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import socket
import zlib
from collections.abc import Iterator

import pytest

from attio_orm import TransportError
from attio_orm.transport import HttpBackend
from attio_orm.transport.requests import Headers, WireRequest
from tests.campaign.proxy import (
    FAULTS,
    GOOD,
    SWALLOWED,
    TUNNEL,
    UNSENT,
    WAYS,
    Answered,
    Asked,
    Line,
    Proxy,
    flipped,
    length_of,
    with_length,
)
from tests.transport.server import Server

REQUEST = (
    b"PUT /v2/echo HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\ncontent-length: 4\r\n\r\nbody"
)
Told = list[tuple[Asked, Answered | None, bool]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def proxy(server: Server, told: Told) -> Iterator[Proxy]:
    def hook(asked: Asked, answered: Answered | None, given: bool, _: random.Random) -> None:
        told.append((asked, answered, given))

    with Proxy(server.server_address[1], hook, delay=0.1) as proxy:
        yield proxy


def exchange(line: Line, request: bytes = REQUEST) -> bytes:
    """All bytes that come back until the proxy closes, or sends nothing for a while."""
    found = b""
    with socket.create_connection(("127.0.0.1", line.port)) as plug:
        plug.settimeout(0.15)
        plug.sendall(request)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while data := plug.recv(65_536):
                found += data
    return found


def split(answer: bytes) -> tuple[bytes, bytes]:
    head, mark, body = answer.partition(b"\r\n\r\n")
    return head + mark, body


def is_right(answer: bytes) -> bool:
    """Whether one answer, and nothing else, is what the server said."""
    head, body = split(answer)
    if not head.startswith(b"HTTP/1.1 200") or length_of(head) != len(body):
        return False
    if b"gzip" in head:
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):
            return False
    try:
        found = json.loads(body)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("body") == "body"


def test_nothing_happens_without_a_fault(proxy: Proxy, server: Server, told: Told) -> None:
    line = proxy.line("seed", 0.0)
    assert is_right(exchange(line))
    ((asked, answered, given),) = told
    assert (asked.method, asked.path, asked.body) == ("PUT", "/v2/echo", b"body")
    assert answered is not None
    assert (answered.status, given, server.paths) == (200, True, ["/v2/echo"])


@pytest.mark.parametrize("fault", UNSENT)
def test_what_is_not_carried(proxy: Proxy, server: Server, told: Told, fault: str) -> None:
    line = proxy.line("seed", 1.0, only=(fault,))
    answer = exchange(line)
    assert server.paths == []
    assert [each[1:] for each in told] == [(None, False)]
    assert answer.startswith(b"HTTP/1.1 " + fault.encode()) if fault.isdigit() else answer == b""
    assert line.met == {fault: 1}


@pytest.mark.parametrize("way", WAYS)
def test_the_ways_to_it(server: Server, way: str) -> None:
    with Proxy(server.server_address[1], lambda *_: None, delay=0.1, way=way) as proxy:
        line = proxy.line("seed", 0.0)
        backend = HttpBackend(line.url, **line.options)
        answer = json.loads(backend.send(WireRequest("GET", "/v2/echo", Headers(), b"")).body)
        backend.close()
    assert answer["path"] == "/v2/echo"
    assert line.log == ["GET /v2/echo fine"]


@pytest.mark.parametrize("fault", TUNNEL)
def test_a_tunnel_that_fails(server: Server, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.campaign.proxy.TUNNEL", (fault,))
    with Proxy(server.server_address[1], lambda *_: None, delay=0.1, way="proxy-tls") as proxy:
        line = proxy.line("seed", 1.0)
        backend = HttpBackend(line.url, **line.options)
        with pytest.raises(TransportError) as caught:
            backend.send(WireRequest("GET", "/v2/echo", Headers(), b"", timeout=5.0))
        backend.close()
    assert not getattr(caught.value, "sent", None)
    assert line.met == {fault: 1}
    assert server.paths == []


def test_a_read_meets_no_conflict(proxy: Proxy) -> None:
    line = proxy.line("seed", 1.0, only=("409",))
    assert exchange(line, REQUEST.replace(b"PUT", b"GET")).startswith(b"HTTP/1.1 429")


@pytest.mark.parametrize("fault", sorted(set(SWALLOWED) - {"flipped head"}))
def test_what_is_carried_and_not_answered(
    proxy: Proxy, server: Server, told: Told, fault: str
) -> None:
    line = proxy.line("seed", 1.0, only=(fault,))
    for _ in range(3):
        assert not is_right(exchange(line))
    assert server.paths == ["/v2/echo"] * 3
    assert {(answered is not None, given) for _, answered, given in told} == {(True, False)}


@pytest.mark.parametrize("fault", sorted(set(GOOD) - {"doubled", "hinted"}))
def test_answers_that_are_right(proxy: Proxy, told: Told, fault: str) -> None:
    line = proxy.line("seed", 1.0, only=(fault,), later=True)
    answer = exchange(line)
    assert is_right(answer)
    assert (b"gzip" in split(answer)[0]) == (fault == "gzip")
    assert [given for *_, given in told] == [True]


def test_an_answer_twice_at_once(proxy: Proxy) -> None:
    answer = exchange(proxy.line("seed", 1.0, only=("doubled",)))
    assert is_right(answer[: len(answer) // 2])
    assert answer[: len(answer) // 2] == answer[len(answer) // 2 :]


def test_a_hint_before_the_answer(proxy: Proxy) -> None:
    hint, answer = split(exchange(proxy.line("seed", 1.0, only=("hinted",))))
    assert hint.startswith(b"HTTP/1.1 103 ")
    assert is_right(answer)


def test_an_answer_that_comes_again_while_nothing_was_asked(proxy: Proxy) -> None:
    line = proxy.line("seed", 1.0, only=("doubled later",), later=True)
    with socket.create_connection(("127.0.0.1", line.port)) as plug:
        plug.settimeout(5)
        plug.sendall(REQUEST)
        first = plug.recv(65_536)
        line.flush()
        assert plug.recv(65_536) == first
        line.flush()  # once only
        plug.settimeout(0.05)
        with pytest.raises(TimeoutError):
            plug.recv(1)


def test_what_nobody_waits_for_is_not_carried(proxy: Proxy, server: Server) -> None:
    line = proxy.line("seed", 0.0)

    async def held() -> None:
        await proxy._lock.acquire()

    async def free() -> None:
        proxy._lock.release()

    proxy.call(held())
    with socket.create_connection(("127.0.0.1", line.port)) as plug:
        plug.sendall(REQUEST)
        plug.settimeout(0.1)
        with pytest.raises(TimeoutError):
            plug.recv(1)
    proxy.call(free())
    assert is_right(exchange(line))
    assert server.paths == ["/v2/echo"]  # the second alone


def test_the_same_seed_gives_the_same_faults(proxy: Proxy) -> None:
    asked = Asked("PUT", "/v2/echo", b"", b"")
    first, second = (proxy.line("seed", 0.5, later=True) for _ in range(2))
    drawn = [first.draw(asked) for _ in range(400)]
    assert drawn == [second.draw(asked) for _ in range(400)]
    assert set(drawn) == {None, *FAULTS}
    assert "doubled later" not in proxy.line("seed", 0.5).faults


def test_a_flipped_head_keeps_its_status_and_its_date() -> None:
    head = b"HTTP/1.1 200 OK\r\nDate: Mon, 30 Nov 2026 13:57:44 GMT\r\ncontent-length: 7\r\n\r\n"
    dice = random.Random(1)
    for _ in range(300):
        spoilt = flipped(head, dice)
        assert sum(a != b for a, b in zip(head, spoilt, strict=True)) == 1
        assert spoilt[8:15] == head[8:15]
        assert b"Date: Mon, 30 Nov 2026 13:57:44 GMT" in spoilt
    assert length_of(with_length(head, 12)) == 12
