"""Values checked before anything is sent: against the class, and against the workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attio_orm import context
from attio_orm.errors import AttioError, Problem, ValidationError
from attio_orm.models import writing
from attio_orm.operations import Operation

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.models.model import Model


def validate(model: type[Model], values: Mapping[str, Any]) -> Operation[None]:
    """Check values for a model against the class and, where connected, the workspace."""
    connection = context.current_or_none()
    if connection is not None:
        yield from connection.ready(model, writing=True)
        yield from load_choices(connection, model, values)
    probe = model.__new__(model)
    writing.initialize(probe)
    problems: list[Problem] = []
    for name, value in values.items():
        try:
            attribute = probe._attribute(name)
            if attribute is None:
                raise writing.unknown_attribute(probe, name)
            writing.accept(probe, attribute, value, writing.spec_of(probe, attribute))
        except ValidationError as error:
            problems += writing.prefixed(error, name, value).problems
        except AttioError as error:
            problems.append(Problem(name, str(error), value))
    if problems:
        raise ValidationError(problems)


def load_choices(
    connection: Connection, model: type[Model], names: Iterable[str]
) -> Operation[None]:
    """Make the titles of the named select and status attributes known (cached)."""
    for name in names:
        attribute = model._attributes.get(name) or model._by_slug.get(name)
        if attribute is None:
            attribute = writing.dynamic(connection, model, name)
        if attribute is not None and attribute.type in {"select", "status"}:
            yield from connection.schema.choices(model._object, attribute.slug)
