"""Instances of one workspace in another: never sent, never mixed up, and told apart."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attio_orm import Company, Deal, Person, ValidationError, connect
from tests.bad_input.world import World, check_clear
from tests.colours import Colour


@pytest.mark.parametrize(
    "assign",
    [
        lambda w: setattr(w.ada, "company", w.stranger),
        lambda w: w.ada.__setitem__("company", w.stranger),
        lambda w: setattr(w.deal, "associated_company", w.stranger),
        lambda w: w.acme.associated_workspaces.append(w.stranger),
    ],
)
def test_assigning_a_stranger(world: World, assign: Callable[[World], Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        assign(world)

    check_clear(caught.value)
    assert not any(each.is_changed for each in (world.ada, world.deal, world.acme))


@pytest.mark.parametrize(
    ("method", "arguments", "values"),
    [
        ("create", [], {"name": "New"}),
        ("get_or_create", [], {"name": "New"}),
        ("update_or_create", [], {"name": "New"}),
        ("upsert", ["email_addresses"], {"email_addresses": ["n@n.dev"]}),
        ("update", [], {}),
    ],
)
async def test_writing_with_a_stranger(
    world: World, colour: Colour, method: str, arguments: list[str], values: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        await colour.call(Person.objects, method, *arguments, company=world.stranger, **values)

    check_clear(caught.value, "company", "Stranger", "another connection", "fetch the record")
    assert await colour.call(Person.objects, "count") == 1
    assert world.ada.company == world.acme


async def test_a_new_record_with_a_stranger_is_refused_by_the_save(
    world: World, colour: Colour
) -> None:
    new: Any = Person(name="New", company=world.stranger)
    writes = [each for each in world.handle.requests if each.path.endswith("/records")]

    with pytest.raises(ValidationError) as caught:
        await colour.call(new, "save")
    check_clear(caught.value, "company", "another connection")
    report = await colour.call(Person.objects, "bulk_create", [new, {"name": "Other"}])

    assert (len(report.failed), len(report.created)) == (1, 1)
    assert len([e for e in world.handle.requests if e.path.endswith("/records")]) == len(writes) + 1
    assert new.id is None
    with world.stranger.connection.active():  # where the stranger is at home, it is fine
        fresh = Person(name="New", company=world.stranger)
        await colour.call(fresh, "save")
    assert fresh.connection is world.stranger.connection


async def test_an_instance_saves_to_its_own_workspace(world: World, colour: Colour) -> None:
    world.stranger.name = "Renamed"
    sent = len(world.handle.requests)

    await colour.call(world.stranger, "save")

    assert len(world.handle.requests) == sent
    found = Company.objects.using(world.stranger.connection)
    assert (await colour.call(found, "get", id=world.stranger.id)).name == "Renamed"
    with pytest.raises(Company.DoesNotExist):
        await colour.call(Company.objects, "get", id=world.stranger.id)


async def test_a_detached_instance_is_taken_by_its_id(world: World, colour: Colour) -> None:
    acme = pickle.loads(pickle.dumps(world.acme))
    world.ada.company = None
    await colour.call(world.ada, "save")

    world.ada.company = acme
    await colour.call(world.ada, "save")

    assert await colour.call(Person.objects.filter(company=acme), "count") == 1
    assert await colour.call(Person.objects.filter(company=world.acme), "count") == 1


async def test_an_id_of_another_workspace_is_attios_to_refuse(world: World, colour: Colour) -> None:
    world.ada.company = world.stranger.id

    with pytest.raises(Exception, match="not found") as caught:
        await colour.call(world.ada, "save")

    check_clear(caught.value, str(world.stranger.id))
    await colour.call(world.ada, "refresh")
    assert world.ada.company is not None
    assert world.ada.company.id == world.acme.id


async def test_copies_of_one_workspace_do_not_share_objects(
    colour: Colour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with connect("sandbox:///one.db") as one, connect("sandbox:///one.db") as two:
        mine = await colour.call(Company.objects.using(one), "create", name="Acme")
        theirs = await colour.call(Company.objects.using(two), "get", id=mine.id)

        assert (mine is theirs, mine.id == theirs.id) == (False, True)
        assert (mine.connection, theirs.connection) == (one, two)
        deal = Deal(name="D", stage="Lead", owner="owner@sandbox.example", associated_company=mine)
        with pytest.raises(ValidationError, match="another connection"):
            await colour.call(deal, "save")
