"""What lookups see of a model: its declared attributes first, then what the workspace has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attio_orm.attributes import Actor, Timestamp
from attio_orm.descriptors import Relation
from attio_orm.query.paths import Resolved, Resolver

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.models.model import Model

_EVERYWHERE: dict[str, Any] = {
    "created_at": Timestamp("created_at", read_only=True),
    "created_by": Actor("created_by", read_only=True),
}


class NeedsSchema(Exception):
    """A name is not declared, and the object's attributes are not known yet."""

    def __init__(self, object: str) -> None:
        super().__init__(object)
        self.object = object


class ModelResolver:
    """One model, with one connection's schema behind it."""

    def __init__(
        self, model: type[Model], connection: Connection, *, choices: bool = False
    ) -> None:
        self.model = model
        self.connection = connection
        self.object = model._object
        self.model_name = model.__name__
        self.choices = choices

    def attribute(self, name: str) -> Resolved | None:
        """The attribute of this Python name or slug; ``NeedsSchema`` where that cannot be told."""
        found = self.model._attributes.get(name) or self.model._by_slug.get(name)
        if found is None and name in _EVERYWHERE:
            found = _EVERYWHERE[name]
        schema = self.connection.schema.get(self.object)
        if found is not None:
            spec = schema.attributes.get(found.slug) if schema is not None else None
            return self._resolved(found, spec)
        if schema is None:
            if self.model._strict:
                return None
            raise NeedsSchema(self.object)
        spec = schema.attributes.get(name)
        if spec is None or (self.model._strict and name != "record_id"):
            return None
        return self._resolved(None, spec)

    def _resolved(self, declared: Any, spec: Any) -> Resolved:
        known = spec or declared
        titles: Any = None
        if known.type in {"select", "status"}:
            titles = self.connection.schema.known_choices(self.object, known.slug)
            if titles is None and declared is not None and declared.checked_options:
                titles = declared.options
            if titles is None and self.choices:
                raise NeedsChoices(self.object, known.slug)
        return Resolved(
            slug=known.slug,
            type=known.type,
            is_multi=known.is_multi,
            spec=known,
            target=self._target(declared, known),
            is_archived=bool(spec is not None and spec.is_archived),
            choices=titles,
        )

    def _target(self, declared: Any, known: Any) -> Callable[[], Resolver] | None:
        if known.type != "record-reference":
            return None
        models = declared.models() if isinstance(declared, Relation) else []
        if len(models) == 1:
            return lambda: ModelResolver(models[0], self.connection, choices=self.choices)
        if not models and len(known.allowed_objects) == 1:
            model = self.connection.model(known.allowed_objects[0])
            return lambda: ModelResolver(model, self.connection, choices=self.choices)
        return None

    def names(self) -> list[str]:
        """Every name a lookup may start with."""
        declared = self.model._attributes
        named = sorted(declared, key=lambda name: declared[name].read_only)  # the useful ones first
        names = dict.fromkeys([*named, *_EVERYWHERE])
        schema = self.connection.schema.get(self.object)
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
