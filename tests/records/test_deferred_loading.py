"""``ref()``: nothing is sent before the first touch, and those of one session load together."""

from __future__ import annotations

import uuid
import warnings

import pytest

from attio_orm import (
    Company,
    LazyLoadWarning,
    Model,
    NotFoundError,
    NotLoadedError,
    Person,
    ValidationError,
)
from attio_orm.attributes import PersonalName
from attio_orm.connection import defaults
from attio_orm.records.lazy_load_warnings import MANY
from attio_orm.testing import SandboxHandle, assert_num_requests

NOBODY = str(uuid.UUID(int=9))


@pytest.fixture
def ids(attio_sandbox: SandboxHandle) -> list[str]:
    """Twelve people, each with a company."""
    companies = attio_sandbox.workspace.load("companies", [{"name": f"C{n}"} for n in range(12)])
    return attio_sandbox.workspace.load(
        "people",
        [
            {
                "name": f"P{n}",
                "company": {"target_object": "companies", "target_record_id": company},
            }
            for n, company in enumerate(companies)
        ],
    )


def test_those_of_one_session_load_with_one_request(ids: list[str]) -> None:
    people = [Person.ref(each) for each in ids]
    with assert_num_requests(1):
        names = [str(person.name) for person in people]
    assert names == [f"P{n}" for n in range(12)]
    with assert_num_requests(1):  # and they are peers from then on
        assert {str(person.company and person.company.name) for person in people} == {
            f"C{n}" for n in range(12)
        }


def test_a_request_takes_500(attio_sandbox: SandboxHandle) -> None:
    ids = attio_sandbox.workspace.load("companies", [{"name": str(n)} for n in range(501)])
    companies = [Company.ref(each) for each in ids]
    with assert_num_requests(2):
        assert [company.name for company in companies] == [str(n) for n in range(501)]


def test_what_was_set_before_stays(ids: list[str]) -> None:
    first, second = Person.ref(ids[0]), Person.ref(ids[1])
    second.job_title = "Mine"
    assert str(first.name) == "P0"
    assert (second.job_title, str(second.name)) == ("Mine", "P1")
    assert list(second.changes) == ["job_title"]


def test_one_that_is_gone_does_not_keep_the_others(ids: list[str]) -> None:
    people = [Person.ref(NOBODY), *(Person.ref(each) for each in ids)]
    assert str(people[1].name) == "P0"
    with pytest.raises(Person.DoesNotExist, match="no longer exists"):
        _ = people[0].name
    with assert_num_requests(0):
        assert str(people[-1].name) == "P11"
        with pytest.raises(Person.DoesNotExist):
            _ = people[0].name


def test_another_session_is_left_alone(ids: list[str], attio_sandbox: SandboxHandle) -> None:
    here = Person.ref(ids[0])
    with attio_sandbox.connection.session():
        assert str(Person.ref(ids[1]).name) == "P1"
    assert "not loaded" in repr(here)


def test_an_object_that_the_workspace_lacks(attio_sandbox: SandboxHandle) -> None:
    class Rocket(Model, strict=True):
        name: PersonalName

    rockets = [Rocket.ref(NOBODY), Rocket.ref(str(uuid.UUID(int=8)))]
    with pytest.raises(NotFoundError, match="rockets"):
        _ = rockets[0].name


def test_attributes_that_the_class_does_not_declare(ids: list[str]) -> None:
    class Contact(Model, object="people"):
        name: PersonalName

    contacts = [Contact.ref(each) for each in ids]
    assert [contact.job_title for contact in contacts] == [None] * 12


def test_one_after_another_is_told(ids: list[str]) -> None:
    with pytest.warns(LazyLoadWarning, match=r"in_bulk\(ids\)") as caught:
        names = [str(Person.ref(each).name) for each in ids]
    assert len(names) == 12
    (warning,) = caught
    assert warning.filename == __file__
    assert f"has loaded {MANY} times what Person.ref() made" in str(warning.message)


def test_together_is_silent(ids: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            people = [Person.ref(each) for each in ids]
            assert all(person.name for person in people)
            del people


def test_without_a_connection(ids: list[str], attio_sandbox: SandboxHandle) -> None:
    defaults.drop(attio_sandbox.connection)
    try:
        lone = Person.ref(ids[0])
        other = Person.ref(ids[1])
    finally:
        defaults.push(attio_sandbox.connection)
    assert (lone.connection, other.connection) == (None, None)
    assert str(lone.name) == "P0"
    assert lone.connection is attio_sandbox.connection


async def test_in_async_code_it_says_how(ids: list[str]) -> None:
    person = Person.ref(ids[0])
    with pytest.raises(NotLoadedError, match=r"await instance.arefresh\(\)"):
        _ = person.name
    await person.arefresh()
    assert str(person.name) == "P0"


def test_no_id(attio_sandbox: SandboxHandle) -> None:
    with pytest.raises(ValidationError, match="is not a valid record id"):
        Person.ref("ada")
