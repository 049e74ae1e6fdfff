"""Making attributes in the sandbox: each one costs what it is, however many there are already."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Sequence

from attio_sandbox import Workspace
from tests.benchmarks.measuring import Result, forked

EXPONENT = 1.15  # 1 is a straight line; what reads all of the schema for each attribute bends it


def defining(*, sizes: tuple[int, ...] = (125, 250, 500, 1_000), rounds: int = 5) -> Result:
    """The time to make so many attributes of one new object, and how it grows with their number."""
    result = Result("defining", "So many text attributes of one object, made one by one", "ms")
    taken: list[float] = []
    for size in sizes:

        def work(size: int = size) -> float:
            return statistics.median(_define(size) for _ in range(rounds))

        taken.append(forked(work))
        result.add(f"{size:,} attributes", taken[-1], f"{taken[-1] / size * 1e3:,.0f} µs each")
    result.add("fitted exponent", exponent(sizes, taken))
    result.add("exponent of a straight line", 1.0)
    result.compare("fitted exponent", "exponent of a straight line", EXPONENT)
    return result


def _define(count: int) -> float:
    """The milliseconds of processor time that it takes, in a workspace of its own."""
    workspace = Workspace()
    workspace.define_object("things", "Thing", "Things")
    gc.collect()
    begun = time.process_time()
    for number in range(count):
        workspace.define_attribute("things", api_slug=f"attribute_{number}", type="text")
    taken = (time.process_time() - begun) * 1e3
    assert len(workspace.look_up("/v2/objects/things/attributes")) == count + 3
    workspace.close()
    return taken


def exponent(sizes: Sequence[int], taken: Sequence[float]) -> float:
    """The slope of the line through the logarithms of both: 2 where time grows by the square."""
    logarithms = [math.log(size) for size in sizes], [math.log(time) for time in taken]
    return statistics.linear_regression(*logarithms).slope
