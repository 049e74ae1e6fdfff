"""Pages of entries: each once, none of those that were there throughout missed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import InvalidResponseError
from attio_orm.effects import run
from attio_orm.query.pagers import EntryPager
from attio_orm.records import rows
from attio_orm.records.rows import Row


class Entries:
    """A list of entries, each a moment and an id, that answers as Attio does."""

    def __init__(self, moments: list[int]) -> None:
        self.rows = [(moment, f"e{at}") for at, moment in enumerate(moments)]
        self.made = len(moments)
        self.requests = 0
        self.descending = False
        self.frozen: list[Row] | None = None

    def fetch(self, *, limit: int, offset: int, after: dict[str, Any] | None) -> Any:
        self.requests += 1
        if self.frozen is not None:
            return self.frozen[:limit]
        found = sorted(self.rows, reverse=self.descending)
        if after is not None:
            ((operator, moment),) = after["created_at"].items()
            assert operator == ("$lte" if self.descending else "$gte")
            found = [
                row
                for row in found
                if (_text(row[0]) <= moment if self.descending else _text(row[0]) >= moment)
            ]
        return [
            Row(rows.RowId(name), created_at=_text(moment))
            for moment, name in found[offset : offset + limit]
        ]
        yield

    def create(self, moment: int) -> None:
        self.rows.append((moment, f"e{self.made}"))
        self.made += 1

    def delete(self, at: int) -> None:
        if self.rows:
            del self.rows[at % len(self.rows)]


def _text(moment: int) -> str:
    return f"2026-01-01T00:00:00.{moment:09d}Z"


def pager(entries: Entries, page: int, **options: Any) -> EntryPager:
    given: dict[str, Any] = {"start": 0, "stop": None, "descending": entries.descending}
    return EntryPager(entries.fetch, page=page, **given | options)


def read(pages: EntryPager, between: Any = lambda: None) -> list[str]:
    found: list[str] = []
    while not pages.done:
        found += [row.id.record_id for row in run(pages.next_page())]
        between()
    return found


MOMENTS = st.lists(st.integers(3, 5), max_size=40)


@given(MOMENTS, st.integers(1, 12), st.booleans(), st.none() | st.integers(0, 45))
def test_each_once_in_order(
    moments: list[int], page: int, descending: bool, stop: int | None
) -> None:
    entries = Entries(moments)
    entries.descending = descending
    whole = [name for _, name in sorted(entries.rows, reverse=descending)]
    found = read(pager(entries, page, stop=stop))
    at = {name: moment for moment, name in entries.rows}
    assert len(set(found)) == len(found)
    assert [at[name] for name in found] == [at[name] for name in whole[: len(found)]]
    assert len(found) == (len(whole) if stop is None else min(stop, len(whole)))


@settings(max_examples=500)
@given(
    MOMENTS, st.integers(1, 6), st.booleans(), st.lists(st.none() | st.integers(0, 60), max_size=30)
)
def test_while_others_create_and_delete(
    moments: list[int], page: int, descending: bool, steps: list[int | None]
) -> None:
    """``None`` makes an entry at the newest moment, a number deletes one."""
    entries = Entries(moments)
    entries.descending = descending
    before = {name for _, name in entries.rows}
    queue = iter(steps)

    def meddle() -> None:
        for step in (next(queue, 99), next(queue, 99)):
            if step is None:
                entries.create(5)
            elif step != 99:
                entries.delete(step)

    found = read(pager(entries, page), meddle)
    throughout = before & {name for _, name in entries.rows}
    assert len(set(found)) == len(found)
    assert throughout <= set(found)


def test_a_page_each_where_moments_differ() -> None:
    entries = Entries(list(range(1000)))
    assert len(read(pager(entries, 100))) == 1000
    assert entries.requests == 11  # a page overlaps by the entries of one moment


@pytest.mark.parametrize("descending", [False, True])
def test_only_the_entries_of_the_last_moment_are_remembered(descending: bool) -> None:
    entries = Entries([at // 3 for at in range(90)])
    entries.descending = descending
    pages = pager(entries, 7)
    most = 0
    while not pages.done:
        run(pages.next_page())
        most = max(most, len(pages._read))
    assert most == 3


def test_one_request_more_where_a_moment_fills_a_page() -> None:
    entries = Entries([7] * 1000)
    assert len(read(pager(entries, 100))) == 1000
    assert entries.requests <= 13


def test_a_server_that_repeats_a_page() -> None:
    entries = Entries([1] * 600)
    entries.frozen = [Row(rows.RowId(f"e{n}"), created_at=_text(1)) for n in range(500)]
    with pytest.raises(InvalidResponseError, match="read before"):
        run(pager(entries, 4).next_page())
    assert entries.requests < 40


def test_a_server_that_repeats_pages_in_turn() -> None:
    entries = Entries([])

    def in_turn(*, limit: int, offset: int, after: Any) -> Any:
        entries.requests += 1
        first = entries.requests % 2
        return [
            Row(rows.RowId(f"e{first + n}"), created_at=_text(1)) for n in range(0, 2 * limit, 2)
        ]
        yield

    pages = EntryPager(in_turn, start=0, stop=None, page=4, descending=False)
    with pytest.raises(InvalidResponseError, match="read before"):
        run(pages.next_page())
    assert entries.requests < 80


def test_a_failed_page_is_asked_for_again() -> None:
    entries = Entries(list(range(10)))
    pages = pager(entries, 4)
    first = run(pages.next_page())

    def broken(**asked: Any) -> Any:
        raise TimeoutError
        yield

    pages._fetch = broken
    with pytest.raises(TimeoutError):
        run(pages.next_page())
    pages._fetch = entries.fetch
    assert [row.id.record_id for row in first] + read(pages) == [f"e{n}" for n in range(10)]


def test_closing_calls_nothing_off() -> None:
    pages = pager(Entries(list(range(7))), 3)
    first = run(pages.next_page())
    pages.close()
    assert [row.id.record_id for row in first] + read(pages) == [f"e{n}" for n in range(7)]
