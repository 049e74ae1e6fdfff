"""What a request does, in names that are few: no id of a record or a person is in them."""

from __future__ import annotations

import re
from typing import NamedTuple

# What stands for itself in the paths of Attio's API; everything else names one thing of many.
WORDS = frozenset({
    "Groups", "Users", "activities", "attributes", "call_recordings", "comments", "download",
    "emails", "entries", "files", "lists", "meetings", "merge", "notes", "objects", "options",
    "query", "records", "scim", "search", "self", "sequences", "sql", "statuses", "tasks",
    "threads", "transcript", "unsubscribed_emails", "upload", "v2", "values", "views", "webhooks",
    "workspace_members",
})  # fmt: skip
TABLES = frozenset({"objects", "lists", "activities"})
ROWS = frozenset({"records", "entries"})
VERBS = frozenset({"query", "search", "merge", "upload", "download"})

_SLUG = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

ID = "{id}"


class Route(NamedTuple):
    """``operation`` and ``collection`` as ``query`` and ``people``; ``template`` is the path."""

    operation: str
    collection: str | None
    template: str

    @property
    def name(self) -> str:
        """The name of its span."""
        return " ".join(filter(None, ("attio", self.operation, self.collection)))


def route_of(method: str, path: str) -> Route:
    """What a request does, by its method and its path.

    Slugs of objects, lists and activities are kept, as a workspace has few; ids are ``{id}``.
    """
    shown: list[str] = []
    collection: str | None = None
    for part in path.partition("?")[0].strip("/").split("/"):
        before = shown[-1] if shown else ""
        if before in TABLES and part not in ROWS and part not in VERBS:
            is_slug = bool(_SLUG.fullmatch(part)) and not _ID.fullmatch(part)
            shown.append(part if is_slug else ID)
        elif part not in WORDS:
            shown.append(ID)
        else:
            shown.append(part)
            # /objects/people/records: of people; /objects/records/search: of all
            is_of_table = part in ROWS and len(shown) > 2 and shown[-3] in TABLES
            if is_of_table and before != ID:
                collection = before
            elif part not in VERBS and part not in ("values", "v2", "scim", "sql"):
                is_kept = part == "attributes" and len(shown) > 4 and shown[-3] in ROWS
                collection = collection if is_kept else part
    return Route(_operation(method, shown[-1]), collection, "/" + "/".join(shown))


def _operation(method: str, last: str) -> str:
    if last in VERBS:
        return last
    if method == "GET":
        return "list" if last in WORDS and last not in ("self", "transcript") else "get"
    if method == "POST":
        return "query" if last == "sql" else "create"
    if method == "PUT":
        return "upsert" if last in ROWS else "update"
    return {"PATCH": "update", "DELETE": "delete"}.get(method, method.lower())
