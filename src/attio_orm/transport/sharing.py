"""Equal reads that are under way at one time are one request, until a write ends that.

Only reads that ask for it are shared (``sharing_reads``): what a write is decided by (a look for
conflicts, a repeat) has to be asked for after the moment at which it was needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic
from typing import Any, Protocol, TypeVar, cast

import msgspec

from attio_orm.effects import Operation
from attio_orm.effects.operations import SingleFlight, reset
from attio_orm.guards import is_list
from attio_orm.transport.deadlines import Deadlines
from attio_orm.transport.exchange import Exchange, Handler

T = TypeVar("T")

are_shared: ContextVar[bool] = ContextVar("attio_orm_reads_shared", default=False)
"""Whether what is read here may be the answer to somebody's equal request."""


def sharing_reads(operation: Operation[T]) -> Operation[T]:
    """Let what this operation reads be one request with equal ones that are under way."""
    token = are_shared.set(True)
    try:
        return (yield from operation)
    finally:
        reset(are_shared, token)


class Asked(Protocol):
    """What knows when it was asked for, on the monotonic clock; zero where nobody has said."""

    asked: float


class SharedReads:
    """Of equal reads under way on one connection, the first is sent; the others wait for it."""

    def __init__(self, deadlines: Deadlines | None = None) -> None:
        """``deadlines`` bound how long one waits for another's answer, where there are any."""
        self._deadlines = deadlines
        self._flights = SingleFlight()

    def end(self) -> None:
        """A write begins or has ended: who reads from now on may not get what was read before."""
        self._flights = SingleFlight()

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer, decoded for each who waits: what one of them changes is nobody else's."""
        request, begun = exchange.request, monotonic()

        def sent() -> Operation[tuple[Exchange, float, Any]]:
            return exchange, begun, (yield from send(exchange))

        # Not the params and the JSON, but what was made of them; and not what decodes the answer:
        # each who waits does that for itself.
        key = request.method, exchange.target, exchange.body
        within = None if self._deadlines is None else self._deadlines.left()
        first, since, result = yield from self._flights.share(key, sent, within=within)
        if first is exchange or first.response is None:
            return result
        with suppress(msgspec.DecodeError, ValueError):  # it was not decoded the first time either
            result = request.decode(first.response.body)
            note_asked(result, since)
        return result


def note_asked(result: object, since: float) -> None:
    """Note when rows were asked for, by the monotonic clock."""
    # else rows would count as newer than they are, and replace what was read meanwhile
    rows: Iterable[object] = result if is_list(result) else (result,)
    for row in rows:
        if hasattr(row, "asked"):  # a check by its protocol takes ten times as long
            cast("Asked", row).asked = since
