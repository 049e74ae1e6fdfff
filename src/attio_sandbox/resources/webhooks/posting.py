"""One HTTP request to a webhook's target, which may hang, redirect, or answer without end."""

from __future__ import annotations

import socket
import string
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from http.client import HTTPConnection


class Post:
    """A POST that another thread may give up on; it has `timeout` seconds from now on."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._connection: HTTPConnection | None = None
        self._timeout = timeout
        self._is_over = False
        self.deadline = time.monotonic() + timeout

    def send(self, headers: Mapping[str, str], body: bytes) -> int:
        """Send it and give the status of the answer, whose body is not read.

        Redirects are not followed. Raises OSError, HTTPException or ValueError where there is no
        answer in time.
        """
        # They load TLS, which a workspace without such webhooks does not need.
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        parts = urlsplit(self._url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        host = parts.hostname
        if not host:
            raise ValueError(f"{self._url!r} names no host")
        connection = self._connection = kind(host, parts.port, timeout=self._timeout)
        try:
            connection.connect()
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
            response = connection.getresponse()
            response.close()
            # The parser takes the end of a connection that was given up for the end of the head.
            if self._is_over:
                raise TimeoutError
            return response.status
        except (OSError, HTTPException) as error:
            if time.monotonic() >= self.deadline or isinstance(error, TimeoutError):
                raise TimeoutError(f"no answer within {self._timeout:g} seconds") from error
            raise
        finally:
            connection.close()

    def give_up(self) -> None:
        """End the connection, which makes `send` fail in its own thread."""
        self._is_over = True
        found = None if self._connection is None else self._connection.sock
        if isinstance(found, socket.socket):
            with suppress(OSError):  # it may be closed by now
                found.shutdown(socket.SHUT_RDWR)
