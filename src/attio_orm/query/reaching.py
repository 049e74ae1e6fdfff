"""``through(Note.subject, Company)``: one object behind a relation that may lead to several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from attio_orm.errors import UnknownAttributeError, UnsupportedLookup
from attio_orm.query.expressions import IdExpr, Path

if TYPE_CHECKING:
    from attio_orm.models.model import Model

    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")


def through(relation: type[Any], model: type[M], /) -> type[M]:
    """The attributes of ``model``'s records behind a relation, for conditions and orders.

    ``through(Note.subject, Company).name == "Acme"`` equals ``Q(subject__companies__name="Acme")``.
    Where the relation leads to one object only, ``Note.company.name`` says the same. Raises
    ``UnsupportedLookup`` where the relation cannot refer to records of the model.
    """
    from attio_orm.descriptors import RelationPath

    if not isinstance(relation, RelationPath):
        raise TypeError(
            f"through() takes a relation of a class and a model, such as "
            f"through(Note.subject, Company), not {relation!r}."
        )
    path: Path = relation._path
    objects = relation._relation.allowed_objects
    if objects and model._object not in objects:
        raise UnsupportedLookup(
            f"through({'.'.join(path)}, {model.__name__}): {path[-1]!r} refers to records of "
            f"{' or '.join(objects)}, and {model.__name__} stands for {model._object!r}."
        )
    if len(objects) != 1:
        path = Path((*path, model._object), path.origin)
    return cast("type[M]", ObjectPath(model, path))


class ObjectPath:
    """What ``through()`` gives: the attributes of one model, with the way there."""

    def __init__(self, model: type[Model], path: Path) -> None:
        self._model = model
        self._path = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "id":
            return IdExpr(Path((*self._path, "id"), self._path.origin))
        attribute = self._model._attributes.get(name)
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
