"""What is required cannot be emptied: refused before anything is sent, and by its name."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from attio_orm import (
    Company,
    Deal,
    InvalidRequestError,
    ListEntry,
    Many,
    Model,
    One,
    Person,
    StaleRecordError,
    UniquenessConflictError,
    ValidationError,
)
from attio_orm import attributes as a
from attio_orm.testing import assert_num_requests
from tests.colours import Colour

TODAY = datetime.date(2026, 1, 31)


class Contract(Model):
    """A required attribute of each type that may be one."""

    code_: a.Text = a.Text("code", required=True, unique=True)
    fee: a.Currency = a.Currency(required=True)
    signed: a.Date = a.Date(required=True)
    seen: a.Timestamp = a.Timestamp(required=True)
    pages: a.Number = a.Number(required=True)
    grade: a.Rating = a.Rating(required=True)
    stage: a.Status = a.Status(options=["New"], required=True)
    kind: a.Select = a.Select(options=["A"], required=True)
    kinds: a.MultiSelect = a.MultiSelect(options=["A"], required=True)
    keeper: a.Actor = a.Actor(required=True)
    place: a.Location = a.Location(required=True)
    site: a.Domain = a.Domain(required=True)
    mail: a.EmailAddress = a.EmailAddress(required=True)
    phone: a.PhoneNumber = a.PhoneNumber(required=True)
    client: One[Company] = One(required=True)
    people: Many[Person] = Many(required=True)
    note: a.Text


class Seat(ListEntry):
    parent: One[Company]
    row: a.Text = a.Text(required=True)


REQUIRED = {
    "code_": "1", "fee": 10, "signed": TODAY, "seen": "2026-01-31T00:00:00Z", "pages": 3,
    "grade": 4, "stage": "New", "kind": "A", "kinds": ["A"], "keeper": "owner@sandbox.example",
    "place": "10 Downing Street, London", "site": "acme.com", "mail": "a@acme.com",
    "phone": "+442079460000",
}  # fmt: skip
NAMES = [*REQUIRED, "client", "people"]


@pytest.fixture
def values(attio_sandbox: Any) -> dict[str, Any]:
    attio_sandbox.define(Contract, Seat)
    acme, ada = Company.objects.create(name="Acme"), Person.objects.create(name="Ada")
    return {**REQUIRED, "client": acme, "people": [ada]}


@pytest.mark.parametrize("name", NAMES)
async def test_emptied_by_assignment(
    attio_sandbox: Any, values: Any, colour: Colour, name: str
) -> None:
    contract = await colour.call(Contract.objects, "create", **values)
    slug = "code" if name == "code_" else name

    for field in (name, f"[{slug}]"):
        if field == name:
            setattr(contract, name, [] if name in {"kinds", "people"} else None)
        else:
            contract[slug] = None
        for options in ({}, {"force": True}, {"fields": [name]}, {"on_conflict": "raise"}):
            with assert_num_requests(0), pytest.raises(ValidationError) as refused:
                await colour.call(contract, "save", **options)
            (problem,) = refused.value.problems
            assert problem.attribute == name
            assert (
                str(refused.value) == f"{name}: is required, and cannot be emptied: give a value."
            )
    assert contract.is_changed, "nothing that was set is lost"
    contract.note = "still here"
    await colour.call(contract, "save", fields=["note"])
    setattr(contract, name, values[name])
    await colour.call(contract, "save")
    assert not contract.is_changed


async def test_all_of_them_are_told_at_once(values: Any, colour: Colour) -> None:
    contract = await colour.call(Contract.objects, "create", **values)
    for name in NAMES:
        setattr(contract, name, None)

    with assert_num_requests(0), pytest.raises(ValidationError) as refused:
        await colour.call(contract, "save")

    assert [problem.attribute for problem in refused.value.problems] == NAMES


async def test_emptied_in_place_of_what_was_never_loaded(values: Any, colour: Colour) -> None:
    made = await colour.call(Contract.objects, "create", **values)
    made.kinds.clear()
    with assert_num_requests(0), pytest.raises(ValidationError, match=r"^kinds: is required"):
        await colour.call(made, "save")
    made.kinds.append("A")
    await colour.call(made, "save")

    class Unread(Contract):
        """A class of its own, so that the session does not give the loaded instance."""

    unread = Unread.ref(str(made.id))
    unread.fee = None
    with assert_num_requests(0), pytest.raises(ValidationError, match=r"^fee: is required"):
        await colour.call(unread, "save")


async def test_by_other_ways_to_write(attio_sandbox: Any, values: Any, colour: Colour) -> None:
    contract = await colour.call(Contract.objects, "create", **values)
    writes = len([each for each in attio_sandbox.requests if each.method in {"PUT", "PATCH"}])

    with pytest.raises(ValidationError, match=r"^fee: is required"):
        await colour.call(Contract.objects, "update", fee=None)
    with pytest.raises(ValidationError, match=r"^fee: is required"):
        await colour.call(Contract.objects, "update_or_create", code_="1", defaults={"fee": None})
    await colour.call(contract, "refresh")
    with pytest.raises(ValidationError, match=r"^fee: is required"):
        await colour.call(Contract.objects, "upsert", "code_", **{**values, "fee": None})
    with pytest.raises(ValidationError, match=r"^fee: is required.*\nkinds: is required"):
        await colour.call(Contract, "validate", code_="1", fee=None, kinds=[], note=None)

    sent = [each for each in attio_sandbox.requests if each.method in {"PUT", "PATCH"}]
    assert len(sent) == writes
    assert (await colour.call(Contract.objects, "get", code_="1")).fee == 10


async def test_entries_of_lists(values: Any, colour: Colour) -> None:
    seat = await colour.call(Seat.objects, "create", parent=values["client"], row="12")
    seat.row = None

    with assert_num_requests(0), pytest.raises(ValidationError, match=r"^row: is required"):
        await colour.call(seat, "save")


async def test_a_record_that_has_no_value_can_be_saved(attio_sandbox: Any, colour: Colour) -> None:
    """It was made before the attribute became a required one."""

    class Box(Model):
        label: a.Text
        note: a.Text

    attio_sandbox.define(Box)
    box = await colour.call(Box.objects, "create", note="a")
    api = attio_sandbox.connection.api
    api.attributes.update("boxes", "label", is_required=True)
    attio_sandbox.connection.schema.forget("boxes")

    box.label = None  # as it is
    box.note = "b"
    await colour.call(box, "save")
    assert box.note == "b"


async def test_what_attio_refuses_itself_is_told_by_names(
    attio_sandbox: Any, values: Any, colour: Colour
) -> None:
    """The attributes became required and unique after their schema was read."""

    class Crate(Model):
        label_: a.Text = a.Text("label")
        note: a.Text

    attio_sandbox.define(Crate)
    crate = await colour.call(Crate.objects, "create", label_="a", note="a")
    workspace = attio_sandbox.workspace
    ids = {
        each["api_slug"]: each["id"]["attribute_id"]
        for each in workspace.look_up("/v2/objects/crates/attributes")
    }
    headers = {"authorization": f"Bearer {workspace.token}"}
    for change in ({"is_required": True}, {"is_unique": True}):
        path, body = "/v2/objects/crates/attributes/label", msgspec.json.encode({"data": change})
        assert workspace.handle("PATCH", path, headers=headers, body=body).status == 200
    crate.label_ = None
    with pytest.raises(InvalidRequestError, match='Required value for attribute "label_" was') as e:
        await colour.call(crate, "save")
    assert ids["label"] not in str(e.value)
    assert e.value.code == "missing_value"
    with pytest.raises(InvalidRequestError, match='Required value for attribute "label_" was'):
        await colour.call(Crate.objects, "create", note="b")
    with pytest.raises(UniquenessConflictError) as clash:
        await colour.call(Crate.objects, "create", label_="a")
    assert clash.value.attribute == "label_"
    assert ids["label"] not in str(clash.value)


def test_the_standard_objects(attio_sandbox: Any) -> None:
    deal = Deal.objects.create(name="Website", stage="Lead", owner="owner@sandbox.example")
    deal.name = deal.stage = deal.owner = None

    with (
        assert_num_requests(0),
        pytest.raises(ValidationError, match=r"name: .*\nstage: .*\nowner"),
    ):
        deal.save()


class Crossed(Model, object="crossed"):
    """Each has the other one's slug for its name."""

    first: a.Text = a.Text("second")
    second: a.Text = a.Text("first", required=True)


async def test_a_slug_is_no_name(attio_sandbox: Any, colour: Colour) -> None:
    attio_sandbox.define(Crossed)
    with pytest.raises(ValidationError, match=r"^second: is required, and has no value"):
        await colour.call(Crossed.objects, "create", first="x")
    made = await colour.call(Crossed.objects, "create", first="x", second="y")
    assert attio_sandbox.requests[-1].json == {"data": {"values": {"second": "x", "first": "y"}}}

    attio_sandbox.connection.api.records.update("crossed", str(made.id), {"second": "theirs"})
    made.second = "mine"
    await colour.call(made, "save", on_conflict="raise")
    attio_sandbox.connection.api.records.update("crossed", str(made.id), {"second": "again"})
    made.first = "mine"
    with pytest.raises(StaleRecordError) as caught:
        await colour.call(made, "save", on_conflict="raise")
    assert {name: found.theirs for name, found in caught.value.conflicts.items()} == {
        "first": "again"
    }
