"""A small HTTP server in a thread that misbehaves on request: the path says how."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = {"data": [{"n": number} for number in range(2000)]}


class Server(ThreadingHTTPServer):
    """Counts sockets, those that are open now, and requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sockets = self.open = 0
        self.counting = threading.Lock()
        self.paths: list[str] = []
        self.limited = 0
        self.release = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.release.set()
        self.shutdown()
        self.server_close()
        self.thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        with self.server.counting:
            self.server.sockets += 1
            self.server.open += 1

    def finish(self) -> None:
        with self.server.counting:
            self.server.open -= 1
        super().finish()

    def log_message(self, format: str, *args: Any) -> None: ...

    def handle_any(self) -> None:
        self.server.paths.append(self.path)
        self.content = self.rfile.read(int(self.headers.get("content-length", 0)))
        name = self.path.partition("?")[0].rpartition("/")[2]
        if self.path.startswith("/refused/"):  # whatever is asked: no token is good here
            name = "refused"
        getattr(self, f"on_{name.replace('-', '_')}", self.on_echo)()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        fields = {"content_type": "application/json", "content_length": str(len(body)), **headers}
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def on_echo(self) -> None:
        self.answer(
            json.dumps(
                {
                    "method": self.command,
                    "path": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": self.content.decode(),
                    "socket": self.client_address[1],
                }
            ).encode()
        )

    def on_cookie(self) -> None:
        self.answer(b"{}", set_cookie="session=1; Path=/")

    def on_gzip(self) -> None:
        self.answer(gzip.compress(json.dumps(PAGE).encode()), content_encoding="gzip")

    def on_bad_gzip(self) -> None:
        whole = gzip.compress(json.dumps(PAGE).encode())
        self.answer(whole[: len(whole) // 2], content_encoding="gzip")

    def on_html(self) -> None:
        self.answer(b"<!doctype html><title>Sign in</title>", content_type="text/html")

    def on_empty(self) -> None:
        self.answer(b"")

    def on_half_json(self) -> None:
        self.answer(b'{"data": [1, 2')

    def on_truncated(self) -> None:
        self.answer(b'{"data": [1, 2', content_length="5000")
        self.close_connection = True

    def on_drop(self) -> None:
        """Close after the request was read, without an answer."""
        self.close_connection = True

    def on_reset(self) -> None:
        """The same, rudely."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    def on_slow(self) -> None:
        self.server.release.wait(10)
        self.close_connection = True

    def on_drip(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "100")
        self.end_headers()
        self.wfile.write(b"{")
        self.server.release.wait(10)
        self.close_connection = True

    def on_redirect(self) -> None:
        self.answer(b"", 302, location="/v2/echo")

    def on_missing(self) -> None:
        body = {"status_code": 404, "type": "invalid_request_error", "code": "not_found"}
        self.answer(json.dumps(body | {"message": 'Object "x" not found.'}).encode(), 404)

    def on_refused(self) -> None:
        body = {"status_code": 401, "type": "auth_error", "code": "unauthorized"}
        self.answer(json.dumps(body | {"message": "The token is not known."}).encode(), 401)

    def on_limited(self) -> None:
        """Refuse the first request with a date a second ahead, let the next through."""
        self.server.limited += 1
        if self.server.limited > 1:
            self.on_echo()
            return
        later = self.date_time_string(int(time.time()) + 1)
        self.answer(b'{"status_code": 429}', 429, Retry_After=later)
