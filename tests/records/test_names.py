"""Names that collide, names that Python cannot spell, and names that only the workspace knows."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Model, Person, UnknownAttributeError, ValidationError, connect
from attio_orm.attributes import Text
from attio_orm.testing import assert_num_requests

SLUGS = ("class", "save", "objects", "2fa", "notes", "filter", "raw", "is_changed")


@pytest.fixture
def odd(attio_sandbox: Any) -> type[Model]:
    """A model whose object has nothing but awkward slugs."""

    class Odd(Model):
        pass

    attio_sandbox.workspace.define_object("odds", "Odd", "Odds")
    for slug in SLUGS:
        attio_sandbox.workspace.define_attribute("odds", api_slug=slug, type="text")
    attio_sandbox.connection.schema.forget()
    return Odd


@pytest.mark.parametrize("slug", SLUGS)
def test_any_slug_is_written_read_queried_and_dumped(odd: Any, slug: str) -> None:
    made = odd.objects.create(**{slug: "one"})
    made[slug] = "two"
    assert set(made.changes) == {slug}
    made.save()

    assert made[slug] == "two"
    assert not made.is_changed
    assert odd.objects.get(**{slug: "two"}) is made
    assert made.model_dump()[slug] == "two"
    made.refresh()
    assert made[slug] == "two"


@pytest.mark.parametrize("slug", ["save", "objects", "raw", "is_changed"])
def test_what_every_model_has_wins_over_a_slug(odd: Any, slug: str) -> None:
    made = odd.objects.create(**{slug: "x"})
    made[slug] = "y"

    assert getattr(type(made), slug) is not None
    assert callable(made.save)
    assert isinstance(made.raw, dict)
    assert made.is_changed is True
    assert made[slug] == "y"


def test_a_slug_that_every_model_has_is_reached_by_brackets(odd: Any) -> None:
    made = odd.objects.create(notes="x")

    assert made["notes"] == "x"
    assert made.notes.all() == []  # those of Attio, which are no attribute
    with pytest.raises(UnknownAttributeError, match=r'\["notes"\]'):
        made.notes = "y"


@pytest.mark.parametrize("name", ["save", "objects", "id", "created_at", "notes", "tasks", "raw"])
def test_an_attribute_cannot_be_declared_under_a_reserved_name(name: str) -> None:
    with pytest.raises(TypeError, match=rf"name of every model.*{name}_ = Text\(\"{name}\"\)"):
        type("Odd", (Model,), {"__module__": __name__, "__annotations__": {name: Text}})


def test_reserved_slugs_are_declared_under_another_name(odd: Any) -> None:
    class Odd(Model):
        klass: Text = Text("class")
        two_factor: Text = Text("2fa")
        save_: Text = Text("save")

    made = Odd.objects.create(klass="a", two_factor="b", save_="c")

    assert (made["class"], made["2fa"], made["save"]) == ("a", "b", "c")
    assert Odd.objects.filter(Odd.two_factor == "b").get() is made


def test_a_strict_class_refuses_what_it_does_not_declare(attio_sandbox: Any) -> None:
    class Person(Model, strict=True):
        job_title: Text

    ada = Person.objects.create(job_title="Countess")

    for touch in (lambda: ada.name, lambda: ada["name"], lambda: setattr(ada, "name", "Ada")):
        with pytest.raises(UnknownAttributeError, match="strict: declare it"):
            touch()
    with pytest.raises(UnknownAttributeError, match="strict"):
        Person(name="Ada")
    with pytest.raises(UnknownAttributeError):
        Person.objects.get(name="Ada")
    assert set(ada.model_dump()) == {"id", "created_at", "web_url", "job_title"}


def test_a_misspelt_name_is_answered_with_close_ones(attio_sandbox: Any) -> None:
    ada = Person.objects.create(name="Ada")

    with pytest.raises(UnknownAttributeError, match="Did you mean 'job_title'"):
        _ = ada.job_titel
    with pytest.raises(UnknownAttributeError, match="Did you mean 'job_title'"):
        ada.job_titel = "x"
    with pytest.raises(UnknownAttributeError, match="Did you mean 'job_title'"):
        _ = ada["job_titel"]
    with pytest.raises(UnknownAttributeError, match="Did you mean 'email_addresses'"):
        Person.objects.create(email_adresses=["a@b.co"])
    assert not hasattr(ada, "job_titel"), "an UnknownAttributeError is an AttributeError"


def test_an_archived_attribute_is_named_as_such(attio_sandbox: Any) -> None:
    attio_sandbox.workspace.define_attribute("people", api_slug="old", type="text")
    connection = attio_sandbox.connection
    connection.api.attributes.update("people", "old", is_archived=True)
    ada = Person.objects.create(name="Ada")

    with pytest.raises(UnknownAttributeError, match="archived"):
        _ = ada.old
    with pytest.raises(UnknownAttributeError, match="archived"):
        ada.old = "x"
    with pytest.raises(UnknownAttributeError, match="archived"):
        Person.objects.filter(old="x").first()


def test_an_attribute_is_never_deleted_from_an_instance(attio_sandbox: Any) -> None:
    ada = Person.objects.create(name="Ada")

    with pytest.raises(TypeError, match="set it to None"):
        del ada.name


def test_undeclared_values_set_before_anything_is_known_are_checked_by_the_save() -> None:
    class Person(Model):
        pass

    ada = Person(name="Ada", job_title="Countess")
    ada.description = "First of all programmers"
    wrong = Person(nmae="Ada")

    assert (ada.name, ada.job_title) == ("Ada", "Countess")
    with connect("sandbox://") as connection:
        ada.save()
        sent = connection.sandbox.requests[-1].json["data"]["values"]  # type: ignore[union-attr]
        assert sent["description"] == "First of all programmers"
        assert ada.name.first_name == "Ada"
        for asked in (1, 0):  # whether it was made since; the answer is good for some seconds
            with (
                assert_num_requests(asked),
                pytest.raises((UnknownAttributeError, ValidationError), match="'name'"),
            ):
                wrong.save()


def test_model_gives_a_class_for_an_object_that_nobody_declared(attio_sandbox: Any) -> None:
    attio_sandbox.workspace.define_object("office_spaces", "Office", "Offices")
    attio_sandbox.workspace.define_attribute("office_spaces", api_slug="floor", type="number")
    office = attio_sandbox.connection.model("office_spaces")

    made = office.objects.create(floor=3)

    assert office.__name__ == "OfficeSpace"
    assert attio_sandbox.connection.model("office_spaces") is office
    assert (office.objects.get(floor=3), made.floor) == (made, 3.0)
    assert attio_sandbox.connection.model("people") is Person
