"""Operations in both colours: results, failures, parallel work, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal as unix_signals
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm.effects import (
    Done,
    Handle,
    Operation,
    Send,
    arun,
    call,
    colour,
    concurrency,
    gather,
    join,
    run,
    sleep,
    spawn,
    watched,
)
from attio_orm.effects.effect import Stop, Stopped
from attio_orm.effects.operations import Call, Gather, Sleep

T = TypeVar("T")
Drive = Callable[[Operation[Any]], Any]


async def _arun_tidily(operation: Operation[T]) -> T:
    """Drive it, and insist that it leaves no task behind, whether it succeeds or fails."""
    try:
        return await arun(operation)
    finally:
        assert asyncio.all_tasks() == {asyncio.current_task()}


def _run_tidily(operation: Operation[T]) -> T:
    before = set(threading.enumerate())
    try:
        return run(operation)
    finally:
        assert set(threading.enumerate()) <= before


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Drive:
    """One suite, two colours."""
    if request.param == "sync":
        return _run_tidily
    return lambda operation: asyncio.run(_arun_tidily(operation))


@pytest.fixture(autouse=True)
def _no_threads_left() -> Iterator[None]:
    yield
    gc.collect()
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("attio-orm") for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "a thread was left behind"
        time.sleep(0.01)


class Boom(Exception):
    pass


def give(value: T, after: float = 0.0) -> Operation[T]:
    yield Sleep(after)
    return value


def fail(error: BaseException, after: float = 0.0) -> Operation[Any]:
    yield Sleep(after)
    raise error


def calling(function: Callable[[], T]) -> Operation[T]:
    """A plain function as an effect of both colours."""

    async def awaited() -> T:
        return function()

    return call(function, awaited)


# -- one operation ---------------------------------------------------------------------------------


def test_an_operation_gives_its_result(drive: Drive) -> None:
    def nested() -> Operation[list[int]]:
        first = yield from give(1)
        return [first, (yield from give(2))]

    assert drive(nested()) == [1, 2]


def test_the_colour_is_known(drive: Drive) -> None:
    assert drive(colour()) == ("sync" if drive is _run_tidily else "async")


def test_an_operation_without_effects(drive: Drive) -> None:
    def nothing() -> Operation[str]:
        return "done"
        yield

    assert drive(nothing()) == "done"


def test_a_failure_is_raised_at_the_yield(drive: Drive) -> None:
    def explode() -> None:
        raise Boom("now")

    def careful() -> Operation[str]:
        try:
            yield from calling(explode)
        except Boom as error:
            after = yield from give("and goes on")
            return f"{error} {after}"
        raise AssertionError("unreachable")

    assert drive(careful()) == "now and goes on"


def test_a_failure_nobody_catches_comes_out(drive: Drive) -> None:
    with pytest.raises(Boom, match="late"):
        drive(fail(Boom("late")))


def test_a_stop_iteration_is_no_result(drive: Drive) -> None:
    def empty() -> None:
        raise StopIteration("not a result")

    with pytest.raises(RuntimeError):
        drive(calling(empty))


def test_send_uses_the_right_side_of_a_backend(drive: Drive) -> None:
    class Backend:
        def send(self, request: str, /) -> str:
            return f"sync {request}"

        async def asend(self, request: str, /) -> str:
            return f"async {request}"

    def sending() -> Operation[str]:
        answer: str = yield Send(Backend(), "hello")
        return f"{answer}, {(yield from colour())}"

    assert drive(sending()) in ("sync hello, sync", "async hello, async")


def test_a_finally_block_may_do_effects_while_a_failure_passes(drive: Drive) -> None:
    seen: list[str] = []

    def tidy() -> Operation[None]:
        try:
            yield from fail(Boom())
        finally:
            seen.append((yield from give("tidied")))

    with pytest.raises(Boom):
        drive(tidy())
    assert seen == ["tidied"]


# -- gather ----------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.integers(), max_size=40), limit=st.integers(-1, 9) | st.none())
@pytest.mark.parametrize("driver", [run, lambda operation: asyncio.run(arun(operation))])
def test_gather_keeps_the_order(driver: Drive, values: list[int], limit: int | None) -> None:
    assert driver(gather([give(value) for value in values], limit)) == values


def test_gather_is_parallel_up_to_its_limit(drive: Drive) -> None:
    lock = threading.Lock()
    now = most = 0

    def busy() -> Operation[None]:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        yield Sleep(0.02)
        with lock:
            now -= 1

    drive(gather([busy() for _ in range(12)], limit=4))
    assert most == 4


def test_gather_has_a_limit_of_its_own(drive: Drive) -> None:
    assert Gather([]).limit == 16
    assert drive(gather(give(number) for number in range(40))) == list(range(40))


def test_gather_runs_a_single_operation_where_it_is(drive: Drive) -> None:
    here = threading.get_ident()
    assert drive(gather([calling(threading.get_ident)])) == [here]


def test_gathers_nest(drive: Drive) -> None:
    def row(number: int) -> Operation[list[int]]:
        return gather([give(number * 10 + column, 0.001) for column in range(5)], limit=3)

    rows = drive(gather([row(number) for number in range(5)], limit=3))
    assert rows == [[n * 10 + c for c in range(5)] for n in range(5)]


def test_the_first_failure_stops_the_others(drive: Drive) -> None:
    ended: list[str] = []

    def watched(name: str) -> Operation[None]:
        ended.append(f"{name} begun")
        try:
            yield Sleep(30)
            yield Sleep(30)
            ended.append(f"{name} went on")
        finally:
            ended.append(f"{name} closed")

    begun = time.perf_counter()
    with pytest.raises(Boom, match="first") as caught:
        drive(
            gather(
                [watched("a"), watched("b"), fail(Boom("first"), 0.05), watched("never")], limit=3
            )
        )
    assert time.perf_counter() - begun < 25  # not 30
    assert sorted(ended) == ["a begun", "a closed", "b begun", "b closed"]
    assert not isinstance(caught.value, BaseExceptionGroup)


def test_a_stopped_operation_is_closed_at_its_next_effect() -> None:
    seen: list[str] = []

    def watched() -> Operation[None]:
        try:
            seen.append((yield from calling(lambda: time.sleep(0.1) or "its effect ended")))
            yield from colour()
            seen.append("went on")
        finally:
            seen.append("closed")

    with pytest.raises(Boom):
        _run_tidily(gather([watched(), fail(Boom(), 0.02)]))
    assert seen == ["its effect ended", "closed"]


def test_failures_at_the_same_time_raise_one_of_them(drive: Drive) -> None:
    with pytest.raises(Boom):
        drive(gather([fail(Boom(str(number))) for number in range(8)]))


def test_a_failure_in_a_nested_gather_stops_all(drive: Drive) -> None:
    def inner() -> Operation[Any]:
        return gather([give(1, 30), give(2, 30)])

    begun = time.perf_counter()
    with pytest.raises(Boom):
        drive(gather([inner(), inner(), fail(Boom(), 0.05)]))
    assert time.perf_counter() - begun < 25  # not 30


def test_a_caught_failure_lets_the_operation_go_on(drive: Drive) -> None:
    def careful() -> Operation[list[int]]:
        try:
            yield from gather([fail(Boom()), give(1, 30)])
        except Boom:
            return (yield from gather([give(2), give(3)]))
        raise AssertionError("unreachable")

    assert drive(careful()) == [2, 3]


def test_workers_see_copies_of_the_callers_context(drive: Drive) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")

    def changing(name: str) -> Operation[tuple[str, str]]:
        before = variable.get()
        variable.set(name)
        yield Sleep(0.005)
        return before, variable.get()

    def caller() -> Operation[Any]:
        variable.set("caller")
        found = yield from gather([changing(name) for name in "abcdef"], limit=2)
        handle = yield from spawn(changing("spawned"))
        spawned = yield from join(handle)
        return [*found, spawned], variable.get()

    found, after = drive(caller())
    assert found == [("caller", name) for name in [*"abcdef", "spawned"]]
    assert after == "caller"


def test_gather_works_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(concurrency.Thread, "start", refuse)
    assert run(gather([give(number) for number in range(5)])) == [0, 1, 2, 3, 4]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own answer to SIGINT, which a shell switches off for what it runs with ``&``."""
    before = unix_signals.signal(unix_signals.SIGINT, unix_signals.default_int_handler)
    yield
    unix_signals.signal(unix_signals.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_in_a_gather_leaves_no_thread() -> None:
    def interrupted() -> None:
        os.kill(os.getpid(), unix_signals.SIGINT)
        time.sleep(0.2)

    closed: list[str] = []

    def watched() -> Operation[None]:
        try:
            yield Sleep(30)
            yield Sleep(30)
        finally:
            closed.append("closed")

    begun = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        _run_tidily(gather([watched(), watched(), calling(interrupted)]))
    assert time.perf_counter() - begun < 25  # not 30
    assert closed == ["closed", "closed"]


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_while_threads_are_waited_for() -> None:
    def interrupt_later() -> Operation[None]:
        yield Sleep(0.1)
        os.kill(os.getpid(), unix_signals.SIGINT)
        yield Sleep(30)

    begun = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        _run_tidily(gather([give(1), interrupt_later()]))
    assert time.perf_counter() - begun < 25  # not 30


# -- cancellation ----------------------------------------------------------------------------------


def test_cancelling_a_task_in_the_middle_of_a_gather() -> None:
    closed: list[int] = []

    def watched(number: int) -> Operation[None]:
        try:
            yield Sleep(30)
        finally:
            closed.append(number)

    async def main() -> None:
        task = asyncio.create_task(arun(gather([watched(number) for number in range(6)], limit=4)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert sorted(closed) == [0, 1, 2, 3]


def test_cancelling_twice_still_waits_for_the_tasks() -> None:
    ended: list[str] = []

    def stubborn() -> Operation[None]:
        try:
            yield Sleep(30)
        finally:
            yield Sleep(0.05)
            ended.append("tidied")

    async def main() -> None:
        task = asyncio.create_task(arun(gather([stubborn(), stubborn()])))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert ended == ["tidied", "tidied"]


def test_a_timeout_goes_through_an_operation() -> None:
    seen: list[str] = []

    def watched() -> Operation[None]:
        try:
            yield Sleep(30)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await arun(watched())

    asyncio.run(main())
    assert seen == ["cancelled"]


@pytest.mark.parametrize("size", [1, 3])
def test_closing_the_coroutine_closes_the_operation(size: int) -> None:
    closed: list[str] = []

    def watched() -> Operation[None]:
        try:
            yield Sleep(30)
        finally:
            closed.append("closed")

    async def main() -> None:
        coroutine = arun(gather([watched() for _ in range(size)]))
        coroutine.send(None)
        await asyncio.sleep(0.01)
        coroutine.close()
        await asyncio.sleep(0.01)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert closed == ["closed"] * size


# -- spawn and join --------------------------------------------------------------------------------


def test_spawned_work_runs_beside_its_spawner(drive: Drive) -> None:
    spawned, spawning = threading.Event(), threading.Event()

    def meet(here: threading.Event, there: threading.Event, value: T) -> Operation[T]:
        here.set()
        for _ in range(10_000):  # one after the other, they would never meet
            if there.is_set():
                return value
            yield Sleep(0.002)
        raise AssertionError("it was alone")

    def spawner() -> Operation[tuple[int, int, bool]]:
        handle = yield from spawn(meet(spawned, spawning, 7))
        mine = yield from meet(spawning, spawned, 1)
        theirs = yield from join(handle)
        return mine, theirs, handle.done

    assert drive(spawner()) == (1, 7, True)


def test_join_raises_what_the_work_raised_every_time(drive: Drive) -> None:
    def spawner() -> Operation[list[str]]:
        handle = yield from spawn(fail(Boom("beside")))
        seen: list[str] = []
        for _ in range(2):
            try:
                yield from join(handle)
            except Boom as error:
                seen.append(str(error))
        return seen

    assert drive(spawner()) == ["beside", "beside"]


def test_joining_cancelled_work_says_so(drive: Drive) -> None:
    def spawner() -> Operation[None]:
        handle = yield from spawn(give(1, 30))
        handle.cancel()
        handle.cancel()
        yield from join(handle)

    with pytest.raises(RuntimeError, match="cancelled"):
        drive(spawner())


def test_a_dropped_handle_ends_its_work(drive: Drive) -> None:
    closed: list[str] = []

    def watched() -> Operation[None]:
        try:
            yield Sleep(30)
            yield Sleep(30)
        finally:
            closed.append("closed")

    def spawner() -> Operation[None]:
        handles = [
            (yield from spawn(watched())),
            (yield from spawn(fail(Boom("nobody hears this")))),
        ]
        yield Sleep(0.05)
        handles.clear()
        yield Sleep(0.05)

    begun = time.perf_counter()
    drive(spawner())
    deadline = time.monotonic() + 5
    while not closed and time.monotonic() < deadline:
        time.sleep(0.01)
    assert closed == ["closed"]
    assert time.perf_counter() - begun < 25  # not 30


def test_a_failing_gather_ends_what_its_operations_spawned() -> None:
    closed = threading.Event()

    def watched() -> Operation[None]:
        try:
            yield Sleep(30)
            yield Sleep(30)
        finally:
            closed.set()

    handles: list[Handle[None]] = []

    def spawner() -> Operation[None]:
        handles.append((yield from spawn(watched())))
        yield from join(handles[0])

    with pytest.raises(Boom):
        run(gather([spawner(), fail(Boom(), 0.05)]))
    assert closed.wait(5)


def test_a_cancelled_join_leaves_the_work_to_be_joined_again() -> None:
    async def main() -> int:
        handle = await arun(spawn(give(5, 0.05)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await arun(join(handle))
        return await arun(join(handle))

    assert asyncio.run(main()) == 5


def test_a_handle_is_joined_in_the_colour_and_loop_it_came_from() -> None:
    threaded = run(spawn(give(1)))
    with pytest.raises(RuntimeError, match=r"run\(\)"):
        asyncio.run(arun(join(threaded)))

    async def make() -> Handle[int]:
        return await arun(spawn(give(1)))

    tasked = asyncio.run(make())
    with pytest.raises(RuntimeError, match="another event loop"):
        asyncio.run(arun(join(tasked)))
    with pytest.raises(RuntimeError, match=r"arun\(\)"):
        run(join(tasked))
    tasked.cancel()  # its loop is closed, and that does no harm


def test_a_handle_dropped_in_another_thread_ends_its_task() -> None:
    async def main() -> None:
        handles = [await arun(spawn(give(1, 30)))]
        thread = threading.Thread(target=handles.clear)
        thread.start()
        await asyncio.sleep(0.05)
        thread.join()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_a_handle_dropped_after_its_loop_was_closed() -> None:
    loop = asyncio.new_event_loop()
    handle = loop.run_until_complete(arun(spawn(give(1, 30))))
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.close()
    assert handle.done
    del handle


class Pages:
    """Reads ahead as a queryset does: one page is fetched while another is looked at."""

    def __init__(self) -> None:
        self.page = 0
        self.handle: Handle[int] | None = None

    def next_page(self) -> Operation[int]:
        self.page += 1
        handle = self.handle or (yield from spawn(give(self.page, 0.005)))
        page = yield from join(handle)
        self.handle = yield from spawn(give(self.page + 1, 30 if self.page > 2 else 0.005))
        return page

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        return run(self.next_page())

    def __aiter__(self) -> Pages:
        return self

    async def __anext__(self) -> int:
        return await arun(self.next_page())


async def _generated() -> AsyncIterator[int]:
    pages = Pages()
    while True:
        yield await arun(pages.next_page())


@pytest.mark.parametrize("source", [Pages, _generated])
def test_break_out_of_an_async_for_leaves_nothing(source: Callable[[], Any]) -> None:
    problems: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: problems.append(context)
        )
        seen: list[int] = []
        async for page in source():
            seen.append(page)
            if page == 3:
                break
        assert seen == [1, 2, 3]
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    gc.collect()
    assert problems == []


def test_break_out_of_a_for_leaves_nothing() -> None:
    before = set(threading.enumerate())
    for page in Pages():
        if page == 3:
            break
    deadline = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.005)
    assert set(threading.enumerate()) <= before


def test_several_event_loops_one_after_another() -> None:
    for _ in range(3):
        assert asyncio.run(_arun_tidily(gather([give(1), give(2)]))) == [1, 2]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_after_threads_were_used() -> None:
    assert run(gather([give(1), give(2)])) == [1, 2]
    handle = run(spawn(give(1, 0.5)))
    child = os.fork()
    if child == 0:  # pragma: no cover
        status = 1
        try:
            assert run(gather([give(3), give(4)])) == [3, 4]
            with pytest.raises(RuntimeError, match="forked"):
                run(join(handle))
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert run(join(handle)) == 1


def test_a_stop_reaches_what_is_started_after_it() -> None:
    parent = Stop()
    parent.stop()
    child = Stop(parent)
    assert child.stopped
    with pytest.raises(Stopped):
        child.sleep(30)


def test_call_takes_both_forms(drive: Drive) -> None:
    async def awaited() -> str:
        return "async"

    def both() -> Operation[bool]:
        result: str = yield Call(lambda: "sync", awaited)
        yield from sleep(0)
        return result == (yield from colour())

    assert drive(both()) is True


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit], ids=lambda end: end.__name__)
@pytest.mark.parametrize("size", [1, 3])
def test_what_ends_a_program_comes_to_who_waits(
    drive: Drive, end: type[BaseException], size: int
) -> None:
    """Of a task of asyncio's own it would leave the loop at once, past the gather."""
    seen: list[BaseException] = []

    def ends(number: int) -> Operation[None]:
        yield from sleep(0)
        if number == 0:
            raise end
        yield from sleep(0.01)

    def waits() -> Operation[str]:
        try:
            yield from gather(ends(number) for number in range(size))
        except BaseException as error:
            seen.append(error)
        return "went on"

    assert drive(waits()) == "went on"
    assert [type(each) for each in seen] == [end]


def test_watched_work_is_the_same_work(drive: Drive) -> None:
    noted: list[type[Any]] = []

    def work() -> Operation[str]:
        yield from sleep(0)
        try:
            yield from call(_fails, _afails)
        except LookupError:
            return f"{(yield from colour())}, after a failure"
        raise AssertionError

    result = drive(watched(work(), lambda effect: noted.append(type(effect))))
    assert result.endswith("sync, after a failure")
    assert noted == [Sleep, Call, Call]
    with pytest.raises(LookupError):
        drive(watched(call(_fails, _afails), lambda effect: None))


def _fails() -> None:
    raise LookupError


async def _afails() -> None:
    raise LookupError


def test_watched_work_is_closed_with_its_watcher() -> None:
    closed: list[str] = []

    def work() -> Operation[None]:
        try:
            yield from sleep(0)
        finally:
            closed.append("closed")

    watching = watched(work(), lambda effect: None)
    next(watching)
    watching.close()
    assert closed == ["closed"]


def test_what_is_done_is_an_operation_like_others() -> None:
    def both() -> Operation[tuple[str, None]]:
        return (yield from Done("held")), (yield from Done(None))

    assert run(both()) == ("held", None)
    assert run(Done(3)) == asyncio.run(arun(Done(3))) == 3
    with pytest.raises(LookupError):
        Done(3).throw(LookupError())
