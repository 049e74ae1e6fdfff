"""Benchmark 4: finding a record's live object by its id, or noting a new one."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

from cachetools import TTLCache

from attio_orm.connection.sessions import RefMap
from tests.benchmarks.measuring import Result, forked
from tests.benchmarks.pages import People

Make = Callable[[], tuple[Callable[[str], Any], Callable[[str, Any], Any]]]


class Held:
    """What the maps hold."""

    __slots__ = ("__weakref__",)


def identity(*, records: int = 10_000, rounds: int = 9) -> Result:
    """Benchmark 4."""
    maker = People(companies=0)
    ids = [maker.id() for _ in range(records)]

    def mapping(made: Any) -> tuple[Any, Any]:
        return made.get, made.__setitem__

    def refs() -> tuple[Any, Any]:
        made = RefMap()
        return made.get, made.put

    maps: dict[str, Make] = {
        "dict": lambda: mapping({}),
        "RefMap": refs,
        "WeakValueDictionary": lambda: mapping(weakref.WeakValueDictionary()),
        "TTLCache": lambda: mapping(TTLCache(10 * records, 300)),
    }
    taken: dict[str, list[float]] = {name: [] for name in maps}
    for _ in range(rounds):
        for name, seconds in forked(lambda: _round(ids, maps)).items():
            taken[name].append(seconds / records)
    result = Result("identity", f"Get or create of {records:,} new ids", "ns an id")
    for name, seconds in taken.items():
        result.add(name, median(seconds) * 1e9)
    result.compare("RefMap", "dict", 3.0)
    result.compare("RefMap", "WeakValueDictionary", 0.5)
    result.compare("RefMap", "TTLCache")
    return result


_PASSES = 9


def _round(ids: list[str], maps: dict[str, Make]) -> dict[str, float]:
    """The least seconds of a few passes for each map, less those of the loop alone.

    In a process of its own, as where its memory comes to lie decides more than the work does; the
    least, as every pass does the same, and only what else the machine does can make one longer.
    """
    held = [Held() for _ in ids]
    gc.disable()  # no map makes cycles: when a collection falls due is a matter of luck
    loop, least = float("inf"), dict.fromkeys(maps, float("inf"))
    for _ in range(_PASSES):
        loop = min(loop, _pass(ids, held, None))
        for name, make in maps.items():
            least[name] = min(least[name], _pass(ids, held, make))
    return {name: seconds - loop for name, seconds in least.items()}


def _pass(ids: list[str], held: list[Held], make: Make | None) -> float:
    # as after decoding: texts whose hash nobody has computed yet, made before the clock runs
    fresh = [each.encode().decode() for each in ids]
    if make is None:
        begun = process_time()
        for _key, _value in zip(fresh, held, strict=True):
            pass
        return process_time() - begun
    get, put = make()
    begun = process_time()
    for key, value in zip(fresh, held, strict=True):
        if get(key) is None:
            put(key, value)
    return process_time() - begun
