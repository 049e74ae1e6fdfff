"""Since when each value of a record is there, and who set it: of all attributes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from attio_orm import Company, Deal, ListEntry, Many, Model, Person, connect
from attio_orm import attributes as kinds
from attio_orm.errors import NotLoadedError, UnknownAttributeError
from attio_orm.testing import SandboxHandle, assert_num_requests
from attio_orm.values import Actor, Location, Money, ValueMeta
from tests.colours import Colour


class Thing(Model, object="things"):
    """One attribute of every type that can be made."""

    text: kinds.Text
    number: kinds.Number
    rating: kinds.Rating
    checkbox: kinds.Checkbox
    date: kinds.Date
    timestamp: kinds.Timestamp
    currency: kinds.Currency
    email: kinds.EmailAddress
    email_list: kinds.EmailAddresses
    domain: kinds.Domain
    phone: kinds.PhoneNumber
    location: kinds.Location
    select: kinds.Select = kinds.Select(options=["a", "b"])
    selects: kinds.MultiSelect = kinds.MultiSelect(options=["a", "b"])
    status: kinds.Status = kinds.Status(options=["New"])
    owner: kinds.Actor
    companies: Many[Company]


class Slot(ListEntry, list="slots", parent=Company):
    """Entries of a list."""

    note: kinds.Text
    stage: kinds.Status = kinds.Status(options=["New"])


class Odd(Model, object="odd"):
    """An attribute by the name of the method."""

    measure: kinds.Text = kinds.Text("meta")


VALUES: dict[str, Any] = {
    "text": "x",
    "number": 1.5,
    "rating": 3,
    "checkbox": True,
    "date": dt.date(2026, 3, 1),
    "timestamp": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    "currency": Money(5, "USD"),
    "email": "ada@x.dev",
    "email_list": ["ada@x.dev", "kim@x.dev"],
    "domain": "x.dev",
    "phone": "+12025550123",
    "location": Location(locality="London", country_code="GB"),
    "select": "a",
    "selects": ["a", "b"],
    "status": "New",
    "owner": "owner@sandbox.example",
}


@pytest.fixture
def thing(attio_sandbox: SandboxHandle) -> Thing:
    attio_sandbox.define(Thing)
    acme = Company.objects.create(name="Acme")
    return Thing.objects.create(**VALUES, companies=[acme])


@pytest.mark.parametrize("name", [*VALUES, "companies"])
async def test_every_value_says_when_it_was_set_and_by_whom(
    attio_sandbox: SandboxHandle, thing: Thing, colour: Colour, name: str
) -> None:
    found = await colour.call(Thing.objects, "get", id=thing.id)
    with assert_num_requests(0):
        meta = found.meta(name)
    held = getattr(thing, name)
    assert [each.value for each in meta] == (held if isinstance(held, list) else [held])
    assert {type(each) for each in meta} == {ValueMeta}
    token = thing.meta("text")[0].set_by
    assert token is not None
    assert token.type == "api-token"
    for each in meta:
        assert each.active_from == thing.created_at
        assert each.set_by == token
    for each in held if isinstance(held, list) else [held]:
        if hasattr(each, "set_by"):
            assert (each.active_from, each.set_by) == (thing.created_at, token)


def test_it_is_what_attio_has_and_not_what_is_to_be_saved(
    attio_sandbox: SandboxHandle, thing: Thing
) -> None:
    thing.status = None
    thing.text = "y"
    with assert_num_requests(0):
        assert [each.value for each in thing.meta("text")] == ["x"]
        assert [each.value for each in thing.meta("status")] == ["New"]
    attio_sandbox.clock.move(dt.timedelta(days=1))
    thing.text = "y"
    thing.save()
    (meta,) = thing.meta("text")
    assert meta.value == "y"
    assert meta.active_from is not None
    assert thing.created_at is not None
    assert meta.active_from - thing.created_at >= dt.timedelta(days=1)
    assert thing.meta("status") == []


def test_a_value_that_is_set_anew_knows_its_new_moment(
    attio_sandbox: SandboxHandle, thing: Thing
) -> None:
    before = thing.select.active_from if thing.select else None
    attio_sandbox.clock.move(dt.timedelta(days=1))
    thing.select = "b"
    assert thing.select.active_from is None  # nobody has set it yet
    thing.save()
    assert thing.select.active_from is not None
    assert before is not None
    assert thing.select.active_from - before >= dt.timedelta(days=1)


async def test_entries(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    attio_sandbox.define(Slot)
    company = await colour.call(Company.objects, "create", name="Acme")
    slot = await colour.call(Slot.objects, "create", parent=company, note="n", stage="New")
    assert [each.value for each in slot.meta("note")] == ["n"]
    assert slot.stage.active_from == slot.meta("stage")[0].active_from == slot.created_at
    assert slot.stage.set_by == slot.meta("note")[0].set_by
    (parent,) = slot.meta("parent")
    assert (parent.value, parent.active_from, parent.set_by) == (company, None, None)


def test_names_and_slugs_of_undeclared_attributes(attio_sandbox: SandboxHandle) -> None:
    class Bare(Model, object="people"):
        """People, of whom nothing is declared."""

    Person.objects.create(name="Ada", job_title="Poet")
    bare = Bare.objects.get(name="Ada")
    with assert_num_requests(0):
        assert [each.value for each in bare.meta("job_title")] == ["Poet"]
        with pytest.raises(UnknownAttributeError, match="jop_title"):
            bare.meta("jop_title")
    assert Person(name="Ada").meta("name") == []


async def test_what_ref_made_loads_first(
    attio_sandbox: SandboxHandle, thing: Thing, colour: Colour
) -> None:
    with attio_sandbox.connection.session():
        made = Thing.ref(str(thing.id))
        with pytest.raises(NotLoadedError):
            made.meta("text")
        await colour.call(made, "refresh")
        assert [each.value for each in made.meta("text")] == ["x"]


def test_what_ref_made_loads_itself_in_sync_code(
    attio_sandbox: SandboxHandle, thing: Thing
) -> None:
    with attio_sandbox.connection.session(), assert_num_requests(1):
        assert [each.value for each in Thing.ref(str(thing.id)).meta("text")] == ["x"]


def test_an_attribute_of_that_slug_is_reached_by_brackets(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.define(Odd)
    odd = Odd.objects.create(measure="m")

    class Plain(Model, object="odd"):
        """The same, of which nothing is declared."""

    plain = Plain.objects.get(id=odd.id)
    assert plain["meta"] == "m"
    assert [each.value for each in plain.meta("meta")] == ["m"]
    with pytest.raises(UnknownAttributeError, match=r'instance\["meta"\]'):
        plain.meta = "x"  # type: ignore[method-assign,assignment]


def test_who_set_it_has_the_names_of_a_member(attio_sandbox: SandboxHandle) -> None:
    deal = Deal.objects.create(name="Big", stage="Lead", owner="owner@sandbox.example")
    wires = deal.raw["name"]
    member = deal.owner.id if deal.owner else None
    wires[0]["created_by_actor"] = {"type": "workspace-member", "id": member}
    from attio_orm.records.rows import encode_values

    deal._state.values = encode_values({**deal.raw, "name": wires})
    deal._state.parts = None
    (meta,) = deal.meta("name")
    assert meta.set_by == Actor("workspace-member", member)
    with connect("sandbox://"), assert_num_requests(1, connection=deal.connection):
        assert meta.set_by is not None
        assert meta.set_by.name == "Sandbox Owner"
