"""``includes()``: related records, one batch per relation, target object and 500 ids."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from attio_orm import hydration, signals
from attio_orm.api import records
from attio_orm.errors import UnknownAttributeError, ValidationError
from attio_orm.operations import Operation, colour, gather
from attio_orm.query.paging import PAGE

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.identity import Session
    from attio_orm.models.model import Model
    from attio_orm.query.queryset import QuerySet

MAX_DEPTH = 25


class Include:
    """A relation to load with the records, from a queryset of its own.

    ``Include("associated_deals", Deal.objects.filter(stage="Won"), to_attr="won")`` puts the
    related records that the queryset gives, in its order, into ``to_attr``, a read-only tuple.
    """

    __slots__ = ("path", "queryset", "to_attr")

    def __init__(
        self, path: str, queryset: QuerySet[Any] | None = None, *, to_attr: str | None = None
    ) -> None:
        if (queryset is None) != (to_attr is None):
            raise ValidationError(
                f'Include("{path}", ...) takes a queryset and to_attr together: the relation '
                f"itself always holds all related records, what a queryset picks goes into to_attr."
            )
        if to_attr is not None and (not to_attr.isidentifier() or to_attr.startswith("_")):
            raise ValidationError(f"to_attr={to_attr!r} is no name an attribute can have.")
        if queryset is not None and queryset._query.sliced:
            raise ValidationError(
                f'Include("{path}", ...) takes no slice: it asks for the related records of many '
                f"records at once. Slice {to_attr} where it is read."
            )
        self.path = path
        self.queryset = queryset
        self.to_attr = to_attr

    def __repr__(self) -> str:
        more = f", to_attr={self.to_attr!r}" if self.to_attr else ""
        return f"Include({self.path!r}{more})"


class Tree:
    """The relations to load at one level, and what to load behind each."""

    __slots__ = ("branches", "picks")

    def __init__(self) -> None:
        self.branches: dict[str, Tree] = {}
        self.picks: list[tuple[str, Include]] = []


def parse_includes(paths: Iterable[str | Include]) -> Tree:
    """``("company__team", "company")`` as a tree without repeats."""
    root = Tree()
    for path in paths:
        if not isinstance(path, str | Include):
            raise TypeError(f"includes() takes names of relations (or Include(...)), not {path!r}.")
        text = path if isinstance(path, str) else path.path
        names = text.split("__")
        if not all(names):
            raise ValidationError(f"includes({text!r}): a relation has no name between its '__'.")
        if len(names) > MAX_DEPTH:
            raise ValidationError(
                f"includes() follows at most {MAX_DEPTH} relations, and {text[:30]}.. "
                f"has {len(names)}: load the first ones, and the rest of those with load()."
            )
        tree = root
        picked = isinstance(path, Include) and path.queryset is not None
        for name in names[:-1] if picked else names:
            tree = tree.branches.setdefault(name, Tree())
        if picked:
            assert isinstance(path, Include)
            tree.picks.append((names[-1], path))
    return root


def check_includes(connection: Connection, model: type[Model], tree: Tree) -> Operation[None]:
    """Raise for the first level what ``include_all`` would raise, before anything is sent."""
    for name in tree.branches:
        yield from relation_of(connection, model, name)
    for name, include in tree.picks:
        yield from relation_of(connection, model, name)
        _check_to_attr(connection, model, include)


def _check_to_attr(connection: Connection, model: type[Model], include: Include) -> None:
    from attio_orm.models.declaration import RESERVED

    name = include.to_attr
    assert name is not None
    schema = connection.schema.get(model._object)
    taken = name in RESERVED or name in model._by_slug or hasattr(model, name)
    if taken or (schema is not None and name in schema.attributes):
        raise ValidationError(
            f'Include("{include.path}", ..., to_attr={name!r}): {model.__name__}.{name} is '
            f"something else already. Choose another name."
        )


def include_all(
    connection: Connection,
    session: Session | None,
    owners: Sequence[Model],
    tree: Tree,
    *,
    lenient: bool = False,
) -> Operation[None]:
    """Load every relation of the tree for these owners, level by level.

    ``lenient``: owners of several objects, of which not every one need have the relation.
    """
    owners = [owner for owner in owners if not owner._state.deleted and not owner._is_deferred]
    if not owners or not (tree.branches or tree.picks):
        return
    yield from gather(
        [
            *(
                _branch(connection, session, owners, name, below, lenient)
                for name, below in tree.branches.items()
            ),
            *(_pick(connection, session, owners, name, pick, lenient) for name, pick in tree.picks),
        ]
    )


def _branch(
    connection: Connection,
    session: Session | None,
    owners: Sequence[Model],
    name: str,
    below: Tree,
    lenient: bool,
) -> Operation[None]:
    from attio_orm.descriptors import Relation
    from attio_orm.values import ReferenceMatch

    related: dict[int, Model] = {}
    several = False
    for model, group in _by_model(owners).items():
        relation = yield from _relation_if(connection, model, name, lenient)
        if relation is None:
            continue
        schema = connection.schema.get(model._object)
        spec = schema.attributes.get(relation.slug) if schema is not None else None
        allowed = relation.allowed_objects or (spec.allowed_objects if spec is not None else ())
        several = several or len(allowed) != 1
        yield from load_relation(connection, session, group, relation)
        for owner in group:
            value = owner.__dict__.get(relation.key)
            values = list(value) if relation.is_multi and value else [value] if value else []
            for each in values:
                if not isinstance(each, ReferenceMatch | Relation):
                    related[id(each)] = each
    if below.branches or below.picks:
        yield from include_all(connection, session, list(related.values()), below, lenient=several)


def _relation_if(
    connection: Connection, model: type[Model], name: str, lenient: bool
) -> Operation[Any]:
    try:
        return (yield from relation_of(connection, model, name))
    except UnknownAttributeError:
        if not lenient:
            raise
        return None


def _by_model(owners: Iterable[Model]) -> dict[type[Model], list[Model]]:
    groups: dict[type[Model], list[Model]] = {}
    for owner in owners:
        groups.setdefault(type(owner), []).append(owner)
    return groups


def relation_of(connection: Connection, model: type[Model], name: str) -> Operation[Any]:
    """The relation of this name. Raises ``UnknownAttributeError`` for what is none."""
    from attio_orm.models.writing import dynamic

    found: Any = model._attributes.get(name) or model._by_slug.get(name)
    if found is None and not model._strict:
        yield from connection.schema.ensure(model._object)
        found = dynamic(connection, model, name)
    if found is None or found.type != "record-reference":
        import difflib

        names = [a.name for a in model._attributes.values() if a.type == "record-reference"]
        schema = connection.schema.get(model._object)
        if schema is not None:
            names += [a.slug for a in schema.attributes.values() if a.type == "record-reference"]
        what = "is no relation" if found is not None else "does not exist"
        names = list(dict.fromkeys(names))
        close = difflib.get_close_matches(name, names, n=3)
        hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        listed = ", ".join(names) or "none"
        raise UnknownAttributeError(
            f"includes(): {model.__name__}.{name} {what}.{hint} Name one of the relations of "
            f"{model.__name__}: {listed}."
        )
    return found


def load_relation(
    connection: Connection, session: Session | None, owners: Sequence[Model], relation: Any
) -> Operation[None]:
    """Make these owners hold what the relation refers to, asking for what is not known."""
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
        load_by_ids(connection, session, model, chunk, mode=mode) for model, chunk in missing
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
    return materialize(model, rows, batch)


def query_ids(connection: Connection, object: str, ids: list[str]) -> Operation[list[Any]]:
    """The rows of these ids, by ``$in`` or, where the workspace refuses that, by ``$or``."""

    def ask(condition: dict[str, Any]) -> Operation[list[Any]]:
        body = {"filter": condition, "limit": PAGE, "offset": 0}
        return records.query(connection.transport, object, body, decode=hydration.decode_page)

    asked = time.monotonic()
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
) -> Operation[None]:
    from attio_orm.models.opposites import reload_stale
    from attio_orm.models.relations import model_of, raw_references

    assert include.queryset is not None
    assert include.to_attr is not None
    needed: dict[int, list[str]] = {}
    for model, group in _by_model(owners).items():
        relation = yield from _relation_if(connection, model, name, lenient)
        if relation is None:
            continue
        _check_to_attr(connection, model, include)
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
