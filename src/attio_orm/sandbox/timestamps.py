"""Points in time as Attio writes them: UTC text with nine fraction digits."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone

_PARTS = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
    r"(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?)?)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)


def format_moment(moment: datetime) -> str:
    """Give `moment` in UTC, cut to milliseconds, with nine fraction digits and a `Z`."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}000000Z"


def read_timestamp(text: str, *, partial: bool = True) -> str | None:
    """Give the nanosecond text of an ISO 8601 `text`, or None where it is no timestamp.

    Without a zone it is UTC; `partial` also takes a year, a month, a day or an hour alone.
    """
    found = _PARTS.fullmatch(text)
    if found is None or (not partial and found["minute"] is None):
        return None
    moment = _moment_of(found)
    if moment is None:
        return None
    nanoseconds = ((found["fraction"] or "") + "0" * 9)[:9]
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}.{nanoseconds}Z"


def read_date(text: str, *, partial: bool = True) -> str | None:
    """Give `text` as `YYYY-MM-DD`, or None where it is no date.

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
    except (ValueError, OverflowError):
        return None


def _zone_of(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def is_duration(text: str) -> bool:
    """Tell whether `text` is an ISO 8601 duration such as `P1M` or `P7DT12H`."""
    return _DURATION.fullmatch(text) is not None


def add_duration(moment: datetime, duration: str) -> datetime:
    """Give `moment` later by an ISO 8601 `duration`; a month too short ends on its last day.

    Raises ValueError where `duration` is none or the result is past the year 9999.
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration!r} is not an ISO 8601 duration.")
    years, months, weeks, days = (int(part or 0) for part in found.groups()[:4])
    hours, minutes, seconds = (float((p or "0").replace(",", ".")) for p in found.groups()[4:])
    month = moment.month - 1 + months + 12 * years
    year, month = moment.year + month // 12, month % 12 + 1
    if year > 9999:
        raise ValueError(f"{duration!r} from now is past the year 9999.")
    last = calendar.monthrange(year, month)[1]
    moved = moment.replace(year=year, month=month, day=min(moment.day, last))
    try:
        return moved + timedelta(
            weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds
        )
    except OverflowError:
        raise ValueError(f"{duration!r} from now is past the year 9999.") from None
