"""``connection.schema``: objects, lists, and ``apply()``; both colours, and what it costs."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import pytest

from attio_orm import (
    UNSET,
    BadRequestError,
    Company,
    ConflictError,
    ForbiddenError,
    ListEntry,
    Many,
    Model,
    NotFoundError,
    OutcomeUnknownError,
    SchemaChangeError,
    ValidationError,
    connect,
    signals,
)
from attio_orm.attributes import Currency, Number, Select, Status, Text
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


class Project(Model):
    name: Text = Text(unique=True)
    budget: Currency = Currency(code="EUR", display="code")
    stage: Status[Literal["New", "Done"]]
    accounts: Many[Company] = Many(back="projects", back_many=True)


class Pipe(ListEntry, list="pipe", parent=Project):
    kind: Select = Select(options=["a", "b"])


def sent(handle: SandboxHandle) -> list[str]:
    return [f"{each.method} {each.path}" for each in handle.requests]


def writes(handle: SandboxHandle) -> list[str]:
    return [each for each in sent(handle) if not each.startswith("GET")]


async def test_apply_makes_what_is_missing_and_models_see_it(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    connection = attio_sandbox.connection
    # all objects and lists, and the object that a pair leads to
    with assert_num_requests(3):
        plan = await colour.call(connection.schema, "apply", Project, Pipe, plan=True)
    assert writes(attio_sandbox) == []
    assert len(plan) == 11

    attio_sandbox.requests.clear()
    done = await colour.call(connection.schema, "apply", Project, Pipe)
    assert done == plan
    assert writes(attio_sandbox) == [f"{c.request.method} {c.request.path}" for c in plan]
    assert len(attio_sandbox.requests) == 2 + len(plan)  # objects and lists are read anew

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no drift is left
        acme = await colour.call(Company.objects, "create", name="Acme")
        ship = await colour.call(
            Project.objects, "create", name="Argo", budget=3, stage="Done", accounts=[acme]
        )
        entry = await colour.call(Pipe.objects, "create", parent=ship, kind="b")
    assert (ship.budget.currency, entry.kind) == ("EUR", "b")
    assert connection.schema["companies"].attributes["projects"].is_multi
    assert await colour.call(connection, "drift", Project) == []

    with assert_num_requests(6):  # objects, lists, attributes of two, titles of two
        again = await colour.call(connection.schema, "apply", Project, Pipe)
    assert (len(again), again.differences) == (0, ())


def test_a_failure_half_way_says_what_is_done_and_can_be_repeated(
    attio_sandbox: SandboxHandle,
) -> None:
    schema = attio_sandbox.connection.schema
    attio_sandbox.fail_next(403, match="POST /v2/objects/projects/attributes/stage/statuses")
    with pytest.raises(SchemaChangeError, match="4 of 7 changes are done") as failed:
        schema.apply(Project)
    error = failed.value
    assert isinstance(error.__cause__, ForbiddenError)
    assert [each.attribute for each in error.done] == ["", "name", "budget", "stage"]
    assert str(error.failed) == "+ projects.stage: status 'New'"
    assert [str(each) for each in error.left] == [
        "+ projects.stage: status 'Done'",
        "+ projects.accounts: several record-reference to companies, "
        "and back as companies.projects",
    ]
    assert len(schema.apply(Project)) == 3
    assert len(schema.apply(Project, plan=True)) == 0


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("fault", ["drop_before", "drop_after", 500, 502])
async def test_each_create_that_nobody_answered_is_made_once(
    attio_sandbox: SandboxHandle, fault: Any, colour: Colour
) -> None:
    schema = attio_sandbox.connection.schema
    for match in (
        "POST /v2/objects", "POST /v2/lists", "POST /v2/objects/projects/attributes",
        "POST /v2/objects/projects/attributes/stage/statuses",
        "POST /v2/lists/pipe/attributes/kind/options",
    ):  # fmt: skip
        attio_sandbox.fail_next(fault, match=lambda m, p, w=match: f"{m} {p}" == w)
    await colour.call(schema, "apply", Project, Pipe)
    assert len(await colour.call(schema, "apply", Project, Pipe, plan=True)) == 0
    workspace = attio_sandbox.workspace
    made = [each["api_slug"] for each in workspace.look_up("/v2/objects/projects/attributes")]
    assert made[-4:] == ["name", "budget", "stage", "accounts"]
    stages = workspace.look_up("/v2/objects/projects/attributes/stage/statuses")
    assert [each["title"] for each in stages] == ["New", "Done"]


def test_who_comes_second_takes_what_is_there(attio_sandbox: SandboxHandle) -> None:
    """Two programs apply the same at one time: what the other has made is no error."""
    other = attio_sandbox.workspace
    made: list[str] = []

    def meanwhile(method: str, path: str) -> bool:
        if (method, path) == ("POST", "/v2/objects") and not made:
            made.append(other.define_object("projects", "Project", "Projects"))
            other.define_attribute("projects", api_slug="budget", type="text")
        return False

    attio_sandbox.fail_next(500, match=meanwhile)
    with pytest.raises(SchemaChangeError) as failed:
        attio_sandbox.connection.schema.apply(Project)
    assert isinstance(failed.value.__cause__, ConflictError)  # of another type: not the same
    assert failed.value.failed.attribute == "budget"
    assert [each.attribute for each in failed.value.done] == ["", "name"]


def test_two_threads_apply_the_same_at_one_time(attio_sandbox: SandboxHandle) -> None:
    connection = attio_sandbox.connection
    with connection.concurrent(workers=4) as batch:
        for _ in range(4):
            batch.submit(connection.schema.apply, Project, Pipe)
    assert [each.error for each in batch.results] == [None] * 4
    assert len(connection.schema.apply(Project, Pipe)) == 0
    workspace = attio_sandbox.workspace
    stages = workspace.look_up("/v2/objects/projects/attributes/stage/statuses")
    assert [each["title"] for each in stages] == ["New", "Done"]


def test_what_another_thread_makes_while_it_is_looked_at(attio_sandbox: SandboxHandle) -> None:
    schema = attio_sandbox.connection.schema
    schema.apply(Project)

    def make(sender: object, **about: Any) -> None:
        if about["path"] == "/v2/objects/projects/attributes":
            signals.request_finished.disconnect(make)
            schema.create_list("pipe", name="Pipe", parent=Project)

    with signals.request_finished.connected_to(make):
        assert [each.kind for each in schema.apply(Project, Pipe)][:1] == ["create_list"]
    assert len(schema.apply(Project, Pipe)) == 0
    assert writes(attio_sandbox).count("POST /v2/lists") == 2


def test_two_classes_of_one_object(attio_sandbox: SandboxHandle) -> None:
    class Other(Model, object="projects"):
        stage: Status = Status(options=["New", "Paid"])
        notes_: Text = Text("notes")

    schema = attio_sandbox.connection.schema
    assert [str(each) for each in schema.apply(Project, Other)[-3:]] == [
        "+ projects.accounts: several record-reference to companies, "
        "and back as companies.projects",
        "+ projects.stage: status 'Paid'",
        "+ projects.notes: text",
    ]
    assert len(schema.apply(Other, Project)) == 0


def test_bad_models_are_refused_before_anything_is_sent(attio_sandbox: SandboxHandle) -> None:
    class Ship(Model):
        stage: Select = Select(options=["A", "a"])
        of: Many[Project]

    class Person(Model, object="people", on_drift="ignore"):
        code: Text = Text(unique=True)
        phase: Status = Status()

    with pytest.raises(ValidationError) as refused:
        attio_sandbox.connection.schema.apply(Ship, Person)
    assert [each.attribute for each in refused.value.problems] == [
        "Ship.stage", "Ship.of", "Person.code", "Person.phase",
    ]  # fmt: skip
    assert writes(attio_sandbox) == []
    for model in (Model, dict):
        with pytest.raises(ValidationError, match="is not a model"):
            attio_sandbox.connection.schema.apply(model)
    with pytest.raises(ValidationError, match="Name the models"):
        attio_sandbox.connection.schema.apply()


def test_an_object_beyond_the_plan(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.workspace.max_objects = 5
    schema = attio_sandbox.connection.schema
    with pytest.raises(BadRequestError, match="has 5 objects") as refused:
        schema.create_object("ships", singular="Ship", plural="Ships")
    assert refused.value.code == "quota_exceeded"
    with pytest.raises(SchemaChangeError, match="has 5 objects") as failed:
        schema.apply(Project)
    assert (failed.value.done, len(failed.value.left)) == ([], 6)


def test_a_dry_run_notes_every_write(attio_sandbox: SandboxHandle) -> None:
    connection = attio_sandbox.connection
    with connection.dry_run() as run:
        plan = connection.schema.apply(Project)
        made = connection.schema.create_object("ships", singular="Ship", plural="Ships")
        connection.schema.delete_object("ships", confirm="ships")
    assert [each.path for each in run[: len(plan)]] == [each.request.path for each in plan]
    assert [each.method for each in run[len(plan) :]] == ["POST", "DELETE"]
    assert (made.id, made.slug) == ("", "ships")
    assert writes(attio_sandbox) == []
    assert [each.slug for each in connection.schema.objects()][-1] == "workspaces"


async def test_objects(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    schema = attio_sandbox.connection.schema
    with assert_num_requests(6):
        before = await colour.call(schema, "objects")
    assert [each.slug for each in before] == ["people", "companies", "deals", "users", "workspaces"]
    assert "email_addresses" in before[0].attributes

    with assert_num_requests(1):
        made = await colour.call(schema, "create_object", "ships", singular="Ship", plural="Ships")
    assert (made.slug, made.singular) == ("ships", "Ship")
    with assert_num_requests(1):  # the attributes of the new one
        assert (await colour.call(schema, "objects"))[-1].id == made.id
    with pytest.raises(ConflictError):
        await colour.call(schema, "create_object", "ships", singular="S", plural="Ss")

    with assert_num_requests(1):
        await colour.call(schema, "update_object", "ships", plural="Fleet")
        assert schema["ships"].plural == "Fleet"
    await colour.call(schema, "update_object", "ships", new_slug="boats")
    assert (await colour.call(schema, "fetch", "boats")).plural == "Fleet"
    with pytest.raises(NotFoundError, match='no object "ships"'):
        await colour.call(schema, "fetch", "ships")

    attio_sandbox.requests.clear()
    with pytest.raises(ValidationError, match="confirm='boats'"):
        await colour.call(schema, "delete_object", "boats", confirm="ships")
    with pytest.raises(ValidationError, match="standard object"):
        await colour.call(schema, "delete_object", "people", confirm="people")
    with pytest.raises(ValidationError, match="Say what is to change"):
        await colour.call(schema, "update_object", "boats")
    with pytest.raises(ValidationError, match="standard object"):
        await colour.call(schema, "create_object", "deals", singular="D", plural="Ds")
    assert sent(attio_sandbox) == []
    await colour.call(schema, "delete_object", "boats", confirm="boats")
    assert "boats" not in [each.slug for each in await colour.call(schema, "objects")]


async def test_lists(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    connection = attio_sandbox.connection
    schema = connection.schema
    ada = attio_sandbox.add_member("ada@team.example.com")
    made = await colour.call(
        schema, "create_list", "hiring", name="Hiring", parent=Company, access=None,
        members={"ada@team.example.com": "full-access"},
    )  # fmt: skip
    assert (made.kind, made.parents) == ("lists", ("companies",))

    async def there(slug: str) -> Any:
        return await colour.call(connection.api.lists, "get", slug)

    shared = (await there("hiring"))["workspace_member_access"]
    assert shared == [{"workspace_member_id": ada, "level": "full-access"}]
    await colour.call(schema, "update_list", "hiring", access="read-only", members=UNSET)
    assert (await there("hiring"))["workspace_access"] == "read-only"
    await colour.call(schema, "update_list", "hiring", name="Team", new_slug="team")
    assert [each.plural for each in await colour.call(schema, "lists")] == ["Team"]

    attio_sandbox.requests.clear()
    for wrong, said in (
        ({"access": "read-only"}, "full access"),
        ({"members": {"bob@team.example.com": "full-access"}}, "not a member of the workspace"),
        ({"members": {ada: "owner"}}, "Access is one of"),
        ({"parent": Pipe}, "is a list"),
    ):
        keywords: Any = {"name": "X", "parent": "people", **wrong}
        with pytest.raises(ValidationError, match=said):
            await colour.call(schema, "create_list", "x", **keywords)
    assert writes(attio_sandbox) == []


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize(("fault", "writes"), [("drop_after", 1), (502, 2)], ids=["drop", "502"])
def test_a_change_that_nobody_answered_is_read_first(
    attio_sandbox: SandboxHandle, fault: Any, writes: int
) -> None:
    schema = attio_sandbox.connection.schema
    schema.create_object("ships", singular="Ship", plural="Ships")
    attio_sandbox.fail_next(fault, match="PATCH /v2/objects")
    attio_sandbox.requests.clear()
    schema.update_object("ships", new_slug="boats")
    assert schema.fetch("boats").singular == "Ship"
    patches = [each for each in sent(attio_sandbox) if each.startswith("PATCH")]
    assert len(patches) == writes


@pytest.mark.usefixtures("no_waits")
def test_where_the_read_fails_too_nobody_knows(attio_sandbox: SandboxHandle) -> None:
    attio_sandbox.fail_next("drop_after", match="POST /v2/objects")
    attio_sandbox.fail_next(500, match="GET /v2/objects/ships", times=50)
    with pytest.raises(OutcomeUnknownError):
        attio_sandbox.connection.schema.create_object("ships", singular="S", plural="Ss")
    assert writes(attio_sandbox) == ["POST /v2/objects"]


def test_a_snapshot_can_be_applied_to(attio_sandbox: SandboxHandle, tmp_path: Any) -> None:
    file = tmp_path / "schema.json"
    attio_sandbox.connection.schema.save(file)
    with connect(f"sandbox:///{tmp_path}/w.db", schema=file) as connection:
        connection.schema.apply(Project)
        assert connection.schema.fetch("projects").attributes["budget"].display == "code"

    class Larger(Model, object="projects"):
        size: Number

    with connect(f"sandbox:///{tmp_path}/w.db", schema=file, on_drift="ignore") as connection:
        assert [each.attribute for each in connection.schema.apply(Larger)] == ["size"]
