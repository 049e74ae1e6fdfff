"""Relations of records that a write here has changed, loaded beside those of others."""

from __future__ import annotations

import gc

from attio_orm import Company, Person
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


def companies(handle: SandboxHandle) -> list[Company]:
    """Three of one page, with two people each; somebody went from the first to the second.

    Made by the test itself, as a task has a session of its own.
    """
    load = handle.workspace.load
    for name in ("Acme", "Beta", "Gamma"):
        (company,) = load("companies", [{"name": name}])
        target = {"target_object": "companies", "target_record_id": company}
        load("people", [{"name": f"{name}, {place}", "company": target} for place in ("A", "B")])
    handle.connection.schema.fetch("people")
    handle.connection.schema.fetch("companies")
    found = list(Company.objects.order_by("name"))
    move(found[1])
    gc.collect()
    handle.requests.clear()
    return found


def move(to: Company) -> None:
    person = Person.objects.get(name__last_name="Acme", name__first_name="A")
    person.company = to
    person.save()


def names(company: Company) -> list[str]:
    return sorted(person.name.full_name for person in company.team)


ACME, BETA, GAMMA = ["B Acme"], ["A Acme", "A Beta", "B Beta"], ["A Gamma", "B Gamma"]


def test_a_touch_of_what_is_as_loaded_reads_nothing_anew(attio_sandbox: SandboxHandle) -> None:
    acme, beta, gamma = companies(attio_sandbox)
    with assert_num_requests(1):  # the team of Gamma alone
        assert names(gamma) == GAMMA
    with assert_num_requests(2):  # the other two as they are now, then the teams of both
        assert names(acme) == ACME
    with assert_num_requests(0):
        assert (names(acme), names(beta), names(gamma)) == (ACME, BETA, GAMMA)


def test_a_touch_of_what_a_write_changed_reads_only_such_anew(attio_sandbox: SandboxHandle) -> None:
    acme, beta, gamma = companies(attio_sandbox)
    with assert_num_requests(2):
        assert names(beta) == BETA
    assert set(attio_sandbox.requests[0].json["filter"]["record_id"]["$in"]) == {acme.id, beta.id}
    with assert_num_requests(1):
        assert (names(acme), names(beta), names(gamma)) == (ACME, BETA, GAMMA)


async def test_an_include_reads_anew_what_a_write_changed_and_nothing_else(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    """The companies are live in the session, so that the include does not ask for them."""
    acme, beta, gamma = companies(attio_sandbox)
    people = await colour.items(Person.objects.includes("company__team"))
    asked = [(each.path.split("/")[3], each.json) for each in attio_sandbox.requests]
    assert [object for object, _ in asked] == ["people", "companies"]
    assert set(asked[1][1]["filter"]["record_id"]["$in"]) == {acme.id, beta.id}
    with assert_num_requests(0):
        assert (names(acme), names(beta), names(gamma)) == (ACME, BETA, GAMMA)
    assert {id(each) for company in (acme, beta, gamma) for each in company.team} == set(
        map(id, people)
    )


async def test_what_was_assigned_is_not_read_anew(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    acme, _, gamma = companies(attio_sandbox)
    (somebody,) = await colour.items(Person.objects.filter(name="B Gamma"))
    acme.team = [somebody]
    with assert_num_requests(0):
        await colour.call(acme, "load", "team")
    assert acme.team == [somebody]
    assert list(acme.changes) == ["team"]
    await colour.call(acme, "save")
    await colour.call(gamma, "load", "team")
    await colour.call(acme, "load", "team")
    assert (names(acme), names(gamma)) == (["B Gamma"], ["A Gamma"])
