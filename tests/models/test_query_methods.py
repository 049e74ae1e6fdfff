"""Every method that asks Attio, in both colours, by what it gives and how often it asks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from attio_orm import (
    Company,
    Deal,
    DoesNotExist,
    MultipleObjectsReturned,
    Person,
    ReadOnlyAttributeError,
    UnknownAttributeError,
    ValidationError,
)
from attio_orm.connection.current import current
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

NOBODY = "00000000-0000-4000-8000-000000000000"


def asked() -> Any:
    """The last request to the current connection's workspace."""
    sandbox = current().sandbox
    assert sandbox is not None
    return sandbox.requests[-1]


# -- one record ------------------------------------------------------------------------------------


async def test_get_by_a_lookup_is_one_request_of_two_records(
    crm: SandboxHandle, colour: Colour
) -> None:
    with assert_num_requests(1):
        ada = await colour.call(Person.objects, "get", email_addresses="ada@lovelace.dev")
    assert ada.name.full_name == "Ada Lovelace"
    assert asked().json["limit"] == 2
    with assert_num_requests(1):
        again = await colour.call(
            Person.objects.filter(job_title="Mathematician"), "get", id=ada.id
        )
    assert again is ada


@pytest.mark.parametrize(
    "lookup", [lambda i: {"id": i}, lambda i: {"id__exact": i}, lambda i: {"id": UUID(i)}]
)
async def test_get_by_id_alone_is_a_get(crm: SandboxHandle, colour: Colour, lookup: Any) -> None:
    record_id = Person.objects.get(email_addresses="ada@lovelace.dev").id
    for source in (Person.objects, Person.objects.all(), Person.objects.using(crm.connection)):
        with assert_num_requests(1):
            ada = await colour.call(source, "get", **lookup(record_id))
        assert (asked().method, asked().path) == ("GET", f"/v2/objects/people/records/{record_id}")
        assert ada.name.full_name == "Ada Lovelace"
    assert (await colour.call(Person.objects.filter(**lookup(record_id)), "get")).id == record_id
    assert asked().method == "GET"


async def test_get_by_id_loads_what_it_includes(crm: SandboxHandle, colour: Colour) -> None:
    record_id = Person.objects.get(email_addresses="ada@lovelace.dev").id
    with assert_num_requests(2):
        ada = await colour.call(Person.objects.includes("company"), "get", id=record_id)
    with assert_num_requests(0):
        assert ada.company.name == "Analytical Engines"


@pytest.mark.parametrize("malformed", ["nope", "", 5, "00000000-0000-4000-8000-00000000000", b"x"])
async def test_a_malformed_id_is_refused_before_it_is_sent(
    attio_sandbox: SandboxHandle, colour: Colour, malformed: Any
) -> None:
    with assert_num_requests(0):
        for method in ("get", "get_or_none", "find_by"):
            with pytest.raises(ValidationError, match="UUID"):
                await colour.call(Person.objects, method, id=malformed)
        with pytest.raises(ValidationError, match="UUID"):
            await colour.call(Person.objects, "get", id=malformed, job_title="x")
        with pytest.raises(ValidationError, match="UUID"):
            await colour.call(Person.objects, "in_bulk", [NOBODY, malformed])


async def test_none_and_several(crm: SandboxHandle, colour: Colour) -> None:
    people = Person.objects
    for lookups in ({"id": NOBODY}, {"job_title": "Lamplighter"}):
        with pytest.raises(Person.DoesNotExist, match="Person"):
            await colour.call(people, "get", **lookups)
        with pytest.raises(DoesNotExist):
            await colour.call(people, "get", **lookups)
        with assert_num_requests(1):
            assert await colour.call(people, "find_by", **lookups) is None
    assert await colour.call(people, "get_or_none", job_title="Lamplighter") is None
    assert await colour.call(people, "get_or_none", id=NOBODY) is None
    with pytest.raises(Person.MultipleObjectsReturned, match="Narrow the filter"):
        await colour.call(people, "get", job_title="Recruiter")
    with pytest.raises(MultipleObjectsReturned):
        await colour.call(people, "get_or_none", job_title="Recruiter")
    assert not issubclass(Company.DoesNotExist, Person.DoesNotExist)


