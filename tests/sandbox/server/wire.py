"""Bytes sent to a server as they are, and programs of their own."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
import time

from attio_sandbox.server import Server


def exchange(server: Server, *parts: bytes, pause: float = 0.05) -> bytes:
    """All that the server says to these bytes, sent one by one, until it closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, part in enumerate(parts):
            if number:
                time.sleep(pause)
            line.sendall(part)
        got = b""
        while part := line.recv(65_536):
            got += part
    return got


def run_program(program: str) -> subprocess.CompletedProcess[str]:
    """The end of a Python program in an interpreter of its own, where warnings are errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
