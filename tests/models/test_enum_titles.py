"""Titles of statuses and selects that an enum lists."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest

from attio_orm import Company, ListEntry, Model, One, ValidationError
from attio_orm.attributes import MultiSelect, Select, Status, Text
from attio_orm.records.base import mapper_of
from tests.colours import Colour


class Stage(StrEnum):
    NEW = "New"
    WON = "Won 🎉"


class Sector(str, Enum):  # noqa: UP042 - as people wrote it before there was StrEnum
    AIR = "Air"
    SEA = "Sea"


class Trip(Model):
    name: Text
    stage: Status[Stage]
    sector: Select[Sector]
    sectors: MultiSelect[Sector]


class Booking(ListEntry):
    parent: One[Company]
    stage: Status[Stage]


@pytest.fixture
def trips(attio_sandbox: Any) -> Any:
    attio_sandbox.define(Trip, Booking)
    return attio_sandbox


def test_define_makes_what_the_enum_lists(trips: Any) -> None:
    attributes = "/v2/objects/trips/attributes"
    statuses = trips.workspace.look_up(f"{attributes}/stage/statuses")
    options = trips.workspace.look_up(f"{attributes}/sectors/options")

    assert [each["title"] for each in statuses] == ["New", "Won 🎉"]
    assert [each["title"] for each in options] == ["Air", "Sea"]
    assert {type(title) for title in mapper_of(Trip).attributes["sector"].options} == {str}


async def test_members_go_wherever_titles_go(trips: Any, colour: Colour) -> None:
    trip = await colour.call(
        Trip.objects, "create", name="a", stage=Stage.NEW, sector=Sector.AIR, sectors=[*Sector]
    )

    assert trips.requests[-1].json["data"]["values"] == {
        "name": "a", "stage": "New", "sector": "Air", "sectors": ["Air", "Sea"]
    }  # fmt: skip
    assert (trip.stage, trip.sector, trip.sectors) == (Stage.NEW, Sector.AIR, [*Sector])
    assert Stage(trip.stage) is Stage.NEW
    trip.stage = Stage.NEW
    assert not trip.is_changed
    trip["stage"] = Stage.WON
    trip.sectors.remove(Sector.AIR)
    await colour.call(trip, "save")
    for condition in (
        {"stage": Stage.WON},
        {"stage__in": [Stage.WON]},
        {"sector": Sector.AIR},
        {"sectors": Sector.SEA},
        {"sectors__in": [Sector.SEA]},
    ):
        assert await colour.call(Trip.objects, "get", **condition) == trip
    assert await colour.call(Trip.objects.filter(Trip.stage == Stage.WON), "count") == 1
    assert await colour.call(Trip.objects, "update", stage=Stage.NEW) == 1
    report = await colour.call(Trip.objects, "bulk_create", [{"name": "b", "stage": Stage.WON}])
    assert report.created[0].stage == Stage.WON
    acme = await colour.call(Company.objects, "create", name="Acme")
    booking = await colour.call(Booking.objects, "create", parent=acme, stage=Stage.NEW)
    assert await colour.call(Booking.objects, "get", stage=Stage.NEW) == booking


def test_what_the_enum_does_not_list_is_refused() -> None:
    with pytest.raises(ValidationError, match="stage: 'Gone' is not one of the options"):
        Trip(stage="Gone")  # type: ignore[arg-type]


class Number(IntEnum):
    ONE = 1


class Word(Enum):
    NEW = "New"


@pytest.mark.parametrize("titles", [Number, Word])
@pytest.mark.parametrize("kind", [Status, Select, MultiSelect])
def test_members_that_are_no_text_are_refused_where_they_are_declared(
    titles: Any, kind: Any
) -> None:
    """They would never be equal to what is read."""
    with pytest.raises(
        TypeError, match=rf"Odd\.stage takes its .*class {titles.__name__}\(StrEnum"
    ):
        type("Odd", (Model,), {"__annotations__": {"stage": kind[titles]}})


def test_a_name_that_cannot_be_resolved_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Odd\.stage lists its titles by .*Nowhere.*import"):
        type("Odd", (Model,), {"__annotations__": {"stage": Status["Nowhere"]}})  # type: ignore[name-defined]
