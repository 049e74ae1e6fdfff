"""One new instance, one record: whose save makes it, and what is done where nobody knows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self, TypeVar

from attio_orm import signals
from attio_orm.conditions.paths import PARENT
from attio_orm.conditions.q import Q
from attio_orm.effects import Effect, Flight, Operation, Send, call, check, colour, emit, watched
from attio_orm.errors import (
    AttioError,
    OutcomeUnknownError,
    UniquenessConflictError,
    ValidationError,
)
from attio_orm.guards import is_mapping
from attio_orm.query.execution import AttioSource
from attio_orm.query.query import Query
from attio_orm.records import rows
from attio_orm.records.assignment import spec_of
from attio_orm.records.back_references import forget
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.changes import changes
from attio_orm.records.loading import LoadContext, absorb, context_for, not_known
from attio_orm.records.names import attribute_at, attribute_of, required_attribute
from attio_orm.records.rows import Row
from attio_orm.records.state import Edit, changed, items, local_values
from attio_orm.types.actors import Actor
from attio_orm.types.base import AnyAttribute
from attio_orm.types.phones import PhoneNumber
from attio_orm.types.references import ReferenceMatch
from attio_orm.writes import settling

T = TypeVar("T")

# The creations under way, by the ``id()`` of their records, which are held meanwhile.
_under_way: dict[int, Creation] = {}

# Those that this code runs inside of: of the save that called it, and of the one around that.
_inside: ContextVar[tuple[Creation, ...]] = ContextVar("attio_orm_creations", default=())


class Creation(Flight):
    """The save that makes a new record, from before its ``pre_save`` until its answer is here.

    Other saves of the instance wait for its end. It is a context manager, and notes on the record
    that the outcome is not known, where an error or an interrupt says nothing of it.
    """

    __slots__ = ("_context", "_edits", "_is_sent", "_process", "_record", "_token", "waits_for")

    def __init__(self, record: Record) -> None:
        super().__init__("")
        self.waits_for: set[Creation] = set()
        self._record = record
        self._process = os.getpid()
        self._context: LoadContext | None = None
        self._edits: Iterable[Edit] = ()
        self._is_sent = False
        self._token: Token[tuple[Creation, ...]] | None = None

    def begin(self, *, again: bool) -> Operation[None]:
        """Be the one that makes the record, or wait for the one that does.

        Raises ``ValidationError`` where it may have been made before, unless it is to be sent
        ``again``.
        """
        record, state = self._record, state_of(self._record)
        self.colour = yield from colour()
        while state.id is None:
            # setdefault is one step: of threads that come at once exactly one makes the record
            found = _under_way.setdefault(id(record), self)
            if found is not self:
                yield from _wait_for(found, record, self.colour)
            elif state.id is None:  # else it was made between the two looks
                if state.unanswered is not None and not again:
                    raise not_known(record)
                self._token = _inside.set((*_inside.get(), self))
                return

    @property
    def is_of_a_fork(self) -> bool:
        """Whether it went on in the process that this one was forked from, and never ends here."""
        return self._process != os.getpid()

    def watch(
        self, sending: Operation[T], context: LoadContext, edits: Iterable[Edit]
    ) -> Operation[T]:
        """The request that makes the record; once it has begun, the record may be there."""
        self._context, self._edits = context, edits
        return watched(sending, self._note)

    def _note(self, effect: Effect) -> None:
        self._is_sent = self._is_sent or isinstance(effect, Send)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        state = state_of(self._record)
        # Of the library's own errors one alone leaves it open. All others may have come between
        # the answer and what takes it in: an interrupt, an error of a receiver.
        refused = isinstance(error, AttioError) and not isinstance(error, OutcomeUnknownError)
        if self._is_sent and error is not None and not refused and state.id is None:
            self.note_unanswered()
            if state.context is None and self._context is not None:
                state.attach(self._context)  # it is to be looked for where it was sent
        self.end()

    def note_unanswered(self) -> None:
        """Note on the record what to look for: what was sent, as the user may change it by then."""
        record = self._record
        edits = self._edits or changed(record).values()
        sent = {edit.slug: [each.json for each in edit.local] for edit in edits}
        told = {
            attribute.slug: sent[attribute.slug]
            for slug in sent
            if (attribute := attribute_at(record, slug)) is not None
            and (spec_of(record, attribute).is_unique or _is_parent(record, attribute))
        }
        state_of(record).note_unanswered(told)

    def end(self) -> None:
        """Let the others go on; idempotent."""
        if self._token is not None:
            with suppress(ValueError):  # closed by the garbage collector, in another context
                _inside.reset(self._token)
            self._token = None
        if _under_way.get(id(self._record)) is self:
            # first out of the table: who comes in between looks at the record, and never waits
            del _under_way[id(self._record)]
            self.land("ended", None)


def _wait_for(found: Creation, record: Record, mine: str) -> Operation[None]:
    """Wait until the save that makes the record is over, in whatever way."""
    name, around = type(record).__name__, _inside.get()
    if found.is_of_a_fork:
        found.note_unanswered()  # the other process knows, and cannot tell
        _under_way.pop(id(record), None)
        return
    if found in around:
        raise ValidationError(
            f"This {name} is being created by the save() that called this: set its values here, "
            f"and that save sends them."
        )
    if found.blocks(mine):
        raise ValidationError(
            f"This {name} is being created by another task of this thread, which cannot go on "
            f"while this call waits for it: use asave()."
        )
    for each in around:
        each.waits_for.add(found)
    try:
        # looked at after it was noted: of two that begin to wait at once, one sees the other
        if _reaches(found, around):
            raise ValidationError(
                f"This {name} is being created by a save() that waits for the one that called "
                f"this: save one of the two before the other."
            )
        yield from call(found.landed, found.arrived)
    finally:
        for each in around:
            each.waits_for.discard(found)


def _reaches(found: Creation, around: tuple[Creation, ...]) -> bool:
    """Whether one creation waits for one of these, or for one that does."""
    seen: set[Creation] = set()
    pending = [found]
    while pending:
        each = pending.pop()
        if each in around:
            return True
        if each not in seen:
            seen.add(each)
            pending += each.waits_for
    return False


# -- what became of it ----------------------------------------------------------------------------


def settle(record: Record, matching: str) -> Operation[bool]:
    """Ask for the record that a save may have made, by a unique attribute; take its id."""
    state, model = state_of(record), type(record)
    mine = yield from colour()
    while state.id is None and (found := _under_way.get(id(record))) is not None:
        yield from _wait_for(found, record, mine)
    if state.id is not None:
        return True
    if state.unanswered is None:
        return False  # it was never sent, or refused
    attribute = required_attribute(record, matching)
    unique = _unique(record)
    if attribute not in unique:
        names = ", ".join(each.name for each in unique)
        advice = (
            f"Unique here: {names}. Match by one of these, or look for the record with filter(...)."
            if unique
            else "Nothing that was sent is unique: look for the record with filter(...), and where "
            "it is not there, save(again=True) creates it."
        )
        raise ValidationError(
            f"{model.__name__}.{matching} is not unique, or had no value when it was sent, so it "
            f"cannot tell the record from others. {advice}"
        )
    if _is_vague(attribute, state.unanswered[attribute.slug]):
        raise ValidationError(
            f"{model.__name__}.{matching} was sent as a national number, which Attio writes in a "
            f"form of its own: nothing can be found by it, so match by another attribute."
        )
    yield from check(signals.post_save, model)
    context = yield from context_for(record)
    there = yield from _look(record, attribute, context)
    if not there:
        state.note_unanswered(None)
        return False
    if _is_parent(record, attribute):
        ids = " and ".join(row.id.record_id for row in there)
        raise ValidationError(
            f"The record is in the list already, as {ids}. Attio takes a record into a list "
            f"several times, so it cannot be told whether that is this {model.__name__}: get that "
            f"entry by its id, or make one more with save(again=True)."
        )
    if len(there) > 1:
        raise model.MultipleObjectsReturned(
            f"Several records have this {matching}: {', '.join(row.id.record_id for row in there)}."
            f" Get the one that is meant: {model.__name__}.objects.get(id=...)."
        )
    try:
        ours = yield from is_ours(record, there[0], context)
    except OutcomeUnknownError:
        ours = False  # what differs is told as changes, and is the user's to decide
    yield from _take(record, there[0], context, ours=ours)
    return True


def saved(record: Record, save: Callable[[], Operation[None]]) -> Operation[None]:
    """Save a new record; where it is not known whether that made it, ask by a unique value.

    Created once more if there is none: of two with one unique value Attio takes one. Raises
    ``OutcomeUnknownError`` where a look cannot tell, as without a unique value.
    """
    state = state_of(record)
    try:
        return (yield from save())
    except OutcomeUnknownError as error:
        unknown = error
    # nothing: the error is about another record, of a receiver or of its class's own ``save()``
    sent = state.unanswered
    found = None if sent is None else (yield from _settle_itself(record, unknown))
    if found is False:
        try:
            return (yield from save())
        except OutcomeUnknownError as error:
            unknown = error
        except UniquenessConflictError as error:  # perhaps by the first one, which came late
            unknown.add_note(f"Sent again, it was refused: {error}")
            state.note_unanswered(sent)
        found = yield from _settle_itself(record, unknown)
    if not found:
        raise unknown
    return None


def _settle_itself(record: Record, unknown: OutcomeUnknownError) -> Operation[bool | None]:
    """Whether the record is there, by a unique value of its own; ``None`` where that cannot tell.

    It takes the id where all is there that was sent.
    """
    sent = state_of(record).unanswered or {}
    found = (each for each in _unique(record) if not _is_parent(record, each))
    attribute = next((each for each in found if not _is_vague(each, sent[each.slug])), None)
    if attribute is None:
        return None
    context = yield from context_for(record)
    try:
        there = yield from _look(record, attribute, context)
    except AttioError as error:
        unknown.add_note(f"Looking for it by {attribute.name} failed too: {error}")
        return None
    if not there:
        state_of(record).note_unanswered(None)
        return False
    ours = False
    if len(there) == 1:
        try:
            ours = yield from is_ours(record, there[0], context)
        except AttioError as error:
            unknown.add_note(f"Looking whether it was changed since failed too: {error}")
    if not ours:
        ids = ", ".join(row.id.record_id for row in there)
        unknown.add_note(
            f"There is {ids} with this {attribute.name}, and other values than were sent: compare."
        )
        return None
    yield from _take(record, there[0], context, ours=True)
    return True


def is_ours(record: Record, row: Row, context: LoadContext) -> Operation[bool]:
    """Whether the save of a new record made this one: it has all that was sent, or had.

    Raises ``OutcomeUnknownError`` where nothing can tell.
    """
    if not differing(record, rows.split(row.values)):
        return True
    return (yield from settling.was_created(record, context, row))


def _unique(record: Record) -> list[AnyAttribute]:
    """What the record that may be there can be told by, and asked for by the attribute's name."""
    sent = state_of(record).unanswered or {}
    found = [attribute_at(record, slug) for slug, values in sent.items() if values]
    return [e for e in found if e is not None and attribute_of(record, e.name) is e]


