"""One request on its way through the layers of the transport, and the interface of a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from attio_orm.effects import Operation
from attio_orm.transport.bounds import Deadline
from attio_orm.transport.requests import Request, WireResponse
from attio_orm.transport.tokens import Token


class Exchange(Struct):
    """A request and what became of it so far; each layer reads and notes what is its own.

    ``target`` (the path with its query) and ``body`` are made once, so that what cannot be encoded
    raises before anything is told or counted. ``attempts`` counts those that were begun,
    ``response`` and ``elapsed`` (seconds on the line) are of the last one, ``heard`` is the
    ``Date`` of Attio's last answer before it. ``is_final``: its answer would be the same the next
    time. ``is_late``: there was no time to wait for another attempt. ``waited`` counts the seconds
    that the next attempt is held back, ``limited`` those of them that are due to the limits,
    ``held`` has those of the last one. ``timeout`` and ``max_attempts`` are those of this call,
    where it has its own.
    """

    request: Request
    target: str
    body: bytes
    token: Token | None = None
    attempts: int = 0
    response: WireResponse | None = None
    elapsed: float = 0.0
    heard: str | None = None
    is_final: bool = False
    deadline: Deadline | None = None
    is_late: bool = False
    waited: float = 0.0
    limited: float = 0.0
    held: float = 0.0
    timeout: float | None = None
    max_attempts: int | None = None


Handler: TypeAlias = Callable[[Exchange], Operation[Any]]
"""Gives the decoded answer of an exchange; raises ``APIError`` and ``TransportError``."""


class Layer(Protocol):
    """One concern of every request: ``handle`` does its part around ``send``, the layers below.

    A layer may send several times, or not at all.
    """

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer of the exchange."""
        ...
