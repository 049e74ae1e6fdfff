"""Days, months, quarters and years in conditions: what part of the calendar a value stands for."""

from __future__ import annotations

import re
from datetime import MAXYEAR, UTC, date, datetime, timedelta, tzinfo
from typing import Final, TypeGuard

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.wording import show

_MONTHS_IN_YEAR: Final = 12
_MONTHS_IN_QUARTER: Final = 3
_ADVICE: Final = {
    "date": 'give a datetime.date, e.g. date(2026, 3, 1), or "2026-03-01".',
    "month": 'give a year and a month, e.g. "2026-03".',
    "quarter": 'give a year and a quarter, e.g. "2026-Q1".',
    "year": "give a year, e.g. 2026.",
}
_FORMS: Final = {
    "date": r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",
    "month": r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})",
    "quarter": r"(?P<year>[0-9]{4})-Q(?P<quarter>[1-4])",
    "year": r"(?P<year>[0-9]{4})",
}


class Stretch(Struct, frozen=True):
    """Whole days, from ``first`` on and before ``after``; ``None`` where no calendar goes on."""

    first: date
    after: date | None


class Days:
    """Whole days of a time zone of their own: a ``Period``, as far as conditions know it."""

    __slots__ = ()

    @property
    def stretch(self) -> Stretch:
        """The days."""
        raise NotImplementedError

    @property
    def tz(self) -> tzinfo:
        """The zone whose days they are."""
        raise NotImplementedError


def stretch_of(lookup: str, value: object) -> Stretch:
    """What the value of ``date``, ``month``, ``quarter`` or ``year`` means.

    Raises ``ValidationError``.
    """
    found = None
    if isinstance(value, str):
        found = _read(lookup, value.strip())
    elif lookup == "date" and _is_day(value):
        found = _day(value)
    elif lookup == "year" and isinstance(value, int) and not isinstance(value, bool):
        found = _read(lookup, f"{value:04}")
    if found is None:
        raise ValidationError(f"{show(value)} is not a valid {lookup}: {_ADVICE[lookup]}")
    return found


def stretch_meant(value: object) -> Stretch | None:
    """What a date, or its text, stands for where a moment is compared; ``None`` for all else.

    A text may leave out the day, or the month too: ``"2026-03"`` is that whole month.
    """
    if isinstance(value, str):
        forms = (_read(form, value.strip()) for form in ("date", "month", "year"))
        return next((found for found in forms if found is not None), None)
    return _day(value) if _is_day(value) else None


def _is_day(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)


def _read(form: str, text: str) -> Stretch | None:
    found = re.fullmatch(_FORMS[form], text)
    if found is None:
        return None
    parts = {name: int(part) for name, part in found.groupdict().items()}
    year, months = parts["year"], _MONTHS_IN_YEAR
    month = parts.get("month", 1)
    try:
        if form == "date":
            return _day(date(year, month, parts["day"]))
        if form == "month":
            months = 1
        elif form == "quarter":
            months = _MONTHS_IN_QUARTER
            month = (parts["quarter"] - 1) * months + 1
        first = date(year, month, 1)
    except ValueError:  # there is no such day
        return None
    years, month = divmod(month - 1 + months, _MONTHS_IN_YEAR)
    ended = year + years > MAXYEAR
    return Stretch(first, None if ended else date(year + years, month + 1, 1))


def _day(day: date) -> Stretch:
    exact = date(day.year, day.month, day.day)  # a subclass may carry more
    return Stretch(exact, None if exact == date.max else exact + timedelta(days=1))


def zone_of(timezone: object) -> tzinfo:
    """The zone of a name (``"Europe/Berlin"``), or one as it is. Raises ``ValidationError``."""
    if isinstance(timezone, tzinfo):
        return timezone
    if timezone == "UTC":  # on systems without a database of zones, too
        return UTC
    from zoneinfo import ZoneInfo  # only here, as most days are those of UTC

    try:
        if isinstance(timezone, str):
            return ZoneInfo(timezone)
    except (ValueError, OSError, LookupError):  # what no file of the database can be named
        pass
    raise ValidationError(
        f'timezone takes the name of a time zone, e.g. "Europe/Berlin", not {show(timezone)}. '
        f"Where the system has no database of zones, install tzdata."
    )
