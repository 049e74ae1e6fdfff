"""Reading several attributes in one pass gives what reading each by itself gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import Company, Model, Person, connect, hydration
from attio_orm import attributes as kinds
from attio_orm.identity import Session
from attio_orm.models.loading import materialize
from attio_orm.models.state import Batch
from attio_orm.values import RawValue, codec_for


class Contact(Model, object="people", strict=True):
    name: kinds.PersonalName
    email_addresses: kinds.EmailAddresses
    job_title: kinds.Text
    score: kinds.Number


def title(text: Any, kind: str = "text") -> dict[str, Any]:
    return {"attribute_type": kind, "value": text}


def email(text: str) -> dict[str, Any]:
    return {"attribute_type": "email-address", "email_address": text}


@pytest.fixture
def batch(attio_sandbox: Any) -> Batch:
    return Batch(attio_sandbox.connection, Session(attio_sandbox.connection))


def contacts(batch: Batch, *values: dict[str, Any]) -> list[Contact]:
    """Records of one answer with these values, their attributes in Attio's form."""
    rows = [
        hydration.Row(hydration.RowId(f"id-{number}"), values=hydration.encode_values(each))
        for number, each in enumerate(values)
    ]
    return materialize(Contact, rows, batch)


def held(instance: Model) -> set[str]:
    """The attributes that are decoded."""
    return set(vars(instance))


def test_what_is_read_of_two_records_is_read_of_the_third_at_once(batch: Batch) -> None:
    values = {"job_title": [title("Countess")], "score": [title(3, "number")]}
    first, second, third = contacts(batch, values, values, values)
    for each in (first, second):
        assert (each.job_title, each.score) == ("Countess", 3)
    assert held(third) == set()
    assert third.score == 3
    assert held(third) == {"job_title", "score"}
    assert third.job_title == "Countess"


def test_what_is_read_of_one_record_alone_is_no_habit(batch: Batch) -> None:
    values = {"job_title": [title("Countess")], "score": [title(3, "number")]}
    first, second, third = contacts(batch, values, values, values)
    assert (first.job_title, first.score, second.score) == ("Countess", 3, 3)
    assert third.score == 3
    assert held(third) == {"score"}


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ([title(7, "number")], 7),
        ([{"attribute_type": "hologram", "depth": 3}], "hologram"),
        ([], None),
        (None, None),
        ([title("first"), title("second")], "first"),
    ],
    ids=["another type", "a type nobody knows", "empty", "null", "two values"],
)
def test_a_record_that_is_not_as_declared_is_read_attribute_by_attribute(
    batch: Batch, odd: Any, expected: Any
) -> None:
    good = {"job_title": [title("Countess")], "score": [title(3, "number")]}
    *_, third, fourth = contacts(batch, good, good, {**good, "job_title": odd}, good)
    for each in _:
        assert (each.job_title, each.score) == ("Countess", 3)
    assert third.score == 3
    found: Any = third.job_title
    assert (found.type if isinstance(found, RawValue) else found) == expected
    assert (fourth.job_title, fourth.score) == ("Countess", 3)


def test_what_was_read_or_changed_stays(batch: Batch) -> None:
    values = {
        "name": [{"attribute_type": "personal-name", "full_name": "Ada Byron"}],
        "email_addresses": [email("a@x.dev"), email("b@x.dev")],
        "job_title": [title("Countess")],
    }
    first, second, third, fourth = contacts(batch, values, values, values, values)
    for each in (first, second):
        assert len(each.email_addresses) == 2
    emails = third.email_addresses
    for each in (first, second):
        assert (each.job_title, each.name) == ("Countess", "Ada Byron")
    fourth.job_title = "Baroness"
    assert (third.name, fourth.name) == ("Ada Byron", "Ada Byron")
    assert third.email_addresses is emails
    emails.append("c@x.dev")
    assert emails == ["a@x.dev", "b@x.dev", "c@x.dev"]
    assert fourth.job_title == "Baroness"
    assert third.changes.keys() == {"email_addresses"}
    assert fourth.changes.keys() == {"job_title"}


@pytest.fixture(scope="module")
def crm() -> Iterator[None]:
    with connect("sandbox://?seed=crm", on_drift="ignore"):
        yield


@pytest.mark.usefixtures("crm")
@pytest.mark.parametrize("model", [Person, Company])
def test_all_attributes_of_seeded_records_read_the_same(model: type[Model]) -> None:
    plain = [a for a in model._attributes.values() if a.type != "record-reference"]
    found = list(model.objects.all()[:40])
    for number, instance in enumerate(found):
        # each record begins with another attribute
        for attribute in plain[number % len(plain) :] + plain[: number % len(plain)]:
            value = getattr(instance, attribute.name)
            alone = attribute.read(hydration.split(instance._state.values).get(attribute.slug))
            key = codec_for(attribute.type).key
            read = list(value) if attribute.is_multi else [] if value is None else [value]
            assert [key(each) for each in read] == [key(each) for each in alone]
            assert [type(each) for each in read] == [type(each) for each in alone]
