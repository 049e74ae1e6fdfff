"""Times and durations as Attio writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox.timestamps import (
    add_duration,
    format_timestamp,
    is_duration,
    read_date,
    read_timestamp,
)

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.datetimes(timezones=st.timezones()))
def test_moments_come_back_to_the_millisecond(moment: datetime) -> None:
    try:
        text = format_timestamp(moment)
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
