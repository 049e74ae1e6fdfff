"""Receivers that raise, and coroutine receivers under sync methods: nothing is sent unasked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from attio_orm import AsyncReceiverError, Person, signals
from tests.bad_input.world import World, check_clear
from tests.colours import Colour

SAVES = ("pre_save", "post_save")
DELETES = ("pre_delete", "post_delete")
REQUESTS = ("request_started", "request_finished")


@contextmanager
def receiving(name: str, receiver: Any, sender: Any = None) -> Iterator[None]:
    signal: signals.Signal = getattr(signals, name)
    with signal.connected_to(receiver, sender) if sender else signal.connected_to(receiver):
        yield


def broken(sender: Any, **values: Any) -> None:
    raise LookupError("the receiver is broken")


async def later(sender: Any, **values: Any) -> None:
    """A coroutine receiver."""


def writes(world: World) -> list[str]:
    return [
        f"{each.method} {each.path}"
        for each in world.handle.requests
        if each.method != "GET" and not each.path.endswith(("/query", "/search"))
    ]


async def test_a_pre_receiver_that_raises_stops_before_anything_is_sent(
    world: World, colour: Colour
) -> None:
    world.ada.job_title = "Countess of Lovelace"
    before = writes(world)

    with receiving("pre_save", broken), pytest.raises(LookupError, match="receiver is broken"):
        await colour.call(world.ada, "save")
    with receiving("pre_save", broken), pytest.raises(LookupError):
        await colour.call(Person.objects, "create", name="New")
    with receiving("pre_save", broken), pytest.raises(LookupError):
        await colour.call(
            Person.objects, "upsert", "email_addresses", email_addresses=["x@y.dev"], name="New"
        )
    with receiving("pre_delete", broken), pytest.raises(LookupError):
        await colour.call(world.ada, "delete")
    with receiving("pre_bulk", broken), pytest.raises(LookupError):
        await colour.call(Person.objects, "bulk_create", [{"name": "New"}])

    assert writes(world) == before
    assert world.ada.changes["job_title"].new == "Countess of Lovelace"
    await colour.call(world.ada, "save")
    await colour.call(world.ada, "refresh")
    assert world.ada.job_title == "Countess of Lovelace"


async def test_a_post_receiver_that_raises_comes_after_the_state_is_merged(
    world: World, colour: Colour
) -> None:
    world.ada.job_title = "Countess of Lovelace"
    with receiving("post_save", broken), pytest.raises(LookupError):
        await colour.call(world.ada, "save")
    assert not world.ada.is_changed

    new = Person(name="New")
    with receiving("post_save", broken), pytest.raises(LookupError):
        await colour.call(new, "save")
    assert new.id is not None
    assert not new.is_changed
    await colour.call(new, "save")

    with receiving("post_delete", broken), pytest.raises(LookupError):
        await colour.call(new, "delete")
    await colour.call(new, "delete")
    found = await colour.items(Person.objects.all())
    assert [each.job_title for each in found] == ["Countess of Lovelace"]


async def test_bulk_create_accounts_for_rows_whose_receiver_raised(
    world: World, colour: Colour
) -> None:
    def picky(sender: Any, **values: Any) -> None:
        if values["instance"].name.full_name.startswith("Bad"):
            raise LookupError("not this one")

    rows = [{"name": "Good One"}, {"name": "Bad One"}, Person(name="Bad Two"), {"name": "Good Two"}]
    with receiving("pre_save", picky):
        report = await colour.call(Person.objects, "bulk_create", rows)
    assert [str(item.error) for item in report.failed] == ["not this one"] * 2
    assert (len(report.created), len(report.unknown)) == (2, 0)
    assert await colour.call(Person.objects, "count") == 3

    with receiving("post_save", picky):
        report = await colour.call(Person.objects, "bulk_create", rows[1:3])
    assert [item.instance.id for item in report] == [each.id for each in report.created]
    assert (len(report.created), len(report.failed)) == (2, 0)
    with pytest.raises(ExceptionGroup):
        report.raise_for_errors()
    assert await colour.call(Person.objects, "count") == 5


async def test_a_receiver_of_post_load_that_raises_leaves_the_query_usable(
    world: World, colour: Colour
) -> None:
    people = Person.objects.all()
    with receiving("post_load", broken), pytest.raises(LookupError):
        await colour.items(people)

    assert await colour.items(people) == [world.ada]


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_receiver_of_requests_that_raises_is_heard(
    world: World, colour: Colour, name: str
) -> None:
    with receiving(name, broken), pytest.raises(LookupError):
        await colour.items(Person.objects.all())

    assert await colour.items(Person.objects.all()) == [world.ada]


def _work_of(name: str, world: World) -> None:
    if name in DELETES:
        world.ada.delete()
    elif name in {"pre_bulk", "post_bulk"}:
        Person.objects.bulk_create([{"name": "New"}])
    else:
        world.ada.save()


@pytest.mark.parametrize("name", [*SAVES, *DELETES, "pre_bulk", "post_bulk", *REQUESTS])
async def test_a_coroutine_receiver_under_sync_is_refused_before_anything_is_sent(
    world: World, name: str
) -> None:
    calls: list[str] = []

    def first(sender: Any, **values: Any) -> None:
        calls.append(name)

    world.ada.job_title = "Countess of Lovelace"
    sent = len(world.handle.requests)
    with receiving(name, first), receiving(name, later):
        with pytest.raises(AsyncReceiverError) as caught:
            _work_of(name, world)
        check_clear(caught.value, "later", name, "a-method")
        assert len(world.handle.requests) == sent
        assert calls == [], "no receiver ran"
        assert world.ada.changes["job_title"].new == "Countess of Lovelace"
        await world.ada.asave()
    assert not world.ada.is_changed


async def test_bulk_create_refuses_a_coroutine_receiver_of_save_at_once(world: World) -> None:
    sent = writes(world)
    for name in SAVES:
        with receiving(name, later), pytest.raises(AsyncReceiverError):
            Person.objects.bulk_create([{"name": "New"}])
    assert writes(world) == sent


async def test_post_load_takes_plain_functions_only(world: World, colour: Colour) -> None:
    with receiving("post_load", later):
        with pytest.raises(AsyncReceiverError) as caught:
            await colour.items(Person.objects.all())
        check_clear(caught.value, "later", "post_load")
    assert await colour.items(Person.objects.all()) == [world.ada]


async def test_a_function_that_only_gives_a_coroutine_leaves_no_warning(world: World) -> None:
    def sneaky(sender: Any, **values: Any) -> Any:
        return later(sender, **values)

    world.ada.job_title = "Countess of Lovelace"
    before = writes(world)
    with receiving("pre_save", sneaky):
        with pytest.raises(AsyncReceiverError) as caught:
            world.ada.save()
        check_clear(caught.value, "sneaky")
        assert writes(world) == before
        await world.ada.asave()
    assert not world.ada.is_changed
