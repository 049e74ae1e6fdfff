"""What holds for the calls of one queryset or block alone: their time, their attempts.

They are kept in the context of the operation, so that nobody else's calls meet them.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.effects import Operation, began
from attio_orm.effects.operations import reset
from attio_orm.errors import ValidationError
from attio_orm.transport.bounds import FOREVER, Deadline

T = TypeVar("T")


class CallOptions(Struct, frozen=True):
    """``timeout`` in seconds a wait, ``deadline`` a call; ``ends`` are those of blocks, by owner.

    What is ``None`` is as the connection has it.
    """

    timeout: float | None = None
    deadline: float | None = None
    max_attempts: int | None = None
    ends: tuple[tuple[object, Deadline], ...] = ()

    def within(self, outer: CallOptions) -> CallOptions:
        """These options; what they leave open is as ``outer`` has it."""
        return CallOptions(
            self.timeout or outer.timeout,
            self.deadline or outer.deadline,
            self.max_attempts or outer.max_attempts,
            outer.ends,
        )

    def end_for(self, owner: object, usual: float | None) -> Deadline | None:
        """When a call through ``owner`` has to be over, which by itself allows ``usual`` seconds.

        The first of the ends of blocks and of the call's own.
        """
        seconds = self.deadline if self.deadline is not None else usual
        ends = [end for of, end in self.ends if of is owner]
        if seconds is not None:
            ends.append(Deadline(seconds, began() + seconds))
        return min(ends, key=lambda end: end.at, default=None)


in_force: ContextVar[CallOptions | None] = ContextVar("attio_orm_call_options", default=None)
"""The options of the calls under way here; ``None`` is the rule."""


def under(options: CallOptions, operation: Operation[T]) -> Operation[T]:
    """The operation, with these options for all that it sends."""
    outer = in_force.get()
    if outer is not None:  # the nearest counts, and the blocks around it as well
        options = options.within(outer)
    token = in_force.set(options)
    try:
        return (yield from operation)
    finally:
        reset(in_force, token)


def ending(owner: object, seconds: float) -> CallOptions:
    """The options in force here, and that what goes through ``owner`` ends in so many seconds."""
    seconds = min(seconds, FOREVER)
    outer = in_force.get() or CallOptions()
    end = owner, Deadline(seconds, time.monotonic() + seconds)
    return replace(outer, ends=(*outer.ends, end))


def call_options(
    timeout: float | None, deadline: float | None, max_attempts: int | None
) -> CallOptions | None:
    """The options of a call, checked; ``None`` where there are none. Raises ``ValidationError``."""
    if timeout is None and deadline is None and max_attempts is None:
        return None
    for name, seconds in (("timeout", timeout), ("deadline", deadline)):
        if seconds is not None:
            check_seconds(name, seconds)
    if max_attempts is not None:
        check_attempts(max_attempts)
    return CallOptions(
        None if timeout is None else min(timeout, FOREVER),
        None if deadline is None else min(deadline, FOREVER),
        max_attempts,
    )


def check_seconds(name: str, given: object, instead: str = "") -> None:
    """Raise ``ValidationError`` for anything but a number of seconds above 0."""
    # bool is an int, and never meant here; "not a number" is neither above 0 nor below
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        raise ValidationError(f"{name} is a number of seconds above 0{instead}, not {given!r}.")


def check_attempts(given: object) -> None:
    """Raise ``ValidationError`` for anything but a number of attempts."""
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise ValidationError(f"max_attempts is a whole number from 1 on, not {given!r}.")
