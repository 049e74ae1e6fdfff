"""What the page shows, read from a workspace as the API gives it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import unquote

from attio_sandbox.server.pages.cells import ON_A_RECORD, cell, label, moment, pretty
from attio_sandbox.server.pages.secrets import HIDDEN, Hide, is_secret
from attio_sandbox.workspace import Workspace

PAGE = 50
COLUMNS = 6
SHOWN_REQUESTS = 100
SHOWN_DELIVERIES = 100
Target = Literal["objects", "lists"]
Row = dict[str, Any]

_SEARCHED = {
    "text": "value",
    "personal-name": "full_name",
    "email-address": "email_address",
    "domain": "domain",
    "phone-number": "phone_number",
}
_UNSEEN = ("interaction",)


class PageContent:
    """Reads one workspace for one page."""

    def __init__(self, workspace: Workspace, hide: Hide = str) -> None:
        self.workspace = workspace
        self.hide = hide
        self._attributes: dict[tuple[str, str], list[Row]] = {}

    def collections(self) -> dict[Target, list[Row]]:
        """Give the objects and lists, each with its slug, name and how many it holds."""
        return {
            "objects": [
                self._collection("objects", each["api_slug"], each["plural_noun"])
                for each in self.workspace.look_up("/v2/objects")
            ],
            "lists": [
                self._collection("lists", each["api_slug"], each["name"])
                | {"parents": each["parent_object"]}
                for each in self.workspace.look_up("/v2/lists")
            ],
        }

    def _collection(self, target: Target, slug: str, name: str) -> Row:
        return {"slug": slug, "name": name, "count": self.workspace.count(slug, target=target)}

    def attributes(self, target: Target, slug: str) -> list[Row]:
        """Give the attributes, archived ones too, with their options or statuses.

        Raises ValueError where there is no such object or list.
        """
        key = (target, slug)
        if key not in self._attributes:
            path = f"/v2/{target}/{slug}/attributes"
            archived = {"show_archived": "true"}
            self._attributes[key] = self.workspace.look_up(path, params=archived)
        return self._attributes[key]

    def choices(self, target: Target, slug: str) -> list[Row]:
        """Give the attributes for reading: each with the titles that a value may have."""
        found: list[Row] = []
        for each in self.attributes(target, slug):
            kind = {"select": "options", "status": "statuses"}.get(each["type"])
            titles: list[str] = []
            if kind is not None:
                path = f"/v2/{target}/{slug}/attributes/{each['api_slug']}/{kind}"
                titles = [one["title"] for one in self.workspace.look_up(path)]
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
            found.append({**each, "titles": titles, "flags": flags})
        return found

    def records(self, slug: str, search: str, page: int) -> Row:
        """Give a page of records, newest first, of those that have the search text anywhere."""
        attributes = self.attributes("objects", slug)
        query: Row = _newest(page)
        if search:
            query["filter"] = {
                "$or": [
                    {each["api_slug"]: {_SEARCHED[each["type"]]: {"$contains": search}}}
                    for each in attributes
                    if each["type"] in _SEARCHED
                    and not each["is_archived"]
                    and each["api_slug"] != "record_id"
                ]
            }
        found = self.workspace.look_up(f"/v2/objects/{slug}/records/query", json=query)
        shown = found[:PAGE]
        columns = _columns(attributes, [each["values"] for each in shown])
        names = self._names(_values(each["values"] for each in shown))
        rows = [
            {
                "id": each["id"]["record_id"],
                "label": label(each["values"], attributes, each["id"]["record_id"]),
                "cells": _cells(columns, each["values"], names),
                "created_at": moment(each["created_at"]),
            }
            for each in shown
        ]
        return {"columns": columns, "rows": rows, "has_more": len(found) > PAGE}

    def entries(self, slug: str, page: int) -> Row:
        """Give a page of the entries of a list, newest first, each with its parent record."""
        attributes = self.attributes("lists", slug)
        found = self.workspace.look_up(f"/v2/lists/{slug}/entries/query", json=_newest(page))
        shown = found[:PAGE]
        columns = _columns(attributes, [each["entry_values"] for each in shown])
        parents = [_reference(each["parent_object"], each["parent_record_id"]) for each in shown]
        names = self._names([*_values(each["entry_values"] for each in shown), *parents])
        rows = [
            {
                "parent": cell(parent, names),
                "cells": _cells(columns, each["entry_values"], names),
                "created_at": moment(each["created_at"]),
            }
            for each, parent in zip(shown, parents, strict=True)
        ]
        return {"columns": columns, "rows": rows, "has_more": len(found) > PAGE}

    def record(self, slug: str, key: str) -> Row:
        """Give one record with its values, history, and what hangs on it.

        Raises ValueError where there is none.
        """
        found = self.workspace.look_up(f"/v2/objects/{slug}/records/{key}")
        attributes = self.attributes("objects", slug)
        histories = {each["api_slug"]: self._history(slug, key, each) for each in attributes}
        tasks = self.workspace.look_up(
            "/v2/tasks", params={"linked_object": slug, "linked_record_id": key}
        )
        names = self._names(
            [
                *_values([found["values"]]),
                *(value for history in histories.values() for value in history),
                *(one for task in tasks for one in task["assignees"]),
            ]
        )
        values = [
            {
                "title": each["title"],
                "slug": each["api_slug"],
                "type": each["type"],
                "cells": [
                    cell(value, names, ON_A_RECORD) for value in found["values"][each["api_slug"]]
                ],
                "history": [
                    {
                        "cell": cell(value, names),
                        "from": moment(value["active_from"]),
                        "until": moment(value["active_until"]),
                        "actor": _actor(value["created_by_actor"], names),
                    }
                    for value in histories[each["api_slug"]]
                ],
            }
            for each in attributes
            if each["api_slug"] in found["values"]
        ]
        return {
            "id": key,
            "label": label(found["values"], attributes, key),
            "created_at": moment(found["created_at"]),
            "values": [each for each in values if each["cells"] or each["history"]],
            "empty": [each["title"] for each in values if not (each["cells"] or each["history"])],
            "entries": self._entries_of(slug, key),
            "tasks": [_task(each, names) for each in tasks],
            "notes": self._notes(slug, key),
            "threads": self._threads(slug, key),
        }

    def _history(self, slug: str, key: str, attribute: Mapping[str, Any]) -> list[Row]:
        """The values of an attribute over time, where there was more than what there is."""
        path = f"/v2/objects/{slug}/records/{key}/attributes/{attribute['api_slug']}/values"
        try:
            found: list[Row] = self.workspace.look_up(path, params={"show_historic": "true"})
        except ValueError:  # Attio keeps none for such attributes
            return []
        return found if any(value["active_until"] for value in found) else []

    def _entries_of(self, slug: str, key: str) -> list[Row]:
        titles = {each["api_slug"]: each["name"] for each in self.workspace.look_up("/v2/lists")}
        return [
            {
                "list": each["list_api_slug"],
                "name": titles.get(each["list_api_slug"], each["list_api_slug"]),
                "created_at": moment(each["created_at"]),
            }
            for each in self.workspace.look_up(f"/v2/objects/{slug}/records/{key}/entries")
        ]

    def _notes(self, slug: str, key: str) -> list[Row]:
        params = {"parent_object": slug, "parent_record_id": key, "limit": "50"}
        return [
            {
                "title": each["title"],
                "created_at": moment(each["created_at"]),
                "text": cell(_text(each["content_markdown"]), {}, ON_A_RECORD).text,
            }
            for each in self.workspace.look_up("/v2/notes", params=params)
        ]

    def _threads(self, slug: str, key: str) -> list[list[Row]]:
        params = {"object": slug, "record_id": key, "limit": "50"}
        names = self._members()
        return [
            [
                {
                    "text": cell(_text(comment["content_plaintext"]), {}, ON_A_RECORD).text,
                    "author": _actor(comment["author"], names),
                    "created_at": moment(comment["created_at"]),
                }
                for comment in thread["comments"]
            ]
            for thread in self.workspace.look_up("/v2/threads", params=params)
        ]

    def members(self) -> list[Row]:
        """Give the members of the workspace."""
        found: list[Row] = self.workspace.look_up("/v2/workspace_members")
        return found

    def webhooks(self) -> list[Row]:
        """Give the webhooks, with the event types that they are told of."""
        found = self.workspace.look_up("/v2/webhooks", params={"limit": "100"})
        return [
            {
                "url": each["target_url"],
                "status": each["status"],
                "created_at": moment(each["created_at"]),
                "events": [
                    one["event_type"] + (" (filtered)" if one["filter"] else "")
                    for one in each["subscriptions"]
                ],
            }
            for each in found
        ]

    def deliveries(self) -> list[Row]:
        """Give the last attempts to deliver to webhooks, newest first."""
        return [
            {
                "at": f"{each.sent_at:%Y-%m-%d %H:%M:%S}",
                "event": each.event.get("event_type", ""),
                "url": each.target_url,
                "attempt": each.attempt,
                "status": each.status,
                "error": each.error,
                "is_accepted": each.is_accepted,
                "body": pretty(each.body, self.hide),
            }
            for each in list(self.workspace.webhooks.deliveries)[: -SHOWN_DELIVERIES - 1 : -1]
        ]

    def requests(self) -> list[Row]:
        """Give the last requests with their bodies, newest first."""
        return [
            {
                "at": "" if each.at is None else f"{each.at:%Y-%m-%d %H:%M:%S}",
                "method": each.method,
                "path": self._shown_path(each.path),
                "params": {
                    name: HIDDEN if is_secret(name) else value
                    for name, value in each.params.items()
                },
                "status": each.status,
                "milliseconds": f"{each.elapsed * 1000:.1f}",
                "asked": "" if each.json is None else pretty(each.json, self.hide, is_request=True),
                "answered": "" if not each.reply else pretty(each.reply, self.hide),
            }
            for each in list(self.workspace.requests)[: -SHOWN_REQUESTS - 1 : -1]
        ]

    def _shown_path(self, path: str) -> str:
        """The path as it was sent, or decoded where a secret hides in it."""
        decoded = unquote(path)
        return path if self.hide(decoded) == decoded else self.hide(decoded)

    def _members(self) -> dict[str, str]:
        return {
            each["id"]["workspace_member_id"]: f"{each['first_name']} {each['last_name']}".strip()
            or each["email_address"]
            for each in self.members()
        }

    def _names(self, values: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """What the members, and the records that these values name, are called, by id."""
        wanted: dict[str, dict[str, None]] = {}
        for value in values:
            if "target_record_id" in value:
                wanted.setdefault(value["target_object"], {})[value["target_record_id"]] = None
        names = self._members()
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


def _newest(page: int) -> Row:
    sorts = [{"attribute": "created_at", "direction": "desc"}]
    return {"sorts": sorts, "limit": PAGE + 1, "offset": (page - 1) * PAGE}


def _reference(object: str, key: str) -> Row:
    return {"attribute_type": "record-reference", "target_object": object, "target_record_id": key}


def _text(value: str) -> Row:
    return {"attribute_type": "text", "value": value}


def _values(maps: Iterable[Mapping[str, Sequence[Row]]]) -> list[Row]:
    return [value for values in maps for found in values.values() for value in found[:5]]


def _cells(columns: Iterable[Row], values: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    shown: list[Row] = []
    for column in columns:
        found = values.get(column["api_slug"], [])
        shown.append({"cells": [cell(v, names) for v in found[:3]], "more": len(found[3:])})
    return shown


def _columns(attributes: Sequence[Row], rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The attributes that most of these rows have a value of, in their own order."""
    filled: Counter[str] = Counter(
        slug for values in rows for slug, found in values.items() if found
    )
    candidates = [
        each
        for each in attributes
        if each["api_slug"] not in ("name", "record_id", "created_at", "created_by")
        and each["type"] not in _UNSEEN
        and not each["is_archived"]
    ]
    ranked = sorted(candidates, key=lambda each: -filled[each["api_slug"]])[:COLUMNS]
    return [each for each in candidates if each in ranked]


def _actor(actor: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return names.get(str(actor["id"])) or str(actor["type"] or "")


def _task(task: Mapping[str, Any], names: Mapping[str, str]) -> Row:
    return {
        "text": cell(_text(task["content_plaintext"]), {}, ON_A_RECORD).text,
        "deadline": moment(task["deadline_at"]),
        "is_completed": task["is_completed"],
        "assignees": [
            names.get(each["referenced_actor_id"], each["referenced_actor_id"])
            for each in task["assignees"]
        ],
    }
