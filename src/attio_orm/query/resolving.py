"""What lookups see of a model: its declared attributes first, then what the workspace has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from attio_orm.attributes import Actor, Timestamp
from attio_orm.descriptors import Relation
from attio_orm.models.registry import registry
from attio_orm.models.targets import target_of
from attio_orm.query.paths import NeedsObject, Resolved, Resolver

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.models.model import Model

_EVERYWHERE: dict[str, Any] = {
    "created_at": Timestamp("created_at", read_only=True),
    "created_by": Actor("created_by", read_only=True),
}


class NeedsSchema(Exception):
    """A name is not declared, and the object's attributes are not known yet."""

    def __init__(self, object: str, name: str) -> None:
        super().__init__(object, name)
        self.object = object
        self.name = name


class ModelResolver:
    """One model, with one connection's schema behind it."""

    def __init__(
        self, model: type[Model], connection: Connection, *, choices: bool = False
    ) -> None:
        self.model = model
        self.connection = connection
        self.object = target_of(model._object).slug
        self.place = model._object  # what the schema knows it by
        self.is_list = model._is_entry
        self.model_name = model.__name__
        self.choices = choices

    def attribute(self, name: str) -> Resolved | None:
        """The attribute of this Python name or slug; ``NeedsSchema`` where that cannot be told."""
        found = self.model._attributes.get(name) or self.model._by_slug.get(name)
        if found is None and name in _EVERYWHERE:
            found = _EVERYWHERE[name]
        schema = self.connection.schema.get(self.place)
        if found is not None:
            spec = schema.attributes.get(found.slug) if schema is not None else None
            return self._resolved(found, spec)
        if schema is None:
            if self.model._strict:
                return None
            raise NeedsSchema(self.place, name)
        spec = schema.attributes.get(name)
        if spec is None or (self.model._strict and name != "record_id"):
            return None
        return self._resolved(None, spec)

    def _resolved(self, declared: Any, spec: Any) -> Resolved:
        known = spec or declared
        titles: Any = None
        if known.type in {"select", "status"}:
            titles = self.connection.schema.known_choices(self.place, known.slug)
            if titles is None and declared is not None and declared.checked_options:
                titles = declared.options
            if titles is None and self.choices:
                raise NeedsChoices(self.place, known.slug)
        found = Resolved(
            slug=known.slug,
            type=known.type,
            is_multi=known.is_multi,
            spec=known,
            is_archived=bool(spec is not None and spec.is_archived),
            choices=titles,
        )
        return self._leading(found, declared) if known.type == "record-reference" else found

    def _leading(self, found: Resolved, declared: Any) -> Resolved:
        """The relation with where it leads: to one object, to several, or to any."""
        models = declared.models() if isinstance(declared, Relation) else []
        by_object: dict[str, Any] = {model._object: model for model in models}
        allowed = list(by_object) or list(found.spec.allowed_objects)
        if not allowed and self.is_list and self.connection.schema.get(self.place) is None:
            raise NeedsSchema(self.place, found.slug)  # the list says what its entries are about
        if len(allowed) == 1:
            return replace(found, target=lambda: self._at(allowed[0], by_object))

        def reach(slug: str) -> Resolver | None:
            if not allowed and not self._is_object(slug):
                raise NeedsObject(slug)
            return self._at(slug, by_object) if not allowed or slug in allowed else None

        known = {*(m._object for m in registry if not m._is_entry), *self.connection.schema}
        return replace(found, reach=reach, objects=allowed or sorted(known))

    def _at(self, slug: str, models: dict[str, Any]) -> Resolver:
        model = models.get(slug) or self.connection.model(slug)
        return ModelResolver(model, self.connection, choices=self.choices)

    def _is_object(self, slug: str) -> bool:
        return registry.for_object(slug) is not None or slug in self.connection.schema

    def names(self) -> list[str]:
        """Every name a lookup may start with."""
        declared = self.model._attributes
        named = sorted(declared, key=lambda name: declared[name].read_only)  # the useful ones first
        names = dict.fromkeys([*named, *_EVERYWHERE])
        schema = self.connection.schema.get(self.place)
        if schema is not None and not self.model._strict:
            slugs = {a.slug for a in self.model._attributes.values()}
            names.update(
                dict.fromkeys(
                    slug
                    for slug, spec in schema.attributes.items()
                    if slug not in slugs and not spec.is_archived
                )
            )
        return list(names)


class NeedsChoices(Exception):
    """The titles of a select or status are wanted, and not known yet."""

    def __init__(self, object: str, attribute: str) -> None:
        super().__init__(object, attribute)
        self.object = object
        self.attribute = attribute
