"""ASGI in and out: a request with its whole body, an answer, the limits of what is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from urllib.parse import quote
from uuid import uuid4

from starlette.types import Message, Receive, Scope, Send

from attio_sandbox.errors import Refusal
from attio_sandbox.requests import Reply
from attio_sandbox.server.delays import Delays
from attio_sandbox.timestamps import format_timestamp

# The largest body, in bytes, of a request with JSON: Attio's largest text is 10 MB.
BODY_LIMIT = 16 * 2**20
# The largest body, in bytes, of a multipart request, which brings a file.
UPLOAD_LIMIT = 64 * 2**20
# How much of a body that is too large is read and dropped, so that its sender reads the answer.
DRAIN_LIMIT = 256 * 2**20
# Seconds that a client may let pass before the next part of its body.
READ_TIMEOUT = 30.0

SLOW_PARTS = 20


class ClientGone(Exception):
    """The client went away before its request was complete."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Give the headers with lower-case names; those that came twice are joined."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def path_of(scope: Scope) -> str:
    """Give the path as it was sent, still percent-encoded, without the query."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return quote(scope["path"])
    return raw.partition(b"?")[0].decode("latin-1")


def is_framed_twice(headers: Mapping[str, str]) -> bool:
    """Tell whether a request says in two ways where it ends."""
    # Two lengths that differ do not come so far: h11 refuses them.
    return "content-length" in headers and "transfer-encoding" in headers


def has_no_body(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Tell whether a request is known to bring no body, before anything is received."""
    # HTTP/2 needs no header for one: https://www.rfc-editor.org/rfc/rfc9112#section-6.3-2.7
    return (
        scope.get("http_version", "") in ("1.0", "1.1")
        and "content-length" not in headers
        and "transfer-encoding" not in headers
    )


def check_framing(headers: Mapping[str, str]) -> None:
    """Raise the Refusal (400) of a request that says in two ways where it ends.

    Who reads the other one sees a second request in its body: that is how requests are smuggled
    past a proxy. https://www.rfc-editor.org/rfc/rfc9112#section-6.1 has the server close.
    """
    if is_framed_twice(headers):
        raise Refusal(
            400,
            "validation_type",
            "The request has both a Content-Length and a Transfer-Encoding: send one of them.",
        )


async def body_of(
    scope: Scope, receive: Receive, headers: Mapping[str, str], limit: int | None = None
) -> bytes:
    """Read the whole body, up to `limit` bytes, or as many as Attio takes.

    Raises Refusal for one that is too large (413) or comes too slowly (408), and ClientGone.
    """
    is_upload = headers.get("content-type", "").startswith("multipart/")
    limit = limit or (UPLOAD_LIMIT if is_upload else BODY_LIMIT)
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > DRAIN_LIMIT:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        part, more = await _next_part(receive)
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
        if size > DRAIN_LIMIT or (not more and size > limit):
            raise _too_large(limit)
        if not more:
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def _next_part(receive: Receive) -> tuple[bytes, bool]:
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            message = await receive()
    except TimeoutError:
        raise Refusal(
            408,
            "validation_type",
            f"The body did not come: nothing of it for {READ_TIMEOUT:g} seconds.",
        ) from None
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)


def _too_large(limit: int) -> Refusal:
    return Refusal(
        413,
        "validation_type",
        f"The body is too large: the sandbox takes up to {limit} bytes ({limit // 2**20} MiB).",
    )


_OWN: Mapping[bytes, Callable[[], str]] = {b"date": lambda: formatdate(usegmt=True)}
# Each of Attio's answers has them. What a workspace answers has them already; what the server
# refuses by itself has them from here.
_ATTIOS: Mapping[bytes, Callable[[], str]] = {
    **_OWN,
    b"x-attio-execution-id": lambda: str(uuid4()),
    b"x-accurate-at": lambda: format_timestamp(datetime.now(UTC)),
}


def completed(message: Message, *, is_attios: bool) -> Message:
    """Give a message with the headers that an answer lacks, where it begins one."""
    if message["type"] != "http.response.start":
        return message
    headers: Sequence[tuple[bytes, bytes]] = message.get("headers", ())
    there = {name.lower() for name, _ in headers}
    missing = (_ATTIOS if is_attios else _OWN).items()
    more = [(name, text().encode()) for name, text in missing if name not in there]
    return {**message, "headers": [*headers, *more]} if more else message


async def send_head(send: Send, reply: Reply) -> None:
    """Send the status and the headers."""
    headers = [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in reply.headers.items()
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


async def send_reply(send: Send, reply: Reply, *, with_body: bool = True) -> None:
    """Send a whole answer."""
    await send_head(send, reply)
    await send({"type": "http.response.body", "body": reply.body if with_body else b""})


async def send_slowly(send: Send, reply: Reply, delays: Delays) -> None:
    """Send an answer whose body takes `reply.spread` seconds."""
    await send_head(send, reply)
    body, step = reply.body, max(1, -(-len(reply.body) // SLOW_PARTS))
    for start in range(0, len(body), step):
        part = {"type": "http.response.body", "body": body[start : start + step]}
        await send({**part, "more_body": True})
        await delays.wait(reply.spread / SLOW_PARTS)
    await send({"type": "http.response.body", "body": b""})
