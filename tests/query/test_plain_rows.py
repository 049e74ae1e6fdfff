"""values() and rows() read columns: the same as by records, with the same requests."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest

from attio_orm import (
    Company,
    Deal,
    DoesNotExist,
    ListEntry,
    Many,
    Maybe,
    Model,
    One,
    Person,
    UnknownAttributeError,
    ValidationError,
    signals,
)
from attio_orm import attributes as kinds
from attio_orm.connection.sessions import session_of
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


@contextmanager
def by_records() -> Generator[list[Any]]:
    """Let values() make a record of each row: whoever hears of loaded records is promised them."""
    heard: list[Any] = []

    def hear(sender: Any, instance: Any, **more: Any) -> None:
        heard.append(instance)

    signals.post_load.connect(hear)
    try:
        yield heard
    finally:
        signals.post_load.disconnect(hear)


PATHS: dict[Any, list[tuple[str, ...]]] = {
    Person: [
        ("name",),
        ("id", "web_url", "created_at", "name", "email_addresses", "job_title"),
        ("name__first_name", "name__last_name", "email_addresses__email_domain"),
        ("email_addresses__active_from", "job_title__set_by", "job_title__set_by__type"),
        ("phone_numbers", "phone_numbers__country_code", "primary_location__locality"),
        ("company", "company__id", "company__name", "company__domains", "company__web_url"),
        ("company__created_at", "company__description", "company__team"),
        ("company__team__name", "company__team__company__name", "name"),
        ("associated_deals", "associated_deals__value", "associated_deals__value__currency"),
        ("associated_deals__stage__active_from", "associated_deals__owner"),
        ("created_by", "created_by__type", "last_interaction"),
    ],
    Company: [
        ("name", "domains", "categories", "team", "team__job_title"),
        ("associated_deals__name", "associated_deals__associated_people__name"),
        ("foundation_date", "estimated_arr_usd", "employee_range", "primary_location"),
    ],
    Deal: [
        ("name", "value", "value__amount", "stage", "stage__title", "owner", "owner__email"),
        ("associated_company__name", "associated_people__company__name", "owner__name"),
    ],
}
CASES = [(model, names) for model, all_names in PATHS.items() for names in all_names]


@pytest.mark.parametrize(
    ("model", "names"), CASES, ids=[f"{m.__name__}-{n[0]}-{len(n)}" for m, n in CASES]
)
async def test_the_same_as_by_records(
    crm: SandboxHandle, colour: Colour, model: Any, names: tuple[str, ...]
) -> None:
    for known in (False, True):  # whether the workspace's schema is known changes what is read how
        if known:
            for slug in ("people", "companies", "deals"):
                await crm.connection.schema.afetch(slug)
            await crm.connection.schema.afetch_members()
        query = model.objects.order_by("-created_at")[3:90]
        await colour.call(query, "values_list", *names)  # what is asked for once only
        sent = len(crm.requests)
        with by_records() as heard:
            expected = await colour.call(query, "values_list", *names)
        assert heard
        heard.clear()
        gc.collect()
        # sorted: branches of relations are asked for side by side
        by_objects = sorted(each.path for each in crm.requests[sent:])
        sent = len(crm.requests)
        assert await colour.call(query, "values_list", *names) == expected
        assert sorted(each.path for each in crm.requests[sent:]) == by_objects
        assert await colour.items(query.rows(*names)) == expected
        assert any(any(row) for row in expected)


class Parcel(Model, object="parcels"):
    """With a relation that is always there, one that may be empty, and a property."""

    label: kinds.Text
    sender: One[Company]
    holder: Maybe[Person]
    tags: kinds.Text

    @property
    def shout(self) -> str:
        return f"{self.label}!"


class Stop(ListEntry, list="stops", parent=Company):
    note: kinds.Text


@pytest.fixture
def parcels(attio_sandbox: SandboxHandle) -> SandboxHandle:
    attio_sandbox.define(Parcel, Stop)
    acme, beta = (Company.objects.create(name=name) for name in ("Acme", "Beta"))
    ada = Person.objects.create(name="Byron, Ada", company=acme, email_addresses=["a@x.dev"])
    Parcel.objects.create(label="one", sender=acme, holder=ada)
    attio_sandbox.clock.move(1)  # what is made at one moment comes in any order
    Parcel.objects.create(label="two", sender=beta)
    Stop.objects.create(parent=beta, note="first")
    gc.collect()
    attio_sandbox.requests.clear()
    return attio_sandbox


async def test_no_record_is_made(parcels: SandboxHandle, colour: Colour) -> None:
    await colour.call(Parcel.objects, "exists")
    if colour.is_async:  # the session of a task
        return
    session = session_of(parcels.connection)
    session.clear()
    found = Parcel.objects.values_list("label", "sender__name", "holder__company__name")
    assert found == [("one", "Acme", "Acme"), ("two", "Beta", None)]
    assert list(Parcel.objects.rows("label", "holder__email_addresses")) == [
        ("one", ["a@x.dev"]),
        ("two", None),
    ]
    assert len(session) == 0


async def test_a_change_that_the_session_holds_shows(
    parcels: SandboxHandle, colour: Colour
) -> None:
    one = await colour.call(Parcel.objects, "get", label="one")
    acme = await colour.call(Company.objects, "get", name="Acme")
    one.label, acme.name = "changed", "Acme Ltd"
    # one row of the session, and one that is not; the company behind both, changed too
    found = await colour.call(Parcel.objects, "values_list", "label", "sender__name")
    assert found == [("changed", "Acme Ltd"), ("two", "Beta")]
    # of the workspace, whatever is held
    rows = await colour.items(Parcel.objects.rows("label", "sender__name"))
    assert rows == [("one", "Acme"), ("two", "Beta")]
    assert one.is_changed
    assert acme.is_changed


async def test_a_record_that_is_held_is_as_new_as_its_row(
    parcels: SandboxHandle, colour: Colour
) -> None:
    two = await colour.call(Parcel.objects, "get", label="two")
    await parcels.connection.api.records.aupdate("parcels", two.id, {"label": "elsewhere"})
    assert await colour.call(Parcel.objects, "pluck", "label") == ["one", "elsewhere"]
    assert two.label == "elsewhere"


@pytest.mark.parametrize("held", [0, 1, 2], ids=["none held", "one held", "all held"])
async def test_one_batch_whoever_is_held(parcels: SandboxHandle, colour: Colour, held: int) -> None:
    kept = [
        await colour.call(Parcel.objects, "get", label=label) for label in ("one", "two")[:held]
    ]
    with assert_num_requests(2):  # the parcels, and the companies of those held and of the others
        found = await colour.call(Parcel.objects, "values_list", "label", "sender__name")
    assert found == [("one", "Acme"), ("two", "Beta")]
    if kept:  # these hold theirs now
        with assert_num_requests(3 - held):
            await colour.call(Parcel.objects, "values_list", "label", "sender__name")


async def test_a_property_is_read_of_a_record(parcels: SandboxHandle, colour: Colour) -> None:
    found = await colour.call(Parcel.objects, "values_list", "shout", "sender__name")
    assert found == [("one!", "Acme"), ("two!", "Beta")]
    assert await colour.items(Parcel.objects.rows("shout", "sender__name")) == found


async def test_a_relation_that_must_not_be_empty(parcels: SandboxHandle, colour: Colour) -> None:
    (beta,) = await parcels.connection.api.records.aquery("companies", filter={"name": "Beta"})
    await parcels.connection.api.records.adelete("companies", beta["id"]["record_id"])
    with by_records(), pytest.raises(DoesNotExist, match="has no sender"):
        await colour.call(Parcel.objects, "values_list", "label", "sender__name")
    gc.collect()
    with pytest.raises(DoesNotExist, match="has no sender"):
        await colour.call(Parcel.objects, "values_list", "label", "sender__name")
    with pytest.raises(DoesNotExist, match="has no sender"):
        await colour.items(Parcel.objects.rows("label", "sender__name"))
    assert len(await colour.call(Parcel.objects, "pluck", "sender")) == 2


async def test_entries_are_read_alike(parcels: SandboxHandle, colour: Colour) -> None:
    expected = [("first", "Beta")]
    assert await colour.call(Stop.objects, "values_list", "note", "parent__name") == expected
    assert await colour.items(Stop.objects.rows("note", "parent__name")) == expected


async def test_an_odd_value_costs_its_row_alone(parcels: SandboxHandle, colour: Colour) -> None:
    """An attribute that is another type in the workspace is read as what it is there."""

    class Typed(Model, object="parcels", on_drift="ignore"):
        label: kinds.Number
        tags: kinds.Text

    with by_records():
        expected = await colour.call(Typed.objects, "values_list", "label", "tags")
    assert await colour.call(Typed.objects, "values_list", "label", "tags") == expected
    assert await colour.items(Typed.objects.rows("label", "tags")) == expected
    assert [label for label, _ in expected] == ["one", "two"]


class Twice(Model, object="parcels", on_drift="ignore"):
    """Has two names for one attribute, and another as two types."""

    label: kinds.Text
    title: kinds.Text = kinds.Text(slug="label")
    number: kinds.Number = kinds.Number(slug="label")
    holder: Maybe[Person]
    holders: Many[Person] = Many(slug="holder")


@pytest.mark.parametrize(
    "names",
    [
        ("title", "label"),
        ("title", "number"),
        ("title", "holder__name", "holders__name"),
        ("holder", "holders"),
        ("created_at", "created_at__year"),
    ],
    ids="-".join,
)
async def test_an_attribute_that_is_declared_twice(
    parcels: SandboxHandle, colour: Colour, names: tuple[str, ...]
) -> None:
    with by_records():
        expected = await colour.call(Twice.objects, "values_list", *names)
    gc.collect()
    assert await colour.call(Twice.objects, "values_list", *names) == expected
    assert await colour.items(Twice.objects.rows(*names)) == expected
    assert all(expected[0])


class TestRows:
    """``rows()``: plain rows, one after another."""

    async def test_pages_in_order_and_a_token(self, crm: SandboxHandle, colour: Colour) -> None:
        query = Person.objects.all()[:40]
        expected = await colour.call(query, "values_list", "name", "company__name")
        with assert_num_requests(7):  # four pages, and the companies of each that has some
            rows = await colour.items(query.rows("name", "company__name", page_size=10))
        assert rows == expected
        stream = query.rows("name", "company__name", page_size=7)
        if colour.is_async:
            begun: list[Any] = []
            async for row in stream:
                begun.append(row)
                if len(begun) == 10:
                    break
        else:
            begun = list(islice(stream, 10))
        token = stream.token
        assert begun == expected[:10]
        rest = query.rows("name", "company__name", after=token)
        assert await colour.items(rest) == expected[10:]
        # it is the token of any pass over the query
        records = await colour.items(query.iterator(after=token))
        assert [each.name for each in records] == [name for name, _ in expected[10:]]

    async def test_read_ahead_gives_the_same(self, crm: SandboxHandle, colour: Colour) -> None:
        query = Person.objects.order_by("job_title")[:200]
        expected = await colour.call(query, "values_list", "id", "job_title")
        rows = await colour.items(query.rows("id", "job_title", page_size=50, read_ahead=3))
        assert rows == expected

    async def test_wrong_calls(self, crm: SandboxHandle, colour: Colour) -> None:
        with pytest.raises(ValidationError, match="Name the attributes to read"):
            Person.objects.rows()
        wrong: Any
        for wrong in (5, ["name"], Person.name, b"name"):
            with assert_num_requests(0), pytest.raises(ValidationError, match=r"as a text .*, not"):
                Person.objects.rows("id", wrong)
            for method in ("values", "values_list", "pluck"):
                with assert_num_requests(0), pytest.raises(ValidationError, match="as a text"):
                    await colour.call(Person.objects, method, wrong)
        with pytest.raises(ValidationError, match=r"after=.* what `stream\.token`.* or rows\(\)"):
            Person.objects.rows("name", after="x")
        with pytest.raises(UnknownAttributeError, match=r"^name__shout: .* no part 'shout'"):
            await colour.items(Person.objects.rows("name__shout"))
        with pytest.raises(ValidationError, match="page_size"):
            Person.objects.rows("name", page_size=0)
        with pytest.raises(UnknownAttributeError, match="Did you mean 'name'"):
            await colour.items(Person.objects.rows("nmae"))
        assert await colour.items(Person.objects.none().rows("name")) == []
        assert repr(Person.objects.rows("name")) == "<rows of Person, 500 a page>"

    async def test_the_twin(self, crm: SandboxHandle) -> None:
        found = [row async for row in Person.objects.all()[:3].arows("name", page_size=2)]
        assert found == await Person.objects.all()[:3].avalues_list("name")
