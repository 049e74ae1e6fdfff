"""One operation, two colours: everything that talks to Attio is a generator that yields effects.

``run`` drives an operation in the calling thread, ``arun`` in the running event loop; a public
method is ``@sync_method`` over its operation, and its twin ``async_twin`` of that.
"""

from attio_orm.effects.concurrency import Handle
from attio_orm.effects.effect import Effect, Operation
from attio_orm.effects.operations import (
    Done,
    Flight,
    Send,
    anew,
    arun,
    async_twin,
    began,
    call,
    check,
    colour,
    emit,
    gather,
    join,
    run,
    sleep,
    spawn,
    sync_method,
    watched,
)

__all__ = [
    "Done", "Effect", "Flight", "Handle", "Operation", "Send", "anew", "arun", "async_twin",
    "began", "call", "check", "colour", "emit", "gather", "join", "run", "sleep", "spawn",
    "sync_method", "watched",
]  # fmt: skip
