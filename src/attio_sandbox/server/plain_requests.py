"""Plain requests are read by httptools; the import raises ImportError where it is missing."""

from __future__ import annotations

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from attio_sandbox.server.connections import CarefulConnection, Connection

# The largest head of a request that is read here; h11 says what is wrong with larger ones.
_HEAD_LIMIT = 16_384
# With these a request may end elsewhere than it seems to, or comes only after an answer.
# httptools alone takes the last one for the connection's.
_CAREFUL = frozenset((b"transfer-encoding", b"upgrade", b"expect", b"proxy-connection"))

_CONNECTION = frozenset((b"close", b"keep-alive", b"Keep-Alive"))


class _NotPlain(Exception):
    """A request that h11 has to read."""


class PlainConnection(Connection, HttpToolsProtocol):
    """Reads plain requests by httptools, in a tenth of the time that h11 takes.

    Those whose head comes whole, names one host, and has at most a length for its body. From the
    first other one on the connection is h11's: what is refused, and what is taken, is up to that
    alone.
    """

    parser: Any  # as uvicorn has both, or None
    cycle: Any

    _head = b""  # of the request that is read
    _left = 0  # bytes of the body that is coming
    _held = b""  # what is read once the answer before it is sent

    def data_received(self, data: bytes) -> None:
        """Read requests, each by whom it is for, and once the one before it is answered."""
        self._unset_keepalive_if_required()
        data = self._held + data
        self._held = b""
        while data:
            if self._left:
                part, data = data[: self._left], data[self._left :]
                self._left -= len(part)
                self.parser.feed_data(part)
                continue
            if self.cycle is not None and not self.cycle.response_complete:
                # uvicorn would read on, and tell the last one alone that the client has gone.
                self._held = data
                self.flow.pause_reading()
                return
            end = data.find(b"\r\n\r\n", 0, _HEAD_LIMIT) + 4
            # One by one, as h11 has to begin where the request begins that is not plain.
            try:
                if end < 4 or data[0] in b"\r\n":  # httptools skips empty lines
                    raise _NotPlain
                self._head = data[:end]
                self.parser.feed_data(self._head)
            except (_NotPlain, httptools.HttpParserError, httptools.HttpParserUpgrade):
                self._hand_over(data)
                return
            data = data[end:]

    def on_headers_complete(self) -> None:
        """Begin to answer a request; what is raised here, httptools raises as its own."""
        hosts = 0
        lengths: list[int] = []
        for name, value in self.headers:
            if name in _CAREFUL or (name == b"connection" and value not in _CONNECTION):
                raise _NotPlain
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                lengths.append(int(value))
        # httptools takes more than one space in it.
        line = b"%b %b HTTP/1.1\r\n" % (self.parser.get_method(), self.url)
        if (
            hosts != 1
            or len(lengths) > 1
            or not self.url.startswith(b"/")
            or b"#" in self.url  # which httptools cuts off
            or not self._head.startswith(line)
            or self.parser.should_upgrade()  # a CONNECT
        ):
            raise _NotPlain
        super().on_headers_complete()
        self._left = sum(lengths)

    def on_response_complete(self) -> None:
        """Go on with the next request."""
        self._joining.flush()  # to HEAD nothing comes after the head
        super().on_response_complete()
        if self._held and not self.transport.is_closing():
            self.data_received(b"")

    def _hand_over(self, data: bytes) -> None:
        """Let h11 read on, from the beginning of a request."""
        self.connections.discard(self)
        careful = CarefulConnection(self.config, self.server_state, self.app_state, self.loop)
        self._socket.set_protocol(careful)
        careful.connection_made(self._socket)
        careful.data_received(data)
