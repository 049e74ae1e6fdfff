"""Whether anything stays of records that were read in circles, also by threads side by side.

Each person refers to a company and each company to its team, so that only the garbage collector
can free them. Threads read the same table at once, which would deadlock if the callback of a weak
reference took a lock.
"""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

from attio_orm import Company, Person, connect
from attio_orm.connection.sessions import session_of
from tests.benchmarks.measuring import Result, resident, trim

TEAM = 5
AT_ONCE = 100  # so many records are of one moment
LONGEST = 600  # seconds: a thread that takes longer waits for ever


def fill(workspace: Any, people: int) -> None:
    """So many people, in companies of five."""
    names = [{"name": f"C{number}"} for number in range(people // TEAM)]
    companies = workspace.load("companies", names)
    for start in range(0, people, AT_ONCE):
        workspace.clock.move(1)
        workspace.load(
            "people",
            [
                {
                    "name": f"P{number}",
                    "company": [
                        {
                            "target_object": "companies",
                            "target_record_id": companies[number % len(companies)],
                        }
                    ],
                }
                for number in range(start, min(start + AT_ONCE, people))
            ],
        )


def read_all() -> int:
    """Read everybody with company and team; gives how many."""
    read = 0
    for person in Person.objects.includes("company__team").iterator():
        company = person.company
        assert company is not None
        assert person in company.team
        read += 1
    return read


def alive() -> int:
    """How many records are alive."""
    gc.collect()
    return sum(isinstance(each, Person | Company) for each in gc.get_objects())


def read_in_threads(number: int) -> list[int]:
    """Let threads read the table at once; gives how many each has read."""
    found: list[int] = []

    def work() -> None:
        found.append(sum(1 for _ in Person.objects.iterator()))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
    return found


def leak(*, people: int = 100_000, threads: int = 4) -> Result:
    """Read everybody twice, then in threads, and look for what is left."""
    result = Result(
        "leak",
        f"{people:,} people with their companies and teams, in circles, read twice; then by "
        f"{threads} threads at once",
        "s (memory: MB)",
    )
    with connect("sandbox://") as connection:
        assert connection.sandbox is not None
        requests = connection.sandbox.requests
        fill(connection.sandbox.workspace, people)
        for time_ in ("first", "second"):
            begun = time.perf_counter()
            read = read_all()
            result.add(f"the {time_} time", time.perf_counter() - begun)
            left, in_session = alive(), len(session_of(connection))
            result.require(f"{read:,} people were read", read == people)
            result.require(f"{left} records are alive, {in_session} in the session", left == 0)
            requests.clear()  # the sandbox's own log of them
            trim()
            result.add(f"memory after the {time_} time", resident() / 1e6)
        result.compare("memory after the second time", "memory after the first time", 1.1)
        begun = time.perf_counter()
        found = read_in_threads(threads)
        result.add(f"by {threads} threads", time.perf_counter() - begun)
        result.require(f"{len(found)} threads came to their end", len(found) == threads)
        result.require("and read everybody", found == [people] * threads)
        result.require("nothing of what they read is alive", alive() == 0)
    return result
