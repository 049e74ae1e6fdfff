"""``SandboxHandle.define()``: a workspace that has what the models declare."""

from __future__ import annotations

from typing import Literal

import pytest

from attio_orm import Company, ListEntry, Many, Maybe, Model, One
from attio_orm.attributes import Currency, MultiSelect, PersonalName, Select, Status, Text
from attio_orm.errors import ValidationError
from attio_orm.testing import SandboxHandle


def titles(handle: SandboxHandle, object: str, attribute: str, kind: str) -> list[str]:
    api = getattr(handle.connection.api, kind)
    return [each["title"] for each in api.list(object, attribute)]


def test_adds_the_statuses_that_a_standard_attribute_lacks(attio_sandbox: SandboxHandle) -> None:
    class Deal(Model, on_drift="ignore"):  # the other statuses are still there
        name: Text
        stage: Status[Literal["Lead", "Prospecting", "Engaging"]]

    attio_sandbox.define(Deal)
    attio_sandbox.define(Deal)  # what is there stays as it is
    there = titles(attio_sandbox, "deals", "stage", "statuses")
    assert there == ["Lead", "In Progress", "Won 🎉", "Lost", "Prospecting", "Engaging"]
    deal = Deal.objects.create(name="A", stage="Engaging", owner="owner@sandbox.example")
    assert deal.stage == "Engaging"


def test_adds_the_options_that_a_select_lacks(attio_sandbox: SandboxHandle) -> None:
    class Company(Model):
        categories: MultiSelect = MultiSelect(options=["Software", "Sailing"])

    before = titles(attio_sandbox, "companies", "categories", "options")
    attio_sandbox.define(Company)
    after = titles(attio_sandbox, "companies", "categories", "options")
    new = [title for title in ("Software", "Sailing") if title not in before]
    assert new
    assert after == [*before, *new]


def test_knows_options_that_came_later(attio_sandbox: SandboxHandle) -> None:
    class Early(Model, object="projects"):
        size: Select = Select(options=["S"])

    attio_sandbox.define(Early)
    with pytest.raises(ValidationError, match="'S'"):
        Early.objects.create(size="XL")

    class Late(Model, object="projects"):
        size: Select = Select(options=["S", "XL"])

    attio_sandbox.define(Late)
    assert Late.objects.create(size="XL").size == "XL"


def test_leaves_an_attribute_of_another_type_alone(attio_sandbox: SandboxHandle) -> None:
    class Person(Model):
        job_title: Select = Select(options=["CEO"])

    attio_sandbox.define(Person)
    (drift,) = attio_sandbox.connection.drift(Person)
    assert drift.kind == "retyped"


def test_archived_option_is_not_made_again(attio_sandbox: SandboxHandle) -> None:
    class Project(Model):
        size: Select = Select(options=["S", "XL"])

    attio_sandbox.define(Project)
    api = attio_sandbox.connection.api
    api.options.update("projects", "size", "S", is_archived=True)
    attio_sandbox.define(Project)
    assert titles(attio_sandbox, "projects", "size", "options") == ["XL"]


def test_makes_the_objects_that_relations_refer_to(attio_sandbox: SandboxHandle) -> None:
    class Port(Model):
        name: Text
        ship: Maybe[Ship]

    class Ship(Model):
        name: Text
        sister: Maybe[Ship]

    attio_sandbox.define(Port, Ship)
    assert attio_sandbox.requests == []  # it is not a request of the application
    first = Ship.objects.create(name="Argo")
    second = Ship.objects.create(name="Argo II", sister=first)
    port = Port.objects.create(name="Iolcos", ship=second)
    assert port.ship is second
    assert Port.objects.get(ship__sister__name="Argo") == port


class Thing(Model):
    good: Text
    kind: Select = Select(options=["a", "a"])
    wrong: Text = Text("two__parts")
    owner: Maybe[Home]
    money: Currency = Currency(code="XXZ")
    last: Text


