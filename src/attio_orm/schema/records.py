"""What is kept of a workspace's configuration, as immutable records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

Kind: TypeAlias = Literal["objects", "lists"]

LISTS = "lists/"
"""What a list's slug has before it where an object's slug could stand as well."""


def kind_and_slug(place: str, kind: Kind = "objects") -> tuple[Kind, str]:
    """The kind and the bare slug of an object's slug, or of ``lists/`` and a list's slug."""
    if place.startswith(LISTS):
        return "lists", place.removeprefix(LISTS)
    return kind, place


class AttributeSchema(Struct, frozen=True):
    """One attribute of an object or list, as Attio describes it.

    ``allowed_objects`` holds the slugs of what a reference may point at (empty: anything);
    ``relationship`` is the other side of a pair, as (object slug, attribute slug). See
    https://docs.attio.com/docs/attribute-types/attribute-types.
    """

    id: str
    slug: str
    title: str
    type: str
    is_multi: bool = False
    is_required: bool = False
    is_unique: bool = False
    is_writable: bool = True
    is_archived: bool = False
    is_system: bool = False
    allowed_objects: tuple[str, ...] = ()
    currency: str | None = None
    default_value: Any = None
    relationship: tuple[str, str] | None = None

    @property
    def has_choices(self) -> bool:
        """Whether its values come from a list of options or statuses."""
        return self.type in ("select", "status")


class ObjectSchema(Struct, frozen=True):
    """One object or list, with its attributes by slug; archived ones are there, and flagged.

    ``parents`` are the slugs of the objects whose records a list holds; of an object, none.
    """

    id: str
    slug: str
    singular: str
    plural: str
    attributes: Mapping[str, AttributeSchema] = field(default_factory=dict[str, AttributeSchema])
    kind: Kind = "objects"
    parents: tuple[str, ...] = ()


class Choice(Struct, frozen=True):
    """One option of a select attribute, or one status of a status attribute."""

    id: str
    title: str
    is_archived: bool = False


class Member(Struct, frozen=True):
    """One member of the workspace; ``access_level`` is admin, member or suspended."""

    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    access_level: str = "member"


class View(Struct, frozen=True):
    """One saved view of an object or list, as people make them in Attio."""

    id: str
    title: str
