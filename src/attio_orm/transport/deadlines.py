"""The layer of deadlines: how long an operation may take, over all its requests and attempts.

The time runs from the beginning of the call that the user made. Each attempt knows the moment when
it ends (``WireRequest.deadline``), and no wait is begun that would not be over by then.
"""

from __future__ import annotations

import time
from typing import Any

from attio_orm.effects import Operation, began
from attio_orm.errors import (
    APIError,
    DeadlineExceededError,
    OutcomeUnknownError,
    RequestTimeoutError,
    TransportError,
)
from attio_orm.transport.bounds import Deadline
from attio_orm.transport.exchange import Exchange, Handler


class Deadlines:
    """Ends each operation so many seconds after its beginning."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def left(self) -> float:
        """The seconds that the operation under way still has, 0 where it has none."""
        return max(0.0, began() + self.seconds - time.monotonic())

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer, where it comes in time."""
        deadline = exchange.deadline  # the call may have one of its own
        if deadline is None:
            deadline = exchange.deadline = Deadline(self.seconds, began() + self.seconds)
        return (yield from in_time(exchange, deadline, send))


def in_time(exchange: Exchange, deadline: Deadline, send: Handler) -> Operation[Any]:
    """The answer, where it comes before the deadline."""
    try:
        return (yield from send(exchange))
    except (DeadlineExceededError, OutcomeUnknownError):
        raise
    except (APIError, TransportError) as failure:
        if not exchange.is_late:
            raise
        sent = not isinstance(failure, TransportError) or failure.sent  # an answer was sent for
        raise deadline.error(exchange.request, sent=sent) from failure


def check(exchange: Exchange) -> float | None:
    """The moment by which an attempt has to be over; raises where it has passed already."""
    deadline = exchange.deadline
    if deadline is None:
        return None
    if deadline.at <= time.monotonic():
        raise deadline.error(exchange.request, sent=False)
    return deadline.at


def ended(exchange: Exchange, failure: TransportError) -> DeadlineExceededError | None:
    """The error to raise for one that an attempt met because its time was up."""
    deadline = exchange.deadline
    if deadline is None or deadline.left > 0 or not isinstance(failure, RequestTimeoutError):
        return None
    return deadline.error(exchange.request, sent=failure.sent)


def allows(exchange: Exchange, wait: float) -> bool:
    """Whether there is time for a wait, and something after it; notes where there is not."""
    deadline = exchange.deadline
    if deadline is None or wait < deadline.left:
        return True
    exchange.is_late = True
    return False
