"""Coroutine receivers under sync methods: refused before anything is sent, reads included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from attio_orm import AsyncReceiverError, Person, connect, signals


async def later(sender: Any, **values: Any) -> None:
    """A coroutine receiver."""


SAVES: dict[str, Callable[[], Any]] = {
    "create": lambda: Person.objects.create(name="Ada"),
    "get_or_create": lambda: Person.objects.get_or_create(name="Ada"),
    "update_or_create": lambda: Person.objects.update_or_create({"job_title": "x"}, name="Ada"),
    "upsert": lambda: Person.objects.upsert("email_addresses", email_addresses=["ada@x.dev"]),
    "update": lambda: Person.objects.update(job_title="x"),
    "bulk_create": lambda: Person.objects.bulk_create([{"name": "Ada"}]),
    "save": lambda: Person(name="Ada").save(),
}


@pytest.mark.parametrize("signal", [signals.pre_save, signals.post_save], ids=lambda s: s.name)
@pytest.mark.parametrize("work", SAVES.values(), ids=SAVES.keys())
def test_saves(signal: signals.Signal, work: Callable[[], Any]) -> None:
    with connect("sandbox://") as connection, signal.connected_to(later, Person):
        assert connection.sandbox is not None
        with pytest.raises(AsyncReceiverError, match="later"):
            work()
        assert connection.sandbox.requests == []
    with connect("sandbox://"), signal.connected_to(later, str):
        work()


@pytest.mark.parametrize("signal", [signals.pre_delete, signals.post_delete], ids=lambda s: s.name)
def test_deletes(signal: signals.Signal) -> None:
    with connect("sandbox://") as connection, signal.connected_to(later, Person):
        assert connection.sandbox is not None
        with pytest.raises(AsyncReceiverError, match="later"):
            Person.objects.delete(confirm=0)
        with pytest.raises(AsyncReceiverError, match="later"):
            Person.ref("11111111-1111-4111-8111-111111111111").delete()
        assert connection.sandbox.requests == []


def test_a_save_of_nothing_refuses_nothing(attio_sandbox: Any) -> None:
    ada = Person.objects.create(name="Ada")
    with signals.pre_save.connected_to(later, Person):
        ada.save()
        ada.name = "Bob"
        with pytest.raises(AsyncReceiverError):
            ada.save()


async def test_they_run_under_the_a_methods(attio_sandbox: Any) -> None:
    heard: list[bool] = []

    async def hear(sender: Any, *, created: bool, **values: Any) -> None:
        heard.append(created)

    with signals.post_save.connected_to(hear, Person):
        await Person.objects.aget_or_create(name="Ada")
        await Person.objects.aupdate_or_create({"job_title": "x"}, name="Ada")
        assert await Person.objects.aupdate(job_title="y") == 1
    assert heard == [True, False, False]
