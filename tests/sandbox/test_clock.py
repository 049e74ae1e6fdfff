"""The clock, and times as Attio writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.sandbox import Clock, Workspace
from attio_orm.sandbox.timestamps import (
    add_duration,
    format_moment,
    is_duration,
    read_date,
    read_timestamp,
)
from tests.sandbox.client import Client

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_clock_is_real_until_told_otherwise() -> None:
    before = datetime.now(UTC)
    now = Clock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_move_and_set_let_it_run_on() -> None:
    clock = Clock()
    clock.set(NEW_YEAR)
    clock.move(timedelta(days=1))
    clock.move(-3600)
    first = clock.now()
    assert timedelta(hours=23) <= first - NEW_YEAR < timedelta(hours=23, seconds=30)
    assert clock.now() >= first


def test_a_frozen_clock_stands_still() -> None:
    clock = Clock()
    clock.freeze()
    assert clock.now() == clock.now()
    clock.set(NEW_YEAR.astimezone(timezone(timedelta(hours=5))))
    clock.move(0.25)
    assert clock.now() == NEW_YEAR + timedelta(milliseconds=250)
    clock.resume()
    clock.resume()
    assert timedelta(0) <= clock.now() - NEW_YEAR < timedelta(seconds=30)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Clock().set(datetime(2026, 1, 1))


def test_records_are_created_at_the_time_of_the_clock() -> None:
    clock = Clock()
    clock.freeze()
    workspace = Workspace(clock=clock)
    clock.set(datetime(2031, 5, 6, 7, 8, 9, 123_456, tzinfo=UTC))
    record = Client(workspace).create("people", name="Ada")
    assert record["created_at"] == "2031-05-06T07:08:09.123000000Z"
    workspace.close()


@given(st.datetimes(timezones=st.timezones()))
def test_moments_come_back_to_the_millisecond(moment: datetime) -> None:
    try:
        text = format_moment(moment)
    except OverflowError:  # at the ends of the calendar
        return
    assert read_timestamp(text) == text
    back = datetime.fromisoformat(text[:23] + "+00:00")
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_timestamp, read_date):
        found = read(text)
        assert found is None or found[:4].isdigit()


@pytest.mark.parametrize(
    "text", ["", "26", "2026-1", "2026-01-01T", "2026-01-01T10Q", "2026-01-01T24:00:00Z", "٢٠٢٦"]
)
def test_what_is_no_time(text: str) -> None:
    assert read_timestamp(text) is None
    assert read_date(text) is None


def test_partial_times_where_they_are_not_allowed() -> None:
    for text in ("2026", "2026-01", "2026-01-01", "2026-01-01T10"):
        assert read_timestamp(text, partial=False) is None
    assert read_timestamp("2026-01-01T10:30", partial=False) == "2026-01-01T10:30:00.000000000Z"
    assert read_date("2026-01-01T10:30", partial=False) is None


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2024-01-31", "P1M", "2024-02-29"), ("2026-11-30", "P3M", "2027-02-28"),
        ("2026-01-01", "P1Y1M1W1D", "2027-02-09"), ("2026-12-31", "P1D", "2027-01-01"),
        ("2026-01-01", "PT36H", "2026-01-02"), ("2026-01-01", "PT1440M", "2026-01-02"),
        ("2026-01-01", "PT86400.0S", "2026-01-02"), ("2026-12-15", "P12M", "2027-12-15"),
    ],
)  # fmt: skip
def test_durations(start: str, duration: str, end: str) -> None:
    moment = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert add_duration(moment, duration).date().isoformat() == end


@pytest.mark.parametrize("text", ["", "P", "PT", "1M", "P1H", "P-1D", "P1.5M"])
def test_what_is_no_duration(text: str) -> None:
    assert not is_duration(text)
    with pytest.raises(ValueError, match="not an ISO 8601 duration"):
        add_duration(NEW_YEAR, text)


@pytest.mark.parametrize("text", ["P9000Y", "P3000000D"])
def test_durations_past_the_calendar(text: str) -> None:
    assert is_duration(text)
    with pytest.raises(ValueError, match="9999"):
        add_duration(NEW_YEAR, text)
