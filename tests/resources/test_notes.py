"""Notes: what is sent of them, what is refused, and what becomes of writes that nobody answered."""

from datetime import UTC, datetime, timedelta

import pytest

from attio_orm import (
    Deal,
    ListEntry,
    Meeting,
    Note,
    NotSupportedByAttio,
    OutcomeUnknownError,
    Person,
    ReadOnlyAttributeError,
    StaleRecordError,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.errors import InvalidRequestError
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


async def test_a_note_is_written_read_changed_and_deleted(ada: Person, colour: Colour) -> None:
    with assert_num_requests(0):
        notes = ada.notes
    with assert_num_requests(1):
        note = await colour.call(notes, "create", "First call", "Wants a *pilot*.")
    assert (note.title, note.content) == ("First call", "Wants a *pilot*.")
    assert note.content_markdown == r"Wants a \*pilot\*."
    assert note.parent is ada
    assert (note.parent_object, note.parent_id) == ("people", ada.id)
    assert note.created_by.type == "api-token"
    assert note.created_at.tzinfo is UTC
    assert not note.is_changed
    assert note.tags == []

    note.title = "Second call"
    assert note.changes == {"title": ("First call", "Second call")}
    with assert_num_requests(1) as sent:
        await colour.call(note, "save")
        await colour.call(note, "save")  # nothing changed any more
    assert sent == [f"PATCH /v2/notes/{note.id}"]
    note.content_markdown = "# Plan\n\n**Now**"
    await colour.call(note, "save")
    assert note.content == "Plan\nNow"
    assert [each.title for each in await colour.call(notes, "all")] == ["Second call"]

    with assert_num_requests(1):
        await colour.call(note, "delete")
        await colour.call(note, "delete")
    assert await colour.call(notes, "count") == 0
    with pytest.raises(Note.DoesNotExist):
        await colour.call(note, "refresh")
    with pytest.raises(Note.DoesNotExist):
        await colour.call(Note.objects, "get", id=note.id)
    assert await colour.call(Note.objects, "get_or_none", id=note.id) is None


def test_markdown_and_a_moment_of_its_own(ada: Person) -> None:
    long_ago = datetime(2020, 5, 4, 3, 2, 1, tzinfo=UTC)
    note = ada.notes.create("Old", "**b**", format="markdown", created_at=long_ago)
    assert (note.content, note.content_markdown) == ("b", "**b**")
    assert note.created_at == long_ago
    with pytest.raises(ReadOnlyAttributeError, match="created_at cannot be changed once"):
        note.created_at = long_ago + timedelta(days=1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"content": "x"}, "A note needs its title: set title"),
        ({"title": " "}, "The title of a note is empty"),
        ({"title": 1}, "1 is not a text"),
        ({"title": "x", "content": "a", "content_markdown": "b"}, "one text in two forms"),
        ({"title": "x", "created_at": datetime(2026, 1, 1)}, "has no time zone"),
        ({"title": "x", "parent": "acme"}, "'acme' is not a record"),
        ({"title": "x", "parent": None}, "is not a record"),
        ({"title": "\ud800"}, "not valid Unicode"),
    ],
    ids=["untitled", "blank", "number", "two texts", "naive", "text parent", "none", "surrogate"],
)
def test_what_a_note_cannot_be_is_refused_before_it_is_sent(
    ada: Person, values: dict[str, object], message: str
) -> None:
    with assert_num_requests(0), pytest.raises(ValidationError, match=message):
        Note.objects.create(**{"parent": ada, **values})


def test_a_note_of_a_meeting(ada: Person) -> None:
    meeting = Meeting.objects.create(
        title="Pilot",
        start=datetime(2026, 11, 1, 9, tzinfo=UTC),
        end=datetime(2026, 11, 1, 10, tzinfo=UTC),
        participants=["ada@lovelace.example.com"],
    )
    note = ada.notes.create("x", meeting=meeting)
    assert note.meeting is meeting
    assert note.model_dump()["meeting"] == meeting.id
    assert ada.notes.create("y", meeting=meeting.id).meeting is meeting
    with pytest.raises(ValidationError, match="'x' is not a meeting"):
        ada.notes.create("z", meeting="x")


