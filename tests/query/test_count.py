"""Counting by galloping and bisection, against the number of records there are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import InvalidResponseError, Person
from attio_orm.connection import current
from attio_orm.effects import Operation, run
from attio_orm.query.execution import AttioExecution, compile_query
from attio_orm.query.query import Query
from attio_orm.records.rows import Row, RowId
from attio_orm.testing import SandboxHandle, assert_num_requests, sandbox
from tests.colours import Colour


class Counting(AttioExecution):
    """A query on a table that only has a size."""

    def __init__(self, size: int, start: int, stop: int | None) -> None:
        query = Query(Person, start=start, stop=stop)
        super().__init__(current.current(), compile_query(current.current(), query))
        self.size = size
        self.asked = 0

    def fetch(self, *, limit: int, offset: int, **_: Any) -> Operation[list[Row]]:
        self.asked += 1
        assert limit == 1
        assert offset >= 0
        return [Row(RowId("x"))] if offset < self.size else []
        yield


sizes = st.one_of(st.integers(0, 30), st.integers(0, 2_000), st.integers(0, 5_000_000))


@pytest.fixture(scope="module")
def connected() -> Any:
    with sandbox() as handle:
        yield handle


@settings(max_examples=400)
@given(size=sizes, start=sizes, length=st.one_of(st.none(), sizes))
def test_count_is_the_length(connected: Any, size: int, start: int, length: int | None) -> None:
    for first in (0, start):
        stop = None if length is None else first + length
        reading = Counting(size, first, stop)
        assert run(reading.count()) == len(range(size)[first:stop])
        left = len(range(size)[first:stop])
        assert reading.asked <= 6 + 1.5 * left.bit_length()


@pytest.mark.parametrize(("start", "stop"), [(0, None), (7, None), (0, 10**12)])
def test_a_table_without_an_end(connected: Any, start: int, stop: int | None) -> None:
    reading = Counting(10**30, start, stop)
    if stop is not None:
        assert run(reading.count()) == stop, "one request tells that there are as many"
        return
    with pytest.raises(InvalidResponseError, match="does not end"):
        run(reading.count())
    assert reading.asked < 20


@pytest.mark.parametrize("size", [0, 1, 99_999, 100_000, 100_001])
def test_a_hundred_thousand_take_fewer_than_45(connected: Any, size: int) -> None:
    reading = Counting(size, 0, None)
    assert run(reading.count()) == size
    assert reading.asked < 45


async def test_twenty_thousand_in_the_sandbox(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    attio_sandbox.workspace.load("people", ({} for _ in range(20_000)))
    attio_sandbox.requests.clear()
    assert await colour.call(Person.objects, "count") == 20_000
    assert len(attio_sandbox.requests) < 35
    assert {each.json["limit"] for each in attio_sandbox.requests} == {1}
    with assert_num_requests(1):
        assert await colour.call(Person.objects[:15_000], "count") == 15_000
    assert await colour.call(Person.objects[19_990:20_050], "count") == 10
    assert await colour.call(Person.objects[20_000:], "count") == 0


async def test_counts_of_what_is_known_cost_nothing(crm: SandboxHandle, colour: Colour) -> None:
    people = Person.objects.filter(company__name="Acme")
    number = await colour.call(people, "count")
    found = await colour.items(people)
    with assert_num_requests(0):
        assert await colour.call(people, "count") == number == len(found)
        assert await colour.call(people[2:], "count") == number - 2
        assert await colour.call(Person.objects.none(), "count") == 0
        assert await colour.call(Person.objects.filter(id__in=[]), "count") == 0
        assert await colour.call(Person.objects[7:7], "count") == 0
    with assert_num_requests(1):
        assert await colour.call(Person.objects.filter(job_title="Lamplighter"), "count") == 0
