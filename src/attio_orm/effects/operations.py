"""Operations: generators that yield effects, what drives them, and the methods made of them.

``run`` drives an operation in a thread, ``arun`` in an event loop. An operation calls another with
``yield from``. An effect's failure is raised at its ``yield``; ``finally`` blocks must not yield,
since a stopped operation is closed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Sequence
from contextlib import suppress
from contextvars import ContextVar, Token
from functools import partial, update_wrapper
from threading import get_ident
from time import monotonic
from time import sleep as block
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar, cast

from msgspec import Struct

from attio_orm import signals
from attio_orm.effects import blocking_calls
from attio_orm.effects.concurrency import Handle, TaskWork, ThreadGroup, ThreadWork, gather_tasks
from attio_orm.effects.effect import Effect, Operation, Stop, Stopped
from attio_orm.errors import DeadlineExceededError
from attio_orm.keywords import explained
from attio_orm.signals import Signal

if TYPE_CHECKING:
    from concurrent.futures import Future

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

DEFAULT_LIMIT = 16


if TYPE_CHECKING:

    class Done(Generator[Effect, Any, T]):
        """An operation whose ``result`` is known: it need not be driven."""

        result: T

        def __init__(self, result: T) -> None: ...
        def send(self, value: Any, /) -> Effect: ...
        def throw(self, kind: Any, error: Any = None, traceback: Any = None, /) -> Effect: ...
else:

    class Done(Struct):  # one for each call that a session answers: made without a line of Python
        """An operation whose ``result`` is known: it need not be driven."""

        result: Any

        def __iter__(self):
            return self

        def __next__(self):
            raise StopIteration(self.result)

        def throw(self, kind, error=None, traceback=None, /):
            raise kind if error is None else error

        def close(self):
            """Nothing was begun."""


# When the call that the user made was begun; those that it makes itself are part of it.
_begun: ContextVar[float | None] = ContextVar("attio_orm_begun", default=None)


# What goes round each operation that a user begins; nothing, unless telemetry was asked for.
watches: list[Callable[[Operation[Any]], Operation[Any]]] = []


def _watched_by_all(operation: Operation[T]) -> Operation[T]:
    for watch in watches.copy():
        operation = watch(operation)
    return operation


def run(operation: Operation[T], called: str = "A sync call", instead: str = "its async twin") -> T:
    """Drive an operation to its end in this thread; gives its result or raises its exception.

    ``called`` and ``instead`` are what the user wrote and its twin, for a ``BlockingCallWarning``.
    """
    # without asyncio there is no loop to stop, which a program that never awaits is not to pay for
    loops = "asyncio.events" in sys.modules
    blocking = blocking_calls.blocking_call(called, instead) if loops else None
    begun = None if _begun.get() is not None else _begun.set(monotonic())
    token = None if blocking is None else blocking_calls.under_way.set(blocking)
    if watches and begun is not None:
        operation = _watched_by_all(operation)
    try:
        return drive(operation, None)
    finally:
        if token is not None:
            blocking_calls.under_way.reset(token)
        if begun is not None:
            _begun.reset(begun)


async def arun(operation: Operation[T]) -> T:
    """Drive an operation to its end in the running event loop; the twin of ``run``."""
    begun = None if _begun.get() is not None else _begun.set(monotonic())
    if watches and begun is not None:
        operation = _watched_by_all(operation)
    try:
        effect = next(operation)
        while True:
            try:
                result = await effect.aperform()
            except GeneratorExit:  # the coroutine itself is being closed: nothing may be awaited
                raise
            except BaseException as error:
                effect = operation.throw(error)
            else:
                effect = operation.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        operation.close()
        if begun is not None:
            reset(_begun, begun)


def reset(variable: ContextVar[T], token: Token[T]) -> None:
    """Give a context variable back what it was, at the end of an operation that has set it."""
    try:  # noqa: SIM105 - suppress() is slow, and each request would pay for it
        variable.reset(token)
    except ValueError:
        pass  # closed by the garbage collector, in another context


def began() -> float:
    """The moment, by ``time.monotonic()``, when the outermost operation under way was begun."""
    begun = _begun.get()
    return monotonic() if begun is None else begun


def anew(operation: Operation[T]) -> Operation[T]:
    """The operation, begun by itself: for one of many that a longer one does for the user."""
    token = _begun.set(monotonic())
    try:
        return (yield from operation)
    finally:
        reset(_begun, token)


def drive(operation: Operation[T], stop: Stop | None) -> T:
    """Drive an operation in this thread until it ends or ``stop`` calls it off (``Stopped``)."""
    try:
        effect = next(operation)
        while True:
            if stop is not None and stop.stopped:  # between effects, so that none is cut in two
                raise Stopped
            try:
                result = effect.perform(stop)
            except Stopped:  # not for the operation to catch: it is closed, as if it were cancelled
                raise
            except BaseException as error:
                effect = operation.throw(error)
            else:
                effect = operation.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        operation.close()


# -- effects ---------------------------------------------------------------------------------------


class Call(Struct, eq=False, gc=False):
    """Calls ``sync`` in a thread, or awaits what ``async_`` gives; neither takes arguments."""

    sync: Callable[[], Any]
    async_: Callable[[], Awaitable[Any]]

    def perform(self, stop: Stop | None) -> Any:
        return self.sync()

    async def aperform(self) -> Any:
        return await self.async_()


class Sender(Protocol):
    """What ``Send`` sends through: a backend of the transport."""

    def send(self, request: Any, /) -> Any:
        """Send and wait for the answer."""

    async def asend(self, request: Any, /) -> Any:
        """The twin of ``send``."""


class Send(Struct, eq=False, gc=False):
    """Sends one wire request through a backend; the result is its wire response.

    ``blocks`` says whether a sync call waits for somebody else meanwhile.
    """

    backend: Sender
    request: object
    blocks: bool = True

    def perform(self, stop: Stop | None) -> Any:
        # here and not at the call: what the cache or the session answers blocks nothing
        if self.blocks:
            blocking_calls.note_sending()
        return self.backend.send(self.request)

    def aperform(self) -> Awaitable[Any]:  # no coroutine of its own, which each request would make
        answer: Awaitable[Any] = self.backend.asend(self.request)
        return answer


class Sleep(Struct, eq=False, gc=False):
    """Waits for some seconds."""

    seconds: float

    def perform(self, stop: Stop | None) -> None:
        if self.seconds > 0:
            if stop is None:
                block(self.seconds)
            else:
                stop.sleep(self.seconds)

    async def aperform(self) -> None:
        if self.seconds > 0:
            from asyncio import sleep  # here: sync programs never import asyncio

            await sleep(self.seconds)


class Gather(Struct, eq=False, gc=False):
    """Runs operations in parallel, at most ``limit`` at once; the result lists theirs in order.

    The first failure stops the others and is raised itself. Threads and tasks run in copies of the
    caller's context, and none is left when the effect ends.
    """

    operations: Sequence[Operation[Any]]
    limit: int = DEFAULT_LIMIT

    def perform(self, stop: Stop | None) -> list[Any]:
        if len(self.operations) < 2:  # most often: no thread for one alone
            return [drive(operation, stop) for operation in self.operations]
        return ThreadGroup(self.operations, stop, drive).work_with(
            min(self.limit, len(self.operations))
        )

    async def aperform(self) -> list[Any]:
        if len(self.operations) < 2:
            return [await arun(operation) for operation in self.operations]
        return await gather_tasks(self.operations, self.limit, arun)


class Spawn(Struct, eq=False, gc=False):
    """Starts an operation beside this one; the result is its ``Handle``."""

    operation: Operation[Any]

    def perform(self, stop: Stop | None) -> Handle[Any]:
        return Handle(ThreadWork(self.operation, stop, drive))

    async def aperform(self) -> Handle[Any]:
        return Handle(TaskWork(arun(self.operation)))


# -- the same, typed, for ``yield from`` -----------------------------------------------------------


def call(sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> Operation[T]:
    """Call the form that fits the colour; gives its result (see ``Call``)."""
    result: T = yield Call(sync, async_)
    return result


def gather(operations: Iterable[Operation[T]], limit: int | None = None) -> Operation[list[T]]:
    """Run operations in parallel; gives their results in order (see ``Gather``)."""
    at_once = DEFAULT_LIMIT if limit is None else max(1, limit)
    result: list[T] = yield Gather(list(operations), at_once)
    return result


def watched(operation: Operation[T], note: Callable[[Effect], object]) -> Operation[T]:
    """The same operation; ``note`` is told of each of its effects, before it is carried out."""
    try:
        effect = next(operation)
        while True:
            note(effect)
            try:
                result = yield effect
            except GeneratorExit:  # closed: so is the operation, below
                raise
            except BaseException as error:
                effect = operation.throw(error)
            else:
                effect = operation.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        operation.close()


def spawn(operation: Operation[T]) -> Operation[Handle[T]]:
    """Start work beside this; gives its handle (see ``Spawn``)."""
    result: Handle[T] = yield Spawn(operation)
    return result


def join(handle: Handle[T]) -> Operation[T]:
    """Wait for spawned work; gives its result or raises its exception.

    A wait that is cancelled leaves the spawned work alone: it can be joined again.
    """
    # this frame holds the handle while it waits: a handle that is dropped calls its work off
    result: T = yield Call(handle.work.result, handle.work.aresult)
    return result


def sleep(seconds: float) -> Operation[None]:
    """Wait for some seconds."""
    yield Sleep(seconds)


async def _async() -> Literal["async"]:
    return "async"


_COLOUR: Effect = Call(lambda: "sync", _async)  # made once, as each shared read asks


def colour() -> Operation[Literal["sync", "async"]]:
    """Tell how the operation is driven."""
    result: Literal["sync", "async"] = yield _COLOUR
    return result


def check(signal: Signal, sender: object) -> Operation[None]:
    """Raise ``AsyncReceiverError`` where the work runs under ``run`` and a receiver is a coroutine.

    Before anything is sent, for signals that are emitted after; free where nobody listens.
    """
    if signal.receivers:
        yield Call(lambda: signals.refuse_coroutines(signal, sender), _welcome)


async def _welcome() -> None:
    """Under ``arun`` both kinds of receivers are called."""


def emit(signal: Signal, sender: object, /, **values: object) -> Operation[None]:
    """Call the receivers of ``sender``, in the order they were connected; free if there is none.

    Raises what they raise.
    """
    if signal.receivers:
        yield Call(
            lambda: signals.send(signal, sender, values),
            lambda: signals.asend(signal, sender, values),
        )


# -- the public methods of an operation ------------------------------------------------------------


def sync_method(
    operation: Callable[Concatenate[S, P], Operation[T]],
) -> Callable[Concatenate[S, P], T]:
    """A method that runs the operation and gives its result; a decorator.

    The signature is written once: ``aget = async_twin(get)`` is the same for async code.
    """
    called, instead = f"{operation.__name__}()", f"its twin: await a{operation.__name__}()"

    def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            made = operation(self, *args, **kwargs)
        except TypeError:
            better = explained(operation, kwargs)
            if better is None:
                raise
            raise better from None
        return cast("Done[T]", made).result if type(made) is Done else run(made, called, instead)

    update_wrapper(method, operation)
    return method


def async_twin(
    method: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """The twin of a ``sync_method``: a coroutine method over the same operation."""
    operation: Callable[Concatenate[S, P], Operation[T]] = method.__wrapped__  # type: ignore[attr-defined]
    name = operation.__name__

    async def twin(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            made = operation(self, *args, **kwargs)
        except TypeError:
            better = explained(operation, kwargs)
            if better is None:
                raise
            raise better from None
        return cast("Done[T]", made).result if type(made) is Done else await arun(made)

    # signature() finds the parameters through ``__wrapped__``
    twin.__wrapped__ = operation  # type: ignore[attr-defined]
    twin.__name__ = f"a{name}"
    twin.__qualname__ = f"{operation.__qualname__.removesuffix(name)}a{name}"
    twin.__module__ = operation.__module__
    twin.__doc__ = f"The twin of ``{name}()``."
    return twin


# -- single flight ---------------------------------------------------------------------------------

# Whoever leads a flight never waits for another, so that no two can wait for each other: a signal
# receiver that runs inside a flight, and needs a flight itself, asks on its own. Without this, two
# threads whose receivers need what the other one fetches would wait for ever.
_leading: ContextVar[bool] = ContextVar("attio_orm_leading", default=False)


class Flight:
    """Something that one caller does and others wait for.

    They wait for a future, which is made for the first of them: most often there is none.
    """

    __slots__ = ("_awaited", "_outcome", "colour", "thread")

    def __init__(self, colour: str) -> None:
        self.thread = get_ident()
        self.colour = colour
        self._outcome: tuple[str, Any] | None = None
        self._awaited: dict[str, Future[tuple[str, Any]]] = {}

    def blocks(self, colour: str) -> bool:
        """Whether waiting for it would stop the very thread that is to bring it home."""
        return self.thread == get_ident() and "sync" in (self.colour, colour)

    def land(self, how: str, what: Any) -> None:
        """Tell everybody who waits what came of it."""
        # first noted, then told: who comes in between finds that it is over
        self._outcome = how, what
        future = self._awaited.get("outcome")
        if future is not None:
            future.set_result(self._outcome)

    def _future(self) -> Future[tuple[str, Any]]:
        from concurrent.futures import Future  # here: the package is imported without it

        # setdefault is one step: all who wait, in whatever thread, get the same
        return self._awaited.setdefault("outcome", Future())

    def landed(self, within: float | None = None) -> tuple[str, Any]:
        """Wait for the outcome; ``within`` so many seconds, else it is as if it was cancelled."""
        future = self._future()
        if self._outcome is not None:  # looked at after the future was there to be found
            return self._outcome
        with suppress(TimeoutError):
            return future.result(within)
        return "late", None

    async def arrived(self, within: float | None = None) -> tuple[str, Any]:
        """The twin of ``landed``."""
        from asyncio import shield, wait_for, wrap_future  # here: sync programs import no asyncio

        future = self._future()
        if self._outcome is not None:
            return self._outcome
        # shielded: one who waits and is cancelled would cancel the outcome for all the others
        with suppress(TimeoutError):
            return await wait_for(shield(wrap_future(future)), within)
        return "late", None


class SingleFlight:
    """The operations under way, by what they bring. A fork never waits for those of its parent."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight] = {}

    def share(
        self, key: Hashable, operation: Callable[[], Operation[T]], *, within: float | None = None
    ) -> Operation[T]:
        """What the operation gives: started here, or awaited where it is under way already.

        A failure is raised to everybody who waits. Where the one who started it was cancelled, or
        had no more time, one of those who wait starts it again; who has waited for ``within``
        seconds starts it for itself.
        """
        mine = yield from colour()
        place = (os.getpid(), key)  # in a fork, the threads that were to land are not there
        while not _leading.get():
            flight = Flight(mine)
            # setdefault is one step: of threads that come at once exactly one leads, without a lock
            found = self._under_way.setdefault(place, flight)
            if found is flight:
                return (yield from self._lead(place, flight, operation))
            if found.blocks(mine):
                break
            how, what = yield from call(
                partial(found.landed, within), partial(found.arrived, within)
            )
            if how == "late":
                break
            if how == "error":
                raise what
            if how == "value":
                result: T = what
                return result
        return (yield from operation())

    def _lead(
        self, place: Hashable, flight: Flight, operation: Callable[[], Operation[T]]
    ) -> Operation[T]:
        token = _leading.set(True)
        how: str = "cancelled"
        what: Any = None
        try:
            result = yield from operation()
            how, what = "value", result
            return result
        except DeadlineExceededError:  # its own: those who wait may have begun later
            raise
        except Exception as error:
            how, what = "error", error
            raise
        finally:
            reset(_leading, token)
            # first out of the table, then landed: who comes in between starts a flight of its own,
            # and never waits for one that is over
            del self._under_way[place]
            flight.land(how, what)
