"""``model_dump(include=..., exclude=...)``, as in pydantic."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from attio_orm import Model, Person, UnknownAttributeError, ValidationError
from attio_orm.attributes import PersonalName, Text


def test_include(ada: Person) -> None:
    assert ada.model_dump(include={"name", "id"}) == {"id": ada.id, "name": "Ada Byron"}
    assert ada.model_dump(include=["job_title"], mode="json") == {"job_title": "Countess"}
    assert ada.model_dump(include=()) == {}


def test_exclude(ada: Person) -> None:
    whole, less = ada.model_dump(), ada.model_dump(exclude={"name", "web_url"})
    assert list(less) == [name for name in whole if name not in {"name", "web_url"}]
    assert ada.model_dump(include={"name", "id"}, exclude={"id"}) == {"name": "Ada Byron"}


def test_of_related_records(ada: Person) -> None:
    dumped = ada.model_dump(include={"name": True, "company": {"name", "domains"}})
    assert dumped == {"name": "Ada Byron", "company": {"name": "Acme", "domains": ["acme.com"]}}
    company = ada.model_dump(exclude={"company": {"name": True}})["company"]
    assert "name" not in company
    assert "domains" in company
    assert ada.model_dump(include={"name": True, "company": False}) == {"name": "Ada Byron"}
    assert "company" in ada.model_dump(exclude={"company": False})


def test_by_slug_and_undeclared(ada: Person) -> None:
    class Contact(Model, object="people"):
        full_name: PersonalName = PersonalName("name")
        title: Text = Text("job_title")

    contact = Contact.objects.get(id=ada.id)
    assert contact.model_dump(include={"name", "title"}) == {
        "full_name": "Ada Byron",
        "title": "Countess",
    }
    assert contact.model_dump(include={"twitter"}) == {"twitter": None}


def test_what_is_not_loaded(ada: Person) -> None:
    other = Person.ref("11111111-1111-4111-8111-111111111111")
    assert other.model_dump(include={"id", "name"}) == {"id": other.id}


def test_a_misspelt_name(ada: Person) -> None:
    with pytest.raises(UnknownAttributeError, match="'job_title'"):
        ada.model_dump(include={"job_titel"})
    with pytest.raises(UnknownAttributeError, match="'job_title'"):
        ada.model_dump(exclude={"job_titel"})
    with pytest.raises(UnknownAttributeError, match="'domains'"):
        ada.model_dump(include={"company": {"domain"}})


@pytest.mark.parametrize("given", ["name", 3])
def test_no_names(ada: Person, given: Any) -> None:
    with pytest.raises(ValidationError, match="takes names of attributes"):
        ada.model_dump(include=given)


def test_in_a_pydantic_model(ada: Person) -> None:
    class Answer(pydantic.BaseModel):
        person: Person

    answer = Answer(person=ada)
    assert answer.model_dump(include={"person": {"name"}}) == {"person": {"name": "Ada Byron"}}
    assert "name" not in answer.model_dump(exclude={"person": {"name"}})["person"]
