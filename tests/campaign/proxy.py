"""A proxy before a server of HTTP that cuts, doubles, delays, half-closes and garbles answers.

It carries one request at a time to the server, so that a request which the client has given up
never overtakes what the client sent after it; what nobody waits for any more is not carried. It
can be met in the open, over TLS, as the proxy of a client, or through a tunnel to TLS (``WAYS``).
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import random
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

from tests.transport.hostile import CERTIFICATE

T = TypeVar("T")

WAYS = ("plain", "tls", "proxy", "proxy-tls")
"""How a client gets to it: straight, in the open or over TLS; by a proxy that forwards what is in
the open, which is the proxy here itself; by one that tunnels TLS, which has faults of its own.
"""

UNSENT = (
    "cut before", "reset before", "half-closed before", "delayed before",
    "429", "503", "409",
)  # fmt: skip
"""What becomes of a request that never reaches the server."""

SWALLOWED = (
    "cut after", "reset after", "half-closed after", "delayed after", "gateway error",
    "cut in head", "cut in body", "reset in body", "half-closed in body", "long length",
    "short length", "broken chunk", "broken gzip", "cut gzip", "broken JSON", "cut JSON",
    "no JSON", "no record", "empty", "flipped head",
)  # fmt: skip
"""What becomes of the answer to a request that was carried out."""

GOOD = ("doubled", "doubled later", "closed", "half-closed", "hinted", "gzip")
"""What goes on about an answer that is all right."""

FAULTS = (*UNSENT, *SWALLOWED, *GOOD)

TUNNEL = ("tunnel cut", "tunnel reset", "tunnel refused", "tunnel garbled")
"""What becomes of a tunnel that is asked for, beside all that happens in it."""

REASONS = {409: "Conflict", 429: "Too Many Requests", 502: "Bad Gateway", 503: "Unavailable"}
CODES = {409: "concurrent_write_conflict", 429: "rate_limit_exceeded", 503: "internal_error"}
NO_RECORDS = (b"{}", b"[]", b"null", b'{"data":null}', b'{"data":[null]}', b'{"data":{}}', b"7")


class Asked(NamedTuple):
    """A request as it came: its first line and fields, and the body."""

    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def writes(self) -> bool:
        return self.method != "GET" and not self.path.endswith(("/query", "/search"))


class Answered(NamedTuple):
    """An answer of the server."""

    status: int
    head: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        return self.head + self.body


Hook = Callable[[Asked, Answered | None, bool, random.Random], None]
"""Told of each request, its answer (``None``: not carried), and whether the client may get that;
with dice of the line that it came by.
"""


class Line:
    """One address of the proxy, with dice of its own: the same faults for the same requests.

    ``rate`` is the share of requests that something happens to; after one of them it is ``burst``
    for the next. ``later`` allows for answers that come again while nothing was asked: `flush()`
    sends them, and has to be called when the client waits for nothing.
    """

    def __init__(
        self, proxy: Proxy, seed: str, rate: float, *, later: bool, only: tuple[str, ...] = FAULTS
    ) -> None:
        self.proxy = proxy
        self.rate = rate
        self.burst = max(rate, 0.4) if rate < 1 else 1.0
        self.faults = [f for f in only if later or f != "doubled later"]
        self.dice = random.Random(seed)
        self.others = random.Random(f"{seed} others")  # their own: the faults go on as they would
        self.met: Counter[str] = Counter()
        self.log: list[str] = []  # of the requests since it was cleared
        self.late: list[tuple[asyncio.StreamWriter, bytes]] = []
        self.port = 0
        self.tunnel = 0  # its port, where there is one
        self.tunnels: dict[int, asyncio.StreamReader] = {}  # what each reads, by its port here
        self._is_bad = False

    @property
    def url(self) -> str:
        return f"http{'s' if self.proxy.is_tls else ''}://127.0.0.1:{self.port}"

    @property
    def options(self) -> dict[str, Any]:
        """What else the backend has to be given."""
        trusted = {"ssl": CERTIFICATE} if self.proxy.is_tls else {}
        if self.proxy.way == "plain" or self.proxy.way == "tls":
            return trusted
        return trusted | {"proxy": f"http://127.0.0.1:{self.tunnel or self.port}"}

    def is_bad(self) -> bool:
        """Whether something is to happen now; what happens comes in bursts."""
        self._is_bad = self.dice.random() < (self.burst if self._is_bad else self.rate)
        return self._is_bad

    def draw(self, asked: Asked) -> str | None:
        """What happens to the next request."""
        if not self.is_bad():
            return None
        fault = self.dice.choice(self.faults)
        if fault == "409" and not asked.writes:
            fault = "429"
        self.met[fault] += 1
        return fault

    def flush(self) -> None:
        """Send the answers that come a second time, on connections that wait for the next request.

        When it returns they have arrived.
        """
        if self.late:
            self.proxy.call(self._flush())

    def rest(self) -> None:
        """Wait for what a client that has gone had sent: it is carried by now, or never will be."""
        self.proxy.call(self.proxy.rest())

    async def _flush(self) -> None:
        late, self.late = self.late, []
        for writer, again in late:
            if not writer.is_closing():
                writer.write(again)
                await writer.drain()
        await asyncio.sleep(0.02 if self.tunnel else 0.002)


class Proxy:
    """Stands before the server at ``port``; runs in a thread of its own, within ``with``."""

    def __init__(self, port: int, hook: Hook, *, delay: float, way: str = "plain") -> None:
        assert way in WAYS
        self.way = way
        self.is_tls = way.endswith("tls")
        self._server = port
        self._hook = hook
        self._delay = delay
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: list[asyncio.Server] = []
        self.crashes: list[BaseException] = []

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self.crashes:
            raise ExceptionGroup(
                "the proxy failed", [e for e in self.crashes if isinstance(e, Exception)]
            )

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the proxy's thread, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def line(
        self, seed: str, rate: float, *, later: bool = False, only: tuple[str, ...] = FAULTS
    ) -> Line:
        """One more address."""
        line = Line(self, seed, rate, later=later, only=only)
        self.call(self._listen(line))
        return line

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._lock = asyncio.Lock()
        self._loop.run_forever()

    async def _listen(self, line: Line) -> None:
        context = None
        if self.is_tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_suffix(".key"))
        line.port = await self._serve(
            lambda reader, writer: _Client(self, line, reader, writer).serve(), context
        )
        if self.way == "proxy-tls":
            line.tunnel = await self._serve(
                lambda reader, writer: _Tunnel(line, reader, writer).serve()
            )

    async def _serve(
        self,
        work: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
        context: ssl.SSLContext | None = None,
    ) -> int:
        """Do the work for each who connects; gives the port."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await work(reader, writer)
            except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
                pass  # the client went away
            except asyncio.CancelledError:
                pass  # all is over
            except BaseException as error:
                self.crashes.append(error)
            finally:
                self._tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
        self._listening.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _close(self) -> None:
        for server in self._listening:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._upstream is not None:
            self._upstream[1].close()
        await asyncio.sleep(0)

    async def carry(
        self, asked: Asked, reader: asyncio.StreamReader, behind: asyncio.StreamReader | None
    ) -> Answered | None:
        """The server's answer; ``None`` where the client has gone by now.

        ``behind`` is what a tunnel reads of the client: it knows first that the client has gone.
        """
        for _ in range(3):  # an end that came together with the request is seen by then
            await asyncio.sleep(0)
        for each in (reader, behind):
            if each is not None and (each.at_eof() or each.exception() is not None):
                return None
        for attempt in range(2):
            if self._upstream is None:
                self._upstream = await asyncio.open_connection("127.0.0.1", self._server)
            source, sink = self._upstream
            try:
                sink.write(asked.head + asked.body)
                head = await source.readuntil(b"\r\n\r\n")
                body = await source.readexactly(length_of(head))
                return Answered(int(head[9:12]), head, body)
            except (ConnectionError, asyncio.IncompleteReadError):
                self._upstream = None
                if attempt:
                    raise
        return None

    async def rest(self) -> None:
        await asyncio.sleep(0.02)
        async with self._lock:
            pass

    def tell(self, asked: Asked, answered: Answered | None, line: Line, *, given: bool) -> None:
        self._hook(asked, answered, given, line.others)


