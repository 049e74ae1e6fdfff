"""Managers and querysets of resources: limits of their own, and what they do not have."""

from datetime import UTC, datetime
from typing import Any

import pytest

from attio_orm import (
    Connection,
    DeadlineExceededError,
    Email,
    File,
    Include,
    Meeting,
    Note,
    Person,
    Q,
    ServerError,
    Task,
    Thread,
    UnsupportedLookup,
    ValidationError,
    connect,
)
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


async def test_a_queryset_has_a_deadline_and_attempts_of_its_own(
    attio_sandbox: SandboxHandle, ada: Person, colour: Colour, no_waits: None
) -> None:
    await colour.call(ada.notes, "create", "x")
    notes = Note.objects.filter(parent=ada)
    calls: dict[str, dict[str, int]] = {"first": {}, "exists": {}, "count": {}}
    for method, given in {**calls, "delete": {"confirm": 1}}.items():
        with pytest.raises(DeadlineExceededError):
            await colour.call(notes.using(deadline=1e-9), method, **given)
    for iterated in (notes.using(deadline=1e-9), notes.using(deadline=1e-9).iterator()):
        with pytest.raises(DeadlineExceededError):
            await colour.items(iterated)
    once = notes.using(max_attempts=1)
    attio_sandbox.fail_next(503)
    with assert_num_requests(1), pytest.raises(ServerError):
        await colour.call(once, "first")
    attio_sandbox.fail_next(503)
    with assert_num_requests(2):  # the rest of the connection tries again as before
        assert (await colour.call(notes, "first")).title == "x"


def test_what_was_read_is_not_asked_for_again(ada: Person) -> None:
    ada.tasks.create("x")
    tasks = Task.objects.filter(linked_record=ada)
    with assert_num_requests(1):
        assert len(tasks) == 1
        assert (tasks.first(), tasks.exists(), tasks.count()) == (tasks[0], True, 1)
    with assert_num_requests(1):
        tasks.all().first()


def test_an_include_keeps_the_limits_of_its_queryset(ada: Person) -> None:
    late = Include("tasks", Task.objects.using(deadline=1e-9), to_attr="mine")
    with pytest.raises(DeadlineExceededError):
        list(Person.objects.includes(late))
    assert list(Person.objects.includes(Include("tasks", Task.objects.all(), to_attr="mine")))


async def test_what_is_of_another_workspace_is_refused_before_anything_is_sent(
    ada: Person, colour: Colour
) -> None:
    """Its id means nothing there, or somebody else: two sandboxes of one seed share all ids."""
    meeting = await colour.call(
        Meeting.objects,
        "create",
        title="x",
        start=datetime(2026, 1, 1, 9, tzinfo=UTC),
        end=datetime(2026, 1, 1, 10, tzinfo=UTC),
        participants=["eve@other.example.com"],
    )
    task = await colour.call(ada.tasks, "create", "x")
    other = connect("sandbox://")
    with other.active():
        bob = Person(name="Bob")
        await colour.call(bob, "save")
        with assert_num_requests(0, connection=other):
            for call, name in (
                (colour.call(Note.objects, "create", parent=ada, title="x"), "parent"),
                (colour.call(Note.objects.filter(parent=ada), "count"), "parent"),
                (colour.items(Task.objects.filter(linked_record=ada)), "linked_record"),
                (colour.items(Thread.objects.filter(record=ada)), "record"),
                (colour.items(Email.objects.filter(linked_record=ada)), "linked_record"),
                (colour.call(File.objects.filter(parent=ada), "first"), "parent"),
                (colour.call(bob.notes, "create", "x", meeting=meeting), "meeting"),
            ):
                with pytest.raises(ValidationError, match=f"{name}: .*another connection"):
                    await call
    task.linked_records.append(bob)
    with assert_num_requests(0, connection=other), assert_num_requests(0):
        with pytest.raises(ValidationError, match=r"linked_records: .*Bob.*another connection"):
            await colour.call(task, "save")
        with pytest.raises(ValidationError, match=r"linked_records: .*Bob.*another connection"):
            await colour.call(meeting, "link", bob)
    other.close()


def test_what_cannot_be_meant_says_what_there_is(connection: Connection) -> None:
    tasks: Any = Task.objects
    with assert_num_requests(0):
        for given in (None, "staging"):
            with pytest.raises(TypeError, match="takes a connection"):
                tasks.using(given)
        with pytest.raises(UnsupportedLookup, match="filtered by linked_record"):
            tasks.filter(Q(is_completed=True))
        with pytest.raises(UnsupportedLookup, match="several at once"):
            tasks.order_by("created_at", "completed_at")
        for name in ("exclude", "last", "values", "update", "reverse"):
            with pytest.raises(AttributeError, match=rf"no {name}\(\) of Tasks.* filter\(\)"):
                getattr(tasks.filter(is_completed=True), name)
    assert not hasattr(Task.objects, "exclude")
