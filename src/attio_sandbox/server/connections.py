"""The connections of the server: how requests are read from them, and answers written."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol


class JoiningTransport:
    """A transport that sends the head of an answer together with what comes after it.

    uvicorn writes the two one after the other; each takes a call of the system, and wakes whoever
    reads. Nothing here begins an answer and then waits before the first part of its body.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send, or hold back what is the head of an answer until the next call."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head + data)
        elif data.startswith(b"HTTP/1.1 ") and data[9:10] != b"1":
            self._head = data  # of no interim answer: 100 is waited for
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send what is held back."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Close the connection once all is sent."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Tell whether it is closed, or about to be."""
        return self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        """Give what the transport has."""
        return getattr(self._transport, name)


class Connection(asyncio.Protocol):
    """What the connections of the server have in common, beside the reading by uvicorn."""

    transport: asyncio.Transport
    client: tuple[str, int] | None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to answer on a connection."""
        assert isinstance(transport, asyncio.Transport)
        self._socket = transport
        self._joining = JoiningTransport(transport)
        # It has all that uvicorn uses of a transport, and not the rest.
        super().connection_made(cast(asyncio.Transport, self._joining))


class CarefulConnection(Connection, H11Protocol):
    """Reads any request, by h11."""

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: the offer is declined by answering it with HTTP/1.1."""
