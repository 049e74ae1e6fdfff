"""Both sides of a relationship are right after a save of one, with no request at the save."""

from __future__ import annotations

import pytest

from attio_orm import Company, NotLoadedError, Person
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


@pytest.fixture
def member(attio_sandbox: SandboxHandle) -> Person:
    """A person in the team of the second of three companies."""
    acme, beta, _ = (Company.objects.create(name=name) for name in ("Acme", "Beta", "Gamma"))
    person = Person.objects.create(name="Lovelace, Ada", company=beta)
    assert acme.id
    return person


def named(name: str) -> Company:
    return Company.objects.get(name=name)


def test_the_lists_of_the_company_before_and_the_one_after(member: Person) -> None:
    acme, beta, gamma = named("Acme"), named("Beta"), named("Gamma")
    assert (list(acme.team), list(beta.team), list(gamma.team)) == ([], [member], [])
    member.company = acme
    with assert_num_requests(1):
        member.save()
    with assert_num_requests(1):
        assert acme.team == [member]
    with assert_num_requests(1):
        assert beta.team == []
    with assert_num_requests(0):
        assert gamma.team == []
        assert acme.team == [member]
        assert member.company is acme


def test_a_list_that_was_loaded_but_never_read(member: Person) -> None:
    acme = named("Acme")
    member.company = acme
    member.save()
    assert acme.team == [member]


def test_a_new_record(member: Person) -> None:
    beta = named("Beta")
    assert beta.team == [member]
    bob = Person.objects.create(name="Bob", company=beta)
    assert set(beta.team) == {member, bob}


def test_a_match_by_a_unique_attribute(member: Person) -> None:
    acme = named("Acme")
    acme.domains = ["acme.example.com"]
    acme.save()
    assert acme.team == []
    member.company = Company.by(domains="acme.example.com")
    member.save()
    assert acme.team == [member]


def test_a_person_taken_from_another_company(member: Person) -> None:
    acme, beta = named("Acme"), named("Beta")
    assert (list(acme.team), list(beta.team)) == ([], [member])
    assert member.company is beta
    acme.team.append(member)
    with assert_num_requests(1):
        acme.save()
    assert member.company is acme
    assert beta.team == []
    acme.team = []
    acme.save()
    assert member.company is None


def test_peers_are_read_anew_together(member: Person) -> None:
    companies = list(Company.objects.order_by("name"))
    others = [Person.objects.create(name=f"P{n}", company=each) for n, each in enumerate(companies)]
    with assert_num_requests(1):
        teams = [set(company.team) for company in companies]
    assert teams == [{others[0]}, {others[1], member}, {others[2]}]


def test_what_the_user_changed_stays(member: Person) -> None:
    acme = named("Acme")
    bob = Person.objects.create(name="Bob")
    acme.team.append(bob)
    member.company = acme
    member.save()
    assert acme.team == [bob]
    assert acme.is_changed
    acme.save()
    assert set(acme.team) == {member, bob}


def test_another_session_is_left_alone(member: Person) -> None:
    acme = named("Acme")
    assert acme.team == []
    connection = acme.connection
    assert connection is not None
    with connection.session():
        again = Person.objects.get(id=member.id)
        again.company = named("Acme")
        again.save()
    with assert_num_requests(0):
        assert acme.team == []


async def test_what_an_a_method_brought_says_how_to_load_it(attio_sandbox: SandboxHandle) -> None:
    acme = await Company.objects.acreate(name="Acme")
    assert acme.team == []
    member = await Person.objects.acreate(name="Ada", company=acme)
    with pytest.raises(NotLoadedError, match=r'aload\("team"\)'):
        _ = acme.team
    await acme.aload("team")
    assert acme.team == [member]


async def test_includes_reads_it_anew(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    acme = await colour.call(Company.objects, "create", name="Acme")
    assert acme.team == []
    await colour.call(Person.objects, "create", name="Ada", company=acme)
    (member,) = await colour.items(Person.objects.includes("company__team"))
    assert member.company is acme
    assert acme.team == [member]
