"""What part of the calendar a value stands for."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.conditions.calendar import stretch_meant, stretch_of, zone_of
from attio_orm.errors import ValidationError


def days(found: Any) -> tuple[str, str | None]:
    return str(found.first), None if found.after is None else str(found.after)


@pytest.mark.parametrize(
    ("lookup", "value", "first", "after"),
    [
        ("date", dt.date(2026, 2, 28), "2026-02-28", "2026-03-01"),
        ("date", "2028-02-28", "2028-02-28", "2028-02-29"),
        ("date", dt.date.max, "9999-12-31", None),
        ("month", "2026-12", "2026-12-01", "2027-01-01"),
        ("month", "9999-12", "9999-12-01", None),
        ("quarter", "2026-Q1", "2026-01-01", "2026-04-01"),
        ("quarter", "2026-Q4", "2026-10-01", "2027-01-01"),
        ("year", 2026, "2026-01-01", "2027-01-01"),
        ("year", "2026", "2026-01-01", "2027-01-01"),
        ("year", 1, "0001-01-01", "0002-01-01"),
        ("year", 9999, "9999-01-01", None),
    ],
)
def test_each_part_of_the_calendar(lookup: str, value: Any, first: str, after: str | None) -> None:
    assert days(stretch_of(lookup, value)) == (first, after)


@given(st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 30)))
def test_every_day_is_in_its_month_its_quarter_and_its_year(day: dt.date) -> None:
    quarter = (day.month + 2) // 3
    for lookup, value in {
        "date": day,
        "month": f"{day.year:04}-{day.month:02}",
        "quarter": f"{day.year:04}-Q{quarter}",
        "year": day.year,
    }.items():
        found = stretch_of(lookup, value)
        assert found.first <= day
        assert found.after is None or day < found.after


@pytest.mark.parametrize(
    ("lookup", "wrong"),
    [
        ("date", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
        ("date", "2026-02-30"),
        ("date", "2026-03"),
        ("date", 20260301),
        ("month", "2026-13"),
        ("month", 5),
        ("month", "2026-5"),
        ("quarter", "2026-Q5"),
        ("quarter", 1),
        ("year", 0),
        ("year", 10_000),
        ("year", True),
        ("year", "26"),
        ("year", None),
        ("year", 2026.0),
    ],
)
def test_what_is_none_is_refused_with_an_example(lookup: str, wrong: Any) -> None:
    with pytest.raises(ValidationError, match=rf"is not a valid {lookup}: give .*2026"):
        stretch_of(lookup, wrong)


def test_a_date_and_its_text_stand_for_days_and_nothing_else_does() -> None:
    class Day(dt.date):
        pass

    assert days(stretch_meant(Day(2026, 3, 1))) == ("2026-03-01", "2026-03-02")
    assert days(stretch_meant(" 2026-03-01 ")) == ("2026-03-01", "2026-03-02")
    assert days(stretch_meant("2026-03")) == ("2026-03-01", "2026-04-01")
    assert days(stretch_meant("2026")) == ("2026-01-01", "2027-01-01")
    now = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    for other in (now, now.isoformat(), "2026-02-30", "soon", 2026, None, ["2026"]):
        assert stretch_meant(other) is None


def test_zones_by_name() -> None:
    assert zone_of("UTC") is dt.UTC
    assert zone_of("Europe/Berlin") == ZoneInfo("Europe/Berlin")
    own = dt.timezone(dt.timedelta(hours=2))
    assert zone_of(own) is own
    for wrong in ("Europe/Nowhere", "", "../etc/passwd", "a\0b", 2, None):
        with pytest.raises(ValidationError, match=r'timezone takes .*"Europe/Berlin", not '):
            zone_of(wrong)
