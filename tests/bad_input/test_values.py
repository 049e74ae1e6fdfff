"""Values that Attio would refuse: refused at once or before a request, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from attio_orm import (
    Company,
    Deal,
    InvalidRequestError,
    Model,
    Person,
    ReadOnlyAttributeError,
    UniquenessConflictError,
    ValidationError,
)
from attio_orm.attributes import Checkbox, Date, Number, Rating, Text, Timestamp
from attio_orm.testing import assert_num_requests
from attio_orm.values import Money
from tests.bad_input.world import World, check_clear
from tests.colours import Colour


class Sample(Model, on_drift="ignore"):
    """One attribute of each plain type."""

    title: Text
    size: Number
    stars: Rating
    done: Checkbox
    due: Date
    seen: Timestamp


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("title", 5, ["5", "str"]),
        ("title", b"x", ["b'x'"]),
        ("title", "a\0b", ["NUL"]),
        ("title", "\ud800", ["surrogate"]),
        ("title", ["x"], ["['x']"]),
        ("size", "many", ["'many'"]),
        ("size", float("nan"), ["nan"]),
        ("size", float("inf"), ["inf"]),
        ("size", 10**400, ["64-bit"]),
        ("size", [1], ["[1]"]),
        ("stars", 6, ["6", "0", "5"]),
        ("stars", 2.5, ["2.5"]),
        ("stars", -1, ["-1"]),
        ("done", "yes", ["'yes'"]),
        ("done", 2, ["2"]),
        ("due", "soon", ["'soon'"]),
        ("due", "2026-02-30", ["'2026-02-30'"]),
        ("due", 20260101, ["20260101"]),
        ("seen", datetime(2026, 1, 1), ["no time zone", "UTC"]),
        ("seen", "2026-01-01T00:00:00", ["no time zone"]),
        ("seen", date(2026, 1, 1), ["not a moment"]),
        ("seen", 1_700_000_000, ["1700000000"]),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_as_it_is_assigned(
    attio_sandbox: Any, name: str, value: Any, said: list[str]
) -> None:
    attio_sandbox.define(Sample)
    good = {"title": "t", "seen": datetime(2026, 1, 1, tzinfo=UTC)}
    sample = Sample.objects.create(**good)
    sample.size = 1

    with assert_num_requests(0):
        for attempt in (
            lambda: setattr(sample, name, value),
            lambda: Sample(**{name: value}),
            lambda: Sample.validate(**{name: value}),
            lambda: Sample.objects.create(**{name: value}),
        ):
            with pytest.raises(ValidationError) as caught:
                attempt()
            check_clear(caught.value, f"{name}: ", *said)
            assert [problem.attribute for problem in caught.value.problems] == [name]
    assert set(sample.changes) == {"size"}, "what was set before it is still to be saved"
    sample.save()
    sample.refresh()
    assert (sample.title, sample.seen, sample.size) == ("t", good["seen"], 1)


@pytest.mark.parametrize(
    ("assign", "error", "said"),
    [
        (
            lambda w: setattr(w.deal, "stage", "Wno"),
            ValidationError,
            ["stage", "'Wno'", "'Won 🎉'"],
        ),
        (lambda w: setattr(w.deal, "value", "lots"), ValidationError, ["value", "'lots'"]),
        (
            lambda w: setattr(w.deal, "value", Money(5, "EUR")),
            ValidationError,
            ["value", "EUR", "USD"],
        ),
        (
            lambda w: setattr(w.deal, "value", Decimal("1.23456")),
            ValidationError,
            ["value", "4 decimals"],
        ),
        (lambda w: setattr(w.deal, "owner", "nobody"), ValidationError, ["owner", "'nobody'"]),
        (lambda w: setattr(w.ada, "name", 5), ValidationError, ["name", "5", "Last, First"]),
        (lambda w: setattr(w.ada, "name", ""), ValidationError, ["name", "empty", "None"]),
        (lambda w: setattr(w.ada, "email_addresses", "a@b.co"), ValidationError, ["['a@b.co']"]),
        (lambda w: setattr(w.ada, "email_addresses", ["nope"]), ValidationError, ["'nope'"]),
        (
            lambda w: w.ada.email_addresses.append("nope"),
            ValidationError,
            ["email_addresses", "'nope'"],
        ),
        (lambda w: w.ada.email_addresses.extend(["a@b.co", None]), ValidationError, ["None"]),
        (lambda w: w.ada.phone_numbers.append("12"), ValidationError, ["phone_numbers", "'12'"]),
        (lambda w: setattr(w.acme, "domains", ["not a domain"]), ValidationError, ["domains"]),
        (
            lambda w: setattr(w.ada, "created_at", datetime.now(UTC)),
            ReadOnlyAttributeError,
            ["Person.created_at", "leave it out"],
        ),
        (
            lambda w: setattr(w.ada, "id", str(uuid4())),
            ReadOnlyAttributeError,
            ["Person.id", "leave it out"],
        ),
        (
            lambda w: setattr(w.ada, "first_interaction", None),
            ReadOnlyAttributeError,
            ["first_interaction", "leave it out"],
        ),
        (
            lambda w: setattr(w.ada, "created_by", "owner@sandbox.example"),
            ReadOnlyAttributeError,
            ["created_by"],
        ),
        (
            lambda w: setattr(w.ada, "company", w.ada),
            ValidationError,
            ["company", "'people'", "companies"],
        ),
        (
            lambda w: setattr(w.ada, "company", "Acme"),
            ValidationError,
            ["company", "'Acme'", "UUID"],
        ),
        (lambda w: setattr(w.ada, "company", Company), ValidationError, ["company"]),
        (lambda w: setattr(w.ada, "company", [w.acme]), ValidationError, ["company"]),
        (
            lambda w: setattr(w.ada, "company", Company(name="New")),
            ValidationError,
            ["company", "save it first"],
        ),
        (
            lambda w: setattr(w.ada, "associated_deals", w.deal),
            ValidationError,
            ["associated_deals", "list"],
        ),
        (
            lambda w: setattr(w.ada, "associated_deals", [w.acme]),
            ValidationError,
            ["'companies'", "deals"],
        ),
        (
            lambda w: setattr(w.ada, "associated_deals", [None]),
            ValidationError,
            ["associated_deals"],
        ),
    ],
)
def test_what_cannot_be_assigned_leaves_everything_as_it_was(
    world: World, assign: Callable[[World], Any], error: type[Exception], said: list[str]
) -> None:
    records = (world.ada, world.acme, world.deal)
    before = [each.model_dump() for each in records]

    world.handle.requests.clear()
    with pytest.raises(error) as caught:
        assign(world)

    # but for a look whether somebody has made the title since
    assert all(each.path.endswith("/statuses") for each in world.handle.requests)
    check_clear(caught.value, *said)
    assert [each.model_dump() for each in records] == before
    assert not any(each.changes for each in records)


async def test_all_problems_are_told_at_once(world: World, colour: Colour) -> None:
    wrong: dict[str, Any] = {
        "nmae": "x",
        "email_addresses": ["x"],
        "company": "Acme",
        "created_by": "x@y.dev",
    }
    with pytest.raises(ValidationError) as caught:
        await colour.call(Person, "validate", **wrong)

    assert [problem.attribute for problem in caught.value.problems] == list(wrong)
    check_clear(caught.value, "'nmae'", "email_addresses: ", "company: ", "created_by")
    assert len(str(caught.value).splitlines()) == 4


async def test_an_option_unknown_at_assignment_is_refused_before_the_save_sends(
    colour: Colour, attio_sandbox: Any
) -> None:
    deal = Deal(name="New", stage="Wno", owner="owner@sandbox.example")  # nothing is known yet

    with pytest.raises(ValidationError) as caught:
        await colour.call(deal, "save")

    check_clear(caught.value, "stage", "'Wno'", "'Won 🎉'")
    assert not [each for each in attio_sandbox.requests if each.path.endswith("/records")]
    deal.stage = "Lead"
    await colour.call(deal, "save")
    assert deal.id is not None


async def test_required_values_are_asked_for_before_anything_is_sent(
    world: World, colour: Colour
) -> None:
    sent = len(world.handle.requests)
    with pytest.raises(ValidationError) as caught:
        await colour.call(Deal.objects, "create", name="No stage")

    check_clear(caught.value, "stage", "owner", "required")
    assert len(world.handle.requests) == sent


async def test_none_clears_and_the_rest_stays(world: World, colour: Colour) -> None:
    world.ada.company = None
    world.ada.job_title = None
    world.ada.email_addresses = []
    await colour.call(world.ada, "save")
    await colour.call(world.ada, "refresh")

    assert (world.ada.company, world.ada.job_title, world.ada.email_addresses) == (None, None, [])
    assert world.ada.name == "Ada Lovelace"


async def test_a_member_nobody_knows_is_attios_to_refuse_and_stays_to_be_corrected(
    world: World, colour: Colour
) -> None:
    world.deal.owner = "nobody@sandbox.example"
    world.deal.name = "Difference Engine"
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(world.deal, "save")

    check_clear(caught.value, "nobody@sandbox.example", f"/deals/records/{world.deal.id}")
    assert set(world.deal.changes) == {"owner", "name"}
    world.deal.owner = "owner@sandbox.example"
    await colour.call(world.deal, "save")
    await colour.call(world.deal, "refresh")
    assert world.deal.name == "Difference Engine"


async def test_a_taken_value_names_who_has_it(world: World, colour: Colour) -> None:
    with pytest.raises(UniquenessConflictError) as caught:
        await colour.call(
            Person.objects, "create", name="Twin", email_addresses=["ada@lovelace.dev"]
        )

    check_clear(caught.value, "email_addresses", "/v2/objects/people/records")
    assert (caught.value.attribute, caught.value.value) == ("email_addresses", "ada@lovelace.dev")
    assert await colour.call(caught.value, "existing") == world.ada


async def test_writing_to_no_known_attribute_loses_nothing(world: World, colour: Colour) -> None:
    world.ada.job_title = "Programmer"
    for method, values in (("update", {"nmae": "x"}), ("create", {"nmae": "x"})):
        with pytest.raises(AttributeError) as caught:
            await colour.call(Person.objects, method, **values)
        check_clear(caught.value, "Person", "'nmae'", "'name'")
    for options in ({"fields": ["nmae"]}, {"fields": "name"}, {"on_conflict": "ask"}):
        with pytest.raises((AttributeError, ValidationError)) as refused:
            await colour.call(world.ada, "save", **options)
        check_clear(refused.value)
    assert world.ada.changes["job_title"].new == "Programmer"


async def test_deleting_more_than_was_meant(world: World, colour: Colour) -> None:
    with pytest.raises(ValidationError) as caught:
        await colour.call(Person.objects, "delete", confirm=2)

    check_clear(caught.value, "1 records of Person", "confirm=1", "nothing was deleted")
    assert await colour.call(Person.objects, "count") == 1


async def test_a_vanished_record_says_so_and_keeps_what_was_set(
    world: World, colour: Colour
) -> None:
    world.connection.api.records.delete("people", world.ada.id)
    world.ada.job_title = "Ghost"

    for _ in range(2):
        with pytest.raises(Person.DoesNotExist) as caught:
            await colour.call(world.ada, "save")
        check_clear(caught.value, "Person", str(world.ada.id), "no longer exists")
    with pytest.raises(Person.DoesNotExist):
        await colour.call(world.ada, "refresh")
    assert world.ada.job_title == "Ghost"
    assert world.ada.changes["job_title"].new == "Ghost"


async def test_a_404_that_passes_does_not_end_a_record(world: World, colour: Colour) -> None:
    world.handle.fail_next(404)
    world.ada.job_title = "Countess of Lovelace"
    with pytest.raises(Person.DoesNotExist):
        await colour.call(world.ada, "save")

    await colour.call(world.ada, "save")

    found = await colour.call(Person.objects, "get", id=world.ada.id)
    assert found.job_title == "Countess of Lovelace"
