"""Work beside work: the threads and tasks behind ``Gather``, ``Spawn`` and ``Join``.

Threads belong to one effect and are made for it: no pool outlives it, so none is lost in a fork.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from attio_orm.effects.effect import Operation, Stop, Stopped

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


Drive: TypeAlias = Callable[[Operation[Any], Stop | None], Any]
"""What drives an operation in a thread until it ends or is called off; it stands above."""

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


class WorkerThread:
    """A started thread. An interrupt of ``wait`` does no harm, unlike one of ``Thread.join``."""

    __slots__ = ("_ended", "_thread")

    def __init__(self, work: Callable[[], None], name: str) -> None:
        """Raises ``RuntimeError`` where no thread can be started."""
        ended = Lock()  # held while it runs; a wait for a lock can be interrupted and begun again
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
        return self._thread.is_alive()

    def wait(self) -> None:
        if self._thread.is_alive():  # false in a fork, where nobody would release the lock
            with self._ended:
                pass
            self._thread.join()


class ThreadGroup:
    """The threads of one gather, this one among them, that share a row of operations."""

    def __init__(
        self, operations: Sequence[Operation[object]], parent: Stop | None, drive: Drive
    ) -> None:
        self._drive = drive
        self._operations = operations
        self._waiting = deque(range(len(operations)))  # popleft() is one step, and needs no lock
        self._results: list[Any] = [None] * len(operations)
        self._failures: list[BaseException] = []
        self._stop = Stop(parent)
        self._context = context_for_work()

    def work_with(self, size: int) -> list[Any]:
        """Do the work with ``size`` threads; gives the results or raises the first failure."""
        threads: list[WorkerThread] = []
        try:
            for number in range(1, size):  # from 1: this thread works, too
                try:
                    threads.append(WorkerThread(self._work, f"attio-orm-gather-{number}"))
                except RuntimeError:  # no more threads to be had: those there are do it all
                    break
            self._work()
            for thread in threads:
                thread.wait()
        except BaseException:  # an interrupt comes to this thread alone: the others have to be told
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
                self._failures.clear()  # a failure refers to frames that refer to this group
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
                context = self._context.copy()  # one for each: a context is entered once at a time
                self._results[index] = context.run(self._drive, self._operations[index], stop)
            except Stopped:
                return
            except BaseException as error:
                self._failures.append(error)
                self._stop.stop()


async def gather_tasks(
    operations: Sequence[Operation[object]],
    limit: int,
    arun: Callable[[Operation[Any]], Coroutine[Any, Any, Any]],
) -> list[Any]:
    """Drive operations in tasks, at most ``limit`` at once; none is left when this ends."""
    import asyncio  # here and below: sync programs never import it

    loop = asyncio.get_running_loop()
    results: list[Any] = [None] * len(operations)
    waiting = deque(enumerate(operations))
    running: dict[asyncio.Task[Any], int] = {}
    try:
        while waiting or running:
            while waiting and len(running) < limit:  # thousands of operations, few tasks at a time
                index, operation = waiting.popleft()
                task = loop.create_task(_kept(arun(operation)), context=context_for_work())
                running[task] = index
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=running.__getitem__):  # of several failures the first one
                result = results[running[task]] = task.result()
                if isinstance(result, _Ending):
                    raise result.error
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


class _Ending:
    """What ended a task that would end the program."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


async def _kept(driven: Coroutine[Any, Any, Any]) -> Any:
    # raised by a task, these two leave the event loop at once: past the one who waits for the task
    try:
        return await driven
    except (KeyboardInterrupt, SystemExit) as error:
        return _Ending(error)


def abandon(tasks: Iterable[asyncio.Task[object]]) -> None:
    """Cancel tasks that cannot be waited for."""
    for task in tasks:
        task.cancel()
        task.add_done_callback(_look)


async def cancel_all(tasks: Collection[asyncio.Task[object]]) -> None:
    """Cancel tasks and wait for their end, however often this is cancelled itself."""
    import asyncio  # as above

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


class Handle(Generic[T]):
    """Work that runs beside its spawner. ``Join`` it, or ``cancel()`` it, or just drop it."""

    __slots__ = ("__weakref__", "work")

    def __init__(self, work: ThreadWork | TaskWork) -> None:
        self.work = work

    @property
    def done(self) -> bool:
        """Whether the work has ended, in any way; joining it then does not wait."""
        return self.work.done

    def cancel(self) -> None:
        """Call the work off: it ends at its next effect. Any thread, any number of times."""
        self.work.cancel()

    def __del__(self) -> None:
        self.work.cancel()  # nobody can ask for its result any more


class ThreadWork:
    """An operation in a thread of its own."""

    def __init__(self, operation: Operation[Any], parent: Stop | None, drive: Drive) -> None:
        self._stop = Stop(parent)
        # The thread knows the outcome but not the work, so that dropping the handle ends it.
        outcome: list[tuple[Any, BaseException | None]] = []
        context, stop = context_for_work(), self._stop
        self._outcome = outcome
        self._thread = WorkerThread(
            lambda: context.run(_drive_into, outcome, operation, stop, drive), "attio-orm-spawn"
        )

    @property
    def done(self) -> bool:
        return not self._thread.is_alive

    def cancel(self) -> None:
        self._stop.stop()  # takes no lock: finalizers call this

    def result(self) -> Any:
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
        # waiting for a thread would block the loop
        raise RuntimeError("The operation was spawned by run(); join it under run() as well.")


def _drive_into(
    outcome: list[tuple[Any, BaseException | None]],
    operation: Operation[Any],
    stop: Stop,
    drive: Drive,
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

    def __init__(self, driven: Coroutine[Any, Any, Any]) -> None:
        import asyncio  # as above

        self._running_loop = asyncio.get_running_loop  # imports may fail where cancel() is called
        self._loop = self._running_loop()
        self._task = self._loop.create_task(driven, context=context_for_work())
        self._task.add_done_callback(_look)  # its handle may be dropped without a join

    @property
    def done(self) -> bool:
        return self._task.done()

    def cancel(self) -> None:
        if self._task.done():
            return
        try:
            inside = self._running_loop() is self._loop
        except RuntimeError:  # a thread without a loop: finalizers run in any
            inside = False
        if inside:
            self._task.cancel()
        else:
            with suppress(RuntimeError):  # the loop is closed, and its tasks with it
                self._loop.call_soon_threadsafe(self._task.cancel)

    def result(self) -> Any:
        # its loop may be this thread's own, which would wait for itself
        raise RuntimeError("The operation was spawned by arun(); join it under arun() as well.")

    async def aresult(self) -> Any:
        import asyncio  # as above

        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError(
                "The operation was spawned in another event loop. Start it again in this one."
            )
        await asyncio.wait((self._task,))  # unlike ``await task``, its cancellation spares the task
        if self._task.cancelled():
            raise RuntimeError("The spawned operation was cancelled. Start it again.")
        return self._task.result()
