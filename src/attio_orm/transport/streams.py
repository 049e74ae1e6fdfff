"""What httpcore's connections read from and write to: sockets that know when enough is enough.

Each connection has a ``Wire`` of its own, a network backend of httpcore. It counts what was
written, so that "never sent" is told from "sent and unknown", and bounds what is read: the bytes
of an answer, and the moment by which all of it has to be here. A request is written with one call,
when its answer is first asked for. Importing this imports httpcore.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore

from attio_orm.transport.bounds import TooLong

MOST_HELD = 65536
"""Bytes of a request that are kept back, to be written together."""

MOST_UNREAD = 262144
"""Bytes that an event loop may bring before they are asked for."""


HEAD_START = 0.25
"""Seconds until the next address of a host is tried beside one that does not answer."""


class _Bounds:
    """What one request may take. ``deadline`` is a moment of the monotonic clock.

    ``layers`` is how often TLS is still to be put on, before which nothing is part of a request:
    what is written until then is for a proxy.
    """

    def __init__(self, layers: int) -> None:
        self.layers = layers
        self.deadline: float | None = None
        self.allowance = 0
        self.written = 0

    def begin(self, deadline: float | None, allowance: int) -> None:
        """Count anew, for one more request."""
        self.deadline, self.allowance, self.written = deadline, allowance, 0

    def seconds(self, timeout: float | None) -> float | None:
        """How long to wait at this moment: never past the deadline, never 0."""
        if self.deadline is None:
            return timeout
        left = max(self.deadline - time.monotonic(), 1e-6)  # 0 would mean "do not block"
        return left if timeout is None else min(left, timeout)

    def note(self, size: int) -> None:
        """Count bytes that were written."""
        if self.layers <= 0:
            self.written += size

    def count(self, size: int) -> None:
        """Note bytes that were read."""
        self.allowance -= size
        if self.allowance < 0:
            raise TooLong


# -- threads ---------------------------------------------------------------------------------------


class Wire(_Bounds, httpcore.NetworkBackend):
    """Connects one socket; ``stream`` is it, with TLS where that was put on it."""

    def __init__(self, layers: int) -> None:
        super().__init__(layers)
        self.stream: SocketStream | None = None
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connected socket, by httpcore's own way."""
        stream = self._backend.connect_tcp(
            host, port, self.seconds(timeout), local_address, socket_options
        )
        self.stream = SocketStream(self, stream)
        return self.stream

    def discard(self) -> None:
        """Close the socket, and end what another thread waits for on it."""
        if self.stream is not None:
            self.stream.shut()

    def is_quiet(self) -> bool:
        """Whether nothing came, and nothing closed it, while nobody asked."""
        return self.stream is not None and not self.stream.get_extra_info("is_readable")


