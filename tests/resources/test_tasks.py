"""Tasks: lists that are merged into what others made of them, members, filters and orders."""

from datetime import UTC, datetime

import pytest

from attio_orm import (
    Company,
    Deal,
    Include,
    InvalidResponseError,
    Note,
    OutcomeUnknownError,
    Person,
    ReadOnlyAttributeError,
    StaleRecordError,
    Task,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


@pytest.fixture
def members(attio_sandbox: SandboxHandle) -> list[str]:
    """The ids of three members."""
    return [attio_sandbox.add_member(f"m{n}@team.example.com") for n in range(3)]


def _others(sandbox: SandboxHandle, task: Task, *members: str) -> None:
    """Somebody else assigns these members, and nobody else."""
    assignees = [
        {"referenced_actor_type": "workspace-member", "referenced_actor_id": each}
        for each in members
    ]
    sandbox.connection.api.tasks.update(task.id, assignees=assignees)


async def test_a_task_is_made_done_and_reopened(
    ada: Person, members: list[str], colour: Colour
) -> None:
    due = datetime(2027, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    with assert_num_requests(1):
        task = await colour.call(
            ada.tasks, "create", "Call back", deadline=due, assignees=["m0@team.example.com"]
        )
    assert task.content == "Call back"
    assert task.deadline is not None
    assert abs(task.deadline - due).total_seconds() < 0.001  # Attio keeps milliseconds
    assert task.linked_records == [ada]
    assert task.linked_records[0] is ada
    assert [each.id for each in task.assignees] == members[:1]
    assert not task.is_completed
    assert not task.is_changed
    task.deadline = due  # the same, to the millisecond
    with assert_num_requests(0):
        await colour.call(task, "save")
    with assert_num_requests(1):
        await colour.call(task, "complete")
        await colour.call(task, "complete")
    assert task.is_completed
    assert task.completed_at is not None
    await colour.call(task, "reopen")
    assert task.completed_at is None
    task.deadline = None
    await colour.call(task, "save")
    (again,) = await colour.call(ada.tasks, "all")
    assert again == task
    assert again.deadline is None


def test_what_others_assigned_meanwhile_stays(
    attio_sandbox: SandboxHandle, ada: Person, members: list[str]
) -> None:
    first, second, third = members
    acme = Company.objects.get(name="Acme")
    task = ada.tasks.create("x", assignees=[first, second])
    _others(attio_sandbox, task, first, second, third)
    task.assignees.remove(task.assignees[0])
    task.linked_records.append(acme)
    with assert_num_requests(2) as sent:
        task.save()
    assert sent == [f"GET /v2/tasks/{task.id}", f"PATCH /v2/tasks/{task.id}"]
    assert [each.id for each in task.assignees] == [second, third]
    assert task.linked_records == [ada, acme]
    assert task.changes == {}
    task.assignees = ["m0@team.example.com", *task.assignees[:1]]
    task.save()
    assert {each.id for each in task.assignees} == {first, second}
    task.assignees = ["m1@team.example.com", "m0@team.example.com"]  # the same two
    with assert_num_requests(0):
        task.save()
    task.assignees = ["nobody@team.example.com"]
    with pytest.raises(ValidationError, match=r"nobody@team\.example\.com.* is not a member"):
        task.save()


def test_a_change_of_lists_that_got_no_answer(
    attio_sandbox: SandboxHandle, ada: Person, members: list[str], no_waits: None
) -> None:
    first, second, third = members
    task = ada.tasks.create("x", assignees=[first])
    patch = f"PATCH /v2/tasks/{task.id}"
    attio_sandbox.fail_next("drop_after", match=patch)
    task.assignees.append(second)  # type: ignore[arg-type]
    with assert_num_requests(3):  # read, sent, and read again: it is there
        task.save()
    assert [each.id for each in task.assignees] == [first, second]
    # where others came between, the repeat adds to what they made of it
    attio_sandbox.fail_next(500, match=patch)
    task.assignees = [*task.assignees, third]
    answer = attio_sandbox.connection.api.tasks.get(task.id)
    kept = [each for each in answer["assignees"] if each["referenced_actor_id"] != first]
    attio_sandbox.reply_next({"data": answer}, match=f"GET /v2/tasks/{task.id}")
    attio_sandbox.reply_next({"data": {**answer, "assignees": kept}}, match="GET /v2/tasks/")
    task.save()
    assert [each.id for each in task.assignees] == [second, third]
    attio_sandbox.fail_next("drop_after", match=patch)
    task.deadline = datetime(2027, 1, 1, tzinfo=UTC)
    theirs = {"data": {**answer, "deadline_at": "2028-01-01T00:00:00.000000000Z"}}
    attio_sandbox.reply_next(theirs, match=f"GET /v2/tasks/{task.id}")
    with pytest.raises(OutcomeUnknownError):
        task.save()


def test_lists_are_merged_and_never_stale(
    attio_sandbox: SandboxHandle, ada: Person, members: list[str]
) -> None:
    task = ada.tasks.create("x")
    _others(attio_sandbox, task, members[0])
    task.assignees = members[1:2]
    task.save(on_conflict="raise")
    assert [each.id for each in task.assignees] == members[:2]
    attio_sandbox.connection.api.tasks.update(task.id, is_completed=True)
    task.deadline = datetime(2027, 1, 1, tzinfo=UTC)
    task.save(on_conflict="raise")  # they changed something else
    attio_sandbox.connection.api.tasks.update(task.id, deadline_at=None)
    task.deadline = datetime(2027, 2, 1, tzinfo=UTC)
    with pytest.raises(StaleRecordError, match="deadline"):
        task.save(on_conflict="raise")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "A task needs a text"),
        ({"content": "x" * 2_001}, "has 2,001 characters, and Attio takes 2,000 at most"),
        ({"content": "x", "deadline": datetime(2027, 1, 1)}, "has no time zone"),
        ({"content": "x", "is_completed": "yes"}, "'yes' is neither True nor False"),
        ({"content": "x", "assignees": ["bob"]}, "'bob' is not a member"),
        ({"content": "x", "linked_records": ["acme.com"]}, "'acme.com' is not a record"),
    ],
    ids=["no text", "long", "naive", "truth", "no member", "no record"],
)
def test_what_a_task_cannot_be_is_refused_before_it_is_sent(
    attio_sandbox: SandboxHandle, values: dict[str, object], message: str
) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError, match=message):
        Task.objects.create(**values)


