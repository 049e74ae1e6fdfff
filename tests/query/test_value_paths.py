"""The names that values() takes: parts, ids, since when and by whom; wrong ones are refused."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Company, Deal, ListEntry, Many, Model, Person
from attio_orm import attributes as kinds
from attio_orm.errors import UnknownAttributeError
from attio_orm.testing import SandboxHandle, assert_num_requests
from attio_orm.values import Actor
from tests.colours import Colour

OWNER = "owner@sandbox.example"


class Note(Model, object="notes_about"):
    """Refers to records of two objects, and to any."""

    title: kinds.Text
    about: Many[Person | Company]


class Slot(ListEntry, list="slots", parent=Company):
    """Entries of a list."""

    stage: kinds.Status = kinds.Status(options=["New"])


@pytest.fixture
def acme(attio_sandbox: SandboxHandle) -> Company:
    return Company.objects.create(name="Acme", domains=["acme.example.com"])


@pytest.fixture
def ada(acme: Company) -> Person:
    return Person.objects.create(
        name="Byron, Ada", email_addresses=["a@x.dev", "b@x.dev"], job_title="Poet", company=acme
    )


@pytest.fixture
def deal(acme: Company) -> Deal:
    return Deal.objects.create(
        name="Big", stage="Lead", owner=OWNER, value=5, associated_company=acme
    )


async def only(colour: Colour, model: Any, name: str) -> Any:
    (found,) = await colour.call(model.objects, "values_list", name, flat=True)
    return found


async def test_since_when_and_by_whom_of_any_attribute(
    attio_sandbox: SandboxHandle, acme: Company, ada: Person, deal: Deal, colour: Colour
) -> None:
    token = ada.meta("job_title")[0].set_by
    assert isinstance(token, Actor)
    with attio_sandbox.connection.session():
        for name, many in (
            ("job_title", False), ("name", False), ("email_addresses", True), ("company", False),
        ):  # fmt: skip
            with assert_num_requests(1):
                since = await only(colour, Person, f"{name}__active_from")
                assert since == ([ada.created_at] * 2 if many else ada.created_at)
            by = await only(colour, Person, f"{name}__set_by")
            assert by == ([token] * 2 if many else token)
            kind = await only(colour, Person, f"{name}__set_by__type")
            assert kind == (["api-token"] * 2 if many else "api-token")
        assert await only(colour, Deal, "stage__active_from") == deal.created_at
        assert await only(colour, Deal, "stage__active_from__year") == deal.created_at.year  # type: ignore[union-attr]
        assert await only(colour, Deal, "associated_company__name__active_from") == acme.created_at
        # a missing value has been missing since nobody knows when
        assert await only(colour, Person, "description__active_from") is None
        assert await only(colour, Person, "phone_numbers__set_by") == []


async def test_owners_have_names(attio_sandbox: SandboxHandle, deal: Deal, colour: Colour) -> None:
    deal.refresh()
    with assert_num_requests(2):
        found = await colour.call(Deal.objects, "values", "name", "owner__name", "owner__email")
    assert found == [{"name": "Big", "owner__name": "Sandbox Owner", "owner__email": OWNER}]
    with assert_num_requests(1):
        (owner,) = await colour.call(Deal.objects, "pluck", "owner")
        assert owner.name == "Sandbox Owner"


@pytest.mark.parametrize("name", ["company", "company__id"])
async def test_the_id_of_a_relation_loads_nothing(
    attio_sandbox: SandboxHandle, acme: Company, ada: Person, colour: Colour, name: str
) -> None:
    with attio_sandbox.connection.session(), assert_num_requests(1):
        assert await only(colour, Person, name) == acme.id
    with attio_sandbox.connection.session(), assert_num_requests(1):
        path = name.replace("company", "team")
        assert await only(colour, Company, path) == [ada.id]
    with attio_sandbox.connection.session(), assert_num_requests(2):
        path = name.replace("company", "company__team")
        assert await only(colour, Person, path) == [ada.id]


WRONG: dict[str, tuple[Any, str]] = {
    "compny": (Person, r"no attribute 'compny'. Did you mean 'company'"),
    "company__nme": (Person, r"company__nme: Company .*no attribute 'nme'. Did you mean 'name'"),
    "company__team__nme": (Person, r"Person .*no attribute 'nme'"),
    "company__contains": (Person, r"no attribute 'contains'"),
    "name__frst_name": (Person, r"no part 'frst_name'. Did you mean 'first_name'"),
    "company__name__upper": (Person, r"no part 'upper'. Read name itself"),
    "company__primary_location__city": (Person, r"no part 'city'. Did you mean 'locality'"),
    "job_title__active_fro": (Person, r"Did you mean 'active_from'"),
    "job_title__active_from__yaer": (Person, r"no part 'yaer'. Did you mean 'year'"),
    "job_title__set_by__nam": (Person, r"no part 'nam'. Did you mean 'name'"),
    "id__upper": (Person, r"no part 'upper'"),
    "company__web_url__x": (Person, r"no part 'x'"),
    "stage__titel": (Deal, r"no part 'titel'. Did you mean 'title'"),
    "about__nobody": (Note, r"Person or Company has no attribute 'nobody'"),
    "parent__nme": (Slot, r"no attribute 'nme'"),
}


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_name_is_refused_whatever_the_data(
    attio_sandbox: SandboxHandle, colour: Colour, name: str, filled: bool
) -> None:
    attio_sandbox.define(Note, Slot)
    if filled:
        acme = await colour.call(Company.objects, "create", name="Acme")
        ada = await colour.call(
            Person.objects, "create", name="Ada", company=acme, job_title="Poet",
        )  # fmt: skip
        await colour.call(Deal.objects, "create", name="Big", stage="Lead", owner=OWNER)
        await colour.call(Note.objects, "create", title="x", about=[acme, ada])
        await colour.call(Slot.objects, "create", parent=acme)
    for object in ("people", "companies", "deals", "lists/slots", "notes_about"):
        await attio_sandbox.connection.schema.afetch(object)
    model, message = WRONG[name]
    await colour.call(model.objects, "exists")
    sent = len(attio_sandbox.requests)
    with pytest.raises(UnknownAttributeError, match=message):
        await colour.call(model.objects, "values", name)
    # what may have been made since is looked up once more, and no record is read for it
    assert all(each.path.endswith("/attributes") for each in attio_sandbox.requests[sent:])
    with assert_num_requests(0), pytest.raises(UnknownAttributeError, match=message):
        await colour.call(model.objects, "values", name)


async def test_relations_to_several_objects(
    attio_sandbox: SandboxHandle, acme: Company, ada: Person, colour: Colour
) -> None:
    attio_sandbox.define(Note)
    await colour.call(Note.objects, "create", title="x", about=[acme, ada])
    assert await only(colour, Note, "about") == [acme.id, ada.id]
    assert await only(colour, Note, "about__name") == ["Acme", "Ada Byron"]
    # only one of the two has it
    assert await only(colour, Note, "about__job_title") == [None, "Poet"]
    assert await only(colour, Note, "about__web_url") == [acme.web_url, ada.web_url]


async def test_entries(attio_sandbox: SandboxHandle, acme: Company, colour: Colour) -> None:
    attio_sandbox.define(Slot)
    slot = await colour.call(Slot.objects, "create", parent=acme, stage="New")
    assert await only(colour, Slot, "parent") == acme.id
    assert await only(colour, Slot, "parent__id") == acme.id
    assert await only(colour, Slot, "parent__name") == "Acme"
    assert await only(colour, Slot, "stage__active_from") == slot.created_at
    assert await only(colour, Slot, "stage__title") == "New"


async def test_parts_and_properties(
    attio_sandbox: SandboxHandle, ada: Person, deal: Deal, colour: Colour
) -> None:
    assert await only(colour, Person, "name__first_name") == "Ada"
    assert await only(colour, Person, "email_addresses__email_domain") == ["x.dev", "x.dev"]
    assert await only(colour, Person, "web_url") == ada.web_url
    assert await only(colour, Person, "created_at__year") == ada.created_at.year  # type: ignore[union-attr]
    assert await only(colour, Person, "created_by__type") == "api-token"
    assert await only(colour, Deal, "value__amount") == 5
    assert await only(colour, Deal, "associated_company__id") == ada.company.id  # type: ignore[union-attr]
