"""What may be assigned, what may not, and that nothing wrong is ever sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from attio_orm import (
    Company,
    Deal,
    Many,
    Maybe,
    Model,
    Person,
    ReadOnlyAttributeError,
    UnknownAttributeError,
    User,
    ValidationError,
    connect,
)
from attio_orm.attributes import (
    Actor,
    Checkbox,
    Date,
    MultiSelect,
    Number,
    Rating,
    Select,
    Status,
    Text,
    Timestamp,
)
from attio_orm.records.assignment import assign_all
from attio_orm.records.base import state_of
from attio_orm.testing import assert_num_requests
from attio_orm.values import Location, PersonalName
from tests.colours import Colour


class Thing(Model):
    title: Text
    count: Number
    stars: Rating
    done: Checkbox
    due: Date
    seen: Timestamp
    size: Select = Select(options=["S", "M"])
    tags: MultiSelect = MultiSelect(options=["a", "b"])
    stage: Status[Literal["New", "Old"]]
    owner: Actor
    company: Maybe[Company]
    people: Many[Person]


@pytest.fixture
def thing(attio_sandbox: Any) -> Thing:
    attio_sandbox.define(Thing)
    made = Thing.objects.create(title="one")
    connection = attio_sandbox.connection
    for name in ("size", "tags", "stage"):
        getattr(connection.api, "statuses" if name == "stage" else "options").list("things", name)
    Thing.validate(size="S", tags=["a"], stage="New")  # the titles are known from here on
    attio_sandbox.requests.clear()
    return made


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("title", "x", "x"),
        ("count", 3, 3.0),
        ("count", Decimal("1.5"), 1.5),
        ("stars", 5, 5),
        ("done", False, False),
        ("due", "2026-02-03", date(2026, 2, 3)),
        ("due", date(2026, 2, 3), date(2026, 2, 3)),
        ("seen", datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)),
        ("size", "M", "M"),
        ("tags", ["b", "a", "b"], ["b", "a"]),
        ("tags", ("a",), ["a"]),
        ("stage", "Old", "Old"),
        ("title", None, None),
        ("tags", None, []),
    ],
)
def test_natural_python_forms_are_taken(
    thing: Thing, attribute: str, value: Any, expected: Any
) -> None:
    setattr(thing, attribute, value)

    assert getattr(thing, attribute) == expected


@pytest.mark.parametrize(
    ("attribute", "value", "right"),
    [
        ("title", 5, "give a str"),
        ("title", b"x", "give a str"),
        ("count", "many", "number"),
        ("count", True, "number"),
        ("count", float("nan"), "give None"),
        ("stars", 6, "0 to 5"),
        ("stars", 2.5, "0 to 5"),
        ("done", "perhaps", "True or False"),
        ("due", "tomorrow", "2026-"),
        ("seen", datetime(2026, 2, 3), "time zone.*UTC"),
        ("size", "XL", "'S', 'M'"),
        ("tags", "a", r"list.*\['a'\]"),
        ("tags", 3, "list"),
        ("tags", ["a", "z"], "'a', 'b'"),
        ("stage", "Gone", "'New', 'Old'"),
        ("owner", "nobody", "e-mail"),
        ("company", "acme", "UUID"),
        ("company", 7, "instance"),
        ("people", "someone", "list"),
        ("people", [None], "instance"),
    ],
)
def test_a_wrong_value_is_refused_at_assignment_and_says_what_is_right(
    thing: Thing, attribute: str, value: Any, right: str
) -> None:
    before = getattr(thing, attribute)
    # whether somebody has made the title since
    asked = value in ("XL", "Gone", ["a", "z"])
    with assert_num_requests(asked), pytest.raises(ValidationError, match=right) as caught:
        setattr(thing, attribute, value)

    assert [problem.attribute for problem in caught.value.problems] == [attribute]
    assert getattr(thing, attribute) == before
    assert not thing.is_changed


@pytest.mark.parametrize("name", ["id", "created_at", "web_url", "raw", "changes", "connection"])
def test_what_is_no_attribute_of_the_record_cannot_be_set(thing: Thing, name: str) -> None:
    with pytest.raises(ReadOnlyAttributeError, match=f"Thing.{name}"):
        setattr(thing, name, None)


@pytest.mark.parametrize("name", ["avatar_url", "created_by", "last_interaction"])
def test_what_attio_computes_is_read_only(attio_sandbox: Any, name: str) -> None:
    ada = Person.objects.create(name="Ada")

    for write in (lambda: setattr(ada, name, "x"), lambda: Person(**{name: "x"})):
        with pytest.raises(ReadOnlyAttributeError, match=f"{name}.*computed by Attio"):
            write()


def test_read_only_undeclared_attributes_are_read_only_too(attio_sandbox: Any) -> None:
    class Person(Model):
        pass

    ada = Person.objects.create(name="Ada")
    with pytest.raises(ReadOnlyAttributeError):
        ada.avatar_url = "x"
    with pytest.raises(ReadOnlyAttributeError):
        ada["record_id"] = str(uuid4())


def test_an_unsaved_instance_cannot_be_referred_to(attio_sandbox: Any) -> None:
    ada = Person.objects.create(name="Ada")
    with pytest.raises(ValidationError, match=r"company: This Company is not saved yet"):
        ada.company = Company(name="Acme")


def test_a_reference_to_the_wrong_object_is_refused(attio_sandbox: Any) -> None:
    ada = Person.objects.create(name="Ada")
    with pytest.raises(ValidationError, match="companies"):
        ada.company = ada  # type: ignore[assignment]
    with pytest.raises(ValidationError, match="people"):
        Company.objects.create(name="Acme", team=[Company.objects.create(name="B")])
    with pytest.raises(ValidationError, match="companies"):
        ada.company = Person.by(email_addresses="a@b.co")


async def test_instances_of_another_connection_are_refused_before_a_request(colour: Colour) -> None:
    with (
        connect("sandbox://", on_drift="ignore") as other,
        connect("sandbox://", on_drift="ignore") as here,
    ):
        foreign = await colour.call(Company.objects.using(other), "create", name="Acme")
        ada = await colour.call(Person.objects, "create", name="Ada")
        with pytest.raises(ValidationError, match="another connection"):
            ada.company = foreign
        with pytest.raises(ValidationError, match="another connection"):
            Company.objects.create(name="B").team = [Person.objects.using(other).create(name="C")]
        with (
            assert_num_requests(0, connection=here),
            pytest.raises(ValidationError, match="another connection"),
        ):
            await colour.call(Person.objects, "create", name="Bob", company=foreign)
        bob = Person(name="Bob", company=foreign)
        with (
            assert_num_requests(0, connection=here),
            pytest.raises(ValidationError, match="another connection"),
        ):
            await colour.call(bob, "save")


async def test_every_form_of_a_reference(attio_sandbox: Any, colour: Colour) -> None:
    acme = Company.objects.create(name="Acme", domains=["acme.com"])
    forms = [
        acme,
        acme.id,
        UUID(acme.id),
        Company.by(domains="acme.com"),
        Company.ref(str(acme.id)),
    ]
    for number, form in enumerate(forms):
        made = await colour.call(Person.objects, "create", name=f"P{number}", company=form)
        await colour.call(made, "load", "company")
        assert made.company == acme
        assert made.raw["company"][0]["target_record_id"] == acme.id


async def test_a_match_that_was_saved_reads_as_the_record(
    attio_sandbox: Any, colour: Colour
) -> None:
    acme = Company.objects.create(name="Acme", domains=["acme.com"])
    ada = Person.objects.create(name="Ada")
    ada.company = Company.by(domains="acme.com")
    await colour.call(ada, "save")
    await colour.call(ada, "load", "company")

    assert ada.company is acme
    assert not ada.is_changed


@pytest.mark.parametrize(
    ("match", "problem"),
    [
        ({}, "exactly one"),
        ({"domains": "a.com", "name": "b"}, "exactly one"),
        ({"nmae": "b"}, "no attribute 'nmae'"),
        ({"categories": "b"}, "text, number, domain"),
        ({"domains": "no domain"}, "domain"),
    ],
)
def test_by_says_what_it_can_match(match: dict[str, str], problem: str) -> None:
    with pytest.raises((ValidationError, AttributeError), match=problem):
        Company.by(**match)


def test_members_by_mail_id_and_actor(attio_sandbox: Any, thing: Thing) -> None:
    kim = attio_sandbox.add_member("kim@acme.com")
    for form in ("kim@acme.com", "KIM@acme.com", kim):
        thing.owner = None
        thing.save()
        thing.owner = form
        thing.save()
        assert thing.owner is not None
        assert thing.owner.id == kim
    thing.owner = thing.owner
    assert not thing.is_changed


def test_several_problems_are_reported_together() -> None:
    with pytest.raises(ValidationError) as caught:
        Person(name=5, email_addresses=["nope"], job_title="fine", company=3)

    assert [problem.attribute for problem in caught.value.problems] == [
        "name",
        "email_addresses",
        "company",
    ]
    assert "email_addresses: " in str(caught.value)


async def test_validate_checks_without_writing(
    attio_sandbox: Any, thing: Thing, colour: Colour
) -> None:
    await colour.call(Thing, "validate", title="x", size="S", people=[])
    with pytest.raises(ValidationError) as caught:
        await colour.call(Thing, "validate", size="XL", stage="Nope", nmae=1, count="x", stars=9)

    assert [problem.attribute for problem in caught.value.problems] == [
        "size", "stage", "nmae", "count", "stars",
    ]  # fmt: skip
    assert not [each for each in attio_sandbox.requests if each.method != "GET"]


def test_validate_works_without_a_connection_by_the_class_alone() -> None:
    Person.validate(name="Ada")
    Thing.validate(stage="New")
    with pytest.raises(ValidationError, match="'New', 'Old'"):
        Thing.validate(stage="Nope")


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Deal.objects.create(name="Big", stage="Wno", owner="owner@sandbox.example"),
         r"Did you mean 'Won 🎉'|'Lead'"),
        (lambda: Deal.objects.create(name="Big"), "stage: is required"),
        (lambda: User.objects.create(user_id="7"), "primary_email_address: is required"),
        (lambda: Company.objects.create(name="A", categories=["Nope"]), "categories"),
    ],
)  # fmt: skip
def test_what_the_workspace_would_refuse_is_never_sent(
    attio_sandbox: Any, make: Callable[[], Any], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        make()

    assert not [each for each in attio_sandbox.requests if each.method != "GET"]


def test_options_made_meanwhile_are_looked_up_by_the_save(attio_sandbox: Any) -> None:
    class Undeclared(Model, object="things"):
        pass

    attio_sandbox.define(Thing)
    made = Undeclared.objects.create(title="one", size="S")
    with pytest.raises(ValidationError, match="'S', 'M'"):
        made.size = "XL"  # refused at once: the titles are known
    attio_sandbox.connection.api.options.create("things", "size", title="XL")
    attio_sandbox.connection.schema.forget("things")
    made["size"] = "XL"
    made.save()

    assert made.size == "XL"


def test_an_unknown_title_that_could_not_be_checked_waits_for_the_save(attio_sandbox: Any) -> None:
    class Undeclared(Model, object="things"):
        pass

    attio_sandbox.define(Thing)
    made = Undeclared.objects.create(title="one")
    attio_sandbox.connection.schema.forget("things")
    made = Undeclared.objects.get(id=made.id)
    made.size = "XL"
    with pytest.raises(ValidationError, match="'S', 'M'"):
        made.save()
    assert made.is_changed


def test_value_objects_are_taken_as_they_are(attio_sandbox: Any) -> None:
    place = Location(locality="London", country_code="GB")
    ada = Person.objects.create(name=PersonalName("Ada", "Byron"), primary_location=place)

    assert ada.primary_location == place
    assert ada.name.full_name == "Ada Byron"


def test_of_several_values_all_are_set_or_none(thing: Thing) -> None:
    thing.tags.append("a")
    before = thing.model_dump()
    with pytest.raises(ValidationError) as caught:
        assign_all(thing, {"title": "two", "tags": ["b"], "count": "many", "stars": 9})
    assert [problem.attribute for problem in caught.value.problems] == ["count", "stars"]
    assert thing.model_dump() == before
    with pytest.raises(UnknownAttributeError):
        assign_all(thing, {"title": "two", "no_such": 1})
    assert list(thing.changes) == ["tags"]


def test_of_what_is_not_known_yet_all_is_kept_or_nothing(attio_sandbox: Any) -> None:
    person = Person(name="Ada")
    with pytest.raises(ValidationError):
        assign_all(person, {"later": 1, "name": 5})
    assert state_of(person).extra is None


@pytest.mark.parametrize("name", ["get", "mro", "filter", "register"])
def test_what_is_asked_of_the_class_is_not_asked_of_its_class(
    attio_sandbox: Any, name: str
) -> None:
    """A slug may be called as a method of the manager, or of the type of models, is."""
    attio_sandbox.workspace.define_attribute("people", api_slug=name, type="text")
    ada = Person.objects.create(**{"name": "Ada", name: "x"})
    setattr(ada, name, "y")
    ada.save()
    assert ada[name] == "y"
