"""Pages repeat nothing and miss nothing that was there throughout, whatever others write."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm.effects import Operation, arun, run, sleep
from attio_orm.errors import InvalidResponseError
from attio_orm.query.pagers import KeysetPager, OffsetPager, Pager, without
from attio_orm.records.rows import Row, RowId
from tests.colours import DRIVES, Drive
from tests.query.moving import Server

# hypothesis takes no fixture of a single test
BOTH = pytest.mark.parametrize("drive", DRIVES.values(), ids=DRIVES)


def drain(pager: Pager) -> Operation[list[str]]:
    given: list[str] = []
    while not pager.done:
        rows = yield from pager.next_page()
        given += [row.id.record_id for row in rows]
    assert (yield from pager.next_page()) == []
    return given


def sizes(maximum: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(1, 5), st.integers(1, maximum))


@st.composite
def slices(draw: st.DrawFn) -> tuple[int, int | None]:
    start = draw(st.integers(0, 12))
    return start, draw(st.one_of(st.none(), st.integers(0, 60).map(lambda n: start + n)))


# Records that others write while they are read: how many, which, and in what order.
MOVING: dict[str, st.SearchStrategy[Any]] = {
    "size": st.integers(0, 60),
    "seed": st.integers(0, 2**32),
    "page": sizes(70),
    "writes": st.integers(0, 60),
    "descending": st.booleans(),
}


@BOTH
@settings(max_examples=250)
@given(**MOVING)
def test_keyset_pages_under_change(
    drive: Drive, size: int, seed: int, page: int, writes: int, descending: bool
) -> None:
    server = Server(size, seed, descending=descending)
    server.writes = writes
    pager = KeysetPager(server.fetch, start=0, stop=None, page=page, descending=descending)
    given_ = drive(drain(pager))
    assert len(set(given_)) == len(given_)
    assert server.throughout <= set(given_)


@BOTH
@settings(max_examples=250)
@given(**MOVING, ahead=st.integers(1, 8))
def test_offset_pages_under_change(
    drive: Drive, size: int, seed: int, page: int, writes: int, descending: bool, ahead: int
) -> None:
    server = Server(size, seed, order="key", descending=descending)
    server.writes = writes
    pager = OffsetPager(server.fetch, start=0, stop=None, page=page, ahead=ahead)
    given_ = drive(drain(pager))
    assert len(set(given_)) == len(given_)
    # nothing of what was there throughout is missing, and it comes in the order of the query
    there = [record.id for record in server.in_order() if record.id in server.throughout]
    assert [each for each in given_ if each in server.throughout] == there
    assert not pager._pending


@pytest.mark.parametrize("ahead", [1, 4])
def test_what_came_before_the_seam_is_left_out_and_not_given_late(ahead: int) -> None:
    server = Server(8, seed=1, order="key")
    for key, record in enumerate(server.records.values()):
        record.key = key
    expected = [record.id for record in server.in_order()]
    pager = OffsetPager(server.fetch, start=0, stop=None, page=4, ahead=ahead)
    given = [row.id.record_id for row in run(pager.next_page())]
    pager.close()
    pager._next = len(given) - 1
    server.create()  # right before the last record that was given
    list(server.records.values())[-1].key = 2
    assert given + run(drain(pager)) == expected


@settings(max_examples=150)
@given(size=st.integers(0, 40), seed=st.integers(0, 99), page=sizes(50), ahead=st.integers(1, 4),
       part=slices(), descending=st.booleans())  # fmt: skip
def test_pages_of_a_slice_are_the_slice(
    size: int, seed: int, page: int, ahead: int, part: tuple[int, int | None], descending: bool
) -> None:
    start, stop = part
    server = Server(size, seed, order="key", descending=descending)
    expected = [record.id for record in server.in_order()[start:stop]]
    by_offset = OffsetPager(server.fetch, start=start, stop=stop, page=page, ahead=ahead)
    assert run(drain(by_offset)) == expected

    server = Server(size, seed, descending=descending)
    moments = [record.moment for record in server.in_order()[:stop]]
    by_keyset = KeysetPager(server.fetch, start=0, stop=stop, page=page, descending=descending)
    ids = run(drain(by_keyset))
    assert [server.records[each].moment for each in ids] == moments
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("kind", ["keyset", "offset"])
@settings(max_examples=200)
@given(
    size=st.integers(0, 60),
    seed=st.integers(0, 2**32),
    page=sizes(20),
    writes=st.integers(0, 40),
    stop=st.integers(0, 40),
    ahead=st.integers(1, 4),
)
def test_a_slice_under_change_is_as_long_as_it_can_be(
    kind: str, size: int, seed: int, page: int, writes: int, stop: int, ahead: int
) -> None:
    server = Server(size, seed, order="key" if kind == "offset" else "created_at")
    server.writes = writes
    pager: Pager = (
        OffsetPager(server.fetch, start=0, stop=stop, page=page, ahead=ahead)
        if kind == "offset"
        else KeysetPager(server.fetch, start=0, stop=stop, page=page, descending=False)
    )
    ids = run(drain(pager))
    assert len(set(ids)) == len(ids) <= stop
    assert len(ids) == stop or server.throughout <= set(ids)


@pytest.mark.parametrize("descending", [False, True])
def test_a_keyset_page_leaves_out_the_records_of_one_moment_and_no_others(descending: bool) -> None:
    server = Server(60, seed=1, descending=descending)
    for place, record in enumerate(server.records.values()):
        record.moment = place // 2  # two of each, of which a page of five ends with one or both
    pager = KeysetPager(server.fetch, start=0, stop=None, page=5, descending=descending)
    assert len(run(drain(pager))) == 60
    first, *others = [after for _, _, after in server.requests]
    assert first is None
    for after in others:
        since, *left_out = after["$and"] if after else ()
        ids = [each for term in left_out for each in term["$not"]["record_id"]["$in"]]
        assert {server.records[each].created_at for each in ids} == {*since["created_at"].values()}
        assert len(ids) <= 2


@pytest.mark.parametrize("page", [1, 70, 499, 500])
@pytest.mark.parametrize("descending", [False, True])
def test_equal_moments_of_many_records(page: int, descending: bool) -> None:
    server = Server(1_300 if page > 1 else 60, seed=1, descending=descending)
    for record in server.records.values():
        record.moment = 7
    server.writes = 20
    pager = KeysetPager(server.fetch, start=0, stop=None, page=page, descending=descending)
    ids = run(drain(pager))
    assert len(set(ids)) == len(ids)
    assert server.throughout <= set(ids)


def test_requests_of_quiet_tables() -> None:
    for size, page, expected in [(0, 5, 1), (4, 5, 1), (5, 5, 2), (12, 5, 3), (15, 5, 4)]:
        server = Server(size, seed=1)
        run(drain(KeysetPager(server.fetch, start=0, stop=None, page=page, descending=False)))
        assert len(server.requests) == expected

    server = Server(10, seed=1)
    run(drain(KeysetPager(server.fetch, start=0, stop=10, page=5, descending=False)))
    assert [request[:2] for request in server.requests] == [(5, 0), (5, 0)]

    server = Server(13, seed=1, order="key")
    run(drain(OffsetPager(server.fetch, start=0, stop=None, page=5)))
    assert [request[:2] for request in server.requests] == [(5, 0), (5, 4), (5, 8), (5, 12)]

    server = Server(13, seed=1, order="key")
    run(drain(OffsetPager(server.fetch, start=2, stop=8, page=5)))
    assert [request[:2] for request in server.requests] == [(5, 2), (2, 6)]


def test_a_small_table_is_not_read_ahead() -> None:
    server = Server(4, seed=1, order="key")
    run(drain(OffsetPager(server.fetch, start=0, stop=None, page=5, ahead=8)))
    assert len(server.requests) == 1


def test_read_ahead_goes_no_further_than_a_slice() -> None:
    server = Server(100, seed=1, order="key")
    ids = run(drain(OffsetPager(server.fetch, start=0, stop=17, page=5, ahead=8)))
    assert len(ids) == 17
    assert sorted(request[1::-1] for request in server.requests) == [
        (0, 5), (4, 5), (8, 5), (12, 5)
    ]  # fmt: skip


def test_rows_pushed_along_by_others_do_not_stop_a_slice() -> None:
    """Once: rows that slid past the end of the slice were asked for in circles."""
    server = Server(100, seed=1, order="key")
    pager = OffsetPager(server.fetch, start=0, stop=10, page=5)
    ids = [row.id.record_id for row in run(pager.next_page())]
    first = server.in_order()[0]
    server.create()
    newest = list(server.records.values())[-1]
    newest.key, newest.moment, newest.id = -1, 0, "first"
    server.records = {r.id: r for r in [newest, *server.records.values()]}
    while not pager.done:
        ids += [row.id.record_id for row in run(pager.next_page())]
    assert ids == [record.id for record in server.in_order()[1:11]]
    assert first.id in ids
    assert len(server.requests) < 10


# -- what a server should not do ------------------------------------------------------------------


def rows(*pairs: tuple[int, int]) -> list[Row]:
    """Rows of (id, moment)."""
    return [Row(RowId(str(name)), f"2026-01-01T00:00:{moment:02d}.000Z") for name, moment in pairs]


class Script:
    """Answers with the given pages, the last one for ever."""

    def __init__(self, *pages: list[Row]) -> None:
        self.pages = list(pages)
        self.asked = 0

    def fetch(self, *, limit: int, offset: int, after: Any) -> Operation[list[Row]]:
        yield from sleep(0)
        self.asked += 1
        assert self.asked < 200
        return self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]


def keyset(script: Script, page: int) -> KeysetPager:
    return KeysetPager(script.fetch, start=0, stop=None, page=page, descending=False)


def test_a_page_with_a_record_twice_gives_it_once() -> None:
    twice = rows((1, 1), (2, 2), (2, 2), (3, 3))
    assert run(drain(keyset(Script(twice, []), 4))) == ["1", "2", "3"]
    by_offset = OffsetPager(Script(twice, rows((3, 3))).fetch, start=0, stop=None, page=4)
    assert run(drain(by_offset)) == ["1", "2", "3"]


@pytest.mark.parametrize("ahead", [1, 4])
def test_a_server_that_repeats_a_page_for_ever_is_refused(ahead: int) -> None:
    page = rows((1, 1), (2, 2), (3, 3))
    pager = OffsetPager(Script(page).fetch, start=0, stop=None, page=3, ahead=ahead)
    assert len(run(pager.next_page())) == 3
    with pytest.raises(InvalidResponseError, match="repeats old answers"):
        run(drain(pager))


def test_a_keyset_page_that_was_read_before_is_refused() -> None:
    first, second = rows((1, 1), (2, 2), (3, 3)), rows((4, 4), (5, 5), (6, 6))
    for repeated in (second, first):
        pager = keyset(Script(first, second, repeated), 3)
        ids = [row.id.record_id for _ in range(2) for row in run(pager.next_page())]
        assert ids == list("123456")
        with pytest.raises(InvalidResponseError, match="read before"):
            run(pager.next_page())


def test_a_page_repeated_once_costs_no_record() -> None:
    """A proxy repeats an old page, once: the next request brings what it hid."""
    first, second = rows((1, 1), (2, 2), (3, 3)), rows((4, 4), (5, 5), (6, 6))
    pager = keyset(Script(first, first, second, []), 3)
    ids = [row.id.record_id for row in run(pager.next_page())]
    with pytest.raises(InvalidResponseError):
        run(pager.next_page())
    assert ids + run(drain(pager)) == list("123456")


def test_a_short_page_is_the_end() -> None:
    """Attio gives as many as asked for while there are as many: no request is spent to be sure."""
    script = Script(rows((1, 1), (2, 2)), rows((3, 3)))
    assert run(drain(keyset(script, 3))) == ["1", "2"]
    assert script.asked == 1


def test_many_ids_are_left_out_in_chunks() -> None:
    conditions = without([str(each) for each in range(1_201)])
    assert [len(each["$not"]["record_id"]["$in"]) for each in conditions] == [500, 500, 201]


# -- failures and leftovers -----------------------------------------------------------------------


class Failing(Server):
    """A server whose nth request fails."""

    def __init__(self, size: int, fails_at: int, order: str) -> None:
        super().__init__(size, seed=3, order=order)
        self.fails_at = fails_at

    def fetch(self, *, limit: int, offset: int, after: dict[str, Any] | None) -> Operation[Any]:
        self.fails_at -= 1
        if self.fails_at == -1:
            yield from sleep(0)
            raise ConnectionError("once")
        return (yield from super().fetch(limit=limit, offset=offset, after=after))


@pytest.mark.parametrize("fails_at", range(6))
@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_a_page_that_failed_is_asked_for_again(drive: Drive, fails_at: int, ahead: int) -> None:
    server = Failing(23, fails_at, "key" if ahead else "created_at")
    pager: Pager = (
        OffsetPager(server.fetch, start=0, stop=None, page=5, ahead=ahead)
        if ahead
        else KeysetPager(server.fetch, start=0, stop=None, page=5, descending=False)
    )

    def through() -> Operation[tuple[list[str], int]]:
        ids: list[str] = []
        failures = 0
        while not pager.done:
            try:
                ids += [row.id.record_id for row in (yield from pager.next_page())]
            except ConnectionError:
                failures += 1
        return ids, failures

    ids, failures = drive(through())
    assert len(ids) == 23
    assert set(ids) == server.throughout
    assert failures <= 1


def test_closing_leaves_no_thread() -> None:
    server = Server(1_000, seed=1, order="key")
    before = threading.active_count()
    pager = OffsetPager(server.fetch, start=0, stop=None, page=5, ahead=8)
    run(pager.next_page())
    assert len(pager._pending) == 7
    pager.close()
    pager.close()
    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.001)
    assert threading.active_count() == before


async def test_closing_leaves_no_task() -> None:
    server = Server(1_000, seed=1, order="key")
    pager = OffsetPager(server.fetch, start=0, stop=None, page=5, ahead=8)
    await arun(pager.next_page())
    pager.close()
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
