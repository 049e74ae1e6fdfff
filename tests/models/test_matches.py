"""References by a unique value, and records made for them on request."""

from __future__ import annotations

import pytest

from attio_orm import Company, ListEntry, Person, StaleRecordError
from attio_orm.attributes import Text
from attio_orm.embedded import SandboxHandle
from attio_orm.testing import assert_num_requests
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
    with pytest.raises(StaleRecordError, match="Nothing was sent"):
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