async def test_first_last_and_find_by(crm: SandboxHandle, colour: Colour) -> None:
    queryset = Person.objects.filter(job_title="Recruiter").order_by("name__last_name", "id")
    everybody = list(queryset.all())
    with assert_num_requests(1):
        assert await colour.call(queryset.all(), "first") is everybody[0]
    with assert_num_requests(1):
        assert await colour.call(queryset.all(), "last") is everybody[-1]
    with assert_num_requests(1):
        found = await colour.call(
            Person.objects.order_by("-created_at"), "find_by", job_title="CFO"
        )
    assert found == max(Person.objects.filter(job_title="CFO"), key=lambda p: p.created_at)
    assert await colour.call(queryset[3:5], "first") is everybody[3]
    assert await colour.call(queryset[len(everybody) :], "first") is None
    assert await colour.call(Person.objects.filter(job_title="Lamplighter"), "last") is None
    with pytest.raises(ValueError, match="slice"):
        await colour.call(queryset[:5], "last")


async def test_exists_is_one_request(crm: SandboxHandle, colour: Colour) -> None:
    with assert_num_requests(1):
        assert await colour.call(Person.objects, "exists") is True
    assert asked().json["limit"] == 1
    with assert_num_requests(1):
        assert await colour.call(Person.objects.filter(job_title="Lamplighter"), "exists") is False
    assert await colour.call(Person.objects[2_999:], "exists") is True
    assert await colour.call(Person.objects[3_000:], "exists") is False


# -- all of them -----------------------------------------------------------------------------------


async def test_in_bulk(crm: SandboxHandle, colour: Colour) -> None:
    ids = Person.objects.order_by("-created_at").pluck("id")
    wanted = [*ids[:1_200], NOBODY, *ids[:3]]
    with assert_num_requests(3):
        found = await colour.call(Person.objects, "in_bulk", wanted)
    assert list(found) == ids[:1_200]
    assert all(person.id == record_id for record_id, person in found.items())
    recruiters = Person.objects.filter(job_title="Recruiter")
    some = await colour.call(recruiters, "in_bulk", (UUID(each) for each in ids))
    assert set(some.values()) == set(recruiters)
    with assert_num_requests(0):
        assert await colour.call(Person.objects, "in_bulk", []) == {}
        with pytest.raises(ValidationError, match=r"get\(id="):
            await colour.call(Person.objects, "in_bulk", ids[0])


async def test_values_values_list_and_pluck(crm: SandboxHandle, colour: Colour) -> None:
    people = Person.objects.filter(company__name="Acme").order_by("created_at", "id")
    expected = [
        {"id": p.id, "name": p.name, "company__name": "Acme", "company": p.company.id}
        for p in people.includes("company")
    ]
    with assert_num_requests(2):
        rows = await colour.call(people, "values", "id", "name", "company__name", "company")
    assert rows == expected
    with assert_num_requests(1):
        pairs = await colour.call(people, "values_list", "name__last_name", "job_title")
    assert pairs == [(p.name.last_name, p.job_title) for p in people]
    assert await colour.call(people, "pluck", "job_title") == [p.job_title for p in people]
    assert await colour.call(people, "values_list", "created_at", flat=True) == [
        p.created_at for p in people
    ]
    with assert_num_requests(0), pytest.raises(TypeError, match="one name"):
        await colour.call(people, "values_list", "name", "id", flat=True)
    with pytest.raises(ValidationError, match="Name the attributes"):
        await colour.call(people, "values")


async def test_values_through_many_relations(crm: SandboxHandle, colour: Colour) -> None:
    deals = Deal.objects.filter(associated_company__isnull=False).order_by("created_at", "id")[:50]
    expected = [
        (
            [person.company and person.company.name for person in deal.associated_people],
            [person.id for person in deal.associated_people],
            deal.associated_company.primary_location
            and deal.associated_company.primary_location.locality,
        )
        for deal in list(deals.includes("associated_people__company", "associated_company"))
    ]
    with assert_num_requests(3):
        companies = await colour.call(deals, "pluck", "associated_people__company__name")
    assert companies == [each[0] for each in expected]
    with assert_num_requests(1):
        assert await colour.call(deals, "pluck", "associated_people") == [e[1] for e in expected]
    with assert_num_requests(2):
        places = await colour.call(deals, "pluck", "associated_company__primary_location__locality")
    assert places == [each[2] for each in expected]
    assert any(places)


