"""``page(number, size)``: one page and whether there is another, by one request and no count."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from attio_orm import Company, ListEntry, Page, Person, ValidationError
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


class Visit(ListEntry, parent=Company):
    """Entries have pages as records have."""


@pytest.fixture
def people(attio_sandbox: Any) -> Any:
    attio_sandbox.define(Visit)
    attio_sandbox.clock.freeze()
    attio_sandbox.workspace.load("people", [{"name": f"{n:02}, P"} for n in range(12)])
    attio_sandbox.connection.schema.fetch("people")
    return attio_sandbox


def names(page: Page[Person]) -> list[str]:
    return [str(each.name.last_name) for each in page.items]


async def test_each_page_is_one_request(people: Any, colour: Colour) -> None:
    queryset = Person.objects.order_by("name")
    for number, wanted, has_next in (
        (1, ["00", "01", "02", "03", "04"], True),
        (2, ["05", "06", "07", "08", "09"], True),
        (3, ["10", "11"], False),
        (4, [], False),
    ):
        people.requests.clear()
        with assert_num_requests(1):
            page = await colour.call(queryset, "page", number, size=5)
        assert (names(page), page.number, page.has_next) == (wanted, number, has_next)
        body = people.requests[-1].json
        assert (body["limit"], body["offset"]) == (6, (number - 1) * 5)


async def test_a_full_last_page_has_no_next(people: Any, colour: Colour) -> None:
    with assert_num_requests(1):
        page = await colour.call(Person.objects, "page", 3, 4)
    assert (len(page.items), page.has_next) == (4, False)
    page = await colour.call(Person.objects, "page", 1)
    assert (len(page.items), page.has_next) == (12, False), "50 a page"


async def test_of_what_is_narrowed_included_or_sliced(people: Any, colour: Colour) -> None:
    narrowed = Person.objects.filter(name__last_name__startswith="1").order_by("-name")
    assert names(await colour.call(narrowed, "page", 2, 1)) == ["10"]
    sliced = await colour.call(Person.objects.order_by("name")[2:9], "page", 2, 4)
    assert (names(sliced), sliced.has_next) == (["06", "07", "08"], False)
    included = await colour.call(Person.objects.includes("company"), "page", 1, 2)
    with assert_num_requests(0):
        assert [each.company for each in included.items] == [None, None]
    assert (await colour.call(Person.objects.none(), "page", 1)).items == []


async def test_of_entries(people: Any, colour: Colour) -> None:
    acme = await colour.call(Company.objects, "create", name="Acme")
    people.clock.freeze()
    made: list[Visit] = []
    for _ in range(3):
        people.clock.move(1)  # Attio cannot sort entries by their ids
        made.append(await colour.call(Visit.objects, "create", parent=acme))
    first = await colour.call(Visit.objects, "page", 1, 2)
    second = await colour.call(Visit.objects, "page", 2, 2)
    assert [*first.items, *second.items] == made
    assert (first.has_next, second.has_next) == (True, False)


async def test_of_what_is_read_already_nothing_is_sent(people: Any, colour: Colour) -> None:
    queryset = Person.objects.order_by("name")
    await colour.items(queryset)
    with assert_num_requests(0):
        page = await colour.call(queryset, "page", 2, 10)
    assert (names(page), page.has_next) == (["10", "11"], False)


async def test_more_than_attio_gives_at_once(people: Any, colour: Colour) -> None:
    people.workspace.load("people", [{"name": f"{n:04}, Q"} for n in range(600)])
    page = await colour.call(Person.objects, "page", 1, 600)
    assert (len({each.id for each in page.items}), page.has_next) == (600, True)


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5, "1", None])
def test_what_is_no_number_is_refused(people: Any, wrong: Any) -> None:
    with assert_num_requests(0):
        with pytest.raises(ValidationError, match="number is a whole number from 1 up"):
            Person.objects.page(wrong)
        with pytest.raises(ValidationError, match="size is a whole number from 1 up"):
            Person.objects.page(1, wrong)


def test_a_page_is_pickled(people: Any) -> None:
    page = Person.objects.page(1, 2)
    assert pickle.loads(pickle.dumps(page)) == page


async def test_what_sorts_alike_is_on_one_page_alone(people: Any, colour: Colour) -> None:
    """All were made at one moment: every page is read in the order of their ids."""
    found: list[Any] = []
    for number in range(1, 5):
        page = await colour.call(Person.objects, "page", number, 3)
        assert [each["attribute"] for each in people.requests[-1].json["sorts"]] == [
            "created_at",
            "record_id",
        ]
        found += page.items
    assert [each.id for each in found] == sorted(str(each.id) for each in found)
    assert len({each.id for each in found}) == 12
