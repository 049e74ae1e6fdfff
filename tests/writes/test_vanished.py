"""Records that are deleted while others refer to them: nobody here took them out of a relation."""

from __future__ import annotations

import pytest

from attio_orm import Company, InvalidRequestError, Person
from attio_orm.testing import SandboxHandle
from tests.colours import Colour


def people(*names: str) -> list[Person]:
    return [Person.objects.create(name=name) for name in names]


async def test_an_addition_is_an_addition_where_a_member_is_gone(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    """Nobody's additions are lost, and nothing is stale."""
    connection = attio_sandbox.connection
    ada, bob, eve, joe = people("Ada", "Bob", "Eve", "Joe")
    made = Company.objects.create(name="Acme", team=[ada, bob])
    with connection.session():
        acme = await colour.call(Company.objects, "get", id=made.id)
        connection.api.records.delete("people", str(bob.id))
        theirs = {"target_object": "people", "target_record_id": str(eve.id)}
        connection.api.records.update("companies", str(made.id), {"team": [theirs]})
        await colour.call(acme, "load", "team")
        assert [each.id for each in acme.team] == [ada.id]
        acme.team.append(joe)
        assert [each.id for each in acme.changes["team"].old] == [ada.id]
        await colour.call(acme, "save", on_conflict="raise")
        assert attio_sandbox.requests[-1].method == "PATCH"
        await colour.call(acme, "load", "team")
        assert {each.id for each in acme.team} == {ada.id, eve.id, joe.id}


def test_an_empty_relation_is_not_changed_by_emptying_it(attio_sandbox: SandboxHandle) -> None:
    acme = Company.objects.create(name="Acme")
    made = Person.objects.create(name="Ada", company=acme)
    with attio_sandbox.connection.session():
        ada = Person.objects.get(id=made.id)
        with attio_sandbox.connection.session():
            Company.objects.get(id=acme.id).delete()
        assert ada.company is None
        ada.company = None
        assert not ada.is_changed


def test_a_removal_beside_a_member_that_is_gone(attio_sandbox: SandboxHandle) -> None:
    """The error says which relation it is, and what to do; doing so helps."""
    ada, bob = people("Ada", "Bob")
    acme = Company.objects.create(name="Acme", team=[ada, bob])
    assert len(acme.team) == 2
    with attio_sandbox.connection.session():
        Person.objects.get(id=ada.id).delete()
    acme.team.remove(bob)
    with pytest.raises(InvalidRequestError, match=r"team refers to it: .* refresh\(\)") as caught:
        acme.save()
    assert "spelling" not in str(caught.value)
    acme.refresh()
    acme.team.remove(bob)
    acme.save()
    assert acme.team == []


def test_a_new_record_that_refers_to_one_that_is_gone(attio_sandbox: SandboxHandle) -> None:
    (ada,) = people("Ada")
    with attio_sandbox.connection.session():
        Person.objects.get(id=ada.id).delete()
    with pytest.raises(InvalidRequestError, match=r"team refers to it: .* Take it out"):
        Company.objects.create(name="Acme", team=[ada])


def test_another_value_that_is_not_found_is_told_as_attio_does(
    attio_sandbox: SandboxHandle,
) -> None:
    """A match by a domain that nobody has: no record that is known is gone."""
    (ada,) = people("Ada")
    ada.company = Company.by(domains="nobody.example")
    with pytest.raises(InvalidRequestError) as caught:
        ada.save()
    assert "refers to it" not in str(caught.value)
