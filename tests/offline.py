"""Keeps a test process on this machine: every connection but loopback is refused."""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any


def stay_on_this_machine() -> None:
    """From now on, a connection or name look-up that leaves the machine fails as if unplugged."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise ConnectionRefusedError(f"tests stay on this machine: connect to {address[0]}")
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if host and not _is_address(host) and not _is_local(host):
            raise socket.gaierror(f"tests stay on this machine: look-up of {host}")


def _text(host: str | bytes) -> str:
    return host.decode() if isinstance(host, bytes) else host


def _is_address(host: str | bytes) -> bool:
    try:
        ipaddress.ip_address(_text(host))
    except ValueError:
        return False
    return True


def _is_local(host: str | bytes) -> bool:
    name = _text(host)
    return ipaddress.ip_address(name).is_loopback if _is_address(name) else name == "localhost"
