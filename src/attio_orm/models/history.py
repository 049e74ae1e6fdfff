"""Every value an attribute ever had."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from attio_orm import hydration
from attio_orm.errors import NotFoundError, ValidationError
from attio_orm.models import loading, relations
from attio_orm.models.changes import named
from attio_orm.models.targets import target_of
from attio_orm.operations import Operation
from attio_orm.values import Actor, parse_timestamp

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model


class HistoricValue(NamedTuple):
    """One value an attribute had: from when, until when (``None``: still), and who set it."""

    value: Any
    active_from: datetime
    active_until: datetime | None
    actor: Actor | None


HISTORY_PAGE = 100


def history(instance: Model, name: str) -> Operation[list[HistoricValue]]:
    """Every value one attribute had, oldest first."""
    batch = yield from loading.batch_for(instance)
    attribute = instance._attribute(name)
    if attribute is None:
        yield from batch.connection.ready(type(instance), writing=True)
        attribute = named(instance, name)
    if instance._state.id is None:
        return []
    if attribute.create_only:
        raise ValidationError(
            f"{type(instance).__name__}.{attribute.name} never changes, and Attio keeps no history "
            f"of it: read it."
        )
    found: list[dict[str, Any]] = []
    while True:
        try:
            page = yield from target_of(instance._object).values(
                batch.connection.transport,
                instance._state.id,
                attribute.slug,
                limit=HISTORY_PAGE,
                offset=len(found),
            )
        except NotFoundError as error:
            raise loading.gone(instance) from error
        found += page
        if len(page) < HISTORY_PAGE:
            break
    return [_historic(instance, attribute, wire) for wire in found]


def _historic(instance: Model, attribute: AnyAttribute, wire: dict[str, Any]) -> HistoricValue:
    (value,) = hydration.convert([wire])
    if attribute.type == "record-reference":
        value = loading.deferred_in(
            relations.model_of(value, attribute, instance.connection),
            value.id,
            instance.connection,
            None,
        )
    until = wire.get("active_until")
    actor: dict[str, Any] = wire.get("created_by_actor") or {}
    return HistoricValue(
        value,
        parse_timestamp(wire["active_from"]),
        parse_timestamp(until) if until else None,
        Actor(actor["type"], actor.get("id")) if actor.get("type") else None,
    )
