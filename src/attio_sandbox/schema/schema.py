"""The schema of a workspace in memory, and the tables it is read from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import fields
from typing import Any, TypeVar

import msgspec

from attio_sandbox.bodies import is_uuid
from attio_sandbox.errors import not_found
from attio_sandbox.schema.definitions import (
    Activity,
    Attribute,
    Collection,
    List,
    Member,
    Object,
    Option,
)
from attio_sandbox.storage import Database

# `holders` are the objects, lists and activities: all have attributes, and records or entries. Rows
# are read by their place, so that columns keep the order that files of today have them in; what
# an activity extends is beside them, by the number of its holder.
TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE actors (
    num INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (type, id));
CREATE TABLE members (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, access_level TEXT NOT NULL,
    created_at TEXT NOT NULL);
CREATE TABLE holders (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, slug TEXT NOT NULL,
    created_at TEXT NOT NULL, name TEXT NOT NULL, plural TEXT, standard INTEGER,
    parent INTEGER, workspace_access TEXT, member_access TEXT, actor INTEGER,
    UNIQUE (kind, slug));
CREATE TABLE activity_bases (num INTEGER PRIMARY KEY, base TEXT NOT NULL);
CREATE TABLE attributes (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner INTEGER NOT NULL,
    slug TEXT NOT NULL, title TEXT NOT NULL, description TEXT, type TEXT NOT NULL,
    is_system INTEGER NOT NULL, is_writable INTEGER NOT NULL, is_required INTEGER NOT NULL,
    is_unique INTEGER NOT NULL, is_multi INTEGER NOT NULL, is_archived INTEGER NOT NULL,
    is_enriched INTEGER NOT NULL, default_value TEXT, currency TEXT, display_type TEXT,
    allowed TEXT, pair INTEGER, created_at TEXT NOT NULL, UNIQUE (owner, slug));
CREATE TABLE options (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, attribute INTEGER NOT NULL,
    title TEXT NOT NULL, is_archived INTEGER NOT NULL, celebration INTEGER NOT NULL,
    target_time TEXT, UNIQUE (attribute, title));
"""

Made = TypeVar("Made")
Named = TypeVar("Named", Object, List, Activity, Attribute)


