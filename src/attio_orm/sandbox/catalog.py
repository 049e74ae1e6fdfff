"""Changes of the schema: objects, lists, attributes, options and members, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.schema import Schema
from attio_orm.sandbox.standard import (
    CUSTOM_ATTRIBUTES,
    LIST_ATTRIBUTES,
    PAIRS,
    STANDARD_OBJECTS,
    StandardAttribute,
)
from attio_orm.sandbox.storage import Database

_COLUMNS = (
    "id", "owner", "slug", "title", "description", "type", "is_system", "is_writable",
    "is_required", "is_unique", "is_multi", "is_archived", "is_enriched", "default_value",
    "currency", "display_type", "allowed", "pair", "created_at",
)  # fmt: skip
_INSERT_ATTRIBUTE = (
    f"INSERT INTO attributes ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_CREATED_BY_DEFAULT = '{"type":"dynamic","template":"current-user"}'


class Catalog:
    """Writes the schema, inside the caller's transaction; the caller reads it anew after."""

    def __init__(self, database: Database, ids: Ids, now: str) -> None:
        """Take the time that new rows were created at."""
        self.database = database
        self.ids = ids
        self.now = now
        self.has_changed = False

    def found(self, token: str, slug: str, name: str) -> None:
        """Make a new workspace: its meta data, actors, owner and standard objects."""
        token_id = self.ids.new()
        meta = {
            "workspace_id": self.ids.new(),
            "slug": slug,
            "name": name,
            "token": token,
            "token_id": token_id,
            "client_id": self.ids.new(),
            "created_at": self.now,
        }
        self.database.run_many("INSERT INTO meta VALUES (?, ?)", meta.items())
        for kind, key in (("system", ""), ("api-token", token_id)):
            self.actor(kind, key)
        self.member("owner@sandbox.example", "Sandbox", "Owner", "admin")
        for standard in STANDARD_OBJECTS:
            self._object_row(standard.slug, standard.singular, standard.plural, True)
        numbers = dict(self.database.rows("SELECT slug, num FROM holders"))
        found: dict[tuple[str, str], int] = {}
        for standard in STANDARD_OBJECTS:
            owner = numbers[standard.slug]
            for attribute in standard.attributes:
                allowed = [numbers[attribute.target]] if attribute.target else []
                num = self._standard_attribute(owner, attribute, allowed)
                found[standard.slug, attribute.slug] = num
        for one, other in PAIRS:
            self.pair(found[one], found[other])

    def actor(self, kind: str, key: str) -> int:
        """Give the number of an actor, which is added where it is new."""
        self.database.run("INSERT OR IGNORE INTO actors (type, id) VALUES (?, ?)", (kind, key))
        self.has_changed = True
        row = self.database.row("SELECT num FROM actors WHERE type = ? AND id = ?", (kind, key))
        return int(row[0])

    def member(self, email: str, first_name: str, last_name: str, access_level: str) -> str:
        """Add a workspace member, who is an actor too, and give their id."""
        key = self.ids.new()
        self.database.run(
            "INSERT INTO members (id, email, first_name, last_name, access_level, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (key, email, first_name, last_name, access_level, self.now),
        )
        self.actor("workspace-member", key)
        return key

    def object(self, slug: str, singular: str, plural: str) -> str:
        """Add a custom object with the attributes that every object has; give its id."""
        key, num = self._object_row(slug, singular, plural, False)
        for attribute in CUSTOM_ATTRIBUTES:
            self._standard_attribute(num, attribute, [])
        return key

    def _object_row(self, slug: str, singular: str, plural: str, standard: bool) -> tuple[str, int]:
        names = {"name": singular, "plural": plural, "standard": standard}
        return self._holder_row("objects", slug, names)

    def list(
        self,
        slug: str,
        name: str,
        parent: int,
        workspace_access: str | None,
        member_access: Sequence[Any],
        actor: int,
    ) -> str:
        """Add a list of records of the object `parent`, made by `actor`; give its id."""
        columns = {
            "name": name,
            "parent": parent,
            "workspace_access": workspace_access,
            "member_access": msgspec.json.encode(member_access).decode(),
            "actor": actor,
        }
        key, num = self._holder_row("lists", slug, columns)
        for attribute in LIST_ATTRIBUTES:
            self._standard_attribute(num, attribute, [])
        return key

    def _holder_row(self, kind: str, slug: str, columns: dict[str, Any]) -> tuple[str, int]:
        self.has_changed = True
        key = self.ids.new()
        row = {"id": key, "kind": kind, "slug": slug, "created_at": self.now, **columns}
        num = self.database.insert(
            f"INSERT INTO holders ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        return key, num

    def view(self, holder: int, title: str, filter: str, is_archived: bool = False) -> str:
        """Add a saved view of an object or list, with its filter as JSON; give its id."""
        key = self.ids.new()
        self.database.run(
            "INSERT INTO views (id, holder, title, filter, is_archived, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (key, holder, title, filter, is_archived, self.now),
        )
        return key

    def _standard_attribute(
        self, owner: int, attribute: StandardAttribute, allowed: Sequence[int]
    ) -> int:
        system = attribute.slug in ("record_id", "created_at", "created_by")
        num, _ = self.attribute(
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
            default_value=_CREATED_BY_DEFAULT if attribute.slug == "created_by" else None,
            currency="USD" if attribute.type == "currency" else None,
            display_type="symbol" if attribute.type == "currency" else None,
            allowed=allowed,
        )
        for title in attribute.options:
            self.option(num, title)
        return num

    def attribute(self, *, allowed: Sequence[int] = (), **columns: Any) -> tuple[int, str]:
        """Add an attribute from its columns and give its number and id."""
        self.has_changed = True
        key = self.ids.new()
        row = {
            "id": key,
            "is_system": False,
            "is_writable": True,
            "is_archived": False,
            "is_enriched": False,
            "allowed": msgspec.json.encode(list(allowed)).decode() if allowed else None,
            "created_at": self.now,
            **columns,
        }
        num = self.database.insert(_INSERT_ATTRIBUTE, [row.get(name) for name in _COLUMNS])
        return num, key

    def pair(self, one: int, other: int) -> None:
        """Entangle two record-reference attributes."""
        self.database.run_many(
            "UPDATE attributes SET pair = ? WHERE num = ?", [(other, one), (one, other)]
        )

    def option(
        self, attribute: int, title: str, celebration: bool = False, target: str | None = None
    ) -> int:
        """Add a select option or a status at the end and give its number."""
        self.has_changed = True
        return self.database.insert(
            "INSERT INTO options (id, attribute, title, is_archived, celebration, target_time)"
            " VALUES (?, ?, ?, 0, ?, ?)",
            (self.ids.new(), attribute, title, celebration, target),
        )

    def change(self, table: str, num: int, columns: Iterable[tuple[str, Any]]) -> None:
        """Set columns of one row of a schema table."""
        self.has_changed = True
        for name, value in columns:
            self.database.run(f"UPDATE {table} SET {name} = ? WHERE num = ?", (value, num))

    def read(self) -> Schema:
        """Read the schema as it is now."""
        return Schema(self.database)
