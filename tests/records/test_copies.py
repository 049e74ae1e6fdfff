"""Pickles and copies keep the relations that were loaded, however the records hold each other."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_orm import (
    Company,
    Deal,
    Include,
    ListEntry,
    Many,
    Maybe,
    Model,
    NotLoadedError,
    One,
    Person,
    ReadOnlyAttributeError,
)
from attio_orm.attributes import Text
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


def by_python(value: Any) -> Any:
    """The pickler that is written in Python, which some libraries build on."""
    buffer = io.BytesIO()
    pickle._Pickler(buffer).dump(value)  # type: ignore[attr-defined]
    return pickle._loads(buffer.getvalue())  # type: ignore[attr-defined]


WAYS: dict[str, Callable[[Any], Any]] = {
    **{
        f"protocol {number}": lambda value, number=number: pickle.loads(pickle.dumps(value, number))
        for number in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "by python": by_python,
    "deepcopy": copy.deepcopy,
    "twice": lambda value: copy.deepcopy(pickle.loads(pickle.dumps(copy.deepcopy(value)))),
}


class Bare(Model, object="nodes"):
    """Leaves everything to the workspace."""


class Node(Model):
    name: Text
    next: Maybe[Node]
    others: Many[Node]


class Visit(ListEntry, parent=Company):
    guide: One[Person]


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def way(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def team(attio_sandbox: Any) -> Any:
    """A company and three of its people, with two deals of theirs."""
    load = attio_sandbox.workspace.load
    (acme,) = load("companies", [{"name": "Acme"}])
    at = {"target_object": "companies", "target_record_id": acme}
    people = load("people", [{"name": f"{name}, A", "company": at} for name in ("X", "Y", "Z")])
    for title, stage in (("One", "Lead"), ("Two", "Lost")):
        load(
            "deals",
            [
                {
                    "name": title,
                    "stage": stage,
                    "owner": "owner@sandbox.example",
                    "associated_people": [
                        {"target_object": "people", "target_record_id": each} for each in people
                    ],
                }
            ],
        )
    return attio_sandbox


async def test_what_was_loaded_is_there(team: Any, colour: Colour, way: Any) -> None:
    paths = ("company__team", "associated_deals")
    people = await colour.items(Person.objects.includes(*paths).order_by("name"))
    first = people[0]

    with assert_num_requests(0):
        twin = way(first)
        assert twin == first
        assert twin is not first
        assert twin.connection is None
        assert not twin.is_changed
        assert twin.company.name == "Acme"
        assert twin.company is not first.company
        assert twin.company.connection is None
        assert twin.company.team == first.company.team, "in their order"
        assert {deal.name for deal in twin.associated_deals} == {"One", "Two"}
        (place,) = [n for n, each in enumerate(twin.company.team) if each == first]
        assert twin.company.team[place] is twin, "one record is one object"
        assert all(each.company is twin.company for each in twin.company.team)
        assert twin.model_dump() == first.model_dump()
        twin.associated_deals.clear()
        assert twin.is_changed
        assert not first.is_changed
        deal = way(first).associated_deals[0]
        with pytest.raises(NotLoadedError, match="is detached, and holds no associated_people"):
            _ = deal.associated_people


async def test_records_that_are_copied_together_stay_together(
    team: Any, colour: Colour, way: Any
) -> None:
    people = await colour.items(Person.objects.includes("company__team").order_by("name"))
    acme = people[0].company

    for given in ([*people, acme], [acme, *people]):
        twins = way(given)
        assert twins == given
        company = twins[given.index(acme)]
        rest = [each for each in twins if each is not company]
        assert all(each.company is company for each in rest)
        assert {id(each) for each in company.team} == {id(each) for each in rest}


async def test_what_an_include_picked_goes_with_it(team: Any, colour: Colour, way: Any) -> None:
    lost = Include("associated_deals", Deal.objects.filter(stage="Lost"), to_attr="lost")
    person = await colour.call(Person.objects.includes(lost).order_by("name"), "first")

    twin = way(person)

    assert [deal.name for deal in twin.lost] == ["Two"]
    assert type(twin.lost) is tuple
    with pytest.raises(ReadOnlyAttributeError, match="picked"):
        twin.lost = ()


async def test_what_was_assigned_and_not_saved(team: Any, colour: Colour, way: Any) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada")
    acme = await colour.call(Company.objects, "get", name="Acme")
    ada.company = acme
    ada.associated_deals = await colour.items(Deal.objects.filter(name="One"))

    twin = way(ada)

    assert set(twin.changes) == {"company", "associated_deals"}
    assert (twin.company.name, twin.associated_deals[0].name) == ("Acme", "One")
    twin.company = None
    assert "company" not in twin.changes
    await colour.call(way(ada), "save")
    await colour.call(ada, "refresh")
    await colour.call(ada, "load", "company", "associated_deals")
    assert ada.company is acme
    assert [each.name for each in ada.associated_deals] == ["One"]


async def test_what_is_gone_is_known_to_be_gone(team: Any, colour: Colour, way: Any) -> None:
    team.define(Node)
    last = await colour.call(Node.objects, "create", name="b")
    await colour.call(Node.objects, "create", name="a", next=last, others=[last])
    await colour.call(last, "delete")
    with team.connection.session():
        node = await colour.call(Node.objects.includes("next", "others"), "get", name="a")
        assert (node.next, node.others) == (None, [])
        assert (way(node).next, way(node).others) == (None, [])


async def test_undeclared_relations_and_those_of_entries(
    team: Any, colour: Colour, way: Any
) -> None:
    team.define(Visit, Node)
    last = await colour.call(Node.objects, "create", name="b")
    await colour.call(Node.objects, "create", name="a", next=last, others=[last])
    bare = await colour.call(Bare.objects.includes("next", "others"), "get", name="a")
    assert way(bare).next.name == way(bare)["next"].name == "b"
    assert [each.name for each in way(bare).others] == ["b"]
    acme = await colour.call(Company.objects, "get", name="Acme")
    guide = await colour.call(Person.objects.order_by("name"), "first")
    visit = await colour.call(Visit.objects, "create", parent=acme, guide=guide)
    found = await colour.call(Visit.objects.includes("parent__team", "guide"), "get", parent=acme)
    assert found == visit
    twin = way(found)
    assert (twin.parent.name, twin.guide) == ("Acme", guide)
    assert twin.guide in twin.parent.team


def chained(length: int) -> list[Node]:
    """Records that refer to the one after them, and to some further on; none is in a workspace."""
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(length)]
    template = Node.ref(ids[0])
    nodes = [template, *(Node.ref(each) for each in ids[1:])]
    for number, node in enumerate(nodes):
        node.others = [nodes[(number * 7 + step) % length] for step in (1, 2, 3)]
        node.next = nodes[(number + 1) % length]
    return nodes


@pytest.mark.parametrize("name", ["protocol 5", "by python", "deepcopy"])
@pytest.mark.parametrize("step", [1, -1])
def test_a_long_chain_is_no_deep_recursion(name: str, step: int) -> None:
    nodes = chained(1_200)[::step]

    start, *_ = WAYS[name](nodes[:50])

    node, seen = start.next, 1
    while node is not start:
        node, seen = node.next, seen + 1
    assert seen == len(nodes)


def test_a_list_of_records_that_hold_each_other_is_not_pickled_over_and_over() -> None:
    nodes = chained(400)

    one, all_of_them = len(pickle.dumps(nodes[0])), len(pickle.dumps(nodes))

    assert all_of_them < one * 1.2


def test_threads_pickle_the_same_records_at_once() -> None:
    nodes = chained(100)

    def duplicate(start: int) -> int:
        found = pickle.loads(pickle.dumps(nodes[start:][::-1] + nodes[:start]))
        return len({id(each) for each in found})

    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(duplicate, range(0, 100, 5))] == [100] * 20


def test_a_pickle_says_what_the_record_is_by_then(team: Any) -> None:
    """Also where an earlier pickle of it is still being written."""
    person = Person.objects.includes("company").order_by("name")[0]
    stream = pickle.Pickler(io.BytesIO())
    stream.dump(person)
    person.job_title = "CTO"
    assert person.company is not None
    assert list(person.company.team)

    twin = pickle.loads(pickle.dumps(person))

    assert twin.changes["job_title"].new == "CTO"
    assert len(twin.company.team) == 3


async def test_a_shallow_copy_holds_the_same_records(team: Any, colour: Colour) -> None:
    person = await colour.call(Person.objects.includes("company").order_by("name"), "first")

    twin = copy.copy(person)

    assert twin.connection is None
    assert twin.company is person.company
    twin.company = None
    assert person.company is not None
