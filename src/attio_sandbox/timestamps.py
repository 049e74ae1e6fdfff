"""Timestamps as Attio writes them: UTC text with nine fraction digits; dates, durations, zones.

The text of two timestamps compares as their times do, so that SQLite sorts and compares it.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_PARTS = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
    r"(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?)?)?",
    re.ASCII,
)
EPOCH = "1970-01-01T00:00:00.000000000Z"
_OFFSET = re.compile(r"[Tt ].*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)


def format_timestamp(moment: datetime) -> str:
    """Give `moment` in UTC, cut to milliseconds, with nine fraction digits and a `Z`."""
    # Attio keeps milliseconds and writes nanoseconds (facts.md 0).
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}000000Z"  # without its +00:00


def to_datetime(timestamp: str) -> datetime:
    """Give a timestamp of the API as a datetime in UTC, cut to microseconds."""
    # Cut by hand: fromisoformat of Python 3.11 refuses nine digits.
    return datetime.fromisoformat(f"{timestamp[:26]}+00:00")


def read_timestamp(text: str, *, partial: bool = True) -> str | None:
    """Give the nanosecond text of an ISO 8601 `text`, or None where it is not a timestamp.

    Without a zone it is UTC; `partial` also takes a year, a month, a day or an hour alone.
    """
    found = _PARTS.fullmatch(text)
    if found is None or (not partial and found["minute"] is None):
        return None
    moment = _moment_of(found)
    if moment is None:
        return None
    nanoseconds = ((found["fraction"] or "") + "0" * 9)[:9]  # datetime would cut them
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}.{nanoseconds}Z"


def read_date(text: str, *, partial: bool = True) -> str | None:
    """Give `text` as `YYYY-MM-DD`, or None where it is not a date.

    A time with an offset is moved to UTC first, as Attio does; `partial=False` takes a plain
    date only.
    """
    if not partial and _DATE.fullmatch(text) is None:
        return None
    found = _PARTS.fullmatch(text)
    moment = None if found is None else _moment_of(found)
    return None if moment is None else moment.date().isoformat()


def _moment_of(found: re.Match[str]) -> datetime | None:
    try:
        moment = datetime(
            int(found["year"]),
            int(found["month"] or 1),
            int(found["day"] or 1),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            tzinfo=_zone_of(found["zone"]),
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # not a day, or a year past 9999 in UTC
        return None


def _zone_of(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def is_duration(text: str) -> bool:
    """Tell whether `text` is an ISO 8601 duration such as `P1M` or `P7DT12H`."""
    return DURATION.fullmatch(text) is not None


def add_duration(moment: datetime, duration: str) -> datetime:
    """Give `moment` later by an ISO 8601 `duration`; a month too short ends on its last day.

    Raises ValueError where `duration` is not one or the result is past the year 9999.
    """
    found = DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration!r} is not an ISO 8601 duration.")
    years, months, weeks, days = (int(part or 0) for part in found.groups()[:4])
    hours, minutes, seconds = (float((p or "0").replace(",", ".")) for p in found.groups()[4:])
    month = moment.month - 1 + months + 12 * years
    year, month = moment.year + month // 12, month % 12 + 1
    if year > 9999:
        raise ValueError(f"{duration!r} from now is past the year 9999.")
    last = calendar.monthrange(year, month)[1]  # P1M after 31 January is the end of February
    moved = moment.replace(year=year, month=month, day=min(moment.day, last))
    try:
        return moved + timedelta(
            weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds
        )
    except OverflowError:
        raise ValueError(f"{duration!r} from now is past the year 9999.") from None


def find_zone(name: str | None) -> ZoneInfo | None:
    """Give the IANA time zone of that name, None if there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a bad name, one of a directory, an unknown one
        return None


def has_offset(text: str) -> bool:
    """Tell whether a timestamp says how far it is from UTC."""
    return _OFFSET.search(text) is not None


def from_local(timestamp: str, zone: ZoneInfo) -> str | None:
    """Give a time, read as UTC, that was meant in `zone`; None past the ends of the calendar."""
    try:
        return format_timestamp(to_datetime(timestamp).replace(tzinfo=zone).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def to_local(timestamp: str, zone: ZoneInfo | None) -> datetime:
    """Give a time of the API as a datetime in `zone`, UTC if there is none."""
    found = to_datetime(timestamp)
    try:
        return found if zone is None else found.astimezone(zone)
    except OverflowError:
        return found
