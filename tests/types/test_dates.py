"""Timestamps and dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.errors import ValidationError
from attio_orm.types.base import codec_for
from attio_orm.types.dates import format_timestamp, parse_timestamp
from tests.types.specs import SPEC, read
from tests.types.strategies import MOMENT

STAMP, DATE, SELECT = codec_for("timestamp"), codec_for("date"), codec_for("select")
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@given(MOMENT, st.integers(0, 999))
def test_nanoseconds_are_cut_never_rounded(moment: dt.datetime, nanoseconds: int) -> None:
    text = f"{format_timestamp(moment)[:-1]}{nanoseconds:03}Z"
    parsed = parse_timestamp(text)
    assert parsed == moment
    assert parsed.tzinfo is dt.UTC
    assert read(STAMP, value=text) == moment


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-03-01T12:00:00.678999999Z", 678999),
        ("2026-03-01T12:00:00.5Z", 500000),
        ("2026-03-01T12:00:00Z", 0),
        ("2026-03-01T22:00:00.000001+10:00", 1),
        ("2026-03-01T12:00:00", 0),
        ("2026-03-01T12:00", 0),
    ],
)
def test_attios_texts(text: str, microsecond: int) -> None:
    assert parse_timestamp(text) == NOON.replace(microsecond=microsecond)
    assert parse_timestamp(text).tzinfo is dt.UTC


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_a_text_that_is_no_timestamp_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        read(STAMP, value=text)


@pytest.mark.parametrize("naive", [dt.datetime(2026, 3, 1), "2026-03-01T10:00:00"])
def test_naive_moments_are_refused_with_a_hint(naive: Any) -> None:
    for refused in (
        lambda: STAMP.coerce(naive, SPEC),
        lambda: STAMP.filter_value(None, naive, SPEC),
        lambda: SELECT.filter_value("active_from", naive, SPEC),
    ):
        with pytest.raises(ValidationError, match=r"no time zone.*tzinfo=UTC"):
            refused()
    with pytest.raises(ValidationError, match="no time zone"):
        DATE.coerce(dt.datetime(2026, 3, 1), SPEC)


@pytest.mark.parametrize(
    "wrong",
    [dt.date(2026, 3, 1), "soon", 1767225600, "2026-03-01", "2026-02-30T10:00:00Z", "", None],
)
def test_what_is_no_moment_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="aware datetime"):
        STAMP.coerce(wrong, SPEC)
    with pytest.raises(ValidationError, match="aware datetime"):
        STAMP.filter_value(None, wrong, SPEC)


def test_moments_out_of_range_are_refused() -> None:
    late = dt.datetime(9999, 12, 31, 23, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    with pytest.raises(ValidationError, match="out of range"):
        STAMP.coerce(late, SPEC)
    with pytest.raises(ValidationError, match="is not a valid timestamp"):
        STAMP.coerce("9999-12-31T23:00:00-05:00", SPEC)


def test_moments_are_kept_and_written_in_utc() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    for value in (dt.datetime(2026, 3, 1, 14, tzinfo=zone), "2026-03-01T14:00+02:00"):
        moment = STAMP.coerce(value, SPEC)
        assert moment == NOON
        assert moment.tzinfo is dt.UTC
        assert STAMP.write(moment) == "2026-03-01T12:00:00.000000Z"


def test_a_subclass_of_datetime_becomes_a_datetime() -> None:
    class Stamp(dt.datetime):
        pass

    moment = STAMP.coerce(Stamp(2026, 3, 1, 12, tzinfo=dt.UTC), SPEC)
    assert type(moment) is dt.datetime
    assert moment == NOON


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOON, "2026-03-01T12:00:00.000000Z"),
        ("2026-03-01T12:00:00.678999999Z", "2026-03-01T12:00:00.678999999Z"),
        ("2026-03-01T14:00:00.678999999+02:00", "2026-03-01T12:00:00.678999999Z"),
        ("2026-03-01 12:00Z", "2026-03-01T12:00:00Z"),
    ],
)
def test_a_moments_text_in_a_filter_keeps_its_nanoseconds(value: Any, text: str) -> None:
    assert STAMP.filter_value("value", value, SPEC) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (dt.date(2026, 3, 1), "2026-03-01"),
        ("2026-03-01", "2026-03-01"),
        ("2026", "2026-01-01"),
        ("2026-03", "2026-03-01"),
        ("2026-03-01T23:00:00", "2026-03-01"),
        ("2026-01-02T23:00:00-10:00", "2026-01-03"),
        (dt.datetime(2026, 1, 2, 23, tzinfo=dt.timezone(-dt.timedelta(hours=10))), "2026-01-03"),
        (dt.date.max, "9999-12-31"),
    ],
)
def test_dates_are_taken_as_attio_takes_them(value: Any, expected: str) -> None:
    day = DATE.coerce(value, SPEC)
    assert type(day) is dt.date
    assert DATE.write(day) == DATE.filter_value(None, value, SPEC) == expected


def test_a_subclass_of_date_becomes_a_date() -> None:
    class Day(dt.date):
        pass

    assert type(DATE.coerce(Day(2026, 3, 1), SPEC)) is dt.date


@pytest.mark.parametrize(
    "wrong", ["2026-02-30", "03/01/2026", 20260301, "20260301", "", None, True]
)
def test_what_is_no_date_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"date\(2026, 3, 1\)"):
        DATE.coerce(wrong, SPEC)


def test_dates_are_read_with_or_without_a_time() -> None:
    assert read(DATE, value="2026-03-01") == dt.date(2026, 3, 1)
    assert read(DATE, value="2026-03-01T00:00:00.000000000Z") == dt.date(2026, 3, 1)
    with pytest.raises(ValueError, match="isoformat"):
        read(DATE, value="March")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (dt.date(2026, 3, 1), "2026-03-01"),
        ("2026-03", "2026-03-01"),
        (NOON, "2026-03-01T12:00:00.000000Z"),
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
    ],
)
def test_the_time_of_entry_compares_with_dates_and_moments(value: Any, text: str) -> None:
    assert SELECT.filter_value("active_from", value, SPEC) == text
    assert codec_for("status").filter_value("active_from", value, SPEC) == text
    with pytest.raises(ValidationError, match="active_from"):
        SELECT.filter_value("active_from", 7, SPEC)
