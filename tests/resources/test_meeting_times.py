"""Starts and ends of meetings: as Attio writes them, and as it takes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from attio_orm.errors import ValidationError
from attio_orm.resources.meeting_times import check_order, read_time, write_time

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("wire", "expected", "zone"),
    [
        (
            {"datetime": "2026-12-01T10:00:00.000+01:00", "timezone": "Europe/Berlin"},
            datetime(2026, 12, 1, 10, tzinfo=BERLIN),
            BERLIN,
        ),
        (
            {"datetime": "2026-07-01T08:00:00.000000000Z", "timezone": "Europe/Berlin"},
            datetime(2026, 7, 1, 10, tzinfo=BERLIN),
            BERLIN,
        ),
        (
            {"datetime": "2026-12-01T09:00:00.000Z", "timezone": None},
            datetime(2026, 12, 1, 9, tzinfo=UTC),
            UTC,
        ),
        (
            {"datetime": "2026-12-01T09:00:00", "timezone": "Europe/Berlin"},
            datetime(2026, 12, 1, 9, tzinfo=BERLIN),
            BERLIN,
        ),
        (
            {"datetime": "2026-12-01T09:00:00+02:00", "timezone": "Mars/Base"},
            datetime(2026, 12, 1, 7, tzinfo=UTC),
            timezone(timedelta(hours=2)),
        ),
    ],
    ids=["zone", "summer", "utc", "local text", "unknown zone"],
)
def test_a_moment_is_read_in_its_zone(wire: object, expected: datetime, zone: object) -> None:
    found = read_time(wire)
    assert isinstance(found, datetime)
    assert found == expected
    assert found.tzinfo == zone


def test_a_day_is_a_date_and_what_is_neither_is_nothing() -> None:
    found = read_time({"date": "2026-12-01"})
    assert found == date(2026, 12, 1)
    assert not isinstance(found, datetime)
    assert read_time({"later": True}) is None
    assert read_time(None) is None


def test_what_is_sent_reads_back_as_it_was() -> None:
    moments: list[tuple[date, bool]] = [
        (datetime(2026, 7, 1, 10, 30, tzinfo=BERLIN), False),
        (datetime(2026, 7, 1, 10, 30, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 10, 30, tzinfo=timezone(timedelta(hours=-5))), False),
        (date(2026, 7, 1), True),
    ]
    for moment, is_all_day in moments:
        assert read_time(write_time(moment, is_all_day=is_all_day, name="start")) == moment
    sent = write_time(moments[0][0], is_all_day=False, name="start")
    assert sent == {"datetime": "2026-07-01T10:30:00+02:00", "timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("value", "is_all_day", "message"),
    [
        (datetime(2026, 7, 1, 10), False, "start needs a time zone"),
        (date(2026, 7, 1), False, "is_all_day=True"),
        (datetime(2026, 7, 1, tzinfo=UTC), True, "start of a meeting of whole days is a date"),
        ("2026-07-01", False, "datetime with a time zone"),
    ],
    ids=["naive", "day for a moment", "moment for a day", "text"],
)
def test_what_is_of_the_other_kind_is_refused(
    value: object, is_all_day: bool, message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        write_time(value, is_all_day=is_all_day, name="start")


def test_a_meeting_that_ends_before_it_starts_is_refused() -> None:
    start = datetime(2026, 7, 1, 10, tzinfo=BERLIN)
    check_order(start, start)  # which Attio takes
    with pytest.raises(ValidationError, match="before it starts"):
        check_order(start, start - timedelta(minutes=1))
    with pytest.raises(ValidationError, match="the day after its last one"):
        check_order(date(2026, 7, 1), date(2026, 7, 1))
