"""The workspace that is really written to, what others do to it, and what became of each write."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from attio_orm.testing import SandboxHandle
from tests.campaign.models import KINDS, MULTI, NUMBERS, SINGLE
from tests.campaign.proxy import Answered, Asked

RECORDS = "/v2/objects/clients/records"
ENTRIES = "/v2/lists/pipeline/entries"
SCOPES = (
    "record_permission:read-write", "object_configuration:read", "list_entry:read-write",
    "list_configuration:read",
)  # fmt: skip
_ONE = re.compile(rf"({RECORDS}|{ENTRIES})/[0-9a-f-]{{36}}")


@dataclass
class Edit:
    """What somebody else did to an attribute: set it, cleared it, or added or removed a value."""

    what: Literal["set", "clear", "add", "remove"]
    value: int
    after_ours: bool


@dataclass
class Claim:
    """One value that an operation was to write. ``acknowledged`` once it said so."""

    operation: str
    path: str
    slug: str
    value: int
    acknowledged: bool = False


class Value:
    """A value of an attribute as Attio has it: when it was so, and who set it."""

    def __init__(self, slug: str, row: Mapping[str, Any], ours: str) -> None:
        self.value = KINDS[slug].read(dict(row))
        self.active = row["active_until"] is None
        self.ours = row["created_by_actor"]["id"] == ours


@dataclass
class Watch:
    """What happens to one record or entry while an operation on it is under way."""

    arrived: set[str] = field(default_factory=set[str])
    edits: dict[tuple[str, int], Edit] = field(default_factory=dict[tuple[str, int], Edit])
    """The last edit of each attribute; of one with many values, of each of these."""


class Scene:
    """Others write where an answer was swallowed, and now and then besides, by a token of theirs.

    It sees every request that reaches the sandbox, so that it knows what had arrived by then.
    """

    def __init__(
        self, handle: SandboxHandle, *, meddling: float, scopes: Iterable[str] = SCOPES
    ) -> None:
        self.workspace = handle.workspace
        self.meddling = meddling
        self.lock = threading.RLock()
        self._numbers = 0
        self._watched: dict[str, Watch] = {}
        self.edits: Counter[str] = Counter()
        self.gone: set[str] = set()
        token = handle.add_token(scopes, "others")
        self._others = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        made = self.workspace.load("clients", [{"name": "text 0"}])[0]
        self.ours = self.rows(f"{RECORDS}/{made}", "name")[0]["created_by_actor"]["id"]

    def number(self) -> int:
        """A number that no value has had yet."""
        with self.lock:
            self._numbers += 1
            assert self._numbers < NUMBERS
            return self._numbers

    # -- the truth --------------------------------------------------------------------------------

    def rows(self, path: str, slug: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.workspace.look_up(
            f"{path}/attributes/{slug}/values", params={"show_historic": "true"}
        )
        return found

    def history(self, path: str, slug: str) -> list[Value]:
        """All values the attribute ever had, oldest first; none where the record is not there."""
        if not self.exists(path):
            return []
        return [Value(slug, row, self.ours) for row in self.rows(path, slug)]

    def now(self, path: str, slug: str) -> set[int]:
        return {each.value for each in self.history(path, slug) if each.active}

    def exists(self, path: str) -> bool:
        try:
            self.workspace.look_up(path)
        except ValueError:
            return False
        return True

    def find(self, filter: Mapping[str, Any], *, entries: bool = False) -> list[str]:
        """The paths of all records (or entries) that match."""
        base, key = (ENTRIES, "entry_id") if entries else (RECORDS, "record_id")
        query = {"filter": filter, "limit": 500}
        found = self.workspace.look_up(f"{base}/query", json=query)
        return [f"{base}/{each['id'][key]}" for each in found]

    # -- others -----------------------------------------------------------------------------------

    def watch(self, path: str) -> None:
        """From now on, note what happens to a record."""
        with self.lock:
            self._watched[path] = Watch()

    def watched(self, path: str) -> Watch:
        with self.lock:
            return self._watched.pop(path, Watch())

    def see(
        self, asked: Asked, answered: Answered | None, given: bool, dice: random.Random
    ) -> None:
        """What the proxy tells of each request."""
        if not asked.writes or asked.method == "DELETE" or not asked.body:
            return
        with self.lock:
            values: dict[str, Any] = {}
            for key, found in json.loads(asked.body)["data"].items():
                values |= found if key in ("values", "entry_values") else {}
            done = answered is not None and answered.status < 300
            path = self._written(asked, answered if done else None, values)
            if path is None:
                return
            watch = self._watched.setdefault(path, Watch())
            if done:
                watch.arrived |= set(values)
            if given or dice.random() >= self.meddling:
                return
            if _ONE.fullmatch(path) and dice.random() < 0.05:
                self.remove(path)
            else:
                for slug in values:
                    if slug in KINDS and dice.random() < 0.7:
                        time.sleep(0.002)  # so that Attio's clock tells the two apart
                        self.meddle(path, slug, dice)

    def _written(
        self, asked: Asked, answered: Answered | None, values: Mapping[str, Any]
    ) -> str | None:
        path = asked.path.partition("?")[0]
        if _ONE.fullmatch(path):
            return path
        if answered is not None:  # a create or an upsert: which record it is, its answer says
            ids = json.loads(answered.body)["data"]["id"]
            return f"{path}/{ids.get('entry_id') or ids['record_id']}"
        if asked.method == "PUT" and "code" in values:
            return next(iter(self.find({"code": values["code"]})), None)
        return None

    def entries_of(self, path: str) -> list[str]:
        """The paths of a record's entries."""
        found = self.workspace.look_up(f"{path}/entries", params={"limit": "500"})
        return [f"{ENTRIES}/{each['entry_id']}" for each in found]

    def remove(self, path: str) -> None:
        """Somebody else deletes a record or an entry, if it is there."""
        if self.exists(path):
            self.gone |= {path, *([] if path.startswith(ENTRIES) else self.entries_of(path))}
            reply = self.workspace.handle("DELETE", path, headers=self._others)
            assert reply.status == 200, reply.body
            self.edits["delete"] += 1

    def meddle(self, path: str, slug: str, dice: random.Random) -> None:
        """Somebody else changes an attribute of a record."""
        if not self.exists(path):
            return
        history = self.history(path, slug)
        now = [each.value for each in history if each.active]
        was = [each.value for each in history if not each.active]
        n = self.number()
        if slug in SINGLE:
            draw = dice.random()
            if draw < 0.2 and now:
                self._write(path, slug, "clear", now[0], [])
            elif draw < 0.4 and was and was[-1] not in now:  # what it was before
                self._write(path, slug, "set", was[-1], SINGLE[slug].wire(was[-1]))
            else:
                self._write(path, slug, "set", n, SINGLE[slug].wire(n))
            return
        wire = MULTI[slug].wire
        draw = dice.random()
        if draw < 0.4 and now:
            gone = dice.choice(now)
            kept = [wire(each) for each in now if each != gone]
            self._write(path, slug, "remove", gone, kept)
        elif draw < 0.6 and set(was) - set(now):
            back = dice.choice(sorted(set(was) - set(now)))
            self._write(path, slug, "add", back, [wire(back)])
        else:
            self._write(path, slug, "add", n, [wire(n)])

    def _write(self, path: str, slug: str, what: Any, value: int, wire: Any) -> None:
        method = "PUT" if what == "remove" else "PATCH"
        key = "entry_values" if path.startswith(ENTRIES) else "values"
        body = json.dumps({"data": {key: {slug: wire}}}).encode()
        reply = self.workspace.handle(method, path, headers=self._others, body=body)
        if reply.status >= 300:
            raise AssertionError(f"others: {method} {path} {wire}: {reply.body!r}")
        self.edits[what] += 1
        watch = self._watched.setdefault(path, Watch())
        watch.edits[slug, 0 if slug in SINGLE else value] = Edit(
            what, value, after_ours=slug in watch.arrived
        )

    def undone(self, path: str, watch: Watch, *, all_of_them: bool) -> list[tuple[str, Edit]]:
        """The edits of others that are gone again; those before our own writes only if told."""
        found: list[tuple[str, Edit]] = []
        if not self.exists(path):
            return found
        for (slug, _), edit in watch.edits.items():
            if not (edit.after_ours or all_of_them):
                continue
            now = self.now(path, slug)
            stays = {
                "set": edit.value in now,
                "add": edit.value in now,
                "clear": not now,
                "remove": edit.value not in now,
            }[edit.what]
            if not stays:
                found.append((slug, edit))
        return found
