"""Which class stands for which object: for references, and for what is introspected."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterable, Iterator
from types import UnionType
from typing import ForwardRef, TypeAlias, Union, get_args, get_origin

from attio_orm.errors import UnknownAttributeError
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.relations import DeclaredRelation, resolve_models_with

_Refs: TypeAlias = dict[str, list[weakref.ref[type[Record]]]]
_Found: TypeAlias = tuple[list[weakref.ref[type[Record]]], _Refs, _Refs]


class Registry:
    """The model classes by object slug and by name, held weakly, the last declared first."""

    def __init__(self) -> None:
        self.models: list[weakref.ref[type[Record]]] = []
        self._found: _Found = [], {}, {}

    def add(self, model: type[Record]) -> None:
        """Note a class that stands for an object."""
        # a new list each time: what was resolved from the one before is no longer sure
        self.models = [ref for ref in self.models if ref() is not None] + [weakref.ref(model)]

    def __iter__(self) -> Iterator[type[Record]]:
        return _alive(reversed(self.models))

    def declared(self) -> list[type[Record]]:
        """The application's models, in the order of their declaration."""
        return [model for model in self if not mapper_of(model).shipped][::-1]

    def for_object(self, slug: str) -> type[Record] | None:
        """The class that references to ``slug`` give: the application's last, else the shipped."""
        shipped: type[Record] | None = None
        for model in _alive(self._index()[1].get(slug, ())):
            if not mapper_of(model).shipped:
                return model
            shipped = shipped or model
        return shipped

    def _index(self) -> _Found:
        """The classes by object and by name: a reference of a record is looked up by either."""
        if self._found[0] is not self.models:
            models = self.models
            by_object: _Refs = {}
            by_name: _Refs = {}
            for ref in reversed(models):
                model = ref()
                if model is not None:
                    by_object.setdefault(mapper_of(model).object, []).append(ref)
                    by_name.setdefault(model.__name__, []).append(ref)
            self._found = models, by_object, by_name
        return self._found

    def standing_for(self, slugs: Collection[str]) -> list[type[Record]]:
        """Every class that stands for one of these objects, the last declared first."""
        return [model for model in self if mapper_of(model).object in slugs]

    def named(self, name: str, near: type[Record] | None = None) -> type[Record] | None:
        """The class of this name; one of the same module and scope is preferred."""

        def nearness(model: type[Record]) -> tuple[bool, bool, bool]:
            is_here = near is not None and model.__module__ == near.__module__
            in_scope = is_here and near is not None and _scope(model) == _scope(near)
            return is_here, in_scope, not mapper_of(model).shipped

        # of those that are equally near, max() takes the first: the last declared
        return max(_alive(self._index()[2].get(name, ())), key=nearness, default=None)

    def objects(self) -> set[str]:
        """The objects that a declared or shipped class stands for, without lists and activities."""
        mappers = map(mapper_of, self)
        return {each.object for each in mappers if not (each.is_entry or each.is_activity)}

    def targets(self, relation: DeclaredRelation) -> list[type[Record]]:
        """The target classes of a relation, resolved; empty where it may be any object.

        A shipped class gives way to the application's class for the same object.
        """
        models = self.models
        found = [
            (self.for_object(mapper_of(model).object) or model)
            if mapper_of(model).shipped
            else model
            for model in self.declared_targets(relation)
        ]
        relation.resolved = models, [weakref.ref(model) for model in found]
        return found

    def declared_targets(self, relation: DeclaredRelation) -> list[type[Record]]:
        """The target classes as the annotation names them."""
        return [model for target in relation.targets for model in self._resolve(target, relation)]

    def _resolve(self, target: object, relation: DeclaredRelation) -> list[type[Record]]:
        if get_origin(target) in (Union, UnionType):
            return [model for each in get_args(target) for model in self._resolve(each, relation)]
        if isinstance(target, type):
            if not issubclass(target, Record):
                return []
            if mapper_of(target).is_entry:
                raise UnknownAttributeError(
                    f"{relation!r} refers to {target.__name__}, which is a list entry, and nothing "
                    f"in Attio refers to those: refer to its parent."
                )
            if mapper_of(target).is_activity:
                raise UnknownAttributeError(
                    f"{relation!r} refers to {target.__name__}, which is an activity, and nothing "
                    f"in Attio refers to the records of those: name the records that it refers to."
                )
            return [target] if mapper_of(target).object else []
        name = target.__forward_arg__ if isinstance(target, ForwardRef) else str(target)
        name = name.strip("'\" ")
        if "|" in name:  # a union that is quoted as a whole
            return [model for each in name.split("|") for model in self._resolve(each, relation)]
        name = name.rpartition(".")[2]  # crm.Company: only the class's own name is kept here
        if name in {"Model", "Any"}:
            return []
        found = self.named(name, relation.owner)
        if found is None:
            owner = f"{relation.owner.__name__}." if relation.owner else ""
            where = owner + relation.name
            raise UnknownAttributeError(
                f"{where} refers to {name!r}, and no model of that name is declared: import the "
                f"module that declares it, or correct the annotation."
            )
        return [found]


def _alive(refs: Iterable[weakref.ref[type[Record]]]) -> Iterator[type[Record]]:
    for ref in refs:
        model = ref()
        if model is not None:
            yield model


def _scope(model: type[Record]) -> str:
    return model.__qualname__.rpartition(".")[0]


registry = Registry()
resolve_models_with(registry)
