"""Work beside work: the threads and tasks behind ``Gather``, ``Spawn`` and ``Join``.

Threads belong to one effect and are made for it: no pool outlives it, so none is lost in a fork.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attio_orm.drivers import Operation, Stop, Stopped, arun, drive

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


# What belongs to one thread or task is handed on to those that do its work: each of these is called
# in the caller, and gives a variable of theirs and its value.
handed_on: list[Callable[[], tuple[ContextVar[Any], Any]]] = []


def context_for_work() -> Context:
    """A copy of the caller's context, with what is handed on."""
    found = [each() for each in handed_on]
    context = copy_context()
    for variable, value in found:
        context.run(variable.set, value)
    return context


class Companion:
    """A started thread. An interrupt of ``wait`` does no harm, unlike one of ``Thread.join``."""

    __slots__ = ("_ended", "_thread")

    def __init__(self, work: Callable[[], None], name: str) -> None:
        """Raises ``RuntimeError`` where no thread can be started."""
        ended = Lock()
        ended.acquire()

        def run_and_tell() -> None:
            try:
                work()
            finally:
                ended.release()

        self._ended = ended
        self._thread = Thread(target=run_and_tell, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs; false in a process forked from its own."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Return when it has ended."""
        if self._thread.is_alive():
            with self._ended:
                pass
            self._thread.join()


class Crew:
    """The threads of one gather, this one among them, that share a row of operations."""

    def __init__(self, operations: Sequence[Operation[Any]], parent: Stop | None) -> None:
        """``parent`` is the stop of the operation that gathers."""
        self._operations = operations
        self._waiting = deque(range(len(operations)))
        self._results: list[Any] = [None] * len(operations)
        self._failures: list[BaseException] = []
        self._stop = Stop(parent)
        self._context = context_for_work()

    def work_with(self, size: int) -> list[Any]:
        """Do the work with ``size`` threads; gives the results or raises the first failure."""
        threads: list[Companion] = []
        try:
            for number in range(1, size):
                try:
                    threads.append(Companion(self._work, f"attio-orm-gather-{number}"))
                except RuntimeError:  # no more threads to be had: those there are do it all
                    break
            self._work()
            for thread in threads:
                thread.wait()
        except BaseException:
            self._stop.stop()
            for thread in threads:
                thread.wait()
            raise
        finally:
            self._stop.leave()
            for index in self._waiting:
                self._operations[index].close()
        if self._failures:
            try:
                raise self._failures[0]
            finally:
                self._failures.clear()  # a failure refers to frames that refer to this crew
        if self._stop.stopped:
            raise Stopped
        return self._results

    def _work(self) -> None:
        stop = Stop(self._stop)
        while not self._stop.stopped:
            try:
                index = self._waiting.popleft()
            except IndexError:
                return
            try:
                self._results[index] = self._context.copy().run(
                    drive, self._operations[index], stop
                )
            except Stopped:
                return
            except BaseException as error:
                self._failures.append(error)
                self._stop.stop()


async def gather_tasks(operations: Sequence[Operation[Any]], limit: int) -> list[Any]:
    """Drive operations in tasks, at most ``limit`` at once; none is left when this ends."""
    import asyncio

    loop = asyncio.get_running_loop()
    results: list[Any] = [None] * len(operations)
    waiting = deque(enumerate(operations))
    running: dict[asyncio.Task[Any], int] = {}
    try:
        while waiting or running:
            while waiting and len(running) < limit:
                index, operation = waiting.popleft()
                task = loop.create_task(arun(operation), context=context_for_work())
                running[task] = index
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=running.__getitem__):
                results[running[task]] = task.result()
                del running[task]
    except GeneratorExit:  # this coroutine is being closed: it may not await its tasks any more
        abandon(running)
        raise
    except BaseException:
        await cancel_all(running)
        raise
    finally:
        for _, operation in waiting:
            operation.close()
    return results


