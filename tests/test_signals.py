"""Signals: order, senders, coroutine receivers in both colours, and failures of receivers."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attio_orm import signals
from attio_orm.effects import arun, check, emit, run
from attio_orm.errors import AsyncReceiverError
from attio_orm.signals import NeverSends, Signal
from tests.colours import Drive


class Person: ...


class Company: ...


@pytest.fixture
def signal() -> Signal:
    return Signal("test_signal")


def test_the_contracts_signals_are_there() -> None:
    names = "pre_save post_save pre_delete post_delete post_load pre_bulk post_bulk"
    for name in [*names.split(), "request_started", "request_finished"]:
        found = getattr(signals, name)
        assert isinstance(found, Signal)
        assert found.name == name
        assert name in signals.__all__


def test_receivers_run_in_the_order_they_were_connected(signal: Signal, drive: Drive) -> None:
    seen: list[int] = []

    def receiver(number: int) -> Callable[..., None]:
        return lambda sender: seen.append(number)

    for number in range(20):
        signal.connect(receiver(number), sender=Person, weak=False)
    drive(emit(signal, Person))
    assert seen == list(range(20))
    seen.clear()
    signal.send(Person)
    assert seen == list(range(20))


def test_what_never_sends_is_refused_by_what_it_is_and_not_by_its_names(signal: Signal) -> None:
    class Likeness:
        _state = get_queryset = None

    for wrong in (NeverSends(), "Person"):
        with pytest.raises(TypeError, match="is sent by model classes"):
            signal.connect(lambda sender: None, sender=wrong)
    assert not signal.receivers
    sender = Likeness()
    seen: list[Any] = []
    signal.connect(seen.append, sender=sender, weak=False)
    signal.connect(seen.append, sender=NeverSends, weak=False)  # the class of a record does
    signal.send(sender)
    signal.send(NeverSends)
    assert seen == [sender, NeverSends]


def test_a_receiver_gets_the_values_of_its_sender_only(signal: Signal, drive: Drive) -> None:
    seen: list[Any] = []

    def of_person(sender: Any, **values: Any) -> None:
        seen.append(("person", sender, values))

    def of_all(sender: Any, **values: Any) -> None:
        seen.append(("all", sender, values))

    signal.connect(of_person, sender=Person)
    signal.connect(of_all)
    drive(emit(signal, Person, instance=1))
    drive(emit(signal, Company, instance=2))
    assert seen == [
        ("all", Person, {"instance": 1}),
        ("person", Person, {"instance": 1}),
        ("all", Company, {"instance": 2}),
    ]


def test_a_receiver_is_held_weakly_and_can_go(signal: Signal, drive: Drive) -> None:
    seen: list[Any] = []

    def stays(sender: Any) -> None:
        seen.append("stays")

    def goes(sender: Any) -> None:
        seen.append("goes")

    signal.connect(goes, sender=Person)
    signal.connect(stays)
    signal.connect(stays, sender=Person)
    del goes
    gc.collect()
    drive(emit(signal, Person))
    signal.disconnect(stays)
    drive(emit(signal, Person))
    assert seen == ["stays"]


def test_a_signal_without_receivers_yields_nothing(signal: Signal) -> None:
    assert list(emit(signal, Person)) == []
    assert list(check(signal, Person)) == []


def test_a_muted_signal_is_silent(signal: Signal, drive: Drive) -> None:
    def receiver(sender: Any) -> None:
        raise AssertionError("unreachable")

    signal.connect(receiver)
    with signal.muted():
        drive(emit(signal, Person))


def test_a_receivers_failure_comes_out(signal: Signal, drive: Drive) -> None:
    def receiver(sender: Any) -> None:
        raise LookupError("the receiver's own")

    signal.connect(receiver)
    with pytest.raises(LookupError, match="own"):
        drive(emit(signal, Person))


class Called:
    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    async def __call__(self, sender: Any) -> None:
        self.seen.append("object")

    async def method(self, sender: Any) -> None:
        self.seen.append("method")


def _coroutine_receivers(seen: list[str]) -> Iterator[tuple[Callable[..., Any], bool]]:
    async def function(sender: Any) -> None:
        await asyncio.sleep(0)
        seen.append("function")

    yield function, True
    yield Called(seen), True
    yield Called(seen).method, True
    yield (lambda sender: function(sender)), False  # is one, and does not look like one


@pytest.mark.parametrize("number", range(4))
def test_coroutine_receivers_are_awaited_or_refused(signal: Signal, number: int) -> None:
    seen: list[str] = []
    receiver, looks_it = list(_coroutine_receivers(seen))[number]

    def plain(sender: Any) -> None:
        seen.append("plain")

    signal.connect(plain)
    signal.connect(receiver, sender=Person, weak=False)

    asyncio.run(arun(check(signal, Person)))
    asyncio.run(arun(emit(signal, Person)))
    assert seen[0] == "plain"
    assert len(seen) == 2

    seen.clear()
    with pytest.raises(AsyncReceiverError, match=r"test_signal.*asave\(\)"):
        run(emit(signal, Person))
    if looks_it:
        assert seen == []
        with pytest.raises(AsyncReceiverError):
            run(check(signal, Person))
    run(check(signal, Company))
    run(emit(signal, Company))


def test_coroutine_receivers_run_one_after_another(signal: Signal) -> None:
    seen: list[str] = []

    async def slow(sender: Any) -> None:
        await asyncio.sleep(0.01)
        seen.append("slow")

    async def fast(sender: Any) -> None:
        seen.append("fast")

    signal.connect(slow)
    signal.connect(fast)
    asyncio.run(arun(emit(signal, Person)))
    assert seen == ["slow", "fast"]
