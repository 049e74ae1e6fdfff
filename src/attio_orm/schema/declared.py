"""What code declares of an object, a list and their attributes, as the planner takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import inflection
from msgspec import Struct

from attio_orm.schema.definitions import Kind
from attio_orm.types.base import AnyAttribute


class Pair(Struct, frozen=True):
    """The other side of a pair: an attribute of ``object`` that refers back."""

    object: str
    attribute: str
    is_multi: bool = False


class DeclaredAttribute(Struct, frozen=True):
    """One attribute; ``where`` is what messages call it (``Deal.stage``).

    ``id`` is Attio's where it is known, whatever the slug is by now. ``default`` is Attio's JSON of
    a default value.
    """

    where: str
    slug: str
    type: str
    title: str
    description: str | None = None
    is_multi: bool = False
    is_required: bool = False
    is_unique: bool = False
    options: tuple[str, ...] = ()
    allowed_objects: tuple[str, ...] = ()
    currency: str | None = None
    display: str = "symbol"
    pair: Pair | None = None
    default: Mapping[str, Any] | None = None
    id: str | None = None


class DeclaredObject(Struct, frozen=True):
    """One object or list; ``where`` is what messages call it: the name of its class."""

    where: str
    kind: Kind
    slug: str
    singular: str
    plural: str
    parents: tuple[str, ...] = ()
    attributes: tuple[DeclaredAttribute, ...] = ()


def declared_attribute(
    attribute: AnyAttribute,
    where: str,
    *,
    title: str | None = None,
    description: str | None = None,
    default: Mapping[str, Any] | None = None,
    id: str | None = None,
) -> DeclaredAttribute:
    """What a declared attribute says of the one in the workspace."""
    allowed = attribute.allowed_objects
    back: str | None = getattr(attribute, "back", None)  # of relations alone
    pair = None
    if back is not None:
        # with several targets, or none, it is not a pair, which its check says
        pair = Pair(
            allowed[0] if len(allowed) == 1 else "", back, bool(getattr(attribute, "back_many", 0))
        )
    return DeclaredAttribute(
        where=where,
        slug=attribute.slug,
        type=attribute.type,
        title=title if title is not None else titled(attribute.slug),
        description=description,
        is_multi=attribute.is_multi,
        is_required=attribute.is_required,
        is_unique=attribute.is_unique,
        options=attribute.options,
        allowed_objects=allowed,
        currency=attribute.currency,
        display=getattr(attribute, "display", "symbol"),
        pair=pair,
        default=default,
        id=attribute.id or id,
    )


def titled(slug: str) -> str:
    """The title that a slug suggests: ``Deal Source`` of ``deal_source``."""
    return inflection.titleize(slug)
