"""What the page shows, read from a workspace as the API gives it: what all pages share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from attio_sandbox.requests.paging import write_cursor
from attio_sandbox.server.pages.cells import TONES, label
from attio_sandbox.server.pages.secrets import Hide
from attio_sandbox.workspace import Workspace

Target = Literal["objects", "lists", "activities"]
Row = dict[str, Any]
CHOICES = {"select": "options", "status": "statuses"}
_FOUND = 25


@dataclass(frozen=True)
class Kind:
    """A kind of collection: its title, what a collection holds, and where that is read.

    `noun` is the member of a collection that names it, `rows` the last part of the path of what
    it holds, `values` the member with the values of one. Where `has_parents`, one is shown by the
    record that it belongs to, and has no page of its own. Where `takes_more`, lists, tasks, notes
    and comments may name one. `most` is how many collections come in one answer, 0 for all.
    """

    target: Target
    title: str
    held: str
    noun: str
    rows: str
    values: str
    has_parents: bool = False
    takes_more: bool = False
    most: int = 0


KINDS: dict[Target, Kind] = {
    "objects": Kind(
        "objects", "Objects", "Records", "plural_noun", "records", "values", takes_more=True
    ),
    "lists": Kind("lists", "Lists", "Entries", "name", "entries", "entry_values", True),
    "activities": Kind(
        "activities", "Activities", "Records", "plural_noun", "records", "values", most=100
    ),
}


class PageContent:
    """Reads one workspace for one page."""

    def __init__(self, workspace: Workspace, hide: Hide = str) -> None:
        self.workspace = workspace
        self.hide = hide
        self._attributes: dict[tuple[str, str], list[Row]] = {}
        self._choices: dict[tuple[str, str, str], list[Row]] = {}
        self._collections: dict[Target, list[Row]] = {}
        self._member_names: dict[str, str] | None = None

    def collections(self) -> dict[Target, list[Row]]:
        """Give all that hold records or entries: their slugs, names and how many they hold."""
        if not self._collections:
            self._collections = {
                target: [self._collection(kind, each) for each in self._look_up_all(kind)]
                for target, kind in KINDS.items()
            }
        return self._collections

    def _look_up_all(self, kind: Kind) -> list[Row]:
        path = f"/v2/{kind.target}"
        page: list[Row] = self.workspace.look_up(path)
        found = page
        while kind.most and len(page) == kind.most:
            cursor = write_cursor([page[-1]["id"]["activity_id"]])
            page = self.workspace.look_up(path, params={"cursor": cursor})
            found = [*found, *page]
        return found

    def _collection(self, kind: Kind, each: Row) -> Row:
        slug = each["api_slug"]
        ids = each["id"]
        count = self.workspace.count(slug, target=kind.target)
        return {
            "slug": slug,
            "id": ids.get("object_id"),
            "name": each[kind.noun],
            "count": count,
            # The activity that Attio brings is in every workspace, and few have a use for it.
            "is_listed": count > 0 or not each.get("is_system_activity", False),
            "parents": each.get("parent_object", []),
        }

    def name(self, target: Target, slug: str) -> str:
        """Give what one of them is called; raises ValueError if there is none."""
        for each in self.collections()[target]:
            if each["slug"] == slug:
                return str(each["name"])
        raise ValueError(f"There is nothing of slug {slug!r} in {target}.")

    def attributes(self, target: Target, slug: str) -> list[Row]:
        """Give the attributes, archived ones too, with their options or statuses.

        Raises ValueError where there is no such object, list or activity.
        """
        key = (target, slug)
        if key not in self._attributes:
            path = f"/v2/{target}/{slug}/attributes"
            archived = {"show_archived": "true"}
            self._attributes[key] = self.workspace.look_up(path, params=archived)
        return self._attributes[key]

    def options(self, target: Target, slug: str, attribute: Mapping[str, Any]) -> list[Row]:
        """Give the options or statuses of an attribute, archived ones too: `id`, `title`, `tone`.

        The colour of one follows from its place among all there ever were, so that it stays.
        """
        kind = CHOICES.get(attribute["type"])
        if kind is None:
            return []
        key = (target, slug, attribute["api_slug"])
        if key not in self._choices:
            path = f"/v2/{target}/{slug}/attributes/{attribute['api_slug']}/{kind}"
            member = "option_id" if kind == "options" else "status_id"
            self._choices[key] = [
                {
                    "id": each["id"][member],
                    "title": each["title"],
                    "is_archived": each["is_archived"],
                    "tone": index % TONES,
                }
                for index, each in enumerate(
                    self.workspace.look_up(path, params={"show_archived": "true"})
                )
            ]
        return self._choices[key]

    def tones(
        self, target: Target, slug: str, attributes: Iterable[Mapping[str, Any]]
    ) -> dict[str, int]:
        """Give the colours of the options of some attributes, by the ids of the options."""
        return {
            one["id"]: one["tone"]
            for each in attributes
            for one in self.options(target, slug, each)
        }

    def choices(self, target: Target, slug: str) -> list[Row]:
        """Give the attributes for reading: each with the options that a value may have."""
        found: list[Row] = []
        for each in self.attributes(target, slug):
            options = [one for one in self.options(target, slug, each) if not one["is_archived"]]
            flags = [
                name
                for name, is_on in (
                    ("required", each["is_required"]),
                    ("unique", each["is_unique"]),
                    ("several values", each["is_multiselect"]),
                    ("read-only", not each["is_writable"]),
                    ("archived", each["is_archived"]),
                )
                if is_on
            ]
            found.append({**each, "options": options, "flags": flags})
        return found

    def search(self, text: str) -> list[Row]:
        """Give the records of all objects that Attio's search finds: object, id, and name."""
        slugs = [each["slug"] for each in self.collections()["objects"]]
        if not text or not slugs:
            return []
        asked = {
            "query": text,
            "objects": slugs,
            "request_as": {"type": "workspace"},
            "limit": _FOUND,
        }
        return [
            {
                "object": each["object_slug"],
                "object_name": self.name("objects", each["object_slug"]),
                "id": each["id"]["record_id"],
                "label": each["record_text"].strip() or each["id"]["record_id"][:8],
                "more": [*each.get("email_addresses", ()), *each.get("domains", ())][:3],
            }
            for each in self.workspace.look_up("/v2/objects/records/search", json=asked)
        ]

    def members(self) -> list[Row]:
        """Give the members of the workspace."""
        found: list[Row] = self.workspace.look_up("/v2/workspace_members")
        return found

    def member_names(self) -> dict[str, str]:
        """Give what the members are called, by their ids."""
        if self._member_names is None:
            self._member_names = {
                each["id"]["workspace_member_id"]: (
                    f"{each['first_name']} {each['last_name']}".strip() or each["email_address"]
                )
                for each in self.members()
            }
        return self._member_names

    def find_member(self, text: str) -> str | None:
        """Give the id of the member of that name, e-mail address or id."""
        wanted = text.casefold()
        names = self.member_names()
        for each in self.members():
            key: str = each["id"]["workspace_member_id"]
            if wanted in (names[key].casefold(), each["email_address"].casefold(), key):
                return key
        return None

    def names(self, values: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """Give what the members, and the records that these values name, are called, by id."""
        wanted: dict[str, dict[str, None]] = {}
        for value in values:
            if "target_record_id" in value:
                wanted.setdefault(value["target_object"], {})[value["target_record_id"]] = None
        names = dict(self.member_names())
        for slug, keys in wanted.items():
            attributes = self.attributes("objects", slug)
            ids = list(keys)
            for start in range(0, len(ids), 500):  # the largest page
                chosen = {"record_id": {"$in": ids[start : start + 500]}}
                query = {"filter": chosen, "limit": 500}
                for each in self.workspace.look_up(f"/v2/objects/{slug}/records/query", json=query):
                    key = each["id"]["record_id"]
                    names[key] = label(each["values"], attributes, key)
        return names
