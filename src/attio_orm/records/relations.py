"""Relations: what a record refers to, how it is loaded, and the attributes that declare it."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, overload

import msgspec
from msgspec import Raw

from attio_orm.conditions.expressions import Path
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, in_task
from attio_orm.effects import Operation, gather, run
from attio_orm.errors import DoesNotExist, NotLoadedError, UnknownAttributeError
from attio_orm.records import lazy_load_warnings, rows
from attio_orm.records.base import Record, identify, mapper_of, object_of, state_of
from attio_orm.records.loading import (
    FetchMode,
    LoadContext,
    absorb,
    batches,
    fetch_rows,
    is_fresh,
    load_by_ids,
    load_context,
)
from attio_orm.records.relation_paths import RelationPath
from attio_orm.records.row_decoders import joint_decoder
from attio_orm.records.state import as_held, hold, several
from attio_orm.types.base import AnyAttribute, AnyClass, E, HasAttributes, R, Several, W, wires_of
from attio_orm.types.references import (
    REFERENCE,
    REFERENCES,
    Reference,
    ReferenceAttribute,
    ReferenceMatch,
)
from attio_orm.types.registry import register_attribute

if TYPE_CHECKING:
    AnyRelation = ReferenceAttribute[Any, Any, Any]
    from typing_extensions import TypeVar

    M = TypeVar("M", bound=Record, default=Any)

else:
    from typing import TypeVar

    M = TypeVar("M")

_Key: TypeAlias = tuple[type[Record], str]


DeclaredRelation: TypeAlias = "Relation[Any, Any, Any]"


class ModelResolver(Protocol):
    """Knows which class stands for which object; ``models/`` hands it in.

    ``models`` is another object after each change of what it knows.
    """

    models: Any

    def for_object(self, slug: str) -> type[Record] | None:
        """The class that references to ``slug`` give: the application's last, else the shipped."""
        ...

    def standing_for(self, slugs: Collection[str]) -> list[type[Record]]:
        """Every class that stands for one of these objects, the last declared first."""
        ...

    def objects(self) -> set[str]:
        """The objects that a declared or shipped class stands for, lists left out."""
        ...

    def targets(self, relation: DeclaredRelation) -> list[type[Record]]:
        """The target classes of a relation, resolved; empty where it may be any object."""
        ...

    def declared_targets(self, relation: DeclaredRelation) -> list[type[Record]]:
        """The target classes as the annotation names them."""
        ...


class _Resolving:
    """Where the resolver is put: models stand above records, and cannot be imported here."""

    resolver: ModelResolver


def resolve_models_with(resolver: ModelResolver) -> None:
    """Let references find their classes with this resolver."""
    _Resolving.resolver = resolver


def resolver() -> ModelResolver:
    """What finds the classes of references."""
    return _Resolving.resolver


def model_of(
    reference: Reference, attribute: AnyAttribute | None, connection: BaseConnection | None
) -> type[Record]:
    """The class whose instance a reference gives: the declared target, else the object's model."""
    if isinstance(attribute, ReferenceAttribute):
        for model in attribute.models():
            if mapper_of(model).object == reference.object:
                return model
    if connection is not None:
        return connection.mapping.model(reference.object)
    found = resolver().for_object(reference.object)
    if found is None:
        raise UnknownAttributeError(
            f"No model is declared for the object {reference.object!r}, which this reference "
            f"points at: declare one, or connect and use connection.model({reference.object!r})."
        )
    return found


def references(record: Record, relation: AnyAttribute) -> list[Reference]:
    """What the loaded values refer to."""
    state = state_of(record)
    if state.parts is None and state.values is not None:
        # by itself: the other values stay together as they are, for a row decoder to read
        try:
            wires = joint_decoder(((relation.slug, REFERENCE),))(state.values).column_0
        except msgspec.DecodeError:
            pass  # values of another type than declared: each is asked what it is
        else:
            return [found for wire in wires if (found := REFERENCES.read(wire)) is not None]
    return relation.read(state.split().get(relation.slug))


def known_references(record: Record, relation: AnyAttribute) -> list[Reference]:
    """What a loaded record refers to; nothing for one that ``ref()`` made, which is not read."""
    return [] if state_of(record).is_deferred else references(record, relation)


def read_relation(record: Record, relation: AnyRelation) -> Any:
    """The value of a relation at its first read."""
    state = state_of(record)
    context = state.context
    if context is None:
        return _related(record, relation)
    if state.parts is None and state.values is not None:
        decoder = context.decoder
        if relation in decoder.attributes and decoder.fill(record, state.values):
            cache = record.__dict__
            if relation.key in cache:  # else it takes more than the session has
                return cache[relation.key]
    value = _related(record, relation)
    context.note(relation)
    return value


