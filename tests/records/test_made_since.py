"""What was made in the workspace since its schema was read: looked up before it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from attio_orm import Company, ListEntry, Model, UnknownAttributeError, ValidationError
from attio_orm.attributes import MultiSelect, Select, Status, Text
from attio_orm.errors import APIError
from attio_orm.schema import workspace
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

TITLES = {"kind": "Old", "stage": "Open", "tags": "a"}


class Topic(Model, on_drift="ignore"):
    title: Text
    kind: Select
    stage: Status
    tags: MultiSelect


class Talk(ListEntry, list="talks", parent=Company, on_drift="ignore"):
    title: Text
    kind: Select
    stage: Status
    tags: MultiSelect


class World:
    """A workspace that others change, and the two kinds of things that are in it."""

    def __init__(self, handle: SandboxHandle) -> None:
        self.handle = handle
        self.connection = handle.connection
        make = handle.workspace.define_attribute
        handle.workspace.define_object("topics", "Topic", "Topics")
        handle.workspace.define_list("talks", "Talks", "companies")
        for target, slug in (("objects", "topics"), ("lists", "talks")):
            make(slug, target=target, api_slug="title", type="text")
            make(slug, target=target, api_slug="kind", type="select", options=["Old"])
            make(slug, target=target, api_slug="stage", type="status", statuses=["Open"])
            make(
                slug, target=target, api_slug="tags", type="select", is_multiselect=True,
                options=["a"],
            )  # fmt: skip

    def place(self, model: type[Model]) -> tuple[str, Any]:
        return ("talks", "lists") if model is Talk else ("topics", "objects")

    async def make(self, model: Any, colour: Colour, **values: Any) -> Any:
        """A new record, or an entry of a company of its own."""
        if model is Talk:
            values["parent"] = await colour.call(Company.objects, "create", name="Acme")
        return await colour.call(model.objects, "create", **values)

    def add(self, model: type[Model], attribute: str, title: str) -> None:
        """Another option or status, made by somebody else."""
        slug, target = self.place(model)
        self.handle.workspace.define_choices(slug, attribute, [title], target=target)

    def add_attribute(self, model: type[Model], slug: str, **more: Any) -> None:
        """Another attribute, made by somebody else."""
        where, target = self.place(model)
        options = {"type": "text", **more}
        self.handle.workspace.define_attribute(where, target=target, api_slug=slug, **options)


@pytest.fixture
def world(attio_sandbox: SandboxHandle) -> World:
    return World(attio_sandbox)


@pytest.fixture
def time_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock that looks at the workspace go by."""
    now, moved = workspace.now, [0.0]
    monkeypatch.setattr(workspace, "now", lambda: now() + moved[0])

    def move(seconds: float) -> None:
        moved[0] += seconds

    return move


both = pytest.mark.parametrize("model", [Topic, Talk])
every_choice = pytest.mark.parametrize("name", TITLES)


def value_of(name: str, title: str) -> Any:
    return [title] if name == "tags" else title


@both
@every_choice
async def test_an_option_made_since_is_taken(
    world: World, colour: Colour, model: Any, name: str
) -> None:
    first = await world.make(model, colour, **{name: value_of(name, TITLES[name])})
    world.add(model, name, "New")
    setattr(first, name, value_of(name, "New"))
    await colour.call(first, "save")
    assert (await colour.call(model.objects, "get", id=first.id))[name] == value_of(name, "New")
    world.add(model, name, "Newer")
    world.connection.schema.forget()  # else the next look is due in some seconds
    other = await world.make(model, colour, **{name: value_of(name, "Newer")})
    assert other[name] == value_of(name, "Newer")


