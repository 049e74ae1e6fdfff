"""How many workers there are: more where that helps, fewer where Attio refuses."""

from __future__ import annotations

import pytest

from attio_orm.jobs.pace import MOST, Pace
from attio_orm.transport.tally import Tally


class Bench:
    """A server of so many rows a second for each worker, up to what it can do in all."""

    def __init__(self, most: float, *, each: float = 10.0, rows: int | None = None) -> None:
        self.now = 0.0
        self.most = most
        self.each = each
        self.tally = Tally()
        self.pace = Pace(None, rows, self.tally, clock=lambda: self.now)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            rate = min(self.most, self.each * self.pace.size)
            self.now += 1 / rate
            self.pace.ended()


def test_it_grows_while_it_gets_faster() -> None:
    bench = Bench(most=10_000)
    bench.run(60)
    assert bench.pace.size == MOST


def test_it_stays_where_more_are_of_no_use() -> None:
    bench = Bench(most=85)  # as much as eight or nine can do
    bench.run(20)
    sizes = set()
    for _ in range(200):
        bench.run(0.5)
        sizes.add(bench.pace.size)
    assert max(sizes) <= 20  # a look at more now and then, which does not last
    assert min(sizes) >= 8


def test_refusals_halve_it_and_down_to_one() -> None:
    bench = Bench(most=10_000)
    bench.run(60)
    sizes = [bench.pace.size]
    while bench.pace.size > 1:
        bench.tally.here.rate_limited += 1
        bench.run(1)
        sizes.append(bench.pace.size)
    assert sizes == sorted(sizes, reverse=True)
    bench.run(120)
    assert bench.pace.size > 0.9 * MOST  # it comes back when nobody refuses


def test_where_the_limiter_makes_them_wait_no_more_are_added() -> None:
    bench = Bench(most=10_000)
    for _ in range(100):
        bench.tally.here.waited += 0.5 * bench.pace.size
        bench.run(0.5)
    assert bench.pace.size == 8


@pytest.mark.parametrize(("fixed", "rows", "size"), [(3, None, 3), (100, None, 100), (8, 2, 2)])
def test_a_fixed_number_stays(fixed: int, rows: int | None, size: int) -> None:
    bench = Bench(most=10_000)
    pace = Pace(fixed, rows, bench.tally, clock=lambda: bench.now)
    for _ in range(1000):
        bench.now += 0.1
        pace.ended()
    assert (pace.size, pace.round) == (size, 0)


def test_few_rows_need_few_workers() -> None:
    assert Bench(most=100, rows=3).pace.size == 3
