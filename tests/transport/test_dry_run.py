"""``connection.dry_run()``: writes are checked and collected, and nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Any

import pytest

from attio_orm import APIError, Company, Person, ValidationError, connect, signals
from attio_orm.testing import SandboxHandle
from attio_orm.transport.dry_run import NOT_SENT
from tests.colours import Colour


async def test_changes_are_planned_and_stay_unsaved(
    attio_sandbox: SandboxHandle, ada: Person, colour: Colour
) -> None:
    attio_sandbox.requests.clear()
    with attio_sandbox.connection.dry_run() as plan:
        ada.job_title = "Poet"
        await colour.call(ada, "save")
    assert attio_sandbox.requests == []
    (request,) = plan
    assert (request.method, request.json) == ("PATCH", {"data": {"values": {"job_title": "Poet"}}})
    assert request.path.endswith(f"/records/{ada.id}")
    assert str(plan) == f"PATCH {ada!r}\n  job_title: 'Countess' -> 'Poet'"
    assert ada.is_changed
    ada.save()
    assert Person.objects.get(id=ada.id).job_title == "Poet"


async def test_every_kind_of_write(
    attio_sandbox: SandboxHandle, ada: Person, colour: Colour
) -> None:
    people = Person.objects
    with attio_sandbox.connection.dry_run() as plan:
        bob = await colour.call(people, "create", name="Bob")
        await colour.call(people, "upsert", "email_addresses", email_addresses=["new@x.co"])
        await colour.call(people, "update", job_title="x")
        report = await colour.call(people, "bulk_create", [{"name": "C"}, {"name": "D"}])
        ada.email_addresses = ["b@x.co"]
        ada.description = "new"
        await colour.call(ada, "save")
        await colour.call(ada, "delete")
        answer = attio_sandbox.connection.request("POST", "/v2/notes", json={"data": {}})
    assert [each.method for each in plan] == [
        "POST", "PUT", "PATCH", "POST", "POST", "PUT", "DELETE", "POST",
    ]  # fmt: skip
    assert bob.id is None
    assert not report.created
    assert answer is NOT_SENT
    assert not answer
    assert Person.objects.count() == 1
    assert "email_addresses: [" in str(plan)
    assert f"DELETE {ada!r}" in str(plan)


def test_both_requests_of_a_mixed_save_are_planned(
    attio_sandbox: SandboxHandle, ada: Person
) -> None:
    ada.description = "x"
    ada.save()
    with attio_sandbox.connection.dry_run() as plan:
        ada.email_addresses.append("c@x.co")
        ada.description = None
        ada.save()
    assert [(each.method, [name for name, *_ in each.changes]) for each in plan] == [
        ("PATCH", ["email_addresses"]),
        ("PUT", ["description"]),
    ]


def test_pre_signals_fire_and_post_signals_do_not(
    attio_sandbox: SandboxHandle, ada: Person
) -> None:
    heard: list[str] = []

    def note(name: str) -> Any:
        def receiver(sender: Any, **_: Any) -> None:
            heard.append(name)

        return receiver

    names = ("pre_save", "post_save", "pre_delete", "post_delete")
    receivers = {name: note(name) for name in names}
    for name, receiver in receivers.items():
        getattr(signals, name).connect(receiver)
    with attio_sandbox.connection.dry_run():
        ada.job_title = "x"
        ada.save()
        ada.delete()
    for name, receiver in receivers.items():
        getattr(signals, name).disconnect(receiver)
    assert heard == ["pre_save", "pre_delete"]


def test_what_would_be_refused_is_refused(attio_sandbox: SandboxHandle, ada: Person) -> None:
    with attio_sandbox.connection.dry_run() as plan:
        with pytest.raises(ValidationError, match="e-mail"):
            Person.objects.create(email_addresses=["nope"])
        with pytest.raises(ValidationError):
            Company.objects.create(domains=[3])
    assert len(plan) == 0
    assert str(plan) == "(no request)"


def test_reads_are_sent(attio_sandbox: SandboxHandle) -> None:
    with attio_sandbox.connection.dry_run() as plan:
        assert Person.objects.count() == 0
    assert len(plan) == 0
    assert repr(plan).startswith("<dry run: 0 writes")


def test_its_connection_is_the_current_one_inside(attio_sandbox: SandboxHandle) -> None:
    first = attio_sandbox.connection
    with connect("sandbox://") as second:
        with second.active(), first.dry_run() as plan:
            Person.objects.create(name="Ada")
        assert len(plan) == 1
        assert Person.objects.using(first).count() == 0
        Person.objects.create(name="Ada")
        assert Person.objects.using(second).count() == 1


async def test_a_write_inside_on_another_connection_is_refused(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    with connect("sandbox://") as other:
        assert other.sandbox is not None
        with attio_sandbox.connection.dry_run() as plan:
            other.sandbox.requests.clear()
            with pytest.raises(ValidationError, match=r"was not sent: this block is a dry run of"):
                await colour.call(Person.objects.using(other), "create", name="Ada")
            with pytest.raises(ValidationError, match=r"^POST /v2/notes was not sent"):
                await colour.call(other, "request", "POST", "/v2/notes", json={})
            assert other.sandbox.requests == []
            with other.dry_run() as theirs:
                await colour.call(Person.objects.using(other), "create", name="Ada")
                ours = Person.objects.using(attio_sandbox.connection)
                await colour.call(ours, "create", name="Bob")
        assert (len(plan), len(theirs)) == (1, 1)
        assert Person.objects.using(other).count() == 0


def _in_a_thread(call: Callable[[], object]) -> BaseException | None:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).exception()


def test_a_write_of_another_thread_is_refused_while_it_lasts(
    attio_sandbox: SandboxHandle, ada: Person
) -> None:
    connection = attio_sandbox.connection

    def create() -> None:
        Person.objects.using(connection).create(name="Bob")

    with connection.dry_run() as plan:
        # free-threaded builds may give a thread the context of the one that starts it
        refused = _in_a_thread(lambda: Context().run(create))
        deleted = _in_a_thread(lambda: Context().run(ada.delete))
        context = copy_context()
        assert _in_a_thread(lambda: context.run(create)) is None
        with connection.concurrent() as batch:
            batch.submit(create)
        batch.raise_for_errors()
    assert isinstance(refused, ValidationError)
    assert isinstance(deleted, ValidationError)
    assert "another thread or task" in str(refused)
    assert "a connection of its own" in str(refused)
    assert "copy_context().run" in str(deleted)
    assert [each.method for each in plan] == ["POST", "POST"]
    assert all(each.method != "POST" or "query" in each.path for each in attio_sandbox.requests)
    assert _in_a_thread(lambda: Context().run(create)) is None
    assert Person.objects.count() == 2


def test_a_refused_write_sends_no_signal_and_no_request(attio_sandbox: SandboxHandle) -> None:
    connection = attio_sandbox.connection
    heard: list[object] = []

    def note(sender: object, **_: object) -> None:
        heard.append(sender)

    create = Person.objects.using(connection).create
    with connection.dry_run(), signals.pre_save.connected_to(note):
        attio_sandbox.requests.clear()
        with pytest.raises(ValidationError, match="The write was not sent"):
            Context().run(create, name="Bob")
    assert (heard, attio_sandbox.requests) == ([], [])


async def test_tasks_of_the_block_belong_to_it_and_others_do_not(
    attio_sandbox: SandboxHandle,
) -> None:
    async def create() -> None:
        await Person.objects.acreate(name="Bob")

    with attio_sandbox.connection.dry_run() as plan:
        await asyncio.create_task(create())
        with pytest.raises(ValidationError, match="another thread or task"):
            await asyncio.create_task(create(), context=Context())
    assert len(plan) == 1
    assert await Person.objects.acount() == 0


async def test_a_task_that_outlives_its_block_does_not_write(attio_sandbox: SandboxHandle) -> None:
    over = asyncio.Event()

    async def late() -> None:
        await over.wait()
        await Person.objects.acreate(name="Bob")

    with attio_sandbox.connection.dry_run() as plan:
        task = asyncio.create_task(late())
        await asyncio.sleep(0)
    over.set()
    with pytest.raises(ValidationError, match="a dry run that is over"):
        await task
    assert len(plan) == 0
    assert await Person.objects.acount() == 0


@pytest.mark.parametrize(
    ("method", "path", "is_planned"),
    [
        ("PATCH", "/v2/lists/search", True),
        ("POST", "/v2/objects", True),
        ("POST", "/v2/objects/people/records/query?x=1", False),
        ("POST", "/v2/sql", False),
        ("GET", "/v2/self", False),
    ],
)
def test_requests_of_ones_own(
    attio_sandbox: SandboxHandle, method: str, path: str, is_planned: bool
) -> None:
    """By what they do, not by how their path ends: a list may have the slug "search"."""
    connection = attio_sandbox.connection
    with connection.dry_run() as plan, suppress(APIError):
        connection.request(method, path, json=None if method == "GET" else {})
    assert len(plan) == is_planned
    assert [(each.method, each.path) for each in plan] == [(method, path)] * is_planned
    assert len(attio_sandbox.requests) == (not is_planned)