def abandon(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks that cannot be waited for."""
    for task in tasks:
        task.cancel()
        task.add_done_callback(_look)


async def cancel_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end, however often this is cancelled itself."""
    import asyncio

    interrupted: asyncio.CancelledError | None = None
    for task in tasks:
        task.cancel()
    while any(not task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError as error:  # asked again to end: first end what was begun
            interrupted = error
    for task in tasks:
        _look(task)
    if interrupted is not None:
        raise interrupted


def _look(task: asyncio.Task[Any]) -> None:
    """Retrieve a task's exception, so that asyncio does not report it as never retrieved."""
    if not task.cancelled():
        task.exception()


class Work(Protocol[T_co]):
    """Spawned work: a thread's or a task's."""

    @property
    def done(self) -> bool:
        """Whether it has ended, in any way."""
        ...

    def cancel(self) -> None:
        """Call it off, from any thread and without waiting."""
        ...

    def result(self) -> T_co:
        """Its result, waited for in this thread."""
        ...

    async def aresult(self) -> T_co:
        """Its result, awaited in the running loop."""
        ...


class Handle(Generic[T]):
    """Work that runs beside its spawner. ``Join`` it, or ``cancel()`` it, or just drop it."""

    __slots__ = ("__weakref__", "work")

    def __init__(self, work: Work[T]) -> None:
        """Made by ``Spawn``."""
        self.work = work

    @property
    def done(self) -> bool:
        """Whether the work has ended, in any way; joining it then does not wait."""
        return self.work.done

    def cancel(self) -> None:
        """Call the work off: it ends at its next effect. Any thread, any number of times."""
        self.work.cancel()

    def __del__(self) -> None:
        """Dropped is cancelled."""
        self.work.cancel()


class ThreadWork:
    """An operation in a thread of its own."""

    def __init__(self, operation: Operation[Any], parent: Stop | None) -> None:
        """Starts at once, in a copy of the caller's context."""
        self._stop = Stop(parent)
        # The thread knows the outcome but not the work, so that dropping the handle ends it.
        outcome: list[tuple[Any, BaseException | None]] = []
        context, stop = context_for_work(), self._stop
        self._outcome = outcome
        self._thread = Companion(
            lambda: context.run(_drive_into, outcome, operation, stop), "attio-orm-spawn"
        )

    @property
    def done(self) -> bool:
        """Whether the thread has ended."""
        return not self._thread.is_alive

    def cancel(self) -> None:
        """Take no lock: this is called by finalizers."""
        self._stop.stop()

    def result(self) -> Any:
        """Wait for the thread."""
        self._thread.wait()
        if not self._outcome:
            raise RuntimeError(
                "The spawned operation has no result: it was cancelled, or the process forked "
                "while it ran. Start it again."
            )
        value, error = self._outcome[0]
        if error is not None:
            raise error
        return value

    async def aresult(self) -> Any:
        """A thread's work is not joined by a task: waiting for it would block the loop."""
        raise RuntimeError("The operation was spawned by run(); join it under run() as well.")


def _drive_into(
    outcome: list[tuple[Any, BaseException | None]], operation: Operation[Any], stop: Stop
) -> None:
    try:
        outcome.append((drive(operation, stop), None))
    except Stopped:
        pass
    except BaseException as error:
        outcome.append((None, error))
    finally:
        stop.leave()


class TaskWork:
    """An operation in a task of its own."""

    def __init__(self, operation: Operation[Any]) -> None:
        """Starts at the loop's next turn."""
        import asyncio

        self._running_loop = asyncio.get_running_loop  # imports may fail where cancel() is called
        self._loop = self._running_loop()
        self._task = self._loop.create_task(arun(operation), context=context_for_work())
        self._task.add_done_callback(_look)

    @property
    def done(self) -> bool:
        """Whether the task has ended."""
        return self._task.done()

    def cancel(self) -> None:
        """From any thread, also one without a loop, and after the loop's end."""
        if self._task.done():
            return
        try:
            inside = self._running_loop() is self._loop
        except RuntimeError:
            inside = False
        if inside:
            self._task.cancel()
        else:
            with suppress(RuntimeError):  # the loop is closed, and its tasks with it
                self._loop.call_soon_threadsafe(self._task.cancel)

    def result(self) -> Any:
        """A task's work is not joined by a thread: its loop may be this thread's own."""
        raise RuntimeError("The operation was spawned by arun(); join it under arun() as well.")

    async def aresult(self) -> Any:
        """Wait for the task, which goes on where this wait is cancelled."""
        import asyncio

        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError(
                "The operation was spawned in another event loop. Start it again in this one."
            )
        await asyncio.wait((self._task,))
        if self._task.cancelled():
            raise RuntimeError("The spawned operation was cancelled. Start it again.")
        return self._task.result()
