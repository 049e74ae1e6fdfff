"""Many rows upserted that are there already: reads by the 500, no write, and what a row costs.

The sandbox runs in this process, so that its own time is part of each figure. It is measured by
itself beside them: the same reads through ``connection.api``, which makes no records.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from attio_orm import Person, connect
from attio_orm.testing.handle import open_sandbox
from tests.benchmarks.measuring import Result, interleaved

BATCH = 500
UPSERT, READS, FILTERS = "bulk_upsert", "the reads alone, by connection.api", "filter(), in batches"


def _address(number: int) -> str:
    return f"p{number}@mail.example.com"


def upserts(*, rows: int = 100_000, rounds: int = 3) -> Result:
    """So many unchanged rows by one unique attribute."""
    result = Result("upserts", f"{rows:,} rows upserted by e-mail that are there already", "s")
    handle = open_sandbox("sandbox://")
    handle.workspace.load(
        "people",
        [
            {"name": [{"first_name": "P", "last_name": f"{n}", "full_name": f"P {n}"}],
             "email_addresses": [_address(n)], "job_title": "CTO"}
            for n in range(rows)
        ],
    )  # fmt: skip
    with connect("sandbox://", transport=handle.backend, api_key=handle.token) as connection:

        def given() -> Iterator[dict[str, Any]]:
            for number in range(rows):
                yield {"email_addresses": [_address(number)], "job_title": "CTO"}

        def upsert() -> None:
            report = Person.objects.bulk_upsert(given(), matching="email_addresses")
            assert report.counts["unchanged"] == rows, report

        def read() -> None:
            for at in range(0, rows, BATCH):
                wanted = [_address(n) for n in range(at, min(at + BATCH, rows))]
                condition = {"$or": [{"email_addresses": {"$eq": each}} for each in wanted]}
                connection.api.records.query("people", filter=condition, limit=BATCH)

        def filters() -> None:
            for at in range(0, rows, BATCH):
                wanted = [_address(n) for n in range(at, min(at + BATCH, rows))]
                found = Person.objects.filter(email_addresses__in=wanted)
                assert sum(each.job_title == "CTO" for each in found) == len(wanted)

        connection.schema.fetch("people")
        before = connection.stats()
        begun = time.perf_counter()
        upsert()
        result.add("the first run", time.perf_counter() - begun)
        after = connection.stats()
        queries = -(-rows // BATCH)
        result.require(
            f"{queries:,} reads and no write for {rows:,} rows",
            (after.reads - before.reads, after.writes - before.writes) == (queries, 0),
        )
        result.add_all(
            interleaved({UPSERT: upsert, FILTERS: filters, READS: read}, rounds, units=1)
        )
    result.compare(UPSERT, FILTERS)
    result.compare(UPSERT, READS)
    return result
