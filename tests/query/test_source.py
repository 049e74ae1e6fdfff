"""What a ``Source`` of one's own is asked for: all that a queryset on it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from attio_orm import Company, DoesNotExist, Include, ListEntry, Person
from attio_orm.attributes import Text
from attio_orm.conditions.tree import Comparison, Condition, Group, Not, resolve_conditions
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, run
from attio_orm.query.query import Query
from attio_orm.query.resolver import AttributeResolver, with_schema
from attio_orm.records.base import mapper_of
from attio_orm.records.rows import Row, endpoint_of
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


class Copy:
    """The rows of some models as they were, in memory: a source."""

    def __init__(self, connection: BaseConnection, *models: type[Any]) -> None:
        self.connection = connection
        self.compiled: list[Query[Any]] = []
        self.rows = {model: self._read(model) for model in models}

    def _read(self, model: type[Any]) -> list[Row]:
        endpoint = endpoint_of(mapper_of(model).object)
        body = {"sorts": [{"attribute": "created_at", "direction": "asc"}], "limit": 500}
        return run(endpoint.query(self.connection.transport, body))

    def compile(self, query: Query[Any]) -> Operation[Found]:
        self.compiled.append(query)
        if query.empty:
            return Found([])
        resolver = AttributeResolver(query.model, self.connection)
        resolver.is_list = False  # entries too are found by their ids here
        tree = yield from with_schema(
            self.connection, lambda: resolve_conditions(query.where, resolver)
        )
        rows = [row for row in self.rows[query.model] if _holds(tree.root, row)]
        if query.ordering[0].descending:
            rows.reverse()
        return Found(rows[query.start : query.stop])

    def __repr__(self) -> str:
        return "a copy"


class Found:
    """The rows of one query."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.is_empty = not rows

    def pager(self, *, page: int, ahead: int = 1) -> Slices:
        return Slices(self.rows, page)

    def count(self) -> Operation[int]:
        yield from ()
        return len(self.rows)

    def exists(self) -> Operation[bool]:
        yield from ()
        return bool(self.rows)


class Slices:
    """One page after another of a list of rows."""

    def __init__(self, rows: Sequence[Row], page: int) -> None:
        self._left = rows
        self._page = page
        self.done = False

    def next_page(self) -> Operation[list[Row]]:
        yield from ()
        page, self._left = self._left[: self._page], self._left[self._page :]
        self.done = not self._left
        return list(page)

    def close(self) -> None:
        self.done = True


def _holds(condition: Condition, row: Row) -> bool:
    """Whether a row meets a condition, of which the tests have few."""
    if isinstance(condition, Group):
        meets = all if condition.junction == "and" else any
        return meets(_holds(term, row) for term in condition.terms)
    if isinstance(condition, Not):
        return not _holds(condition.term, row)
    assert isinstance(condition, Comparison)
    path, operand = condition.path, condition.operand
    if path.slug in {"record_id", "id"}:
        has = [row.id.record_id]
    else:
        has = [each.get("value") for each in msgspec.json.decode(row.values)[path.slug]]
    wanted = operand if path.lookup == "in" else [operand]
    return any(str(each) in map(str, wanted) for each in has)


class Lead(ListEntry, list="leads", parent=Company):
    note: Text


@pytest.fixture
def names() -> list[str]:
    return [f"P{number}" for number in range(5)]


@pytest.fixture
def copy(attio_sandbox: SandboxHandle, names: list[str]) -> Copy:
    """A copy of five people, of whom Attio itself has nobody any more, and of their company."""
    workspace = attio_sandbox.workspace
    (acme,) = workspace.load("companies", [{"name": "Acme"}])
    reference = [{"target_object": "companies", "target_record_id": acme}]
    ids = workspace.load(
        "people", [{"name": n, "job_title": n, "company": reference} for n in names]
    )
    copy = Copy(attio_sandbox.connection, Person, Company)
    copy.rows[Person].sort(key=lambda row: ids.index(row.id.record_id))
    for each in ids:
        attio_sandbox.connection.request("DELETE", f"/v2/objects/people/records/{each}")
    assert Person.objects.count() == 0
    return copy


def id_at(copy: Copy, position: int) -> str:
    return copy.rows[Person][position].id.record_id


def titles(people: Sequence[Person]) -> list[str | None]:
    return [person.job_title for person in people]


