"""``Deal.schema``: attributes, options and statuses, each changed in code."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from typing import Any, cast

import pytest

from attio_orm import (
    Company,
    ConflictError,
    Deal,
    ListEntry,
    Many,
    Model,
    NotConnectedError,
    NotFoundError,
    NotSupportedByAttio,
    OutcomeUnknownError,
    Person,
    ReadOnlyAttributeError,
    SchemaChangeError,
    SchemaDriftWarning,
    UnknownAttributeError,
    ValidationError,
    connect,
)
from attio_orm.attributes import (
    Actor,
    Checkbox,
    Currency,
    Date,
    MultiSelect,
    Number,
    PersonalName,
    Select,
    Status,
    Text,
)
from attio_orm.schema import Choice
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

pytestmark = pytest.mark.usefixtures("projects")


class Project(Model):
    name: Text
    stage: Status = Status(options=["New", "Won"])


class Pipe(ListEntry, list="pipe", parent=Project):
    note: Text


@pytest.fixture
def projects(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.define(Project, Pipe)


def writes(handle: SandboxHandle) -> list[str]:
    return [f"{each.method} {each.path}" for each in handle.requests if each.method != "GET"]


async def test_it_is_a_mapping_that_asks_once(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    with assert_num_requests(0):
        schema = Project.schema
    with assert_num_requests(2):
        assert await colour.call(schema, "fetch") is schema
    with assert_num_requests(0):
        assert list(schema)[-2:] == ["name", "stage"]
        assert len(schema) == len(list(schema))
        assert ("name" in schema, "nam" in schema, schema.get("nam")) == (True, False, None)
        assert schema["name"].definition.type == "text"
        assert schema.definition.plural == "Projects"
        with pytest.raises(KeyError, match='Did you mean "stage"'):
            schema["stag"]
    assert "projects" in repr(schema["stage"])


def test_the_current_connection_or_the_one_that_is_named(attio_sandbox: SandboxHandle) -> None:
    connection = attio_sandbox.connection
    assert list(connection.schema.of(Pipe))[-1] == "note"
    connection.close()
    unused = Project.schema  # nothing is asked, so nothing is missing yet
    with pytest.raises(NotConnectedError):
        list(unused)


def test_the_name_is_reserved(attio_sandbox: SandboxHandle) -> None:
    with pytest.raises(TypeError, match=r'a name of every model.*schema_ = Text\("schema"\)'):
        type("Plan", (Model,), {"schema": Text()})

    Project.schema.add(Text("schema"))
    project = Project.objects.create(name="A", schema="star")
    assert project["schema"] == "star"
    # of a record, it is that of the connection that it came from
    with connect("sandbox://", on_drift="ignore"):
        assert "stage" in project.schema
        with pytest.raises(NotFoundError):
            list(Project.schema)


async def test_add(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    schema = await colour.call(Project.schema, "fetch")
    attio_sandbox.requests.clear()
    source = await colour.call(
        schema, "add", Select("source", options=["Web", "Ad"]), title="Came from",
        description="Where they heard of us", required=True, default="Ad",
    )  # fmt: skip
    # the attribute, two options, the default, which needs the options; nothing is read again
    assert len(attio_sandbox.requests) == len(writes(attio_sandbox)) == 4
    found = source.definition
    assert (found.title, found.description) == ("Came from", "Where they heard of us")
    assert (found.is_required, found.type) == (True, "select")
    made = await colour.call(Project.objects, "create", name="A")
    assert made["source"] == "Ad"
    made["source"] = "Web"  # known at once
    await colour.call(made, "save")


def test_add_all_kinds_of_defaults(attio_sandbox: SandboxHandle) -> None:
    schema = Project.schema
    schema.add(Number("size"), default=3)
    schema.add(Checkbox("live"), default=True)
    schema.add(Currency("arr", code="EUR", display="narrowSymbol"), default=12)
    schema.add(Date("due"), default=timedelta(days=7))
    schema.add(Date("seen"), default=date(2026, 1, 2))
    schema.add(Actor("lead"), default="current-user")
    schema.add(MultiSelect("tags", options=["a", "b", "c"]), default=["a", "c"])
    schema.add(Text("code", unique=True))
    found = {slug: each.definition for slug, each in schema.items()}
    assert found["due"].default_value == {"type": "dynamic", "template": "P7D"}
    assert found["lead"].default_value["template"] == "current-user"
    assert (found["arr"].currency, found["arr"].display) == ("EUR", "narrowSymbol")
    assert found["code"].is_unique
    made = Project.objects.create(name="A")
    assert (made["size"], made["live"], made["arr"].currency) == (3, True, "EUR")
    assert (made["seen"], list(made["tags"])) == (date(2026, 1, 2), ["a", "c"])
    with pytest.raises(ValidationError, match="The default of size"):
        schema.add(Number("size"), default="many")
    with pytest.raises(ValidationError, match="holds one value"):
        schema.add(Number("size"), default=[1, 2])


async def test_a_pair_is_known_on_both_sides(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    await colour.call(Company.schema, "fetch")
    schema = await colour.call(Project.schema, "fetch")
    with assert_num_requests(1):
        await colour.call(
            schema, "add", Many("accounts", to=Company, back="projects", back_many=True)
        )
    with assert_num_requests(0):
        other = Company.schema["projects"].definition
        assert (other.is_multi, other.relationship) == (True, ("projects", "accounts"))
        assert other.allowed_objects == ("projects",)
    acme = await colour.call(Company.objects, "create", name="Acme")
    await colour.call(Project.objects, "create", name="A", accounts=[acme])
    (back,) = (await colour.call(Company.objects, "get", id=acme.id)).raw["projects"]
    assert back["target_object"] == "projects"
    assert attio_sandbox.connection.schema.objects()[1].attributes["projects"] == other
    # of which the ids are Attio's own
    fresh = attio_sandbox.workspace.look_up("/v2/objects/companies/attributes/projects")
    assert other.id == fresh["id"]["attribute_id"]

    attio_sandbox.requests.clear()
    with pytest.raises(ValidationError, match='pair with "projects" of "companies"'):
        await colour.call(schema, "add", Many("clients", to=Company, back="projects"))
    assert attio_sandbox.requests == []


def test_what_cannot_be_added(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.requests.clear()
    refused: list[tuple[type[Model], Any, Any, str]] = [
        (Project, Text(), {}, "Say the slug"),
        (Project, Text("a-b"), {}, "not a valid slug"),
        (Project, PersonalName("full"), {}, "personal-name"),
        (Person, Text("code"), {"unique": True}, "unique attributes of your own on people"),
        (Person, Number("size"), {"default": 1}, "takes none on people"),
        (Company, Status("phase"), {}, "has none on companies"),
        (Pipe, Text("code"), {"unique": True}, "on lists"),
        (Project, Many("ships", to=Pipe), {}, "which is a list entry"),
        (Project, Select("source", options=["Web"]), {"default": "Fair"}, "not among its options"),
    ]
    for owner, attribute, keywords, said in refused:
        with pytest.raises((ValidationError, UnknownAttributeError), match=said):
            owner.schema.add(attribute, **keywords)
    assert writes(attio_sandbox) == []
    with pytest.raises(ConflictError):
        Project.schema.add(Text("name"))
    Project.schema.add(Text("old")).archive()
    with pytest.raises(ValidationError, match=r"Project\.schema\['old'\]\.restore\(\)"):
        Project.schema.add(Text("old"))


def test_options_that_fail_after_the_attribute_was_made(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.fail_next(403, match="POST /v2/objects/projects/attributes/source/options")
    with pytest.raises(SchemaChangeError) as failed:
        Project.schema.add(Select("source", options=["Web", "Ad"]))
    assert (len(failed.value.done), len(failed.value.left)) == (1, 1)
    assert list(Project.schema["source"].options) == []


async def test_update(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    arr = await colour.call(Project.schema, "add", Currency("arr", code="EUR"), default=5)
    with assert_num_requests(1):
        await colour.call(arr, "update", title="Revenue", description="A year", code="USD")
    found = arr.definition
    assert (found.title, found.description) == ("Revenue", "A year")
    assert (found.currency, found.display) == ("USD", "symbol")
    await colour.call(arr, "update", default=None, description=None, required=True)
    assert (arr.definition.default_value, arr.definition.description) == (None, None)
    assert arr.definition.is_required

    attio_sandbox.requests.clear()
    for owner, keywords, error in (
        (arr, {}, ValidationError),
        (Project.schema["name"], {"code": "EUR"}, ValidationError),
        (Deal.schema["name"], {"title": "X"}, ReadOnlyAttributeError),
        (Pipe.schema["note"], {"unique": True}, ValidationError),
    ):
        with pytest.raises(error):
            await colour.call(owner, "update", **keywords)
    assert writes(attio_sandbox) == []


async def test_rename_archive_and_restore(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    connection = attio_sandbox.connection
    record = await colour.call(Project.objects, "create", name="A", stage="New")
    name = Project.schema["name"]
    with assert_num_requests(1):
        await colour.call(name, "rename", "heading")
    assert (name.slug, name.definition.title) == ("heading", "Name")
    (drift,) = await colour.call(connection, "drift", Project)
    assert (drift.kind, 'Text("heading")' in drift.message) == ("renamed", True)
    with pytest.warns(SchemaDriftWarning, match="'name' is 'heading' now"):
        await colour.call(Project.objects, "count")
    # what the model means by its old slug is not made a second time
    plan = await colour.call(connection.schema, "apply", Project, plan=True)
    assert (len(plan), [each.kind for each in plan.differences]) == (0, ["renamed"])
    with pytest.raises(ConflictError):
        await colour.call(name, "rename", "stage")
    with pytest.raises(ValidationError, match="not a valid slug"):
        await colour.call(name, "rename", "Na me")
    await colour.call(name, "rename", "name")
    assert await colour.call(connection, "drift", Project) == []

    with assert_num_requests(1):
        await colour.call(name, "archive")
    assert name.definition.is_archived
    assert [each.kind for each in await colour.call(connection, "drift", Project)] == ["archived"]
    await colour.call(name, "restore")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (await colour.call(Project.objects, "get", id=record.id)).name == "A"


def test_an_attribute_that_declares_its_id_is_found_under_its_new_slug(
    attio_sandbox: SandboxHandle,
) -> None:
    schema = attio_sandbox.connection.schema
    id = Project.schema["name"].definition.id

    class Renamed(Model, object="projects"):
        heading: Text = Text("name_of_old", id=id)

    plan = schema.apply(Renamed, plan=True)
    assert (len(plan), [each.kind for each in plan.differences]) == (0, ["renamed"])


async def test_statuses(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    class Open(Model, object="projects"):
        stage: Status  # whichever there are

    statuses = Open.schema["stage"].statuses
    with assert_num_requests(1):
        assert [each.title for each in await colour.call(statuses, "all")] == ["New", "Won"]
    with assert_num_requests(1):
        await colour.call(statuses, "add", "Lost", celebrate=True, target=timedelta(days=7))
    with assert_num_requests(0):
        assert (list(statuses), "Lost" in statuses, "lost" in statuses, len(statuses)) == (
            ["New", "Won", "Lost"], True, False, 3,
        )  # fmt: skip
        lost = (await colour.call(statuses, "all"))[-1]
        assert (lost.celebrate, lost.target) == (True, "P7D")
        made = Open(stage="Lost")
    await colour.call(made, "save")
    await colour.call(statuses, "rename", "Lost", "Gone")
    await colour.call(made, "refresh")
    assert made.stage == "Gone"
    await colour.call(statuses, "archive", "Gone")
    assert list(statuses) == ["New", "Won"]
    with pytest.raises(ValidationError, match=r"restore\('Gone'\)"):
        await colour.call(statuses, "add", "Gone")
    await colour.call(statuses, "restore", "Gone")
    await colour.call(statuses, "add", "Late", target="PT36H")
    assert list(statuses) == ["New", "Won", "Gone", "Late"]


def test_titles_that_cannot_be(attio_sandbox: SandboxHandle) -> None:
    statuses = Project.schema["stage"].statuses
    tags = Project.schema.add(Select("tags", options=["A"])).options
    for call, said in (
        (lambda: statuses.add("won"), "'won', and 'Won' is there"),
        (lambda: statuses.rename("New", "WON"), "differ by case alone"),
        (lambda: statuses.add(" "), "without a title"),
        (lambda: statuses.add(cast("str", 5)), "is a text, not 5"),
        (lambda: Project.schema["stage"].rename(cast("str", None)), "None is not a valid slug"),
        (lambda: attio_sandbox.connection.schema.of(cast("type[Model]", "deals")), "not a model"),
        (lambda: statuses.add("Slow", target=timedelta(days=-1)), "from 0 on"),
        (lambda: statuses.archive("Nwe"), "Did you mean 'New'"),
        (lambda: tags.add("B", celebrate=True), "celebrate= is of statuses"),
        (lambda: list(Project.schema["tags"].statuses), r"its options are \.options"),
        (lambda: list(Project.schema["stage"].options), r"they are \.statuses"),
        (lambda: list(Project.schema["name"].options), "only select and status"),
    ):
        with pytest.raises(ValidationError, match=said):
            call()
    with pytest.raises(ConflictError):
        tags.add("A")
    statuses.rename("New", "NEW")  # itself in another case
    assert list(statuses) == ["NEW", "Won"]
    attio_sandbox.workspace.define_choices("projects", "stage", ["Later"])
    statuses.archive("Later")  # made elsewhere, and looked up once more
    assert Choice in {type(each) for each in statuses.all()}


def test_what_attio_cannot_do_says_where_it_is_done() -> None:
    stage = Project.schema["stage"]

    def remove() -> None:
        del Project.schema["stage"]

    for call in (
        remove,
        stage.delete,
        lambda: Project.schema.reorder("stage", "name"),
        lambda: stage.statuses.reorder("Won", "New"),
        lambda: stage.statuses.delete("Won"),
    ):
        with pytest.raises(NotSupportedByAttio, match="in Attio"):
            call()


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("fault", ["drop_before", "drop_after", 502])
async def test_changes_that_nobody_answered(
    attio_sandbox: SandboxHandle, fault: Any, colour: Colour
) -> None:
    stage = Project.schema["stage"]
    arr = await colour.call(Project.schema, "add", Currency("arr", code="EUR"))
    for call, match in (
        ((arr, "update", {"code": "USD", "default": 5}), "PATCH"),
        ((arr, "rename", {"slug": "revenue"}), "PATCH"),
        ((stage.statuses, "rename", {"title": "Won", "new": "Gained"}), "PATCH"),
        ((stage.statuses, "add", {"title": "Late", "celebrate": True}), "POST"),
    ):
        attio_sandbox.fail_next(fault, match=match)
        owner, method, keywords = call
        await colour.call(owner, method, **keywords)
    assert (arr.slug, arr.definition.currency) == ("revenue", "USD")
    found = attio_sandbox.workspace.look_up("/v2/objects/projects/attributes/revenue")
    assert found["default_value"]["template"][0]["currency_value"] == 5
    titles = attio_sandbox.workspace.look_up("/v2/objects/projects/attributes/stage/statuses")
    assert [each["title"] for each in titles] == ["New", "Gained", "Late"]


@pytest.mark.usefixtures("no_waits")
def test_a_change_is_not_repeated_over_what_others_did(attio_sandbox: SandboxHandle) -> None:
    name = Project.schema["name"]
    assert name.definition.title == "Name"

    def others(method: str, path: str) -> bool:
        if method == "PATCH":
            attio_sandbox.workspace.setup.change_attribute("projects", "name", title="Theirs")
            return True
        return False

    attio_sandbox.fail_next("drop_before", match=others)
    with pytest.raises(OutcomeUnknownError, match="reads neither as sent nor as before"):
        name.update(title="Mine")
    found = attio_sandbox.workspace.look_up("/v2/objects/projects/attributes/name")
    assert found["title"] == "Theirs"


def test_a_dry_run_changes_nothing(attio_sandbox: SandboxHandle) -> None:
    stage = Project.schema["stage"]
    before = stage.definition, stage.statuses.all()
    attio_sandbox.requests.clear()
    with attio_sandbox.connection.dry_run() as plan:
        Project.schema.add(Select("source", options=["Web"]))
        stage.rename("phase")
        stage.archive()
        stage.statuses.add("Late")
        stage.statuses.rename("Won", "Gained")
    assert [each.method for each in plan] == ["POST", "POST", "PATCH", "PATCH", "POST", "PATCH"]
    assert attio_sandbox.requests == []
    assert (stage.slug, "source" in Project.schema) == ("stage", False)
    assert (stage.definition, stage.statuses.all()) == before
