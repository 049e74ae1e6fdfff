"""The sandbox under many records: a filtered, sorted page, and the memory of a whole scan."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attio_orm import Person, connect
from attio_orm.testing.handle import open_sandbox
from tests.benchmarks.measuring import Result, forget_peak, forked, peak, resident, trim

PAGE = 500
AT_ONCE = 100  # so many records are of one moment
TITLES = ("Engineer", "Designer", "Founder", "Investor", "Advisor")


def fill(url: str, people: int) -> None:
    """A workspace of so many people."""
    workspace: Any = open_sandbox(url).workspace
    for start in range(0, people, AT_ONCE):
        workspace.clock.move(1)
        workspace.load(
            "people",
            [
                {
                    "name": f"Doe{number * 7919 % people}, Ada",
                    "email_addresses": [f"ada{number}@example.com"],
                    "job_title": f"{TITLES[number % len(TITLES)]} {number % 97}",
                }
                for number in range(start, min(start + AT_ONCE, people))
            ],
        )
    workspace.close()


@contextmanager
def workspaces(sizes: tuple[int, ...]) -> Iterator[dict[int, str]]:
    """Files with workspaces of these sizes, each made in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        urls = {size: f"sandbox:///{os.path.join(folder, f'{size}.db')}" for size in sizes}
        for size, url in urls.items():

            def make(url: str = url, size: int = size) -> None:
                fill(url, size)

            forked(make)
        yield urls


def sandbox(*, sizes: tuple[int, ...] = (1_000, 10_000, 100_000), rounds: int = 7) -> Result:
    """A filtered and sorted page of 500, from the call to the objects."""
    result = Result(
        "sandbox",
        f"A page of {PAGE} people by name, of those whose title contains a word (one in five)",
        "ms",
    )
    with workspaces(sizes) as urls:
        for size, url in urls.items():
            with connect(url):
                taken = []
                for _ in range(rounds):
                    begun = time.perf_counter()
                    found = list(
                        Person.objects.filter(job_title__contains="founder").order_by(
                            "name__last_name"
                        )[:PAGE]
                    )
                    taken.append((time.perf_counter() - begun) * 1e3)
            result.add(f"of {size:,} people", statistics.median(taken), f"{len(found)} records")
            expected = min(PAGE, size // len(TITLES))
            result.require(f"{expected} of {size:,} found", len(found) == expected)
    return result


def scan(*, sizes: tuple[int, ...] = (10_000, 100_000)) -> Result:
    """The most memory that a scan by ``iterator()`` takes, whatever the size of the table."""

    def scanning(url: str) -> tuple[int, int, float]:
        with connect(url) as connection:
            assert connection.sandbox is not None
            requests = connection.sandbox.requests
            _warm_up()
            trim()
            before = resident()
            forget_peak()
            begun = time.perf_counter()
            read = 0
            for person in Person.objects.iterator():
                read += bool(person.job_title)
                requests.clear()  # the sandbox's own log of them, which grows
            return read, peak() - before, time.perf_counter() - begun

    small, large = sizes
    names = {size: f"{size:,} people" for size in sizes}
    result = Result("scan", "The most memory that reading every person by iterator() adds", "MB")
    with workspaces(sizes) as urls:
        for size, url in urls.items():

            def work(url: str = url) -> tuple[int, int, float]:
                return scanning(url)

            read, most, taken = forked(work)
            result.add(names[size], most / 1e6, f"{taken:.1f} s")
            result.require(f"{read:,} were read", read == size)
    result.compare(names[large], names[small], 1.1)
    return result


def _warm_up() -> None:
    for _ in Person.objects.iterator(page_size=10):
        break


def count(*, sizes: tuple[int, ...] = (100_000,), at_most: int = 45) -> Result:
    """How many requests ``count()`` takes."""
    result = Result("count", "The requests of one count(), each for one record at most", "requests")
    with workspaces(sizes) as urls:
        for size, url in urls.items():
            with connect(url) as connection:
                assert connection.sandbox is not None
                before = len(connection.sandbox.requests)
                counted = Person.objects.count()
                sent = len(connection.sandbox.requests) - before
            result.add(f"of {size:,} people", sent)
            result.require(f"{counted:,} counted by {sent} requests", counted == size)
            result.require(f"under {at_most}", sent < at_most)
    return result
