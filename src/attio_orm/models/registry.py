"""Which class stands for which object: for references, and for what is introspected."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ForwardRef, TypeGuard

if TYPE_CHECKING:
    from attio_orm.descriptors import Relation
    from attio_orm.models.model import Model


def is_model(value: object) -> TypeGuard[type[Model]]:
    """Whether the value is a model class."""
    return isinstance(value, type) and "_by_slug" in dir(value)


class Registry:
    """The model classes by object slug and by name, held weakly, the last declared first."""

    def __init__(self) -> None:
        self._models: list[weakref.ref[type[Model]]] = []

    def add(self, model: type[Model]) -> None:
        """Note a class that stands for an object."""
        # a new list each time: what was resolved from the one before is no longer sure
        self._models = [ref for ref in self._models if ref() is not None] + [weakref.ref(model)]

    def __iter__(self) -> Iterator[type[Model]]:
        for ref in reversed(self._models):
            model = ref()
            if model is not None:
                yield model

    def declared(self) -> list[type[Model]]:
        """The application's models, in the order of their declaration."""
        return [model for model in self if not model._shipped][::-1]

    def for_object(self, slug: str) -> type[Model] | None:
        """The class that references to ``slug`` give: the application's last, else the shipped."""
        return self._first(lambda model: model._object == slug)

    def named(self, name: str, near: type[Model] | None = None) -> type[Model] | None:
        """The class of this name; one of the same module and scope is preferred."""
        if near is not None:
            scope = near.__qualname__.rpartition(".")[0]
            found = self._first(
                lambda m: (
                    m.__name__ == name
                    and m.__module__ == near.__module__
                    and m.__qualname__.rpartition(".")[0] == scope
                )
            ) or self._first(lambda m: m.__name__ == name and m.__module__ == near.__module__)
            if found is not None:
                return found
        return self._first(lambda model: model.__name__ == name)

    def _first(self, fits: Callable[[type[Model]], bool]) -> type[Model] | None:
        shipped: type[Model] | None = None
        for model in self:
            if fits(model):
                if not model._shipped:
                    return model
                shipped = shipped or model
        return shipped

    def targets(self, relation: Relation[Any, Any, Any]) -> list[type[Model]]:
        """The target classes of a relation, resolved; empty where it may be any object.

        A shipped class gives way to the application's class for the same object.
        """
        if relation.resolved is not None and relation.resolved[0] is self._models:
            known = [model for ref in relation.resolved[1] if (model := ref()) is not None]
            if len(known) == len(relation.resolved[1]):
                return known
        models = self._models
        found = [
            (self.for_object(model._object) or model) if model._shipped else model
            for model in self.declared_targets(relation)
        ]
        relation.resolved = models, [weakref.ref(model) for model in found]
        return found

    def declared_targets(self, relation: Relation[Any, Any, Any]) -> list[type[Model]]:
        """The target classes as the annotation names them."""
        found: list[type[Model]] = []
        for target in relation.targets:
            found.extend(self._resolve(target, relation))
        return found

    def _resolve(self, target: Any, relation: Relation[Any, Any, Any]) -> list[type[Model]]:
        from types import UnionType
        from typing import Union, get_args, get_origin

        from attio_orm.errors import UnknownAttributeError

        if get_origin(target) in (Union, UnionType):
            return [model for each in get_args(target) for model in self._resolve(each, relation)]
        if isinstance(target, type):
            if getattr(target, "_is_entry", False):
                raise UnknownAttributeError(
                    f"{relation!r} refers to {target.__name__}, which is a list entry, and nothing "
                    f"in Attio refers to those: refer to its parent."
                )
            return [target] if getattr(target, "_object", "") else []
        name = target.__forward_arg__ if isinstance(target, ForwardRef) else str(target)
        name = name.strip("'\" ")
        if "|" in name:  # a union that is quoted as a whole
            return [model for each in name.split("|") for model in self._resolve(each, relation)]
        name = name.rpartition(".")[2]
        if name in {"Model", "Any"}:
            return []
        found = self.named(name, relation.owner)
        if found is None:
            where = (
                f"{relation.owner.__name__}.{relation.name}" if relation.owner else relation.name
            )
            raise UnknownAttributeError(
                f"{where} refers to {name!r}, and no model of that name is declared: import the "
                f"module that declares it, or correct the annotation."
            )
        return [found]


registry = Registry()