def _is_parent(record: Record, attribute: AnyAttribute) -> bool:
    return attribute.slug == PARENT and mapper_of(type(record)).is_entry


def _look(record: Record, attribute: AnyAttribute, context: LoadContext) -> Operation[list[Row]]:
    """The rows that have all the values that were sent of an attribute; one, or two of several."""
    where = Q()
    for value in (state_of(record).unanswered or {})[attribute.slug]:
        wanted = value["target_record_id"] if is_mapping(value) else value
        where &= Q(**{attribute.name: wanted})
    query = Query(type(record), source=context.connection, where=where)
    execution = yield from AttioSource(context.connection).compile(query)
    return (yield from execution.fetch(limit=2, offset=0, shared=False))


def differing(record: Record, there: dict[str, Any]) -> list[str]:
    """The keys of what was set on a record, and reads otherwise there (raw values by slug)."""
    return [
        key
        for key, pending in state_of(record).changed.items()
        if not _holds(record, pending.attribute, there.get(pending.attribute.slug))
    ]


def _holds(record: Record, attribute: AnyAttribute, raw: Any) -> bool:
    mine, theirs = local_values(record, attribute), attribute.read(raw)
    if any(_reads_otherwise(attribute, each) for each in mine):
        return len(mine) == len(theirs)
    return {each.key for each in items(attribute, mine)} == {
        each.key for each in items(attribute, theirs)
    }


