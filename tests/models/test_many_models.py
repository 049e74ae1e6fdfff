"""Many models: what is sent for them, and work that grows with their number and no faster."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from attio_orm import Maybe, Model, connect  # noqa: F401 - Maybe is named in text
from attio_orm.attributes import Text
from attio_orm.effects import run
from attio_orm.models.drift import compare
from attio_orm.models.registry import Registry
from attio_orm.schema.answers import read_object
from attio_orm.schema.store import Store
from tests.colours import Drive

MANY = 30


def declare(count: int) -> list[type[Model]]:
    """Models of objects of their own, each of which refers to the next."""
    made: list[type[Model]] = []
    for number in range(count):
        body: dict[str, Any] = {
            "__module__": __name__,
            "__annotations__": {"label": "Text", "next": f"Maybe[Thing{(number + 1) % count}]"},
        }
        made.append(type(f"Thing{number}", (Model,), body, object=f"thing_{number}"))
    return made


def test_introspection_asks_for_the_objects_once_and_for_each_once(drive: Drive) -> None:
    models = declare(MANY)
    with connect("sandbox://", on_drift="ignore") as connection:
        assert connection.sandbox is not None
        connection.sandbox.define(*models)
        connection.schema.forget()
        before = len(connection.sandbox.requests)
        drive(connection.mapping.introspect())
        asked = Counter(each.path for each in connection.sandbox.requests[before:])
    ours = {f"/v2/objects/thing_{number}/attributes" for number in range(MANY)}
    assert asked.pop("/v2/objects") == 1
    assert {path.partition("?")[0]: times for path, times in asked.items()} == dict.fromkeys(
        ours, 1
    )


class Counting:
    """A weak reference to a class, which counts how often it is asked."""

    asked = 0

    def __init__(self, model: type[Model]) -> None:
        self.ref = weakref.ref(model)

    def __call__(self) -> type[Model] | None:
        Counting.asked += 1
        return self.ref()


def test_references_find_their_model_without_looking_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models, among = declare(MANY), Registry()
    among.models = [Counting(model) for model in models]  # type: ignore[misc]
    monkeypatch.setattr(Counting, "asked", 0)
    for number, model in enumerate(models):
        assert among.for_object(f"thing_{number}") is model
        assert among.named(f"Thing{number}") is model
        assert among.for_object(f"other_{number}") is None
        assert among.named(f"Other{number}") is None
    assert Counting.asked == 3 * MANY  # once to see what there is, and one for each that is found


def test_a_class_that_is_declared_or_let_go_later_is_seen() -> None:
    models, among = declare(2), Registry()
    for model in models:
        among.add(model)
    assert among.for_object("thing_0") is models[0]
    again = declare(1)[0]  # the same name and object once more
    among.add(again)
    assert among.for_object("thing_0") is again
    assert among.named("Thing0") is again
    del again
    gc.collect()
    assert among.for_object("thing_0") is models[0]
    assert among.named("Thing0") is models[0]


class Wide(Model, object="wide"):
    one: Text
    two: Text
    three: Text
    four: Text


class Attributes(dict[str, Any]):
    """The attributes of an object, which count how often somebody goes through them."""

    passes = 0

    def values(self) -> Any:
        Attributes.passes += 1
        return super().values()


def test_a_model_is_compared_in_one_pass_over_the_attributes() -> None:
    with connect("sandbox://", on_drift="ignore") as connection:
        assert connection.sandbox is not None
        connection.sandbox.define(Wide)
        known = connection.schema.fetch("wide")
        counted = replace(known, attributes=Attributes(known.attributes))
        Attributes.passes = 0
        assert run(compare(connection, Wide, counted)) == []
        assert Attributes.passes == 1


def test_the_slugs_of_objects_are_those_of_the_last_list() -> None:
    def listed(**slugs: str) -> dict[str, Any]:
        items = [{"id": {"object_id": id}, "api_slug": slug} for id, slug in slugs.items()]
        return {item.slug: item for item in map(read_object, items)}

    store = Store(0.0)
    assert store.object_slugs() == {}
    store.listed["objects"] = listed(a="things")
    assert store.object_slugs() == {"a": "things"}
    assert store.object_slugs() is store.object_slugs()  # not made anew for each object
    store.listed["objects"] = listed(a="renamed", b="new")
    assert store.object_slugs() == {"a": "renamed", "b": "new"}
