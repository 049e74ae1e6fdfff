"""Which family serves which attribute type. A new type is a module of its own, and a line here."""

from __future__ import annotations

from typing import Any

from attio_orm.types import (
    actors,
    choices,
    currency,
    dates,
    domains,
    emails,
    interactions,
    locations,
    names,
    numbers,
    phones,
    references,
    text,
)
from attio_orm.types.base import CODECS, AnyAttribute, UnknownAttribute
from attio_orm.types.pydantic_hooks import schemas_come_from

_attributes: dict[tuple[str, bool], type[AnyAttribute]] = {}
_families = (
    text, numbers, currency, dates, names, emails, domains, phones, locations, interactions, actors,
    choices, references,
)  # fmt: skip
for _declared in (attribute for family in _families for attribute in family.ATTRIBUTES):
    _attributes[_declared.codec.type, _declared.multi] = _declared
    CODECS[_declared.codec.type] = _declared.codec


def register_attribute(attribute: type[AnyAttribute]) -> None:
    """Let an attribute class stand for its type, one value or many: for the relations."""
    _attributes[attribute.type, attribute.multi] = attribute


def attribute_for(kind: str, *, multi: bool) -> AnyAttribute:
    """An attribute for a type as the schema names it, for what a class does not declare."""
    found = _attributes.get((kind, multi))
    return UnknownAttribute(kind, multi=multi) if found is None else found()


def _pydantic_schemas() -> Any:
    from attio_orm.types import pydantic_schemas  # at start nobody pays for pydantic

    return pydantic_schemas


schemas_come_from(_pydantic_schemas)
