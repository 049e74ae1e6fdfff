"""What a workspace defines: objects, lists, activities, their attributes, and its members."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from attio_sandbox.bodies import is_uuid
from attio_sandbox.errors import not_found

# In the web addresses of records. All others have the form that was recorded of deals
# (facts.md 16); of custom objects it is the likelier one.
_OWN_PATHS = {"people": "person", "companies": "company"}


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
    """One attribute of a collection; `allowed` and `pair` hold numbers, not ids."""

    # In the order of the table's columns, with `owner_id` beside them: rows are read by place.
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
    options: list[Option] = field(default_factory=list[Option], init=False)

    def find_option(self, name: str, *, archived: bool = True) -> Option | None:
        """Find an option by UUID, then by exact title, then by title in any case."""
        options = self.options if archived else [o for o in self.options if not o.is_archived]
        if is_uuid(name):
            for option in options:
                if option.id == name.lower():
                    return option
        # Nobody has seen whether Attio tells case apart in titles (facts.md 14). The exact one goes
        # first, so that two titles that differ in case alone can both be reached.
        for option in options:
            if option.title == name:
                return option
        folded = name.casefold()
        return next((each for each in options if each.title.casefold() == folded), None)


@dataclass(slots=True)
class Collection:
    """What has attributes: an object, a list or an activity; all of them, in the API's order."""

    # What the API calls it in a path and in events, and the values of what it holds in a body.
    target: ClassVar[str]
    noun: ClassVar[str]
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
        """Give the attribute of that slug or UUID; raises the 404 if there is none."""
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
class Object(Collection):
    """One object."""

    target = "objects"
    noun = "object"
    values_name = "values"

    singular: str
    plural: str
    is_standard: bool

    @property
    def label(self) -> Attribute | None:
        """The attribute that names a record: `name`, else the first text that is writable."""
        # Objects of the workspace's own need not have a name, and search labels them all the same.
        named = self.by_name.get("name")
        if named is not None and not named.is_archived:
            return named
        texts = (a for a in self.active if a.is_writable and a.type in ("text", "email-address"))
        return next(texts, None)

    @property
    def url_path(self) -> str:
        """The part of a record's web address that names the object."""
        return _OWN_PATHS.get(self.slug) or f"{self.slug}/record"


@dataclass(slots=True)
class List(Collection):
    """One list; `parent` and `actor` are the numbers of its object and of who made it."""

    target = "lists"
    noun = "list"
    values_name = "entry_values"

    name: str
    parent: int
    workspace_access: str | None
    member_access: list[dict[str, str]]
    actor: int

    def is_seen_by(self, actor: int, member: str | None) -> bool:
        """Tell whether a token may see the list: it is the workspace's, or the token made it.

        A token that acts for a member sees those, too, that the member may see.
        """
        # Attio gives only the lists that a token can see (facts.md 7).
        return (
            self.workspace_access is not None
            or self.actor == actor
            or any(access["workspace_member_id"] == member for access in self.member_access)
        )


@dataclass(slots=True)
class Activity(Collection):
    """One activity: a kind of event, whose records are the events. `base` is what it extends."""

    target = "activities"
    noun = "activity"
    values_name = "values"

    singular: str
    plural: str
    is_system: bool
    # Of a table of its own, and never changed: a row that is read anew leaves it alone.
    base: str = field(default="", init=False)


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