def _related(record: Record, relation: AnyRelation) -> Any:
    state = state_of(record)
    found: Sequence[Record] | None = None
    if not state.is_stale(relation.slug):
        wanted = references(record, relation)
        found = [] if _is_gone(record, relation, wanted) else _live(record, relation, wanted)
    if found is None:
        context = _may_load(record, relation)
        # who reads it of one record of a page mostly goes on to the others: one request for all
        peers = context.mode is FetchMode.PEERS
        owners = _peers(record, relation, context) if peers else [record]
        lazy_load_warnings.note_relation(record, relation.name, len(owners))
        run(
            load_relation(context.connection, context.session, owners, relation),
            "Touching a relation",
            f'includes("{relation.name}"), or await aload("{relation.name}") before',
        )
        if relation.key in record.__dict__:
            return _checked(record, relation, record.__dict__[relation.key])
        found = []
    value = _checked(record, relation, as_held(record, relation, found))
    record.__dict__[relation.key] = value
    return value


_GONE = "_gone"  # where a record keeps, by relation, what was asked for and is not there


def _is_gone(record: Record, relation: AnyRelation, wanted: Sequence[Reference]) -> bool:
    """Whether there is nothing to load: it refers to nothing, or to what was found to be gone."""
    if not wanted:
        return True
    gone = vars(record).get(_GONE, {}).get(relation.key)
    return gone is not None and gone == [each.id for each in wanted]


def _live(
    record: Record, relation: AnyRelation, wanted: Sequence[Reference]
) -> list[Record] | None:
    """What the session has of it, where it has all."""
    state = state_of(record)
    session = state.session
    if session is None:
        return None
    found = [session.get(model_of(each, relation, state.connection), each.id) for each in wanted]
    return None if any(each is None or state_of(each).is_deferred for each in found) else found


def _checked(record: Record, relation: AnyRelation, value: object) -> Any:
    if value is None and not relation.may_be_empty:
        record.__dict__.pop(relation.key, None)  # it raises at each read, not at the first alone
        gone = [] if state_of(record).is_stale(relation.slug) else references(record, relation)
        raise _does_not_exist(relation, record)(
            f"The record {gone[0].id} of {gone[0].object} that {record!r} has as {relation.name} "
            f"is gone: it was deleted, or merged into another one, since this one was read."
            if gone
            else f"{record!r} has no {relation.name}. Declare it Maybe[...] where it may be empty."
        )
    return value


def _does_not_exist(relation: AnyRelation, record: Record) -> type[DoesNotExist]:
    """What an empty relation raises: caught by the class that its annotation names, and by others.

    Each class of the same object has an error of its own, and who catches one may mean any of them.
    """
    named: list[type[Record]] = relation.declared_models()
    same = resolver().standing_for({mapper_of(model).object for model in named})
    kinds = dict.fromkeys(model.DoesNotExist for model in (*named, *same))
    # without those that another one of them derives from: it is caught by their names anyway
    bases = [k for k in kinds if not any(issubclass(other, k) for other in kinds if other is not k)]
    if len(bases) < 2:
        return bases[0] if bases else record.DoesNotExist
    first = named[0].DoesNotExist

    def reduce(error: DoesNotExist) -> tuple[Any, ...]:  # a pickle cannot name what is made here
        return first, error.args

    body: dict[str, object] = {
        "__module__": first.__module__,
        "__qualname__": first.__qualname__,
        "__reduce__": reduce,
    }
    return type(first.__name__, tuple(bases), body)


def _peers(record: Record, relation: AnyRelation, context: LoadContext) -> list[Record]:
    """The record and those that came with it, as far as they lack the relation as well."""
    stale = state_of(record).is_stale(relation.slug)
    others = [
        peer
        for ref in context.peers
        if (peer := ref()) is not None and peer is not record and type(peer) is type(record)
        # what a write made stale takes a request of its own, which the others do not need
        if state_of(peer).is_stale(relation.slug) is stale
        if relation.key not in peer.__dict__ and not state_of(peer).is_deferred
    ]
    return [record, *others]


