"""Others who write between two answers: to a server as the pagers see it, and to a sandbox."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from attio_orm.effects import Operation, sleep
from attio_orm.records.rows import Row, RowId
from attio_orm.testing import SandboxHandle


@dataclass
class Record:
    """A record: when it was made (few moments, so that many tie) and what it is sorted by."""

    id: str
    moment: int
    key: int

    @property
    def created_at(self) -> str:
        return f"2026-01-01T00:00:00.{self.moment:06d}000Z"

    def row(self) -> Row:
        return Row(RowId(self.id), self.created_at)


class Server:
    """Answers pages, and lets a writer in after each: creates, and deletes around the seam."""

    def __init__(
        self, size: int, seed: int, *, order: str = "created_at", descending: bool = False
    ) -> None:
        self.random = random.Random(seed)
        self.order = order
        self.descending = descending
        self.moment = 0
        self.made = 0
        self.records: dict[str, Record] = {}
        self.lock = threading.Lock()
        self.requests: list[tuple[int, int, dict[str, Any] | None]] = []
        self.writes = 0
        for _ in range(size):
            self.create()
        self.throughout = set(self.records)

    def create(self) -> None:
        self.made += 1
        self.moment += self.random.choice((0, 0, 0, 1))
        record = Record(
            f"{self.random.getrandbits(32):08x}-{self.made}", self.moment, self.random.randrange(4)
        )
        self.records[record.id] = record

    def delete(self, record_id: str) -> None:
        self.records.pop(record_id, None)
        self.throughout.discard(record_id)

    def in_order(self) -> list[Record]:
        if self.order == "created_at":
            # a tie may come in any order, and in another one each time: Attio promises none
            ties = list(self.records.values())
            self.random.shuffle(ties)
            return sorted(ties, key=lambda r: r.moment, reverse=self.descending)
        return sorted(
            self.records.values(), key=lambda r: (r.key, r.moment, r.id), reverse=self.descending
        )

    def fetch(self, *, limit: int, offset: int, after: dict[str, Any] | None) -> Operation[Any]:
        """One page; other tasks may run before and after it is read."""
        yield from sleep(0)
        with self.lock:
            self.requests.append((limit, offset, after))
            found = [record for record in self.in_order() if matches(after, record)]
            page = found[offset : offset + limit]
            if self.writes > 0:
                self.writes -= 1
                self.write(found, offset, len(page))
        yield from sleep(0)
        return [record.row() for record in page]

    def write(self, found: list[Record], offset: int, size: int) -> None:
        seam = offset + size
        for _ in range(self.random.randrange(3)):
            self.create()
        near = [found[at].id for at in range(max(0, seam - 2), min(len(found), seam + 2))]
        anywhere = list(self.records)
        for pool in (near, near, anywhere):
            if pool and self.random.random() < 0.5:
                self.delete(self.random.choice(pool))
        if self.random.random() < 0.1:  # now and then a whole page goes at once
            for record in found[offset : offset + size]:
                self.delete(record.id)


def matches(after: dict[str, Any] | None, record: Record) -> bool:
    """Whether a record meets the condition of a keyset page."""
    if after is None:
        return True
    since, *left_out = after["$and"]
    ((operator, moment),) = since["created_at"].items()
    reached = record.created_at >= moment if operator == "$gte" else record.created_at <= moment
    for term in left_out:
        ids = term["$not"]["record_id"]["$in"]
        assert 0 < len(ids) <= 500
        reached = reached and record.id not in ids
    return reached


class Writer:
    """Creates and deletes people between two pages of somebody's scan."""

    def __init__(self, handle: SandboxHandle, seed: int, writes: int) -> None:
        self.workspace = handle.workspace
        self.token = handle.token
        self.random = random.Random(seed)
        self.writes = writes
        self.lock = threading.Lock()
        self.alive: list[str] = []
        self.gone: set[str] = set()

    def load(self, count: int) -> list[str]:
        """Few moments and few names, so that many tie."""
        made = self.workspace.load(
            "people", [{"name": f"N{self.random.randrange(3)}"} for _ in range(count)]
        )
        self.alive += made
        return made

    def delete(self, record_id: str) -> None:
        self.alive.remove(record_id)
        self.gone.add(record_id)
        self.workspace.handle(
            "DELETE",
            f"/v2/objects/people/records/{record_id}",
            headers={"authorization": f"Bearer {self.token}"},
        )

    def receive(self, sender: Any, **_: Any) -> None:
        with self.lock:
            if self.writes <= 0:
                return
            self.writes -= 1
            self.workspace.clock.move(timedelta(milliseconds=self.random.choice((0, 0, 1))))
            self.load(self.random.randrange(4))
            for _ in range(self.random.randrange(4)):
                if self.alive:
                    self.delete(self.random.choice(self.alive))


ORDERS: list[tuple[str, ...]] = [
    ("created_at",),
    ("-created_at",),
    ("name",),
    ("-name__last_name",),
]
