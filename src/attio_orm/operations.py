"""The sans-I/O core: an operation is a generator that yields effects and receives their results.

``run`` drives an operation in the calling thread, ``arun`` in the running event loop. Everything
that talks to Attio is written once as an operation; ``save()`` and ``asave()`` are ``run`` and
``arun`` of the same generator. An operation calls another with ``yield from``.

Rules for writers of operations: an effect's failure is raised at its ``yield``; ``finally`` blocks
must not yield, since a stopped operation is closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import sleep as block
from typing import Any, Literal, Protocol, TypeVar

from attio_orm import signals
from attio_orm.drivers import Effect, Operation, Stop, arun, drive, run
from attio_orm.parallel import Crew, Handle, TaskWork, ThreadWork, gather_tasks
from attio_orm.signals import Signal

__all__ = [
    "Call",
    "Check",
    "Colour",
    "Effect",
    "Emit",
    "Gather",
    "Handle",
    "Join",
    "Operation",
    "Send",
    "Sleep",
    "Spawn",
    "arun",
    "call",
    "check",
    "colour",
    "emit",
    "gather",
    "join",
    "run",
    "sleep",
    "spawn",
]

T = TypeVar("T")
RequestT = TypeVar("RequestT", contravariant=True)
ResponseT = TypeVar("ResponseT", covariant=True)

DEFAULT_LIMIT = 16


class Call(Effect):
    """Calls ``sync`` in a thread, or awaits what ``async_`` gives; neither takes arguments."""

    __slots__ = ("async_", "sync")

    def __init__(self, sync: Callable[[], Any], async_: Callable[[], Awaitable[Any]]) -> None:
        """The two forms of one action."""
        self.sync = sync
        self.async_ = async_

    def perform(self, stop: Stop | None) -> Any:
        """Call the sync form."""
        return self.sync()

    async def aperform(self) -> Any:
        """Await the async form."""
        return await self.async_()


class Sender(Protocol[RequestT, ResponseT]):
    """What ``Send`` sends through: a backend of the transport."""

    def send(self, request: RequestT, /) -> ResponseT:
        """Send and wait for the answer."""
        ...

    async def asend(self, request: RequestT, /) -> ResponseT:
        """The twin of ``send``."""
        ...


class Send(Effect):
    """Sends one wire request through a backend; the result is its wire response."""

    __slots__ = ("backend", "request")

    def __init__(self, backend: Sender[Any, Any], request: Any) -> None:
        """``backend.send(request)``, in either colour."""
        self.backend = backend
        self.request = request

    def perform(self, stop: Stop | None) -> Any:
        """Send in this thread."""
        return self.backend.send(self.request)

    async def aperform(self) -> Any:
        """Send in the event loop."""
        return await self.backend.asend(self.request)


class Sleep(Effect):
    """Waits for some seconds."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        """``seconds`` of zero or less do not wait."""
        self.seconds = seconds

    def perform(self, stop: Stop | None) -> None:
        """Block this thread."""
        if self.seconds > 0:
            if stop is None:
                block(self.seconds)
            else:
                stop.sleep(self.seconds)

    async def aperform(self) -> None:
        """Let the event loop go on meanwhile."""
        if self.seconds > 0:
            from asyncio import sleep

            await sleep(self.seconds)


class Colour(Effect):
    """Tells how the operation is driven: ``"sync"`` or ``"async"``."""

    __slots__ = ()

    def perform(self, stop: Stop | None) -> Literal["sync"]:
        """It is ``run``."""
        return "sync"

    async def aperform(self) -> Literal["async"]:
        """It is ``arun``."""
        return "async"


class Check(Effect):
    """Raises ``AsyncReceiverError`` under ``run`` where ``sender`` has a coroutine receiver."""

    __slots__ = ("sender", "signal")

    def __init__(self, signal: Signal, sender: object) -> None:
        """Checked before anything is sent, for signals that are emitted after."""
        self.signal = signal
        self.sender = sender

    def perform(self, stop: Stop | None) -> None:
        """Refuse coroutine receivers."""
        signals.refuse_coroutines(self.signal, self.sender)

    async def aperform(self) -> None:
        """Both kinds of receivers are welcome."""


class Emit(Effect):
    """Calls the receivers of a signal, in the order they were connected."""

    __slots__ = ("sender", "signal", "values")

    def __init__(self, signal: Signal, sender: object, values: Mapping[str, Any]) -> None:
        """``values`` are the keyword arguments of the receivers."""
        self.signal = signal
        self.sender = sender
        self.values = values

    def perform(self, stop: Stop | None) -> None:
        """Call them; with a coroutine receiver among them none runs."""
        signals.send(self.signal, self.sender, self.values)

    async def aperform(self) -> None:
        """Call them, and await the coroutines one after another."""
        await signals.asend(self.signal, self.sender, self.values)


class Gather(Effect):
    """Runs operations in parallel, at most ``limit`` at once; the result lists theirs in order.

    The first failure stops the others and is raised itself. Threads and tasks run in copies of the
    caller's context, and none is left when the effect ends.
    """

    __slots__ = ("limit", "operations")

    def __init__(self, operations: Iterable[Operation[Any]], limit: int | None = None) -> None:
        """``limit`` of ``None`` is 16."""
        self.operations = list(operations)
        self.limit = DEFAULT_LIMIT if limit is None else max(1, limit)

    def perform(self, stop: Stop | None) -> list[Any]:
        """In threads; this one takes its share of the work."""
        if len(self.operations) < 2:
            return [drive(operation, stop) for operation in self.operations]
        return Crew(self.operations, stop).work_with(min(self.limit, len(self.operations)))

    async def aperform(self) -> list[Any]:
        """In tasks."""
        if len(self.operations) < 2:
            return [await arun(operation) for operation in self.operations]
        return await gather_tasks(self.operations, self.limit)


class Spawn(Effect):
    """Starts an operation beside this one; the result is its ``Handle``."""

    __slots__ = ("operation",)

    def __init__(self, operation: Operation[Any]) -> None:
        """It starts at once, in a thread or a task."""
        self.operation = operation

    def perform(self, stop: Stop | None) -> Handle[Any]:
        """In a thread."""
        return Handle(ThreadWork(self.operation, stop))

    async def aperform(self) -> Handle[Any]:
        """In a task."""
        return Handle(TaskWork(self.operation))


class Join(Effect):
    """Waits for a spawned operation; gives its result or raises its exception."""

    __slots__ = ("handle",)

    def __init__(self, handle: Handle[Any]) -> None:
        """A wait that is cancelled leaves the spawned work alone: it can be joined again."""
        self.handle = handle

    def perform(self, stop: Stop | None) -> Any:
        """Block until it is done."""
        return self.handle.work.result()

    async def aperform(self) -> Any:
        """Await it."""
        return await self.handle.work.aresult()


# -- the same, typed, for ``yield from`` -----------------------------------------------------------


def call(sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> Operation[T]:
    """Call the form that fits the colour; gives its result (see ``Call``)."""
    result: T = yield Call(sync, async_)
    return result


def gather(operations: Iterable[Operation[T]], limit: int | None = None) -> Operation[list[T]]:
    """Run operations in parallel; gives their results in order (see ``Gather``)."""
    result: list[T] = yield Gather(operations, limit)
    return result


def spawn(operation: Operation[T]) -> Operation[Handle[T]]:
    """Start work beside this; gives its handle (see ``Spawn``)."""
    result: Handle[T] = yield Spawn(operation)
    return result


def join(handle: Handle[T]) -> Operation[T]:
    """Wait for spawned work; gives its result (see ``Join``)."""
    result: T = yield Join(handle)
    return result


def sleep(seconds: float) -> Operation[None]:
    """Wait for some seconds."""
    yield Sleep(seconds)


def colour() -> Operation[Literal["sync", "async"]]:
    """Tell how the operation is driven."""
    result: Literal["sync", "async"] = yield Colour()
    return result


def check(signal: Signal, sender: object) -> Operation[None]:
    """Refuse coroutine receivers now, under sync; free where nobody listens (see ``Check``)."""
    if signal.receivers:
        yield Check(signal, sender)


def emit(signal: Signal, sender: object, /, **values: Any) -> Operation[None]:
    """Call the receivers of ``sender``; free where nobody listens (see ``Emit``)."""
    if signal.receivers:
        yield Emit(signal, sender, values)
