"""The schema of a workspace in memory: objects, lists, attributes, options, members, actors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from attio_orm.sandbox.bodies import is_uuid
from attio_orm.sandbox.errors import not_found
from attio_orm.sandbox.storage import Database

STANDARD_PATHS = {
    "people": "person",
    "companies": "company",
    "deals": "deal",
    "users": "user",
    "workspaces": "workspace",
}


@dataclass(slots=True)
class Option:
    """One select option or status."""

    num: int
    id: str
    title: str
    is_archived: bool
    celebration: bool
    target_time: str | None


@dataclass(slots=True)
class Attribute:
    """One attribute of an object or list; `allowed` and `pair` hold numbers, not ids."""

    num: int
    id: str
    owner: int
    owner_id: str
    slug: str
    title: str
    description: str | None
    type: str
    is_system: bool
    is_writable: bool
    is_required: bool
    is_unique: bool
    is_multi: bool
    is_archived: bool
    is_enriched: bool
    default_value: Any
    currency: str | None
    display_type: str | None
    allowed: tuple[int, ...]
    pair: int | None
    created_at: str
    options: list[Option] = field(default_factory=list[Option])

    def find_option(self, name: str, *, archived: bool = True) -> Option | None:
        """Find an option by UUID, then by exact title, then by title in any case."""
        options = self.options if archived else [o for o in self.options if not o.is_archived]
        if is_uuid(name):
            for option in options:
                if option.id == name.lower():
                    return option
        for option in options:
            if option.title == name:
                return option
        folded = name.casefold()
        for option in options:
            if option.title.casefold() == folded:
                return option
        return None


@dataclass(slots=True)
class Holder:
    """What has attributes: an object or a list; they come in the order of the API, all of them."""

    # What the API calls it in a path, and the values of what it holds in a body.
    target: ClassVar[str]
    values_name: ClassVar[str]

    num: int
    id: str
    slug: str
    created_at: str
    attributes: list[Attribute] = field(default_factory=list[Attribute], init=False)
    by_name: dict[str, Attribute] = field(default_factory=dict[str, Attribute], init=False)

    def find(self, name: str) -> Attribute | None:
        """Find an attribute by slug or UUID, archived or not."""
        return self.by_name.get(name.lower() if is_uuid(name) else name)

    def attribute(self, name: str) -> Attribute:
        """Give the attribute of that slug or UUID; raises the 404 where there is none."""
        found = self.find(name)
        if found is None:
            raise not_found(f'Attribute with slug/ID "{name}" not found.')
        return found

    @property
    def active(self) -> list[Attribute]:
        """The attributes that are not archived, in order."""
        return [a for a in self.attributes if not a.is_archived]

    def is_named(self, name: str) -> bool:
        """Tell whether `name` is its slug or its UUID."""
        return name == self.slug or name.lower() == self.id


@dataclass(slots=True)
class Object(Holder):
    """One object."""

    target = "objects"
    values_name = "values"

    singular: str
    plural: str
    is_standard: bool

    @property
    def label(self) -> Attribute | None:
        """The attribute that names a record: `name`, else the first text that is writable."""
        named = self.by_name.get("name")
        if named is not None and not named.is_archived:
            return named
        texts = (a for a in self.active if a.is_writable and a.type in ("text", "email-address"))
        return next(texts, None)

    @property
    def url_path(self) -> str:
        """The part of a record's web address that names the object."""
        return STANDARD_PATHS.get(self.slug) or f"custom/{self.slug}"


@dataclass(slots=True)
class List(Holder):
    """One list; `parent` and `actor` are the numbers of its object and of who made it."""

    target = "lists"
    values_name = "entry_values"

    name: str
    parent: int
    workspace_access: str | None
    member_access: list[dict[str, str]]
    actor: int

    def is_seen_by(self, actor: int) -> bool:
        """Tell whether a token may see the list: it is the workspace's, or the token made it."""
        return self.workspace_access is not None or self.actor == actor


@dataclass(slots=True)
class Member:
    """One workspace member."""

    num: int
    id: str
    email: str
    first_name: str
    last_name: str
    access_level: str
    created_at: str


