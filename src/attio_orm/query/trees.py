"""What ``includes()`` is given: its paths as a tree, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from attio_orm.errors import UnknownAttributeError, ValidationError
from attio_orm.operations import Operation
from attio_orm.query.paths import did_you_mean
from attio_orm.query.views import refuse_filter

if TYPE_CHECKING:
    from attio_orm.connection import Connection
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
        if queryset is not None:
            refuse_filter(queryset._query, f'Include("{path}", ...)')
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

    def pick(self, name: str, include: Include) -> None:
        """Add one with a queryset. Raises ``ValidationError`` where its ``to_attr`` is taken."""
        for _, other in self.picks:
            if other is include:
                return
            if other.to_attr == include.to_attr:
                raise ValidationError(
                    f'Include("{other.path}", ...) and Include("{include.path}", ...) are both to '
                    f"be found in to_attr={include.to_attr!r}: give each a name of its own."
                )
        self.picks.append((name, include))


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
            tree.pick(names[-1], path)
    return root


def check_includes(connection: Connection, model: type[Model], tree: Tree) -> Operation[None]:
    """Raise what ``include_all`` would raise, before anything is read.

    The first relation of each path is looked up in the workspace where it is not declared; those
    behind it are checked as far as they are declared or known.
    """
    for name, below in tree.branches.items():
        relation = yield from relation_of(connection, model, name)
        _check_below(connection, model, relation, below, name)
    for name, include in tree.picks:
        relation = yield from relation_of(connection, model, name)
        check_to_attr(connection, model, include)
        check_picked(connection, [(model, relation)], include)


def _check_below(
    connection: Connection, model: type[Model], relation: Any, tree: Tree, path: str
) -> None:
    targets = _targets(connection, model, relation)
    names = [*tree.branches, *(name for name, _ in tree.picks)]
    if not targets or not names:
        return
    for name in names:
        found = [_known_relation(connection, target, name) for target in targets]
        if not any(found):
            raise _no_relation(connection, targets, name, f"{path}__{name}")
        if len(targets) == 1 and found[0] is not True and name in tree.branches:
            below = tree.branches[name]
            _check_below(connection, targets[0], found[0], below, f"{path}__{name}")
    for name, include in tree.picks:
        reached = [(target, _known_relation(connection, target, name)) for target in targets]
        for target in targets:
            check_to_attr(connection, target, include)
        if not any(found is True for _, found in reached):
            check_picked(connection, [each for each in reached if each[1] is not None], include)


def _targets(connection: Connection, model: type[Model], relation: Any) -> list[type[Model]]:
    """The models a relation leads to; none where it may be any object."""
    from attio_orm.descriptors import Relation

    declared: list[Any] = relation.models() if isinstance(relation, Relation) else []
    if declared:
        return declared
    schema = connection.schema.get(model._object)
    spec = schema.attributes.get(relation.slug) if schema is not None else None
    return [connection.model(slug) for slug in spec.allowed_objects] if spec is not None else []


def _known_relation(connection: Connection, model: type[Model], name: str) -> Any:
    """The relation; ``None`` for what is none, ``True`` where that cannot be told yet."""
    from attio_orm.models.writing import dynamic

    found: Any = model._attributes.get(name) or model._by_slug.get(name)
    if found is None and not model._strict:
        if connection.schema.get(model._object) is None:
            return True
        found = dynamic(connection, model, name)
    return found if found is not None and found.type == "record-reference" else None


def check_picked(
    connection: Connection, relations: Sequence[tuple[type[Model], Any]], include: Include
) -> None:
    """Raise ``ValidationError`` where none of the relations can lead to what is picked."""
    assert include.queryset is not None
    picked = include.queryset.model
    allowed: dict[str, None] = {}
    for model, relation in relations:
        schema = connection.schema.get(model._object)
        spec = schema.attributes.get(relation.slug) if schema is not None else None
        there = None if spec is None else tuple(spec.allowed_objects)
        slugs = () if there == () else (*relation.allowed_objects, *(there or ()))
        if not slugs or picked._object in slugs:
            return  # it may be any object, or it is one of those
        allowed.update(dict.fromkeys(slugs))
    raise ValidationError(
        f'Include("{include.path}", ...) has a queryset of {picked.__name__}, and this relation '
        f"refers to {' or '.join(allowed)}: give a queryset of those."
    )


def check_to_attr(connection: Connection, model: type[Model], include: Include) -> None:
    """Raise ``ValidationError`` where ``to_attr`` would hide something of the model."""
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


def relation_of(
    connection: Connection, model: type[Model], name: str, path: str | None = None
) -> Operation[Any]:
    """The relation of this name. Raises ``UnknownAttributeError`` for what is none."""
    found = _known_relation(connection, model, name)
    if found is True:
        yield from connection.schema.ensure(model._object)
        found = _known_relation(connection, model, name)
    if found is None:
        raise _no_relation(connection, [model], name, path or name)
    return found


def _no_relation(
    connection: Connection, models: list[type[Model]], name: str, path: str
) -> UnknownAttributeError:
    from attio_orm.models.writing import dynamic

    known: dict[str, None] = {}
    there = False
    for model in models:
        attributes: list[Any] = list(model._attributes.values())
        known.update((a.name, None) for a in attributes if a.type == "record-reference")
        schema = connection.schema.get(model._object)
        if schema is not None:
            specs = schema.attributes.values()
            known.update((a.slug, None) for a in specs if a.type == "record-reference")
        there = there or name in model._attributes or name in model._by_slug
        there = there or (schema is not None and dynamic(connection, model, name) is not None)
    close = did_you_mean(name, known)
    owners = " or ".join(model.__name__ for model in models)
    what = "is no relation" if there else "does not exist"
    return UnknownAttributeError(
        f'includes("{path}"): {owners}.{name} {what}. {close}Name one of the relations of '
        f"{owners}: {', '.join(known) or 'none'}."
    )
