"""``Model.objects``: every method of a queryset, reached on the class, and open for one's own."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Company, Manager, Model, Person, Q, QuerySet
from attio_orm import Manager as ManagerClass
from attio_orm.attributes import Text
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


class CompanyQuerySet(QuerySet[Any]):
    """Methods of one's own."""

    def named(self, start: str) -> CompanyQuerySet:
        return self.filter(name__startswith=start)

    def initials(self) -> list[str]:
        return sorted({name[0] for name in self.pluck("name")})


class Northern(ManagerClass.from_queryset(CompanyQuerySet)):  # type: ignore[misc]
    """A manager that narrows what it gives."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(name__startswith="N")


class Firm(Model, object="companies"):
    name: Text

    objects = Manager.from_queryset(CompanyQuerySet)()
    northern = Northern()


def test_a_manager_has_every_method_of_a_queryset() -> None:
    methods = {name for name in dir(QuerySet) if not name.startswith("_") and name != "model"}
    assert methods <= set(dir(Manager))
    for name in methods:
        if callable(getattr(QuerySet, name)):
            assert getattr(Manager, name).__doc__


def test_each_method_that_asks_has_its_twin() -> None:
    asking = {
        "get", "get_or_none", "find_by", "first", "last", "exists", "count", "in_bulk", "values",
        "values_list", "pluck", "search", "create", "get_or_create", "update_or_create", "upsert",
        "bulk_create", "update", "delete",
    }  # fmt: skip
    for name in asking:
        for owner in (Manager, QuerySet):
            assert callable(getattr(owner, name))
            assert callable(getattr(owner, f"a{name}"))


def test_a_manager_is_not_iterable(attio_sandbox: SandboxHandle) -> None:
    with assert_num_requests(0):
        with pytest.raises(TypeError, match="not iterable"):
            iter(Person.objects)  # type: ignore[call-overload]
        with pytest.raises(TypeError):
            list(Person.objects)  # type: ignore[call-overload]
        with pytest.raises(TypeError):
            len(Person.objects)  # type: ignore[arg-type]


def test_a_manager_is_reached_on_the_class() -> None:
    class Draft(Model, abstract=True):
        pass

    with pytest.raises(AttributeError, match=r"use Person\.objects"):
        _ = Person(name="Ada").objects
    with pytest.raises(AttributeError, match="northern"):
        _ = Firm(name="x").northern
    with pytest.raises(TypeError, match="Draft is abstract"):
        _ = Draft.objects
    assert Person.objects.model is Person
    assert Firm.northern.model is Firm
    assert repr(Firm.objects).startswith("<ManagerFromCompanyQuerySet of Firm")


def test_narrowing_methods_of_a_manager(crm: SandboxHandle) -> None:
    people = Person.objects
    assert len(people.all()) == 3_000
    assert people.none().count() == 0
    assert people.filter(Q(company__name="Acme")).count() >= 12
    assert people.exclude(company=None).count() + people.filter(company=None).count() == 3_000
    assert people.order_by("-created_at").first() == people.reverse().first() == people.last()
    assert people.includes("company")[0].connection is people.using(crm.connection)[0].connection
    assert people.fetch_mode(people.all()._query.mode).first() == people[0]
    assert [person.id for person in people[2:4]] == people.pluck("id")[2:4]


async def test_custom_querysets_and_managers(crm: SandboxHandle, colour: Colour) -> None:
    names = [company.name for company in Company.objects.all()]
    nordic = [name for name in names if name.casefold().startswith("nord")]
    assert isinstance(Firm.objects.named("Nord"), CompanyQuerySet)
    found = await colour.items(Firm.objects.filter().named("Nord").all()[:500])
    assert [firm.name for firm in found] == nordic
    assert {type(firm) for firm in found} == {Firm}
    assert Firm.objects.initials() == sorted({name[0] for name in names})
    northern = [name for name in names if name.casefold().startswith("n")]
    assert await colour.call(Firm.northern, "count") == len(northern)
    assert await colour.call(Firm.northern, "pluck", "name") == northern
    assert await colour.call(Firm.northern, "find_by", name="Acme") is None
    assert await colour.call(Firm.northern, "get_or_none", name="Acme") is None
    assert Firm.northern.named("Nord").count() == len(nordic)
    assert len(list(Firm.northern.iterator())) == len(northern)
    assert "startswith" in repr(Firm.northern.explain()[-1].json) or "$starts_with" in repr(
        [each.json for each in Firm.northern.explain()]
    )


def test_a_model_made_of_one_with_managers_has_them(crm: SandboxHandle) -> None:
    class Branch(Firm, object="companies"):
        pass

    assert Branch.northern.model is Branch
    assert isinstance(Branch.northern.first(), Branch)
    assert Branch.objects.named("Acme").get().name == "Acme"


class Counted(QuerySet[Any]):
    """Overrides what querysets have, and adds what is not a method."""

    kind = "counted"

    def all(self) -> Any:
        return self.filter(name__startswith="N")

    def count(self) -> int:
        return -1

    def create(self, **values: Any) -> Any:
        return super().create(**{"description": "from the queryset", **values})

    @property
    def where(self) -> str:
        """What it asks for."""
        return repr(self._query.where)

    @staticmethod
    def plain(value: int) -> int:
        return value + 1

    @classmethod
    def made(cls) -> str:
        return cls.__name__

    def get_queryset(self) -> Any:
        raise AssertionError("a manager starts from its own")


class Careful(ManagerClass[Any]):
    """A manager whose own methods come before those of a queryset."""

    def count(self) -> int:
        return -2


class Shop(Model, object="companies"):
    name: Text
    description: Text

    objects = Manager.from_queryset(Counted)()
    careful = Careful.from_queryset(Counted)()


def test_a_manager_has_what_a_queryset_overrides(crm: SandboxHandle) -> None:
    assert Shop.objects.count() == Shop.objects.all().count() == -1
    assert Shop.objects.create(name="Corner").description == "from the queryset"
    assert Shop.objects.create.__name__ == "create"
    assert {shop.name[0] for shop in Shop.objects.all()[:5]} == {"N"}
    assert Shop.objects.first() is not None
    assert Shop.careful.count() == -2
    assert Shop.careful.create(name="Other").description == "from the queryset"


def test_a_manager_has_properties_and_functions_of_a_queryset(crm: SandboxHandle) -> None:
    assert Shop.objects.where == repr(Q())
    assert type(Shop.objects).where.__doc__ == "What it asks for."  # type: ignore[attr-defined]
    assert Shop.objects.kind == "counted"
    assert Shop.objects.plain(1) == 2
    assert Shop.objects.made() == "Counted"


class Of(ManagerClass[Any]):
    """A manager that is told what to narrow to."""

    def __init__(self, start: str, model: Any = None) -> None:
        super().__init__(model)
        self.start = start

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(name__startswith=self.start)


def test_a_manager_keeps_what_its_own_init_took(crm: SandboxHandle) -> None:
    class Place(Model, object="companies"):
        name: Text
        southern: Any = Of("S")

    class Branch(Place, object="companies"):
        pass

    for model in (Place, Branch):
        found = model.southern.all()[:5]
        assert {type(each) for each in found} == {model}
        assert {each.name[0] for each in found} == {"S"}
    assert Place.southern.model is Place
