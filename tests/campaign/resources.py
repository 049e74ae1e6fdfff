"""What the campaign does with notes, tasks, comments, files, lists, histories and the schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from attio_orm import Comment, File, Note, Task, Thread
from attio_orm.attributes import Select
from tests.campaign.journal import Journal, assigned
from tests.campaign.models import Client, Pipeline
from tests.campaign.operations import Lane, Table
from tests.campaign.scene import ENTRIES, RECORDS, Claim

AUTHOR = "owner@sandbox.example"
_REPLACED = (
    "short length", "broken JSON", "cut JSON", "no JSON", "no record", "empty", "flipped head",
)  # fmt: skip
"""What leaves an answer that is whole by all that HTTP tells; bytes have no form of their own."""

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Paper:
    """Something that is there, and the instance of it (``None``: to be read anew)."""

    path: str
    mark: str
    live: Any = None
    above: Paper | None = None
    """The first comment of its thread, the folder that it is in, the attribute of an option."""

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass
class Clerk(Lane):
    """A lane that works on papers of its own, on three records of its own."""

    papers: dict[str, list[Paper]] = field(default_factory=dict[str, list[Paper]])
    records: list[str] = field(default_factory=list[str])
    checks: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    @property
    def journal(self) -> Journal:
        assert isinstance(self.scene, Journal)
        return self.scene

    def of(self, kind: str) -> list[Paper]:
        return self.papers.setdefault(kind, [])

    def one(self, kind: str) -> Paper:
        return self.dice.choice(self.of(kind))

    def mark(self) -> str:
        return f"mark {self.scene.number()}"

    def record(self) -> Any:
        """A record of the lane, that is not loaded."""
        while len(self.records) < 3:
            self.records.append(self.journal.new_record())
        return Client.ref(self.dice.choice(self.records))

    async def live(self, model: Any, paper: Paper) -> Any:
        """The instance of it; ``None`` where it cannot be read."""
        if paper.live is None or self.dice.random() < 0.2:
            work = self.call(model.objects.using(self.connection), "get", id=paper.id)
            outcome, found = await self.attempt(work, is_read=True, part=True)
            if outcome == "acknowledged" and found.is_changed:  # the same one, after an error
                outcome, _ = await self.attempt(
                    self.call(found, "refresh"), is_read=True, part=True
                )
            paper.live = found if outcome == "acknowledged" else None
        return paper.live

    # -- what became of it ------------------------------------------------------------------------

    async def make(
        self, kind: str, mark: str, work: Awaitable[Any], above: Paper | None = None,
        *, settles: bool = False,
    ) -> Paper | None:  # fmt: skip
        """Make something, and see whether it is there once, if it is to be.

        What ``settles`` may be there after an error of the line, as what is repeated may.
        """
        outcome, result = await self.attempt(work)
        there = self.journal.there(mark)
        if len(there) > 1:
            self.fault("doubled", f"{len(there)} of {mark}: {there}")
        if outcome == "acknowledged":
            id = result.id if hasattr(result, "id") else None
            if not there or (id is not None and id not in there[0]):
                self.fault("lost", f"{mark} was answered with {id}, and is {there}")
        elif there and (outcome == "failed" or (outcome == "open" and not settles)):
            self.fault("denied", f"{result!r:.300}, and {mark} is there")
        if not there:
            return None
        paper = Paper(there[0], mark, result if outcome == "acknowledged" else None, above)
        self.of(kind).append(paper)
        self.checks.append(lambda: self._still_once(kind, paper))
        return paper

    def _still_once(self, kind: str, paper: Paper) -> None:
        there = self.journal.there(paper.mark)
        if paper in self.of(kind) and paper.path not in there:
            self.fault("lost", f"{paper.mark} at {paper.path}")
        if len(there) > 1:
            self.fault("doubled", f"{len(there)} of {paper.mark}: {there}")

    async def change(
        self, paper: Paper, member: str, value: Any, work: Awaitable[Any], start: int,
        *, guarded: bool = False,
    ) -> str:  # fmt: skip
        """Write a value that was never there, and see whether it came, and replaced no other's.

        ``start`` is how much was in the journal when the instance was known to be as loaded.
        """
        outcome, result = await self.attempt(work)
        written = self.journal.since(paper.path, member, start)
        ours = [n for n, each in enumerate(written) if each.ours and each.value == value]
        if outcome == "acknowledged" and not ours:
            self.fault("lost", f"{member} {value} of {paper.path}: {written}")
        if outcome == "failed" and ours:
            self.fault("denied", f"{result!r:.300}, and {member} {value} of {paper.path} is")
        if guarded and ours and any(not each.ours for each in written[: ours[0]]):
            self.fault("overwritten", f"{member} of {paper.path}, unseen: {written}")
        self.unless_back(paper, member)
        if outcome != "acknowledged":
            paper.live = None
        self.checks.append(lambda: self._still_so(paper, member))
        return outcome

    def unless_back(self, paper: Paper, member: str) -> None:
        for value in self.journal.came_back(paper.path, member):
            self.fault("overwritten", f"{member} {value} of {paper.path} came back")

    def _still_so(self, paper: Paper, member: str) -> None:
        self.unless_back(paper, member)
        state = self.journal.state(paper.path)
        written = self.journal.since(paper.path, member)
        shown = "content_plaintext" if member == "content" else member
        if state is not None and written and state[shown] != written[-1].value:
            self.fault("lost", f"{member} of {paper.path} is {state[shown]}, after {written[-1]}")

    async def away(self, kind: str, paper: Paper, live: Any) -> None:
        """Delete it, and what is below it."""
        outcome, result = await self.attempt(self.call(live, "delete"))
        there = self.journal.state(paper.path) is not None
        if outcome == "acknowledged" and there:
            self.fault("lost", f"{paper.path} was deleted, and is there")
        if outcome == "failed" and not there:
            self.fault("denied", f"{result!r:.300}, and {paper.path} is deleted")
        paper.live = None
        if not there:
            for papers in self.papers.values():
                papers[:] = [each for each in papers if paper not in (each, each.above)]

    def at_the_end(self) -> None:
        self.operation = f"{self.name} at the end"
        for check in self.checks:
            check()
        super().at_the_end()


def _has(kind: str) -> Callable[[Any], bool]:
    return lambda clerk: bool(clerk.of(kind))


def _always(clerk: Any) -> bool:
    return True


# -- notes ----------------------------------------------------------------------------------------


async def create_note(clerk: Clerk) -> None:
    mark = clerk.mark()
    work = clerk.call(clerk.record().notes, "create", mark, f"text of {mark}")
    await clerk.make("notes", mark, work)


async def update_note(clerk: Clerk) -> None:
    """Its title or its text, which others may have changed before."""
    paper = clerk.one("notes")
    note = await clerk.live(Note, paper)
    if note is None:
        return
    member = clerk.dice.choice(("title", "content"))
    conflict = clerk.dice.choice(("overwrite", "raise"))
    value, start = f"ours {clerk.scene.number()}", len(clerk.journal.since(paper.path, member))
    is_stale = clerk.dice.random() < 0.2
    if is_stale:
        clerk.journal.write(paper.path, member, f"theirs {clerk.scene.number()}")
    setattr(note, member, value)
    outcome = await clerk.change(
        paper, member, value, clerk.call(note, "save", on_conflict=conflict), start,
        guarded=conflict == "raise",
    )  # fmt: skip
    others = [each for each in clerk.journal.since(paper.path, member, start) if not each.ours]
    if outcome == "acknowledged" and not others and getattr(note, member) != value:
        clerk.fault("mistaken", f"{member} of {paper.path} reads {getattr(note, member)!r}")
    paper.live = None if others else paper.live


async def delete_note(clerk: Clerk) -> None:
    paper = clerk.one("notes")
    await clerk.away("notes", paper, paper.live or Note.ref(paper.id))


async def read_note(clerk: Clerk) -> None:
    paper = clerk.one("notes")
    work = clerk.call(Note.objects.using(clerk.connection), "get", id=paper.id)
    outcome, note = await clerk.attempt(work, is_read=True)
    state = clerk.journal.state(paper.path)
    if outcome == "acknowledged" and state is not None and not note.is_changed:
        if clerk.dice.random() < 0.5:
            outcome, _ = await clerk.attempt(clerk.call(note, "refresh"), is_read=True, part=True)
        if outcome == "acknowledged" and (note.id, note.title) != (paper.id, state["title"]):
            clerk.fault("mistaken", f"{paper.path} reads {note.title!r}, and is {state['title']}")


# -- tasks ----------------------------------------------------------------------------------------


async def create_task(clerk: Clerk) -> None:
    mark = clerk.mark()
    assignees = clerk.dice.sample(clerk.journal.mine, clerk.dice.randint(0, 2))
    work = clerk.call(clerk.record().tasks, "create", mark, assignees=assignees)
    await clerk.make("tasks", mark, work)


async def complete_task(clerk: Clerk) -> None:
    """Complete it, or take it up again."""
    paper = clerk.one("tasks")
    task = await clerk.live(Task, paper)
    if task is None:
        return
    before = clerk.journal.state(paper.path)
    wanted = not task.is_completed
    outcome, result = await clerk.attempt(clerk.call(task, "complete" if wanted else "reopen"))
    state = clerk.journal.state(paper.path)
    assert before is not None
    assert state is not None
    if outcome == "acknowledged" and state["is_completed"] != wanted:
        clerk.fault("lost", f"{paper.path} is not {'completed' if wanted else 'open'}")
    if outcome == "failed" and state["is_completed"] != before["is_completed"]:
        clerk.fault("denied", f"{result!r:.300}, and {paper.path} is completed or open")
    if outcome != "acknowledged":
        paper.live = None


async def assign_task(clerk: Clerk) -> None:
    """One member more and perhaps one less, while others assign theirs."""
    paper, journal = clerk.one("tasks"), clerk.journal
    task = await clerk.live(Task, paper)
    if task is None:
        return
    before = assigned(journal.state(paper.path))
    there = [each.id for each in task.assignees]
    free = sorted(set(journal.mine) - {*there})
    held = sorted(set(there) & set(journal.mine))
    new = clerk.dice.choice(free) if free else None
    old = clerk.dice.choice(held) if held and (new is None or clerk.dice.random() < 0.4) else None
    if clerk.dice.random() < 0.2:
        journal.assign(paper.path, clerk.dice)
    task.assignees = [*(each for each in there if each != old), *filter(None, [new])]
    outcome, result = await clerk.attempt(clerk.call(task, "save"))
    now = assigned(journal.state(paper.path))
    is_done = (new is None or new in now) and old not in now
    if outcome == "acknowledged" and not is_done:
        clerk.fault("lost", f"{paper.path} has {now}, after +{new} -{old}")
    if outcome == "failed" and new is not None and new in now and new not in before:
        clerk.fault("denied", f"{result!r:.300}, and {new} is assigned to {paper.path}")
    if len(now) != len(set(now)):
        clerk.fault("doubled", f"{paper.path} has {now}")
    for _, member in journal.since(paper.path, "assignees of others"):
        if member not in now:
            clerk.fault("overwritten", f"{member}, whom others assigned to {paper.path}")
    if outcome != "acknowledged":
        paper.live = None


async def delete_task(clerk: Clerk) -> None:
    paper = clerk.one("tasks")
    await clerk.away("tasks", paper, paper.live or Task.ref(paper.id))


# -- comments -------------------------------------------------------------------------------------


async def add_comment(clerk: Clerk) -> None:
    mark = clerk.mark()
    work = clerk.call(clerk.record(), "add_comment", mark, author=AUTHOR)
    await clerk.make("comments", mark, work)


async def reply(clerk: Clerk) -> None:
    above = clerk.one("comments")
    above = above.above or above
    mark = clerk.mark()
    work = clerk.call(Thread.ref(above.id), "reply", mark, author=AUTHOR)
    await clerk.make("comments", mark, work, above)


async def delete_comment(clerk: Clerk) -> None:
    """One of them; the first one takes its thread along."""
    paper = clerk.one("comments")
    await clerk.away("comments", paper, paper.live or Comment.ref(paper.id))


async def read_thread(clerk: Clerk) -> None:
    above = clerk.one("comments")
    above = above.above or above
    work = clerk.call(Thread.objects.using(clerk.connection), "get", id=above.id)
    outcome, thread = await clerk.attempt(work, is_read=True, part=True)
    if outcome != "acknowledged":
        return
    outcome, found = await clerk.attempt(clerk.call(thread.comments, "all"), is_read=True)
    wanted = {each.id for each in clerk.of("comments") if above in (each, each.above)}
    if outcome == "acknowledged" and {each.id for each in found} != wanted:
        # a live thread may be older than what was made by others: one more look
        outcome, _ = await clerk.attempt(clerk.call(thread, "refresh"), is_read=True, part=True)
        if outcome != "acknowledged":
            return
        outcome, found = await clerk.attempt(
            clerk.call(thread.comments, "all"), is_read=True, part=True
        )
        if outcome == "acknowledged" and {each.id for each in found} != wanted:
            clerk.fault("mistaken", f"thread {above.path}: {found}, and has {wanted}")


# -- files ----------------------------------------------------------------------------------------


def _folder(clerk: Clerk) -> Paper | None:
    folders = clerk.of("folders")
    return clerk.dice.choice(folders) if folders and clerk.dice.random() < 0.5 else None


async def create_folder(clerk: Clerk) -> None:
    mark = clerk.mark()
    work = clerk.call(_home(clerk).files, "create_folder", mark)
    await clerk.make("folders", mark, work)


async def upload(clerk: Clerk) -> None:
    mark, folder = clerk.mark(), _folder(clerk)
    work = clerk.call(
        _home(clerk).files, "upload", _bytes(mark), name=f"{mark}.txt",
        folder=None if folder is None else folder.id,
    )  # fmt: skip
    await clerk.make("files", mark, work, folder)


def _home(clerk: Clerk) -> Any:
    clerk.record()
    return Client.ref(clerk.records[0])  # a folder and what is in it are of one record


def _bytes(mark: str) -> bytes:
    return b"\0\r\n--" + mark.replace("mark", "text").encode() * 50


async def read_file(clerk: Clerk) -> None:
    """The bytes, judged where nothing put others in their place that came whole by HTTP."""
    paper = clerk.one("files")
    work = clerk.call(paper.live or File.ref(paper.id), "read")
    outcome, found = await clerk.attempt(work, is_read=True)
    is_told = clerk.alone and not any(each.endswith(_REPLACED) for each in clerk.line.log)
    if outcome == "acknowledged" and is_told and found != _bytes(paper.mark):
        clerk.fault("mistaken", f"{paper.path} reads {found[:80]!r}, {len(found)} bytes")


async def delete_file(clerk: Clerk) -> None:
    paper = clerk.one("files")
    await clerk.away("files", paper, paper.live or File.ref(paper.id))


async def delete_folder(clerk: Clerk) -> None:
    paper = clerk.one("folders")
    await clerk.away("folders", paper, paper.live or File.ref(paper.id))


# -- lists ----------------------------------------------------------------------------------------


async def add_to_list(clerk: Clerk) -> None:
    """Records, each once, with a value or without."""
    clerk.record()
    chosen = clerk.dice.sample(clerk.records, clerk.dice.randint(1, 3))
    paths = [f"{RECORDS}/{each}" for each in chosen]
    before = {path: clerk.scene.entries_of(path) for path in paths}
    values = {"worth": clerk.scene.number()} if clerk.dice.random() < 0.6 else {}
    work = clerk.call(Pipeline, "add", *map(Client.ref, chosen), **values)
    outcome, result = await clerk.attempt(work)
    for at, path in enumerate(paths):
        after = clerk.scene.entries_of(path)
        if len(after) > 1:
            clerk.fault("doubled", f"the entries of {path} are {after}")
        if before[path] and before[path] != after:
            clerk.fault("lost", f"the entries of {path} were {before[path]} and are {after}")
        if outcome == "acknowledged" and [f"{ENTRIES}/{result[at].id}"] != after:
            clerk.fault("lost", f"entry {result[at].id} of {path}, which has {after}")
        for entry in after:
            # one of several failed: the others may be written, as a note of the error says
            state = "open" if outcome == "failed" and len(paths) > 1 else outcome
            claims = [Claim(clerk.operation, entry, slug, n) for slug, n in values.items()]
            clerk.check_claims(state, result, claims)


async def remove_from_list(clerk: Clerk) -> None:
    clerk.record()
    chosen = clerk.dice.choice(clerk.records)
    path = f"{RECORDS}/{chosen}"
    before = clerk.scene.entries_of(path)
    outcome, result = await clerk.attempt(clerk.call(Pipeline, "remove", Client.ref(chosen)))
    after = clerk.scene.entries_of(path)
    if outcome == "acknowledged" and (after or result != len(before)):
        clerk.fault("lost", f"remove() gave {result}; {path} had {before} and has {after}")
    if outcome == "failed" and before != after:
        clerk.fault("denied", f"{result!r:.300}, and {before} is removed")
    clerk.deleted |= {*before} - {*after}


# -- values over time -----------------------------------------------------------------------------


async def write_history(clerk: Clerk) -> None:
    """The whole history of one attribute; what others write after it is there stays."""
    clerk.record()
    id = clerk.dice.choice(clerk.records)
    work = clerk.call(clerk.clients, "get", id=id)
    outcome, record = await clerk.attempt(work, is_read=True, part=True)
    if outcome != "acknowledged":
        return
    path = f"{RECORDS}/{id}"
    numbers = [clerk.scene.number() for _ in range(clerk.dice.randint(1, 3))]
    moments = [_LONG_AGO + timedelta(days=n) for n in range(len(numbers))]
    values = [
        (f"text {n}", since, until)
        for n, since, until in zip(numbers, moments, [*moments[1:], None], strict=True)
    ]
    journal, place = clerk.journal, f"{path}/attributes/name/values"
    start = len(journal.since(place, "values"))
    outcome, result = await clerk.attempt(
        clerk.call(record, "write_history", "name", values, replace=True)
    )
    written = journal.since(place, "values", start)
    found = [each.value for each in clerk.scene.history(path, "name")]
    arrived = next((n for n, each in enumerate(written) if each.ours), None)
    if outcome == "acknowledged" and (arrived is None or found[: len(numbers)] != numbers):
        clerk.fault("lost", f"name of {path} is {found}, after {numbers}")
    if outcome == "failed" and arrived is not None:
        clerk.fault("denied", f"{result!r:.300}, and the history of {path} is {found}")
    for each in written[arrived:] if arrived is not None else ():
        if not each.ours and each.value not in found:
            clerk.fault("overwritten", f"{each.value} of others, of {path}: {found}")
    if len(found) != len(set(found)):
        clerk.fault("doubled", f"the history of {path} is {found}")


# -- the schema -----------------------------------------------------------------------------------


async def _schema(clerk: Clerk) -> Any:
    """The attributes of the object; ``None`` where they cannot be read."""
    work = clerk.call(clerk.connection.schema.of(Client), "fetch")
    outcome, found = await clerk.attempt(work, is_read=True, part=True)
    return found if outcome == "acknowledged" else None


async def _editor(clerk: Clerk, paper: Paper) -> Any:
    schema, state = await _schema(clerk), clerk.journal.state(paper.path)
    assert state is not None
    if schema is not None and state["api_slug"] not in schema:
        clerk.connection.schema.forget()  # as is said of what nobody answered
        schema = await _schema(clerk)
        if schema is not None and state["api_slug"] not in schema:
            clerk.fault("mistaken", f"{state['api_slug']} is not in {list(schema)}")
            return None
    return None if schema is None else schema[state["api_slug"]]


async def add_attribute(clerk: Clerk) -> None:
    mark = clerk.mark()
    slug = mark.replace(" ", "_")
    work = clerk.call(clerk.connection.schema.of(Client), "add", Select(slug), title=mark)
    await clerk.make("attributes", mark, work, settles=True)


async def retitle_attribute(clerk: Clerk) -> None:
    paper = clerk.one("attributes")
    start = len(clerk.journal.since(paper.path, "title"))
    editor = await _editor(clerk, paper)
    if editor is not None:
        value = f"ours {clerk.scene.number()}"
        await clerk.change(paper, "title", value, clerk.call(editor, "update", title=value), start)


async def rename_attribute(clerk: Clerk) -> None:
    paper = clerk.one("attributes")
    editor = await _editor(clerk, paper)
    if editor is not None:
        slug = f"slug_{clerk.scene.number()}"
        await clerk.change(paper, "api_slug", slug, clerk.call(editor, "rename", slug), 0)


async def archive_attribute(clerk: Clerk) -> None:
    """Archive it, or bring it back."""
    paper = clerk.one("attributes")
    editor = await _editor(clerk, paper)
    if editor is not None:
        wanted = not editor.definition.is_archived
        await _archived(
            clerk, paper, wanted, clerk.call(editor, "archive" if wanted else "restore")
        )


async def _archived(clerk: Clerk, paper: Paper, wanted: bool, work: Awaitable[Any]) -> None:
    before = clerk.journal.state(paper.path)
    outcome, result = await clerk.attempt(work)
    state = clerk.journal.state(paper.path)
    assert before is not None
    assert state is not None
    if outcome == "acknowledged" and state["is_archived"] != wanted:
        clerk.fault("lost", f"is_archived {wanted} of {paper.path}")
    if outcome == "failed" and state["is_archived"] != before["is_archived"]:
        clerk.fault("denied", f"{result!r:.300}, and {paper.path} is archived or restored")


async def add_option(clerk: Clerk) -> None:
    paper = clerk.one("attributes")
    editor = await _editor(clerk, paper)
    if editor is not None and not editor.definition.is_archived:
        mark = clerk.mark()
        work = clerk.call(editor.options, "add", mark)
        await clerk.make("options", mark, work, paper, settles=True)


async def rename_option(clerk: Clerk) -> None:
    paper = clerk.one("options")
    assert paper.above is not None
    start = len(clerk.journal.since(paper.path, "title"))
    editor, state = await _editor(clerk, paper.above), clerk.journal.state(paper.path)
    if editor is None:
        return
    assert state is not None
    value = f"ours {clerk.scene.number()}"
    work = clerk.call(editor.options, "rename", state["title"], value)
    await clerk.change(paper, "title", value, work, start)


KINDS: dict[str, Table] = {
    "notes": [
        (create_note, 3, _always), (update_note, 5, _has("notes")),
        (delete_note, 1, _has("notes")), (read_note, 1, _has("notes")),
    ],
    "tasks": [
        (create_task, 3, _always), (complete_task, 3, _has("tasks")),
        (assign_task, 4, _has("tasks")), (delete_task, 1, _has("tasks")),
    ],
    "comments": [
        (add_comment, 2, _always), (reply, 4, _has("comments")),
        (delete_comment, 1, _has("comments")), (read_thread, 1, _has("comments")),
    ],
    "files": [
        (create_folder, 2, _always), (upload, 4, _always), (read_file, 1, _has("files")),
        (delete_file, 1, _has("files")), (delete_folder, 0.5, _has("folders")),
    ],
    "lists": [(add_to_list, 3, _always), (remove_from_list, 1.5, _always)],
    "histories": [(write_history, 3, _always)],
    "schema": [
        (add_attribute, 1, _always), (retitle_attribute, 1.5, _has("attributes")),
        (rename_attribute, 1, _has("attributes")), (archive_attribute, 1, _has("attributes")),
        (add_option, 2, _has("attributes")), (rename_option, 2, _has("options")),
    ],
}  # fmt: skip
"""The operations of each kind, how often each is drawn, and where it can be."""

KINDS["resources"] = [each for table in list(KINDS.values()) for each in table]