def test_mistakes_say_what_to_do(ada: Person) -> None:
    with pytest.raises(UnknownAttributeError, match="Did you mean 'title'"):
        Note(titel="x")
    note = ada.notes.create("x")
    with pytest.raises(UnknownAttributeError, match="Did you mean 'content'"):
        note.contents = "x"  # type: ignore[attr-defined]
    with pytest.raises(ReadOnlyAttributeError, match=r"Note\.parent cannot be changed"):
        note.parent = ada
    with pytest.raises(ReadOnlyAttributeError, match=r"Note\.tags is set by Attio"):
        note.tags = []
    with pytest.raises(UnsupportedLookup, match="no way to filter by title: Notes are filtered by"):
        Note.objects.filter(title="x")
    with pytest.raises(UnsupportedLookup, match="no way to sort by title"):
        Note.objects.order_by("title")
    with pytest.raises(UnsupportedLookup, match="takes no parent beside the id"):
        Note.objects.filter(parent=ada).get(id=note.id)
    with pytest.raises(ValidationError, match="not saved yet"):
        Person().notes.all()
    with pytest.raises(ValidationError, match="is not the id of a Note"):
        Note.objects.get(id="x")
    with pytest.raises(NotSupportedByAttio, match="those of the parent record"):
        _ = ListEntry.__new__(ListEntry).notes


def test_a_text_that_is_too_large(ada: Person) -> None:
    with pytest.raises(InvalidRequestError, match="413") as caught:
        ada.notes.create("Log", "x" * 11 * 2**20)
    assert caught.value.status == 413
    assert ada.notes.all() == []


def test_more_than_a_page_is_read_whole_counted_and_sliced(
    attio_sandbox: SandboxHandle, ada: Person
) -> None:
    attio_sandbox.clock.freeze()
    for n in range(120):
        attio_sandbox.clock.move(1)
        ada.notes.create(f"{n:03d}")
    newest = [f"{n:03d}" for n in reversed(range(120))]
    with assert_num_requests(3):
        assert [each.title for each in ada.notes.all()] == newest
    mine = Note.objects.filter(parent=ada)
    assert mine.count() == ada.notes.count() == len(mine.all()) == 120
    assert mine[30:].count() == 90
    assert mine[:7].count() == 7
    assert [each.title for each in mine[48:53]] == newest[48:53]
    with assert_num_requests(1):
        first = mine.first()
    assert first is not None
    assert first.title == mine.all()[0].title == newest[0]
    assert [each.title for each in mine.iterator()] == newest
    assert mine.exists()
    assert not mine[:0].exists()
    assert not mine[120:].exists()
    assert str(mine[:3].explain()) == "GET /v2/notes"
    assert dict(mine[:3].explain()[0].params or {})["limit"] == 3
    with pytest.raises(ValidationError, match="120 Notes match, and confirm=3"):
        mine.delete(confirm=3)
    assert mine[:3].delete(confirm=3) == 3
    assert Note.objects.count() == 117


def test_a_create_that_got_no_answer_is_not_sent_twice(
    attio_sandbox: SandboxHandle, ada: Person, no_waits: None
) -> None:
    note = Note(parent=ada, title="x")
    attio_sandbox.fail_next("drop_after", match="POST /v2/notes")
    with pytest.raises(OutcomeUnknownError):
        note.save()
    with pytest.raises(ValidationError, match=r"not known whether .* made the Note"):
        note.save()
    attio_sandbox.fail_next(429, retry_after=0, match="POST /v2/notes")
    assert ada.notes.create("y").title == "y"
    assert {each.title for each in ada.notes.all()} == {"y", "x"}


async def test_a_change_that_got_no_answer_is_read_before_it_is_sent_again(
    attio_sandbox: SandboxHandle, ada: Person, no_waits: None, colour: Colour
) -> None:
    note = await colour.call(ada.notes, "create", "x", "one")
    patch = f"PATCH /v2/notes/{note.id}"
    attio_sandbox.fail_next("drop_after", match=patch)
    note.content = "two"
    with assert_num_requests(2) as sent:
        await colour.call(note, "save")
    assert sent == [patch, f"GET /v2/notes/{note.id}"]
    assert not note.is_changed
    attio_sandbox.fail_next(503, match=patch)
    note.content = "three"
    await colour.call(note, "save")
    assert (await colour.call(Note.objects, "get", id=note.id)).content == "three"
    note.content = "four"
    attio_sandbox.fail_next("drop_after", match=patch)
    attio_sandbox.reply_next(
        {"data": {**note.raw, "content_plaintext": "theirs"}}, match=f"GET /v2/notes/{note.id}"
    )
    with pytest.raises(OutcomeUnknownError, match="neither as it was"):
        await colour.call(note, "save")


