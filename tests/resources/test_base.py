"""What all resources share, seen at notes and tasks: identity, signals, plain forms, bulk."""

import asyncio
import copy
import pickle
import subprocess
import sys
import threading
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic import ValidationError as Refused

from attio_orm import (
    AsyncReceiverError,
    Connection,
    Note,
    NotLoadedError,
    OutcomeUnknownError,
    Person,
    Task,
    ValidationError,
    signals,
)
from attio_orm.resources import Resource, ResourceManager
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


def test_one_resource_is_one_object_within_a_session(connection: Connection, ada: Person) -> None:
    with connection.session(ttl=60):
        note = Note.objects.create(parent=ada, title="x")
        with assert_num_requests(0):
            assert Note.objects.get(id=note.id) is note
        assert Note.objects.filter(parent=ada)[0] is note
        note.title = "mine"
        connection.api.notes.update(note.id, title="theirs", content="theirs")
        (again,) = Note.objects.filter(parent=ada)
        assert again is note
        assert (note.title, note.content) == ("mine", "theirs")
        note.refresh()
        assert (note.title, note.is_changed) == ("theirs", False)
    with connection.session():
        (other,) = Note.objects.filter(parent=ada)
        assert other is not note
        assert other == note
        assert len({other, note}) == 1
    assert Note(title="x") != Note(title="x")
    with pytest.raises(TypeError, match="has no id and no hash yet"):
        hash(Note(title="x"))


async def test_what_was_not_loaded_loads_itself_in_sync_code_alone(
    ada: Person, colour: Colour
) -> None:
    made = await colour.call(ada.notes, "create", "x")
    with assert_num_requests(0):
        note = Note.ref(made.id)
    if colour.is_async:
        fresh = pickle.loads(pickle.dumps(made))
        assert fresh.title == "x"
    detached = Note.__new__(Note)
    detached.__setstate__({"id": made.id})
    with pytest.raises(NotLoadedError, match=r"await instance\.arefresh"):
        _ = detached.title
    await colour.call(detached, "refresh")
    assert detached.title == "x"
    assert note == made


def test_a_reference_is_read_when_it_is_touched(connection: Connection, ada: Person) -> None:
    made = ada.notes.create("x")
    with connection.session():
        note = Note.ref(made.id)
        with assert_num_requests(1):
            assert (note.title, note.content) == ("x", "")
    with pytest.raises(ValidationError, match="is not the id of a Note"):
        Note.ref("x")


async def test_signals_have_the_class_as_sender(ada: Person, colour: Colour) -> None:
    told: list[tuple[str, Any]] = []

    def note_of(name: str) -> Any:
        def receive(sender: Any, *, instance: Any, connection: Any, **values: Any) -> None:
            told.append((name, sender, instance, values.get("created"), values.get("changes")))  # type: ignore[arg-type]

        return receive

    receivers = {
        name: note_of(name)
        for name in ("pre_save", "post_save", "pre_delete", "post_delete", "post_load")
    }
    for name, receive in receivers.items():
        getattr(signals, name).connect(receive, sender=Note)
    note = await colour.call(ada.notes, "create", "x")
    await colour.call(ada.tasks, "create", "not of a note")
    assert [(each[0], each[3]) for each in told] == [("pre_save", True), ("post_save", True)]
    note.title = "y"
    await colour.call(note, "save")
    assert [each[3:] for each in told[2:]] == [(False, {"title": ("x", "y")})] * 2
    await colour.call(ada.notes, "all")
    await colour.call(note, "delete")
    assert [each[0] for each in told[4:]] == ["post_load", "pre_delete", "post_delete"]
    assert all(each[1] is Note and each[2] is note for each in told)

    async def too_late(sender: Any, **values: Any) -> None: ...

    signals.post_save.connect(too_late, sender=Note)
    if not colour.is_async:
        with assert_num_requests(0), pytest.raises(AsyncReceiverError):
            ada.notes.create("z")
    for name, receive in receivers.items():
        getattr(signals, name).disconnect(receive, sender=Note)
    with pytest.raises(TypeError, match="sent by model classes"):
        signals.post_save.connect(too_late, sender=Note.objects)


def test_a_dry_run_sends_nothing(connection: Connection, ada: Person) -> None:
    note, task = ada.notes.create("x"), ada.tasks.create("t")
    with connection.dry_run() as plan:
        note.title = "y"
        note.save()
        new = ada.notes.create("new")
        task.delete()
        report = Note.objects.bulk_create([{"parent": ada, "title": "z"}])
    assert [(each.method, each.path) for each in plan] == [
        ("PATCH", f"/v2/notes/{note.id}"),
        ("POST", "/v2/notes"),
        ("DELETE", f"/v2/tasks/{task.id}"),
        ("POST", "/v2/notes"),
    ]
    assert "title: 'x' -> 'y'" in str(plan)
    assert new.id is None
    assert note.is_changed
    assert report.counts["planned"] == 1
    assert (ada.notes.count(), ada.tasks.count()) == (1, 1)


