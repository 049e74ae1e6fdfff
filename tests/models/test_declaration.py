"""The ways to declare a model, and what each stands for."""

from __future__ import annotations

import gc
from typing import Any, Literal

import pytest

from attio_orm import Company, Many, Maybe, Model, One, Person, UnknownAttributeError, connect
from attio_orm.attributes import Currency, EmailAddresses, Number, PersonalName, Status, Text
from attio_orm.models.registry import registry
from attio_orm.records.base import mapper_of
from tests.models import lazy_declarations


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Invoice", "invoices"), ("OfficeLocation", "office_locations"), ("Category", "categories")],
)
def test_the_object_is_the_class_name_pluralised(name: str, slug: str) -> None:
    model = type(name, (Model,), {"__module__": __name__})

    assert registry.for_object(slug) is model


def test_an_own_slug_beats_the_class_name(attio_sandbox: Any) -> None:
    class Project(Model, object="client_projects"):
        name: Text

    attio_sandbox.define(Project)
    project = Project.objects.create(name="Apollo")

    assert attio_sandbox.requests[-1].path == "/v2/objects/client_projects/records"
    assert Project.objects.get(name="Apollo") == project


def test_an_empty_class_resolves_every_attribute_by_its_slug(attio_sandbox: Any) -> None:
    class Person(Model):
        pass

    ada = Person.objects.create(name="Byron, Ada", job_title="Countess", email_addresses=["a@b.co"])
    again = Person.objects.get(email_addresses="a@b.co")

    assert again is ada
    assert (ada.name.last_name, ada.job_title, ada.email_addresses) == (
        "Byron",
        "Countess",
        ["a@b.co"],
    )
    assert not hasattr(Person, "job_title"), "nothing is set on the class"


def test_a_partly_typed_class_mixes_declared_and_undeclared(attio_sandbox: Any) -> None:
    class Person(Model):
        name: PersonalName

    ada = Person.objects.create(name="Ada", job_title="Countess")
    ada.job_title = "Analyst"
    ada.save()

    assert attio_sandbox.requests[-1].json == {"data": {"values": {"job_title": "Analyst"}}}


def test_two_workspaces_may_differ_in_what_an_empty_class_reads() -> None:
    class Thing(Model):
        pass

    with (
        connect("sandbox://", on_drift="ignore") as one,
        connect("sandbox://", on_drift="ignore") as other,
    ):
        for connection, kind in ((one, "text"), (other, "number")):
            workspace = connection.sandbox.workspace  # type: ignore[union-attr]
            workspace.define_object("things", "Thing", "Things")
            workspace.define_attribute("things", api_slug="size", type=kind)
            connection.schema.forget()

        assert Thing.objects.using(one).create(size="big").size == "big"
        assert Thing.objects.using(other).create(size=12).size == 12.0


def test_abstract_bases_share_attributes_and_have_no_object(attio_sandbox: Any) -> None:
    class Priced(Model, abstract=True):
        price: Currency = Currency(code="EUR")

    class Named(Model, abstract=True):
        name: Text

    class Product(Named, Priced):
        weight: Number

    attio_sandbox.define(Product)
    product = Product.objects.create(name="Pump", price=12, weight=1.5)

    assert list(mapper_of(Product).attributes) == ["price", "name", "weight"]
    assert (product.price.currency, product.name, product.weight) == ("EUR", "Pump", 1.5)
    assert registry.named("Priced") is None
    with pytest.raises(TypeError, match="Priced is abstract"):
        Priced()
    with pytest.raises(TypeError, match="Priced is abstract"):
        _ = Priced.objects


def test_a_subclass_of_a_model_stands_for_the_same_object() -> None:
    class Lead(Person):
        score: Number

    assert mapper_of(Lead).object == "people"
    assert {"name", "score"} <= set(mapper_of(Lead).attributes)
    assert "score" not in mapper_of(Person).attributes


def test_the_python_name_may_differ_from_the_slug(attio_sandbox: Any) -> None:
    class Project(Model):
        budget: Currency = Currency("approved_budget")

    attio_sandbox.define(Project)
    project = Project.objects.create(budget=10)

    assert attio_sandbox.requests[-1].json == {"data": {"values": {"approved_budget": 10}}}
    assert project["approved_budget"] is project.budget
    assert Project.objects.get(budget=10) is project
    assert Project.objects.get(approved_budget=10) is project
    project["approved_budget"] = 11
    assert set(project.changes) == {"budget"}


def test_an_attribute_assigned_without_annotation_counts(attio_sandbox: Any) -> None:
    class Person(Model):
        title = Text("job_title")

    assert Person.objects.create(name="Ada", title="Countess").raw["job_title"][0]["value"] == (
        "Countess"
    )


def test_a_value_in_place_of_an_attribute_is_refused() -> None:
    with pytest.raises(TypeError, match="Attio sets defaults itself"):

        class Person(Model):
            name: PersonalName = "Ada"  # type: ignore[assignment]