def _may_load(record: Record, relation: AnyRelation) -> LoadContext:
    """The context to load in. Raises ``NotLoadedError`` where a touch must not load anything."""
    state, name = state_of(record), relation.name
    context = state.context
    if context is None:
        raise NotLoadedError(
            f"{record!r} is detached, and holds no {name}: fetch it anew from a connection, with "
            f'includes("{name}").'
        )
    path = name if context.path is None else f"{context.path}__{name}"
    is_async, refused = context.asynchronous or in_task(), context.mode is FetchMode.RAISE
    if state.is_stale(relation.slug) and (is_async or refused):
        load = f'await instance.aload("{name}")' if is_async else f'instance.load("{name}")'
        raise NotLoadedError(
            f"{record!r}.{name} was loaded, and a save here has changed it since: call `{load}` "
            f"before reading it again."
        )
    if is_async:
        raise NotLoadedError(
            f'{record!r}.{name} is not loaded: add includes("{path}") to the query, or '
            f'`await instance.aload("{name}")` before reading it.'
        )
    if refused:
        raise NotLoadedError(
            f"{record!r}.{name} is not loaded, and the query says FetchMode.RAISE: add "
            f'includes("{path}") to it.'
        )
    return context


# -- loading for many owners ----------------------------------------------------------------------


def load_relation(
    connection: BaseConnection,
    session: Session,
    owners: Sequence[Record],
    relation: AnyRelation,
    *,
    path: str | None = None,
) -> Operation[None]:
    """Make these owners hold what the relation refers to, asking for what is not known.

    ``path`` is the way there from the records that were asked for.
    """
    # first, as what it refers to by now is what the rest is to load
    yield from reload_stale(connection, session, owners, relation)
    pending, wanted = _wanted(connection, session, owners, relation)
    found: dict[_Key, Record] = {}  # it also keeps them alive, which the session does not
    lacking: dict[type[Record], list[str]] = {}
    for model, record_id in wanted:
        live = session.get(model, record_id)
        if live is not None and is_fresh(live, session, without_ttl=True):
            found[model, record_id] = live
        else:
            lacking.setdefault(model, []).append(record_id)
    missing = [(model, chunk) for model, ids in lacking.items() for chunk in batches(ids)]
    mode = _mode(owners)
    loaded = yield from gather(
        load_by_ids(connection, session, model, chunk, mode=mode, path=path)
        for model, chunk in missing
    )
    for (model, _), instances in zip(missing, loaded, strict=True):
        found.update({(model, str(each.id)): each for each in instances})
    for owner, keys in pending:
        _hold(owner, relation, [found[key] for key in keys if key in found])


def wanted_ids(
    connection: BaseConnection,
    session: Session,
    owners: Sequence[Record],
    relation: AnyRelation,
    target: type[Record],
) -> list[str]:
    """The ids of the records of a model that these owners are to hold, as ``load_relation`` asks.

    Those of them that are not there are what it would ask for.
    """
    _, wanted = _wanted(connection, session, owners, relation)
    return [record_id for model, record_id in wanted if model is target]


def _wanted(
    connection: BaseConnection, session: Session, owners: Sequence[Record], relation: AnyRelation
) -> tuple[list[tuple[Record, list[_Key]]], dict[_Key, None]]:
    """The owners that lack the relation, with what it refers to; and all that has to be there."""
    wanted: dict[_Key, None] = {}  # each once, however many refer to it, and in their order
    pending: list[tuple[Record, list[_Key]]] = []
    for owner in owners:
        if relation.key in owner.__dict__:
            wanted.update(dict.fromkeys(_outdated(session, owner, relation)))
            continue
        keys = [
            (model_of(reference, relation, connection), reference.id)
            for reference in known_references(owner, relation)
        ]
        pending.append((owner, keys))
        wanted.update(dict.fromkeys(keys))
    return pending, wanted


def reload_stale(
    connection: BaseConnection, session: Session, owners: Sequence[Record], relation: AnyAttribute
) -> Operation[None]:
    """Read anew, 500 in a request, the owners whose relation a write has changed."""
    stale = {
        str(state_of(owner).id): owner
        for owner in owners
        if state_of(owner).is_stale(relation.slug) and relation.key not in owner.__dict__
    }
    for ids in batches(list(stale)):
        found = yield from fetch_rows(connection, object_of(stale[ids[0]]), ids)
        context = yield from load_context(connection, session, mode=_mode(owners))
        for row in found:
            absorb(stale[row.id.record_id], row, context)


def _mode(owners: Sequence[Record]) -> FetchMode:
    context = state_of(owners[0]).context if owners else None
    return context.mode if context is not None else FetchMode.PEERS


def _outdated(session: Session, owner: Record, relation: AnyRelation) -> list[_Key]:
    # what was assigned by its id was never loaded; what was loaded can be older than the ttl
    return [
        (type(held), record_id)
        for held in held_records(owner, relation)
        if (record_id := state_of(held).id) is not None
        and not state_of(held).deleted
        and not is_fresh(held, session, without_ttl=True)
    ]


