"""The times that bodies and parameters give, and the zones they stand in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from attio_orm.sandbox.bodies import Path
from attio_orm.sandbox.errors import BODY_MESSAGE, Issue, Refusal, invalid
from attio_orm.sandbox.timestamps import format_moment, read_timestamp

EPOCH = "1970-01-01T00:00:00.000000000Z"
_OFFSET = re.compile(r"[Tt ].*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$", re.ASCII)


def bad_moment(path: Path, message: str = "Invalid date") -> Refusal:
    """Give the 400 of a time in a body."""
    return invalid(BODY_MESSAGE, [Issue("invalid_date", path, message)])


def read_moment(text: str, path: Path) -> str:
    """Give a time of a body as the API shows it; raises the 400 of text that is none."""
    found = read_timestamp(text)
    if found is None:
        raise bad_moment(path)
    return found


def read_past(text: str | None, now: str) -> str:
    """Give the `created_at` that a body may set, from 1970 to `now`, which is the default."""
    if text is None:
        return now
    path = ("data", "created_at")
    found = read_moment(text, path)
    if not EPOCH <= found <= now:
        raise bad_moment(path, "Dates before 1970 or in the future are not allowed")
    return found


def find_zone(name: str | None) -> ZoneInfo | None:
    """Give the IANA time zone of that name, None where there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a bad name, one of a directory, an unknown one
        return None


def has_offset(text: str) -> bool:
    """Tell whether a timestamp says how far it is from UTC."""
    return _OFFSET.search(text) is not None


def from_local(moment: str, zone: ZoneInfo) -> str | None:
    """Give a time, read as UTC, that was meant in `zone`; None past the ends of the calendar."""
    try:
        return format_moment(to_datetime(moment).replace(tzinfo=zone).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def to_local(moment: str, zone: ZoneInfo | None) -> datetime:
    """Give a time of the API as a datetime in `zone`, UTC where there is none."""
    found = to_datetime(moment)
    try:
        return found if zone is None else found.astimezone(zone)
    except OverflowError:
        return found


def to_datetime(moment: str) -> datetime:
    """Give a time of the API as a datetime in UTC, cut to microseconds."""
    return datetime.fromisoformat(f"{moment[:26]}+00:00")
