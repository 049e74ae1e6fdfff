"""Lists of ``in`` that are too long for one filter: in parts, or refused before any request."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import Company, Deal, Include, Person, Q, UnsupportedLookup, ValidationError
from attio_orm.conditions.tree import Group, resolve_conditions
from attio_orm.effects import Operation, arun, run
from attio_orm.errors import AttioError
from attio_orm.query.compiler import OneOf, Options, convert, write_filter
from attio_orm.query.splitting import (
    MAX_COMPARISONS,
    MAX_VALUES,
    MergedPager,
    nanoseconds,
    parts_of,
)
from attio_orm.records.rows import Row, RowId
from attio_orm.testing import SandboxHandle, assert_num_requests, sandbox
from tests.colours import Colour
from tests.query.fakes import PEOPLE, compile_filter
from tests.seeds import copied

MAILS = [f"n{n}@x.example.com" for n in range(1_300)]
PARTS = 3  # of 500 each


@pytest.fixture(scope="module")
def mailed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A file of a workspace, and the ids of its people in the order of creation."""
    path = tmp_path_factory.mktemp("mailed") / "mailed.db"
    with sandbox(f"sandbox:///{path}") as handle:
        handle.clock.freeze()
        for n in range(1_000):
            if n % 7 == 0:
                handle.clock.move(0.001)
            row: dict[str, Any] = {
                "name": f"P{n:04d}",
                "job_title": "CEO" if n % 3 else "VP",
                "email_addresses": [f"n{n}@x.example.com", f"n{n + 1000}@x.example.com"],
            }
            handle.workspace.load("people", [row])
        return path, Person.objects.order_by("created_at", "record_id").pluck("id")


@pytest.fixture
def attio_sandbox(mailed: tuple[Path, list[str]], tmp_path: Path) -> Iterator[SandboxHandle]:
    """A copy of that workspace."""
    with copied(mailed[0], tmp_path) as handle:
        yield handle


@pytest.fixture
def people(mailed: tuple[Path, list[str]], attio_sandbox: SandboxHandle) -> list[str]:
    """1,000 people of two addresses each, which are mostly in two parts; every third is a VP."""
    return mailed[1]


# -- what is given ---------------------------------------------------------------------------------


async def test_each_record_once_in_order(people: list[str], colour: Colour) -> None:
    found = Person.objects.filter(email_addresses__in=MAILS)
    with assert_num_requests(PARTS + 2):  # two parts have 500 records, and end with a short page
        assert [each.id for each in await colour.items(found)] == people
    assert [each.id for each in await colour.items(found.reverse())] == people[::-1]
    stream = found.iterator(page_size=70, read_ahead=4)
    assert [each.id for each in await colour.items(stream)] == people


async def test_what_asks_for_some(people: list[str], colour: Colour) -> None:
    found = Person.objects.filter(email_addresses__in=MAILS, job_title="VP")
    vps = Person.objects.filter(job_title="VP").order_by("created_at", "record_id").pluck("id")
    assert await colour.call(found, "count") == len(vps)
    with assert_num_requests(PARTS):
        assert (await colour.call(found.all(), "first")).id == vps[0]
    with assert_num_requests(PARTS):
        assert (await colour.call(found.all(), "last")).id == vps[-1]
    with assert_num_requests(1):
        assert await colour.call(found.all(), "exists")
    with assert_num_requests(PARTS):
        assert not await colour.call(found.filter(name="Nobody"), "exists")
        # and where something is skipped, all parts together tell
    assert await colour.call(found[len(vps) - 1 :], "exists")
    assert not await colour.call(found[len(vps) :], "exists")
    with pytest.raises(Person.MultipleObjectsReturned):
        await colour.call(found.all(), "get")
    one = found.filter(name="P0003")
    assert (await colour.call(one, "get")).name == "P0003"
    assert found.order_by("-name").count() == len(vps)


@pytest.mark.parametrize("part", [slice(0, 3), slice(2, 9), slice(495, 530), slice(990, None)])
async def test_slices(people: list[str], colour: Colour, part: slice) -> None:
    found = Person.objects.filter(email_addresses__in=MAILS)
    assert [each.id for each in await colour.items(found[part])] == people[part]
    assert await colour.call(found[part], "count") == len(people[part])
    assert found[7].id == people[7]