def test_plain_forms(connection: Connection, ada: Person) -> None:
    note, task = ada.notes.create("x", "text"), ada.tasks.create("t")
    note.title = "unsaved"
    again = pickle.loads(pickle.dumps(note))
    assert again == note
    assert again.connection is None
    assert again.changes == {"title": ("x", "unsaved")}
    assert again.parent.id == ada.id
    again.save()
    assert connection.api.notes.get(note.id)["title"] == "unsaved"
    assert b"attio_orm" in pickle.dumps(note)
    assert b"attio_orm.resources" not in pickle.dumps(note)
    new = copy.copy(Note(parent=ada, title="n"))
    new.save()
    assert ada.notes.count() == 2
    dumped = task.model_dump()
    assert dumped["linked_records"] == [ada.id]
    assert dumped["content"] == "t"
    assert dumped["created_at"] == task.created_at
    assert dumped["created_by"]["type"] == "api-token"
    queryset = pickle.loads(pickle.dumps(Task.objects.filter(linked_record=ada)))
    assert list(queryset) == [task]


def test_pydantic_fields(ada: Person) -> None:
    class Diary(BaseModel):
        note: Note
        tasks: list[Task]

    note = ada.notes.create("x")
    diary = Diary(note=note, tasks=[{"content": "t"}])  # type: ignore[list-item]
    assert diary.note is note
    assert diary.tasks[0].is_changed
    assert diary.model_dump(mode="json")["note"]["title"] == "x"
    assert f'"id":"{note.id}"' in diary.model_dump_json()
    with pytest.raises(Refused, match="has 2,001 characters"):
        Diary(note=note, tasks=[{"content": "x" * 2_001}])  # type: ignore[list-item]
    schema = Diary.model_json_schema()["$defs"]
    assert set(schema["Task"]["properties"]) == {
        "content", "deadline", "is_completed", "linked_records", "assignees",
    }  # fmt: skip


def test_many_are_created_and_each_is_accounted_for(
    attio_sandbox: SandboxHandle, ada: Person
) -> None:
    attio_sandbox.fail_next("drop_after", match="POST /v2/tasks")
    rows = [{"content": "a"}, {"content": ""}, Task(content="b"), {"content": "c"}]
    report = Task.objects.bulk_create(rows, concurrency=1)
    assert [each.state for each in report] == ["unknown", "failed", "created", "created"]
    assert isinstance(report[0].error, OutcomeUnknownError)
    assert Task.objects.count() == 3
    twice = Task.objects.bulk_create([task := Task(content="x"), task])
    assert [each.state for each in twice] == ["created", "failed"]
    assert "among the rows twice" in str(twice[1].error)
    with pytest.raises(ValidationError, match="The content of a task is empty"):
        Task.objects.bulk_create([{"content": ""}], on_error="stop")


async def test_an_answer_without_an_id_tells_nothing(
    attio_sandbox: SandboxHandle, ada: Person, colour: Colour
) -> None:
    note = Note(parent=ada, title="x")
    attio_sandbox.reply_next({"data": {}}, match="POST /v2/notes")
    with pytest.raises(OutcomeUnknownError, match="create of a Note was answered without its id"):
        await colour.call(note, "save")
    with pytest.raises(ValidationError, match="not known whether the save before this one made"):
        await colour.call(note, "save")  # which might make it twice
    note = await colour.call(ada.notes, "create", "x")
    note.title = "y"
    attio_sandbox.reply_next({"data": {}}, match="PATCH /v2/notes")
    with pytest.raises(OutcomeUnknownError, match="change of a Note was answered without its id"):
        await colour.call(note, "save")
    assert note.changes == {"title": ("x", "y")}
    await colour.call(note, "save")
    assert attio_sandbox.connection.api.notes.get(note.id)["title"] == "y"


def test_two_threads_that_save_one_new_note_make_one(ada: Person) -> None:
    note = Note(parent=ada, title="x")
    gate = threading.Barrier(2)

    def save() -> None:
        gate.wait()
        note.save()

    threads = [threading.Thread(target=save) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert note.id is not None
    assert ada.notes.count() == 1


async def test_a_create_that_is_called_off_is_not_made_by_who_waits_for_it(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ada.connection.transport.backend
    note, sent, answered = Note(parent=ada, title="x"), asyncio.Event(), asyncio.Event()
    send = backend.asend

    async def slow(request: Any) -> Any:
        answer = await send(request)
        sent.set()
        await answered.wait()
        return answer

    monkeypatch.setattr(backend, "asend", slow)
    first = asyncio.create_task(note.asave())
    await sent.wait()
    second = asyncio.create_task(note.asave())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    with pytest.raises(ValidationError, match="not known whether"):
        await second
    answered.set()
    assert len([each async for each in ada.notes]) == 1


def test_classes_say_what_they_are() -> None:
    assert isinstance(Note.objects, ResourceManager)
    assert issubclass(Note.DoesNotExist, Resource.DoesNotExist)
    assert Note.DoesNotExist is not Task.DoesNotExist
    with pytest.raises(AttributeError, match=r"use Note\.objects"):
        _ = Note(title="x").objects
    code = "import attio_orm, sys; assert not [m for m in sys.modules if 'resources' in m]"
    subprocess.run([sys.executable, "-c", code], check=True)