class _Client:
    """One connection of a client."""

    def __init__(
        self, proxy: Proxy, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.proxy, self.line, self.reader, self.writer = proxy, line, reader, writer
        peer: tuple[str, int] | None = writer.get_extra_info("peername")  # None: it has gone
        self.behind = line.tunnels.get(peer[1]) if peer is not None else None

    async def serve(self) -> None:
        while True:
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            body = await self.reader.readexactly(length_of(head))
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            if self.proxy.way == "proxy":  # what a proxy is asked for is a whole address
                assert path.startswith(self.line.url)
                head = head.replace(self.line.url.encode(), b"", 1)
                path = path.removeprefix(self.line.url)
            asked = Asked(method, path, head, body)
            self.line.late = [each for each in self.line.late if each[0] is not self.writer]
            fault = self.line.draw(asked)
            self.line.log.append(f"{method} {path[-30:]} {fault or 'fine'}")
            if not await (self._unsent if fault in UNSENT else self._sent)(asked, fault):
                return

    async def _unsent(self, asked: Asked, fault: str | None) -> bool:
        async with self.proxy._lock:
            self.proxy.tell(asked, None, self.line, given=False)
        match fault:
            case "cut before":
                return False
            case "reset before":
                return self._reset()
            case "half-closed before":
                return await self._half_close()
            case "delayed before":
                return await self._wait()
            case _:
                assert fault is not None
                await self._write(refusal(int(fault)))
                return True

    async def _sent(self, asked: Asked, fault: str | None) -> bool:
        given = fault is None or fault in GOOD
        async with self.proxy._lock:
            answered = await self.proxy.carry(asked, self.reader, self.behind)
            if answered is None:
                return False
            # of a head with one byte changed, the client may make what was meant
            may_be_given = given or fault == "flipped head"
            self.proxy.tell(asked, answered, self.line, given=may_be_given)
        if given:
            return await self._give(answered, fault, b"gzip" in asked.head.lower())
        assert fault is not None
        return await self._swallow(answered, fault)

    async def _give(self, answered: Answered, fault: str | None, gzips: bool) -> bool:
        whole = answered.whole
        if fault == "gzip" and gzips:
            whole = zipped(answered)
        if fault == "hinted":
            whole = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n" + whole
        if fault == "doubled":
            whole += whole
        if fault == "doubled later":  # noted first: who reads the answer may flush at once
            self.line.late.append((self.writer, whole))
        await self._write(whole)
        if fault == "half-closed":
            return await self._half_close()
        return fault != "closed"

    async def _swallow(self, answered: Answered, fault: str) -> bool:
        dice, head, body = self.line.dice, answered.head, answered.body
        place = dice.randrange(max(1, len(body)))
        match fault:
            case "cut after":
                return False
            case "reset after":
                return self._reset()
            case "half-closed after":
                return await self._half_close()
            case "delayed after":
                return await self._wait()
            case "gateway error":
                await self._write(refusal(dice.choice((502, 503))))
                return True
            case "cut in head":
                await self._write(head[: dice.randrange(1, len(head) - 4)])
                return False
            case "cut in body":
                await self._write(head + body[:place])
                return False
            case "reset in body":
                await self._write(head + body[:place])
                return self._reset()
            case "half-closed in body":
                await self._write(head + body[:place])
                return await self._half_close()
            case "long length":
                await self._write(with_length(head, len(body) + dice.randint(1, 50)) + body)
                return False
            case "short length":
                await self._write(with_length(head, place) + body)
                return True
            case "broken chunk":
                fields = b"transfer-encoding: chunked\r\n\r\n"
                chunk = b"%x\r\n%s\r\n%s\r\n" % (place, body[:place], dice.choice((b"-1", b"zz")))
                await self._write(without_length(head)[:-2] + fields + chunk)
                return True
            case "broken gzip":
                await self._write(zipped(answered, dice))
                return True
            case "cut gzip":
                await self._write(zipped(answered, cut=max(20, place // 8)))
                return True
            case _:
                pass
        match fault:
            case "broken JSON":
                first = body[:1].translate(bytes.maketrans(b"{[", b"[{"))
                body = dice.choice((first + body[1:], b"<p>" + body, body + body, body[:-1] + b"]"))
            case "cut JSON":
                body = body[:place]
            case "no JSON":
                body = b"<!doctype html><title>Sign in</title>"
            case "no record":
                body = dice.choice(NO_RECORDS)
            case "empty":
                body = b""
            case _:
                await self._write(flipped(head, dice) + body)
                return False
        await self._write(with_length(head, len(body)) + body)
        return True

    async def _write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def _reset(self) -> bool:
        reset(self.writer)
        return False

    async def _half_close(self) -> bool:
        if not self.proxy.is_tls:
            with contextlib.suppress(OSError):  # the client has gone
                self.writer.write_eof()
            return await self._wait()
        # TLS knows no such thing: it is cut off, without a farewell, and what comes is still read
        plug: socket.socket | None = self.writer.get_extra_info("socket")
        if plug is not None:  # else the client has gone
            with contextlib.suppress(OSError):
                plug.shutdown(socket.SHUT_WR)
        await self._wait()
        self.writer.transport.abort()
        return False

    async def _wait(self) -> bool:
        """Until the client goes, which it does where it has a timeout; then the end."""
        try:
            async with asyncio.timeout(self.proxy._delay):
                while await self.reader.read(65_536):
                    pass
        except TimeoutError:
            pass
        return False


class _Tunnel:
    """One connection of a client with the proxy that tunnels: what it asks for first may fail."""

    def __init__(
        self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.line, self.reader, self.writer = line, reader, writer

    async def serve(self) -> None:
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n" % self.line.port), head
        if self.line.is_bad():
            fault = self.line.dice.choice(TUNNEL)
            self.line.met[fault] += 1
            match fault:
                case "tunnel cut":
                    return
                case "tunnel reset":
                    reset(self.writer)
                    return
                case "tunnel refused":
                    self.writer.write(refusal(503))
                    await self.writer.drain()
                    return
                case _:  # and something of an answer, which is nobody's
                    self.writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + refusal(503))
                    await self.writer.drain()
                    await self.reader.read()
                    return
        behind, to_server = await asyncio.open_connection("127.0.0.1", self.line.port)
        place: int = to_server.get_extra_info("sockname")[1]
        self.line.tunnels[place] = self.reader
        try:
            self.writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(self.reader, to_server, self.writer))
                group.create_task(_copy(behind, self.writer, to_server))
        finally:
            del self.line.tunnels[place]
            to_server.close()


async def _copy(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, back: asyncio.StreamWriter
) -> None:
    """Carry what comes one way, and how it ends: half-closed, or with both ways cut."""
    try:
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except (ConnectionError, RuntimeError, OSError):
        reset(sink)
        back.transport.abort()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection rudely."""
    plug: socket.socket | None = writer.get_extra_info("socket")
    if plug is not None and plug.fileno() >= 0:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


# -- bytes ----------------------------------------------------------------------------------------


def length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def without_length(head: bytes) -> bytes:
    lines = head.split(b"\r\n")
    return b"\r\n".join(each for each in lines if not each.lower().startswith(b"content-length:"))


def with_length(head: bytes, length: int) -> bytes:
    return without_length(head)[:-2] + b"content-length: %d\r\n\r\n" % length


def zipped(answered: Answered, dice: random.Random | None = None, cut: int | None = None) -> bytes:
    """The answer compressed; spoilt where there are dice, or cut to so many bytes."""
    body = gzip.compress(answered.body)
    if dice is not None:  # within the data or its checksum, which show it
        place = dice.randrange(12, len(body))
        body = body[:place] + bytes([body[place] ^ dice.randint(1, 255)]) + body[place + 1 :]
    body = body[:cut] if cut is None or cut < len(body) - 8 else body[:-9]
    return with_length(answered.head, len(body))[:-2] + b"content-encoding: gzip\r\n\r\n" + body


def refusal(status: int) -> bytes:
    body = json.dumps(
        {
            "status_code": status,
            "type": "api_error",
            "code": CODES.get(status, "bad_gateway"),
            "message": "The proxy refused it.",
        }
    ).encode()
    return (
        f"HTTP/1.1 {status} {REASONS[status]}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


def flipped(head: bytes, dice: random.Random) -> bytes:
    """A head with one byte of it changed, where that can be told or does no harm.

    The status stays, as no client can tell a wrong one; so does the date, as it is what Attio says.
    """
    lines = head.split(b"\r\n")
    at = dice.choice([n for n, line in enumerate(lines) if line and line[:5].lower() != b"date:"])
    line = bytearray(lines[at])
    place = dice.randrange(8 if at == 0 else len(line))
    line[place] ^= dice.randint(1, 127)
    lines[at] = bytes(line)
    return b"\r\n".join(lines)
