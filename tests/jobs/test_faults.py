"""Bulk work while a share of all requests fails: nothing twice, nothing lost, nothing unsaid."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from attio_orm import OutcomeUnknownError, Person, Retry, connect
from tests.colours import Colour

FAULTS: tuple[Any, ...] = (503, 429, "drop_before", "drop_after", "truncate", "write_conflict")
ROWS = 120


def address(number: int) -> str:
    return f"p{number}@mail.example.com"


def records(connection: Any) -> list[Any]:
    found: list[Any] = connection.api.records.query("people", limit=500)
    return found


def stored(connection: Any) -> dict[str, list[str]]:
    """The job titles of all records, by the first e-mail address (or the name)."""
    found: dict[str, list[str]] = {}
    for each in records(connection):
        values = each["values"]
        key = [one["email_address"] for one in values["email_addresses"]]
        key = key or [one["full_name"] for one in values["name"]]
        title = [one["value"] for one in values["job_title"]]
        found.setdefault(key[0], []).append(title[0] if title else "")
    return found


@pytest.fixture
def connection(no_waits: None) -> Any:
    # so many failures as here are no reason to give up: that the budget does so has its own tests
    with connect("sandbox://", limits=None, retry=Retry(base=0.0, longest=0.0, budget=1.0)) as it:
        yield it


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("seed", [1, 2])
async def test_upserts(connection: Any, colour: Colour, fault: Any, seed: int) -> None:
    people, sandbox = Person.objects.using(connection), connection.sandbox
    await colour.call(
        people,
        "bulk_create",
        [{"email_addresses": [address(n)], "job_title": "Old"} for n in range(0, ROWS, 2)],
    )
    sandbox.fail(fault, share=0.3, seed=seed, retry_after=0)
    rows = [{"email_addresses": [address(n)], "job_title": "New"} for n in range(ROWS)]
    report = await colour.call(people, "bulk_upsert", rows, matching="email_addresses")
    sandbox.heal()

    assert sum(report.counts.values()) == ROWS
    there = stored(connection)
    assert [key for key, titles in there.items() if len(titles) > 1] == []
    for item in report:
        titles = there.get(item.row["email_addresses"][0], [])
        if item.state in ("created", "updated", "unchanged"):
            assert titles == ["New"], item
            assert item.error is None
        elif item.state == "failed":
            assert titles != ["New"], item
            assert item.error is not None
        else:
            assert item.state == "unknown"
            assert isinstance(item.error, OutcomeUnknownError)
    # with what went wrong known, the same once more does the rest, and no more than the rest
    again = await colour.call(people, "bulk_upsert", rows, matching="email_addresses")
    written = sum(again.counts[state] for state in ("created", "updated"))
    assert written + again.counts["unchanged"] == ROWS
    assert written <= report.counts["failed"] + report.counts["unknown"]
    assert Counter(map(tuple, stored(connection).values())) == {("New",): ROWS}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_creates_without_a_unique_value(connection: Any, colour: Colour, fault: Any) -> None:
    people, sandbox = Person.objects.using(connection), connection.sandbox
    sandbox.fail(fault, share=0.3, seed=3, retry_after=0)
    rows = [{"name": f"P{number}"} for number in range(ROWS)]
    report = await colour.call(people, "bulk_create", rows)
    sandbox.heal()
    there = stored(connection)
    assert max(map(len, there.values())) == 1
    for item in report:
        is_there = item.row["name"] in there
        assert item.state in ("created", "failed", "unknown")
        assert is_there or item.state != "created"
        assert not (is_there and item.state == "failed"), item
    assert sum(report.counts.values()) == ROWS


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_updates_and_deletes(connection: Any, colour: Colour, fault: Any) -> None:
    people, sandbox = Person.objects.using(connection), connection.sandbox
    made = await colour.call(
        people, "bulk_create", [{"email_addresses": [address(n)]} for n in range(ROWS)]
    )
    ids = {each.email_addresses[0]: each.id for each in made.created}
    sandbox.fail(fault, share=0.3, seed=4, retry_after=0)
    rows = [{"id": each.id, "job_title": "New"} for each in made.created]
    report = await colour.call(people, "bulk_update", rows)
    deleted = await colour.call(people, "bulk_delete", list(ids.values())[:40], confirm=40)
    sandbox.heal()
    for one in (report, deleted):
        assert {item.state for item in one} <= {"updated", "deleted", "failed", "unknown"}
    there = {each["id"]["record_id"]: each for each in records(connection)}
    for item in report:
        record = there.get(item.row["id"])
        if record is not None:
            titles = [one["value"] for one in record["values"]["job_title"]]
            assert titles == ["New"] or item.state != "updated", item
            assert titles == [] or item.state != "failed", item
    for item in deleted:
        assert item.row not in there or item.state != "deleted"
        assert item.row in there or item.state != "failed"
