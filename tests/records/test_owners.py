"""Owners have the names and e-mail addresses of members, who are asked for once and no sooner."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from attio_orm import Company, Deal, ForbiddenError, ListEntry, Person, connect
from attio_orm import attributes as kinds
from attio_orm.errors import NotLoadedError
from attio_orm.schema import workspace
from attio_orm.testing import SandboxHandle, assert_num_requests
from attio_orm.values import Actor
from tests.colours import Colour

OWNER = "owner@sandbox.example"
NAMES = ("Ada Byron", "ada@x.dev")


class Lead(ListEntry, list="leads", parent=Company):
    """Entries with an owner, and several helpers."""

    owner: kinds.Actor
    helpers: kinds.Actors


@pytest.fixture
def ada(attio_sandbox: SandboxHandle) -> str:
    return attio_sandbox.add_member("ada@x.dev", first_name="Ada", last_name="Byron")


@pytest.fixture
def deal(attio_sandbox: SandboxHandle, ada: str) -> Deal:
    return Deal.objects.create(name="Big", stage="Lead", owner="ada@x.dev")


def shown(actor: Actor) -> tuple[str | None, str | None]:
    return actor.name, actor.email


def members_asked(handle: SandboxHandle) -> int:
    return sum(each.path == "/v2/workspace_members" for each in handle.requests)


def test_the_first_name_asks_for_the_members_and_no_other_does(deal: Deal) -> None:
    other = Deal.objects.create(name="Other", stage="Lead", owner=OWNER)
    with assert_num_requests(0):
        assert deal.owner.id
        assert deal.owner.type == "workspace-member"
        assert "ada" not in repr(deal.owner)
        assert deal.model_dump(mode="json")["owner"] == {
            "type": "workspace-member", "id": deal.owner.id,
        }  # fmt: skip
    with assert_num_requests(1):
        assert shown(deal.owner) == NAMES
    with assert_num_requests(0):
        assert other.owner.email == OWNER
        assert deal.model_dump(mode="json")["owner"] == {
            "type": "workspace-member", "id": deal.owner.id,
            "email": "ada@x.dev", "name": "Ada Byron",
        }  # fmt: skip
        assert "name='Ada Byron'" in repr(deal.owner)


async def test_what_an_a_method_loads_brings_them_along(
    attio_sandbox: SandboxHandle, deal: Deal
) -> None:
    record_id, entry_id = deal.id, await _entry(attio_sandbox)
    deal.associated_company = await Company.objects.acreate(name="Beta")
    await deal.asave()
    ways: list[Any] = [
        lambda: Deal.objects.aget(id=record_id),
        lambda: Deal.objects.filter(name="Big").afirst(),
        lambda: _only(Deal.objects.ain_bulk([record_id])),
        lambda: Lead.objects.aget(id=entry_id),
        lambda: Lead.objects.afirst(),
        _related,
    ]
    for way in ways:
        attio_sandbox.connection.schema.forget()
        before = members_asked(attio_sandbox)
        found = await way()
        assert members_asked(attio_sandbox) == before + 1
        with assert_num_requests(0):
            assert shown(found.owner) == NAMES
        await way()
        assert members_asked(attio_sandbox) == before + 1


async def _entry(handle: SandboxHandle) -> str:
    handle.define(Lead)
    company = await Company.objects.acreate(name="Acme")
    return str((await Lead.objects.acreate(parent=company, owner="ada@x.dev")).id)


async def _only(found: Any) -> Any:
    (one,) = (await found).values()
    return one


async def _related() -> Any:
    company = await Company.objects.includes("associated_deals").aget(name="Beta")
    return company.associated_deals[0]


async def test_nobody_pays_for_records_without_an_owner(
    attio_sandbox: SandboxHandle, ada: str, colour: Colour
) -> None:
    # who made it is a member as well, but that is said of nearly every record
    await colour.call(Person.objects, "create", name="Ada")
    await colour.items(Person.objects.all())
    await colour.call(Deal.objects, "values", "name", "stage")
    assert members_asked(attio_sandbox) == 0


async def test_members_that_are_not_known_are_never_waited_for_in_a_loop(
    attio_sandbox: SandboxHandle, ada: str
) -> None:
    deal = await Deal.objects.acreate(name="Big", stage="Lead", owner="ada@x.dev")
    with pytest.raises(NotLoadedError, match="afetch_members"):
        _ = deal.owner.name
    assert "name" not in repr(deal.owner)
    members = await attio_sandbox.connection.schema.afetch_members()
    assert {each.name for each in members} == {"Sandbox Owner", "Ada Byron"}
    assert shown(deal.owner) == NAMES


async def test_a_token_that_may_not_see_members_reads_all_else(
    attio_sandbox: SandboxHandle, ada: str
) -> None:
    deal = await Deal.objects.acreate(name="Big", stage="Lead", owner="ada@x.dev")
    attio_sandbox.fail_next(403, match="/v2/workspace_members")
    for asked in (1, 1):  # not at each of them
        found = await Deal.objects.aget(id=deal.id)
        assert found.name == "Big"
        assert members_asked(attio_sandbox) == asked
    with pytest.raises(NotLoadedError, match="afetch_members"):
        _ = found.owner.name


def test_who_may_not_see_members_is_told_so(attio_sandbox: SandboxHandle, deal: Deal) -> None:
    attio_sandbox.fail_next(403, match="/v2/workspace_members")
    with pytest.raises(ForbiddenError):
        _ = deal.owner.name
    assert deal.owner.name == "Ada Byron"


def test_one_who_is_not_a_member_any_more_has_no_name(
    deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Actor("workspace-member", "11111111-1111-4111-8111-111111111111")
    with assert_num_requests(1):
        assert shown(gone) == (None, None)
        assert shown(deal.owner) == NAMES
    later = workspace.now() + 60
    monkeypatch.setattr(workspace, "now", lambda: later)
    with assert_num_requests(1):  # somebody may have joined since
        assert shown(gone) == (None, None)


def test_who_joined_later_is_found(
    attio_sandbox: SandboxHandle, deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deal.owner.name == "Ada Byron"
    kim = attio_sandbox.add_member("kim@x.dev", first_name="Kim", last_name="Lee")
    later = workspace.now() + 60
    monkeypatch.setattr(workspace, "now", lambda: later)
    deal.owner = Actor("workspace-member", kim)
    deal.save()
    assert shown(deal.owner) == ("Kim Lee", "kim@x.dev")


def test_apps_tokens_and_the_system_have_neither(deal: Deal) -> None:
    with assert_num_requests(0):
        for kind in ("api-token", "app", "system"):
            assert shown(Actor(kind, None if kind == "system" else deal.id)) == (None, None)
        assert shown(Actor("workspace-member", None, "a@b.dev")) == (None, "a@b.dev")


def test_an_owner_is_looked_up_where_it_came_from(attio_sandbox: SandboxHandle, deal: Deal) -> None:
    """Whichever connection is current when its name is read."""
    with connect("sandbox://") as other:
        assert shown(deal.owner) == NAMES
        assert members_asked(other.sandbox) == 0


def test_all_places_of_actors_have_names(attio_sandbox: SandboxHandle, ada: str) -> None:
    attio_sandbox.define(Lead)
    company = Company.objects.create(name="Acme")
    lead = Lead.objects.create(parent=company, owner="ada@x.dev", helpers=["ada@x.dev", OWNER])
    found = Lead.objects.get(id=lead.id)
    assert [each.email for each in found.helpers] == ["ada@x.dev", OWNER]
    assert OWNER in found.helpers
    found.helpers.remove(OWNER)
    found.save()
    assert [shown(each) for each in found.helpers] == [NAMES]
    assert found.meta("owner")[0].value.name == "Ada Byron"
    assert found.history("owner")[0].value.name == "Ada Byron"
    with connect("sandbox://"):  # where nobody knows them
        assert found.history("owner")[0].value.name == "Ada Byron"
    with assert_num_requests(0):
        kept = pickle.loads(pickle.dumps(found.owner))
        assert kept == found.owner
        assert "Ada Byron" in repr(kept)


async def test_the_same_owner_by_e_mail_is_not_a_change(deal: Deal, colour: Colour) -> None:
    found = await colour.call(Deal.objects, "get", id=deal.id)
    found.owner = "ADA@x.dev"
    sent = len(deal.connection.sandbox.requests)  # type: ignore[union-attr]
    await colour.call(found, "save")
    methods = [each.method for each in deal.connection.sandbox.requests[sent:]]  # type: ignore[union-attr]
    assert "PATCH" not in methods
    assert not found.is_changed
    assert shown(found.owner) == NAMES


def test_many_tasks_ask_once(attio_sandbox: SandboxHandle, deal: Deal) -> None:
    async def all_of_them() -> list[str | None]:
        found = await asyncio.gather(*(Deal.objects.aget(id=deal.id) for _ in range(8)))
        return [each.owner.name for each in found]

    assert asyncio.run(all_of_them()) == ["Ada Byron"] * 8
    assert members_asked(attio_sandbox) == 1


async def test_what_was_known_stays_known_while_the_schema_is_forgotten(
    attio_sandbox: SandboxHandle, deal: Deal
) -> None:
    found = await Deal.objects.aget(id=deal.id)
    assert shown(found.owner) == NAMES
    attio_sandbox.connection.schema.forget()
    with assert_num_requests(0):
        assert shown(found.owner) == NAMES