@both
@every_choice
async def test_one_look_for_what_is_not_there(
    world: World, colour: Colour, model: Any, name: str
) -> None:
    first = await world.make(model, colour, **{name: value_of(name, TITLES[name])})
    for asked in (1, 0):
        setattr(first, name, value_of(name, "Nope"))
        with (
            assert_num_requests(asked),
            pytest.raises(ValidationError, match=r"'Nope' is not one of.*schema\.forget\(\)"),
        ):
            await colour.call(first, "save")
    assert value_of(name, TITLES[name]) in (first[name], first.changes.get(name, (None,))[0])


async def test_the_next_look_is_due_after_ten_seconds(
    world: World, colour: Colour, time_passes: Callable[[float], None]
) -> None:
    first = await world.make(Topic, colour, kind="Old")

    async def set_to(title: str) -> None:
        first.kind = title
        await colour.call(first, "save")

    with pytest.raises(ValidationError):
        await set_to("New")
    world.add(Topic, "kind", "New")
    time_passes(9)
    with pytest.raises(ValidationError):
        await set_to("New")
    time_passes(1.1)
    await set_to("New")
    assert first.kind == "New"


async def test_after_a_schema_write_of_its_own_it_is_due_at_once(
    world: World, colour: Colour
) -> None:
    first = await world.make(Topic, colour, kind="Old")
    for number, write in enumerate(
        (
            lambda title: world.connection.api.options.create("topics", "kind", title=title),
            lambda title: world.connection.request(
                "POST",
                "/v2/objects/topics/attributes/kind/options",
                json={"data": {"title": title}},
            ),
        )
    ):
        first.kind = "Nope"
        with pytest.raises(ValidationError):
            await colour.call(first, "save")
        await colour.call(first, "refresh")
        write(f"New {number}")
        first.kind = f"New {number}"
        await colour.call(first, "save")
        assert first.kind == f"New {number}"


async def test_a_write_of_a_record_is_not_a_schema_write(world: World, colour: Colour) -> None:
    first = await world.make(Topic, colour, kind="Old")
    before = world.connection.transport.schema_writes
    first.title = "x"
    await colour.call(first, "save")
    await colour.call(Topic.objects, "update", title="y")
    assert world.connection.transport.schema_writes == before


@both
async def test_a_value_that_was_read_is_good_for_another_record(
    world: World, colour: Colour, model: Any
) -> None:
    first = await world.make(model, colour, kind="Old")
    world.add(model, "kind", "New")
    slug, target = world.place(model)
    rows = world.connection.api
    if target == "objects":
        rows.records.update(slug, first.id, {"kind": "New"})
    else:
        rows.entries.update(slug, first.id, {"kind": "New"})
    await colour.call(first, "refresh")
    assert first.kind == "New"
    second = await world.make(model, colour, kind=first.kind)
    assert (second.kind, second.kind.id) == ("New", first.kind.id)
    found = await colour.items(model.objects.filter(kind=first.kind))
    assert {each.id for each in found} == {first.id, second.id}


@both
async def test_an_attribute_made_since(world: World, colour: Colour, model: Any) -> None:
    first = await world.make(model, colour, title="x")
    world.add_attribute(model, "colour")
    first["colou"] = "red"
    with pytest.raises(UnknownAttributeError, match=r"'colou'.*schema\.forget\(\)"):
        await colour.call(first, "save")
    await colour.call(first, "refresh")
    first["colour"] = "red"  # it was there at that look
    await colour.call(first, "save")
    assert first["colour"] == first.colour == "red"
    world.add_attribute(model, "mood")
    world.connection.schema.forget()
    second = await world.make(model, colour, mood="good")
    assert second.mood == "good"


@both
async def test_what_a_page_brings_is_known_at_once(
    world: World, colour: Colour, model: Any
) -> None:
    first = await world.make(model, colour, title="x")
    world.add_attribute(model, "colour")
    slug, target = world.place(model)
    change = (
        world.connection.api.records if target == "objects" else world.connection.api.entries
    ).update
    change(slug, first.id, {"colour": "red"})
    with assert_num_requests(2):  # the page, and what its records have that is not known
        (found,) = await colour.items(model.objects.filter(title="x"))
    with assert_num_requests(0):
        assert (found["colour"], found.colour) == ("red", "red")
        assert found.model_dump()["colour"] == "red"