def test_the_text_of_a_task_stays(ada: Person) -> None:
    task = ada.tasks.create("x" * 2_000)
    with pytest.raises(ReadOnlyAttributeError, match=r"content cannot be changed once the Task"):
        task.content = "y"
    with pytest.raises(ReadOnlyAttributeError, match="set by Attio"):
        task.completed_at = None


async def test_filters_and_orders_are_those_of_attio(
    attio_sandbox: SandboxHandle, ada: Person, members: list[str], colour: Colour
) -> None:
    attio_sandbox.clock.freeze()
    for n, assignees in enumerate(([], members[:1], members[:2])):
        attio_sandbox.clock.move(1)
        await colour.call(ada.tasks, "create", str(n), assignees=assignees)
    tasks = Task.objects
    await colour.call(await colour.call(tasks.order_by("-created_at"), "first"), "complete")

    async def found(queryset: object) -> list[str]:
        return [each.content for each in await colour.items(queryset)]

    assert await found(tasks.all()) == ["0", "1", "2"]
    assert await found(tasks.filter(assignee="m0@team.example.com")) == ["1", "2"]
    assert await found(tasks.filter(assignee=members[1], is_completed=True)) == ["2"]
    assert await found(tasks.filter(assignee=None)) == ["0"]
    assert await found(tasks.filter(linked_record=ada).order_by("-created_at")) == ["2", "1", "0"]
    assert await found(ada.tasks.filter(is_completed=False)) == ["0", "1"]
    assert await found(tasks.order_by("-completed_at")[:1]) == ["2"]
    with pytest.raises(UnsupportedLookup, match="sort by deadline"):
        tasks.order_by("deadline")
    with pytest.raises(UnsupportedLookup, match="one assignee at a time"):
        tasks.filter(assignee=None).filter(assignee=members[0])
    with pytest.raises(ValidationError, match="neither True nor False"):
        tasks.filter(is_completed=1)


