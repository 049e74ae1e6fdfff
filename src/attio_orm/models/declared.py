"""What a model declares, as the planner of a workspace's schema takes it."""

from __future__ import annotations

from collections.abc import Callable

import inflection

from attio_orm.conditions.paths import PARENT
from attio_orm.connection.current import current
from attio_orm.records.base import Record, mapper_of
from attio_orm.schema.declared import DeclaredObject, declared_attribute
from attio_orm.schema.definitions import place_of_attributes
from attio_orm.schema.editors import ModelSchema


def declared_object(
    model: type[Record], former_id: Callable[[str], str | None] = lambda slug: None
) -> DeclaredObject:
    """The object or list of a model, with its attributes.

    ``former_id`` knows the ids of attributes by slugs that they had before. Raises
    ``NotSupportedByAttio`` for an activity.
    """
    mapper = mapper_of(model)
    kind, slug = place_of_attributes(mapper.object)
    singular = inflection.titleize(inflection.underscore(model.__name__))
    return DeclaredObject(
        model.__name__,
        kind,
        slug,
        singular,
        inflection.pluralize(singular),
        parents=mapper.attributes["parent"].allowed_objects if kind == "lists" else (),
        attributes=tuple(
            declared_attribute(each, f"{model.__name__}.{each.name}", id=former_id(each.slug))
            for each in mapper.attributes.values()
            if not (kind == "lists" and each.slug == PARENT)
        ),
    )


def schema_of(model: type[Record], record: Record | None = None) -> ModelSchema:
    """The schema of a model in the current connection, which is asked for at each use.

    Of a record it is that of the connection it came from.
    """
    own = None if record is None else record.connection
    return ModelSchema(lambda: (own or current()).schema, model)
