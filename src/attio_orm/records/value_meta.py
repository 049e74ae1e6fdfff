"""Since when each value of a record is there, and who set it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from attio_orm.records.base import Record, state_of
from attio_orm.records.changes import related_instance
from attio_orm.records.names import attribute_at, attribute_of, unknown_attribute
from attio_orm.records.rows import EMPTY
from attio_orm.records.state import know_owners
from attio_orm.types.actors import Actor
from attio_orm.types.base import AnyAttribute, convert, wires_of
from attio_orm.types.provenance import ValueMeta, ValueWire, author_in, moment_in
from attio_orm.types.references import REFERENCE, Reference


def value_meta(record: Record, name: str) -> list[ValueMeta]:
    """Every value of an attribute that Attio was last seen to hold, with what it says of it."""
    attribute = attribute_of(record, name) or attribute_at(record, name)
    parts = state_of(record).split()
    slug = name if attribute is None else attribute.slug
    if attribute is None and slug not in parts:
        raise unknown_attribute(record, name)
    return [
        ValueMeta(_shown(record, attribute, value), moment_in(about), author(record, about))
        for wire, about in _about(parts.get(slug))
        for value in convert([wire])
    ]


def abouts(record: Record, slug: str) -> list[ValueWire]:
    """What Attio says of each value of an attribute."""
    return [about for _, about in _about(state_of(record).split().get(slug))]


def author(record: Record, about: ValueWire) -> Actor | None:
    """Who set a value, as an actor that knows the members of the record's workspace."""
    found = author_in(about)
    if found is not None:
        know_owners(record, (found,))
    return found


def _about(raw: Raw | None) -> list[tuple[dict[str, Any], ValueWire]]:
    found: list[tuple[dict[str, Any], ValueWire]] = []
    for wire in wires_of(raw or EMPTY):
        try:
            about = msgspec.convert(wire, ValueWire)
        except msgspec.ValidationError:  # not as Attio sends it; the value itself may be all right
            about = ValueWire()
        found.append((wire, about))
    return found


def _shown(record: Record, attribute: AnyAttribute | None, value: Any) -> Any:
    if attribute is not None and attribute.type == REFERENCE and isinstance(value, Reference):
        return related_instance(record, attribute, value)
    know_owners(record, (value,))
    return value
