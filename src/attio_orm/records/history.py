"""Every value an attribute ever had."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from attio_orm.api.base import Json
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import (
    AttioError,
    InvalidResponseError,
    NotFoundError,
    NotSupportedByAttio,
    UnknownAttributeError,
    ValidationError,
)
from attio_orm.pickles import public_in
from attio_orm.records.base import Record, mapper_of, object_of, state_of
from attio_orm.records.changes import related_instance
from attio_orm.records.loading import all_pages, context_for, fetch_rows, gone
from attio_orm.records.names import attribute_of, may_be_new, required_attribute
from attio_orm.records.rows import endpoint_of
from attio_orm.records.state import know_owners
from attio_orm.types.actors import Actor
from attio_orm.types.base import AnyAttribute, convert
from attio_orm.types.provenance import AuthorWire
from attio_orm.types.references import Reference
from attio_orm.types.timestamps import parse_timestamp


class HistoricValue(NamedTuple):
    """One value an attribute had: from when, until when (``None``: still), and who set it."""

    value: Any
    active_from: datetime
    active_until: datetime | None
    actor: Actor | None


HISTORY_PAGE = 100  # Attio does not say how many it gives at most


def history(record: Record, name: str) -> Operation[list[HistoricValue]]:
    """Every value one attribute had, oldest first."""
    context = yield from context_for(record)
    connection, state = context.connection, state_of(record)
    attribute = yield from resolved(record, name, connection)
    if state.id is None:
        return []
    if attribute.create_only:
        raise ValidationError(
            f"{type(record).__name__}.{attribute.name} never changes, and Attio keeps no history "
            f"of it: read it."
        )
    found = yield from past_values(record, connection, state.id, attribute)
    return [_historic(record, attribute, wire) for wire in found]


def resolved(record: Record, name: str, connection: BaseConnection) -> Operation[AnyAttribute]:
    """The attribute of this name or slug; one that is not known is looked up once more.

    Raises ``UnknownAttributeError``.
    """
    refuse_activity(type(record))
    attribute = attribute_of(record, name)
    if attribute is None:
        yield from connection.mapping.ready(type(record), writing=True)
        if attribute_of(record, name) is None and may_be_new(record, name):
            yield from connection.schema.look_again(object_of(record))
        attribute = required_attribute(record, name)
    return attribute


def refuse_activity(model: type[Record]) -> None:
    """Raise ``NotSupportedByAttio`` for an activity, of whose records Attio gives no history."""
    if mapper_of(model).is_activity:
        raise NotSupportedByAttio(
            f"{model.__name__} is an activity, and Attio has no history of the records of those: "
            f"read what they have now."
        )


def past_values(
    record: Record, connection: BaseConnection, record_id: str, attribute: AnyAttribute
) -> Operation[list[Json]]:
    """Every value one attribute had, as Attio gives it, oldest first."""
    endpoint = endpoint_of(object_of(record))

    def page(offset: int) -> Operation[list[Json]]:
        try:
            return (
                yield from endpoint.values(
                    connection.transport,
                    record_id,
                    attribute.slug,
                    limit=HISTORY_PAGE,
                    offset=offset,
                )
            )
        except NotFoundError as error:
            if error.is_gone and (
                yield from fetch_rows(connection, object_of(record), [record_id])
            ):
                raise _no_attribute(record, attribute) from error
            raise

    return all_pages(record, page, HISTORY_PAGE)


def lost(
    record: Record, connection: BaseConnection, attribute: AnyAttribute, error: NotFoundError
) -> Operation[AttioError]:
    """What a 404 of a history means: of the record or of the attribute, Attio says both so."""
    state = state_of(record)
    assert state.id is not None
    if not error.is_gone:
        return error
    if (yield from fetch_rows(connection, object_of(record), [state.id])):
        return _no_attribute(record, attribute)
    state.mark_deleted()
    return gone(record)


def _no_attribute(record: Record, attribute: AnyAttribute) -> UnknownAttributeError:
    return UnknownAttributeError(
        f"{type(record).__name__}.{attribute.name}: the workspace has no attribute "
        f"{attribute.slug!r}, or it was renamed: connection.drift(...) compares a class with it."
    )


class _Span(Struct, gc=False):
    """What Attio tells of every value it ever had, besides the value itself."""

    active_from: str  # unlike in ``ValueWire``: a history without times is refused
    active_until: str | None = None
    created_by_actor: AuthorWire | None = None


def _historic(record: Record, attribute: AnyAttribute, wire: Json) -> HistoricValue:
    value = next(iter(convert([wire])), None)
    if isinstance(value, Reference):
        value = related_instance(record, attribute, value)
    try:
        span = msgspec.convert(wire, _Span)
        since = parse_timestamp(span.active_from)
        until = parse_timestamp(span.active_until) if span.active_until else None
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidResponseError(
            f"The history of {type(record).__name__}.{attribute.name} has a value without the "
            f"times that Attio gives each ({error}). Read it anew; if it stays so, ask what stands "
            f"between here and Attio."
        ) from error
    actor = span.created_by_actor
    who = Actor(actor.type, actor.id) if actor is not None and actor.type else None
    # what a relation referred to is not touched, as that would load it
    know_owners(record, (who,) if isinstance(value, Record) else (value, who))
    return HistoricValue(value, since, until, who)


public_in("attio_orm", HistoricValue)  # where users import it from
