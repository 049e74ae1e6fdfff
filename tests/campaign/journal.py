"""What arrived of each write to notes, tasks, comments, files and the schema, in order."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from attio_orm.testing import SandboxHandle
from tests.campaign.proxy import Answered, Asked
from tests.campaign.scene import ENTRIES, RECORDS, Scene

SCOPES = tuple(
    f"{each}:read-write"
    for each in (
        "record_permission", "object_configuration", "list_entry", "list_configuration", "note",
        "task", "comment", "file", "user_management",
    )
)  # fmt: skip
ATTRIBUTES = "/v2/objects/clients/attributes"
STEPS = (-3_600.0, -1.0, 1.0, 86_400.0)
"""Seconds by which the clock of the sandbox jumps."""

_MARK = re.compile(rb"mark \d+")
_OWN = re.compile(r"/v2/(note|task|comment|file)s(/upload)?")
_ATTRIBUTE = re.compile(rf"{ATTRIBUTES}/[^/]+")
_VALUES = re.compile(rf"({RECORDS}/[0-9a-f-]{{36}})/attributes/(\w+)/values")


class Written(NamedTuple):
    """One value of a member that arrived."""

    ours: bool
    value: Any


class Journal(Scene):
    """Notes each write that the sandbox carries out, and lets others write where one got lost.

    Others only write what was never there before: where somebody puts back what was loaded, no
    client can tell that from a write that did not arrive. For that they leave ``is_completed`` and
    ``is_archived`` alone.
    """

    def __init__(self, handle: SandboxHandle, *, meddling: float, steps: float = 0.05) -> None:
        super().__init__(handle, meddling=meddling, scopes=SCOPES)
        self.steps = steps
        self.clock = handle.clock
        self.made: dict[str, list[str]] = defaultdict(list)
        """What was made, by the mark it was sent with."""
        self.writes: dict[tuple[str, str], list[Written]] = defaultdict(list)
        """What was written, by path and member, oldest first."""
        self.mine = [handle.add_member(f"m{n}@ours.example.com") for n in range(8)]
        self.theirs = [handle.add_member(f"m{n}@others.example.com") for n in range(8)]

    def new_record(self) -> str:
        """The id of a record that is there before anything goes wrong."""
        found: str = self.workspace.load("clients", [{"name": f"text {self.number()}"}])[0]
        return found

    # -- the truth --------------------------------------------------------------------------------

    def state(self, path: str) -> dict[str, Any] | None:
        """What is there now; ``None`` where it is not."""
        if "/options/" in path:  # which Attio gives in a list alone
            base, _, id = path.rpartition("/")
            rows = self.workspace.look_up(base, params={"show_archived": "true"})
            return next((each for each in rows if each["id"]["option_id"] == id), None)
        try:
            found: dict[str, Any] = self.workspace.look_up(path)
        except ValueError:
            return None
        return found

    def there(self, mark: str) -> list[str]:
        """The paths of all that was made with a mark and is there."""
        with self.lock:
            return [path for path in self.made[mark] if self.state(path) is not None]

    def since(self, path: str, member: str, start: int = 0) -> list[Written]:
        with self.lock:
            return self.writes[path, member][start:]

    def came_back(self, path: str, member: str) -> Iterator[Any]:
        """Values of ours that were written, replaced, and written again."""
        runs = [key for key, _ in groupby(self.since(path, member))]
        return (each.value for n, each in enumerate(runs) if each.ours and each in runs[:n])

    # -- others -----------------------------------------------------------------------------------

    def see(
        self, asked: Asked, answered: Answered | None, given: bool, dice: random.Random
    ) -> None:
        if not asked.writes:
            return
        with self.lock:
            if dice.random() < self.steps:
                self.clock.move(dice.choice(STEPS))
                self.edits["clock step"] += 1
            path = self._by_id(asked.path.partition("?")[0])
            if answered is not None and answered.status < 300:
                self._note(path, asked, answered)
            if given or dice.random() >= self.meddling:
                return
            if asked.method == "PATCH":
                self._change(path, json.loads(asked.body)["data"], dice)
            elif found := _VALUES.fullmatch(path):
                self.other(found[1], found[2], self.number())

    def _by_id(self, path: str) -> str:
        """The path with the id of an attribute, as its slug may be another one later."""
        found = _ATTRIBUTE.match(path)
        if found is None or (state := self.state(found[0])) is None:
            return path
        return f"{ATTRIBUTES}/{state['id']['attribute_id']}{path[found.end() :]}"

    def _note(self, path: str, asked: Asked, answered: Answered) -> None:
        if asked.method == "PATCH":
            for member, value in json.loads(asked.body)["data"].items():
                self.writes[path, member].append(Written(True, value))
        elif _VALUES.fullmatch(path):
            self.writes[path, "values"].append(Written(True, asked.body))
        elif asked.method == "POST":
            for mark in set(_MARK.findall(asked.body)):
                self.made[mark.decode()].append(_place(path, json.loads(answered.body)["data"]))

    def _change(self, path: str, sent: dict[str, Any], dice: random.Random) -> None:
        state = self.state(path)
        if state is None:
            return
        if "assignees" in sent:
            self.assign(path, dice)
        for member in ("title", "content"):
            if member in sent:
                self.write(path, member, f"theirs {self.number()}")

    def write(self, path: str, member: str, value: str) -> None:
        """Somebody else sets a member."""
        with self.lock:
            self._send("PATCH", path, {member: value})
            self.writes[path, member].append(Written(False, value))

    def assign(self, path: str, dice: random.Random) -> None:
        """Somebody else assigns one more member of theirs to a task."""
        with self.lock:
            state = self.state(path)
            free = set(self.theirs) - set(assigned(state))
            if state is None or not free:
                return
            member = dice.choice(sorted(free))
            rows = [
                {"referenced_actor_type": "workspace-member", "referenced_actor_id": each}
                for each in [*assigned(state), member]
            ]
            self._send("PATCH", path, {"assignees": rows})
            self.writes[path, "assignees of others"].append(Written(False, member))

    def other(self, path: str, slug: str, n: int) -> None:
        """Somebody else sets a text of a record."""
        self._send("PATCH", path, {"values": {slug: f"text {n}"}})
        self.writes[f"{path}/attributes/{slug}/values", "values"].append(Written(False, n))

    def _send(self, method: str, path: str, data: dict[str, Any]) -> None:
        body = json.dumps({"data": data}).encode()
        reply = self.workspace.handle(method, path, headers=self._others, body=body)
        assert reply.status < 300, f"others: {method} {path} {data}: {reply.body!r}"
        self.edits["set"] += 1


def assigned(state: dict[str, Any] | None) -> list[str]:
    """The ids of the members that a task is assigned to."""
    return [] if state is None else [each["referenced_actor_id"] for each in state["assignees"]]


def _place(path: str, made: dict[str, Any]) -> str:
    """Where something is that a POST has made."""
    if found := _OWN.fullmatch(path):
        return f"/v2/{found[1]}s/{made['id'][f'{found[1]}_id']}"
    kind = "option_id" if path.endswith("/options") else "attribute_id"
    if path.startswith(ATTRIBUTES):
        return f"{path}/{made['id'][kind]}"
    base, key = (ENTRIES, "entry_id") if path.startswith(ENTRIES) else (RECORDS, "record_id")
    return f"{base}/{made['id'][key]}"