class SocketStream(httpcore.NetworkStream):
    """The socket of one of httpcore's streams, within the bounds of its wire."""

    def __init__(self, wire: Wire, stream: httpcore.NetworkStream) -> None:
        self._wire = wire
        self._stream = stream
        self._socket: socket.socket = stream.get_extra_info("socket")
        # TLS through a TLS proxy has a buffer of httpcore's between the two
        self._is_nested = isinstance(stream.get_extra_info("ssl_object"), ssl.SSLObject)
        self._held: list[bytes] = []
        self._size = 0
        self._patience: float | None = None
        self._timeout: object = self  # of the socket, as it was set last

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come; the request that is held back goes out first."""
        if self._held:
            try:
                self._flush(self._patience)
            except httpcore.WriteError:
                # as in httpcore: a server may answer and close before it has read all of it
                if not self._wire.written:
                    raise
        seconds = self._wire.seconds(timeout)
        if self._is_nested:
            data = self._stream.read(max_bytes, seconds)
        else:
            try:
                self._wait_at_most(seconds)
                data = self._socket.recv(max_bytes)
            except TimeoutError as error:
                raise httpcore.ReadTimeout(str(error)) from error
            except OSError as error:
                raise httpcore.ReadError(str(error)) from error
        self._wire.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Hold it back where it is little, for ``read``."""
        if buffer:
            self._held.append(buffer)
            self._size += len(buffer)
            self._patience = timeout
            if self._size > MOST_HELD:
                self._flush(timeout)

    def _flush(self, timeout: float | None) -> None:
        data = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held, self._size = [], 0
        if self._is_nested:
            self._wire.note(len(data))  # how much of it goes is not to be seen from here
            self._stream.write(data, self._wire.seconds(timeout))
            return
        rest = memoryview(data)
        try:
            while rest:
                self._wait_at_most(self._wire.seconds(timeout))
                sent = self._socket.send(rest)
                self._wire.note(sent)
                rest = rest[sent:]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def _wait_at_most(self, seconds: float | None) -> None:
        if seconds != self._timeout:  # only then: it is a system call
            self._socket.settimeout(seconds)
            self._timeout = seconds

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same socket under TLS."""
        upgraded = self._stream.start_tls(ssl_context, server_hostname, self._wire.seconds(timeout))
        self._wire.layers -= 1
        self._wire.stream = SocketStream(self._wire, upgraded)
        return self._wire.stream

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def shut(self) -> None:
        """Close it, from any thread: who waits for it is woken, which ``close`` does not do."""
        # not the method of a TLS socket, which first takes TLS off: another thread may be writing
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        self._stream.close()


# -- event loops -----------------------------------------------------------------------------------


class AsyncWire(_Bounds, httpcore.AsyncNetworkBackend):
    """The twin of ``Wire``, over asyncio itself: httpcore's way goes through another library."""

    def __init__(self, layers: int) -> None:
        super().__init__(layers)
        self.stream: LoopStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connected socket of the running loop."""
        loop = asyncio.get_running_loop()
        more: dict[str, Any] = {}
        # a name may have several addresses, not all of which answer; other loops do without
        if isinstance(loop, asyncio.BaseEventLoop) and not _is_number(host):
            more["happy_eyeballs_delay"] = HEAD_START
        if local_address is not None:
            more["local_addr"] = (local_address, 0)
        try:
            async with asyncio.timeout(self.seconds(timeout)):
                _, stream = await loop.create_connection(
                    lambda: LoopStream(self, loop), host, port, **more
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        self.stream = stream
        return stream

    def discard(self) -> None:
        """Close the socket; what a task waits for on it fails."""
        if self.stream is not None:
            self.stream.abort()

    def is_quiet(self) -> bool:
        """Whether nothing came, and nothing closed it, while nobody asked."""
        return self.stream is not None and not self.stream.get_extra_info("is_readable")


class LoopStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A socket of an event loop, within the bounds of its wire."""

    def __init__(self, wire: AsyncWire, loop: asyncio.AbstractEventLoop) -> None:
        self._wire = wire
        self._loop = loop
        self._transport: Any = None
        self._unread = b""
        self._is_over = self._is_paused = self._is_full = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._held: list[bytes] = []
        self._size = 0
        self._patience: float | None = None

    # -- what the loop calls -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes came, whether anybody asked or not."""
        self._unread = self._unread + data if self._unread else data
        if self._reader is not None:
            _wake(self._reader)
        elif len(self._unread) > MOST_UNREAD and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The server sends no more."""
        self._is_over = True
        _wake(self._reader)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._is_over = True
        self._error = self._error or exc
        for waiting in (self._reader, self._writer):
            _wake(waiting)

    def pause_writing(self) -> None:
        """The server takes no more for now."""
        self._is_full = True

    def resume_writing(self) -> None:
        """It does again."""
        self._is_full = False
        _wake(self._writer)

    # -- what httpcore calls -----------------------------------------------------------------------

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come; the request that is held back goes out first."""
        if self._held:
            await self._flush(self._patience)
        if not self._unread and not self._is_over:
            self._reader = self._loop.create_future()
            try:
                await self._patiently(self._reader, timeout, httpcore.ReadTimeout)
            finally:
                self._reader = None
        data = self._unread
        if len(data) > max_bytes:
            data, self._unread = data[:max_bytes], data[max_bytes:]
        else:
            self._unread = b""
            if self._is_paused:
                self._is_paused = False
                self._transport.resume_reading()
        if not data and self._error is not None:
            raise httpcore.ReadError(str(self._error)) from self._error
        self._wire.count(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Hold it back where it is little, for ``read``."""
        if buffer:
            self._held.append(buffer)
            self._size += len(buffer)
            self._patience = timeout
            if self._size > MOST_HELD:
                await self._flush(timeout)

    async def _flush(self, timeout: float | None) -> None:
        data = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held, self._size = [], 0
        if self._transport.is_closing():
            raise httpcore.WriteError("The connection is closed.")
        self._wire.note(len(data))
        self._transport.write(data)
        if self._is_full:
            self._writer = self._loop.create_future()
            try:
                await self._patiently(self._writer, timeout, httpcore.WriteTimeout)
            finally:
                self._writer = None

    async def _patiently(
        self,
        waiting: asyncio.Future[None],
        timeout: float | None,
        expired: type[httpcore.TimeoutException],
    ) -> None:
        seconds = self._wire.seconds(timeout)
        if seconds is None:
            await waiting
            return
        timer = self._loop.call_later(seconds, _expire, waiting, expired)
        try:
            await waiting
        finally:
            timer.cancel()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The same socket under TLS."""
        if self._unread:  # else it would be taken for what comes under TLS, whoever sent it
            self.abort()
            raise httpcore.ConnectError("Something came before TLS was put on.")
        try:
            async with asyncio.timeout(self._wire.seconds(timeout)):
                self._transport = await self._loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            self.abort()
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            self.abort()
            raise httpcore.ConnectError(str(error)) from error
        self._wire.layers -= 1
        return self

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        if info == "is_readable":
            if self._unread or self._is_over or self._transport.is_closing():
                return True
            return _is_readable(self._transport.get_extra_info("socket"))
        asked = {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        return self._transport.get_extra_info(asked)

    async def aclose(self) -> None:
        """Close the socket; there is nothing to wait for."""
        self.abort()

    def abort(self) -> None:
        """Close it at once: a farewell of TLS would wait for the server's."""
        if self._transport is not None:
            self._transport.abort()


def _is_number(host: str) -> bool:
    """Whether a host is one address, and not a name that may have several."""
    return ":" in host or host.replace(".", "").isdigit()


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


def _expire(waiting: asyncio.Future[None], expired: type[httpcore.TimeoutException]) -> None:
    if not waiting.done():
        waiting.set_exception(expired())


def _is_readable(found: Any) -> bool:
    """Whether bytes, or an end, wait in a socket that the loop has not looked at yet."""
    descriptor = -1 if found is None else found.fileno()
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    asked = select.poll()
    asked.register(descriptor, select.POLLIN)
    return bool(asked.poll(0))