class Home(Model):
    name: PersonalName


def test_names_all_that_attio_would_refuse_and_makes_nothing(attio_sandbox: SandboxHandle) -> None:
    workspace = attio_sandbox.workspace
    before = workspace.look_up("/v2/objects")

    with pytest.raises(ValidationError) as refused:
        attio_sandbox.define(Home, Thing)

    said = {problem.attribute: problem.message for problem in refused.value.problems}
    assert [*said] == ["Home.name", "Thing.kind", "Thing.wrong", "Thing.money"]
    assert said["Thing.wrong"].startswith("'two__parts' is not a valid slug: ")
    assert "type personal-name cannot be created" in said["Home.name"]
    assert "another select option with the title" in said["Thing.kind"]
    assert "received 'XXZ'" in said["Thing.money"]
    assert workspace.look_up("/v2/objects") == before
    assert Thing.objects.using(attio_sandbox.connection).explain(), "its object is not known"

    class Corrected(Model, object="things"):
        good: Text

    attio_sandbox.define(Corrected)
    assert Corrected.objects.create(good="a").good == "a"


@pytest.mark.parametrize("slug", ["Ärger", "", "Upper", "a b", "_a", "a_", "a-b", "two__parts"])
def test_objects_and_lists_are_named_alike(attio_sandbox: SandboxHandle, slug: str) -> None:
    model = type("Odd", (Model,), {}, object=slug or " ")
    entries = type("Pipe", (ListEntry,), {}, list=slug or " ", parent=Company)
    lost = type("Lost", (ListEntry,), {})

    with pytest.raises(ValidationError) as refused:
        attio_sandbox.define(model, entries, lost)

    assert [p.attribute for p in refused.value.problems] == ["Odd", "Pipe", "Lost"]
    assert "is not a valid slug" in refused.value.problems[1].message
    assert "does not say what its entries are about" in refused.value.problems[2].message
    assert attio_sandbox.workspace.look_up("/v2/lists") == []


def test_what_was_there_stays_where_the_rest_is_refused(attio_sandbox: SandboxHandle) -> None:
    class Project(Model):
        size: Select = Select(options=["S"])

    attio_sandbox.define(Project)

    class Larger(Model, object="projects"):
        size: Select = Select(options=["S", "XL"])
        wrong: Text = Text("two__parts")

    with pytest.raises(ValidationError, match=r"^Larger\.wrong: 'two__parts' is not a valid slug"):
        attio_sandbox.define(Larger)
    assert titles(attio_sandbox, "projects", "size", "options") == ["S"]


def test_what_no_single_write_shows_is_refused_as_well(attio_sandbox: SandboxHandle) -> None:
    """As ``connection.schema.apply()`` refuses it: the two plan alike."""

    class Ship(Model):
        name: Text
        crew: Many[Sailor] = Many(back="ship")

    class Sailor(Model):
        name: Text
        ship: Many[Ship] = Many(back="mates")

    class Voyage(ListEntry, list="voyages", parent=Ship):
        home: Maybe[Ship] = One(back="voyages")

    before = attio_sandbox.workspace.look_up("/v2/objects")
    with pytest.raises(ValidationError) as defined:
        attio_sandbox.define(Ship, Sailor, Voyage)
    with pytest.raises(ValidationError) as applied:
        attio_sandbox.connection.schema.apply(Ship, Sailor, Voyage)
    said = {each.attribute: each.message for each in defined.value.problems}
    foreseen = {each.attribute: each.message for each in applied.value.problems}
    assert said.keys() == foreseen.keys() == {"Ship.crew", "Voyage.home"}
    assert said["Ship.crew"] == foreseen["Ship.crew"]
    assert "lists cannot have a relationship" in said["Voyage.home"]
    assert "say back='crew' there" in said["Ship.crew"]
    assert attio_sandbox.workspace.look_up("/v2/objects") == before
    assert attio_sandbox.workspace.look_up("/v2/lists") == []