@pytest.mark.parametrize("lazy", [True, False], ids=["string annotations", "plain annotations"])
def test_circular_and_self_references_between_local_classes(attio_sandbox: Any, lazy: bool) -> None:
    if lazy:

        class Team(Model):
            name: Text
            parent: Maybe[Team]
            players: Many[Player]

        class Player(Model):
            name: Text
            team: One[Team]

    else:
        Team, Player = lazy_declarations.plain_team_and_player()  # type: ignore[misc,assignment]

    attio_sandbox.define(Team, Player)
    league = Team.objects.create(name="League")
    team = Team.objects.create(name="Reds", parent=league)
    player = Player.objects.create(name="Kim", team=team)

    assert mapper_of(Team).attributes["parent"].models() == [Team]
    assert mapper_of(Team).attributes["players"].models() == [Player]
    assert Player.objects.get(team__parent__name="League") is player
    assert type(Player.objects.includes("team__parent")[0].team.parent) is Team


def test_names_behind_type_checking_imports_resolve_by_the_registry() -> None:
    class Person(Model):
        employer: Maybe[crm.Company] = Maybe("company")  # noqa: F821 # type: ignore

    assert mapper_of(Person).attributes["employer"].models() == [Company]


def test_a_reference_to_no_known_model_says_so_when_it_is_resolved() -> None:
    class Person(Model):
        owner: Maybe["Nowhere"]  # type: ignore  # noqa: F821, UP037

    with pytest.raises(UnknownAttributeError, match=r"Person\.owner refers to 'Nowhere'"):
        mapper_of(Person).attributes["owner"].models()


def test_the_applications_class_is_what_references_give(attio_sandbox: Any) -> None:
    from attio_orm import Person as Shipped

    class Person(Model):
        name: PersonalName

    acme = Company.objects.create(name="Acme")
    Shipped.objects.create(name="Ada", company=acme)
    acme.refresh()

    assert registry.for_object("people") is Person
    assert attio_sandbox.connection.model("people") is Person
    assert type(acme.team[0]) is Person, "Company ships with Many[Person]"
    by_title = Company.objects.filter(Company.team.job_title == "Countess")
    assert list(by_title) == [], "what only the shipped class declares is still an expression"


def test_of_two_classes_for_one_object_the_later_wins_until_it_is_gone(attio_sandbox: Any) -> None:
    class First(Model, object="people"):
        pass

    class Second(Model, object="people"):
        pass

    assert registry.for_object("people") is Second
    del Second
    gc.collect()
    assert registry.for_object("people") is First


def test_a_relation_to_several_objects_or_to_any(attio_sandbox: Any) -> None:
    class Gift(Model):
        giver: Maybe[Person | Company]
        taker: Maybe[Model]
        things: Many[Any]

    attio_sandbox.workspace.define_object("cars", "Car", "Cars")
    attio_sandbox.workspace.define_attribute("cars", api_slug="name", type="text")
    attio_sandbox.define(Gift)
    ada, acme = Person.objects.create(name="Ada"), Company.objects.create(name="Acme")
    car = attio_sandbox.connection.model("cars").objects.create(name="Red")
    gift = Gift.objects.create(giver=acme, taker=ada, things=[car, ada])

    assert mapper_of(Gift).attributes["giver"].models() == [Person, Company]
    quoted: Many[Any] = Many()  # Many["Person | Company"]
    quoted.parametrize(("Person | Company",))
    assert quoted.models() == [Person, Company]
    assert mapper_of(Gift).attributes["taker"].models() == []
    for _ in range(2):
        assert (gift.giver, gift.taker) == (acme, ada)
        assert gift.things == [car, ada]
        gift.refresh()
    gift.giver = ada
    gift.save()
    assert Gift.objects.includes("giver", "things").get(id=gift.id).giver is ada


def test_one_record_is_one_object_per_class(attio_sandbox: Any) -> None:
    class Contact(Model, object="people"):
        name: PersonalName

    ada = Person.objects.create(name="Ada")
    contact = Contact.objects.get(id=ada.id)

    assert contact is not ada
    assert contact != ada
    assert Contact.objects.get(id=ada.id) is contact
    assert Person.objects.get(id=ada.id) is ada


def test_literals_are_the_options_of_a_status(attio_sandbox: Any) -> None:
    class Project(Model):
        stage: Status[Literal["Planned", "Live"]]

    attio_sandbox.define(Project)
    project = Project.objects.create(stage="Live")

    known = attio_sandbox.connection.api.statuses.list("projects", "stage")
    assert project.stage == "Live"
    assert [status["title"] for status in known] == ["Planned", "Live"]


def test_what_is_no_attribute_is_left_alone(attio_sandbox: Any) -> None:
    class Person(Model):
        email_addresses: EmailAddresses
        kind: str = "human"
        counter: int = 0

        @property
        def first_email(self) -> str:
            return self.email_addresses[0]

    ada = Person.objects.create(email_addresses=["a@b.co"])
    ada.counter = 3

    assert (ada.kind, ada.counter, ada.first_email) == ("human", 3, "a@b.co")
    assert not ada.is_changed


def test_importing_and_declaring_sends_nothing() -> None:
    with connect("sandbox://") as connection:
        sandbox = connection.sandbox
        assert sandbox is not None
        sandbox.requests.clear()

        class Anything(Model):
            name: Text
            parent: Maybe[Anything]

        Anything(name="x")
        assert list(sandbox.requests) == []
