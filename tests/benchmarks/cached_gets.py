"""A get that the cache answers, beside one of the sandbox in process, and beside a dict."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import process_time
from typing import Any

from attio_orm import Cache, Company, Connection, connect
from tests.benchmarks.measuring import Result, Work, interleaved

COMPANIES = 150
CACHED, PLAIN, DICT = "get(id=), from the cache", "get(id=), from the sandbox", "a dict"


def cached_gets(*, gets: int = 1_000, rounds: int = 15) -> Result:
    """Companies asked for by Zipf's law: the first twice as often as the second, and so on."""
    result = Result(
        "cached-gets",
        f"{gets:,} gets of {COMPANIES} companies, asked for as people do (Zipf's law); a cache in "
        "memory, the sandbox in process, which answers without a network, and a dict of records",
        "µs of processor time a get",
    )
    with connect("sandbox://", cache=Cache()) as kept, connect("sandbox://") as plain:
        cases: dict[str, Work] = {}
        for name, connection in ((CACHED, kept), (PLAIN, plain)):
            rows = [{"name": f"C{number}"} for number in range(COMPANIES)]
            assert connection.sandbox is not None
            ids = connection.sandbox.workspace.load("companies", rows)
            cases[name] = _asking(connection, _drawn(ids, gets))
        kept_by_id = dict.fromkeys(ids)
        asked = _drawn(ids, gets)
        cases[DICT] = lambda: [kept_by_id[each] for each in asked]
        cases[CACHED]()
        assert kept.cache is not None
        ratio = kept.cache.stats().ratio
        taken = interleaved(cases, rounds, clock=process_time, units=gets)
    result.add_all({name: seconds * 1e6 for name, seconds in taken.items()})
    result.compare(CACHED, PLAIN, 0.6)
    result.compare(CACHED, DICT)
    result.require(
        f"from an empty cache, {ratio:.0%} of the gets are hits, 80 % at least",
        ratio > 0.8 or gets < 1_000,
    )
    return result


def _drawn(ids: list[str], gets: int) -> list[str]:
    return random.Random(4).choices(ids, [1 / rank for rank in range(1, len(ids) + 1)], k=gets)


def _asking(connection: Connection, ids: list[str]) -> Callable[[], Any]:
    def work() -> None:
        with connection.active():
            for each in ids:
                Company.objects.get(id=each)

    return work
