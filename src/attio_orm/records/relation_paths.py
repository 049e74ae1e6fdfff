"""Attributes behind a relation, on the class: ``Person.company.name``, ``through(...)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from attio_orm.conditions.expressions import Path
from attio_orm.errors import UnknownAttributeError, UnsupportedLookup
from attio_orm.records.base import Record, mapper_of
from attio_orm.types.references import IdExpr, ReferenceAttribute

if TYPE_CHECKING:
    Relation = ReferenceAttribute[Any, Any, Any]

M = TypeVar("M", bound=Record)


class RelationPath:
    """What class access to a relation gives: the related class's attributes, with the way there."""

    def __init__(self, relation: Relation, path: Path) -> None:
        self._relation = relation
        self._path = Path((*path, relation.name), path.origin)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "id":
            return IdExpr(Path((*self._path, "id"), self._path.origin))
        models: list[type[Record]] = self._relation.models()
        if len(models) != 1:  # the name of an object says which
            of_name = (model for model in models if mapper_of(model).object == name)
            reached = next(of_name, None) if models else self._relation.model_of(name)
            if reached is not None:
                return self._through(reached)
        # the class that is named is what type checkers see, also where the application has its own
        for model in (*models, *self._relation.declared_models()):
            attribute = mapper_of(model).attributes.get(name)
            if attribute is not None:
                return attribute.expression_at(self._path)
        known = " or ".join(model.__name__ for model in models) or "any object"
        raise UnknownAttributeError(
            f"{'.'.join(self._path)} leads to {known}, which declares no attribute {name!r}: "
            f"declare it, or use the keyword form filter({'__'.join(self._path)}__{name}=...)."
        )

    def _through(self, model: type[Record]) -> ObjectPath:
        path, object = self._path, mapper_of(model).object
        objects = self._relation.allowed_objects
        if objects and object not in objects:
            raise UnsupportedLookup(
                f"through({'.'.join(path)}, {model.__name__}): {path[-1]!r} refers to records of "
                f"{' or '.join(objects)}, and {model.__name__} stands for {object!r}."
            )
        if len(objects) != 1:
            path = Path((*path, object), path.origin)
        return ObjectPath(model, path)

    def __bool__(self) -> bool:
        raise TypeError(
            f"{'.'.join(self._path)} on the class is a relation, not a value: compare its "
            f"attributes, its .id, or use the keyword form."
        )

    def __repr__(self) -> str:
        return f"<relation {'.'.join(self._path)}>"


def through(relation: type[Any], model: type[M], /) -> type[M]:
    """The attributes of ``model``'s records behind a relation, for conditions and orders.

    ``through(Note.subject, Company).name == "Acme"`` equals ``Q(subject__companies__name="Acme")``.
    Where the relation leads to one object only, ``Note.company.name`` says the same. Raises
    ``UnsupportedLookup`` where the relation cannot refer to records of the model.
    """
    # to type checkers a relation of a class is the related class, so that paths are checked
    path = cast("object", relation)
    if not isinstance(path, RelationPath):
        raise TypeError(
            f"through() takes a relation of a class and a model, such as "
            f"through(Note.subject, Company), not {relation!r}."
        )
    return cast("type[M]", path._through(model))  # pyright: ignore[reportPrivateUsage]


class ObjectPath:
    """What ``through()`` gives: the attributes of one model, with the way there."""

    def __init__(self, model: type[Record], path: Path) -> None:
        self._model = model
        self._path = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "id":
            return IdExpr(Path((*self._path, "id"), self._path.origin))
        attribute = mapper_of(self._model).attributes.get(name)
        if attribute is None:
            raise UnknownAttributeError(
                f"{self._model.__name__} declares no attribute {name!r}: declare it, or use the "
                f"keyword form filter({'__'.join(self._path)}__{name}=...)."
            )
        return attribute.expression_at(self._path)

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self!r} stands for records of {self._model.__name__}, not for a value: compare "
            f"its attributes or its .id."
        )

    def __repr__(self) -> str:
        return f"<{self._model.__name__} through {'.'.join(self._path)}>"
