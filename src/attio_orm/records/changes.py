"""What a record holds against what it was loaded with, as its users see it."""

from __future__ import annotations

from typing import Any, NamedTuple

from attio_orm.records.base import Record, state_of
from attio_orm.records.deferred_loading import deferred_in
from attio_orm.records.relations import model_of
from attio_orm.records.state import (
    Base,
    UnknownBase,
    edit_of,
    is_changed,
    local_values,
    one_or_list,
    read_values,
)
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import REFERENCE, Reference


class Change(NamedTuple):
    """What an attribute was when it was loaded, and what it is now."""

    old: Any
    new: Any


def changes(record: Record) -> dict[str, Change]:
    """Python name to ``Change(old, new)`` for everything that differs from what was loaded."""
    found: dict[str, Change] = {}
    for pending in state_of(record).changed.values():
        attribute = pending.attribute
        if is_changed(edit_of(record, attribute, pending.base)):  # it may have been set back
            found[attribute.name] = Change(
                shown(record, attribute, pending.base),
                one_or_list(attribute, local_values(record, attribute)),
            )
    return found


def shown(record: Record, attribute: AnyAttribute, base: Base) -> Any:
    """Raw values as users see them: related records as instances, never loaded for this."""
    if isinstance(base, UnknownBase):
        return None
    values = read_values(record, attribute, base)
    if attribute.type == REFERENCE:
        values = [related_instance(record, attribute, each) for each in values]
    return one_or_list(attribute, values)


def related_instance(record: Record, attribute: AnyAttribute, reference: Reference) -> Record:
    """The instance that a reference of a record gives, loaded or not."""
    state = state_of(record)
    model = model_of(reference, attribute, state.connection)
    return deferred_in(model, reference.id, state.connection, state.session)
