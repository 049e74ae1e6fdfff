"""``write_history()``: checked before it is sent, settled by reading, never half."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from attio_orm import (
    Company,
    Connection,
    Deal,
    DoesNotExist,
    ListEntry,
    OutcomeUnknownError,
    Person,
    ReadOnlyAttributeError,
    UnknownAttributeError,
    ValidationError,
)
from attio_orm.attributes import MultiSelect, Text
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
PAST = [
    ("Won 🎉", MARCH, None),  # in any order
    ("Lead", JANUARY, FEBRUARY),
]


class Steps(ListEntry, list="steps", parent=Company):
    note: Text
    tags: MultiSelect = MultiSelect(options=["a", "b"])


@pytest.fixture
def deal(attio_sandbox: SandboxHandle, no_waits: None) -> Deal:
    made = Deal.objects.create(name="Big", stage="Lead", owner="owner@sandbox.example")
    list(attio_sandbox.connection.schema.choices("deals", "stage"))
    attio_sandbox.requests.clear()
    return made


def told(record: Any, name: str = "stage") -> list[Any]:
    return [(each.value, each.active_from, each.active_until) for each in record.history(name)]


async def test_it_replaces_all(deal: Deal, colour: Colour) -> None:
    with assert_num_requests(1):
        await colour.call(deal, "write_history", "stage", PAST, replace=True)
        assert deal.stage == "Won 🎉"  # what is active now is what the record has
        assert not deal.is_changed
    assert told(deal) == [("Lead", JANUARY, FEBRUARY), ("Won 🎉", MARCH, None)]
    assert deal.meta("stage")[0].active_from == MARCH


def test_what_history_gives_it_takes(deal: Deal) -> None:
    deal.write_history("stage", PAST, replace=True)
    deal.write_history("stage", deal.history("stage"), replace=True)
    assert told(deal) == [("Lead", JANUARY, FEBRUARY), ("Won 🎉", MARCH, None)]


def test_what_the_user_changed_stays(deal: Deal) -> None:
    deal.stage = "Lost"
    deal.name = "Bigger"
    deal.write_history("stage", PAST, replace=True)
    assert (deal.stage, set(deal.changes)) == ("Lost", {"stage", "name"})


def test_of_an_entry(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.define(Steps)
    entry = Steps.objects.create(parent=Company.objects.create(name="Acme"), note="x", tags=["a"])
    entry.write_history("note", [("old", JANUARY, FEBRUARY)], replace=True)  # none is open
    assert entry.note is None
    # each value of several has a time of its own
    both = [("a", JANUARY, None), ("b", FEBRUARY, None), ("a", JANUARY - timedelta(9), JANUARY)]
    entry.write_history("tags", both, replace=True)
    assert sorted(entry.tags) == ["a", "b"]
    with pytest.raises(ValidationError, match="two values overlap"):
        entry.write_history("tags", [*both, ("a", FEBRUARY, MARCH)], replace=True)
    with pytest.raises(ReadOnlyAttributeError, match="parent"):
        entry.write_history("parent", [(entry.parent, JANUARY, None)], replace=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "1 to 400 values"),
        ([("Lead", JANUARY, FEBRUARY)] * 401, "1 to 400 values"),
        ([("Lead", None, None)], r"values\[0\]: active_from is needed"),
        ([("Lead", datetime(2026, 1, 1), None)], "no time zone"),
        ([("Lead", JANUARY, JANUARY)], "has to be after active_from"),
        ([("Lead", datetime.now(UTC) + timedelta(days=1), None)], "active_from .* in the future"),
        ([("Lead", JANUARY, datetime.now(UTC) + timedelta(days=1))], "active_until .* the future"),
        ([("Lead", JANUARY, MARCH), ("Lost", FEBRUARY, None)], "two values overlap"),
        ([("Lead", JANUARY, None), ("Lost", FEBRUARY, None)], "is open"),
        ([(None, JANUARY, None)], "cannot be empty"),
        ([("lead!", JANUARY, None)], "not one of the options"),
        ([("Lead", JANUARY)], r"give \(value, active_from, active_until\)"),
        (["Lead"], r"give \(value, active_from, active_until\)"),
    ],
    ids=range(13),
)
def test_refused_before_it_is_sent(
    deal: Deal, attio_sandbox: SandboxHandle, values: Any, message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        deal.write_history("stage", values, replace=True)
    assert not [each for each in attio_sandbox.requests if each.method == "PUT"]


def test_every_problem_is_told(deal: Deal) -> None:
    with pytest.raises(ValidationError) as caught:
        deal.write_history("stage", [(None, JANUARY, None), ("Lead", None, None)], replace=True)
    assert len(caught.value.problems) == 2


def test_a_status_in_another_case_is_taken(deal: Deal) -> None:
    deal.write_history("stage", [("lead", JANUARY, None)], replace=True)
    assert deal.stage == "Lead"


@pytest.mark.parametrize("replace", [False, None, 1], ids=str)
def test_replace_has_to_be_said(deal: Deal, replace: Any) -> None:
    with pytest.raises(ValidationError, match="replace=True alone"):
        deal.write_history("stage", PAST, replace=replace)
    with pytest.raises(TypeError, match="replace"):
        deal.write_history("stage", PAST)  # type: ignore[call-arg]


def test_what_has_no_history_to_write(deal: Deal) -> None:
    with assert_num_requests(0):
        with pytest.raises(ValidationError, match="is a relationship"):
            deal.write_history("associated_people", PAST, replace=True)
        with pytest.raises(ReadOnlyAttributeError, match="created_by"):
            deal.write_history("created_by", PAST, replace=True)
        with pytest.raises(ValidationError, match="not saved yet"):
            Deal(name="x").write_history("name", PAST, replace=True)


def test_gone_or_renamed(deal: Deal, connection: Connection) -> None:
    company = Company.objects.create(name="Acme")
    company.delete()
    with pytest.raises(DoesNotExist):
        company.write_history("name", [("A", JANUARY, None)], replace=True)
    deal_id = deal.id
    connection.api.records.delete("deals", deal_id)
    with pytest.raises(DoesNotExist):
        deal.write_history("stage", PAST, replace=True)
    with pytest.raises(UnknownAttributeError, match="nope"):
        Person.objects.create(name="A, B").write_history("nope", PAST, replace=True)


def test_a_dry_run_sends_nothing(deal: Deal, connection: Connection) -> None:
    with assert_num_requests(0), connection.dry_run() as plan:
        deal.write_history("stage", PAST, replace=True)
    assert [each.method for each in plan] == ["PUT"]
    assert deal.stage == "Lead"


# -- what got no answer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "methods"),
    [
        ("drop_before", ["PUT", "GET", "PUT"]),
        ("drop_after", ["PUT", "GET"]),
        (503, ["PUT", "GET", "PUT"]),
        ("truncate", ["PUT", "GET"]),
        (429, ["PUT", "PUT"]),
        ("write_conflict", ["PUT", "PUT"]),
    ],
    ids=str,
)
async def test_it_is_read_before_it_is_repeated(
    deal: Deal, attio_sandbox: SandboxHandle, colour: Colour, fault: Any, methods: list[str]
) -> None:
    attio_sandbox.fail_next(fault, match="PUT")
    await colour.call(deal, "write_history", "stage", PAST, replace=True)
    assert [each.method for each in attio_sandbox.requests] == methods
    assert deal.stage == "Won 🎉"
    assert told(deal) == [("Lead", JANUARY, FEBRUARY), ("Won 🎉", MARCH, None)]


def test_where_others_wrote_meanwhile_nobody_knows(
    deal: Deal, attio_sandbox: SandboxHandle
) -> None:
    api = attio_sandbox.connection.api
    api.records.update("deals", deal.id, {"stage": "Lost"})  # after it was loaded here
    attio_sandbox.fail_next("drop_before", match="PUT")
    with pytest.raises(OutcomeUnknownError, match="reads otherwise than before"):
        deal.write_history("stage", PAST, replace=True)
    assert [each.value for each in deal.history("stage")] == ["Lead", "Lost"]  # theirs stays
