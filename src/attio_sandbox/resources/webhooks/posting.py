"""One HTTP request to a webhook's target, which may hang, redirect, or answer without end."""

from __future__ import annotations

import socket
import string
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

# What is kept of the body of an answer, and the seconds that it may take to come: the status
# decides, and a target that gave one holds up no other delivery for long.
KEPT_BYTES = 8_192
BODY_WAIT = 1.0


class Answer(NamedTuple):
    """What a target answered: a status, and the beginning of the body."""

    status: int
    body: bytes = b""


class Post:
    """A POST that another thread may give up on; it has `timeout` seconds from now on."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._socket: socket.socket | None = None
        self._timeout = timeout
        self._is_over = False
        self.deadline = time.monotonic() + timeout

    def send(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it and give the answer, of whose body only the beginning is read.

        A body that breaks off, or does not come, is as much as came of it. Redirects are not
        followed. Raises OSError, HTTPException or ValueError where there is no answer in time.
        """
        # They load TLS, which a workspace without such webhooks does not need.
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        parts = urlsplit(self._url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        host = parts.hostname
        if not host:
            raise ValueError(f"{self._url!r} names no host")
        connection: HTTPConnection = kind(host, parts.port, timeout=self._timeout)
        try:
            connection.connect()
            # The connection forgets it with the head of an answer that ends it.
            self._socket = connection.sock
            if self._is_over:
                raise TimeoutError
            path = parts.path or "/"
            whole = f"{path}?{parts.query}" if parts.query else path
            connection.request(
                "POST",
                quote(whole, safe=string.punctuation),  # a space, or a letter beyond ASCII
                body=body,
                headers=dict(headers),
            )
            with connection.getresponse() as response:
                # The parser takes the end of a connection that was given up for that of the head.
                if self._is_over:
                    raise TimeoutError
                return Answer(response.status, self._beginning(response))
        except (OSError, HTTPException) as error:
            if time.monotonic() >= self.deadline or isinstance(error, TimeoutError):
                raise TimeoutError(f"no answer within {self._timeout:g} seconds") from error
            raise
        finally:
            connection.close()

    def _beginning(self, response: HTTPResponse) -> bytes:
        from http.client import HTTPException

        until = min(self.deadline, time.monotonic() + BODY_WAIT)
        found = b""
        with suppress(OSError, HTTPException, ValueError):
            while len(found) < KEPT_BYTES and (left := until - time.monotonic()) > 0:
                if self._socket is not None:
                    self._socket.settimeout(left)
                part = response.read1(KEPT_BYTES - len(found))
                if not part:
                    break
                found += part
        return found

    def give_up(self) -> None:
        """End the connection, which makes `send` fail in its own thread, or end with a body."""
        self._is_over = True
        if self._socket is not None:
            with suppress(OSError):  # it may be closed by now
                self._socket.shutdown(socket.SHUT_RDWR)
