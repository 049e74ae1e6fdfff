"""A server of raw sockets that answers as no server should, and a proxy: the path says how."""

from __future__ import annotations

import gzip
import json
import re
import socket
import ssl
import threading
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).with_name("certificates") / "localhost.pem"
"""Of localhost and 127.0.0.1, signed by itself."""

BOMB = gzip.compress(bytes(64_000_000))
CHUNK = b"10000\r\n" + b" " * 0x10000 + b"\r\n"


class Listener:
    """Serves each connection in a thread of its own, and counts them."""

    def __init__(self, *, is_tls: bool = False) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.connections = 0
        self.answered = 0
        self.asked: list[str] = []
        self.heads: list[bytes] = []
        self._open: list[socket.socket] = []
        self.context: ssl.SSLContext | None = None
        if is_tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_suffix(".key"))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.context else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listening, *self._open):
            with suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection = self._listening.accept()[0]
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._begin, args=(connection,), daemon=True).start()

    def _begin(self, connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError, ValueError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection:
                self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError

    def read_head(self, connection: socket.socket) -> tuple[bytes, bytes]:
        """The next head, and what came after it; an empty one where the client went away."""
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more or more.startswith(b"\x16"):  # a greeting of TLS
                return b"", b""
            received += more
        head, _, rest = received.partition(b"\r\n\r\n")
        self.heads.append(head)
        return head, rest


class Hostile(Listener):
    """Answers by the last part of the path; ``Answers`` has them all."""

    def settle(self) -> None:
        """Wait until all of every answer is out, with what comes behind it."""
        for _ in range(2000):
            if self.answered == len(self.asked):
                return
            time.sleep(0.005)
        raise AssertionError("the server did not come to an end")

    def serve(self, connection: socket.socket) -> None:
        while True:
            head, rest = self.read_head(connection)
            if not head:
                return
            path = head.split(b" ")[1].decode()
            self.asked.append(path)
            answer = getattr(Answers, path.rpartition("/")[2].replace("-", "_"))
            if answer is not Answers.early:
                found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                length = int(found[1]) if found else 0
                while len(rest) < length:
                    rest += connection.recv(65536)
            is_over = answer(connection, own(path))
            if is_over:
                connection.close()
            self.answered += 1
            if is_over:
                return


def own(path: str) -> bytes:
    """The body that belongs to a path."""
    return json.dumps({"data": path}).encode()


def whole(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """An answer with its length."""
    fields = {"content-type": "application/json", "content-length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


FOREIGN = whole(own("/somebody/elses"))
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Answers:
    """Each sends an answer, and says whether it closes the connection."""

    @staticmethod
    def good(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body))
        return None

    @staticmethod
    def gzip(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(gzip.compress(body), content_encoding="gzip"))
        return None

    @staticmethod
    def two_members(to: socket.socket, body: bytes) -> bool | None:
        packed = gzip.compress(body[:5]) + gzip.compress(body[5:])
        to.sendall(whole(packed, content_encoding="gzip"))
        return None

    @staticmethod
    def deflate(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(zlib.compress(body), content_encoding="deflate"))
        return None

    @staticmethod
    def chunked(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(CHUNKED)
        for byte in body:
            to.sendall(b"1\r\n%c\r\n" % byte)
        to.sendall(b"0\r\n\r\n")
        return None

    @staticmethod
    def informed(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n")
        to.sendall(whole(body))
        return None

    @staticmethod
    def until_closed(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + body)
        return True

    @staticmethod
    def closing(to: socket.socket, body: bytes) -> bool | None:
        """Without saying so before."""
        to.sendall(whole(body))
        return True

    @staticmethod
    def half_closed(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body))
        socket.socket.shutdown(to, socket.SHUT_WR)
        return None

    @staticmethod
    def early(to: socket.socket, body: bytes) -> bool | None:
        """Before the body of the request was read."""
        to.sendall(whole(body, "413 Content Too Large", connection="close"))
        time.sleep(0.2)
        return True

    # -- more than one answer ----------------------------------------------------------------------

    @staticmethod
    def doubled(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body) + FOREIGN)
        return None

    @staticmethod
    def doubled_in_part(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body) + FOREIGN[:3])
        return None

    @staticmethod
    def doubled_while_idle(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body))
        time.sleep(0.02)
        to.sendall(FOREIGN)
        return None

    @staticmethod
    def too_short_a_length(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body + FOREIGN, content_length=str(len(body))))
        return None

    @staticmethod
    def chunked_with_a_tail(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) + FOREIGN)
        return None

    # -- no answer ---------------------------------------------------------------------------------

    @staticmethod
    def nothing(to: socket.socket, body: bytes) -> bool | None:
        return True

    @staticmethod
    def cut_in_the_head(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body)[:20])
        return True

    @staticmethod
    def cut_in_the_body(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body)[:-1])
        return True

    @staticmethod
    def cut_in_a_chunk(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(CHUNKED + b"ff\r\n" + body)
        return True

    @staticmethod
    def cut_gzip(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(gzip.compress(body * 9)[:-9], content_encoding="gzip"))
        return None

    @staticmethod
    def no_gzip(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body, content_encoding="gzip"))
        return None

    @staticmethod
    def garbage(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(b"\x16\x03\x01\x00\xff garbage\r\n\r\n")
        return None

    @staticmethod
    def garbage_in_chunks(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(CHUNKED + b"zz\r\n" + body)
        return None

    @staticmethod
    def two_lengths(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body).replace(b"\r\n", b"\r\ncontent-length: 3\r\n", 1))
        return None

    @staticmethod
    def bad_status(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(body, "2000 Fine"))
        return None

    # -- no end ------------------------------------------------------------------------------------

    @staticmethod
    def endless_head(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            to.sendall(b"x-more: %b\r\n" % (b"y" * 1000))

    @staticmethod
    def endless_informed(to: socket.socket, body: bytes) -> bool | None:
        while True:
            to.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    @staticmethod
    def endless_chunks(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(CHUNKED)
        while True:
            to.sendall(CHUNK)

    @staticmethod
    def endless_body(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            to.sendall(CHUNK)

    @staticmethod
    def endless_refusal(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(CHUNKED.replace(b"200 OK", b"403 Forbidden"))
        while True:
            to.sendall(CHUNK)

    @staticmethod
    def bomb(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(whole(BOMB, content_encoding="gzip"))
        return None

    @staticmethod
    def drip(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            to.sendall(b" ")
            time.sleep(0.02)

    @staticmethod
    def drip_in_the_head(to: socket.socket, body: bytes) -> bool | None:
        to.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            to.sendall(b"y")
            time.sleep(0.02)

    @staticmethod
    def slow(to: socket.socket, body: bytes) -> bool | None:
        to.recv(1)  # until the client goes away
        return True


class Proxy(Listener):
    """Tunnels what it is asked to; refuses all where ``status`` says so."""

    def __init__(self, *, is_tls: bool = False, status: str = "200 OK") -> None:
        super().__init__(is_tls=is_tls)
        self.status = status

    def serve(self, connection: socket.socket) -> None:
        head, _ = self.read_head(connection)
        self.asked.append(head.split(b"\r\n")[0].decode())
        connection.sendall(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
        if not self.status.startswith("200"):
            return
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        with socket.create_connection((host, int(port))) as behind:
            self._open.append(behind)
            threading.Thread(target=_copy, args=(behind, connection), daemon=True).start()
            _copy(connection, behind)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError, ssl.SSLError, ValueError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        socket.socket.shutdown(target, socket.SHUT_RDWR)
