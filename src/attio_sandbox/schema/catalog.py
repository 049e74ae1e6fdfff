"""Changes of the schema: objects, lists, activities, attributes, members; in rows and memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from attio_sandbox.ids import Ids
from attio_sandbox.schema.definitions import Activity, Attribute, List, Object, Option
from attio_sandbox.schema.schema import Schema
from attio_sandbox.schema.standard import (
    ACTIVITY_ATTRIBUTES,
    CUSTOM_ATTRIBUTES,
    LIST_ATTRIBUTES,
    PAIRS,
    PHONE_CALLS,
    STANDARD_OBJECTS,
    StandardAttribute,
)
from attio_sandbox.storage import Database

# What Attio's own attributes are filled with (facts.md 3 and 16): of nobody's choice, but shown.
_DEFAULTS = {
    "created_at": '{"type":"dynamic","template":"PT0S"}',
    "created_by": '{"type":"dynamic","template":"current-user"}',
}
# So many ids of a standard attribute's options are drawn, and those of the others follow from the
# attribute's. What is drawn before the records of the made-up CRM decides their ids, which pages
# and tests show: a longer list of options is not to change them.
_DRAWN = 12


class Catalog:
    """Writes the schema, inside the caller's transaction; `now` is when new rows were created."""

    def __init__(self, schema: Schema, ids: Ids, now: str) -> None:
        self.schema = schema
        self.ids = ids
        self.now = now

    def actor(self, kind: str, key: str) -> int:
        """Give the number of an actor, which is added where it is new."""
        # From memory: it is current, as only this process can write before the transaction ends.
        found = self.schema.actor_number(kind, key)
        return self.schema.add("actors", type=kind, id=key) if found is None else found

    def member(self, email: str, first_name: str, last_name: str, access_level: str) -> str:
        """Add a workspace member, who is an actor too, and give their id."""
        key = self.ids.new()
        self.schema.add(
            "members",
            id=key,
            email=email,
            first_name=first_name,
            last_name=last_name,
            access_level=access_level,
            created_at=self.now,
        )
        self.actor("workspace-member", key)
        return key

    def object(self, slug: str, singular: str, plural: str) -> Object:
        """Add a custom object with the attributes that every object has."""
        num = self._collection("objects", slug, name=singular, plural=plural, standard=False)
        for attribute in CUSTOM_ATTRIBUTES:
            self._standard_attribute(num, attribute, [])
        return self.schema.objects_by_num[num]

    def list(
        self,
        slug: str,
        name: str,
        parent: int,
        workspace_access: str | None,
        member_access: Sequence[Any],
        actor: int,
    ) -> List:
        """Add a list of records of the object `parent`, made by `actor`."""
        num = self._collection(
            "lists",
            slug,
            name=name,
            parent=parent,
            workspace_access=workspace_access,
            member_access=msgspec.json.encode(member_access).decode(),
            actor=actor,
        )
        for attribute in LIST_ATTRIBUTES:
            self._standard_attribute(num, attribute, [])
        return self.schema.lists_by_num[num]

    def activity(
        self, slug: str, singular: str, plural: str, base: str, *, is_system: bool = False
    ) -> Activity:
        """Add an activity that extends `base`."""
        num = self._collection("activities", slug, name=singular, plural=plural, standard=is_system)
        # In a table of its own: those of older files keep the columns they have.
        self.schema.add("activity_bases", num=num, base=base)
        for attribute in ACTIVITY_ATTRIBUTES:
            self._standard_attribute(num, attribute, [])
        return self.schema.activities_by_num[num]

    def add_system_activity(self) -> None:
        """Add the activity that Attio brings, where it is not there."""
        if not any(each.is_system for each in self.schema.activities):
            self.activity(*PHONE_CALLS, is_system=True)

    def _collection(self, kind: str, slug: str, **columns: Any) -> int:
        names = {"id": self.ids.new(), "kind": kind, "slug": slug, "created_at": self.now}
        return self.schema.add("holders", **names, **columns)

    def add_standard_objects(self) -> None:
        """Add the five objects that Attio brings, with their attributes, options and pairs."""
        for each in STANDARD_OBJECTS:
            self._collection(
                "objects", each.slug, name=each.singular, plural=each.plural, standard=True
            )
        # The objects first, all of them: they refer to each other.
        found: dict[tuple[str, str], int] = {}
        for each in STANDARD_OBJECTS:
            owner = self.schema.object(each.slug).num
            for attribute in each.attributes:
                allowed = [self.schema.object(attribute.target).num] if attribute.target else []
                num = self._standard_attribute(owner, attribute, allowed)
                found[each.slug, attribute.slug] = num
        for one, other in PAIRS:
            self.pair(found[one], found[other])

    def _standard_attribute(
        self, owner: int, attribute: StandardAttribute, allowed: Sequence[int]
    ) -> int:
        system = attribute.slug in ("record_id", "created_at", "created_by")
        made = self.attribute(
            owner=owner,
            slug=attribute.slug,
            title=attribute.title,
            type=attribute.type,
            is_system=True,
            is_writable=not attribute.has("x"),
            is_required=attribute.has("r"),
            is_unique=attribute.has("u"),
            is_multi=attribute.has("m"),
            is_enriched=attribute.has("x") and not system,
            description=attribute.description,
            default_value=_DEFAULTS.get(attribute.slug),
            currency="USD" if attribute.type == "currency" else None,
            display_type="symbol" if attribute.type == "currency" else None,
            allowed=allowed,
        )
        # Options keep the order they were made in: they are listed and sorted by it (facts.md 3).
        for place, title in enumerate(attribute.options):
            self.option(made.num, title, key=None if place < _DRAWN else _option_id(made, title))
        return made.num

    def attribute(self, *, allowed: Sequence[int] = (), **columns: Any) -> Attribute:
        """Add an attribute from its columns."""
        row = {
            "id": self.ids.new(),
            "is_system": False,
            "is_writable": True,
            "is_archived": False,
            "is_enriched": False,
            "allowed": msgspec.json.encode(list(allowed)).decode() if allowed else None,
            "created_at": self.now,
        }
        return self.schema.attributes[self.schema.add("attributes", **row | columns)]

    def pair(self, one: int, other: int) -> None:
        """Entangle two record-reference attributes."""
        self.change("attributes", one, [("pair", other)])
        self.change("attributes", other, [("pair", one)])

    def option(
        self,
        attribute: int,
        title: str,
        celebration: bool = False,
        target: str | None = None,
        *,
        key: str | None = None,
    ) -> tuple[Attribute, Option]:
        """Add a select option or a status at the end of those of an attribute; give both."""
        num = self.schema.add(
            "options",
            id=key or self.ids.new(),
            attribute=attribute,
            title=title,
            is_archived=False,
            celebration=celebration,
            target_time=target,
        )
        return self.schema.options[num]

    def change(self, table: str, num: int, columns: Iterable[tuple[str, Any]]) -> None:
        """Set columns of one row of a table of the schema."""
        # `table` and the names are ours, never of a request.
        for name, value in columns:
            self.schema.database.run(f"UPDATE {table} SET {name} = ? WHERE num = ?", (value, num))
        self.schema.read(table, num)


def _option_id(attribute: Attribute, title: str) -> str:
    return str(uuid.uuid5(uuid.UUID(attribute.id), title))


def create_schema(database: Database, ids: Ids, now: str, **meta: str) -> Catalog:
    """Make the schema of a new workspace: what `meta` says of it, its owner, the standard objects.

    The first token acts from the beginning, so that its id is among the meta data.
    """
    token_id = ids.new()
    meta |= {"workspace_id": ids.new(), "token_id": token_id, "client_id": ids.new()}
    database.run_many("INSERT INTO meta VALUES (?, ?)", (meta | {"created_at": now}).items())
    catalog = Catalog(Schema(database), ids, now)
    catalog.actor("system", "")
    catalog.actor("api-token", token_id)
    catalog.member("owner@sandbox.example", "Sandbox", "Owner", "admin")
    catalog.add_standard_objects()
    return catalog
