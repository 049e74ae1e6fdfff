"""Periods of the calendar, and moments before now: what conditions on dates and times are about.

``Deal.objects.filter(created_at__range=Period.last_quarter(tz="Europe/Berlin"))``,
``Deal.objects.filter(created_at__gte=ago(days=30))``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from attio_orm.conditions.calendar import Days, Stretch, zone_of
from attio_orm.errors import ValidationError
from attio_orm.pickles import public_in
from attio_orm.wording import show

__all__ = ["Period", "ago"]

_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def ago(*, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    """The moment so long before now, in UTC: ``created_at__gte=ago(days=30)``.

    A day is 24 hours here. Raises ``ValidationError`` where nothing is given, or no number.
    """
    parts = {"weeks": weeks, "days": days, "hours": hours, "minutes": minutes}
    try:
        length = timedelta(**parts)
        if length:
            return datetime.now(UTC) - length
    except (TypeError, ValueError, OverflowError) as error:
        raise ValidationError(f"ago() cannot count this: {error}. Give ago(days=30).") from None
    raise ValidationError("ago() needs to know how long: give ago(days=30), or hours=...")


class Period(Days):
    """Whole days of one time zone: from the midnight that ``first`` begins to that after ``last``.

    Usable in ``__range``, and with ``__gte`` and its like, which take it as they take a date: what
    is before it, or after all of it. Compared with moments it goes by its zone, summer time
    included; compared with dates it is from ``first`` to ``last``. ``in`` tells whether a date or
    an aware ``datetime`` is within. ``tz`` is a ``tzinfo`` or the name of a zone. Immutable.
    """

    __slots__ = ("_after", "_first", "_months", "_tz")

    _first: date
    _after: date
    _tz: tzinfo
    _months: int

    def __init__(self, first: date, last: date, *, tz: str | tzinfo = "UTC") -> None:
        for day in (first, last):
            if not isinstance(day, date) or isinstance(day, datetime):
                raise ValidationError(f"A Period is of whole days: give dates, not {show(day)}.")
        if last < first:
            raise ValidationError(
                f"A Period ends on its first day or later, and {last} is before {first}: give the "
                f"first day first."
            )
        if last == date.max:
            raise ValidationError(f"A Period ends before the calendar does: not on {last}.")
        self._fill(first, last + timedelta(days=1), zone_of(tz), 0)

    def _fill(self, first: date, after: date, tz: tzinfo, months: int) -> None:
        for name, value in zip(self.__slots__, (after, first, months, tz), strict=True):
            object.__setattr__(self, name, value)

    # -- what it is -------------------------------------------------------------------------------

    @property
    def first(self) -> date:
        """Its first day."""
        return self._first

    @property
    def last(self) -> date:
        """Its last day, which is part of it."""
        return self._after - timedelta(days=1)

    @property
    def tz(self) -> tzinfo:
        """The time zone whose days these are."""
        return self._tz

    @property
    def stretch(self) -> Stretch:
        """Its days, as conditions take them."""
        return Stretch(self._first, self._after)

    @property
    def start(self) -> datetime:
        """The moment at which it begins, in its zone."""
        return datetime.combine(self._first, time(), self._tz)

    @property
    def end(self) -> datetime:
        """The moment at which it is over, in its zone; no part of it any more."""
        return datetime.combine(self._after, time(), self._tz)

    def previous(self) -> Period:
        """The one before it: of a quarter the quarter before, else as many days."""
        return self._moved(-1)

    def next(self) -> Period:
        """The one after it: of a quarter the quarter after, else as many days."""
        return self._moved(1)

    def _moved(self, steps: int) -> Period:
        months = self._months
        try:
            if months:
                first = _plus_months(self._first, steps * months)
                return _made(first, _plus_months(first, months), self._tz, months)
            length = (self._after - self._first) * steps
            return _made(self._first + length, self._after + length, self._tz, 0)
        except (ValueError, OverflowError):
            raise ValidationError(f"There is no calendar beyond {self!r}.") from None

    def __contains__(self, moment: object) -> bool:
        if isinstance(moment, datetime):
            if moment.utcoffset() is None:
                raise ValidationError(
                    f"{show(moment)} has no time zone, so it does not say which moment is meant: "
                    f"use datetime(..., tzinfo=UTC)."
                )
            # in UTC: two moments of one zone object are compared by their clocks, not as moments
            at = moment.astimezone(UTC)
            return self.start.astimezone(UTC) <= at < self.end.astimezone(UTC)
        if isinstance(moment, date):
            return self._first <= moment < self._after
        raise TypeError(f"A Period has dates and moments in it, not {show(moment)}.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Period) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[date, date, str]:
        return self._first, self._after, str(self._tz)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"A Period is immutable: make a new one instead of setting {name!r}.")

    def __reduce__(self) -> tuple[object, ...]:
        return _made, (self._first, self._after, self._tz, self._months)

    def __repr__(self) -> str:
        return f"Period({self._first} to {self.last}, {self._tz})"

    # -- those of the calendar --------------------------------------------------------------------

    @classmethod
    def of(cls, unit: str, day: date | datetime, *, tz: str | tzinfo = "UTC") -> Period:
        """The ``"day"``, ``"week"``, ``"month"``, ``"quarter"`` or ``"year"`` of a date or moment.

        A week begins on Monday. A moment is taken to ``tz`` first; a naive one is refused.
        """
        zone = zone_of(tz)
        if isinstance(day, datetime):
            if day.utcoffset() is None:
                raise ValidationError(
                    f"{show(day)} has no time zone, so it does not say which day is meant: use "
                    f"datetime(..., tzinfo=UTC)."
                )
            day = day.astimezone(zone).date()
        if unit in _DAYS:
            days = _DAYS[unit]
            first = day - timedelta(days=day.weekday() if unit == "week" else 0)
            return _made(first, first + timedelta(days=days), zone, 0)
        if unit not in _MONTHS:
            raise ValidationError(
                f"There is no period {show(unit)}: give one of {', '.join((*_DAYS, *_MONTHS))}."
            )
        months = _MONTHS[unit]
        first = date(day.year, (day.month - 1) // months * months + 1, 1)
        return _made(first, _plus_months(first, months), zone, months)

    @classmethod
    def today(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The day that it is now, in that zone."""
        return cls._now("day", tz)

    @classmethod
    def yesterday(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The day before."""
        return cls._now("day", tz).previous()

    @classmethod
    def tomorrow(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The day after."""
        return cls._now("day", tz).next()

    @classmethod
    def this_week(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """From Monday to Sunday, of now."""
        return cls._now("week", tz)

    @classmethod
    def last_week(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The week before."""
        return cls._now("week", tz).previous()

    @classmethod
    def next_week(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The week after."""
        return cls._now("week", tz).next()

    @classmethod
    def this_month(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The month of now, all of it."""
        return cls._now("month", tz)

    @classmethod
    def last_month(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The month before."""
        return cls._now("month", tz).previous()

    @classmethod
    def next_month(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The month after."""
        return cls._now("month", tz).next()

    @classmethod
    def this_quarter(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The quarter of now, all of it; the first begins with January."""
        return cls._now("quarter", tz)

    @classmethod
    def last_quarter(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The quarter before."""
        return cls._now("quarter", tz).previous()

    @classmethod
    def next_quarter(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The quarter after."""
        return cls._now("quarter", tz).next()

    @classmethod
    def this_year(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The year of now, all of it."""
        return cls._now("year", tz)

    @classmethod
    def last_year(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The year before."""
        return cls._now("year", tz).previous()

    @classmethod
    def next_year(cls, *, tz: str | tzinfo = "UTC") -> Period:
        """The year after."""
        return cls._now("year", tz).next()

    @classmethod
    def _now(cls, unit: str, tz: str | tzinfo) -> Period:
        return cls.of(unit, datetime.now(UTC), tz=tz)


def _plus_months(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _made(first: date, after: date, tz: tzinfo, months: int) -> Period:
    made = object.__new__(Period)
    made._fill(first, after, tz, months)  # pyright: ignore[reportPrivateUsage]
    return made


public_in(__name__, Period)