async def test_loops_and_slices(copy: Copy, names: list[str], colour: Colour) -> None:
    people = Person.objects.using(copy)
    with assert_num_requests(0):
        assert titles(await colour.items(people.all())) == names
        assert titles(await colour.items(people.iterator(page_size=2))) == names
        assert titles(await colour.items(people[1:3])) == names[1:3]
        assert titles(await colour.items(people.reverse()[:2])) == names[:2:-1]
        assert titles(await colour.items(people.exclude(job_title="P3"))) == [
            "P0",
            "P1",
            "P2",
            "P4",
        ]
        assert await colour.items(people.none()) == []
    assert titles([people[2]]) == ["P2"]


async def test_one_record(copy: Copy, colour: Colour) -> None:
    people, record_id = Person.objects.using(copy), id_at(copy, 3)
    with assert_num_requests(0):
        third = await colour.call(people, "get", id=record_id)
        assert third.job_title == "P3"
        assert await colour.call(people, "get", job_title="P3") is third
        assert await colour.call(people, "first") is people[0]
        assert (await colour.call(people, "last")).job_title == "P4"
        assert (
            await colour.call(people, "get_or_none", id=copy.rows[Company][0].id.record_id) is None
        )
        with pytest.raises(DoesNotExist):
            await colour.call(people.filter(job_title="P1"), "get", id=record_id)
    assert third.id == record_id


async def test_all_of_them(copy: Copy, names: list[str], colour: Colour) -> None:
    people, wanted = Person.objects.using(copy), [id_at(copy, 4), id_at(copy, 1)]
    with assert_num_requests(0):
        found = await colour.call(people, "in_bulk", wanted)
        assert await colour.call(people, "count") == len(names)
        assert await colour.call(people.filter(job_title="nobody"), "exists") is False
        assert await colour.call(people, "pluck", "job_title") == names
    assert list(found) == wanted
    assert titles(list(found.values())) == ["P4", "P1"]


async def test_in_bulk_of_entries(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    attio_sandbox.define(Lead)
    entries = [Lead.objects.create(parent=Company.objects.create(name="A"), note=n) for n in "xyz"]
    copy = Copy(attio_sandbox.connection, Lead)
    with assert_num_requests(0):
        found = await colour.call(Lead.objects.using(copy), "in_bulk", [entries[2].id])
        # which Attio cannot do, and a source may
        one = await colour.call(
            Lead.objects.using(copy).filter(note="x"), "in_bulk", [entries[1].id]
        )
    assert (list(found), one) == ([entries[2].id], {})


async def test_includes(copy: Copy, colour: Colour) -> None:
    with assert_num_requests(1):  # a relation is loaded as ever, from the connection
        people = await colour.items(Person.objects.using(copy).includes("company"))
    with assert_num_requests(0):
        assert {person.company.name for person in people if person.company} == {"Acme"}
    (plain,) = {person.company for person in people}
    assert plain is not None


async def test_a_queryset_inside_an_include_keeps_its_source(copy: Copy, colour: Colour) -> None:
    latest = Include("team", Person.objects.using(copy).reverse(), to_attr="latest")
    with assert_num_requests(0):
        (acme,) = await colour.items(Company.objects.using(copy).includes(latest))
    people = list(Person.objects.using(copy).reverse())
    assert acme.__dict__["latest"] == tuple(people)
    (query,) = [query for query in copy.compiled if query.includes.picks]
    assert query.model is Company


async def test_as_a_list_in_a_filter_on_attio(copy: Copy, colour: Colour) -> None:
    wanted = Company.objects.using(copy).filter(name="Acme")
    with assert_num_requests(1):
        found = await colour.items(Company.objects.filter(id__in=wanted))
    assert [each.name for each in found] == ["Acme"]


@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("explain()", lambda people: people.explain()),
        ("explain()", lambda people: people.none().explain()),
        ("search()", lambda people: people.search("P1")),
    ],
)
def test_what_is_about_attio_alone_is_refused(
    copy: Copy, what: str, call: Callable[[Any], Any]
) -> None:
    with assert_num_requests(0), pytest.raises(TypeError) as caught:
        call(Person.objects.using(copy))
    assert str(caught.value) == (
        f"{what} is about requests to Attio, and this queryset is read from a copy: name a "
        f"connection, Person.objects.using(connection)."
    )
