"""``connection.dry_run()``: writes are checked and collected, and nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Company, Person, ValidationError, signals
from attio_orm.embedded import SandboxHandle
from attio_orm.plans import NOT_SENT
from tests.colours import Colour


@pytest.fixture
def ada(attio_sandbox: SandboxHandle) -> Person:
    return Person.objects.create(
        name="Byron, Ada", job_title="Poet", email_addresses=["ada@x.co", "a@x.co"]
    )


async def test_changes_are_planned_and_stay_unsaved(
    attio_sandbox: SandboxHandle, ada: Person, colour: Colour
) -> None:
    attio_sandbox.requests.clear()
    with attio_sandbox.connection.dry_run() as plan:
        ada.job_title = "Countess"
        await colour.call(ada, "save")
    assert attio_sandbox.requests == []
    (request,) = plan
    assert (request.method, request.json) == (
        "PATCH",
        {"data": {"values": {"job_title": "Countess"}}},
    )
    assert request.path.endswith(f"/records/{ada.id}")
    assert str(plan) == f"PATCH {ada!r}\n  job_title: 'Poet' -> 'Countess'"
    assert ada.is_changed
    ada.save()
    assert Person.objects.get(id=ada.id).job_title == "Countess"


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


def test_reads_are_sent_and_other_connections_write(attio_sandbox: SandboxHandle) -> None:
    from attio_orm import connect

    with connect("sandbox://") as other:
        with attio_sandbox.connection.dry_run() as plan:
            Person.objects.using(other).create(name="Ada")
            assert Person.objects.using(attio_sandbox.connection).count() == 0
        assert Person.objects.using(other).count() == 1
    assert len(plan) == 0
    assert repr(plan).startswith("<dry run: 0 writes")
