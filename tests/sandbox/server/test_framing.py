"""Requests that say in two ways where they end: refused, and the connection with them."""

from __future__ import annotations

import json

import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import Server, serving
from attio_sandbox.server.connections import CarefulConnection
from tests.sandbox.server.wire import exchange


@pytest.fixture(params=["httptools", "h11"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """By both that read requests; h11 alone is where httptools is not installed."""
    if request.param == "h11":
        monkeypatch.setattr(serving, "_reader", lambda: CarefulConnection)


SMUGGLED = "GET /v2/smuggled HTTP/1.1\r\nhost: x\r\n\r\n"


def post(*headers: str, body: str) -> str:
    head = "\r\n".join(["POST /v2/objects HTTP/1.1", "host: x", *headers])
    return f"{head}\r\n\r\n{body}"


@pytest.mark.parametrize(
    "headers",
    [
        ("content-length: 5", "transfer-encoding: chunked"),
        ("transfer-encoding: chunked", "content-length: 0"),
        ("Content-Length: 5", "Transfer-Encoding: Chunked"),
        (f"content-length: {5 + len(SMUGGLED)}", "transfer-encoding: chunked"),
    ],
    ids=["length first", "encoding first", "capitals", "length past the chunks"],
)
@pytest.mark.parametrize("path", ["/v2/objects", "/__sandbox__/reset"])
def test_a_length_and_an_encoding(
    server: Server, workspace: Workspace, path: str, headers: tuple[str, ...]
) -> None:
    sent = post(*headers, body=f"0\r\n\r\n{SMUGGLED}").replace("/v2/objects", path)
    got = exchange(server, sent.encode())
    assert got.count(b"HTTP/1.1") == 1, "what stands behind it is not answered"
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in head
    answer = json.loads(body)
    assert (answer["status_code"], answer["type"]) == (400, "invalid_request_error")
    assert "Content-Length and a Transfer-Encoding" in answer["message"]
    assert workspace.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        ("content-length: 5", "content-length: 6"),
        ("content-length: 5, 6",),
        ("content-length: +5",),
        ("content-length: -1",),
        ("content-length: 5x",),
        ("transfer-encoding: gzip, chunked",),
        ("transfer-encoding: xchunked",),
        ("transfer-encoding: chunked", "transfer-encoding: identity"),
    ],
    ids=lambda each: " and ".join(each),
)
def test_lengths_and_encodings_that_are_none(
    server: Server, workspace: Workspace, headers: tuple[str, ...]
) -> None:
    got = exchange(server, post(*headers, body=f"0\r\n\r\n{SMUGGLED}").encode())
    assert got.count(b"HTTP/1.1") == 1
    assert got.split()[1] in (b"400", b"501")
    assert workspace.requests == []


@pytest.mark.parametrize("path", ["/", "/browse/people"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_length_and_an_encoding_of_a_page(server: Server, method: str, path: str) -> None:
    headers = ("content-length: 5", "transfer-encoding: chunked")
    sent = post(*headers, body=f"0\r\n\r\n{SMUGGLED}").replace(
        "POST /v2/objects", f"{method} {path}"
    )
    got = exchange(server, sent.encode())
    assert got.count(b"HTTP/1.1") == 1
    assert got.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in got


def test_one_length_or_one_encoding_is_fine(server: Server, workspace: Workspace) -> None:
    close = "connection: close"
    for sent in (
        post("content-length: 2", close, body="{}"),
        post("content-length: 2", "content-length: 2", close, body="{}"),
        post("transfer-encoding: chunked", close, body="2\r\n{}\r\n0\r\n\r\n"),
    ):
        assert exchange(server, sent.encode()).startswith(b"HTTP/1.1 401 ")
    assert len(workspace.requests) == 3
