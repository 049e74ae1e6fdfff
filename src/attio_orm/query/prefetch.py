"""What queries include, checked before anything is read, and loaded in batches level by level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from attio_orm.conditions.q import Q
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session
from attio_orm.effects import Operation, gather
from attio_orm.errors import UnknownAttributeError, ValidationError
from attio_orm.extensions import INCLUDABLE, Extension, resource_includes
from attio_orm.query.includes import Include, IncludeTree
from attio_orm.query.query import Query
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.loading import MOST_IDS, check_ids
from attio_orm.records.names import RESERVED, undeclared_attribute
from attio_orm.records.relations import (
    held_records,
    known_references,
    load_relation,
    model_of,
    reload_stale,
)
from attio_orm.schema import AttributeSchema
from attio_orm.types.references import REFERENCE, ReferenceAttribute
from attio_orm.wording import READ_ANEW, did_you_mean

if TYPE_CHECKING:
    Relation = ReferenceAttribute[Any, Any, Any]

ReadAll: TypeAlias = Callable[[Query[Any]], Operation[list[Any]]]
"""What gives all records of a query: the loop over pages, which stands above."""


class _Level(Struct):
    """The owners at one place of the tree, for which its relations are loaded."""

    connection: BaseConnection
    session: Session
    owners: Sequence[Record]
    read_all: ReadAll
    path: str = ""  # how they were reached, with "__" at its end
    lenient: bool = False  # owners of several objects: not every one need have the relation

    def branch(self, name: str, below: IncludeTree) -> Operation[None]:
        """Load a relation, and what is included behind it."""
        connection, session, read_all = self.connection, self.session, self.read_all
        if name in INCLUDABLE:
            return (yield from self._resources(name, None))
        path = self.path + name
        related: dict[int, Record] = {}  # by identity: many owners may refer to one record
        several = False
        for model, group, relation in (yield from self._relations(name)):
            several = several or len(targets_of(connection, model, relation)) != 1
            yield from load_relation(connection, session, group, relation, path=path)
            for owner in group:
                related.update((id(each), each) for each in held_records(owner, relation))
        reached = related.values()
        return (
            yield from prefetch(
                connection, session, reached, below, read_all, f"{path}__", lenient=several
            )
        )

    def _resources(self, name: str, include: Include | None) -> Operation[None]:
        """Load notes or tasks, which a room above knows."""
        room = resource_includes()
        return room.load(self.connection, self.session, self.owners, name, include)  # type: ignore[no-any-return]

    def pick(self, name: str, include: Include) -> Operation[None]:
        """What an ``Include`` with a queryset gives, for each owner a tuple in its order."""
        query, to_attr, connection = include.query, include.to_attr, self.connection
        if name in INCLUDABLE:
            return (yield from self._resources(name, include))
        assert query is not None
        assert to_attr is not None
        picked = mapper_of(query.model).object
        needed: dict[int, list[str]] = {}
        for model, group, relation in (yield from self._relations(name)):
            check_to_attr(connection, model, include)
            # a save of the other side may have changed what the owners refer to
            yield from reload_stale(connection, self.session, group, relation)
            for owner in group:
                needed[id(owner)] = [
                    reference.id
                    for reference in known_references(owner, relation)
                    if mapper_of(model_of(reference, relation, connection)).object == picked
                ]
        chunks, chunk_of = _together(needed)
        if query.is_on_attio:
            query = query.replace(source=connection)  # wherever the queryset was made
        found = yield from gather(
            self.read_all(query.replace(where=query.where & Q(id__in=list(chunk))))
            for chunk in chunks
        )
        if query.is_on_attio:
            for chunk, records in zip(chunks, found, strict=True):
                check_ids(picked, (each.id for each in records), chunk)
        for owner in self.owners:
            if id(owner) in needed:
                mine = set(needed[id(owner)])
                related: list[Record] = found[chunk_of[id(owner)]] if mine else []
                owner.__dict__[to_attr] = tuple(each for each in related if each.id in mine)
        return None

    def _relations(self, name: str) -> Operation[list[tuple[type[Record], list[Record], Relation]]]:
        """The relation of this name in each model, with its owners."""
        groups: dict[type[Record], list[Record]] = {}
        for owner in self.owners:
            groups.setdefault(type(owner), []).append(owner)
        found: list[tuple[type[Record], list[Record], Relation]] = []
        for model, group in groups.items():
            try:
                relation = yield from relation_of(
                    self.connection, model, name, self.path + name, again=not self.lenient
                )
            except UnknownAttributeError:
                if not self.lenient:
                    raise
            else:
                found.append((model, group, relation))
        return found


def prefetch(
    connection: BaseConnection,
    session: Session,
    owners: Iterable[Record],
    tree: IncludeTree,
    read_all: ReadAll,
    path: str = "",
    *,
    lenient: bool = False,
) -> Operation[None]:
    """Load what is included for these records, level by level."""
    if not (tree.branches or tree.picks):
        return
    # what is gone, or was never read, refers to nothing that is known
    there = [each for each in owners if not (state_of(each).deleted or state_of(each).is_deferred)]
    if there:
        level = _Level(connection, session, there, read_all, path, lenient)
        branches = [level.branch(name, below) for name, below in tree.branches.items()]
        picks = [level.pick(name, include) for name, include in tree.picks]
        yield from gather([*branches, *picks])


def _together(needed: Mapping[int, Sequence[str]]) -> tuple[list[dict[str, None]], dict[int, int]]:
    """Ids in batches of 500, those of one owner in one, whose answer then has them in order."""
    chunks: list[dict[str, None]] = []
    home: dict[str, int] = {}
    chunk_of: dict[int, int] = {}
    for owner, ids in needed.items():
        homes = {home.get(each) for each in ids}
        at = homes.pop() if len(homes) == 1 else None  # spread over several, they come again
        if at is None and ids:
            if not chunks or len({**chunks[-1], **dict.fromkeys(ids)}) > MOST_IDS:
                chunks.append({})
            at = len(chunks) - 1
            chunks[at].update(dict.fromkeys(ids))
            home.update(dict.fromkeys(ids, at))
        chunk_of[owner] = at or 0
    return chunks, chunk_of


# -- what is included, checked before anything is read --------------------------------------------


def check_includes(
    connection: BaseConnection, models: Sequence[type[Record]], tree: IncludeTree, path: str = ""
) -> Operation[None]:
    """Raise what ``prefetch`` would raise for owners of these models, before anything is read."""
    if not models:
        return  # the relation before may lead to any object
    steps = [*((name, None) for name in tree.branches), *tree.picks]
    for name, include in steps:
        if name in INCLUDABLE:
            _check_resources(connection, models, name, path, include, tree)
            continue
        if include is not None and include.query is None:
            raise ValidationError(
                f'Include("{include.path}", ...) has a queryset of what no relation leads to: it '
                f"is for {' or '.join(sorted(INCLUDABLE))}."
            )
        if not path:
            # only the first relation is worth a request: those behind it may not be needed at all
            yield from relation_of(connection, models[0], name)
        found = [(model, _known_relation(connection, model, name)) for model in models]
        if not any(relation for _, relation in found):
            yield from _look_again(connection, models, name)
            found = [(model, _known_relation(connection, model, name)) for model in models]
        if not any(relation for _, relation in found):
            raise _no_relation(connection, models, name, path + name)
        known = [(m, r) for m, r in found if isinstance(r, ReferenceAttribute)]
        if include is not None:
            for model in models:
                check_to_attr(connection, model, include)
            if not any(isinstance(relation, str) for _, relation in found):
                check_picked(connection, known, include)
        elif len(models) == 1 and known:
            targets = targets_of(connection, *known[0])
            yield from check_includes(connection, targets, tree.branches[name], f"{path}{name}__")


def _check_resources(
    connection: BaseConnection,
    models: Sequence[type[Record]],
    name: str,
    path: str,
    include: Include | None,
    tree: IncludeTree,
) -> None:
    """Raise what is wrong with an include of notes or tasks."""
    if include is None:
        below = tree.branches[name]
        behind = [*below.branches, *(each for each, _ in below.picks)]
        if behind:
            raise UnknownAttributeError(
                f'includes("{path}{name}__{behind[0]}"): nothing is included behind {name}; their '
                f"records load themselves when they are touched."
            )
    else:
        for model in models:
            check_to_attr(connection, model, include)
    resource_includes().check(models, name, f"{path}{name}", include)


def targets_of(
    connection: BaseConnection, model: type[Record], relation: Relation
) -> list[type[Record]]:
    """The models a relation of this model leads to; none where it may be any object."""
    declared = relation.models()
    if declared:
        return declared
    spec = _spec(connection, model, relation)
    mapping = connection.mapping
    return [mapping.model(slug) for slug in spec.allowed_objects] if spec is not None else []


def _spec(
    connection: BaseConnection, model: type[Record], relation: Relation
) -> AttributeSchema | None:
    schema = connection.schema.get(mapper_of(model).object)
    return schema.attributes.get(relation.slug) if schema is not None else None


_NOT_KNOWN_YET: Final = "whether it is a relation, only the workspace can tell"


def _known_relation(
    connection: BaseConnection, model: type[Record], name: str
) -> Relation | str | None:
    """The relation, ``None`` for what is not one, or ``_NOT_KNOWN_YET``."""
    mapper = mapper_of(model)
    found = mapper.by_name.get(name)
    if found is None and not mapper.strict:
        if connection.schema.get(mapper.object) is None:
            return _NOT_KNOWN_YET
        found = undeclared_attribute(connection, model, name)
    return found if isinstance(found, ReferenceAttribute) else None


def check_picked(
    connection: BaseConnection, relations: Sequence[tuple[type[Record], Relation]], include: Include
) -> None:
    """Raise ``ValidationError`` where none of the relations can lead to what is picked."""
    assert include.query is not None
    picked = include.query.model
    allowed: dict[str, None] = {}
    for model, relation in relations:
        spec = _spec(connection, model, relation)
        there = None if spec is None else tuple(spec.allowed_objects)
        slugs = () if there == () else (*relation.allowed_objects, *(there or ()))
        if not slugs or mapper_of(picked).object in slugs:
            return  # it may be any object, or it is one of those
        allowed.update(dict.fromkeys(slugs))
    raise ValidationError(
        f'Include("{include.path}", ...) has a queryset of {picked.__name__}, and this relation '
        f"refers to {' or '.join(allowed)}: give a queryset of those."
    )


def check_to_attr(connection: BaseConnection, model: type[Record], include: Include) -> None:
    """Raise ``ValidationError`` where ``to_attr`` would hide something of the model."""
    name = include.to_attr
    assert name is not None
    schema = connection.schema.get(mapper_of(model).object)
    taken = name in RESERVED or name in mapper_of(model).by_slug or hasattr(model, name)
    if taken or (schema is not None and name in schema.attributes):
        raise ValidationError(
            f'Include("{include.path}", ..., to_attr={name!r}): {model.__name__}.{name} is '
            f"something else already. Choose another name."
        )


def relation_of(
    connection: BaseConnection,
    model: type[Record],
    name: str,
    path: str | None = None,
    *,
    again: bool = True,
) -> Operation[Relation]:
    """The relation of this name. Raises ``UnknownAttributeError`` for what is not one.

    ``again``: one that is not known is looked for once more.
    """
    found = _known_relation(connection, model, name)
    if isinstance(found, str):
        yield from connection.schema.ensure(mapper_of(model).object)
        found = _known_relation(connection, model, name)
    if found is None and again:
        yield from _look_again(connection, [model], name)
        found = _known_relation(connection, model, name)
    if not isinstance(found, ReferenceAttribute):
        raise _no_relation(connection, [model], name, path or name)
    return found


def _look_again(
    connection: BaseConnection, models: Sequence[type[Record]], name: str
) -> Operation[None]:
    """Look for a relation that may have been made since the schemas of these models were read."""
    for model in models:
        mapper = mapper_of(model)
        known = connection.schema.get(mapper.object)
        unknown = known is not None and name not in known.attributes and name not in mapper.by_name
        if unknown and not (mapper.strict or name.startswith("_")):
            yield from connection.schema.look_again(mapper.object)


def _no_relation(
    connection: BaseConnection, models: Sequence[type[Record]], name: str, path: str
) -> UnknownAttributeError:
    owners = " or ".join(model.__name__ for model in models)
    if isinstance(getattr_static(models[0], name, None), Extension):
        return UnknownAttributeError(
            f'includes("{path}"): of what Attio keeps beside the attributes, '
            f"{' and '.join(sorted(INCLUDABLE))} alone can be included. Read the {name} of each "
            f"{owners} where you need them: connection.concurrent() does that side by side."
        )
    known: dict[str, None] = dict.fromkeys(sorted(INCLUDABLE))
    there = False
    for model in models:
        mapper = mapper_of(model)
        declared = mapper.attributes.values()
        known.update((a.name, None) for a in declared if a.type == REFERENCE)
        schema = connection.schema.get(mapper.object)
        if schema is not None:
            specs = schema.attributes.values()
            known.update((a.slug, None) for a in specs if a.type == REFERENCE)
        there = there or name in mapper.by_name
        there = there or undeclared_attribute(connection, model, name) is not None
    close = did_you_mean(name, known)
    for each in INCLUDABLE:
        del known[each]
    what = "is not a relation" if there else "does not exist"
    return UnknownAttributeError(
        f'includes("{path}"): {owners}.{name} {what}. {close}Name one of the relations of '
        f"{owners}: {', '.join(known) or 'none'}.{'' if there else f' {READ_ANEW}'}"
    )
