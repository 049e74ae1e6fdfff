"""Slugs and names that collide, that Python cannot spell, or that the workspace does not have."""

from __future__ import annotations

import keyword
from typing import Any

import pytest

from attio_orm import (
    Model,
    NotFoundError,
    Person,
    SchemaDriftWarning,
    UnknownAttributeError,
    ValidationError,
    connect,
)
from attio_orm.attributes import Text
from attio_orm.records.base import mapper_of
from attio_orm.testing import assert_num_requests
from tests.bad_input.world import World, check_clear
from tests.colours import Colour

AWKWARD = ("class", "save", "objects", "2fa", "none", "changes", "delete", "filter", "notes")


@pytest.fixture
def odd(attio_sandbox: Any) -> type[Model]:
    class Odd(Model):
        pass

    attio_sandbox.workspace.define_object("odds", "Odd", "Odds")
    for slug in AWKWARD:
        attio_sandbox.workspace.define_attribute("odds", api_slug=slug, type="text")
    attio_sandbox.connection.schema.forget()
    return Odd


@pytest.mark.parametrize("slug", AWKWARD)
async def test_any_slug_can_be_written_and_found_again(odd: Any, colour: Colour, slug: str) -> None:
    made = await colour.call(odd.objects, "create", **{slug: "one"})
    assert made[slug] == "one"
    made[slug] = "two"
    assert set(made.changes) == {slug}
    await colour.call(made, "save")

    found = await colour.call(odd.objects.filter(**{f"{slug}__contains": "tw"}), "get")
    assert found[slug] == "two"
    assert await colour.call(odd.objects, "pluck", slug) == ["two"]
    await colour.call(found, "delete")
    assert await colour.call(odd.objects, "count") == 0


@pytest.mark.parametrize("slug", ["save", "delete", "objects", "changes"])
def test_a_method_wins_over_a_slug_of_its_name(odd: Any, slug: str) -> None:
    made = odd.objects.create(**{slug: "x"})

    assert "x" not in (getattr(odd, slug), made.changes)
    assert made[slug] == "x"


def test_names_of_python_and_of_the_model_are_declared_under_another(odd: Any) -> None:
    class Odd(Model):
        class_: Text = Text("class")
        save_: Text = Text("save")
        second_factor: Text = Text("2fa")

    made = Odd.objects.create(class_="a", save_="b", second_factor="c")

    assert keyword.iskeyword("class")
    assert (made["class"], made["save"], made["2fa"]) == ("a", "b", "c")
    assert Odd.objects.filter(Odd.class_ == "a").get() == made
    for name in ("save", "objects", "notes"):
        with pytest.raises(TypeError) as caught:
            type("Odd", (Model,), {"__module__": __name__, "__annotations__": {name: Text}})
        check_clear(caught.value, f"Odd.{name}", f'{name}_ = Text("{name}")')


def test_a_name_that_nobody_knows_is_refused_everywhere(world: World) -> None:
    ada: Any = world.ada
    with assert_num_requests(1):  # whether somebody has made it since, for all of them
        for attempt in (
            lambda: ada.job_titel,
            lambda: ada["job_titel"],
            lambda: setattr(ada, "job_titel", "x"),
            lambda: ada.__setitem__("job_titel", "x"),
            lambda: ada.load("job_titel"),
            lambda: ada.history("job_titel"),
            lambda: ada.save(fields=["job_titel"], force=True),
            lambda: Person(job_titel="x"),
            lambda: Person.objects.values("job_titel"),
            lambda: Person.objects.create(job_titel="x"),
        ):
            with pytest.raises(UnknownAttributeError) as caught:
                attempt()
            message = check_clear(caught.value, "Person", "job_titel")
            assert "'job_title'" in message or "company" in message
    assert not ada.is_changed


def test_a_manager_is_the_class_s(world: World) -> None:
    with pytest.raises(UnknownAttributeError) as caught:
        _ = world.ada.objects  # type: ignore[misc]
    check_clear(caught.value, "Person.objects", "class")


