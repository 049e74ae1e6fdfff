"""``iterator()``: one pass that keeps nothing, stays whole while others write, and cleans up."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attio_orm import NotConnectedError, Person, ServerError, ValidationError
from attio_orm.connection.current import current
from attio_orm.signals import request_finished, request_started
from attio_orm.testing import SandboxHandle, assert_num_requests, sandbox
from tests.colours import COLOURS, Colour
from tests.query.moving import ORDERS, Writer


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(0, 60),
    seed=st.integers(0, 2**32),
    page=st.one_of(st.integers(1, 7), st.integers(1, 500)),
    writes=st.integers(0, 30),
    order=st.sampled_from(ORDERS),
    read_ahead=st.integers(1, 8),
    colour=st.sampled_from(COLOURS),
)
def test_a_scan_under_change(
    size: int, seed: int, page: int, writes: int, order: tuple[str, ...], read_ahead: int,
    colour: Colour,
) -> None:  # fmt: skip
    with sandbox() as handle:
        handle.clock.freeze()
        writer = Writer(handle, seed, writes)
        before = set()
        while len(before) < size:
            before |= set(writer.load(writer.random.randint(1, 40)))
            handle.clock.move(timedelta(milliseconds=1))
        stream = Person.objects.order_by(*order).iterator(page, read_ahead)
        with request_finished.connected_to(writer.receive):
            found = asyncio.run(colour.items(stream)) if colour.is_async else list(stream)
        ids = [person.id for person in found]
    assert len(set(ids)) == len(ids)
    assert before - writer.gone <= set(ids)


@pytest.mark.parametrize("read_ahead", [1, 3])
@pytest.mark.parametrize("order", ORDERS)
async def test_pages_in_order(
    people: list[str], colour: Colour, order: tuple[str, ...], read_ahead: int
) -> None:
    queryset = Person.objects.order_by(*order)
    expected = [person.id for person in queryset]
    for page_size in (97, 400, 500):
        stream = queryset.iterator(page_size=page_size, read_ahead=read_ahead)
        assert [person.id for person in await colour.items(stream)] == expected


async def test_each_pass_is_new_and_nothing_is_kept(people: list[str], colour: Colour) -> None:
    queryset = Person.objects.all()
    stream = queryset.iterator(page_size=500)
    for _ in range(2):
        with assert_num_requests(3):
            assert len(await colour.items(stream)) == 1201
    with assert_num_requests(3):
        assert len(list(queryset)) == 1201
    assert repr(stream) == "<iterator of Person, 500 a page>"


def test_at_most_one_page_is_alive(people: list[str]) -> None:
    alive: weakref.WeakSet[Person] = weakref.WeakSet()
    most = 0
    for person in Person.objects.iterator(page_size=100):
        alive.add(person)
        most = max(most, len(alive))
    assert most <= 101


@pytest.mark.parametrize("ahead", [1, 2, 4])
def test_no_more_pages_are_asked_for_than_said(people: list[str], ahead: int) -> None:
    walk = iter(Person.objects.order_by("name").iterator(page_size=10, read_ahead=ahead))
    with assert_num_requests(ahead) as sent:
        next(walk)
        wait_until(lambda: len(sent) == ahead)
    del walk


def test_itertools(people: list[str]) -> None:
    stream = Person.objects.iterator(page_size=100)
    with assert_num_requests(2):
        taken = list(itertools.islice(stream, 150))
    assert [person.id for person in taken] == people[:150]


async def test_it_includes(crm: SandboxHandle, colour: Colour) -> None:
    stream = Person.objects.includes("company").filter(company__name="Acme").iterator(page_size=5)
    found = await colour.items(stream)
    with assert_num_requests(0):
        assert {person.company.name for person in found} == {"Acme"}
    assert len(found) >= 12


@pytest.mark.parametrize("options", [
    {"page_size": 0}, {"page_size": 501}, {"page_size": "5"}, {"page_size": True},
    {"read_ahead": 0}, {"read_ahead": 9}, {"read_ahead": None},
])  # fmt: skip
def test_wrong_sizes_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=f"{next(iter(options))} is"):
        Person.objects.iterator(**options)


# -- ending early ----------------------------------------------------------------------------------


def wait_until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.001)
    assert true()


@contextmanager
def no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    gc.collect()
    wait_until(lambda: set(threading.enumerate()) <= before)


@pytest.mark.parametrize("read_ahead", [1, 4, 8])
@pytest.mark.parametrize("at", [0, 5, 60])
def test_a_broken_off_loop_leaves_no_thread(people: list[str], read_ahead: int, at: int) -> None:
    stream = Person.objects.order_by("name").iterator(page_size=20, read_ahead=read_ahead)
    with no_thread_left():
        for number, _ in enumerate(stream):
            if number == at:
                break
        with pytest.raises(ZeroDivisionError):
            sum(1 // (at - number) for number, _ in enumerate(stream))


@pytest.mark.parametrize("read_ahead", [1, 4, 8])
@pytest.mark.parametrize("at", [0, 5, 60])
async def test_a_broken_off_async_loop_leaves_no_task(
    people: list[str], read_ahead: int, at: int
) -> None:
    reported: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: reported.append(what))
    number = 0
    async for _ in Person.objects.order_by("name").iterator(page_size=20, read_ahead=read_ahead):
        if number == at:
            break
        number += 1
    gc.collect()
    for _ in range(10):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert reported == []


@pytest.mark.parametrize("read_ahead", [1, 4])
async def test_a_cancelled_loop_leaves_no_task(people: list[str], read_ahead: int) -> None:
    async def scan() -> None:
        async for _ in Person.objects.order_by("name").iterator(20, read_ahead):
            await asyncio.sleep(0)

    for turns in range(0, 40, 3):
        task = asyncio.create_task(scan())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
    gc.collect()
    for _ in range(10):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_loop_that_ends_in_the_middle_of_a_scan(people: list[str]) -> None:
    async def begin() -> Any:
        walk = aiter(Person.objects.order_by("name").iterator(page_size=20, read_ahead=4))
        assert (await anext(walk)).id
        return walk

    walk = asyncio.run(begin())
    del walk
    gc.collect()


@pytest.mark.parametrize("read_ahead", [1, 4])
async def test_a_failure_comes_through_and_loses_nothing(
    people: list[str], colour: Colour, read_ahead: int, no_waits: None
) -> None:
    handle = current().sandbox
    assert handle is not None
    ordered = Person.objects.order_by("name").using(max_attempts=2)
    stream = ordered.iterator(page_size=100, read_ahead=read_ahead)
    walk: Any = aiter(stream) if colour.is_async else iter(stream)
    found: list[str] = []
    failures = 0
    handle.fail_next(500, times=8)  # a page is given up after two attempts
    with no_thread_left():
        while True:
            try:
                found += [p.id for p in [await anext(walk) if colour.is_async else next(walk)]]
            except ServerError:
                failures += 1
            except (StopIteration, StopAsyncIteration):
                break
        del walk, stream
    assert sorted(found) == sorted(people)
    assert 1 <= failures <= 4
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_next_goes_on_where_it_was(people: list[str]) -> None:
    stream = Person.objects.iterator(page_size=2)
    assert [next(stream), next(stream), next(stream)] == list(Person.objects[:3])
    assert sum(1 for _ in stream) == Person.objects.count()  # ``for`` begins anew


async def test_a_connection_that_is_closed_under_way(colour: Colour) -> None:
    with sandbox() as handle:
        handle.workspace.load("people", [{"name": f"P, {n}"} for n in range(30)])
        connection = handle.connection

        def close(sender: Any, **_: Any) -> None:
            connection.close()

        with (
            request_started.connected_to(close, sender=connection),
            pytest.raises(NotConnectedError, match=r"people/records/query: the sandbox was"),
        ):
            await colour.items(Person.objects.iterator(page_size=10, read_ahead=4))
