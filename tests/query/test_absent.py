"""What is missing on purpose says what to do instead."""

from __future__ import annotations

import pytest

from attio_orm import Person
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