class Schema:
    """All of a workspace that is not records, read from the database in one go."""

    def __init__(self, database: Database) -> None:
        """Read everything."""
        self.meta: dict[str, str] = dict(database.rows("SELECT key, value FROM meta"))
        self.workspace_id = self.meta["workspace_id"]
        self.objects: list[Object] = []
        self.lists: list[List] = []
        self.objects_by_num: dict[int, Object] = {}
        self.holders: dict[int, Holder] = {}
        self.attributes: dict[int, Attribute] = {}
        self.options: dict[int, tuple[Attribute, Option]] = {}
        self._objects_by_name: dict[str, Object] = {}
        self._lists_by_name: dict[str, List] = {}
        self._read_holders(database)
        self._read_attributes(database)
        self.members = [Member(*row) for row in database.rows("SELECT * FROM members ORDER BY num")]
        self.actors: dict[int, tuple[str, str | None]] = {
            num: (kind, key or None)
            for num, kind, key in database.rows("SELECT num, type, id FROM actors")
        }
        self.plans: dict[int, Any] = {}

    def _read_holders(self, database: Database) -> None:
        for row in database.rows("SELECT * FROM holders ORDER BY num"):
            num, key, kind, slug, created, name, plural, standard = row[:8]
            if kind == Object.target:
                found = Object(num, key, slug, created, name, plural, bool(standard))
                self.objects.append(found)
                self.objects_by_num[num] = self.holders[num] = found
                self._objects_by_name[slug] = self._objects_by_name[key] = found
            else:
                parent, access, members, actor = row[8:]
                decoded = msgspec.json.decode(members)
                list_ = List(num, key, slug, created, name, parent, access, decoded, actor)
                self.lists.append(list_)
                self.holders[num] = list_
                self._lists_by_name[slug] = self._lists_by_name[key] = list_

    def _read_attributes(self, database: Database) -> None:
        for row in database.rows("SELECT * FROM attributes ORDER BY num"):
            num, key, owner, slug, title, description, kind, *flags = row[:14]
            default, currency, display, allowed, pair, created = row[14:]
            system, writable, required, unique, multi, archived, enriched = map(bool, flags)
            found = Attribute(
                num=num,
                id=key,
                owner=owner,
                owner_id=self.holders[owner].id,
                slug=slug,
                title=title,
                description=description,
                type=kind,
                is_system=system,
                is_writable=writable,
                is_required=required,
                is_unique=unique,
                is_multi=multi,
                is_archived=archived,
                is_enriched=enriched,
                default_value=None if default is None else msgspec.json.decode(default),
                currency=currency,
                display_type=display,
                allowed=tuple(msgspec.json.decode(allowed)) if allowed else (),
                pair=pair,
                created_at=created,
            )
            self.attributes[num] = found
            holder = self.holders[owner]
            holder.attributes.append(found)
            holder.by_name[slug] = holder.by_name[key] = found
        for num, key, attribute, title, archived, celebration, target in database.rows(
            "SELECT * FROM options ORDER BY num"
        ):
            option = Option(num, key, title, bool(archived), bool(celebration), target)
            self.attributes[attribute].options.append(option)
            self.options[num] = (self.attributes[attribute], option)

    def find_object(self, name: str) -> Object | None:
        """Find an object by slug or UUID."""
        return self._objects_by_name.get(name.lower() if is_uuid(name) else name)

    def object(self, name: str) -> Object:
        """Give the object of that slug or UUID; raises the 404 where there is none."""
        found = self.find_object(name)
        if found is None:
            raise not_found(f'Object with slug/ID "{name}" not found.')
        return found

    def find_list(self, name: str) -> List | None:
        """Find a list by slug or UUID."""
        return self._lists_by_name.get(name.lower() if is_uuid(name) else name)

    def get_list(self, name: str, actor: int) -> List:
        """Give the list of that slug or UUID; raises the 404 where `actor` sees none."""
        found = self.find_list(name)
        if found is None or not found.is_seen_by(actor):
            raise not_found(f'List with slug/ID "{name}" not found.')
        return found

    def find_member(self, name: str) -> Member | None:
        """Find a member by UUID or e-mail address, in any case."""
        wanted = name.lower()
        return next((m for m in self.members if wanted in (m.id, m.email.lower())), None)