class Schema:
    """All of a workspace that is not records, kept in memory; used under the database's lock.

    Rows are taken one by one as they are written (`add`, `read`), so that making an attribute costs
    the same however many there are. Where another process changed the file, or a transaction was
    undone, a new Schema takes the place of this one.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.meta: dict[str, str] = dict(database.rows("SELECT key, value FROM meta"))
        self.workspace_id = self.meta["workspace_id"]
        self.objects: list[Object] = []
        self.lists: list[List] = []
        self.activities: list[Activity] = []
        self.objects_by_num: dict[int, Object] = {}
        self.lists_by_num: dict[int, List] = {}
        self.activities_by_num: dict[int, Activity] = {}
        self.attributes: dict[int, Attribute] = {}
        self.options: dict[int, tuple[Attribute, Option]] = {}
        self.members: list[Member] = []
        self.actors: dict[int, tuple[str, str | None]] = {}
        self.has_changed = False
        self._actor_numbers: dict[tuple[str, str | None], int] = {}
        self._objects_by_name: dict[str, Object] = {}
        self._lists_by_name: dict[str, List] = {}
        self._activities_by_name: dict[str, Activity] = {}
        self._cache: dict[Hashable, Any] = {}
        self._takers: dict[str, Callable[..., None]] = {
            # In this order: an attribute looks for what has it, an option for its attribute.
            "holders": self._take_collection,
            "activity_bases": self._take_base,
            "attributes": self._take_attribute,
            "options": self._take_option,
            "members": self._take_member,
            "actors": self._take_actor,
        }
        self._columns: dict[str, list[str]] = {}
        for table, take in self._takers.items():
            rows = database.run(f"SELECT * FROM {table} ORDER BY num")
            _, *self._columns[table] = (name for name, *_ in rows.description)
            for row in rows:
                take(*row)

    # In step with the tables

    def add(self, table: str, **columns: Any) -> int:
        """Add a row, take it into memory too, and give its number."""
        num = self.database.insert(table, **columns)
        # As it was given: reading it back would double the statements that a new workspace takes.
        self._takers[table](num, *map(columns.get, self._columns[table]))
        self.touch()
        return num

    def read(self, table: str, num: int) -> None:
        """Take a row that was changed into memory, as it is now."""
        self._takers[table](*self.database.row(f"SELECT * FROM {table} WHERE num = ?", (num,)))
        self.touch()

    def remove_attribute(self, attribute: Attribute) -> None:
        """Delete an attribute with its options; of values of it there is none left."""
        owner = self.collection(attribute.owner)
        owner.attributes = [each for each in owner.attributes if each is not attribute]
        del owner.by_name[attribute.slug], owner.by_name[attribute.id]
        del self.attributes[attribute.num]
        for option in attribute.options:
            del self.options[option.num]
        self.database.run("DELETE FROM options WHERE attribute = ?", (attribute.num,))
        self.database.run("DELETE FROM attributes WHERE num = ?", (attribute.num,))
        self.touch()

    def remove_collection(self, collection: Collection) -> None:
        """Delete a collection with its attributes; of what it held there is none left."""
        for attribute in collection.attributes:
            self.remove_attribute(attribute)
        if isinstance(collection, Object):
            self.objects = [each for each in self.objects if each is not collection]
            del self.objects_by_num[collection.num]
            names: dict[str, Any] = self._objects_by_name
        elif isinstance(collection, Activity):
            self.activities = [each for each in self.activities if each is not collection]
            del self.activities_by_num[collection.num]
            names = self._activities_by_name
            self.database.run("DELETE FROM activity_bases WHERE num = ?", (collection.num,))
        else:
            self.lists = [each for each in self.lists if each is not collection]
            del self.lists_by_num[collection.num]
            names = self._lists_by_name
        del names[collection.slug], names[collection.id]
        self.database.run("DELETE FROM holders WHERE num = ?", (collection.num,))
        self.touch()

    def touch(self) -> None:
        """Forget what others made of the schema, as something about the workspace has changed."""
        self.has_changed = True
        self._cache.clear()

    def cached(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Give what `make` gives, which is called once for each state of the schema."""
        found: Made | None = self._cache.get(key)
        if found is None:
            # Tokens are looked up outside of calls, by the threads of a server: what they find has
            # to be noted before a call can change it.
            with self.database.lock:
                found = self._cache[key] = make()
        return found

    def _take_collection(
        self, num: int, key: str, kind: str, slug: str, created_at: str, name: str, *rest: Any
    ) -> None:
        plural, is_standard, parent, access, member_access, actor = rest
        if kind == Object.target:
            made = Object(num, key, slug, created_at, name, plural, bool(is_standard))
            object_ = _take(self.objects_by_num, self._objects_by_name, made)
            if object_ is made:
                self.objects.append(made)
            return
        if kind == Activity.target:
            activity = Activity(num, key, slug, created_at, name, plural, bool(is_standard))
            if _take(self.activities_by_num, self._activities_by_name, activity) is activity:
                self.activities.append(activity)
            return
        members = msgspec.json.decode(member_access)
        new = List(num, key, slug, created_at, name, parent, access, members, actor)
        if _take(self.lists_by_num, self._lists_by_name, new) is new:
            self.lists.append(new)

    def _take_base(self, num: int, base: str) -> None:
        self.activities_by_num[num].base = base

    def _take_attribute(self, num: int, key: str, owner: int, *rest: Any) -> None:
        row = list(rest)
        row[4:11] = map(bool, row[4:11])  # the flags: SQLite has no booleans
        row[11] = None if row[11] is None else msgspec.json.decode(row[11])  # default_value
        row[14] = tuple(msgspec.json.decode(row[14])) if row[14] else ()  # allowed
        collection = self.collection(owner)
        made = Attribute(num, key, owner, collection.id, *row)
        if _take(self.attributes, collection.by_name, made) is made:
            collection.attributes.append(made)

    def _take_option(
        self, num: int, key: str, attribute: int, title: str, archived: int, celebration: int,
        target_time: str | None
    ) -> None:  # fmt: skip
        option = Option(num, key, title, bool(archived), bool(celebration), target_time)
        if num in self.options:
            _renew(self.options[num][1], option)
        else:
            self.options[num] = (self.attributes[attribute], option)
            self.attributes[attribute].options.append(option)

    # Members and actors are never changed: Attio suspends a member, and deletes none (facts.md 8).

    def _take_member(self, *row: Any) -> None:
        self.members.append(Member(*row))

    def _take_actor(self, num: int, kind: str, key: str) -> None:
        # The actor "system" has no id (facts.md 0), and an empty one in its row.
        self.actors[num] = (kind, key or None)
        self._actor_numbers[kind, key or None] = num

    # Looking up

    def collection(self, num: int) -> Collection:
        """Give the object, list or activity of that number."""
        found = self.objects_by_num.get(num) or self.lists_by_num.get(num)
        return found or self.activities_by_num[num]

    def find_object(self, name: str) -> Object | None:
        """Find an object by slug or UUID."""
        return self._objects_by_name.get(name.lower() if is_uuid(name) else name)

    def object(self, name: str) -> Object:
        """Give the object of that slug or UUID; raises the 404 if there is none."""
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
        if found is None or not self.sees(actor, found):
            raise not_found(f'List with slug/ID "{name}" not found.')
        return found

    def find_activity(self, name: str) -> Activity | None:
        """Find an activity by slug or UUID."""
        return self._activities_by_name.get(name.lower() if is_uuid(name) else name)

    def activity(self, name: str) -> Activity:
        """Give the activity of that slug or UUID; raises the 404 if there is none."""
        found = self.find_activity(name)
        if found is None:
            raise not_found(f'Activity with slug/ID "{name}" not found.')
        return found

    def sees(self, actor: int, found: List) -> bool:
        """Tell whether an actor may see a list."""
        kind, key = self.actors[actor]
        return found.is_seen_by(actor, key if kind == "workspace-member" else None)

    def find(self, target: str, name: str) -> Collection | None:
        """Find what `target` says by slug or UUID, whoever may see it."""
        if target == Activity.target:
            return self.find_activity(name)
        return self.find_list(name) if target == List.target else self.find_object(name)

    def find_member(self, name: str) -> Member | None:
        """Find a member by UUID or e-mail address, in any case."""
        wanted = name.lower()  # e-mail addresses are the same in any case (facts.md 4.1)
        return next((m for m in self.members if wanted in (m.id, m.email.lower())), None)

    def actor_number(self, kind: str, key: str | None = None) -> int | None:
        """Give the number of an actor by type and id, None where nobody of that id has acted."""
        return self._actor_numbers.get((kind, key))

    def member_actor(self, name: str) -> int | None:
        """Give the actor number of the member of that id or e-mail address, or None."""
        member = self.find_member(name)
        return None if member is None else self.actor_number("workspace-member", member.id)

    @property
    def own_actor(self) -> int:
        """The number of the actor of the workspace's first token, which set-up acts as."""
        return self._actor_numbers["api-token", self.meta["token_id"]]


def _take(known: dict[int, Named], names: dict[str, Named], made: Named) -> Named:
    """Note what a row defines, by number and by name; give `made`, or what was known, renewed."""
    found = known.setdefault(made.num, made)
    if found is not made:
        del names[found.slug]
        _renew(found, made)
    names[found.slug] = names[found.id] = found
    return found


def _renew(known: Named | Option, made: Named | Option) -> None:
    """Give `known` the fields of the row as it is now: whoever holds it sees the change."""
    for each in fields(made):
        if each.init:
            setattr(known, each.name, getattr(made, each.name))
