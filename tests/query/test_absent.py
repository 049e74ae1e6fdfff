"""What is missing on purpose says what to do instead."""

from __future__ import annotations

import pytest

from attio_orm import Manager, Person, UnknownAttributeError
from attio_orm.query.absent import ABSENT


@pytest.mark.parametrize("name", ABSENT)
@pytest.mark.parametrize("owner", [Person.objects, Person.objects.all()], ids=["manager", "qs"])
def test_a_method_of_other_libraries_is_refused_with_advice(owner: object, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"There is no {name}\(\): \w.*[^.]\.$"):
        getattr(owner, name)


def test_any_other_name_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="'Manager' object has no attribute 'fitler'"):
        _ = Person.objects.fitler  # type: ignore[attr-defined]
    assert not hasattr(Person.objects, "__length_hint__")


OWN = {"from_queryset", *dir(Person)}  # ``delete()`` and ``raw`` are an instance's
METHODS = [name for name in dir(Manager) if not name.startswith("_") and name not in OWN]


@pytest.mark.parametrize("name", [*METHODS, "all", "filter", "create"])
def test_the_class_points_to_its_manager(name: str) -> None:
    with pytest.raises(
        AttributeError, match=rf"There is no Person\.{name}: .*Person\.objects\.{name}"
    ):
        getattr(Person, name)


@pytest.mark.parametrize("name", ["query", *sorted(set(ABSENT) - set(METHODS) - OWN)])
def test_habits_of_other_libraries_on_the_class(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^There is no Person\.{name}: .*Person\.objects"):
        getattr(Person, name)
    assert not hasattr(Person, name)
    assert name not in dir(Person)


def test_an_attribute_that_the_class_does_not_declare() -> None:
    with pytest.raises(
        UnknownAttributeError, match=r"Person declares no 'shoe_size'.*filter\(shoe"
    ):
        _ = Person.shoe_size  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="type object 'Person' has no attribute '_private'"):
        _ = Person._private  # type: ignore[attr-defined]
