"""What became of a write that nobody answered: read, before it is sent again.

The transport asks (``Request.settle``) where an attempt may have arrived. A repeat that had arrived
would undo what others wrote since.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Raw

from attio_orm.conditions.paths import PARENT
from attio_orm.conditions.q import Q
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import (
    BadRequestError,
    DoesNotExist,
    OutcomeUnknownError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.query.execution import AttioSource
from attio_orm.query.query import Query
from attio_orm.records import rows
from attio_orm.records.base import Record, object_of, state_of
from attio_orm.records.history import past_values
from attio_orm.records.loading import LoadContext, fetch_one
from attio_orm.records.relations import model_of
from attio_orm.records.rows import Row
from attio_orm.records.state import UNKNOWN_BASE, UnknownBase, items, local_values
from attio_orm.transport import MISSING, Doubt, Settle
from attio_orm.types.actors import MEMBER, Actor
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import Reference, ReferenceMatch
from attio_orm.types.timestamps import parse_timestamp
from attio_orm.writes.traces import (
    Looked,
    Sent,
    Span,
    Trace,
    history,
    names_of,
    newest,
    same_spans,
    spans,
    together,
    trace,
)


def of_change(
    record: Record,
    context: LoadContext,
    sent: Callable[[], Sequence[Sent]],
    again: Callable[[Row], Any],
    refuse: Callable[[Mapping[str, Raw]], None] | None = None,
) -> Settle:
    """What a PATCH or PUT of a record asks before it is sent again.

    ``sent`` says what it sends, and ``again`` what to send then. ``refuse``, of
    ``on_conflict="raise"``, looks at the record's values before every repeat, and raises.
    """
    loaded = state_of(record).values  # now: a page may bring the record anew meanwhile

    def settle(doubt: Doubt) -> Operation[Any]:
        if not doubt.may_have_arrived and refuse is None:
            return MISSING
        record_id = state_of(record).id
        assert record_id is not None
        try:
            row = yield from fetch_one(type(record), record_id, context.connection, record)
        except DoesNotExist:
            context.session.expunge(record)  # as where the write itself is told so
            raise
        if doubt.may_have_arrived:
            moments = [newest(loaded), _moment(doubt.since)]
            before = max((each for each in moments if each is not None), default=None)
            if (yield from _has_arrived(record, context, row, sent(), before)):
                return row
        if refuse is not None:
            refuse(rows.split(row.values))
        return again(row)

    return settle


def of_upsert(
    record: Record, context: LoadContext, matching: AnyAttribute, sent: Sequence[Sent]
) -> Settle:
    """What an upsert asks: the record is read by the attribute it is matched by."""
    values = local_values(record, matching)
    name = f"{matching.name}__in" if len(values) > 1 else matching.name
    where = Q(**{name: values if len(values) > 1 else values[0]})

    def settle(doubt: Doubt) -> Operation[Any]:
        if not doubt.may_have_arrived:
            return MISSING
        try:
            found = yield from _rows(type(record), context.connection, where)
        except (UnsupportedLookup, ValidationError) as error:
            raise _unknown(record, [matching], "cannot be asked for") from error
        if len(found) != 1:
            return MISSING  # none, or several, of which Attio would have changed none
        before = _moment(doubt.since)
        arrived = yield from _has_arrived(record, context, found[0], sent, before)
        return found[0] if arrived else MISSING

    return settle


def of_history(
    record: Record,
    context: LoadContext,
    attribute: AnyAttribute,
    sent: Sequence[tuple[Hashable, datetime, datetime | None]],
) -> Settle:
    """What a write of a whole history asks: it is read, and compared with what was sent.

    ``sent`` are what tells each value apart, since when and until when. It is sent again where the
    record still has the very values that were loaded.
    """
    loaded = spans(attribute, rows.split(state_of(record).values).get(attribute.slug))

    def settle(doubt: Doubt) -> Operation[Any]:
        if not doubt.may_have_arrived:
            return MISSING
        connection, record_id = context.connection, state_of(record).id
        assert record_id is not None
        found = yield from past_values(record, connection, record_id, attribute)
        keys = Sent(attribute, [key for key, _, _ in sent], UNKNOWN_BASE)
        looked = yield from _looked(connection, keys, None)
        wanted = [
            Span(names, since, until)
            for names, (_, since, until) in zip(looked.wanted, sent, strict=True)
        ]
        now = history(attribute, found)
        if same_spans(wanted, now):
            return found
        there = [each for each in now if each.until is None]
        is_as_loaded = len(there) == len(loaded) > 0 and all(
            any(each.is_same(other) for other in loaded) for each in there
        )
        # of what Attio may have made something else of, the same beginning tells nothing
        is_unclear = looked.is_vague and any(
            each.until is None and any(each.begins(other.since) for other in loaded)
            for each in wanted
        )
        if is_as_loaded and not is_unclear:
            return MISSING
        raise _unknown(record, [attribute], "reads otherwise than before, and than was sent")

    return settle


def was_created(record: Record, context: LoadContext, row: Row) -> Operation[bool]:
    """Whether this row was made by the create of a new record that nobody answered.

    It is where each value that was sent is there, or was since the row began. Raises
    ``OutcomeUnknownError`` where nothing can tell.
    """
    sent: list[Sent] = []
    for pending in state_of(record).changed.values():
        values = items(pending.attribute, local_values(record, pending.attribute))
        # the parent of an entry never changes, and has no history
        if values and pending.attribute.slug != PARENT:
            keys = [item.key for item in values if item.json != ""]
            sent.append(Sent(pending.attribute, keys, None))
    return (yield from _has_arrived(record, context, row, sent, parse_timestamp(row.created_at)))


def _rows(model: type[Record], connection: BaseConnection, where: Q) -> Operation[list[Row]]:
    """The rows that match, two at most."""
    query = Query(model, source=connection, where=where)
    execution = yield from AttioSource(connection).compile(query)
    return (yield from execution.fetch(limit=2, offset=0, sorts=(), shared=False))


def _moment(date: str | None) -> datetime | None:
    """The moment of a ``Date`` header, which ends at seconds."""
    from email.utils import parsedate_to_datetime  # only here, as it takes a while to import

    try:
        return parsedate_to_datetime(date) if date is not None else None
    except ValueError:
        return None


def _has_arrived(
    record: Record, context: LoadContext, row: Row, sent: Sequence[Sent], before: datetime | None
) -> Operation[bool]:
    """Whether the write arrived. Raises ``OutcomeUnknownError`` where nothing can tell."""
    connection, parts = context.connection, rows.split(row.values)
    looked: list[tuple[AnyAttribute, Looked, list[Span]]] = []
    for each in sent:
        as_sent = yield from _looked(connection, each, before)
        now = spans(each.attribute, parts.get(each.attribute.slug))
        looked.append((each.attribute, as_sent, now))
    traces = [trace(as_sent, now) for _, as_sent, now in looked]
    if together(traces) is Trace.PAST:  # else one of them has told, without any history
        for at, (attribute, as_sent, now) in enumerate(looked):
            if traces[at] is Trace.PAST:
                past = yield from _history(record, connection, row, attribute)
                if past is None:
                    raise _unknown(record, [attribute], "was written since, and has no history")
                traces[at] = trace(as_sent, now, past)
    verdict = together(traces)
    if verdict is Trace.UNCLEAR:
        raise _unknown(record, [each[0] for each in looked], "was written since by others")
    return verdict not in (Trace.MISSING, Trace.NO_GAP)


def _history(
    record: Record, connection: BaseConnection, row: Row, attribute: AnyAttribute
) -> Operation[list[Span] | None]:
    """Every value that one attribute had, oldest first; ``None`` where Attio keeps none."""
    if rows.endpoint_of(object_of(record)).kind == "activities":
        return None
    try:
        found = yield from past_values(record, connection, row.id.record_id, attribute)
    except BadRequestError:
        return None
    return history(attribute, found)


def _looked(connection: BaseConnection, sent: Sent, before: datetime | None) -> Operation[Looked]:
    """What was sent as it may read; of what Attio looks up itself, the record or member it is."""
    attribute, is_vague = sent.attribute, False
    wanted: list[frozenset[Any]] = []
    for key in sent.keys:
        found: Any = key
        if isinstance(key, Actor) and key.id is None:
            found = yield from _member(connection, key)
        elif isinstance(key, ReferenceMatch):
            found = yield from _match(connection, key)
        elif attribute.type == "location" and isinstance(key, str):
            is_vague = True
        is_vague = is_vague or found is None
        wanted.append(frozenset() if found is None else names_of(attribute, found))
    base = sent.base
    loaded = None if isinstance(base, UnknownBase) else spans(attribute, base)
    return Looked(attribute.is_multi, sent.adds, wanted, loaded, before, is_vague)


def _member(connection: BaseConnection, actor: Actor) -> Operation[Actor | None]:
    yield from connection.schema.members()
    found = connection.schema.member_by_email(actor.email or "")
    return None if found is None else Actor(MEMBER, found.id)


def _match(connection: BaseConnection, match: ReferenceMatch) -> Operation[Any]:
    """What tells the record apart that a match stands for; ``None`` where that is not known."""
    if not isinstance(match.value, str | int | float):
        return None
    model = model_of(Reference(match.object, ""), None, connection)
    try:
        found = yield from _rows(model, connection, Q(**{match.attribute: match.value}))
    except (UnsupportedLookup, ValidationError):
        return None
    return (match.object, found[0].id.record_id) if len(found) == 1 else None


def _unknown(record: Record, attributes: Sequence[AnyAttribute], why: str) -> OutcomeUnknownError:
    names = ", ".join(each.name for each in attributes)
    return OutcomeUnknownError(
        f"{record!r} was sent to Attio, no answer came, and it is not known whether it arrived: "
        f"{names} {why}. It was not sent again, as that could undo what others wrote. Read the "
        f"record, and save again what is not there."
    )
