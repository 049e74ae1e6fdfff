"""How many requests it takes: the promise of few, number by number."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

from attio_orm import Company, Deal, Maybe, Model, Person, aconnect, connect
from attio_orm.attributes import Text
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


def to(company: str) -> dict[str, str]:
    return {"target_object": "companies", "target_record_id": company}


def fill(handle: SandboxHandle, people: int, companies: int) -> None:
    found = handle.workspace.load("companies", [{"name": f"C{n}"} for n in range(companies)])
    rows = [{"name": f"P{n}", "company": to(found[n % companies])} for n in range(people)]
    handle.workspace.load("people", rows)


async def test_a_page_with_its_relation(crm: SandboxHandle, colour: Colour) -> None:
    with assert_num_requests(2):
        people = await colour.items(Person.objects.includes("company")[:500])
        assert len(people) == 500
        assert any(person.company.name for person in people if person.company)


@pytest.mark.parametrize(("people", "companies"), [(499, 3), (500, 500), (1_003, 501), (1_500, 1)])
def test_a_whole_table_with_its_relation(
    attio_sandbox: SandboxHandle, people: int, companies: int
) -> None:
    fill(attio_sandbox, people, companies)
    with assert_num_requests(people // 500 + 1 + -(-companies // 500)):
        found = list(Person.objects.includes("company"))
        assert {person.company.name for person in found} == {f"C{n}" for n in range(companies)}
    with assert_num_requests(0):
        assert len(found) == people


async def test_a_page_with_two_relations_of_one_object_and_one_behind(
    crm: SandboxHandle, colour: Colour
) -> None:
    deals = Deal.objects.includes("associated_company", "associated_people__company")[:100]
    # an a-method brings along who the owners of the deals are, once for a connection
    with assert_num_requests(5 if colour.is_async else 4):
        found = await colour.items(deals)
    with assert_num_requests(0):
        names = [
            (deal.associated_company, [person.company for person in deal.associated_people])
            for deal in found
        ]
    assert any(company for company, _ in names)


@pytest.mark.parametrize("count", [500, 1_200])
def test_one_by_one_without_includes(attio_sandbox: SandboxHandle, count: int) -> None:
    fill(attio_sandbox, count, 40)
    with assert_num_requests(count // 500 + 1 + 1):
        for person in Person.objects.all()[: count if count % 500 else None]:
            assert person.company.name.startswith("C")


def test_a_slice_one_by_one_without_includes(crm: SandboxHandle) -> None:
    with assert_num_requests(2):
        for person in Person.objects[:500]:
            assert person.company is None or person.company.name


async def test_an_unchanged_save_sends_nothing(crm: SandboxHandle, colour: Colour) -> None:
    person = await colour.call(Person.objects, "get", email_addresses="ada@lovelace.dev")
    with assert_num_requests(0):
        await colour.call(person, "save")
        person.job_title = person.job_title
        person.email_addresses.append("ADA@lovelace.dev")
        await colour.call(person, "save")


async def test_startup_with_five_models(tmp_path: Path, colour: Colour) -> None:
    class Project(Model, object="people"):
        job_title: Text

    class Place(Model, object="companies"):
        name: Text

    class Machine(Model, object="deals"):
        name: Text

    class Tool(Model, object="users"):
        user_id: Text

    class Spare(Model, object="workspaces"):
        name: Text
        company: Maybe[Place]

    counted: list[str] = []

    def note(sender: Any, *, method: str, path: str, **_: Any) -> None:
        counted.append(f"{method} {path}")

    from attio_orm.signals import request_started

    address = f"sandbox:///{tmp_path / 'five.db'}"
    snapshot = tmp_path / "schema.json"

    async def start(**options: Any) -> None:
        if colour.is_async:
            connection = await aconnect(address, **options)
        else:
            connection = connect(address, **options)
        assert Project.objects.count() == 0
        if not options:
            await colour.call(connection.schema, "save", snapshot)
        await colour.call(connection, "close")

    with request_started.connected_to(note):
        await start()
        assert counted[:6] == ["GET /v2/objects", *sorted(counted[1:6])] or len(counted) >= 6
        introspecting = [each for each in counted if each.startswith("GET")]
        assert introspecting[0] == "GET /v2/objects"
        assert sorted(introspecting[1:6]) == [
            f"GET /v2/objects/{slug}/attributes"
            for slug in ("companies", "deals", "people", "users", "workspaces")
        ]
        assert counted[6] == "POST /v2/objects/people/records/query"
        counted.clear()
        await start(schema=snapshot)
        assert counted == ["POST /v2/objects/people/records/query"]


async def test_a_second_pass_sends_nothing(crm: SandboxHandle, colour: Colour) -> None:
    people = Person.objects.includes("company").filter(job_title__contains="VP")
    first = await colour.items(people)
    with assert_num_requests(0):
        assert await colour.items(people) == first
        assert [person.company for person in first] == [person.company for person in people]


def test_what_is_alive_is_not_asked_for(crm: SandboxHandle) -> None:
    companies = list(Company.objects.all())
    with assert_num_requests(1):
        people = list(Person.objects.includes("company")[:500])
        assert {person.company for person in people} - {None} <= set(companies)
    del people, companies
    gc.collect()
    with assert_num_requests(2):
        list(Person.objects.includes("company")[:500])
