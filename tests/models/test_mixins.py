"""Classes other than models among a model's bases: plain ones, ABC and Protocol."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol, runtime_checkable

import pytest

from attio_orm import Company, ListEntry, Many, Maybe, Model, One
from attio_orm.attributes import Number, Text
from attio_orm.records.base import mapper_of
from tests.colours import Colour


class Titled:
    title: Text
    headline: Text = Text("head_line")
    pages = Number()
    shelf = "upper"


@runtime_checkable
class Owned(Protocol):
    owner: Maybe[Company]

    def describe(self) -> str: ...


class Describing(ABC):
    @abstractmethod
    def describe(self) -> str: ...


class Boat(Titled, Owned, Model):
    def describe(self) -> str:
        return f"{self.title} of {self.owner}"


class Car(Model, Titled, Describing):
    doors: Number

    def describe(self) -> str:
        return f"{self.title}, {self.doors:.0f} doors"


async def test_what_plain_bases_declare_counts(attio_sandbox: Any, colour: Colour) -> None:
    attio_sandbox.define(Boat, Car)
    acme = await colour.call(Company.objects, "create", name="Acme")

    await colour.call(Boat.objects, "create", title="Argo", headline="Sails", pages=2, owner=acme)
    boat = await colour.call(Boat.objects, "get", title="Argo", pages__gte=2)
    found = await colour.call(Boat.objects.filter(Boat.headline == "Sails"), "count")

    values = attio_sandbox.requests[-1].json
    assert found == 1, values
    assert boat.raw["head_line"][0]["value"] == "Sails", "the slug that the mixin names"
    assert (boat.title, boat.headline, boat.pages, boat.shelf) == ("Argo", "Sails", 2.0, "upper")
    assert boat.owner is acme
    boat.title = "Argo II"
    assert boat.changes["title"] == ("Argo", "Argo II")
    await colour.call(boat, "save")
    car = await colour.call(Car.objects, "create", title="Beetle", doors=2)
    assert car.describe() == "Beetle, 2 doors"


def test_each_model_has_attributes_of_its_own() -> None:
    boat, car = mapper_of(Boat).attributes, mapper_of(Car).attributes

    assert boat["headline"] is not car["headline"]
    assert [boat["headline"].owner, car["headline"].owner] == [Boat, Car]
    assert repr(car["title"]) == "<Text Car.title>"
    assert not hasattr(Titled, "title"), "nothing is set on the class itself"
    assert Titled.__dict__["headline"].owner is None


def test_what_derives_from_such_a_model_inherits(attio_sandbox: Any) -> None:
    class Yacht(Boat):
        sails: Number

    attributes = mapper_of(Yacht).attributes
    assert attributes["title"] is mapper_of(Boat).attributes["title"]
    assert {*attributes} == {"title", "headline", "pages", "owner", "sails"}
    assert mapper_of(Yacht).object == "boats"


def test_the_nearest_declaration_wins() -> None:
    class Base(Model, abstract=True):
        title: Number

    class Nearer(Titled):
        title: Text = Text("nearer")

    class First(Titled, Base):
        pass

    class Second(Base, Titled):
        pass

    class Third(Nearer, Base):
        pass

    class Fourth(Titled, Model):
        title: Number

    class Fifth(Titled, Model):
        @property
        def title(self) -> str:  # type: ignore[override]
            return "computed"

    kinds = [
        (type(found).__name__, found.slug) if found else None
        for model in (First, Second, Third, Fourth, Fifth)
        for found in [mapper_of(model).attributes.get("title")]
    ]
    assert kinds == [
        ("Text", "title"), ("Number", "title"), ("Text", "nearer"), ("Number", "title"), None
    ]  # fmt: skip
    assert type(First.__dict__["title"]).__name__ == "Text"
    assert Fifth().title == "computed"


def test_a_mistake_in_a_plain_base_is_refused() -> None:
    class Mistaken:
        owner: Company

    class Unclear:
        owner: Nowhere  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore

    class Given:
        title: Text = "a"  # type: ignore[assignment]

    with pytest.raises(TypeError, match=r"Mistaken\.owner is annotated with the model Company"):
        type("First", (Mistaken, Model), {})
    with pytest.raises(TypeError, match=r"Unclear\.owner has an annotation that cannot be"):
        type("Second", (Unclear, Model), {})
    with pytest.raises(TypeError, match=r"Given\.title is declared as Text and given 'a'"):
        type("Third", (Given, Model), {})

    class Corrected(Unclear, Mistaken, Model):
        owner: One[Company]  # type: ignore[assignment]

    assert {*mapper_of(Corrected).attributes} == {"owner"}


def test_a_protocol_may_say_what_others_declare() -> None:
    class HasOwner(Protocol):
        owner: Company

    class Plane(HasOwner, Model):
        owner: One[Company]  # type: ignore[assignment]

    class Glider(HasOwner, Model):
        pass

    assert {*mapper_of(Plane).attributes} == {"owner"}
    assert {*mapper_of(Glider).attributes} == set()


def test_models_are_told_by_their_bases_alone(attio_sandbox: Any) -> None:
    attio_sandbox.define(Boat)
    boat = Boat(title="Argo")

    assert isinstance(boat, Boat)
    assert isinstance(boat, Model)
    assert isinstance(boat, Owned)
    assert not isinstance("Argo", Model)
    assert issubclass(Boat, Model)
    assert not issubclass(Car, Boat)
    assert not issubclass(str, Model)


def test_an_abstract_method_keeps_its_meaning() -> None:
    class Unfinished(Model, Describing):
        title: Text

    with pytest.raises(TypeError, match="abstract method"):
        Unfinished(title="a")


def test_a_mixin_may_say_what_entries_are_about(attio_sandbox: Any) -> None:
    class AboutCompanies:
        parent: One[Company]
        priority: Text

    class Pipeline(AboutCompanies, ListEntry):
        pass

    attio_sandbox.define(Pipeline)
    acme = Company.objects.create(name="Acme")
    entry = Pipeline.objects.create(parent=acme, priority="high")

    assert entry.parent is acme
    assert Pipeline.objects.get(parent=acme).priority == "high"


def test_relations_of_a_mixin_resolve_near_the_mixin(attio_sandbox: Any) -> None:
    class Crewed:
        crew: Many[Sailor]

    class Sailor(Model):
        name: Text

    class Ship(Crewed, Model):
        pass

    attio_sandbox.define(Ship, Sailor)
    ann = Sailor.objects.create(name="Ann")
    assert Ship.objects.create(crew=[ann]).crew == [ann]
