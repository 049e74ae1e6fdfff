"""``attio_orm.periods``: whole days of a zone, and what conditions make of them."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from attio_orm import Company, Connection, Deal, UnsupportedLookup, ValidationError
from attio_orm.periods import Period, ago

BERLIN = "Europe/Berlin"


def filter_of(queryset: Any) -> Any:
    return queryset.explain()[0].json["filter"]


class TestPeriod:
    @pytest.mark.parametrize(
        ("unit", "first", "last", "previous", "after"),
        [
            ("day", date(2026, 3, 29), date(2026, 3, 29), date(2026, 3, 28), date(2026, 3, 30)),
            ("week", date(2026, 3, 23), date(2026, 3, 29), date(2026, 3, 16), date(2026, 3, 30)),
            ("month", date(2026, 3, 1), date(2026, 3, 31), date(2026, 2, 1), date(2026, 4, 1)),
            ("quarter", date(2026, 1, 1), date(2026, 3, 31), date(2025, 10, 1), date(2026, 4, 1)),
            ("year", date(2026, 1, 1), date(2026, 12, 31), date(2025, 1, 1), date(2027, 1, 1)),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_those_of_the_calendar(
        self, unit: str, first: date, last: date, previous: date, after: date
    ) -> None:
        found = Period.of(unit, date(2026, 3, 29))
        assert (found.first, found.last) == (first, last)
        assert found.previous().first == previous
        assert found.next().first == after
        assert found.next().previous() == found

    def test_a_day_of_summer_time_has_23_hours_and_one_of_winter_time_25(self) -> None:
        spring, autumn = (
            Period.of("day", day, tz=BERLIN) for day in (date(2026, 3, 29), date(2026, 10, 25))
        )
        hours = [
            (each.end.astimezone(UTC) - each.start.astimezone(UTC)) for each in (spring, autumn)
        ]
        assert hours == [timedelta(hours=23), timedelta(hours=25)]
        assert datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC) in autumn
        assert datetime(2026, 10, 25, 23, tzinfo=UTC) not in autumn
        assert date(2026, 10, 25) in autumn

    def test_a_moment_is_of_the_day_that_it_is_there(self) -> None:
        late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # half past midnight in Berlin
        assert Period.of("quarter", late, tz=BERLIN).first == date(2026, 4, 1)
        assert Period.of("quarter", late).first == date(2026, 1, 1)

    def test_now_is_in_this_one_alone(self) -> None:
        now = datetime.now(UTC)
        for unit in ("week", "month", "quarter", "year"):
            this, last, after = (
                getattr(Period, f"{which}_{unit}")(tz=BERLIN) for which in ("this", "last", "next")
            )
            assert last.end == this.start
            assert this.end == after.start
            assert now in this or now in after  # it may have begun since
        assert Period.yesterday().next() in (Period.today(), Period.today().previous())
        assert Period.tomorrow().previous() in (Period.today(), Period.today().previous())

    def test_one_of_its_own_moves_by_its_days(self) -> None:
        sprint = Period(date(2026, 1, 5), date(2026, 1, 18), tz=BERLIN)
        assert sprint.next() == Period(date(2026, 1, 19), date(2026, 2, 1), tz=BERLIN)
        assert sprint != Period(date(2026, 1, 5), date(2026, 1, 18))
        assert repr(sprint) == "Period(2026-01-05 to 2026-01-18, Europe/Berlin)"
        assert len({sprint, pickle.loads(pickle.dumps(sprint)), copy.deepcopy(sprint)}) == 1
        with pytest.raises(AttributeError, match="immutable"):
            sprint.first = date(2026, 1, 1)  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: Period(date(2026, 1, 2), date(2026, 1, 1)), "first day first"),
            (lambda: Period(datetime(2026, 1, 2), date(2026, 1, 3)), "whole days"),
            (lambda: Period.of("decade", date(2026, 1, 1)), "day, week, month, quarter, year"),
            (lambda: Period.of("day", datetime(2026, 1, 1)), "no time zone"),
            (lambda: datetime(2026, 1, 1) in Period.this_year(), "no time zone"),
            (lambda: Period.this_week(tz="Mars"), "name of a time zone"),
            (lambda: Period.of("year", date(1, 1, 1)).previous(), "no calendar beyond"),
            (lambda: ago(), "ago\\(days=30\\)"),
            (lambda: ago(days=float("nan")), "cannot count"),
        ],
        ids=range(9),
    )
    def test_mistakes(self, make: Any, message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            make()


class TestConditions:
    def test_moments_go_by_its_zone(self, connection: Connection) -> None:
        quarter = Period.of("quarter", date(2026, 1, 1), tz=BERLIN)
        begins, ends = "2025-12-31T23:00:00.000000Z", "2026-03-31T22:00:00.000000Z"
        within = {"created_at": {"$gte": begins, "$lt": ends}}
        assert filter_of(Deal.objects.filter(created_at__range=quarter)) == within
        assert filter_of(Deal.objects.filter(created_at=quarter)) == within
        sides = {"gte": ("$gte", begins), "lt": ("$lt", begins)}
        sides |= {"gt": ("$gte", ends), "lte": ("$lt", ends)}
        for lookup, side in sides.items():
            found = filter_of(Deal.objects.filter(**{f"created_at__{lookup}": quarter}))
            assert found == {"created_at": dict([side])}
        since = filter_of(Deal.objects.filter(stage__active_from__range=quarter))
        assert since == {"stage": {"active_from": {"$gte": begins, "$lt": ends}}}

    def test_dates_go_by_its_days(self, connection: Connection) -> None:
        year = Period.of("year", date(2026, 1, 1), tz=BERLIN)
        found = filter_of(Company.objects.filter(foundation_date__range=year))
        assert found == {"foundation_date": {"$gte": "2026-01-01", "$lt": "2027-01-01"}}
        connection.sandbox.workspace.load(  # type: ignore[union-attr]
            "companies",
            [{"name": each, "foundation_date": each} for each in ("2025-12-31", "2026-12-31")],
        )
        there = Company.objects.filter(foundation_date__range=year)
        assert [each.name for each in there] == ["2026-12-31"]

    def test_ago_is_a_bound(self, connection: Connection) -> None:
        before = datetime.now(UTC) - timedelta(days=30)
        bound = filter_of(Deal.objects.filter(created_at__gte=ago(days=30)))["created_at"]["$gte"]
        assert before <= datetime.fromisoformat(bound) <= before + timedelta(minutes=1)

    def test_a_text_is_no_day(self, connection: Connection) -> None:
        with pytest.raises(UnsupportedLookup, match="name__range"):
            Deal.objects.filter(name__range=Period.this_year()).first()
