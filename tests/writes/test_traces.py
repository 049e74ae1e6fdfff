"""What the values of a record and their history tell of a write, against a small model of Attio."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import pytest
from msgspec import Raw

from attio_orm.attributes import Location, Number, PhoneNumber, Select, Text, Timestamp
from attio_orm.writes.traces import (
    Looked,
    Span,
    Trace,
    history,
    names_of,
    newest,
    spans,
    together,
    trace,
)

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def at(second: float) -> dt.datetime:
    return START + dt.timedelta(seconds=second)


def span(value: Any, since: float, until: float | None = None) -> Span:
    return Span(frozenset({value}), at(since), None if until is None else at(until))


def names(*values: Any) -> list[frozenset[Any]]:
    return [frozenset({each}) for each in values]


class Table:
    """The values of one attribute, with their history, as Attio keeps them; time passes by itself.

    ``step`` is the time between two writes, which a record is read some time before.
    """

    def __init__(self, *values: str, step: float = 1.0) -> None:
        self.now = 10.0
        self.step = step
        self.past: list[Span] = []
        self.rows = [span(each, self.now - 1) for each in values]

    def put(self, *values: str) -> None:
        """Make these the values; equal ones keep their rows."""
        self.now += self.step
        kept = {next(iter(each.names)): each for each in self.rows}
        self.past += [
            Span(each.names, each.since, at(self.now))
            for value, each in kept.items()
            if value not in values
        ]
        self.rows = [kept.get(each) or span(each, self.now) for each in values]

    def add(self, *values: str) -> None:
        have = self.values
        self.put(*(each for each in values if each not in have), *have)

    def remove(self, *values: str) -> None:
        self.put(*(each for each in self.values if each not in values))

    @property
    def values(self) -> list[str]:
        """The values as they are now."""
        return [str(next(iter(each.names))) for each in self.rows]

    @property
    def history(self) -> list[Span]:
        return sorted([*self.past, *self.rows], key=lambda each: each.since or START)


Write = Callable[[Table], None]


def told(
    table: Table, loaded: Sequence[Span] | None, before: float, *wanted: str, **how: Any
) -> Trace:
    """What is told in the end: by the values, and by the history where that is asked for."""
    how = {"is_multi": False, "adds": False, **how}
    sent = Looked(wanted=names(*wanted), loaded=loaded, before=at(before), **how)
    found = trace(sent, table.rows)
    if found is Trace.PAST:
        found = trace(sent, table.rows, table.history)
    return Trace.MISSING if found is Trace.NO_GAP else found


def runs(writes: Sequence[Write]) -> Iterator[tuple[Sequence[Write], Sequence[Write]]]:
    """What others may do before mine and after it: nothing, one thing, two things."""
    several = [steps for length in range(3) for steps in product(writes, repeat=length)]
    return product(several, several)


def carried_out(table: Table, steps: Sequence[Write]) -> None:
    for step in steps:
        step(table)


SINGLE: list[Write] = [
    lambda table: table.put("a"),
    lambda table: table.put("z"),
    lambda table: table.put(),
]


@pytest.mark.parametrize("step", [1.0, 0.0], ids=["apart", "at once"])
@pytest.mark.parametrize("start", [("a",), ()], ids=["loaded", "empty"])
@pytest.mark.parametrize("arrived", [True, False])
def test_one_value(start: tuple[str, ...], arrived: bool, step: float) -> None:
    for earlier, later in runs(SINGLE):
        table = Table(*start, step=step)
        loaded, before = list(table.rows), table.now
        carried_out(table, earlier)
        if arrived:
            table.put("mine")
        carried_out(table, later)
        assert told(table, loaded, before, "mine") is (
            Trace.ARRIVED if arrived else Trace.MISSING
        ), table.history


@pytest.mark.parametrize("arrived", [True, False])
def test_one_value_where_nothing_is_known_of_before(arrived: bool) -> None:
    for start, (earlier, later) in product([("a",), ()], runs(SINGLE)):
        table = Table(*start)
        before = table.now + 0.5
        carried_out(table, earlier)
        if arrived:
            table.put("mine")
        carried_out(table, later)
        expected = Trace.ARRIVED if arrived else Trace.MISSING
        assert told(table, None, before, "mine") is expected, table.history


@pytest.mark.parametrize("arrived", [True, False])
def test_a_clearing(arrived: bool) -> None:
    writes: list[Write] = [lambda table: table.put("a"), lambda table: table.put("z")]
    for earlier, later in runs(writes):
        table = Table("a")
        loaded, before = list(table.rows), table.now
        carried_out(table, earlier)
        if arrived:
            table.put()
        carried_out(table, later)
        expected = Trace.ARRIVED if arrived else Trace.MISSING
        assert told(table, loaded, before) is expected, table.history
        found = told(table, None, before + 0.5)
        # without what was loaded, an attribute that is empty may have been so all along
        assert found is expected or (arrived and not later and found is Trace.SAME)


def test_a_clearing_of_nothing_leaves_no_trace() -> None:
    table = Table()
    before = table.now
    table.put()
    table.put("z")
    assert told(table, [], before) is Trace.UNCLEAR
    assert told(table, None, before) is Trace.UNCLEAR


LISTS: list[Write] = [
    lambda table: table.add("z"),
    lambda table: table.remove("a", "mine"),
    lambda table: table.put("y"),
    lambda table: table.put("b", "a"),
    lambda table: table.put(),
]


@pytest.mark.parametrize("step", [1.0, 0.0], ids=["apart", "at once"])
@pytest.mark.parametrize("start", [("a", "b"), ()], ids=["loaded", "empty"])
@pytest.mark.parametrize("arrived", [True, False])
def test_an_addition(start: tuple[str, ...], arrived: bool, step: float) -> None:
    for earlier, later in runs(LISTS):
        table = Table(*start, step=step)
        loaded, before = list(table.rows), table.now
        carried_out(table, earlier)
        if arrived:
            table.add("mine")
        carried_out(table, later)
        expected = Trace.ARRIVED if arrived else Trace.MISSING
        assert told(table, loaded, before, "mine", is_multi=True, adds=True) is expected
        found = told(table, None, before, "mine", is_multi=True, adds=True)
        assert found is expected, table.history


@pytest.mark.parametrize("sent", [("a",), ("mine",), ("mine", "a"), ()])
@pytest.mark.parametrize("arrived", [True, False])
def test_a_list_sent_whole(sent: tuple[str, ...], arrived: bool) -> None:
    for earlier, later in runs(LISTS):
        table = Table("a", "b")
        loaded, before = list(table.rows), table.now
        carried_out(table, earlier)
        was = table.values
        if arrived:
            table.put(*sent)
        carried_out(table, later)
        found = told(table, loaded, before, *sent, is_multi=True)
        if arrived:
            changed = was != list(sent)
            assert found is Trace.ARRIVED or not changed, (table.history, earlier, later)
        elif found is Trace.ARRIVED:
            # what was to be there was never put in by others, and what was to go, they took out
            assert "mine" not in sent
            gone = [each for each in loaded if not each.names & set(sent)]
            assert not any(each.is_same(old) for each in table.rows for old in gone)


def test_an_order_alone() -> None:
    table = Table("a", "b")
    loaded, before = list(table.rows), table.now
    assert told(table, loaded, before, "b", "a", is_multi=True) is Trace.MISSING
    table.put("b", "a")
    assert told(table, loaded, before, "b", "a", is_multi=True) is Trace.ARRIVED
    table.add("z")
    assert told(table, loaded, before, "b", "a", is_multi=True) is Trace.UNCLEAR


def test_what_was_sent_as_it_was_tells_nothing() -> None:
    table = Table("a")
    loaded, before = list(table.rows), table.now
    assert told(table, loaded, before, "a") is Trace.SAME
    assert told(table, loaded, before, "a", is_multi=True) is Trace.SAME
    table.put("z")
    assert told(table, loaded, before, "a") is Trace.UNCLEAR
    assert told(table, None, before + 0.5, "a") is Trace.UNCLEAR
    assert told(table, loaded, before, "a", is_multi=True) is Trace.UNCLEAR


def test_what_was_there_before_would_have_been_taken_out() -> None:
    table = Table("a", "b")
    assert told(table, None, table.now + 0.5, "a", is_multi=True) is Trace.MISSING
    table.put("a")
    assert told(table, None, table.now + 0.5, "a", is_multi=True) is Trace.SAME
    table.add("z")
    assert told(table, None, table.now - 0.5, "a", is_multi=True) is Trace.UNCLEAR


def test_without_any_time_nothing_but_the_value_tells() -> None:
    sent = Looked(is_multi=False, adds=False, wanted=names("mine"), loaded=None, before=None)
    assert trace(sent, [span("mine", 1)]) is Trace.SAME
    assert trace(sent, [span("z", 1)]) is Trace.PAST
    assert trace(sent, [span("z", 1)], [span("mine", 0, 1), span("z", 1)]) is Trace.UNCLEAR
    added = Looked(is_multi=True, adds=True, wanted=names("mine"), loaded=None, before=None)
    assert trace(added, [], [span("mine", 0, 1)]) is Trace.UNCLEAR


def test_a_value_that_attio_reads_in_its_own_way_is_not_said_to_be_missing() -> None:
    loaded = [span("a", 1)]
    sent = Looked(False, False, names("mine"), loaded, at(1), is_vague=True)
    assert trace(sent, loaded) is Trace.MISSING, "nobody wrote"
    assert trace(sent, [span("z", 2)], [span("a", 1, 2), span("z", 2)]) is Trace.UNCLEAR


@pytest.mark.parametrize(
    ("traces", "expected"),
    [
        ([Trace.ARRIVED, Trace.PAST, Trace.MISSING], Trace.MISSING),
        ([Trace.ARRIVED, Trace.PAST], Trace.PAST),
        ([Trace.NO_GAP, Trace.ARRIVED], Trace.ARRIVED),
        ([Trace.NO_GAP, Trace.UNCLEAR, Trace.SAME], Trace.NO_GAP),
        ([Trace.SAME, Trace.UNCLEAR, Trace.ARRIVED], Trace.ARRIVED),
        ([Trace.SAME, Trace.UNCLEAR], Trace.UNCLEAR),
        ([Trace.SAME, Trace.SAME], Trace.SAME),
        ([], Trace.SAME),
    ],
)
def test_a_write_is_carried_out_as_a_whole(traces: list[Trace], expected: Trace) -> None:
    assert together(traces) is expected


# -- values ----------------------------------------------------------------------------------------


def wire(kind: str, **members: Any) -> dict[str, Any]:
    return {
        **members,
        "active_from": "2026-01-01T00:00:01.000000000Z",
        "active_until": None,
        "attribute_type": kind,
    }


OPTION = {"title": "High", "id": {"option_id": "0d1f6e7c-5a2b-4c7e-9d58-3f1f0f6a2b11"}}


@pytest.mark.parametrize(
    ("attribute", "sent", "read"),
    [
        (Text(), "One", wire("text", value="One")),
        (Number(), 0.123456, wire("number", value=0.1235)),
        (Number(), 0.123456, wire("number", value=0.123456)),
        (
            Timestamp(),
            at(1).replace(microsecond=123_456),
            wire("timestamp", value="2026-01-01T00:00:01.123000000Z"),
        ),
        (Select(), "High", wire("select", option=OPTION)),
        (Select(), OPTION["id"]["option_id"], wire("select", option=OPTION)),  # type: ignore[index]
        (Location(), "Bath", wire("location", locality="Bath", country_code="GB")),
        (
            PhoneNumber(),
            ("02079460001", "GB"),
            wire(
                "phone-number",
                phone_number="+442079460001",
                original_phone_number="020 7946 0001",
                country_code="GB",
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_sent_is_known_again(attribute: Any, sent: Any, read: dict[str, Any]) -> None:
    (found,) = history(attribute, [read])
    assert found.names & names_of(attribute, sent)
    assert (found.since, found.until) == (at(1), None)


def test_a_value_without_its_time_is_compared_alone() -> None:
    (one,) = history(Text(), [{"value": "a", "attribute_type": "text", "active_from": "soon"}])
    (two,) = spans(Text(), Raw(b'[{"value":"a","attribute_type":"text"}]'))
    assert one.since is None
    assert one.is_same(two)
    assert not one.begins(at(0))
    assert spans(Text(), None) == []


def test_the_newest_of_all_values() -> None:
    raw = b"""{"a":[{"active_from":"2026-01-01T00:00:03.000000000Z"}],"b":[],"c":null,
              "d":[{"active_from":"2026-01-01T00:00:05.000000000Z"},{"active_from":null}]}"""
    assert newest(Raw(raw)) == at(5)
    assert newest(None) is None