async def test_values_of_an_undeclared_object(crm: SandboxHandle, colour: Colour) -> None:
    from attio_orm import Model

    class Contact(Model, object="people"):
        pass

    found = await colour.call(
        Contact.objects.filter(company__name="Acme").order_by("name__last_name"),
        "values_list", "job_title", "company__domains",
    )  # fmt: skip
    assert len(found) >= 12
    assert {next(iter(domains)) for _, domains in found} == {"acme.example.com"}
    model = current().model("users")
    emails = await colour.call(model.objects[:3], "pluck", "person__email_addresses")
    assert "ada@lovelace.dev" in emails[0] or len(emails) == 3


async def test_an_unknown_name_of_values_is_refused(crm: SandboxHandle, colour: Colour) -> None:
    for empty in (Person.objects.filter(job_title="Lamplighter"), Person.objects.all()):
        with pytest.raises(UnknownAttributeError, match="Did you mean 'job_title'"):
            await colour.call(empty, "values", "jobtitle")
    assert not any("records/query" in each.path for each in crm.requests)


# -- writing ---------------------------------------------------------------------------------------


async def test_update_changes_what_differs(crm: SandboxHandle, colour: Colour) -> None:
    people = Person.objects.filter(company__name="Acme")
    count = people.count()
    already = people.filter(job_title="VP Product").count()
    assert await colour.call(people.all(), "update", job_title="VP Product") == count - already
    assert set(people.pluck("job_title")) == {"VP Product"}
    crm.requests.clear()
    assert await colour.call(people.all(), "update", job_title="VP Product") == 0
    assert {each.method for each in crm.requests} <= {"POST", "GET"}
    assert await colour.call(people[:2], "update", job_title=None) == 2
    assert people.filter(job_title=None).count() == 2
    assert await colour.call(people, "update") == 0


async def test_update_refuses_what_cannot_be_set(crm: SandboxHandle, colour: Colour) -> None:
    people = Person.objects.filter(company__name="Acme")
    with pytest.raises(UnknownAttributeError, match="job_title"):
        await colour.call(people, "update", jobtitle="x")
    with pytest.raises(ValidationError):
        await colour.call(people, "update", job_title=5)
    with pytest.raises(ReadOnlyAttributeError):
        await colour.call(people, "update", twitter_follower_count=5)
    assert not [each for each in crm.requests if each.method in {"PATCH", "PUT"}]


async def test_delete_is_confirmed_by_the_number(crm: SandboxHandle, colour: Colour) -> None:
    people = Person.objects.filter(job_title="Recruiter")
    count = people.count()
    for wrong in (0, count - 1, count + 1):
        with pytest.raises(ValidationError, match=f"confirm={count}"):
            await colour.call(people.all(), "delete", confirm=wrong)
    assert people.all().count() == count
    assert await colour.call(people[:2], "delete", confirm=2) == 2
    assert await colour.call(people.all(), "delete", confirm=count - 2) == count - 2
    assert people.all().count() == 0
    with pytest.raises(TypeError):
        await colour.call(people, "delete")


# -- search ----------------------------------------------------------------------------------------


async def test_search_is_two_requests_in_its_own_order(crm: SandboxHandle, colour: Colour) -> None:
    with assert_num_requests(2) as sent:
        found = await colour.call(Person.objects, "search", "lovelace")
    assert sent == ["POST /v2/objects/records/search", "POST /v2/objects/people/records/query"]
    assert "Ada Lovelace" in [person.name.full_name for person in found]
    with assert_num_requests(1):
        assert await colour.call(Person.objects, "search", "zzzzzz") == []
    assert len(await colour.call(Person.objects, "search", "a", limit=3)) == 3
    crm.requests.clear()
    with_company = await colour.call(Person.objects.includes("company"), "search", "ada")
    with assert_num_requests(0):
        assert [person.company for person in with_company]


async def test_search_among_those_that_a_filter_leaves(crm: SandboxHandle, colour: Colour) -> None:
    everybody = await colour.call(Person.objects, "search", "ada")
    some = Person.objects.exclude(job_title="Mathematician")
    found = await colour.call(some, "search", "ada")
    assert found == [person for person in everybody if person.job_title != "Mathematician"]
    assert len(found) < len(everybody)


@pytest.mark.parametrize("limit", [0, 26, -1, "5", None])
async def test_search_has_its_limits(
    attio_sandbox: SandboxHandle, colour: Colour, limit: Any
) -> None:
    with assert_num_requests(0):
        with pytest.raises(ValidationError, match="1 to 25"):
            await colour.call(Person.objects, "search", "x", limit=limit)
        for text in ("x" * 257, None):
            with pytest.raises(ValidationError, match="256"):
                await colour.call(Person.objects, "search", text)
