"""``includes()``: related records, one batch per relation, target object and 500 ids."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attio_orm import hydration, signals
from attio_orm.errors import NotFoundError, UnknownAttributeError
from attio_orm.models.targets import target_of
from attio_orm.operations import Operation, colour, gather
from attio_orm.query.paging import PAGE
from attio_orm.query.trees import (
    Include,
    Tree,
    check_includes,
    check_to_attr,
    parse_includes,
    relation_of,
)

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.identity import Session
    from attio_orm.models.model import Model

__all__ = [
    "Include",
    "check_includes",
    "include_all",
    "load_by_ids",
    "load_relation",
    "parse_includes",
    "query_ids",
]


CONCURRENCY = 8


def include_all(
    connection: Connection,
    session: Session | None,
    owners: Sequence[Model],
    tree: Tree,
    *,
    lenient: bool = False,
    path: str = "",
) -> Operation[None]:
    """Load every relation of the tree for these owners, level by level.

    ``lenient``: owners of several objects, of which not every one need have the relation.
    ``path`` is how the owners were reached, with ``__`` at its end.
    """
    owners = [owner for owner in owners if not owner._state.deleted and not owner._is_deferred]
    if not owners or not (tree.branches or tree.picks):
        return
    yield from gather(
        [
            *(
                _branch(connection, session, owners, name, below, lenient, path)
                for name, below in tree.branches.items()
            ),
            *(
                _pick(connection, session, owners, name, pick, lenient, path)
                for name, pick in tree.picks
            ),
        ]
    )


def _branch(
    connection: Connection,
    session: Session | None,
    owners: Sequence[Model],
    name: str,
    below: Tree,
    lenient: bool,
    path: str,
) -> Operation[None]:
    from attio_orm.descriptors import Relation
    from attio_orm.values import ReferenceMatch

    related: dict[int, Model] = {}
    several = False
    for model, group in _by_model(owners).items():
        relation = yield from _relation_if(connection, model, name, lenient, path)
        if relation is None:
            continue
        schema = connection.schema.get(model._object)
        spec = schema.attributes.get(relation.slug) if schema is not None else None
        allowed = relation.allowed_objects or (spec.allowed_objects if spec is not None else ())
        several = several or len(allowed) != 1
        yield from load_relation(connection, session, group, relation, path=path + name)
        for owner in group:
            value = owner.__dict__.get(relation.key)
            values = list(value) if relation.is_multi and value else [value] if value else []
            for each in values:
                if not isinstance(each, ReferenceMatch | Relation):
                    related[id(each)] = each
    if below.branches or below.picks:
        yield from include_all(
            connection, session, list(related.values()), below,
            lenient=several, path=f"{path}{name}__",
        )  # fmt: skip


def _relation_if(
    connection: Connection, model: type[Model], name: str, lenient: bool, path: str
) -> Operation[Any]:
    try:
        return (yield from relation_of(connection, model, name, path + name))
    except UnknownAttributeError:
        if not lenient:
            raise
        return None


def _by_model(owners: Iterable[Model]) -> dict[type[Model], list[Model]]:
    groups: dict[type[Model], list[Model]] = {}
    for owner in owners:
        groups.setdefault(type(owner), []).append(owner)
    return groups


def load_relation(
    connection: Connection,
    session: Session | None,
    owners: Sequence[Model],
    relation: Any,
    *,
    path: str | None = None,
) -> Operation[None]:
    """Make these owners hold what the relation refers to, asking for what is not known.

    ``path`` is the way there from the records that were asked for.
    """
    from attio_orm.models.opposites import reload_stale
    from attio_orm.models.relations import model_of, raw_references, store

    yield from reload_stale(connection, session, owners, relation)
    wanted: dict[type[Model], dict[str, None]] = {}
    pending: list[tuple[Model, list[tuple[type[Model], str]]]] = []
    for owner in owners:
        if relation.key in owner.__dict__:
            _want_again(session, owner, relation, wanted)
            continue
        keys = [
            (model_of(reference, relation, connection), reference.id)
            for reference in raw_references(owner, relation)
        ]
        pending.append((owner, keys))
        for model, record_id in keys:
            wanted.setdefault(model, {})[record_id] = None
    found: dict[tuple[type[Model], str], Model] = {}
    missing: list[tuple[type[Model], list[str]]] = []
    for model, ids in wanted.items():
        lacking: list[str] = []
        for record_id in ids:
            live = session.get(model, record_id) if session is not None else None
            if live is not None and _fresh(live, session):
                found[model, record_id] = live
            else:
                lacking.append(record_id)
        missing += [(model, lacking[at : at + PAGE]) for at in range(0, len(lacking), PAGE)]
    batch = owners[0]._state.batch if owners else None
    mode = batch.mode if batch is not None else "peers"
    loaded = yield from gather(
        load_by_ids(connection, session, model, chunk, mode=mode, path=path)
        for model, chunk in missing
    )
    for (model, _), instances in zip(missing, loaded, strict=True):
        for instance in instances:
            found[model, instance.id] = instance
    for owner, keys in pending:
        store(owner, relation, [found[key] for key in keys if key in found])


def _want_again(
    session: Session | None,
    owner: Model,
    relation: Any,
    wanted: dict[type[Model], dict[str, None]],
) -> None:
    # what was assigned by its id was never loaded; what was loaded can be older than the ttl
    from attio_orm.values import ReferenceMatch

    value: Any = owner.__dict__[relation.key]
    for each in value if relation.is_multi else [value]:
        if each is None or isinstance(each, ReferenceMatch):
            continue
        held: Model = each
        if held.id is not None and not held._state.deleted and not _fresh(held, session):
            wanted.setdefault(type(held), {})[held.id] = None


def _fresh(instance: Model, session: Session | None) -> bool:
    if instance._is_deferred or instance._state.deleted:
        return False
    batch = instance._state.batch
    if session is None or session.ttl is None or batch is None:
        return True
    return time.monotonic() - batch.loaded_at < session.ttl


def load_by_ids(
    connection: Connection,
    session: Session | None,
    model: type[Model],
    ids: Sequence[str],
    *,
    mode: str = "peers",
    path: str | None = None,
) -> Operation[list[Any]]:
    """The records of these ids (at most 500) that exist, in one request."""
    from attio_orm.models.loading import materialize
    from attio_orm.models.state import Batch

    if not ids:
        return []
    signals.refuse_coroutines(signals.post_load, model)
    how = yield from colour()
    rows = yield from query_ids(connection, model._object, list(ids))
    batch = Batch(connection, session, asynchronous=how == "async", mode=mode)
    batch.path = path
    return materialize(model, rows, batch)


def query_ids(connection: Connection, object: str, ids: list[str]) -> Operation[list[Any]]:
    """The rows of these ids, by ``$in`` or, where the workspace refuses that, by ``$or``.

    Entries come one by one, side by side, as Attio has no filter by their ids.
    """
    target = target_of(object)

    def ask(condition: dict[str, Any]) -> Operation[list[Any]]:
        return target.query(connection.transport, {"filter": condition, "limit": PAGE, "offset": 0})

    def one(row_id: str) -> Operation[Any]:
        with suppress(NotFoundError):
            return (yield from target.get(connection.transport, row_id))
        return None

    asked = time.monotonic()
    if target.is_list:
        entries = yield from gather((one(each) for each in ids), CONCURRENCY)
        found = [row for row in entries if row is not None]
        hydration.stamp(found, asked)
        return found
    rows: list[Any] = yield from connection.with_record_id_in(
        lambda allowed: ask(
            {"record_id": {"$in": ids}}
            if allowed
            else {"$or": [{"record_id": {"$eq": each}} for each in ids]}
        )
    )
    hydration.stamp(rows, asked)
    return rows


def _pick(
    connection: Connection,
    session: Session | None,
    owners: Sequence[Model],
    name: str,
    include: Include,
    lenient: bool,
    path: str,
) -> Operation[None]:
    from attio_orm.models.opposites import reload_stale
    from attio_orm.models.relations import model_of, raw_references

    assert include.queryset is not None
    assert include.to_attr is not None
    needed: dict[int, list[str]] = {}
    for model, group in _by_model(owners).items():
        relation = yield from _relation_if(connection, model, name, lenient, path)
        if relation is None:
            continue
        check_to_attr(connection, model, include)
        yield from reload_stale(connection, session, group, relation)
        for owner in group:
            needed[id(owner)] = [
                reference.id
                for reference in raw_references(owner, relation)
                if model_of(reference, relation, connection)._object
                == include.queryset.model._object
            ]
    chunks, chunk_of = _together(needed)
    found = yield from gather(
        include.queryset.using(connection).filter(id__in=list(chunk))._list() for chunk in chunks
    )
    for owner in owners:
        if id(owner) in needed:
            mine = set(needed[id(owner)])
            instances: list[Model] = found[chunk_of[id(owner)]] if mine else []
            owner.__dict__[include.to_attr] = tuple(each for each in instances if each.id in mine)


def _together(needed: dict[int, list[str]]) -> tuple[list[dict[str, None]], dict[int, int]]:
    """Ids in batches of 500, those of one owner in one, whose answer then has them in order."""
    chunks: list[dict[str, None]] = []
    home: dict[str, int] = {}
    chunk_of: dict[int, int] = {}
    for owner, ids in needed.items():
        homes = {home.get(each) for each in ids}
        at = homes.pop() if len(homes) == 1 else None
        if at is None and ids:
            if not chunks or len({**chunks[-1], **dict.fromkeys(ids)}) > PAGE:
                chunks.append({})
            at = len(chunks) - 1
            chunks[at].update(dict.fromkeys(ids))
            home.update(dict.fromkeys(ids, at))
        chunk_of[owner] = at or 0
    return chunks, chunk_of
