"""The other side of a relationship, after a write on this side changed it.

Nothing is asked for at the write: what is in memory of the other side is forgotten, and is loaded
anew when it is touched.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from attio_orm import hydration
from attio_orm.models import loading, relations
from attio_orm.models.planner import Edit, Item
from attio_orm.models.state import Batch
from attio_orm.operations import Operation, colour
from attio_orm.values import Reference, codec_for

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.identity import Session
    from attio_orm.models.model import Model

Key: TypeAlias = tuple[str, str]
"""An object's slug and a record's id."""


def forget(instance: Model, batch: Batch, sent: Iterable[Edit]) -> None:
    """Forget, on the live objects of the session, the other side of what was just saved."""
    session = batch.session
    if session is None:
        return
    pairs = {pair.slug: pair for pair in _pairs(instance, batch)}
    for edit in sent:
        pair = pairs.get(edit.slug)
        if pair is None:
            continue
        after = set(_targets(instance, pair.slug))
        before: set[Any]
        if edit.base is None:
            before = set(_holders(session, instance, pair))
        else:  # what was read, and so no match by a unique attribute
            before = {item.key for item in edit.base}
        for target in before ^ after:
            for other in _live(session, target):
                if other is not instance:
                    _forget_one(session, other, instance, pair, joined=target in after)


def seen_from(batch: Batch, model: type[Model], record_id: str, sent: Iterable[str]) -> list[Edit]:
    """What was sent (slugs) without the record at hand, as edits of what this session knows."""
    live = batch.session.get(model, record_id) if batch.session is not None else None
    if live is None or live._is_deferred:
        return [Edit(slug, True, None, ()) for slug in sent]
    return [Edit(slug, True, [Item(k, None) for k in _targets(live, slug)], ()) for slug in sent]


def forget_deleted(instance: Model, batch: Batch) -> None:
    """Forget, on the live objects of the session, what refers to a record that was deleted."""
    session = batch.session
    if session is None:
        return
    for pair in _pairs(instance, batch):
        known = () if instance._is_deferred else _targets(instance, pair.slug)
        for target in known or _holders(session, instance, pair):
            for other in _live(session, target):
                paired = other._slugged(pair.back)
                if other is not instance and paired is not None:
                    _mark(other, paired, _without(other, paired, instance))


class _Pair(NamedTuple):
    """A relationship: its slug on this side, and the object and slug of the other."""

    slug: str
    object: str
    back: str


def _pairs(instance: Model, batch: Batch) -> list[_Pair]:
    schema = batch.connection.schema.get(instance._object)
    specs = schema.attributes.values() if schema is not None else ()
    return [_Pair(each.slug, *each.relationship) for each in specs if each.relationship is not None]


def _forget_one(
    session: Session, other: Model, instance: Model, pair: _Pair, *, joined: bool
) -> None:
    paired = other._slugged(pair.back)
    if paired is None:
        return
    kept = _without(other, paired, instance)
    if joined and not paired.is_multi:  # it was taken from a third record
        for target in _targets(other, pair.back):
            for third in _live(session, target):
                relation = third._slugged(pair.slug)
                if relation is not None and third is not instance:
                    _mark(third, relation, _without(third, relation, other))
        kept = []
    _mark(other, paired, [*kept, relations.reference_to(instance)] if joined else kept)


def _without(holder: Model, relation: Any, gone: Model) -> list[Reference]:
    return [each for each in relations.references(holder, relation) if each.id != gone._state.id]


def _mark(instance: Model, relation: Any, known: Sequence[Reference]) -> None:
    """Note what a relation is known to refer to now, and that it is to be read anew."""
    state, codec = instance._state, codec_for(relation.type)
    wires = [{**codec.write(each), "attribute_type": relation.type} for each in known]
    state.parts = {**instance._split(), relation.slug: hydration.encode_values(wires)}
    state.stale = {*(state.stale or ()), relation.slug}
    state.as_of = time.monotonic()  # a page asked for before this is from before the write
    if relation.key not in (state.touched or {}):
        instance.__dict__.pop(relation.key, None)


def _live(session: Session, target: Key) -> list[Any]:
    return [each for each in session.every(*target) if not each._is_deferred]


def _targets(instance: Model, slug: str) -> list[Key]:
    relation = instance._slugged(slug)
    if relation is None or relation.type != "record-reference" or instance._state.values is None:
        return []
    return [(each.object, each.id) for each in relations.references(instance, relation)]


def _holders(session: Session, instance: Model, pair: _Pair) -> Iterator[Key]:
    """Who refers to a record of which it is not known what it referred to itself."""
    mine = str(instance._state.id)
    for other in session.live():
        values = other._state.values
        if other is instance or other._object != pair.object or values is None:
            continue
        if mine.encode() in bytes(values):  # most have nothing to do with it
            paired = other._slugged(pair.back)
            if paired is not None and any(
                each.id == mine for each in relations.references(other, paired)
            ):
                yield other._object, str(other._state.id)


def reload_stale(
    connection: Connection, session: Session | None, owners: Sequence[Model], relation: Any
) -> Operation[None]:
    """Read anew, 500 in a request, the owners whose relation a write has changed."""
    from attio_orm.query.including import query_ids
    from attio_orm.query.paging import PAGE

    stale = {
        owner._state.id: owner
        for owner in owners
        if relations.is_stale(owner, relation) and relation.key not in owner.__dict__
    }
    ids = [each for each in stale if each is not None]
    if not ids:
        return
    how = yield from colour()
    mode = owners[0]._state.batch.mode if owners[0]._state.batch is not None else "peers"
    for at in range(0, len(ids), PAGE):
        object_ = stale[ids[at]]._object
        rows = yield from query_ids(connection, object_, ids[at : at + PAGE])
        batch = Batch(connection, session, asynchronous=how == "async", mode=mode)
        for row in rows:
            loading.absorb(stale[row.id.record_id], row, batch)
