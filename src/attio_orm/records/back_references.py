"""The other side of a relationship, after a write on this side changed it.

Nothing is asked for at the write: what is in memory of the other side is forgotten, and is loaded
anew when it is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from attio_orm.connection import sessions
from attio_orm.connection.sessions import Session
from attio_orm.records import rows
from attio_orm.records.base import Record, object_of, state_of
from attio_orm.records.loading import LoadContext
from attio_orm.records.names import attribute_at
from attio_orm.records.relations import references
from attio_orm.records.state import Edit, Item
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import REFERENCE, Reference, reference_to

Key: TypeAlias = tuple[str, str]
"""An object's slug and a record's id."""


def forget(record: Record, context: LoadContext, sent: Iterable[Edit]) -> None:
    """Forget, on the live objects of the session, the other side of what was just saved."""
    session = context.session
    pairs = {pair.slug: pair for pair in _pairs(record, context)}
    for edit in sent:
        pair = pairs.get(edit.slug)
        if pair is None:
            continue
        # not what was sent: a match by a value is known by its id only in the answer
        after = set(_targets(record, pair.slug))
        before: set[Any]
        if edit.base is None:
            before = set(_holders(session, record, pair))
        else:  # what was read, and so no match by a unique attribute
            before = {item.key for item in edit.base}
        for other in _live(session, before - after, but=record):
            _take_out(other, pair.back, record)
        for other in _live(session, after - before, but=record):
            _put_in(session, other, record, pair)


def seen_from(
    context: LoadContext, model: type[Record], record_id: str, sent: Iterable[str]
) -> list[Edit]:
    """What was sent (slugs) without the record at hand, as edits of what this session knows."""
    live = context.session.get(model, record_id)
    if live is None or state_of(live).is_deferred:
        return [Edit(slug, True, None, ()) for slug in sent]
    return [Edit(slug, True, [Item(k, None) for k in _targets(live, slug)], ()) for slug in sent]


def forget_deleted(record: Record, context: LoadContext) -> None:
    """Forget, on the live objects of the session, what refers to a record that was deleted."""
    session = context.session
    for pair in _pairs(record, context):
        known = _targets(record, pair.slug)
        for other in _live(session, known or _holders(session, record, pair), but=record):
            _take_out(other, pair.back, record)


class _Pair(Struct, frozen=True):
    """A relationship: its slug on this side, and the object and slug of the other."""

    slug: str
    object: str
    back: str


def _pairs(record: Record, context: LoadContext) -> list[_Pair]:
    schema = context.connection.schema.get(object_of(record))
    specs = schema.attributes.values() if schema is not None else ()
    return [_Pair(each.slug, *each.relationship) for each in specs if each.relationship is not None]


def _take_out(holder: Record, slug: str, gone: Record) -> None:
    relation = attribute_at(holder, slug)
    if relation is not None:
        _mark(holder, relation, _without(holder, relation, gone))


def _put_in(session: Session, holder: Record, joined: Record, pair: _Pair) -> None:
    relation = attribute_at(holder, pair.back)
    if relation is None:
        return
    kept = _without(holder, relation, joined)
    if not relation.is_multi:  # it was taken from a third record, and Attio changes that as well
        for third in _live(session, _targets(holder, pair.back), but=joined):
            _take_out(third, pair.slug, holder)
        kept = []
    _mark(holder, relation, [*kept, reference_to(joined)])


def _without(holder: Record, relation: AnyAttribute, gone: Record) -> list[Reference]:
    return [each for each in references(holder, relation) if each.id != state_of(gone).id]


def _mark(record: Record, relation: AnyAttribute, known: Sequence[Reference]) -> None:
    """Note what a relation is known to refer to now, and that it is to be read anew."""
    state = state_of(record)
    wires = [
        {"target_object": each.object, "target_record_id": each.id, "attribute_type": relation.type}
        for each in known
    ]
    state.parts = {**state.split(), relation.slug: rows.encode_values(wires)}
    state.stale = {*(state.stale or ()), relation.slug}
    state.as_of = sessions.now()  # a page asked for before this is from before the write
    if relation.key not in state.changed:  # what the user has set and not saved stays
        record.__dict__.pop(relation.key, None)


def _live(session: Session, targets: Iterable[Key], *, but: Record) -> Iterator[Record]:
    for object, record_id in targets:
        each: Record
        for each in session.every(record_id):
            # what is not loaded knows nothing that could be forgotten
            if not isinstance(each, Record) or each is but or state_of(each).is_deferred:
                continue
            if object_of(each) == object:
                yield each


def _targets(record: Record, slug: str) -> list[Key]:
    relation = attribute_at(record, slug)
    if relation is None or relation.type != REFERENCE or state_of(record).values is None:
        return []
    return [(each.object, each.id) for each in references(record, relation)]


def _holders(session: Session, record: Record, pair: _Pair) -> Iterator[Key]:
    """Who refers to a record of which it is not known what it referred to itself."""
    mine = str(state_of(record).id)
    for other in session.live():
        if not isinstance(other, Record):  # a resource, which has no relations
            continue
        values = state_of(other).values
        if other is record or object_of(other) != pair.object or values is None:
            continue
        if mine.encode() in bytes(values):  # most have nothing to do with it
            paired = attribute_at(other, pair.back)
            if paired is not None and any(each.id == mine for each in references(other, paired)):
                yield object_of(other), str(state_of(other).id)