def test_objects_that_attio_names_by_their_ids(attio_sandbox: SandboxHandle, ada: Person) -> None:
    task = ada.tasks.create("x")
    raw = attio_sandbox.connection.api.tasks.get(task.id)
    (people,) = (
        each["id"]["object_id"]
        for each in attio_sandbox.connection.api.objects.list()
        if each["api_slug"] == "people"
    )
    raw["linked_records"][0]["target_object_id"] = people
    attio_sandbox.reply_next({"data": raw}, match=f"GET /v2/tasks/{task.id}")
    task.refresh()
    assert task.linked_records == [ada]


def test_tasks_of_five_hundred_people(attio_sandbox: SandboxHandle) -> None:
    people = attio_sandbox.workspace.load("people", [{"name": f"P, {n}"} for n in range(500)])
    make = attio_sandbox.connection.api.tasks.create
    for n in range(800):
        make(content=str(n), is_completed=n % 2 == 0, linked_records=[people[n % 400]])
    wanted = Include("tasks", Task.objects.filter(is_completed=False), to_attr="open_tasks")
    # two for the people; of each include a probe, and two pages of 800 tasks or one of 400
    with assert_num_requests(7):
        found = list(Person.objects.includes("tasks", wanted))
    with assert_num_requests(0):
        for person in found:
            n = people.index(person.id)
            mine = [str(n), str(n + 400)] if n < 400 else []
            assert [each.content for each in person.tasks] == mine
            left = [each for each in mine if int(each) % 2]
            assert [each.content for each in person.open_tasks] == left


def test_includes_that_cannot_be(attio_sandbox: SandboxHandle, ada: Person) -> None:
    for include, message in (
        (Include("tasks", Note.objects.all(), to_attr="x"), "takes a queryset of Task"),
        (Include("tasks", Person.objects.all(), to_attr="x"), "takes a queryset of Task"),
        (Include("tasks", Task.objects.all()[:3], to_attr="x"), "takes no slice"),
        (Include("tasks", Task.objects.filter(linked_record=ada), to_attr="x"), "itself"),
        (Include("tasks", Task.objects.all(), to_attr="name"), "something else already"),
        (Include("company", Task.objects.all(), to_attr="x"), "no relation leads to"),
    ):
        with assert_num_requests(0), pytest.raises(ValidationError, match=message):
            list(Person.objects.includes(include))
    for name, said in (("threads", "notes and tasks alone"), ("task", "Did you mean 'tasks'")):
        with pytest.raises(UnknownAttributeError, match=said):
            list(Person.objects.includes(name))
    assert list(Deal.objects.includes("tasks")) == []


async def test_a_task_that_comes_without_its_lists_is_not_changed(
    attio_sandbox: SandboxHandle, ada: Person, members: list[str], colour: Colour
) -> None:
    task = await colour.call(ada.tasks, "create", "x", assignees=members[:1])
    _others(attio_sandbox, task, members[0], members[1])
    attio_sandbox.reply_next({"data": {}}, match="GET /v2/tasks/")
    task.assignees = [members[2]]
    with pytest.raises(InvalidResponseError, match="came without its assignees"):
        await colour.call(task, "save")
    await colour.call(task, "save")
    assert [each.id for each in task.assignees] == members[1:]
