"""What the reads of querysets have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from attio_orm import (
    AsyncReceiverError,
    Company,
    ListEntry,
    Person,
    UnknownAttributeError,
    search,
    signals,
)
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


class Lead(ListEntry, list="leads", parent=Company):
    """Entries, which Attio gives one by one."""


async def hear_later(sender: Any, **values: Any) -> None:
    """A coroutine receiver."""


ID = "11111111-1111-4111-8111-111111111111"

READS: dict[str, Callable[[], Any]] = {
    "for": lambda: list(Person.objects.all()),
    "first": lambda: Person.objects.first(),
    "get": lambda: Person.objects.get(id=ID),
    "in_bulk": lambda: Person.objects.in_bulk([ID]),
    "in_bulk of entries": lambda: Lead.objects.in_bulk([ID]),
    "values": lambda: Person.objects.values("company__name"),
    "search": lambda: search("ada", Company, Person),
    "view": lambda: list(Person.objects.view("A title that is to be looked up")),
}


@pytest.mark.parametrize("work", READS.values(), ids=READS.keys())
def test_a_coroutine_receiver_is_refused_before_anything_is_sent(
    attio_sandbox: SandboxHandle, work: Callable[[], Any]
) -> None:
    attio_sandbox.define(Lead)
    attio_sandbox.connection.schema.fetch("lists/leads")
    with (
        signals.post_load.connected_to(hear_later),
        assert_num_requests(0),
        pytest.raises(AsyncReceiverError, match="hear_later"),
    ):
        work()


@pytest.fixture
def known(attio_sandbox: SandboxHandle) -> list[Company]:
    attio_sandbox.define(Lead)
    return [Company.objects.create(name=name) for name in ("Acme", "Beta", "Gamma")]


async def test_in_bulk_asks_for_what_the_session_lacks_alone(
    attio_sandbox: SandboxHandle, known: list[Company], colour: Colour
) -> None:
    ids = [str(each.id) for each in known]
    with attio_sandbox.connection.session(ttl=60):
        beta = await colour.call(Company.objects, "get", id=ids[1])
        with assert_num_requests(1):
            found = await colour.call(Company.objects, "in_bulk", ids)
        sent = attio_sandbox.requests[-1].json
        assert sent["filter"] == {"record_id": {"$in": [ids[0], ids[2]]}}
        assert list(found) == ids
        assert found[ids[1]] is beta
        with assert_num_requests(0):
            again = await colour.call(Company.objects, "in_bulk", ids[::-1])
        assert list(again) == ids[::-1]
        assert all(again[each] is found[each] for each in ids)
        # whether it matches, only Attio knows
        with assert_num_requests(1):
            await colour.call(Company.objects.filter(name="Beta"), "in_bulk", ids)


async def test_in_bulk_of_entries_asks_for_what_the_session_lacks_alone(
    attio_sandbox: SandboxHandle, known: list[Company], colour: Colour
) -> None:
    ids = [str(Lead.objects.create(parent=each).id) for each in known]
    with attio_sandbox.connection.session(ttl=60):
        await colour.call(Lead.objects, "get", id=ids[1])
        with assert_num_requests(2):
            found = await colour.call(Lead.objects, "in_bulk", ids)
        assert list(found) == ids
        with assert_num_requests(0):
            assert await colour.call(Lead.objects, "in_bulk", ids) == found


async def test_in_bulk_asks_again_for_what_is_old_or_gone_or_in_no_session_of_ones_own(
    attio_sandbox: SandboxHandle, known: list[Company], colour: Colour
) -> None:
    ids = [str(each.id) for each in known]
    with assert_num_requests(1):
        assert list(await colour.call(Company.objects, "in_bulk", ids)) == ids
    for ttl in (None, 0):
        with attio_sandbox.connection.session(ttl=ttl):
            held = await colour.call(Company.objects, "in_bulk", ids)
            with assert_num_requests(1):
                assert await colour.call(Company.objects, "in_bulk", ids) == held
    with attio_sandbox.connection.session(ttl=60):
        held = await colour.call(Company.objects, "in_bulk", ids)
        await colour.call(held[ids[0]], "delete")
        with assert_num_requests(1):
            assert list(await colour.call(Company.objects, "in_bulk", ids)) == ids[1:]


async def test_in_bulk_includes_for_what_the_session_holds(
    attio_sandbox: SandboxHandle, known: list[Company], colour: Colour
) -> None:
    people = [Person.objects.create(name=each.name, company=each) for each in known]
    ids = [str(each.id) for each in people]
    with attio_sandbox.connection.session(ttl=60):
        await colour.call(Person.objects, "in_bulk", ids)
        with assert_num_requests(1):
            found = await colour.call(Person.objects.includes("company"), "in_bulk", ids)
        with assert_num_requests(0):
            assert [each.company.name for each in found.values()] == ["Acme", "Beta", "Gamma"]
        for looks in (1, 0):  # what is not known is looked up once more, before it is refused
            with assert_num_requests(looks), pytest.raises(UnknownAttributeError, match="compny"):
                await colour.call(Person.objects.includes("compny"), "in_bulk", ids)
