"""What is kept of a workspace's configuration, as immutable records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

from msgspec import Struct, field

from attio_orm.errors import NotSupportedByAttio
from attio_orm.types.base import AttributeSchema

Kind: TypeAlias = Literal["objects", "lists", "activities"]

LISTS = "lists/"
"""What a list's slug has before it where an object's slug could stand as well."""

ACTIVITIES = "activities/"
"""What an activity's slug has before it there."""


@lru_cache(maxsize=1024)  # asked for whenever a value is assigned or a filter compiled
def kind_and_slug(place: str, kind: Kind = "objects") -> tuple[Kind, str]:
    """The kind and the bare slug of an object's slug, or of ``lists/`` and a list's slug.

    Or of ``activities/`` and an activity's.
    """
    if place.startswith(LISTS):
        return "lists", place.removeprefix(LISTS)
    if place.startswith(ACTIVITIES):
        return "activities", place.removeprefix(ACTIVITIES)
    return kind, place


def place_of_attributes(place: str) -> tuple[Literal["objects", "lists"], str]:
    """The kind and the bare slug of what has attributes in Attio's API.

    Raises ``NotSupportedByAttio`` for an activity.
    """
    kind, slug = kind_and_slug(place)
    if kind == "activities":
        raise NotSupportedByAttio(
            f"Attio's API neither tells nor changes the attributes of activities, such as "
            f"{slug!r}: do it in Attio. In a sandbox, attio_sandbox.define() makes them."
        )
    return kind, slug


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


@lru_cache(maxsize=1024)
def bare_activity(slug: str) -> ObjectSchema:
    """An activity, of which Attio tells no attributes."""
    return ObjectSchema("", slug, slug, slug, kind="activities")


class Choice(Struct, frozen=True):
    """One option of a select attribute, or one status of a status attribute.

    Of a status, ``celebrate`` says whether Attio celebrates who reaches it, and ``target`` how long
    a record should stay in it, as an ISO 8601 duration (``"P7D"``).
    """

    id: str
    title: str
    is_archived: bool = False
    celebrate: bool = False
    target: str | None = None


class Member(Struct, frozen=True):
    """One member of the workspace; ``access_level`` is admin, member or suspended."""

    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    access_level: str = "member"

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class View(Struct, frozen=True):
    """One saved view of an object or list, as people make them in Attio."""

    id: str
    title: str