async def test_a_short_list_is_one_request(people: list[str], colour: Colour) -> None:
    found = Person.objects.filter(email_addresses__in=[*MAILS[:499], None, MAILS[3].upper()])
    with assert_num_requests(1):
        assert len(await colour.items(found)) == 499


async def test_none_among_the_values(people: list[str], colour: Colour) -> None:
    nobody = await colour.call(Person.objects, "create", name="Nobody")
    found = Person.objects.filter(email_addresses__in=[None, *MAILS])
    assert {each.id for each in await colour.items(found)} == {*people, nobody.id}


async def test_the_records_of_a_queryset(people: list[str], colour: Colour) -> None:
    company = await colour.call(Company.objects, "create", name="Acme")
    await colour.call(Person.objects.filter(name="P0777"), "update", company=company)
    everyone = Person.objects.all()
    assert await colour.items(Company.objects.filter(team__in=everyone)) == [company]


async def test_an_include_with_a_long_list(people: list[str], colour: Colour) -> None:
    company = await colour.call(Company.objects, "create", name="Acme")
    await colour.call(Person.objects.filter(name__startswith="P000"), "update", company=company)
    picked = Include("team", Person.objects.filter(email_addresses__in=MAILS), to_attr="mailed")
    found = await colour.call(Company.objects.includes(picked), "get")
    assert len(found.mailed) == 10


async def test_records_that_are_written_all_at_once(people: list[str], colour: Colour) -> None:
    found = Person.objects.filter(email_addresses__in=MAILS, name__startswith="P000")
    assert await colour.call(found, "update", job_title="CFO") == 10
    assert await colour.call(found.all(), "delete", confirm=10) == 10


async def test_a_page_that_fails_can_be_asked_for_again(
    people: list[str], attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    stream = Person.objects.filter(email_addresses__in=MAILS).iterator(page_size=100)
    walk: Any = aiter(stream) if colour.is_async else iter(stream)
    found: list[str | None] = []
    failures = 0
    while True:
        if len(found) in (150, 420) and failures < 2 * len(found) / 150 - 1:
            attio_sandbox.fail_next(400, match="/query")
        try:
            each = await anext(walk, None) if colour.is_async else next(walk, None)
        except AttioError:
            failures += 1
            continue
        if each is None:
            break
        found.append(each.id)
    assert failures
    assert found == people


async def test_a_scan_of_parts_while_others_write(
    people: list[str], attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    stream = Person.objects.filter(email_addresses__in=MAILS).iterator(page_size=40)
    walk: Any = aiter(stream) if colour.is_async else iter(stream)
    found: list[str] = []
    others = people[5:900:60]
    gone = list(others)
    for at in range(len(people)):
        each = await anext(walk, None) if colour.is_async else next(walk, None)
        if each is None:
            break
        found.append(each.id)
        if at % 60 == 30 and gone:
            await colour.call(Person.ref(gone.pop()), "delete")
    assert len(found) == len(set(found))
    assert set(found) >= set(people) - set(others)
    assert not set(found) >= set(people)


def test_ids_are_split_where_the_workspace_refuses_lists_of_them(
    people: list[str], attio_sandbox: SandboxHandle
) -> None:
    attio_sandbox.workspace.refuse_record_id_in = True
    with pytest.raises(ValidationError, match=r"refuses lists of record ids.*ask again"):
        Person.objects.filter(id__in=people).first()
    with assert_num_requests(4):  # each full page is followed by one more
        assert Person.objects.filter(id__in=people).pluck("id") == people


# -- what is refused -------------------------------------------------------------------------------

LONG = Q(email_addresses__in=MAILS)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Person.objects.exclude(LONG), r"split .* inside ~ or exclude\(\)\. Leave these"),
        (lambda: Person.objects.filter(~(LONG | Q(name="x"))), r"inside ~ or exclude\(\)\. Leave"),
        (lambda: Person.objects.filter(LONG | Q(name="x")), r"inside \|\. Ask for each side of"),
        (
            lambda: Person.objects.filter(LONG, name__in=MAILS),
            r"1,300 values is too long.*\(500 at most\).*beside name__in, which is as long\. Give",
        ),
        (lambda: Person.objects.filter(LONG).order_by("name"), r"order_by\('name'\): .*3 parts by"),
        (lambda: Person.objects.filter(LONG).order_by("created_at", "-name")[:5], r"sorted\(quer"),
    ],
)
async def test_what_cannot_be_split_is_refused(
    people: list[str], colour: Colour, make: Callable[[], Any], match: str
) -> None:
    with assert_num_requests(0), pytest.raises((ValidationError, UnsupportedLookup), match=match):
        await colour.items(make())


