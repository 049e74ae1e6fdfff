"""``ListEntry``: models whose instances are the entries of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import inflection

from attio_orm.attributes import One
from attio_orm.errors import UnsupportedLookup
from attio_orm.hydration import PARENT
from attio_orm.models import relations, writing
from attio_orm.models.declaration import annotations_of
from attio_orm.models.model import Model
from attio_orm.schema.records import LISTS, kind_and_slug

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attio_orm.values import Reference, ReferenceMatch


class Parent(One[Any]):
    """The record that an entry is about; set when the entry is made, and never after that."""

    create_only = True

    def __init__(self) -> None:
        super().__init__(PARENT, required=True)


class ListEntry(Model, abstract=True):
    """A class whose instances are the entries of one Attio list.

    ``class Pipeline(ListEntry, list="sales", parent=Company)`` stands for the list ``sales``
    (without ``list``: the class name), whose entries are about companies; what else the class may
    say is as for ``Model``. ``entry.parent`` is the record, and ``objects`` finds, makes and
    changes entries as it does records. See https://docs.attio.com/docs/objects-and-lists.
    """

    parent: One[Any] = Parent()
    """The record that the entry is about. Set when the entry is made, and read-only after that."""
    _is_entry: ClassVar[bool] = True

    def __init_subclass__(
        cls,
        *,
        list: str | None = None,
        parent: type[Model] | str | None = None,
        abstract: bool = False,
        strict: bool | None = None,
        on_drift: Literal["warn", "raise", "ignore"] | None = None,
        **kwargs: Any,
    ) -> None:
        if parent is not None or "parent" in annotations_of(cls):
            relation = Parent()
            relation.parametrize((parent,) if parent is not None else ())
            setattr(cls, "parent", relation)  # noqa: B010 - it is its own descriptor
        place = None
        if not abstract and (list is not None or not cls._object):
            place = LISTS + (list or inflection.underscore(cls.__name__))
        super().__init_subclass__(
            object=place, abstract=abstract, strict=strict, on_drift=on_drift, **kwargs
        )

    @property
    def parent_id(self) -> str | None:
        """The id of the parent record, which is not loaded for this; ``None`` before it is set."""
        relation = self._attributes["parent"]
        if relation.key in self.__dict__:
            held: Any = self.__dict__[relation.key]
            return getattr(held, "id", None)
        found = relations.references(self, relation)
        return found[0].id if found else None

    @property
    def entries(self) -> Any:
        """Records have entries, entries do not: raises ``UnknownAttributeError``."""
        raise writing.unknown_attribute(self, "entries")

    @classmethod
    def by(cls, *, create: Mapping[str, Any] | bool = False, **match: Any) -> ReferenceMatch:
        """Nothing in Attio refers to a list entry: raises ``UnsupportedLookup``."""
        raise UnsupportedLookup(
            f"{cls.__name__}.by(): nothing in Attio refers to a list entry. Use its parent "
            f"record instead."
        )

    def _reference(self) -> Reference:
        raise UnsupportedLookup(
            f"{self!r} is a list entry, and nothing in Attio refers to those. Use its parent: "
            f"entry.parent, or entry.parent_id."
        )


def made_for(place: str) -> type[Model]:
    """A model for what nobody declared: an object's slug, or ``lists/`` and a list's."""
    kind, slug = kind_and_slug(place)
    singular = slug if kind == "lists" else inflection.singularize(slug.replace("-", "_"))
    name = inflection.camelize(singular.replace("-", "_"))
    body = {"_dynamic": True, "__module__": __name__}
    if kind == "lists":
        return type(name, (ListEntry,), body, list=slug)
    return type(name, (Model,), body, object=slug)
