"""Deals that are won, lost and open, by what each workspace has."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import attio_orm
from attio_orm import Connection, Deal, Manager, Q, ValidationError, connect
from attio_orm.models.deals import Stages
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


@pytest.fixture
def deals(attio_sandbox: SandboxHandle) -> SandboxHandle:
    """One deal in each stage, which it is named by."""
    for stage in ("Lead", "In Progress", "Won 🎉", "Lost"):
        Deal.objects.create(name=stage, stage=stage, owner="owner@sandbox.example")
        attio_sandbox.clock.move(1)
    attio_sandbox.connection.schema.forget()
    return attio_sandbox


def celebrate(connection: Connection, title: str, on: bool) -> None:
    connection.api.statuses.update("deals", "stage", title, celebration_enabled=on)


async def names(colour: Colour, queryset: Any) -> list[str]:
    return [each.name for each in await colour.items(queryset)]


async def test_by_celebration(deals: SandboxHandle, colour: Colour) -> None:
    # objects, attributes, statuses: once; then the deals (and, for a loop, who their owners are)
    with assert_num_requests(4 + colour.is_async):
        assert await names(colour, Deal.objects.won()) == ["Won 🎉"]
    with assert_num_requests(2):
        assert await names(colour, Deal.objects.lost()) == ["Lost"]
        assert await names(colour, Deal.objects.open()) == ["Lead", "In Progress"]
    celebrate(deals.connection, "Won 🎉", False)
    celebrate(deals.connection, "In Progress", True)
    deals.connection.schema.forget()
    assert await names(colour, Deal.objects.won()) == ["In Progress"]
    celebrate(deals.connection, "In Progress", False)
    deals.connection.schema.forget()
    narrowed = Deal.objects.filter(name__contains="o").won()
    assert await names(colour, narrowed) == ["Won 🎉"]  # by its title, where nothing is celebrated


def test_each_workspace_picks_its_own(deals: SandboxHandle) -> None:
    won = Deal.objects.won()
    with connect("sandbox://") as other:
        other.api.statuses.update(
            "deals", "stage", "Won 🎉", title="Done", celebration_enabled=True
        )
        Deal.objects.create(name="Other", stage="Done", owner="owner@sandbox.example")
        assert [each.name for each in won.using(other)] == ["Other"]
    assert [each.name for each in won.using(deals.connection)] == ["Won 🎉"]
    again = pickle.loads(pickle.dumps(Q(stage__in=Stages("Deal", ("won",), (None,)))))
    assert [each.name for each in Deal.objects.filter(again)] == ["Won 🎉"]


def test_by_keyword(deals: SandboxHandle) -> None:
    class Sale(attio_orm.Deal, won={"In Progress", "Won 🎉"}, lost=["Lead"]):
        pass

    assert isinstance(Sale.objects, Manager)
    assert {each.name for each in Sale.objects.won()} == {"In Progress", "Won 🎉"}
    assert [each.name for each in Sale.objects.all().open()] == ["Lost"]
    assert [each.name for each in Deal.objects.won()] == ["Won 🎉"]  # the shipped one stays

    class Upset(attio_orm.Deal, won={"Won"}):
        pass

    with pytest.raises(ValidationError, match="'Won' is not one of the options"):
        Upset.objects.won().first()


def test_none_found_names_the_keyword(deals: SandboxHandle) -> None:
    deals.connection.api.statuses.update("deals", "stage", "Lost", title="Gone")
    for queryset in (Deal.objects.lost(), Deal.objects.open()):
        with pytest.raises(ValidationError, match=r'"Gone"\. Name those .* lost=\{"\.\.\."\}'):
            queryset.first()


@pytest.mark.parametrize("titles", ["Won", [], [1]], ids=str)
def test_a_keyword_that_is_no_titles(titles: Any) -> None:
    with pytest.raises(TypeError, match="won takes the titles of stages"):
        type("Sale", (attio_orm.Deal,), {"__module__": __name__}, won=titles)


def test_a_keyword_that_is_misspelt() -> None:
    with pytest.raises(TypeError, match="Did you mean 'won'"):
        type("Sale", (attio_orm.Deal,), {"__module__": __name__}, wonn={"Won"})


def test_explain_says_what_is_asked_first(deals: SandboxHandle) -> None:
    with assert_num_requests(0):
        plan = Deal.objects.won().explain()
    assert "/v2/objects/deals/attributes/stage/statuses" in str(plan)