async def test_the_bytes_of_a_record_tell_what_the_schema_does_not_know(
    world: World, colour: Colour
) -> None:
    first = await world.make(Topic, colour, title="x")
    world.handle.fail_next(403, times=5, match="GET /v2/objects/topics/attributes")
    world.add_attribute(Topic, "colour")
    world.add_attribute(Topic, "sizes", type="select", is_multiselect=True, options=["S", "M"])
    world.connection.api.records.update("topics", first.id, {"colour": "red", "sizes": ["S", "M"]})
    with world.connection.session():
        (found,) = await colour.items(Topic.objects.all())
        with assert_num_requests(0):
            assert (found["colour"], found.sizes) == ("red", ["S", "M"])
            dumped = found.model_dump(mode="json")
        assert (dumped["colour"], dumped["sizes"]) == ("red", ["S", "M"])


async def test_reading_an_unknown_name(world: World, colour: Colour) -> None:
    await world.make(Topic, colour, title="x")
    (first,) = await colour.items(Topic.objects.all())
    world.add_attribute(Topic, "colour")
    with assert_num_requests(0):
        for read in (lambda: first["_colour"], lambda: first._colour, lambda: first.comments):
            with pytest.raises(AttributeError):
                read()
    if colour.is_async:
        with assert_num_requests(0), pytest.raises(UnknownAttributeError):
            first["colour"]


def test_reading_an_unknown_name_outside_of_a_loop(world: World) -> None:
    Topic.objects.create(title="x")
    first = Topic.objects.get(title="x")
    world.add_attribute(Topic, "colour")
    with assert_num_requests(1):
        assert first["colour"] is None
        assert first.colour is None
    with assert_num_requests(0):
        for read in (lambda: first["nope"], lambda: first.nope):
            with pytest.raises(UnknownAttributeError, match=r"schema\.forget\(\)"):
                read()
        assert not hasattr(first, "nope")


def test_assignment_looks_at_once_outside_of_a_loop(world: World) -> None:
    first = Topic.objects.create(title="x", kind="Old", tags=["a"])
    world.add(Topic, "kind", "New")
    with assert_num_requests(1):
        first.kind = "New"
    with assert_num_requests(0), pytest.raises(ValidationError):
        first.kind = "Nope"
    assert first.kind == "New"
    world.add(Topic, "tags", "b")
    with assert_num_requests(1):
        first.tags.append("b")
    world.add_attribute(Topic, "colour")
    with assert_num_requests(1):
        first["colour"] = "red"
    with assert_num_requests(0), pytest.raises(UnknownAttributeError):
        first["nope"] = "red"
    first.save()
    assert (first.kind, sorted(first.tags), first.colour) == ("New", ["a", "b"], "red")


async def test_assignment_in_a_loop_asks_nothing_and_the_save_refuses(world: World) -> None:
    first = await Topic.objects.acreate(title="x", kind="Old", tags=["a"])
    with assert_num_requests(0):
        first.kind = "Nope"
        first.tags.append("nope")
        first["nope"] = "x"
    assert first.is_changed
    with pytest.raises(UnknownAttributeError, match="'nope'"):
        await first.asave()
    assert first["nope"] == "x"  # a save that was refused loses nothing
    await first.arefresh()
    first.kind = "Nope"
    first.tags.append("nope")
    with pytest.raises(ValidationError) as caught:
        await first.asave()
    assert {each.attribute for each in caught.value.problems} == {"kind", "tags"}
    assert all(each.method != "PATCH" for each in world.handle.requests)


