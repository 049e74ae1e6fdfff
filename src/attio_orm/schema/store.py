"""What is known of a workspace at one time: definitions by slug, and when they were read."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeAlias

from msgspec.structs import replace

from attio_orm.effects.operations import SingleFlight
from attio_orm.schema.definitions import Choice, Kind, Member, ObjectSchema, View
from attio_orm.types.base import AttributeSchema

Listed: TypeAlias = Mapping[str, ObjectSchema]
Place: TypeAlias = tuple[Kind, str, str]  # kind, slug of the object or list, slug of the attribute


class Store:
    """What is kept, and the flights that fill it. Values are replaced, never changed in place."""

    def __init__(
        self, since: float, ids: Mapping[tuple[Kind, str], Mapping[str, str]] | None = None
    ) -> None:
        self.since = since  # when the oldest of it was read, at the earliest
        self.ages = True
        # What was looked up once more: when, and after how many schema writes of ours.
        self.looked: dict[Hashable, tuple[float, int]] = {}
        # The ids of attributes by all slugs that were ever known: so a renamed one shows.
        self.ids: dict[tuple[Kind, str], Mapping[str, str]] = dict(ids or {})
        # What records have, and Attio does not list: looked for once, and not again.
        self.unlisted: set[Place] = set()
        self.listed: dict[Kind, Listed] = {}  # everything of a kind, attributes left out
        self._slugs: tuple[Listed, dict[str, str]] = {}, {}  # of which list, and by id
        self.schemas: dict[tuple[Kind, str], ObjectSchema] = {}
        self.choices: dict[Place, tuple[Choice, ...]] = {}
        self.titles: dict[Place, Mapping[str, str]] = {}
        self.views: dict[tuple[Kind, str], tuple[View, ...]] = {}
        self.members: tuple[Member, ...] | None = None
        self.member_rows: tuple[Mapping[str, Any], ...] = ()  # the same as Attio tells of them
        self.members_since = since  # when they were read
        self.flights = SingleFlight()
        # of changes that build on what is there: two threads may make two attributes at one time
        self._lock = threading.Lock()

    def without(self, slug: str) -> Store:
        """A copy that knows nothing of one object or list."""
        kept = Store(self.since, self.ids)
        kept.ages = self.ages
        # of copies, which are made in one step: other threads go on adding to these
        kept.schemas = {k: v for k, v in self.schemas.copy().items() if k[1] != slug}
        kept.choices = {k: v for k, v in self.choices.copy().items() if k[1] != slug}
        kept.titles = {k: v for k, v in self.titles.copy().items() if k[1] != slug}
        kept.views = {k: v for k, v in self.views.copy().items() if k[1] != slug}
        kept.members, kept.member_rows = self.members, self.member_rows
        kept.members_since = self.members_since
        return kept

    def object_slugs(self) -> Mapping[str, str]:
        """The slugs of the objects by their ids, made once for each time that they were listed."""
        listed = self.listed.get("objects", {})
        if self._slugs[0] is not listed:
            self._slugs = listed, {each.id: each.slug for each in listed.values()}
        return self._slugs[1]

    def keep_schema(self, owner: ObjectSchema) -> None:
        """Keep an object or list with its attributes."""
        place = owner.kind, owner.slug
        # the first that was known of a slug: another attribute may have it since
        self.ids[place] = {
            **{slug: each.id for slug, each in owner.attributes.items() if each.id},
            **self.ids.get(place, {}),
        }
        self.schemas[place] = owner

    def to_list(self, kind: Kind, needed: Iterable[str] = ()) -> list[Kind]:
        """What is to be listed, where it is not known that the workspace has what is needed."""
        seen = self.listed.get(kind)
        if seen is not None and all(slug in seen for slug in needed):
            return []
        # The attributes of lists name objects by their ids, so both are needed.
        return [kind, "objects"] if kind == "lists" and "objects" not in self.listed else [kind]

    def put_listed(self, owner: ObjectSchema) -> None:
        """Keep an object or list that was made, or changed, without its attributes."""
        with self._lock:
            listed = self.listed.get(owner.kind)
            if listed is not None:  # else it is asked for whole
                self.listed[owner.kind] = {**listed, owner.slug: replace(owner, attributes={})}
            known = self.schemas.get((owner.kind, owner.slug))
            if known is not None:
                self.keep_schema(replace(owner, attributes=known.attributes))

    def put_attribute(
        self, kind: Kind, slug: str, attribute: AttributeSchema, former: str | None = None
    ) -> None:
        """Keep an attribute that was made, or changed: of that ``former`` slug before."""
        with self._lock:
            known = self.schemas.get((kind, slug))
            if known is None:  # its attributes are asked for when they are needed
                return
            former = former or attribute.slug
            kept = {
                (attribute.slug if each == former else each): (
                    attribute if each == former else other
                )
                for each, other in known.attributes.items()
            }
            self.keep_schema(replace(known, attributes={**kept, attribute.slug: attribute}))
            self.unlisted.discard((kind, slug, attribute.slug))
            if former != attribute.slug:
                before: Place = (kind, slug, former)
                found = self.choices.pop(before, None)
                self.titles.pop(before, None)
                if found is not None:
                    self.keep((kind, slug, attribute.slug), found)

    def put_choice(self, place: Place, choice: Choice) -> None:
        """Keep an option or status that was made, or changed."""
        with self._lock:
            known = self.choices.get(place)
            if known is None:
                return
            if any(each.id == choice.id for each in known):
                self.keep(place, [choice if each.id == choice.id else each for each in known])
            else:
                self.keep(place, [*known, choice])

    def keep(self, place: Place, found: Iterable[Choice]) -> None:
        """Keep the choices of an attribute; of namesakes the active one has the title."""
        choices = tuple(found)
        titles: dict[str, str] = {}
        for choice in sorted(choices, key=lambda choice: choice.is_archived):
            titles.setdefault(choice.title, choice.id)
        self.titles[place] = titles
        self.choices[place] = choices
