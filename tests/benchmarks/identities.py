"""Benchmark 4: finding a record's live object by its id, or noting a new one."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from cachetools import TTLCache

from attio_orm.connection.sessions import RefMap
from tests.benchmarks.measuring import Result, interleaved
from tests.benchmarks.pages import People


class Held:
    """What the maps hold."""

    __slots__ = ("__weakref__",)


def identity(*, records: int = 10_000, rounds: int = 9) -> Result:
    """Benchmark 4."""
    maker = People(companies=0)
    ids = [maker.id() for _ in range(records)]
    held = [Held() for _ in ids]

    def fresh() -> list[str]:
        # as after decoding: texts whose hash nobody has computed yet
        return [each.encode().decode() for each in ids]

    def nothing() -> None:
        for _key, _value in zip(fresh(), held, strict=True):
            pass

    def into(make: Callable[[], tuple[Callable[[str], Any], Callable[[str, Any], Any]]]) -> Any:
        def work() -> Any:
            get, put = make()
            for key, value in zip(fresh(), held, strict=True):
                if get(key) is None:
                    put(key, value)
            return get

        return work

    def mapping(made: Any) -> tuple[Any, Any]:
        return made.get, made.__setitem__

    def refs() -> tuple[Any, Any]:
        made = RefMap()
        return made.get, made.put

    taken = interleaved(
        {
            "loop": nothing,
            "dict": into(lambda: mapping({})),
            "RefMap": into(refs),
            "WeakValueDictionary": into(lambda: mapping(weakref.WeakValueDictionary())),
            "TTLCache": into(lambda: mapping(TTLCache(10 * records, 300))),
        },
        rounds,
        units=records,
    )
    result = Result("identity", f"Get or create of {records:,} new ids", "ns an id")
    for name in ("dict", "RefMap", "WeakValueDictionary", "TTLCache"):
        result.add(name, (taken[name] - taken["loop"]) * 1e9)
    result.compare("RefMap", "dict", 3.0)
    result.compare("RefMap", "WeakValueDictionary", 0.5)
    result.compare("RefMap", "TTLCache")
    return result
