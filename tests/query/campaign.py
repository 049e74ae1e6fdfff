"""Random scans while others write: ``python -m tests.query.campaign [runs] [seed]``.

Four of five go over a server of rows, up to a few thousand of them in pages of 1 to 500; each fifth
is the whole way: ``iterator()`` over a sandbox. It prints how many records were repeated, and how
many were missed of those that were there throughout; both have to be 0.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from attio_orm import Person
from attio_orm.effects import Operation, arun, run
from attio_orm.query.pagers import KeysetPager, OffsetPager, Pager
from attio_orm.signals import request_finished
from attio_orm.testing import sandbox
from tests.colours import COLOURS
from tests.query.moving import ORDERS, Server, Writer

RUNS = 1_500


@dataclass
class Tally:
    """What came of the runs; ``kinds`` counts them by what was scanned and how."""

    runs: int = 0
    records: int = 0
    repeated: int = 0
    missed: int = 0
    kinds: Counter[str] = field(default_factory=Counter[str])

    def add(self, kind: str, ids: list[str | None], throughout: Iterable[str]) -> None:
        """Count one run, by the ids it gave and those of the records that were always there."""
        self.runs += 1
        self.records += len(ids)
        self.repeated += len(ids) - len(set(ids))
        self.missed += len(set(throughout) - set(ids))
        self.kinds[kind] += 1

    def __str__(self) -> str:
        kinds = "\n".join(f"  {kind}: {runs}" for kind, runs in sorted(self.kinds.items()))
        return (
            f"{self.runs} scans of {self.records} records: {self.repeated} repeated, "
            f"{self.missed} missed\n{kinds}"
        )


def campaign(runs: int = RUNS, seed: int = 1) -> Tally:
    """So many random scans, the same for the same seed."""
    tally, dice = Tally(), random.Random(seed)
    for number in range(runs):
        if number % 5:
            _rows(tally, dice)
        else:
            _records(tally, dice)
    return tally


def _rows(tally: Tally, dice: random.Random) -> None:
    page = dice.choice((dice.randint(1, 7), dice.randint(1, 60), dice.randint(1, 500), 500))
    descending, ahead = dice.random() < 0.5, dice.randint(1, 8)
    keyset, sync = dice.random() < 0.5, dice.random() < 0.5
    size = dice.randrange(min(2_000, page * 12) + 1)
    order = "created_at" if keyset else "key"
    server = Server(size, dice.getrandbits(32), order=order, descending=descending)
    if dice.random() < 0.3:  # a bulk create: all of one millisecond
        for record in server.records.values():
            record.moment = 0
        server.moment = 0
    server.writes = dice.randrange(80)
    pager: Pager = (
        KeysetPager(server.fetch, start=0, stop=None, page=page, descending=descending)
        if keyset
        else OffsetPager(server.fetch, start=0, stop=None, page=page, ahead=ahead)
    )
    ids = run(_drain(pager)) if sync else asyncio.run(arun(_drain(pager)))
    kind = f"{'keyset' if keyset else 'offset'} of rows, {'sync' if sync else 'async'}"
    tally.add(kind, ids, server.throughout)


def _drain(pager: Pager) -> Operation[list[str | None]]:
    ids: list[str | None] = []
    while not pager.done:
        rows = yield from pager.next_page()
        ids += [row.id.record_id for row in rows]
    return ids


def _records(tally: Tally, dice: random.Random) -> None:
    order, colour = dice.choice(ORDERS), dice.choice(COLOURS)
    page = dice.choice((dice.randint(1, 7), dice.randint(1, 60), dice.randint(1, 500)))
    size = dice.randrange(min(600, page * 12) + 1)
    with sandbox() as handle:
        handle.clock.freeze()
        writer = Writer(handle, dice.getrandbits(32), dice.randrange(40))
        before: set[str] = set()
        while len(before) < size:
            before |= set(writer.load(dice.randint(1, 60)))
            handle.clock.move(timedelta(milliseconds=1))
        stream = Person.objects.order_by(*order).iterator(page, dice.randint(1, 8))
        with request_finished.connected_to(writer.receive):
            found = asyncio.run(colour.items(stream)) if colour.is_async else list(stream)
    ids = [person.id for person in found]
    tally.add(f"by {order[0]} of a sandbox, {colour.name}", ids, before - writer.gone)


def main(arguments: list[str]) -> int:
    """Run it, print what came of it, and give the exit code."""
    runs, seed = (*map(int, arguments), *(RUNS, 1)[len(arguments) :])
    tally = campaign(runs, seed)
    print(tally)
    return 1 if tally.repeated or tally.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
