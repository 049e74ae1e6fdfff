"""Rough edges that the documentation's examples met."""

from __future__ import annotations

import pytest

from attio_orm import (
    Company,
    Deal,
    Person,
    ReadOnlyAttributeError,
    UnknownAttributeError,
    ValidationError,
)
from attio_orm.signals import post_load
from attio_orm.testing import SandboxHandle, assert_num_requests


def test_in_bulk_of_a_full_chunk_asks_once(attio_sandbox: SandboxHandle) -> None:
    ids = attio_sandbox.workspace.load("people", [{"name": f"P{n}"} for n in range(501)])
    with assert_num_requests(2):
        assert list(Person.objects.in_bulk(ids)) == ids


def test_in_bulk_of_a_slice_is_refused(attio_sandbox: SandboxHandle) -> None:
    with assert_num_requests(0), pytest.raises(TypeError, match="in_bulk\\(\\) first"):
        Person.objects[:5].in_bulk([])


def test_includes_suggests_a_relation_once(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.workspace.load("people", [{"name": "Ada"}])
    with pytest.raises(UnknownAttributeError, match=r"Did you mean 'company'\? [^D]"):
        Person.objects.includes("compny").first()


def test_a_question_ends_with_its_own_mark(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.add_member("maya@sandbox.example")
    with pytest.raises(ValidationError, match=r"Did you mean 'maya@.*'\?$"):
        Deal.objects.filter(owner="may@sandbox.example").exists()


def test_values_give_a_relation_as_its_id_loaded_or_not(attio_sandbox: SandboxHandle) -> None:
    (company,) = attio_sandbox.workspace.load("companies", [{"name": "Acme"}])
    (ada,) = attio_sandbox.workspace.load("people", [{"name": "Ada"}])
    person = Person.objects.get(id=ada)
    person.company = Company.ref(company)
    person.save()

    assert Person.objects.pluck("company") == [company]
    assert Person.objects.values_list("company", "company__name") == [(company, "Acme")]
    assert Company.objects.pluck("team") == [[ada]]
    person.company = None
    assert Person.objects.pluck("company") == [None]  # as the object that is held has it now


def test_post_load_is_sent_for_a_record_that_is_held_already(attio_sandbox: SandboxHandle) -> None:
    (ada,) = attio_sandbox.workspace.load("people", [{"name": "Ada"}])
    held = Person.objects.get(id=ada)
    loaded: list[object] = []

    def note(sender: object, *, instance: object, **_: object) -> None:
        loaded.append(instance)

    with post_load.connected_to(note, sender=Person):
        assert Person.objects.get(id=ada) is held
        assert Person.objects.get(name="Ada") is held
    assert loaded == [held, held]


@pytest.mark.parametrize("name", ["id", "web_url"])
def test_what_attio_gives_is_not_taken_for_a_misspelt_attribute(name: str) -> None:
    with pytest.raises(ReadOnlyAttributeError, match=rf"Person.{name} cannot be set.*leave it out"):
        Person(**{name: "x"})
