"""``connection.concurrent()``: calls of your own side by side, every outcome kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeAlias

from attio_orm.effects.blocking_calls import note_waiting
from attio_orm.effects.concurrency import abandon, cancel_all
from attio_orm.errors import ValidationError
from attio_orm.pickles import public_in

if TYPE_CHECKING:
    from asyncio import Semaphore, Task
    from concurrent.futures import Future, ThreadPoolExecutor

P = ParamSpec("P")

Block: TypeAlias = Callable[[], AbstractContextManager[object]]
"""What each call is made in: on the connection, in the session of the whole."""

MOST_WORKERS = 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call: ``ok``, and its ``value`` or its ``error``."""

    ok: bool
    value: Any = None
    error: BaseException | None = None


class Workers:
    """Makes submitted calls in at most ``workers`` threads, or tasks under ``async with``.

    They work on the connection and in the session of the block. After it ``results`` holds an
    ``Outcome`` for each call, in the order of ``submit()``; the block raises no error but your own.
    Where it ends with one, the calls that wait are not made, and those under way are waited for.
    """

    def __init__(self, workers: int, begun: Callable[[], Block], *, blocks: bool) -> None:
        """``begun`` is called where a block begins, and gives the block of each of its calls.

        ``blocks`` says whether a sync call waits for somebody else.
        """
        is_whole = isinstance(workers, int) and not isinstance(workers, bool)
        if not is_whole or not 1 <= workers <= MOST_WORKERS:
            raise ValidationError(
                f"workers is how many calls run side by side, 1 to {MOST_WORKERS}; not {workers!r}."
            )
        self._begun = begun
        self._blocks = blocks
        self._workers = workers
        self._is_begun = False
        self._side: _Threads | _Tasks | None = None
        self._submitted = 0
        self.results: list[Outcome] = []

    def submit(self, fn: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call ``fn(*args, **kwargs)`` beside the others; under ``async with`` await it too.

        It begins as soon as a worker is free. Raises ``ValidationError`` for what cannot be called
        so, and outside the block.
        """
        if not callable(fn):
            _drop(fn)
            raise ValidationError(
                f"submit() takes a function and then its arguments, as in "
                f"batch.submit(person.save), not what a call gave: {type(fn).__name__}."
            )
        if self._side is None:
            raise ValidationError(
                "submit() works inside the block: with connection.concurrent() as batch: "
                "batch.submit(...)."
            )
        self._side.submit(fn, args, kwargs)
        self._submitted += 1

    def raise_for_errors(self) -> None:
        """Raise an ``ExceptionGroup`` of all errors, where there are any."""
        errors = [each.error for each in self.results if isinstance(each.error, Exception)]
        if errors:
            raise ExceptionGroup(f"{len(errors)} of {len(self.results)} calls failed", errors)

    def _begin(self, side: Callable[[Block, int], _Threads | _Tasks]) -> Self:
        if self._is_begun:
            raise ValidationError(
                "A batch is for one block: call connection.concurrent() again for the next."
            )
        self._side = side(self._begun(), self._workers)
        self._is_begun = True
        return self

    def _end(self, results: list[Outcome], kind: type[BaseException] | None) -> None:
        self.results = results
        for each in results:  # sys.exit() in a worker is meant for the program
            if kind is None and each.error is not None and not isinstance(each.error, Exception):
                raise each.error

    def __enter__(self) -> Self:
        # the loop stands still at the end of the block, whatever the calls of the threads send
        if self._blocks:
            note_waiting("with connection.concurrent()", "async with")
        return self._begin(_Threads)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        side, self._side = self._side, None
        assert isinstance(side, _Threads)
        self._end(side.end(kind), kind)

    async def __aenter__(self) -> Self:
        return self._begin(_Tasks)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        side, self._side = self._side, None
        assert isinstance(side, _Tasks)
        self._end(await side.end(kind), kind)

    def __repr__(self) -> str:
        failed = sum(not each.ok for each in self.results)
        state = f"{failed} failed" if self.results else "not done"
        return f"<Workers: {self._submitted} calls, {state}>"


class _Threads:
    """The calls of ``with``."""

    def __init__(self, block: Block, workers: int) -> None:
        from concurrent.futures import ThreadPoolExecutor  # here: few programs have workers

        self._block = block
        self._pool: ThreadPoolExecutor = ThreadPoolExecutor(workers, "attio-orm-concurrent")
        self._futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], args: object, kwargs: object) -> None:
        if iscoroutinefunction(fn):
            raise ValidationError(
                f"{_name(fn)} is a coroutine function: submit it under "
                f"`async with connection.concurrent()`, or submit its sync twin."
            )
        context = copy_context()  # of its own: what one call sets, no other one sees
        self._futures.append(self._pool.submit(context.run, self._call, fn, args, kwargs))

    def _call(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        with self._block():
            result = fn(*args, **kwargs)
        if hasattr(result, "__await__"):
            _drop(result)
            raise ValidationError(
                f"{_name(fn)} gave something to await, which a thread cannot: submit it under "
                f"`async with connection.concurrent()`."
            )
        return result

    def end(self, kind: type[BaseException] | None) -> list[Outcome]:
        try:
            self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        except BaseException:  # interrupted as it waited: what has not begun does not begin
            self._pool.shutdown(wait=True, cancel_futures=True)
            raise
        return [_outcome(future, _NOT_MADE) for future in self._futures]


class _Tasks:
    """The calls of ``async with``."""

    def __init__(self, block: Block, workers: int) -> None:
        from asyncio import Semaphore  # here and below: sync programs never import asyncio

        self._block = block
        self._slots: Semaphore = Semaphore(workers)
        self._tasks: list[Task[Any]] = []
        self._called_off = False

    def submit(self, fn: Callable[..., Any], args: object, kwargs: object) -> None:
        from asyncio import create_task  # as above

        # a task each, which waits for its slot: submit() cannot wait, as it is not awaited
        self._tasks.append(create_task(self._call(fn, args, kwargs)))

    async def _call(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        async with self._slots:
            if self._called_off:
                raise RuntimeError(_NOT_MADE)
            with self._block():
                result = fn(*args, **kwargs)
                return await result if hasattr(result, "__await__") else result

    async def end(self, kind: type[BaseException] | None) -> list[Outcome]:
        from asyncio import wait  # as above

        # an error of the block's own calls off what waits; its task's end, what runs as well
        self._called_off = kind is not None
        ended = kind is not None and not issubclass(kind, Exception)
        try:
            if self._tasks and not ended:
                await wait(self._tasks)
        except BaseException as error:
            kind, ended = type(error), True
            raise
        finally:
            if kind is GeneratorExit:  # nothing may be awaited any more
                abandon(self._tasks)
            elif ended:
                await cancel_all(self._tasks)
        return [_outcome(task, _CANCELLED) for task in self._tasks if task.done()]


_NOT_MADE = "The call was not made: the block ended with an error before its turn. Submit it again."
_CANCELLED = (
    "The call was cancelled. What it had sent by then may have been done: look before you submit "
    "it again."
)


def _outcome(done: Future[Any] | Task[Any], cancelled: str) -> Outcome:
    if done.cancelled():
        return Outcome(False, error=RuntimeError(cancelled))
    error = done.exception()
    return Outcome(True, done.result()) if error is None else Outcome(False, error=error)


def _drop(result: object) -> None:
    """Close a coroutine that nobody will await, so that Python does not warn of it."""
    close = getattr(result, "close", None)
    if hasattr(result, "__await__") and close is not None:
        close()


def _name(fn: object) -> str:
    return getattr(fn, "__qualname__", None) or type(fn).__name__


public_in("attio_orm", Outcome, Workers)  # where users import them from
