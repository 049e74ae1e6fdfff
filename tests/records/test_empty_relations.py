"""What an empty ``One`` raises: an error that the names of all its target's classes catch."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from attio_orm import Company as ShippedCompany
from attio_orm import Connection, DoesNotExist, ListEntry, Maybe, Model, One, Person
from attio_orm.attributes import Text
from attio_orm.records.base import mapper_of
from tests.colours import Colour


class Company(Model):
    """The application's own, which references resolve to, whatever class they name."""

    name: Text


class Client(Company):
    """A third one: of the same object, as its base."""


class Errand(Model):
    name: Text
    shipped: One[ShippedCompany]
    own: One[Company]
    derived: One[Client]
    either: One[Person | Company]
    perhaps: Maybe[Company]


class Visit(ListEntry, parent=ShippedCompany):
    guide: One[ShippedCompany]


ALL = [ShippedCompany, Company, Client]


@pytest.fixture
async def errand(attio_sandbox: Any, colour: Colour) -> Any:
    attio_sandbox.define(Errand, Visit)
    await colour.call(Errand.objects, "create", name="a")
    includes = ("shipped", "own", "derived", "either", "perhaps")
    return await colour.call(Errand.objects.includes(*includes), "get", name="a")


@pytest.mark.parametrize("name", ["shipped", "own", "derived", "either"])
@pytest.mark.parametrize("caught", ALL)
async def test_each_class_of_the_object_catches_it(errand: Any, name: str, caught: Any) -> None:
    assert {mapper_of(each).object for each in ALL} == {"companies"}
    for read in (lambda: getattr(errand, name), lambda: errand[name]):
        for _ in range(2):  # each time
            with pytest.raises(caught.DoesNotExist, match=f"has no {name}. Declare it Maybe"):
                read()
    assert errand.perhaps is None


async def test_other_objects_do_not(errand: Any) -> None:
    with pytest.raises(ShippedCompany.DoesNotExist) as error:
        errand.own.name  # noqa: B018
    assert not isinstance(error.value, Person.DoesNotExist)
    with pytest.raises(Person.DoesNotExist):  # of a union, each of its classes
        errand.either.id  # noqa: B018


async def test_it_is_named_as_the_annotation_names_it(errand: Any) -> None:
    for name, model in {"shipped": ShippedCompany, "own": Company, "derived": Client}.items():
        with pytest.raises(DoesNotExist) as error:
            getattr(errand, name)
        kind = type(error.value)
        assert (kind.__module__, kind.__qualname__) == (
            model.DoesNotExist.__module__,
            f"{model.__name__}.DoesNotExist",
        )
        for other in (pickle.loads(pickle.dumps(error.value)), copy.copy(error.value)):
            assert isinstance(other, model.DoesNotExist)
            assert str(other) == str(error.value)


async def test_one_that_is_gone(attio_sandbox: Any, colour: Colour) -> None:
    attio_sandbox.define(Errand)
    acme = await colour.call(Company.objects, "create", name="Acme")
    errand = await colour.call(Errand.objects, "create", name="b", shipped=acme)
    await colour.call(acme, "delete")

    class Late(Errand):
        """So that it is read anew."""

    late = await colour.call(Late.objects.includes("shipped"), "get", name="b")
    assert errand.id == late.id
    for caught in ALL:
        with pytest.raises(caught.DoesNotExist):
            late.shipped.name  # noqa: B018


async def test_the_record_of_an_entry_that_is_gone_is_named(
    errand: Any, connection: Connection, colour: Colour
) -> None:
    """It went after the entry was read; "declare it Maybe" would be the wrong advice."""
    acme = await colour.call(ShippedCompany.objects, "create", name="Acme")
    await colour.call(Visit.objects, "create", parent=acme)
    with connection.session():
        visit = await colour.call(Visit.objects, "first")
        assert acme.id is not None
        await colour.call(connection.api.records, "delete", "companies", acme.id)
        await colour.call(visit, "load", "parent")
        for _ in range(2):
            with pytest.raises(ShippedCompany.DoesNotExist, match=f"{acme.id} of companies .*gone"):
                visit.parent.name  # noqa: B018


async def test_entries_of_lists(errand: Any, colour: Colour) -> None:
    acme = await colour.call(ShippedCompany.objects, "create", name="Acme")
    visit = await colour.call(Visit.objects, "create", parent=acme)

    for caught in ALL:
        with pytest.raises(caught.DoesNotExist):
            visit.guide.name  # noqa: B018
