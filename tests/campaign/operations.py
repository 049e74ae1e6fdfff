"""What the campaign does, one function an operation, and how it is known what became of it."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from attio_orm import AttioError, Connection, OutcomeUnknownError, ServerError, TransportError
from tests.campaign.models import KINDS, MULTI, MULTIS, SINGLES, Client, Pipeline
from tests.campaign.proxy import Line
from tests.campaign.scene import ENTRIES, RECORDS, Claim, Scene, Watch
from tests.colours import Colour

# How often post_save was sent in the operation that this code is part of.
_heard: ContextVar[list[object]] = ContextVar("heard")

Table: TypeAlias = list[tuple[Callable[[Any], Awaitable[None]], float, Callable[[Any], bool]]]

SHOWN = 15
"""How many faults of a kind are told one by one."""


@dataclass
class Tally:
    """What came of the operations. All but the first four of ``COUNTS`` have to be 0."""

    COUNTS = (
        "operations", "acknowledged", "failed", "unknown", "lost", "doubled", "overwritten",
        "denied", "mistaken", "foreign",
    )  # fmt: skip
    counts: Counter[str] = field(default_factory=Counter[str])
    names: Counter[str] = field(default_factory=Counter[str])
    met: Counter[str] = field(default_factory=Counter[str])
    edits: Counter[str] = field(default_factory=Counter[str])
    told: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def faults(self) -> int:
        """How often the library did what it never does."""
        return sum(self.counts[name] for name in self.COUNTS[4:])

    def count(self, kind: str) -> None:
        """Count one; the lanes may be threads."""
        with self.lock:
            self.counts[kind] += 1

    def fault(self, kind: str, what: str) -> None:
        """Count one, and keep it to be told."""
        self.count(kind)
        self.told[kind].append(what)

    def __str__(self) -> str:
        counts = self.counts
        lines = [
            f"{counts['operations']} operations: {counts['acknowledged']} acknowledged, "
            f"{counts['failed']} failed",
            f"  {counts['unknown']} outcomes reported as unknown",
            f"  {counts['lost']} acknowledged and lost",
            f"  {counts['doubled']} doubled",
            f"  {counts['overwritten']} edits of others overwritten",
            f"  {counts['denied']} said to have failed, and written",
            f"  {counts['mistaken']} answered with something else",
            f"  {counts['foreign']} foreign exceptions",
            "of " + _list(self.names),
            "with " + _list(self.met),
            "and edits of others: " + _list(self.edits),
        ]
        for kind, told in self.told.items():
            lines += [f"  {kind}: {each}" for each in told[:SHOWN]]
            if len(told) > SHOWN:
                lines.append(f"  {kind}: and {len(told) - SHOWN} more")
        return "\n".join(lines)


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "nothing"


def note_saved(sender: object, *, instance: object, **_: object) -> None:
    """A receiver of ``post_save``."""
    _heard.get([]).append(instance)


@dataclass
class Lane:
    """One worker, which does one operation after another on records of its own.

    ``alone`` says that nobody else uses its connection.
    """

    name: str
    connection: Connection
    line: Line
    scene: Scene
    colour: Colour
    dice: random.Random
    tally: Tally
    alone: bool
    number: int = 0
    operation: str = ""
    people: dict[str, Any] = field(default_factory=dict[str, Any])
    """The live instances by path; ``None`` where the next operation is to read anew."""
    entries: dict[str, Any] = field(default_factory=dict[str, Any])
    claims: list[Claim] = field(default_factory=list[Claim])
    deleted: set[str] = field(default_factory=set[str])
    table: Table = field(default_factory=lambda: OPERATIONS)
    """What it does."""

    async def call(self, owner: Any, method: str, /, *args: Any, **kwargs: Any) -> Any:
        """What ``owner.method(...)`` gives, or ``await owner.amethod(...)``."""
        if self.colour.is_async:
            return await getattr(owner, f"a{method}")(*args, **kwargs)
        return getattr(owner, method)(*args, **kwargs)

    async def items(self, source: Any) -> list[Any]:
        if self.colour.is_async:
            return [each async for each in source]
        return list(source)

    @property
    def clients(self) -> Any:
        return Client.objects.using(self.connection)

    @property
    def pipeline(self) -> Any:
        return Pipeline.objects.using(self.connection)

    async def step(self) -> None:
        """Do one operation, and check it."""
        for path in self.scene.gone & {*self.people, *self.entries}:
            self.drop(path)
        able = [each for each in self.table if each[2](self)]
        (work,) = self.dice.choices([each[0] for each in able], [each[1] for each in able])
        self.number += 1
        self.operation = f"{self.name}.{self.number} {work.__name__}"
        self.tally.count("operations")
        with self.tally.lock:
            self.tally.names[work.__name__] += 1
        if self.alone:
            self.line.log.clear()
        _heard.set([])
        with self.connection.active():
            await work(self)
        if self.alone:
            self.line.flush()

    # -- what became of it ------------------------------------------------------------------------

    def fault(self, kind: str, what: str) -> None:
        requests = f" ({', '.join(self.line.log)})" if self.alone else ""
        self.tally.fault(kind, f"{self.operation}: {what}{requests}")

    async def attempt(
        self,
        work: Awaitable[Any],
        *,
        is_read: bool = False,
        cancelled: bool = False,
        part: bool = False,
    ) -> tuple[str, Any]:
        """Its outcome (acknowledged, unknown, open, failed), and what it gave or raised.

        Where it may have been ``cancelled``, that is unknown, too. Of a ``part`` of an operation a
        good end is not counted.
        """
        try:
            result = await work
        except OutcomeUnknownError as error:
            outcome, result = "unknown", error.with_traceback(None)
        except AttioError as error:
            # of what may be repeated, no error of the line says that nothing was written
            is_open = isinstance(error, TransportError | ServerError)
            is_open = is_open and getattr(error, "sent", True) and not is_read
            outcome, result = "open" if is_open else "failed", error.with_traceback(None)
        except (TimeoutError, asyncio.CancelledError) as error:
            outcome, result = "unknown", error.with_traceback(None)
            if not cancelled:
                outcome = "open"
                self.fault("foreign", repr(error))
        except Exception as error:
            outcome, result = "open", error
            self.fault("foreign", _where(error))
        else:
            outcome = "acknowledged"
        if outcome in ("unknown", "open"):
            self.line.rest()
        if not (part and outcome == "acknowledged"):
            self.tally.count("failed" if outcome == "open" else outcome)
        return outcome, result

    def check_made(
        self, outcome: str, record: Any, mark: str, *, is_entry: bool = False
    ) -> str | None:
        """Of a create: whether there is one, and one only. Gives its path, where there is one."""
        paths = self.scene.find({"mark": mark}, entries=is_entry)
        place = self.entries if is_entry else self.people
        for path in paths:
            place.setdefault(path, None)
        if len(paths) > 1:
            self.fault("doubled", f"{len(paths)} of {mark}")
        if outcome == "acknowledged":
            path = f"{ENTRIES if is_entry else RECORDS}/{record.id}"
            if path not in paths:
                self.fault("lost", f"{mark} was answered with {record.id}, and is {paths}")
            elif not record.is_changed:
                self.compare(path, record)
        elif outcome in ("failed", "open") and paths:
            # a create that may have been carried out is unknown, and nothing else
            self.fault("denied", f"{record!r:.300}, and {mark} is there")
        return paths[0] if paths else None

    def check_claims(self, outcome: str, error: Any, claims: list[Claim]) -> None:
        """Of values that are each written once: whether they are there, and were not set again."""
        for claim in claims:
            claim.acknowledged = outcome == "acknowledged"
            before = self.tally.faults
            count = self.times(claim)
            if claim.acknowledged and not count:
                self.fault("lost", f"{claim.slug} {claim.value} of {claim.path}")
            if outcome == "failed" and count:
                self.fault(
                    "denied", f"{error!r:.300}, and {claim.slug} {claim.value} of {claim.path} is"
                )
            if count > 1:
                self.fault("overwritten", f"{claim.slug} {claim.value} of {claim.path} came back")
            if self.tally.faults == before:
                self.claims.append(claim)  # to be looked at again at the end

    def times(self, claim: Claim) -> int:
        """How many times we set the value, each time another one or none was before it."""
        history = self.scene.history(claim.path, claim.slug)
        return sum(each.value == claim.value and each.ours for each in history)

    def check_edits(self, path: str, watch: Watch, *, conflict: str = "overwrite") -> None:
        """Whether what others did after our write arrived, or was to be looked for, is still so."""
        for slug, edit in self.scene.undone(path, watch, all_of_them=conflict == "raise"):
            when = "after" if edit.after_ours else "before"
            self.fault(
                "overwritten", f"{edit.what} {slug} {edit.value} of {path}, {when} ours arrived"
            )

    def check_told(self, times: int = 1) -> None:
        """That ``post_save`` was sent so often, whatever was repeated or settled."""
        told = len(_heard.get())
        if told != times:
            self.fault("mistaken", f"post_save was sent {told} times")

    def compare(self, path: str, record: Any) -> None:
        """Whether an instance that has just been read or written is as the record is."""
        for slug in [*SINGLES[type(record)], *MULTIS[type(record)]]:
            value, now = getattr(record, slug), self.scene.now(path, slug)
            if slug in MULTI:
                same = {_number(each) for each in value} == now
            elif not now:
                same = value is None
            else:
                (n,) = now
                shown = value.locality if slug == "place" and value is not None else value
                same = shown == (f"Town {n}" if slug == "place" else KINDS[slug].python(n))
            if not same:
                self.fault("mistaken", f"{slug} of {path} reads {value!r}, and is {now}")

    def at_the_end(self) -> None:
        """Once nothing is under way: what was acknowledged is still there, and there once."""
        self.operation = f"{self.name} at the end"
        self.line.log.clear()
        for claim in self.claims:
            if claim.path in self.deleted | self.scene.gone:
                continue
            if not self.scene.exists(claim.path):
                if claim.acknowledged:
                    self.fault("lost", f"{claim.path} of {claim.operation}")
                continue
            count = self.times(claim)
            # a list that is sent whole may put back what others took out before they could be seen
            came_back = count > 1 and claim.slug not in MULTI
            if came_back or (claim.acknowledged and not count):
                self.fault(
                    "overwritten" if count else "lost",
                    f"{claim.slug} {claim.value} of {claim.operation}: {count} times",
                )

    # -- what to work on --------------------------------------------------------------------------

    def pick(self, *, entry: bool | None = None) -> tuple[type[Any], str]:
        """A record or an entry that is there."""
        if entry is None:
            entry = bool(self.entries) and (not self.people or self.dice.random() < 0.3)
        place = self.entries if entry else self.people
        return (Pipeline if entry else Client), self.dice.choice(list(place))

    async def loaded(self, model: type[Any], path: str) -> Any:
        """The live instance of a record, or one that is read now."""
        place = self.entries if model is Pipeline else self.people
        found = place.get(path)
        if found is None or self.dice.random() < 0.3:
            found = await self.call(model.objects.using(self.connection), "get", id=_id(path))
            if found.is_changed:  # after an error, the same one where it lives on
                await self.call(found, "refresh")
            if found.id != _id(path):
                self.fault("mistaken", f"get() of {path} gave {found.id}")
        place[path] = found
        return found

    async def begin(self, model: type[Any], path: str) -> Any:
        """The instance that an operation is about; ``None`` where it cannot be read."""
        work = self.loaded(model, path)
        outcome, record = await self.attempt(work, is_read=True, part=True)
        if outcome == "acknowledged":
            return record
        return self.forget(path)

    def drop(self, path: str) -> None:
        """It was deleted."""
        self.deleted.add(path)
        self.people.pop(path, None)
        self.entries.pop(path, None)

    def forget(self, path: str) -> None:
        """Let the next operation read a record anew."""
        for place in (self.entries, self.people):
            if path in place:
                place[path] = None

    def values(self, model: type[Any], count: int) -> dict[str, int]:
        """So many single values, by slug, as numbers that no value had before."""
        slugs = self.dice.sample(SINGLES[model], min(count, len(SINGLES[model])))
        return {slug: self.scene.number() for slug in slugs}

    def claim(self, path: str, values: dict[str, int]) -> list[Claim]:
        return [Claim(self.operation, path, slug, n) for slug, n in values.items()]


def _id(path: str) -> str:
    return path.rpartition("/")[2]


def _where(error: BaseException) -> str:
    trace, last = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        last = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return f"{error!r:.300} at {last}"


def _python(values: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for slug, n in values.items():
        value = KINDS[slug].python(n)
        found[slug] = [value] if slug in MULTI else value
    return found


# -- writes ---------------------------------------------------------------------------------------


def _new(lane: Lane, model: type[Any]) -> tuple[str, dict[str, int], dict[str, Any]]:
    """What a new record is made of: the mark to find it by, its values, and all for Python."""
    mark = f"mark {lane.scene.number()}"
    values = lane.values(model, lane.dice.randint(1, 3))
    if lane.dice.random() < 0.5:
        values |= {slug: lane.scene.number() for slug in MULTIS[model]}
    given: dict[str, Any] = {"mark": mark, **_python(values)}
    if model is Client:
        given["batch"] = lane.name
    return mark, values, given


async def create(lane: Lane) -> None:
    """A new record; after an unknown outcome now and then a second try, which is to be refused."""
    mark, values, given = _new(lane, Client)
    has_code = lane.dice.random() < 0.5
    if has_code:
        given["code"] = mark
    record: Any = Client(**given)
    outcome, result = await lane.attempt(lane.call(record, "save"))
    lane.check_told(outcome == "acknowledged")
    path = lane.check_made(outcome, record if outcome == "acknowledged" else result, mark)
    if outcome == "unknown" and lane.dice.random() < 0.7:
        outcome, path = await _again(lane, record, mark, has_code=has_code)
    if path is not None:
        lane.check_claims(outcome, result, lane.claim(path, values))
        lane.check_edits(path, lane.scene.watched(path))


async def _again(lane: Lane, record: Any, mark: str, *, has_code: bool) -> tuple[str, str | None]:
    if has_code and lane.dice.random() < 0.7:
        outcome, found = await lane.attempt(lane.call(record, "settle", matching="code"))
        there = lane.scene.find({"mark": mark})
        if outcome == "acknowledged":
            if found is not bool(there):
                lane.fault("mistaken", f"settle() gave {found!r}, and there is {there}")
            if found:
                return "acknowledged", lane.check_made("acknowledged", record, mark)
        else:
            return "unknown", next(iter(there), None)
    outcome, result = await lane.attempt(lane.call(record, "save"))
    if outcome != "acknowledged":  # to be refused is right, whatever became of the first
        outcome, record = "unknown", result
    return outcome, lane.check_made(outcome, record, mark)


async def create_entry(lane: Lane) -> None:
    _, parent = lane.pick(entry=False)
    mark, values, given = _new(lane, Pipeline)
    work = lane.call(lane.pipeline, "create", parent=Client.ref(_id(parent)), **given)
    outcome, result = await lane.attempt(work)
    lane.check_told(outcome == "acknowledged")
    path = lane.check_made(outcome, result, mark, is_entry=True)
    if path is not None:
        lane.check_claims(outcome, result, lane.claim(path, values))
        lane.check_edits(path, lane.scene.watched(path))


async def _by_code(lane: Lane, method: str) -> None:
    """What makes a record of a code, or takes the one that is there."""
    mark, values, given = _new(lane, Client)
    codes = [f"code {lane.name} {n}" for n in range(4)]
    code = lane.dice.choice([mark, *codes])
    before = lane.scene.find({"code": code})
    for path in before:
        lane.scene.watch(path)
        lane.forget(path)
    del given["mark"]  # it is the first one's
    if method == "upsert":
        work = lane.call(lane.clients, method, "code", code=code, **given)
    else:
        work = lane.call(lane.clients, method, given, code=code)
    outcome, result = await lane.attempt(work)
    if lane.scene.gone & {*before}:
        return
    after = lane.scene.find({"code": code})
    if outcome == "acknowledged":
        record, created = (result, None) if method == "upsert" else result
        lane.check_told(bool(method != "get_or_create" or created))
        if [f"{RECORDS}/{record.id}"] != after:
            lane.fault("lost", f"{code} was answered with {record.id}, and is {after}")
        elif not record.is_changed:
            lane.compare(after[0], record)
        if created and before:
            lane.fault("mistaken", f"{code} was there, and is said to be created")
    if before and after != before:
        lane.fault("lost", f"{code} was {before} and is {after}")
    for path in after:
        lane.people.setdefault(path, None)
        if not before or method != "get_or_create":
            # with "open" an upsert may have been carried out; a create may not
            if outcome == "open" and method != "upsert" and not before:
                outcome = "failed"
            lane.check_claims(outcome, result, lane.claim(path, values))
        lane.check_edits(path, lane.scene.watched(path))
        lane.forget(path)


async def get_or_create(lane: Lane) -> None:
    await _by_code(lane, "get_or_create")


async def update_or_create(lane: Lane) -> None:
    await _by_code(lane, "update_or_create")


async def upsert(lane: Lane) -> None:
    await _by_code(lane, "upsert")


async def upsert_entry(lane: Lane) -> None:
    """The entry of a record that has one at most."""
    _, parent = lane.pick(entry=False)
    before = lane.scene.entries_of(parent)
    if len(before) > 1:
        return await get(lane)
    for path in before:
        lane.scene.watch(path)
    _, values, given = _new(lane, Pipeline)
    del given["mark"]
    parented = {"parent": Client.ref(_id(parent)), **given}
    outcome, result = await lane.attempt(lane.call(lane.pipeline, "upsert", "parent", **parented))
    if lane.scene.gone & {*before, parent}:  # what others deleted meanwhile is made anew
        return
    after = lane.scene.entries_of(parent)
    if before and after != before:
        lane.fault("lost", f"the entries of {parent} were {before} and are {after}")
    if len(after) > 1:
        lane.fault("doubled", f"the entries of {parent} are {after}")
    if outcome == "acknowledged" and [f"{ENTRIES}/{result.id}"] != after:
        lane.fault("lost", f"entry {result.id} of {parent}, which has {after}")
    elif outcome == "acknowledged":
        lane.check_told()
        if not result.is_changed:  # by an operation before, which failed
            lane.compare(after[0], result)
    for path in after:
        lane.check_claims(outcome, result, lane.claim(path, values))
        lane.check_edits(path, lane.scene.watched(path))
        lane.entries[path] = None


async def save(lane: Lane) -> None:
    """Single values, additions, removals and clearings of one record, in any combination."""
    model, path = lane.pick()
    scene, dice = lane.scene, lane.dice
    conflict = dice.choice(("overwrite", "overwrite", "raise"))
    record = await lane.begin(model, path)
    if record is None:
        return
    values = lane.values(model, dice.randint(0, 2))
    cleared: list[str] = []
    removed: dict[str, int] = {}
    if dice.random() < 0.3:
        cleared = [s for s in dice.sample(SINGLES[model], 1) if s not in values]
    for slug in MULTIS[model]:
        if dice.random() < 0.5:
            values[slug] = scene.number()
        elif dice.random() < 0.5 and getattr(record, slug):
            removed[slug] = _number(dice.choice(list(getattr(record, slug))))
    lane.operation += f" {conflict} of {values}, without {removed}, empty {cleared}"
    scene.watch(path)
    if dice.random() < 0.2:  # somebody else was first
        for slug in dice.sample(
            [*values, *cleared, *removed], k=bool(values or removed or cleared)
        ):
            scene.meddle(path, slug, dice)
    for slug, n in values.items():
        if slug in MULTI:
            getattr(record, slug).append(KINDS[slug].python(n))
        else:
            setattr(record, slug, KINDS[slug].python(n))
    for slug in cleared:
        setattr(record, slug, None)
    for slug, n in removed.items():
        getattr(record, slug).remove(KINDS[slug].python(n))
    outcome, result = await lane.attempt(_saved(lane, record, conflict))
    if outcome != "acknowledged":
        lane.forget(path)
    elif record.id != _id(path) or record.is_changed:
        lane.fault("mistaken", f"after save() of {path}: {record.id}, changed {record.changes}")
    watch = scene.watched(path)
    if path in scene.gone:
        if outcome == "acknowledged" and values and not watch.arrived:
            lane.fault("lost", f"{path} was deleted by others, and nothing had arrived")
        return
    if outcome == "acknowledged" and watch.arrived:
        lane.check_told()
        lane.compare(path, record)
    # of a PATCH and a PUT, the first may have been answered: what it wrote is not a change any more
    pending = record.changes if outcome == "failed" else values
    for slug, n in values.items():
        lane.check_claims(
            outcome if slug in pending else "open", result, lane.claim(path, {slug: n})
        )
    lane.check_edits(path, watch, conflict=conflict)
    theirs = {slug for slug, _ in watch.edits}
    for slug in [*cleared, *removed] if outcome == "acknowledged" else ():
        left = scene.now(path, slug)
        if slug in removed:
            left &= {removed[slug]}
        if left and slug not in watch.arrived | theirs:
            lane.fault("lost", f"{slug} of {path} was emptied or {removed}, and has {left}")


async def _saved(lane: Lane, record: Any, conflict: str) -> None:
    work = lane.call(record, "save", on_conflict=conflict)
    if lane.colour.is_async and lane.dice.random() < 0.05:
        try:
            async with asyncio.timeout(lane.dice.random() * 0.02):
                await work
        except TimeoutError as error:
            raise OutcomeUnknownError("cancelled") from error
    else:
        await work


def _number(value: str) -> int:
    return int("".join(c for c in str(value).partition("@")[0] if c.isdigit()))


async def cancelled(lane: Lane) -> None:
    """A create that is given up in the middle, and saved again, which is to be refused."""
    mark, values, given = _new(lane, Client)
    record: Any = Client(**given)

    async def work() -> None:
        async with asyncio.timeout(lane.dice.random() * 0.02):
            await record.asave()

    outcome, result = await lane.attempt(work(), cancelled=True)
    path = lane.check_made(outcome, record if outcome == "acknowledged" else result, mark)
    if outcome == "unknown" and lane.dice.random() < 0.5:
        _, path = await _again(lane, record, mark, has_code=False)
    if path is not None:
        lane.check_claims("unknown", result, lane.claim(path, values))
        lane.check_edits(path, lane.scene.watched(path))


async def update(lane: Lane) -> None:
    """``update()`` of all records of the lane: each attribute gets one value for all."""
    paths = lane.scene.find({"batch": lane.name})
    for path in paths:
        lane.scene.watch(path)
        lane.forget(path)
    values = lane.values(Client, lane.dice.randint(1, 2))
    work = lane.call(lane.clients.filter(batch=lane.name), "update", **_python(values))
    outcome, result = await lane.attempt(work)
    if outcome == "acknowledged" and result != len(paths):
        lane.fault("lost", f"update() gave {result}, and there are {len(paths)}")
    for path in {*paths} - lane.scene.gone:
        # one of them failed: what of the others was written is said in a note alone
        lane.check_claims(
            "open" if outcome == "failed" else outcome, result, lane.claim(path, values)
        )
        lane.check_edits(path, lane.scene.watched(path))


async def bulk_create(lane: Lane) -> None:
    rows = [_new(lane, Client) for _ in range(lane.dice.randint(2, 8))]
    for mark, _, given in rows:
        if lane.dice.random() < 0.5:
            given["code"] = mark
    concurrency = lane.dice.choice((1, 3)) if not lane.alone else 1
    work = lane.call(
        lane.clients, "bulk_create", [each[2] for each in rows], concurrency=concurrency
    )
    outcome, report = await lane.attempt(work)
    if outcome != "acknowledged":
        lane.fault("foreign", f"bulk_create() without a report: {report!r}")
    for number, (mark, values, _) in enumerate(rows):
        item = report[number] if outcome == "acknowledged" else None
        error = item.error if item is not None else report
        state = "acknowledged" if error is None else "failed"
        if item is None or isinstance(error, OutcomeUnknownError):
            state = "unknown"
            lane.tally.count("unknown")
        elif error is not None and not isinstance(error, AttioError):
            lane.fault("foreign", _where(error))
        given = item.instance if item is not None and error is None else error
        path = lane.check_made(state, given, mark)
        if path is not None:
            lane.check_claims(state, error, lane.claim(path, values))
            lane.check_edits(path, lane.scene.watched(path))


async def delete(lane: Lane) -> None:
    model, path = lane.pick()
    record = await lane.begin(model, path)
    if record is None:
        return
    entries = [] if model is Pipeline else lane.scene.entries_of(path)
    outcome, result = await lane.attempt(lane.call(record, "delete"))
    there = lane.scene.exists(path)
    if outcome == "acknowledged" and there:
        lane.fault("lost", f"{path} was deleted, and is there")
    if outcome == "failed" and not there:
        lane.fault("denied", f"{result!r:.300}, and {path} is deleted")
    if not there:
        for each in (path, *entries):
            lane.drop(each)
    lane.forget(path)


# -- reads ----------------------------------------------------------------------------------------


async def get(lane: Lane) -> None:
    model, path = lane.pick()
    lane.forget(path)
    outcome, record = await lane.attempt(lane.loaded(model, path), is_read=True)
    if outcome == "acknowledged":
        lane.compare(path, record)


async def refresh(lane: Lane) -> None:
    model, path = lane.pick()
    record = await lane.begin(model, path)
    if record is None:
        return
    outcome, _ = await lane.attempt(lane.call(record, "refresh"), is_read=True)
    if outcome == "acknowledged":
        lane.compare(path, record)
    else:
        lane.forget(path)


async def pages(lane: Lane) -> None:
    """All records of the lane, in pages, by one of the ways there are."""
    mine = lane.clients.filter(batch=lane.name)
    paths = lane.scene.find({"batch": lane.name})
    way = lane.dice.randrange(5)
    if way == 0:
        work = lane.items(mine)
    elif way == 1:
        order = lane.dice.choice(("created_at", "-created_at", "name"))
        work = lane.items(mine.order_by(order).iterator(lane.dice.randint(1, 4)))
    elif way == 2:
        work = lane.call(mine, "values", "id", "mark")
    elif way == 3:
        work = lane.call(mine, "count")
    else:
        work = lane.call(mine, "in_bulk", [_id(path) for path in paths])
    outcome, result = await lane.attempt(work, is_read=True)
    if outcome != "acknowledged":
        return
    wanted = sorted(map(_id, paths))
    if way == 3:
        if result != len(paths):
            lane.fault("mistaken", f"count() is {result}, and there are {len(paths)}")
        return
    found = sorted([each["id"] for each in result] if way == 2 else _ids(result))
    if found != wanted:
        lane.fault("mistaken", f"way {way}: {found}, and there are {wanted}")


def _ids(result: Any) -> Iterator[str]:
    if isinstance(result, dict):
        for key, record in result.items():
            yield key if key == record.id else f"{key} is {record.id}"
    else:
        for record in result:
            yield record.id


async def history(lane: Lane) -> None:
    model, path = lane.pick()
    slug = lane.dice.choice([*SINGLES[model], *MULTIS[model]])
    record = await lane.begin(model, path) if model is Pipeline else model.ref(_id(path))
    if record is None:
        return
    outcome, result = await lane.attempt(lane.call(record, "history", slug), is_read=True)
    if outcome == "acknowledged":
        found = [each.active_until is None for each in result]
        wanted = [each.active for each in lane.scene.history(path, slug)]
        if found != wanted:
            lane.fault("mistaken", f"history of {slug} of {path}: {found}, and is {wanted}")


async def entries(lane: Lane) -> None:
    """The entries of a record, in its list."""
    _, path = lane.pick(entry=False)
    wanted = sorted(map(_id, lane.scene.entries_of(path)))
    mine = lane.pipeline.filter(parent=_id(path))
    outcome, result = await lane.attempt(lane.items(mine), is_read=True)
    if outcome == "acknowledged" and sorted(each.id for each in result) != wanted:
        lane.fault("mistaken", f"entries of {path}: {result}, and there are {wanted}")


def _always(lane: Lane) -> bool:
    return True


def _has_records(lane: Lane) -> bool:
    return bool(lane.people)


def _is_async(lane: Lane) -> bool:
    return lane.colour.is_async


OPERATIONS: Table = [
    (create, 4, _always),
    (create_entry, 2, _has_records),
    (get_or_create, 2, _always),
    (update_or_create, 2, _always),
    (upsert, 3, _always),
    (upsert_entry, 1, _has_records),
    (save, 12, _has_records),
    (cancelled, 1, _is_async),
    (update, 0.5, _has_records),
    (bulk_create, 0.7, _always),
    (delete, 2, _has_records),
    (get, 2, _has_records),
    (refresh, 1, _has_records),
    (pages, 2, _has_records),
    (history, 1, _has_records),
    (entries, 1, _has_records),
]
"""Each operation, how often it is drawn, and where it can be."""
