"""References by a unique value, and records made for them on request."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import (
    Company,
    ListEntry,
    Maybe,
    Model,
    Person,
    StaleRecordError,
    ValidationError,
    signals,
)
from attio_orm.attributes import Domains, Text
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


async def test_what_is_referred_to_is_made_first(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    for slug in ("people", "companies"):
        attio_sandbox.connection.schema.fetch(slug)
    acme = Company.by(domains="acme.com", create={"name": "Acme"})
    with assert_num_requests(2):
        ada = await colour.call(Person.objects, "create", name="Ada", company=acme)
    assert ada.company.name == "Acme"
    assert ada.company.domains == ["acme.com"]


async def test_what_is_there_is_taken_and_updated(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    acme = Company.objects.create(name="Acme", domains=["acme.com"], description="Pumps")
    renamed = Company.by(domains="acme.com", create={"name": "Acme Ltd"})
    ada = await colour.call(Person.objects, "create", name="Ada", company=renamed)
    assert ada.company is acme
    assert (acme.name, acme.description) == ("Acme Ltd", "Pumps")
    assert Company.objects.count() == 1


def test_several_in_a_list(attio_sandbox: SandboxHandle) -> None:
    acme = Company.objects.create(name="Acme")
    acme.team.append(Person.by(email_addresses="ada@x.co", create={"name": "Ada"}))
    acme.team.append(Person.by(email_addresses="bob@x.co", create=True))
    acme.save()
    emails = {email for person in acme.team for email in person.email_addresses}
    assert emails == {"ada@x.co", "bob@x.co"}
    assert [person.name for person in acme.team if person.name] == ["Ada"]


def test_a_field_that_is_not_saved_makes_nothing(attio_sandbox: SandboxHandle) -> None:
    ada = Person.objects.create(name="Ada")
    ada.company = Company.by(domains="acme.com", create=True)
    ada.job_title = "Poet"
    ada.save(fields=["job_title"])
    assert Company.objects.count() == 0
    ada.save()
    assert Company.objects.count() == 1


def test_a_dry_run_makes_nothing(attio_sandbox: SandboxHandle) -> None:
    with attio_sandbox.connection.dry_run() as plan:
        Person.objects.create(company=Company.by(domains="acme.com", create=True))
    assert [each.method for each in plan] == ["PUT", "POST"]
    assert Company.objects.count() == 0


async def test_an_upsert_makes_it_too(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    ada = await colour.call(
        Person.objects,
        "upsert",
        "email_addresses",
        email_addresses=["ada@x.co"],
        company=Company.by(domains="acme.com", create={"name": "Acme"}),
    )
    await colour.call(ada, "load", "company")
    assert ada.company.name == "Acme"


class Pipeline(ListEntry, list="pipeline", parent=Company):
    """A list of companies."""

    priority: Text


def test_the_parent_of_an_upserted_entry(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.define(Pipeline)
    parent = Company.by(domains="acme.com", create={"name": "Acme"})
    with attio_sandbox.connection.dry_run() as plan:
        Pipeline.objects.upsert("parent", parent=parent, priority="1")
    assert [each.method for each in plan] == ["PUT", "PUT"]
    assert Company.objects.count() == 0
    entry = Pipeline.objects.upsert("parent", parent=parent, priority="1")
    assert (entry.parent.name, entry.priority) == ("Acme", "1")


def test_nothing_is_made_for_a_save_that_is_refused(attio_sandbox: SandboxHandle) -> None:
    ada = Person.objects.create(name="Ada", job_title="Poet")
    theirs = {"job_title": "Countess"}
    attio_sandbox.connection.api.records.update("people", str(ada.id), theirs)
    ada.job_title = "Programmer"
    ada.company = Company.by(domains="acme.com", create=True)
    with pytest.raises(StaleRecordError, match="Nothing of theirs was overwritten"):
        ada.save(on_conflict="raise")
    assert Company.objects.count() == 0
    ada.save()
    assert Company.objects.count() == 1


async def test_an_update_of_many_makes_it_once(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    for number in range(5):
        Person.objects.create(name=f"Ada {number}")
    attio_sandbox.connection.schema.fetch("companies")
    acme = Company.by(domains="acme.com", create={"name": "Acme"})
    with attio_sandbox.connection.dry_run() as plan:
        await colour.call(Person.objects, "update", company=acme)
    assert sorted(each.method for each in plan) == ["PATCH"] * 5 + ["PUT"]
    for ada in Person.objects.all():
        ada.refresh()
    with assert_num_requests(1 + 1 + 5):
        assert await colour.call(Person.objects, "update", company=acme) == 5
    assert Person.objects.filter(company__name="Acme").count() == 5


def test_another_class_of_the_object_may_make_it(attio_sandbox: SandboxHandle) -> None:
    class Place(Model, object="companies"):
        """Each name is the slug of the other one."""

        domains: Text = Text("name")
        name: Domains = Domains("domains")

    class Firm(Model, object="companies"):
        """Declared last, so that references give it."""

    match = Place.by(name="acme.com", create={"domains": "Acme", "description": "Pumps"})
    assert match.create == {"domains": ["acme.com"], "name": "Acme", "description": "Pumps"}
    ada = Person.objects.create(name="Ada", company=match)
    ada.refresh()
    (acme,) = attio_sandbox.connection.api.records.query("companies")
    assert acme["values"]["name"][0]["value"] == "Acme"
    assert acme["values"]["domains"][0]["domain"] == "acme.com"
    assert acme["values"]["description"][0]["value"] == "Pumps"


def test_create_is_a_dict_or_whether_to(attio_sandbox: SandboxHandle) -> None:
    plain = Company.by(domains="acme.com")
    assert Company.by(domains="acme.com", create=None) == plain
    assert Company.by(domains="acme.com", create=False) == plain
    wrong: Any = "Acme"
    with pytest.raises(ValidationError, match="takes True, or a dict of the values"):
        Company.by(domains="acme.com", create=wrong)


async def test_an_update_that_is_refused_makes_nothing(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    """Neither where the values are refused, nor where a receiver of the first save does it."""
    for number in range(3):
        Person.objects.create(name=f"Ada {number}")
    attio_sandbox.define(Task)
    Task.objects.create(title="one")
    acme = Company.by(domains="acme.com", create=True)
    wanted = signals.pre_save

    def refuse(sender: Any, **given: Any) -> None:
        raise RuntimeError("not today")

    with wanted.connected_to(refuse, Person), pytest.raises(RuntimeError, match="not today"):
        await colour.call(Person.objects, "update", company=acme)
    with pytest.raises(ValidationError, match="title: is required, and cannot be emptied"):
        await colour.call(Task.objects, "update", company=acme, title=None)
    assert Company.objects.count() == 0


class Task(Model, object="chores"):
    title: Text = Text(required=True)
    company: Maybe[Company]


async def test_no_record_is_updated_where_one_is_refused(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    attio_sandbox.define(Task)
    for title in ("one", "two"):
        Task.objects.create(title=title)
    attio_sandbox.requests.clear()
    with pytest.raises(ValidationError, match="cannot be emptied"):
        await colour.call(Task.objects, "update", title=None)
    assert {request.path.rpartition("/")[2] for request in attio_sandbox.requests} == {"query"}


def test_an_update_makes_no_instance_of_the_class(attio_sandbox: SandboxHandle) -> None:
    class Own(Person):
        def __init__(self, name: str) -> None:
            super().__init__(name=name)

    Own("Ada").save()
    assert Own.objects.update(job_title="Poet") == 1