def test_a_conflict_is_found(attio_sandbox: SandboxHandle, ada: Person) -> None:
    note = ada.notes.create("x")
    api = attio_sandbox.connection.api
    api.notes.update(note.id, title="theirs")
    note.title = "mine"
    with pytest.raises(StaleRecordError, match="loaded 'x', yours 'mine', now 'theirs'") as caught:
        note.save(on_conflict="raise")
    assert caught.value.record is note
    ada.notes.all()  # brings theirs, and keeps what the change began with
    with pytest.raises(StaleRecordError):
        note.save(on_conflict="raise")
    note.save()
    assert api.notes.get(note.id)["title"] == "mine"
    api.notes.delete(note.id)
    note.title = "again"
    with pytest.raises(Note.DoesNotExist):
        note.save()


async def test_notes_are_included_with_their_records(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    people = attio_sandbox.workspace.load("people", [{"name": f"P, {n}"} for n in range(10)])
    for id in people[:8]:
        await colour.call(Person.ref(id).notes, "create", f"of {id}")
    with assert_num_requests(3) as sent:
        found = await colour.items(Person.objects.includes("notes"))
    assert sent == ["POST /v2/objects/people/records/query", "GET /v2/notes", "GET /v2/notes"]
    with assert_num_requests(0):
        for person in found:
            titles = [each.title for each in await colour.call(person.notes, "all")]
            assert titles == ([f"of {person.id}"] if person.id in people[:8] else [])
            assert await colour.call(person.notes, "count") == len(titles)
    (last,) = (each for each in found if each.id == people[9])
    added = await colour.call(last.notes, "create", "more")
    assert await colour.call(last.notes, "all") == [added]
    await colour.call(last, "refresh")  # what was included goes with all else
    with assert_num_requests(1):
        assert await colour.call(last.notes, "all") == [added]


def test_notes_of_few_people_among_very_many(attio_sandbox: SandboxHandle) -> None:
    people = attio_sandbox.workspace.load("people", [{"name": f"P, {n}"} for n in range(11)])
    _load_notes(attio_sandbox, people[10], 100_000)
    for id in people[:10]:
        Person.ref(id).notes.create(f"of {id}")
    queryset = Person.objects.filter(id__in=people[:10]).includes("notes")
    with assert_num_requests(12):
        found = list(queryset)
    assert [[each.title for each in person.notes] for person in found] == [
        [f"of {person.id}"] for person in found
    ]
    assert "one probe" in str(queryset.explain()).replace("\n", " ")


def _load_notes(sandbox: SandboxHandle, parent: str, number: int) -> None:
    """Put notes on a record, past the requests that would take minutes."""
    api = sandbox.connection.api
    api.notes.create(parent_object="people", parent_record_id=parent, title="Many", content="")
    database = sandbox.workspace._engine.database
    with database.transaction(writes=True):
        database.run(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?) "
            "INSERT INTO notes (id, record, title, plaintext, markdown, actor, created_at) "
            "SELECT printf('%08x-0000-4000-8000-000000000000', x), record, title, '', '', actor, "
            "created_at FROM n, notes WHERE title = 'Many'",
            (number - 1,),
        )


def test_includes_behind_a_relation_and_not_behind_notes(
    attio_sandbox: SandboxHandle, ada: Person
) -> None:
    with pytest.raises(UnknownAttributeError, match="nothing is included behind notes"):
        list(Person.objects.includes("notes__parent"))
    assert list(Deal.objects.includes("associated_people__notes")) == []
    note = ada.company.notes.create("of Acme")
    (found,) = Person.objects.includes("company__notes")
    with assert_num_requests(0):
        assert found.company.notes.all() == [note]