def _is_vague(attribute: AnyAttribute, sent: list[Any]) -> bool:
    # a national number, with its country
    return attribute.type == "phone-number" and any(is_mapping(each) for each in sent)


def _reads_otherwise(attribute: AnyAttribute, value: object) -> bool:
    """Whether a value reads otherwise than it is sent, in a way that Attio alone knows."""
    if isinstance(value, Actor):
        return value.id is None  # a member, by the e-mail
    if isinstance(value, PhoneNumber):
        return not value.startswith("+")
    is_place = attribute.type == "location" and isinstance(value, str)
    return is_place or isinstance(value, ReferenceMatch)


def _take(record: Record, row: Row, context: LoadContext, *, ours: bool) -> Operation[None]:
    """Be the record of this row, and ``ours`` where our save made it: others wrote what differs.

    Else what reads otherwise there stays changed, to be saved.
    """
    state, edits, before = state_of(record), changed(record), changes(record)
    there = rows.split(row.values)
    left = [] if ours else differing(record, there)
    absorb(record, row, context, saved=[key for key in state.changed if key not in left])
    for pending in list(state.changed.values()):
        state.note_change(pending.attribute, there.get(pending.attribute.slug))
    forget(record, context, edits.values())
    if not left:  # else a save has to follow, and that one tells
        payload = {"instance": record, "created": True, "changes": before}
        yield from emit(signals.post_save, type(record), connection=context.connection, **payload)
