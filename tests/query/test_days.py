"""A date, where moments are compared: the whole day, right at both edges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import (
    Company,
    Connection,
    Deal,
    ListEntry,
    Model,
    Q,
    UnsupportedLookup,
    ValidationError,
    connect,
)
from attio_orm.attributes import Date, Select, Status, Text, Timestamp
from attio_orm.testing import sandbox
from attio_orm.types.dates import format_timestamp
from tests.colours import Colour
from tests.query.evaluator import World, comparisons, matches, negations
from tests.query.fakes import SCHEMA, FakeResolver, compile_filter, uid

DAY = dt.date(2025, 9, 30)
ZONES = [dt.UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")]


# -- what is sent ---------------------------------------------------------------------------------


def deals(**lookups: Any) -> Any:
    return compile_filter(Q(**lookups), FakeResolver("deals"))


def people(zone: dt.tzinfo = dt.UTC, **lookups: Any) -> Any:
    return compile_filter(Q(**lookups), FakeResolver("people"), zone=zone)


NEXT = "2025-10-01"


@pytest.mark.parametrize("given_", [DAY, "2025-09-30"])
@pytest.mark.parametrize(
    ("lookup", "operators"),
    [
        ("lt", {"$lt": "2025-09-30"}),
        ("lte", {"$lt": NEXT}),
        ("gt", {"$gte": NEXT}),
        ("gte", {"$gte": "2025-09-30"}),
        ("exact", {"$gte": "2025-09-30", "$lt": NEXT}),
        ("date", {"$gte": "2025-09-30", "$lt": NEXT}),
    ],
)
def test_the_edges_of_a_day(given_: Any, lookup: str, operators: dict[str, str]) -> None:
    assert deals(**{f"stage__active_from__{lookup}": given_}) == {
        "stage": {"active_from": operators}
    }
    moments = {name: f"{text}T00:00:00.000000Z" for name, text in operators.items()}
    assert people(**{f"created_at__{lookup}": given_}) == {"created_at": moments}
    assert people(**{f"last_call__interacted_at__{lookup}": given_}) == {
        "last_call": {"interacted_at": moments}
    }
    over = people(**{f"associated_deals__stage__active_from__{lookup}": given_})
    assert over["constraints"] == {"active_from": operators}


def test_a_range_of_days_has_both_and_each_end_may_be_a_moment() -> None:
    noon = dt.datetime(2025, 9, 30, 12, tzinfo=dt.UTC)
    assert people(created_at__range=(DAY, DAY)) == {
        "created_at": {"$gte": "2025-09-30T00:00:00.000000Z", "$lt": "2025-10-01T00:00:00.000000Z"}
    }
    assert people(created_at__range=(noon, DAY)) == {
        "created_at": {"$gte": "2025-09-30T12:00:00.000000Z", "$lt": "2025-10-01T00:00:00.000000Z"}
    }
    assert people(created_at__range=(DAY, noon)) == {
        "created_at": {"$gte": "2025-09-30T00:00:00.000000Z", "$lte": "2025-09-30T12:00:00.000000Z"}
    }


def test_months_quarters_and_years() -> None:
    assert deals(stage__active_from__month="2026-05") == {
        "stage": {"active_from": {"$gte": "2026-05-01", "$lt": "2026-06-01"}}
    }
    assert people(born__quarter="2026-Q4") == {"born": {"$gte": "2026-10-01", "$lt": "2027-01-01"}}
    assert people(born__year=2026) == {"born": {"$gte": "2026-01-01", "$lt": "2027-01-01"}}
    assert people(born__year=9999) == {"born": {"$gte": "9999-01-01", "$lte": "9999-12-31"}}


def test_equality_where_attio_has_none_is_a_range_of_one() -> None:
    at = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    text = "2026-01-01T12:00:00.000000Z"
    assert deals(stage__active_from=at) == {"stage": {"active_from": {"$gte": text, "$lte": text}}}
    assert people(created_at=at) == {"created_at": {"$eq": text}}


def test_a_date_is_still_a_date_where_dates_are_compared() -> None:
    assert people(born__lte=DAY) == {"born": {"$lte": "2025-09-30"}}
    assert people(born=DAY) == {"born": {"$eq": "2025-09-30"}}


@pytest.mark.parametrize("zone", ZONES)
def test_the_ends_of_the_calendar(zone: dt.tzinfo) -> None:
    last = "9999-12-31T23:59:59.999999Z"
    assert people(zone, created_at__lte=dt.date.max) == {"created_at": {"$lte": last}}
    assert people(zone, created_at__gt=dt.date.max) == {"created_at": {"$gt": last}}
    (begin,) = people(zone, created_at__gte=dt.date.min)["created_at"].values()
    assert begin[:11] == "0001-01-01T"


def test_what_is_neither_a_day_nor_a_moment_is_refused() -> None:
    for wrong in (dt.datetime(2026, 1, 1), "soon", 7, "2026-02-30"):
        for lookup in ("exact", "not", "gt", "lte"):
            with pytest.raises(ValidationError, match=rf"^created_at__{lookup}: "):
                people(**{f"created_at__{lookup}": wrong})
    with pytest.raises(ValidationError, match=r"^created_at__year: '26' is not a valid year"):
        people(created_at__year="26")
    with pytest.raises(ValidationError, match=r"^created_at__month: it takes|one value"):
        people(created_at__month=["2026-01"])


# -- what is found, by the plain meaning of a day -------------------------------------------------

DAYS = [dt.date(2026, 3, 28) + dt.timedelta(days=n) for n in range(4)]  # Berlin's clocks change
MOMENT = st.builds(
    lambda day, hour, second: dt.datetime.combine(day, dt.time(hour, 0, second), dt.UTC),
    st.sampled_from(DAYS),
    st.sampled_from([0, 1, 4, 11, 22, 23]),
    st.sampled_from([0, 59]),
)
OPERAND = MOMENT | st.sampled_from(DAYS)
PATHS = {
    "created_at": lambda p: [p],
    "last_call__interacted_at": lambda p: [p],
    "tags__active_from": lambda p: p,
    "associated_deals__stage__active_from": lambda p: p,
}


def place(found: dt.datetime, operand: Any, zone: dt.tzinfo) -> int:
    """Whether a moment is before (-1), in (0) or after (1) a day of the zone, or a moment."""
    mine: Any = found
    if not isinstance(operand, dt.datetime):
        mine = found.astimezone(zone).date()
    return (mine > operand) - (mine < operand)


MEANING: dict[str, Callable[[dt.datetime, Any, dt.tzinfo], bool]] = {
    "exact": lambda found, operand, zone: place(found, operand, zone) == 0,
    "in": lambda found, operand, zone: any(place(found, each, zone) == 0 for each in operand),
    "gt": lambda found, operand, zone: place(found, operand, zone) > 0,
    "gte": lambda found, operand, zone: place(found, operand, zone) >= 0,
    "lt": lambda found, operand, zone: place(found, operand, zone) < 0,
    "lte": lambda found, operand, zone: place(found, operand, zone) <= 0,
    "range": lambda found, operand, zone: (
        place(found, operand[0], zone) >= 0 and place(found, operand[1], zone) <= 0
    ),
    "month": lambda found, operand, zone: f"{found.astimezone(zone):%Y-%m}" == operand,
}
OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    "in": st.lists(OPERAND, max_size=3),
    "range": st.tuples(OPERAND, OPERAND),
    "month": st.sampled_from(["2026-03", "2026-04"]),
}


def world(path: str, moments: list[dt.datetime]) -> World:
    texts = [format_timestamp(each) for each in moments]
    person: dict[str, list[dict[str, Any]]] = {spec.slug: [] for spec in SCHEMA["people"]}
    deals: dict[str, Any] = {}
    if path == "created_at":
        person["created_at"] = [{"value": text} for text in texts[:1]]
    elif path == "last_call__interacted_at":
        person["last_call"] = [{"interacted_at": text} for text in texts[:1]]
    elif path == "tags__active_from":
        person["tags"] = [{"option": "x", "active_from": text} for text in texts]
    else:
        deals = {
            uid(n): {"stage": [{"status": "Lead", "active_from": text}]}
            for n, text in enumerate(texts)
        }
        person["associated_deals"] = [
            {"target_object": "deals", "target_record_id": deal} for deal in deals
        ]
    return {"people": {uid(99): person}, "deals": deals}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("lookup", MEANING)
@settings(max_examples=60, deadline=None)
@given(
    data=st.data(), moments=st.lists(MOMENT, max_size=2, unique=True), zone=st.sampled_from(ZONES)
)
def test_each_lookup_means_what_it_says(
    path: str, lookup: str, data: st.DataObject, moments: list[dt.datetime], zone: dt.tzinfo
) -> None:
    operand = data.draw(OPERANDS.get(lookup, OPERAND))
    if path in ("created_at", "last_call__interacted_at"):
        moments = moments[:1]
    there = world(path, moments)
    expected = any(MEANING[lookup](each, operand, zone) for each in moments)
    asked = Q(**{f"{path}__{lookup}": operand})
    for q, meant in ((asked, expected), (~asked, not expected)):
        compiled = compile_filter(q, FakeResolver("people"), zone=zone)
        found = isinstance(compiled, dict) and matches(compiled, "people", uid(99), there)
        assert found is meant, (q, compiled)
        if path in ("created_at", "last_call__interacted_at") and isinstance(compiled, dict):
            assert all(comparisons(each) == 1 for each in negations(compiled))
    if lookup == "exact":
        negative = compile_filter(Q(**{f"{path}__not": operand}), FakeResolver("people"), zone=zone)
        assert isinstance(negative, dict)
        assert matches(negative, "people", uid(99), there) is not expected


# -- end to end -----------------------------------------------------------------------------------


class Visit(Model, object="visits"):
    title: Text
    began_at: Timestamp
    planned_on: Date
    mood: Select[Literal["good", "bad"]]


class Round(ListEntry, list="rounds", parent=Company):
    step: Status[Literal["First", "Second"]]
    met_at: Timestamp


@dataclass
class Rows:
    connection: Connection
    visits: dict[str, Visit]
    rounds: dict[str, Round]


HOURS = {
    "eve": dt.datetime(2025, 9, 29, 23, 59, 59, tzinfo=dt.UTC),
    "dawn": dt.datetime(2025, 9, 30, 0, 0, 0, tzinfo=dt.UTC),
    "dusk": dt.datetime(2025, 9, 30, 23, 59, 59, tzinfo=dt.UTC),
    "after": dt.datetime(2025, 10, 1, 0, 0, 0, tzinfo=dt.UTC),
}
FOUND = {
    "lt": {"eve"},
    "lte": {"eve", "dawn", "dusk"},
    "gt": {"after"},
    "gte": {"dawn", "dusk", "after"},
    "exact": {"dawn", "dusk"},
    "date": {"dawn", "dusk"},
    "not": {"eve", "after"},
}


@pytest.fixture(scope="module")
def rows() -> Iterator[Rows]:
    with sandbox() as handle:
        handle.define(Visit, Round)
        company = Company.objects.create(name="Acme")
        visits, rounds = {}, {}
        for name, at in HOURS.items():
            handle.clock.set(at)
            handle.clock.freeze()
            visits[name] = Visit.objects.create(
                title=name, began_at=at, planned_on=at.date(), mood="good"
            )
            rounds[name] = Round.objects.create(parent=company, step="First", met_at=at)
        yield Rows(handle.connection, visits, rounds)


def names(found: list[Any], among: dict[str, Any]) -> set[str]:
    return {name for name, each in among.items() if each in found}


@pytest.mark.parametrize("lookup", FOUND)
async def test_records_and_entries(rows: Rows, colour: Colour, lookup: str) -> None:
    for path, model, among in (
        ("began_at", Visit, rows.visits),
        ("created_at", Visit, rows.visits),
        ("mood__active_from", Visit, rows.visits),
        ("met_at", Round, rows.rounds),
        ("created_at", Round, rows.rounds),
        ("step__active_from", Round, rows.rounds),
    ):
        asked: Any = model.objects.using(rows.connection)
        found = await colour.items(asked.filter(**{f"{path}__{lookup}": DAY}))
        assert names(found, among) == FOUND[lookup], path
        rest = await colour.items(asked.exclude(**{f"{path}__{lookup}": DAY}))
        assert names(rest, among) == set(HOURS) - FOUND[lookup], path


def test_ranges_lists_and_periods(rows: Rows) -> None:
    visits = Visit.objects.using(rows.connection)

    def found(**lookups: Any) -> set[str]:
        return names(list(visits.filter(**lookups)), rows.visits)

    for path in ("began_at", "created_at", "mood__active_from"):
        assert found(**{f"{path}__range": (DAY, DAY)}) == {"dawn", "dusk"}
        assert found(**{f"{path}__in": [DAY, HOURS["after"]]}) == {"dawn", "dusk", "after"}
        assert found(**{f"{path}__month": "2025-09"}) == {"eve", "dawn", "dusk"}
        assert found(**{f"{path}__quarter": "2025-Q4"}) == {"after"}
        assert found(**{f"{path}__year": 2025}) == set(HOURS)
        assert found(**{f"{path}__year": 2026}) == set()
    assert found(planned_on__month="2025-09") == {"eve", "dawn", "dusk"}


def test_the_typed_form(rows: Rows) -> None:
    visits = Visit.objects.using(rows.connection)

    def found(condition: Q) -> set[str]:
        return names(list(visits.filter(condition)), rows.visits)

    since = Visit.mood.active_from
    assert found(since <= DAY) == FOUND["lte"]
    assert found(since > DAY) == FOUND["gt"]
    assert found(since == DAY) == found(since.on(DAY)) == FOUND["date"]
    assert found(since.between(DAY, DAY)) == FOUND["date"]
    assert found(Visit.began_at >= DAY) == FOUND["gte"]
    assert found(Visit.began_at.in_month("2025-09")) == {"eve", "dawn", "dusk"}
    assert found(Visit.planned_on.in_quarter("2025-Q4")) == {"after"}
    assert found(Visit.planned_on.in_year(2025)) == set(HOURS)
    untyped: Any = Visit.title
    with pytest.raises(
        UnsupportedLookup, match=r"title__date: Attio cannot compare 'title' \(text"
    ):
        found(untyped.on(DAY))


def test_lists_too_long_for_one_filter(rows: Rows) -> None:
    many = [DAY - dt.timedelta(days=n) for n in range(1, 700)]
    visits = Visit.objects.using(rows.connection).filter(began_at__in=many)
    assert names(list(visits), rows.visits) == {"eve"}


def test_days_of_another_zone(rows: Rows) -> None:
    with connect("sandbox://?seed=crm", timezone="America/New_York") as connection:
        zone = ZoneInfo("America/New_York")
        everybody = list(Deal.objects.using(connection))
        day = sorted(each.created_at for each in everybody)[len(everybody) // 2].date()
        expected = {d.id for d in everybody if d.created_at.astimezone(zone).date() <= day}
        in_utc = {d.id for d in everybody if d.created_at.date() <= day}
        found = {d.id for d in Deal.objects.filter(created_at__lte=day)}
        assert found == expected
        assert connection.timezone == zone
    with connect("sandbox://?seed=crm") as connection:
        assert {d.id for d in Deal.objects.filter(created_at__lte=day)} == in_utc
    with pytest.raises(ValidationError, match=r'timezone takes .* not "?\'Nowhere\''):
        connect("sandbox://", timezone="Nowhere")