@pytest.mark.parametrize("name", ["compny", "job_title", "company__job_title", "company__team__x"])
async def test_a_relation_that_is_none_cannot_be_included(
    world: World, colour: Colour, name: str
) -> None:
    with pytest.raises(UnknownAttributeError) as caught:
        await colour.items(Person.objects.includes(name))

    check_clear(caught.value, name.rpartition("__")[2], "relation")


async def test_an_archived_attribute_is_refused_by_that_name(
    attio_sandbox: Any, colour: Colour
) -> None:
    class Plan(Model):
        name: Text
        old: Text

    attio_sandbox.define(Plan)
    plan: Any = await colour.call(Plan.objects, "create", name="A", old="kept")
    attio_sandbox.connection.api.attributes.update("plans", "old", is_archived=True)
    attio_sandbox.connection.schema.forget()

    with (
        pytest.warns(SchemaDriftWarning, match="old: is archived"),
        pytest.raises(UnknownAttributeError) as caught,
    ):
        await colour.call(Plan.objects.filter(old="kept"), "first")
    check_clear(caught.value, "'old'", "plans", "archived")
    plan.name = "B"
    await colour.call(plan, "save")
    assert (await colour.call(Plan.objects, "get", name="B")) == plan


@pytest.mark.parametrize("method", ["first", "count", "exists", "create", "search", "delete"])
async def test_an_object_that_is_not_there_says_how_to_make_it(
    attio_sandbox: Any, colour: Colour, method: str
) -> None:
    class Ghost(Model):
        name: Text

    values: dict[str, Any] = {"create": {"name": "x"}, "delete": {"confirm": 0}}.get(method, {})
    arguments = ["x"] if method == "search" else []
    for model in (Ghost, attio_sandbox.connection.model("phantoms")):
        with pytest.raises(NotFoundError) as caught:
            await colour.call(model.objects, method, *arguments, **values)
        check_clear(caught.value, f'"{mapper_of(model).object}"', '"people"', "define(Model)")


@pytest.mark.parametrize("slug", ["deals", "users", "workspaces"])
async def test_a_standard_object_that_is_switched_off_says_so(
    middle: Any, colour: Colour, slug: str
) -> None:
    from attio_orm import Deal, User, Workspace
    from attio_orm.transport import WireResponse, encode_json

    model: Any = {"deals": Deal, "users": User, "workspaces": Workspace}[slug]
    missing = {"status_code": 404, "type": "x", "code": "not_found", "message": "Not found."}

    def without(request: Any, response: WireResponse) -> WireResponse:
        if request.path == "/v2/objects":
            import json

            data = [e for e in json.loads(response.body)["data"] if e["api_slug"] != slug]
            return WireResponse(200, response.headers, encode_json({"data": data}))
        if f"/objects/{slug}" in request.path:
            return WireResponse(404, response.headers, encode_json(missing))
        return response

    middle.spoil = without
    with middle.connect():
        for attempt in ("first", "count", "create"):
            with pytest.raises(NotFoundError) as caught:
                await colour.call(model.objects, attempt)
            check_clear(caught.value, f'"{slug}"', "activate it in Attio's settings")


@pytest.mark.parametrize("record_id", ["5", "", "not-a-uuid", 5])
async def test_an_id_that_is_none(world: World, colour: Colour, record_id: Any) -> None:
    with assert_num_requests(0):
        for attempt in (
            lambda: colour.call(Person.objects, "get", id=record_id),
            lambda: colour.call(Person.objects, "in_bulk", [record_id]),
        ):
            with pytest.raises(ValidationError) as caught:
                await attempt()
            check_clear(caught.value, repr(record_id), "UUID")
        with pytest.raises(ValidationError) as caught:
            Person.ref(record_id)
        check_clear(caught.value, repr(record_id), "Person.ref()")


def test_methods_of_other_mappers_are_answered(world: World) -> None:
    for name in ("annotate", "select_related", "distinct", "only"):
        with pytest.raises(AttributeError) as caught:
            getattr(Person.objects.all(), name)
        check_clear(caught.value, f"{name}()")


def test_a_model_declared_for_nothing() -> None:
    class Base(Model, abstract=True):
        name: Text

    with connect("sandbox://"):
        for attempt in (lambda: Base(name="x"), lambda: Base.objects):
            with pytest.raises(TypeError, match="Base is abstract"):
                attempt()