def held_records(owner: Record, relation: AnyRelation) -> list[Record]:
    """The related records that an owner holds by now, without what is known by a match alone."""
    held = several(owner.__dict__.get(relation.key))
    return [each for each in held if not isinstance(each, ReferenceMatch)]


def _hold(owner: Record, relation: AnyRelation, found: Sequence[Record]) -> None:
    """Let the owner hold the related records it was loaded with."""
    if not found and not relation.may_be_empty:
        if ids := [each.id for each in known_references(owner, relation)]:
            vars(owner)[_GONE] = {**vars(owner).get(_GONE, {}), relation.key: ids}
        return  # reading it raises, each time
    known = references(owner, relation)
    if len(found) < len(known):
        # what is gone was taken out by nobody here: a later change of the relation must not say so
        held = {identify(each) for each in found}
        gone = {each.id for each in known if identify(each) not in held}
        state = state_of(owner)
        parts = state.split()
        wires = wires_of(parts[relation.slug])
        kept = [wire for wire in wires if wire.get("target_record_id") not in gone]
        state.parts = {**parts, relation.slug: rows.encode_values(kept)}
    hold(owner, relation, found)


class Relation(ReferenceAttribute[E, R, W]):
    """A reference to records of other objects; see ``One``, ``Maybe`` and ``Many``.

    Where the model is made into an object, ``to`` is the target that no annotation names, ``back``
    the slug of the attribute that is the other side of a pair, and ``back_many`` whether that one
    holds several records.
    """

    def __init__(
        self,
        slug: str | None = None,
        *,
        to: type[Any] | str | None = None,
        back: str | None = None,
        back_many: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(slug, **options)
        self.targets: tuple[Any, ...] = () if to is None else (to,)
        self.back = back
        self.back_many = back_many
        # the registry's: the models it was resolved among, and the ones it was resolved to; weakly,
        # as a class that a test or a notebook declares anew is to be let go
        self.resolved: tuple[object, list[weakref.ref[type[Record]]]] | None = None

    def parametrize(self, arguments: tuple[Any, ...]) -> None:
        """Take the target model: a class, or its name."""
        self.targets = arguments or self.targets

    @property
    def allowed_objects(self) -> tuple[str, ...]:
        """The object slugs of the declared targets."""
        return tuple(mapper_of(model).object for model in self.models())

    def read(self, raw: Raw | None) -> list[Any]:
        """The references among the values; what cannot be read as one stays in ``raw``."""
        return [each for each in super().read(raw) if isinstance(each, Reference)]

    def models(self) -> list[type[Record]]:
        """The declared target models, resolved now; empty for any object."""
        if self.resolved is not None and self.resolved[0] is _Resolving.resolver.models:
            known = [model for ref in self.resolved[1] if (model := ref()) is not None]
            if len(known) == len(self.resolved[1]):
                return known
        return resolver().targets(self)

    def model_of(self, object: str) -> type[Record] | None:
        """The model of an object's slug, where there is one."""
        return resolver().for_object(object)

    def declared_models(self) -> list[type[Record]]:
        """The target models as the annotation names them."""
        return resolver().declared_targets(self)

    @overload
    def __get__(self, instance: None, owner: AnyClass) -> E: ...
    @overload
    def __get__(self, instance: HasAttributes, owner: AnyClass) -> R: ...
    def __get__(self, instance: Any, owner: AnyClass) -> Any:
        if instance is None:
            return RelationPath(self, Path((), owner))
        return read_relation(instance, self)

    def expression_at(self, path: Path) -> RelationPath:
        """The related class, with the way to it."""
        return RelationPath(self, path)


class One(Relation[type[M], M, M | ReferenceMatch | str], Generic[M]):
    """A reference that is always there: reading an empty one raises ``M.DoesNotExist``.

    It is caught as the ``DoesNotExist`` of any other class of the same object, too.
    See https://docs.attio.com/docs/attribute-types/attribute-types-record-reference.
    """

    may_be_empty = False


class Maybe(Relation[type[M], M | None, M | ReferenceMatch | str | None], Generic[M]):
    """A reference that may be empty: reads ``M | None``."""


class Many(
    Relation[
        type[M],
        list[M],
        Several[M] | Several[M | ReferenceMatch] | Several[M | ReferenceMatch | str] | Several[str],
    ],
    Generic[M],
):
    """References to several records: reads a list that notices its own changes."""

    multi = True


# the family of references knows no records: its attributes are registered from here
register_attribute(Maybe)
register_attribute(Many)