def test_what_an_a_method_gave_is_not_looked_up_after_its_loop(world: World) -> None:
    import asyncio

    async def give() -> Topic:
        return await Topic.objects.acreate(title="x", kind="Old")

    first = asyncio.run(give())
    world.add(Topic, "kind", "New")
    with assert_num_requests(0):
        first.kind = "New"
        with pytest.raises(UnknownAttributeError):
            first["nope"]
    first.save()
    assert first.kind == "New"


async def test_validate_looks_too(world: World, colour: Colour) -> None:
    await world.make(Topic, colour, kind="Old")
    world.add(Topic, "kind", "New")
    world.add_attribute(Topic, "colour")
    await colour.call(Topic, "validate", kind="New", colour="red")
    with pytest.raises(ValidationError) as caught:
        await colour.call(Topic, "validate", kind="Nope", colou="red", tags=["a"])
    assert {each.attribute for each in caught.value.problems} == {"kind", "colou"}


@pytest.mark.parametrize("way", ["update", "get_or_create", "update_or_create", "bulk_create"])
async def test_every_way_to_write(world: World, colour: Colour, way: str) -> None:
    await world.make(Topic, colour, title="x", kind="Old")
    world.add(Topic, "kind", "New")
    world.add_attribute(Topic, "colour")
    objects, values = Topic.objects, {"kind": "New", "colour": "red"}
    if way == "update":
        assert await colour.call(objects.filter(title="x"), way, **values) == 1
    elif way == "bulk_create":
        report = await colour.call(objects, way, [{"title": "x", **values}])
        report.raise_for_errors()
    else:
        await colour.call(objects, way, defaults=values, title="y" if "get" in way else "x")
    found = await colour.items(objects.filter(kind="New"))
    assert [each["colour"] for each in found] == ["red"]


class Closed(Model, object="topics", on_drift="ignore"):
    kind: Select = Select(options=["Old", "Declared"])


async def test_declared_options_do_not_close_the_list_of_a_workspace(
    world: World, colour: Colour
) -> None:
    world.add(Topic, "kind", "New")
    made = await colour.call(Closed.objects, "create", kind="New")
    assert made.kind == "New"
    assert await colour.call(Closed.objects.filter(kind="New"), "count") == 1
    with pytest.raises(ValidationError, match="There are 'Old', 'New'"):
        await colour.call(Closed.objects, "create", kind="Declared")
    with pytest.raises((ValidationError, APIError), match="Declared"):
        await colour.call(Closed.objects.filter(kind="Declared"), "count")


def test_declared_options_are_all_there_is_before_there_is_a_workspace(
    attio_sandbox: SandboxHandle,
) -> None:
    assert Closed(kind="Declared").kind == "Declared"
    with pytest.raises(ValidationError, match="'Old', 'Declared'"):
        Closed(kind="New")


def test_a_look_that_fails_leaves_the_word_to_the_save(world: World) -> None:
    first = Topic.objects.create(title="x", kind="Old")
    world.add(Topic, "kind", "New")
    world.handle.fail_next(403, match="GET /v2/objects/topics/attributes/kind")
    first.kind = "New"
    world.connection.schema.forget()
    first.save()
    assert first.kind == "New"


async def test_a_title_in_another_case_is_the_workspaces_own(world: World, colour: Colour) -> None:
    first = await world.make(Topic, colour, kind="old", stage="OPEN", tags=["A"])
    assert (first.kind, first.stage, first.tags) == ("Old", "Open", ["a"])
    sent = world.handle.requests[-1].json["data"]["values"]
    assert (sent["kind"], sent["stage"], sent["tags"]) == ("Old", "Open", ["a"])
    world.connection.schema.forget()  # as in a process that has asked for nothing yet
    first.kind = "OLD"
    with assert_num_requests(3):  # the schema and its titles
        await colour.call(first, "save")
    assert (first.kind, first.is_changed) == ("Old", False)
    world.connection.schema.forget()
    first.kind, first.title = "OLD", "y"
    await colour.call(first, "save")
    assert world.handle.requests[-1].json == {"data": {"values": {"title": "y"}}}
