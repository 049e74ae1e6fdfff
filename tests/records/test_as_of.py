"""A record as it was at a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from attio_orm import Company, Deal, NotLoadedError, Person, UnknownAttributeError, ValidationError
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))


@pytest.fixture
def deal(attio_sandbox: SandboxHandle) -> Deal:
    """A deal that was a lead in January, for 10, and under way in February, for 20."""
    clock = attio_sandbox.clock
    clock.set(JANUARY)
    company = Company.objects.create(name="Acme")
    made = Deal.objects.create(
        name="Big", stage="Lead", value=10, owner="owner@sandbox.example",
        associated_company=company,
    )  # fmt: skip
    clock.set(FEBRUARY)
    made.stage, made.value = "In Progress", 20
    made.save()
    attio_sandbox.connection.schema.fetch("deals")
    attio_sandbox.requests.clear()
    return made


async def test_what_is_named_is_loaded_at_once(deal: Deal, colour: Colour) -> None:
    with assert_num_requests(2):
        then = await colour.call(deal, "as_of", datetime(2026, 1, 15, tzinfo=UTC), "stage", "value")
        assert (then.stage, then["stage"], then.value.amount) == ("Lead", "Lead", 10)
    assert (deal.stage, deal.value.amount) == ("In Progress", 20)  # it stays what it is


def test_what_is_touched_is_loaded_once(deal: Deal) -> None:
    with assert_num_requests(0):
        then = deal.as_of(FEBRUARY)  # from that very moment on
    with assert_num_requests(1):
        assert then.stage == then["stage"] == then.get("stage") == "In Progress"
    assert deal.as_of("2026-01-31T23:59:59.999999Z").stage == "Lead"  # type: ignore[arg-type]
    assert deal.as_of(MARCH).associated_company == deal.associated_company


async def test_what_is_not_saved_was_nothing(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError, match="is not saved yet"):
        await colour.call(Deal(name="New"), "as_of", FEBRUARY, "stage")


def test_before_it_was_there(deal: Deal) -> None:
    then = deal.as_of(datetime(2025, 12, 31, tzinfo=UTC))
    assert (then.stage, then.associated_people) == (None, [])


async def test_an_a_method_loads_what_is_named_alone(deal: Deal) -> None:
    then = await deal.aas_of(MARCH, "stage")
    assert then.stage == "In Progress"
    with pytest.raises(NotLoadedError, match=r"await record\.aas_of\(moment, 'value'\)"):
        _ = then.value


def test_it_is_a_read_only_mapping(deal: Deal) -> None:
    then = deal.as_of(MARCH)
    with assert_num_requests(0):
        assert set(then) >= {"name", "stage", "owner", "value"}
        assert "created_by" not in then  # Attio sets it, and keeps no history of it
        assert len(then) == len(list(then))
        assert repr(then).startswith("<<Deal 'Big'")
        with pytest.raises(AttributeError, match="read-only: set stage on the record"):
            then.stage = "Lead"
        with pytest.raises(TypeError):
            then["stage"] = "Lead"  # type: ignore[index]
    with pytest.raises(UnknownAttributeError, match="stagee"):
        _ = then.stagee


@pytest.mark.parametrize(
    "moment", [datetime(2026, 1, 1), date(2026, 1, 1), "2026-01-01T10:00", None], ids=str
)
def test_a_moment_has_a_zone(deal: Deal, moment: Any) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError):
        deal.as_of(moment)


async def test_histories_of_a_queryset(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    ids = attio_sandbox.workspace.load(
        "people", [{"name": f"Person, {n:02d}", "job_title": "A"} for n in range(45)]
    )
    attio_sandbox.connection.api.records.update("people", ids[0], {"job_title": "B"})
    attio_sandbox.requests.clear()
    query = Person.objects.filter(id__in=ids[:43])
    found = await colour.items(query.history("job_title", page_size=20))
    assert {person.id for person, _ in found} == set(ids[:43])
    told = {person.id: [each.value for each in values] for person, values in found}
    assert told[ids[0]] == ["A", "B"]
    assert told[ids[1]] == ["A"]
    reads = [each for each in attio_sandbox.requests if each.method == "GET"]
    assert len([each for each in reads if "/attributes/job_title/values" in each.path]) == 43


def test_a_queryset_is_read_as_far_as_it_is_asked_for(attio_sandbox: SandboxHandle) -> None:
    rows = [{"name": f"Person, {n:03d}", "job_title": "A"} for n in range(100)]
    ids = attio_sandbox.workspace.load("people", rows)
    attio_sandbox.requests.clear()
    histories = iter(Person.objects.history("job_title"))
    _, values = next(histories)
    assert [each.value for each in values] == ["A"]
    assert len(attio_sandbox.requests) == 41  # a page, and forty histories
    attio_sandbox.connection.api.records.delete("people", sorted(ids)[-1])
    assert len(list(histories)) == 98  # the one that is gone meanwhile is left out


def test_what_failed_is_not_skipped(attio_sandbox: SandboxHandle, no_waits: None) -> None:
    attio_sandbox.workspace.load("people", [{"name": f"P, {n}"} for n in range(3)])
    passing = iter(Person.objects.history("name"))
    attio_sandbox.fail_next(403, match="GET /v2/objects/people/records")
    with pytest.raises(Exception, match="403"):
        next(passing)
    assert len(list(passing)) == 3


def test_an_unknown_name(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.workspace.load("people", [{"name": "A, B"}])
    with pytest.raises(UnknownAttributeError, match="nope"):
        list(Person.objects.history("nope"))