def test_the_refusal_names_the_attribute(people: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Person.objects.exclude(LONG).exists()
    assert [each.attribute for each in caught.value.problems] == ["email_addresses__in"]
    assert len(str(caught.value)) < 400


def test_explaining(people: list[str], attio_sandbox: SandboxHandle) -> None:
    found = Person.objects.filter(email_addresses__in=MAILS).includes("company")
    with assert_num_requests(0):
        plan = found.explain()
    assert [each.purpose for each in plan] == [
        "read",
        "the same with the rest of the long list, in 2 more parts",
        "each further page of 500 of each part",
        "includes company: one for each target object and 500 ids",
    ]
    found.first()
    assert plan[0].json["filter"] in [each.json["filter"] for each in attio_sandbox.requests]
    attio_sandbox.requests.clear()
    first = Person.objects.filter(email_addresses__in=MAILS)[20:30]
    assert len(list(first)) == 10
    assert first.all().explain()[0].json in [each.json for each in attio_sandbox.requests]
    with assert_num_requests(0), pytest.raises(UnsupportedLookup, match="3 parts"):
        found.order_by("name").explain()


# -- the parts -------------------------------------------------------------------------------------


def values(number: int) -> list[str]:
    return [str(UUID(int=n, version=4)) for n in range(number)]


def split(q: Q, *, record_id_in: bool = True) -> list[Group]:
    root = convert(resolve_conditions(q, PEOPLE).root, Options())
    return parts_of(root, record_id_in=record_id_in)


def sizes_of(parts: list[Group]) -> list[int]:
    lists = [part.terms[0] for part in parts]
    return [len(each.operands) + each.or_none for each in lists if isinstance(each, OneOf)]


@pytest.mark.parametrize(
    ("q", "sizes"),
    [
        (Q(email_addresses__in=MAILS[:500]), []),
        (Q(email_addresses__in=MAILS[:501]), [500, 1]),
        (Q(email_addresses__in=MAILS[:500] * 2), []),
        (Q(job_title__in=values(10_000)), []),
        (Q(job_title__in=values(10_001)), [10_000, 1]),
        (Q(id__in=values(25_000)), [10_000, 10_000, 5_000]),
        (Q(company__in=values(10_001)), [10_000, 1]),
        (Q(company__name__in=values(10_001)), [10_000, 1]),
        (Q(associated_deals__name__in=values(10_001)), [10_000, 1]),
        (Q(score__in=range(1_001)), [500, 500, 1]),
        (Q(score__in=[None, *range(999)]), [500, 500]),
        (Q(score__in=[None, *range(1_000)]), [500, 500, 1]),
    ],
)
def test_the_sizes_of_the_parts(q: Q, sizes: list[int]) -> None:
    assert sizes_of(split(q)) == sizes
    assert sum(sizes) in (0, len(set(q.value)))
    assert max(sizes, default=0) <= (MAX_VALUES if max(sizes, default=0) > 500 else MAX_COMPARISONS)


def test_the_rest_of_the_condition_goes_with_every_part() -> None:
    small = Q(email_addresses__in=MAILS[:3])
    where = Q(name="x") & small & Q(email_addresses__in=MAILS) & (Q(vip=True) | Q(score=1))
    parts = split(where)
    assert len(parts) == PARTS
    for at, part in enumerate(parts):
        chunk = Q(email_addresses__in=MAILS[at * 500 : at * 500 + 500])
        whole = Q(name="x") & small & chunk & (Q(vip=True) | Q(score=1))
        assert write_filter(part) == compile_filter(whole, PEOPLE)


def test_ids_where_lists_of_them_are_refused() -> None:
    parts = split(Q(id__in=values(1_001)), record_id_in=False)
    assert sizes_of(parts) == [500, 500, 1]


def test_none_is_asked_for_once() -> None:
    parts = split(Q(score__in=[None, *range(600)]))
    assert [each.or_none for part in parts for each in part.terms if isinstance(each, OneOf)] == [
        False,
        True,
    ]


def test_beside_what_cannot_match_nothing_is_asked_for(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.workspace.load("people", [{"name": "Ada"}])
    for none in (Q(id__in=[]), Q(id__isnull=True)):
        assert split(Q(email_addresses__in=MAILS) & none) == []
        found = Person.objects.filter(none, email_addresses__in=MAILS)
        with assert_num_requests(0):
            assert list(found) == []
            assert (found.count(), found.exists()) == (0, False)


# -- putting together ------------------------------------------------------------------------------


class Pages:
    """A pager of given rows; fails where it is told to."""

    def __init__(self, rows: list[Row], page: int, failures: set[int]) -> None:
        self.rows, self.page, self.failures, self.asked = rows, page, failures, 0
        self.done = False

    def next_page(self) -> Operation[list[Row]]:
        self.asked += 1
        if self.asked in self.failures:
            self.failures.remove(self.asked)
            raise ConnectionError
        found, self.rows = self.rows[: self.page], self.rows[self.page :]
        self.done = not self.rows
        return found
        yield

    def close(self) -> None:
        self.rows = []


def row(number: int, moment: int) -> Row:
    created = f"2026-01-01T00:00:00.{moment:03d}000000Z"
    return Row(RowId(str(UUID(int=number))), created, "", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("colour", ["sync", "async"])
@settings(max_examples=150)
@given(
    rows=st.lists(st.tuples(st.integers(0, 9), st.sets(st.integers(0, 3), min_size=1))),
    page=st.integers(1, 7),
    start=st.integers(0, 9),
    length=st.one_of(st.none(), st.integers(0, 30)),
    descending=st.booleans(),
    failures=st.sets(st.integers(1, 6)),
)
def test_merging_gives_each_row_once_in_order(
    colour: str,
    rows: list[tuple[int, set[int]]],
    page: int,
    start: int,
    length: int | None,
    descending: bool,
    failures: set[int],
) -> None:
    made = [(row(n, moment), scans) for n, (moment, scans) in enumerate(rows)]

    def order(each: Row) -> tuple[str, str]:
        return each.created_at, each.id.record_id

    def of(scan: int) -> list[Row]:
        found = [each for each, scans in made if scan in scans]
        return sorted(found, key=order, reverse=descending)

    stop = None if length is None else start + length
    pager = MergedPager(
        [Pages(of(scan), page, set(failures)) for scan in range(4)],
        start=start,
        stop=stop,
        page=page,
        descending=descending,
    )
    found: list[Row] = []
    for _ in range(1_000):
        if pager.done:
            break
        try:
            step = pager.next_page()
            fresh = run(step) if colour == "sync" else asyncio.run(arun(step))
        except ConnectionError:
            continue
        assert len(fresh) <= page
        found += fresh
        at_once = Counter(each.created_at for each in found)
        assert len(pager._seen) <= max(at_once.values(), default=0) + start, "one moment's ids"
    expected = sorted((each for each, _ in made), key=order, reverse=descending)[start:stop]
    assert [each.id for each in found] == [each.id for each in expected]
    assert run(pager.next_page()) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2026-01-02T03:04:05.678Z", 20260102030405_678000000),
        ("2026-01-02T03:04:05.678901234Z", 20260102030405_678901234),
        ("2026-01-02T03:04:05Z", 20260102030405_000000000),
    ],
)
def test_moments_as_numbers(text: str, number: int) -> None:
    assert nanoseconds(text) == number


def test_closing_closes_every_pager() -> None:
    pages = [Pages([row(n, n)], 1, set()) for n in range(3)]
    MergedPager(pages, start=0, stop=None, page=5, descending=False).close()
    assert [each.rows for each in pages] == [[], [], []]


async def test_in_bulk_beside_a_long_list(people: list[str], colour: Colour) -> None:
    found = Person.objects.filter(email_addresses__in=MAILS)
    ids = [*people[:700], str(uuid4())]
    assert list(await colour.call(found, "in_bulk", ids)) == people[:700]


async def test_a_list_of_titles(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    assert await colour.items(Deal.objects.filter(value__in=range(1_200))) == []
