"""Rows that sort alike come in another order each time: the parts of a query meet all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from attio_orm import Company, ListEntry, Person
from attio_orm.attributes import Number
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


class Pipeline(ListEntry, list="sales", parent=Company):
    size: Number


NUMBER = 60
ORDERS: dict[str, Callable[[Any], Any]] = {
    "none": lambda objects: objects.all(),
    "oldest first": lambda objects: objects.order_by("created_at"),
    "newest first": lambda objects: objects.order_by("-created_at"),
    "reversed": lambda objects: objects.reverse(),
    "filtered": lambda objects: objects.filter(job_title__in=["a", "b"]),
    "by a value": lambda objects: objects.order_by("job_title"),
    "by a value, falling": lambda objects: objects.order_by("-job_title"),
    "by no value": lambda objects: objects.order_by("description"),
    "by a relation": lambda objects: objects.order_by("company__name"),
}  # fmt: skip


@pytest.fixture
def people(attio_sandbox: SandboxHandle) -> SandboxHandle:
    """All of them made at one moment, of two titles."""
    attio_sandbox.shuffle_ties()
    attio_sandbox.workspace.load(
        "people", [{"name": "Twin", "job_title": "ab"[n % 2]} for n in range(NUMBER)]
    )
    return attio_sandbox


@pytest.fixture
def entries(attio_sandbox: SandboxHandle) -> SandboxHandle:
    """Twenty at each of three moments."""
    attio_sandbox.shuffle_ties()
    attio_sandbox.define(Pipeline)
    (acme,) = attio_sandbox.workspace.load("companies", [{"name": "Acme"}])
    attio_sandbox.clock.freeze()
    for moment in range(3):
        rows = [(acme, {"size": 20 * moment + n}) for n in range(20)]
        attio_sandbox.workspace.load_entries("sales", rows)
        attio_sandbox.clock.move(1)
    return attio_sandbox


async def parts_of(query: Any, colour: Colour) -> list[Any]:
    """Its records by positions, slices, pages and ends, each asked for by itself."""
    found = [query[at] for at in range(7)] if not colour.is_async else []
    found += await colour.items(query[len(found) : 13])
    found += await colour.items(query[13:40])
    found += await colour.items(query[40:])
    return found


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
async def test_parts_of_a_query_of_records(
    people: SandboxHandle, colour: Colour, order: Callable[[Any], Any]
) -> None:
    found = await parts_of(order(Person.objects), colour)
    assert len({each.id for each in found}) == NUMBER == len(found)
    assert await colour.call(order(Person.objects), "first") == found[0]
    assert await colour.call(order(Person.objects), "last") == found[-1]
    pages: list[Any] = []
    for number in range(1, 5):
        page = await colour.call(order(Person.objects), "page", number, 17)
        pages += page.items
    assert pages == found
    for request in people.requests:
        if request.path.endswith("/query") and request.json.get("sorts"):
            assert request.json["sorts"][-1]["attribute"] == "record_id"


@pytest.mark.parametrize("page_size", [1, 7, 500])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
async def test_a_pass_over_records(
    people: SandboxHandle, colour: Colour, order: Callable[[Any], Any], page_size: int
) -> None:
    for ahead in (1, 3):
        found = await colour.items(order(Person.objects).iterator(page_size, ahead))
        assert len({each.id for each in found}) == NUMBER == len(found)


@pytest.mark.parametrize("order", ["created_at", "-created_at"])
async def test_parts_of_a_query_of_entries(
    entries: SandboxHandle, colour: Colour, order: str
) -> None:
    query = Pipeline.objects.order_by(order)
    whole = await colour.items(query)
    assert sorted(each.size for each in whole) == list(range(NUMBER))
    moments = [each.created_at for each in whole]
    assert moments == sorted(moments, reverse=order == "-created_at")
    assert await parts_of(query, colour) == whole
    assert await colour.call(query, "first") == whole[0]
    assert await colour.call(query, "last") == whole[-1]
    assert (await colour.call(query, "page", 3, 17)).items == whole[34:51]
    assert (await colour.call(query, "page", 4, 17)).has_next is False


@pytest.mark.parametrize("page_size", [1, 7, 20, 500])
async def test_a_pass_over_entries(entries: SandboxHandle, colour: Colour, page_size: int) -> None:
    whole = await colour.items(Pipeline.objects.all())
    for ahead in (1, 3):
        assert await colour.items(Pipeline.objects.iterator(page_size, ahead)) == whole
    stream = Pipeline.objects.iterator(page_size)
    if not colour.is_async:
        first = [next(stream) for _ in range(27)]
        rest = list(Pipeline.objects.iterator(page_size, after=stream.token))
        assert [*first, *rest] == whole


async def test_one_moment_of_more_entries_than_a_page(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    attio_sandbox.shuffle_ties()
    attio_sandbox.define(Pipeline)
    (acme,) = attio_sandbox.workspace.load("companies", [{"name": "Acme"}])
    attio_sandbox.clock.freeze()
    rows = [(acme, {"size": n}) for n in range(1_201)]
    attio_sandbox.workspace.load_entries("sales", rows)
    attio_sandbox.clock.move(1)
    attio_sandbox.workspace.load_entries("sales", [(acme, {"size": 1_201})])
    found = await colour.items(Pipeline.objects.all())
    assert sorted(each.size for each in found) == list(range(1_202))
    assert found[-1].size == 1_201


async def test_what_the_slice_of_entries_costs(entries: SandboxHandle, colour: Colour) -> None:
    """One request, as far as the moment of the last is over with the one behind it."""
    await colour.call(Pipeline.objects, "first")
    for moment in range(3):
        entries.clock.move(moment)
        acme = await colour.call(Company.objects, "first")
        await colour.call(Pipeline.objects, "create", parent=acme, size=100 + moment)
    with assert_num_requests(1):
        assert (await colour.call(Pipeline.objects, "last")).size == 102
    with assert_num_requests(1):
        assert len(await colour.items(Pipeline.objects.all()[60:62])) == 2
    assert entries.requests[-1].json["limit"] == 63
    assert entries.requests[-1].json["offset"] == 0
