"""One record: its values and their history, and what hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attio_sandbox.server.pages.cells import ON_A_RECORD, cell, label, moment, shortened
from attio_sandbox.server.pages.content import KINDS, PageContent, Row, Target
from attio_sandbox.server.pages.timeline import SHOWN_MOMENTS, History, timeline

_OWN = ("record_id", "created_at", "created_by")


class RecordContent:
    """Reads the record of an object or activity; raises ValueError if there is none."""

    def __init__(self, content: PageContent, target: Target, slug: str, key: str) -> None:
        self.content = content
        self.kind = KINDS[target]
        self.slug = slug
        self.key = key
        self._path = f"/v2/{target}/{slug}/records/{key}"

    def shown(self) -> Row:
        """Give the record with its values, its time line, and what hangs on it."""
        content, slug, key = self.content, self.slug, self.key
        found = content.workspace.look_up(self._path)
        target = self.kind.target
        attributes = content.attributes(target, slug)
        values: Mapping[str, list[Row]] = found["values"]
        histories = {
            each["api_slug"]: self._history(each, values.get(each["api_slug"], []))
            for each in attributes
        }
        entries, tasks, notes, threads = self._hanging()
        names = content.names(
            [
                *(value for held in values.values() for value in held),
                *(value for history in histories.values() for value in history),
                *(one for task in tasks for one in task["assignees"]),
            ]
        )
        tones = content.tones(target, slug, attributes)
        shown = [
            {
                "title": each["title"],
                "slug": each["api_slug"],
                "type": each["type"],
                "cells": [
                    cell(value, names, ON_A_RECORD, tones) for value in values[each["api_slug"]]
                ],
            }
            for each in attributes
            if each["api_slug"] in values
        ]
        moments = timeline(
            [
                History(
                    each["title"],
                    [
                        (value, cell(value, names, tones=tones))
                        for value in histories[each["api_slug"]]
                    ],
                )
                for each in attributes
                if each["api_slug"] not in _OWN
            ],
            [
                (found["created_at"], "", "The record was created"),
                *((each["since"], "", f"Added to the list {each['name']}") for each in entries),
                *((each["since"], each["author"], "Wrote a note") for each in notes),
                *((task["created_at"], "", "A task was made") for task in tasks),
                *(
                    (each["since"], each["author"], "Wrote a comment")
                    for thread in threads
                    for each in thread
                ),
            ],
            names,
        )
        hanging = {
            "entries in lists": entries, "tasks": tasks, "notes": notes, "comments": threads
        }  # fmt: skip
        return {
            "id": key,
            "label": label(values, attributes, key),
            "created_at": moment(found["created_at"]),
            "values": [each for each in shown if each["cells"]],
            "empty": [each["title"] for each in shown if not each["cells"]],
            "entries": entries,
            "tasks": [_task(each, names) for each in tasks],
            "notes": notes,
            "threads": threads,
            "lacks": [name for name, held in hanging.items() if self.kind.takes_more and not held],
            "moments": moments[:SHOWN_MOMENTS],
            "more_moments": len(moments[SHOWN_MOMENTS:]),
        }

    def _history(self, attribute: Mapping[str, Any], values: list[Row]) -> list[Row]:
        """The values of an attribute over time."""
        path = f"{self._path}/attributes/{attribute['api_slug']}/values"
        try:
            found: list[Row] = self.content.workspace.look_up(
                path, params={"show_historic": "true"}
            )
        except ValueError:  # Attio keeps none for such attributes
            return values
        return found

    def _hanging(self) -> tuple[list[Row], list[Row], list[Row], list[list[Row]]]:
        """The entries, tasks, notes and threads of the record."""
        if not self.kind.takes_more:
            return [], [], [], []
        params = {"linked_object": self.slug, "linked_record_id": self.key}
        tasks: list[Row] = self.content.workspace.look_up("/v2/tasks", params=params)
        return self._entries(), tasks, self._notes(), self._threads()

    def _entries(self) -> list[Row]:
        titles = {each["slug"]: each["name"] for each in self.content.collections()["lists"]}
        return [
            {
                "list": each["list_api_slug"],
                "name": titles.get(each["list_api_slug"], each["list_api_slug"]),
                "created_at": moment(each["created_at"]),
                "since": each["created_at"],
            }
            for each in self.content.workspace.look_up(f"{self._path}/entries")
        ]

    def _notes(self) -> list[Row]:
        params = {"parent_object": self.slug, "parent_record_id": self.key, "limit": "50"}
        names = self.content.member_names()
        return [
            {
                "title": each["title"],
                "created_at": moment(each["created_at"]),
                "since": each["created_at"],
                "author": _actor(each["created_by_actor"], names),
                "text": shortened(each["content_markdown"], ON_A_RECORD),
            }
            for each in self.content.workspace.look_up("/v2/notes", params=params)
        ]

    def _threads(self) -> list[list[Row]]:
        params = {"object": self.slug, "record_id": self.key, "limit": "50"}
        names = self.content.member_names()
        return [
            [
                {
                    "text": shortened(comment["content_plaintext"], ON_A_RECORD),
                    "author": _actor(comment["author"], names),
                    "created_at": moment(comment["created_at"]),
                    "since": comment["created_at"],
                }
                for comment in thread["comments"]
            ]
            for thread in self.content.workspace.look_up("/v2/threads", params=params)
        ]


def _actor(actor: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return names.get(str(actor["id"])) or str(actor["type"] or "")


def _task(task: Mapping[str, Any], names: Mapping[str, str]) -> Row:
    return {
        "text": shortened(task["content_plaintext"], ON_A_RECORD),
        "deadline": moment(task["deadline_at"]),
        "is_completed": task["is_completed"],
        "assignees": [
            names.get(each["referenced_actor_id"], each["referenced_actor_id"])
            for each in task["assignees"]
        ],
    }
