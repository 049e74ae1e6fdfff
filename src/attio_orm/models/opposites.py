"""The other side of a relationship, after a save on this side changed it.

Nothing is asked for at the save: what is in memory of the other side is forgotten, and is loaded
anew when it is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from attio_orm.models import loading
from attio_orm.models.planner import Edit
from attio_orm.models.state import Batch
from attio_orm.operations import Operation, colour

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.identity import Session
    from attio_orm.models.model import Model


def is_stale(instance: Model, relation: Any) -> bool:
    """Whether a save of another record has changed this relation since the record was read."""
    stale = instance._state.stale
    return stale is not None and relation.slug in stale


def forget(instance: Model, batch: Batch, sent: Iterable[Edit]) -> None:
    """Forget, on the live objects of the session, the other side of what was just saved."""
    session = batch.session
    schema = batch.connection.schema.get(instance._object)
    if session is None or schema is None:
        return
    for edit in sent:
        spec = schema.attributes.get(edit.slug)
        if spec is None or spec.relationship is None:
            continue
        _, slug = spec.relationship
        before = {item.key for item in edit.base or ()}
        for target in before ^ set(_targets(instance, edit.slug)):
            if not isinstance(target, tuple):
                continue  # a match by a unique attribute, whose record the answer named
            for other in _live(session, target):
                if other is not instance:
                    _forget_one(session, other, slug, edit.slug)


def _forget_one(session: Session, other: Model, slug: str, back: str) -> None:
    paired = other._slugged(slug)
    if paired is None:
        return
    if not paired.is_multi:  # it was taken from a third record
        for target in _targets(other, slug):
            for third in _live(session, target):
                relation = third._slugged(back)
                if relation is not None:
                    _mark(third, relation)
    _mark(other, paired)


def _mark(instance: Model, relation: Any) -> None:
    state = instance._state
    state.stale = {*(state.stale or ()), relation.slug}
    if relation.key not in (state.touched or {}):
        instance.__dict__.pop(relation.key, None)


def _live(session: Session, target: Any) -> list[Any]:
    return [each for each in session.every(*target) if not each._is_deferred]


def _targets(instance: Model, slug: str) -> list[tuple[str, str]]:
    relation = instance._slugged(slug)
    if relation is None or instance._state.values is None:
        return []
    return [(each.object, each.id) for each in relation.read(instance._split().get(slug))]


def reload_stale(
    connection: Connection, session: Session | None, owners: Sequence[Model], relation: Any
) -> Operation[None]:
    """Read anew, 500 in a request, the owners whose relation a save has changed."""
    from attio_orm.query.including import query_ids
    from attio_orm.query.paging import PAGE

    stale = {
        owner._state.id: owner
        for owner in owners
        if is_stale(owner, relation) and relation.key not in owner.__dict__
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
