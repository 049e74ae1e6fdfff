"""``bulk_create()``: one request a row, side by side, and every row accounted for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import (
    Company,
    OutcomeUnknownError,
    Person,
    UniquenessConflictError,
    ValidationError,
    connect,
)
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


def stored(sandbox: Any) -> list[str]:
    records = sandbox.connection.api.records.query("people", limit=500)
    return [record["values"]["name"][0]["full_name"] for record in records]


async def test_the_report_is_in_the_order_of_the_rows(attio_sandbox: Any, colour: Colour) -> None:
    Person.validate(name="x")
    attio_sandbox.connection.schema.fetch("people")
    rows: list[Any] = [{"name": f"P{number}"} for number in range(40)]
    rows[7] = Person(name="P7")
    with assert_num_requests(40):
        report = await colour.call(Person.objects, "bulk_create", rows)

    assert [item.row for item in report] == rows
    assert [item.instance.name for item in report] == [f"P{number}" for number in range(40)]
    assert (len(report), len(report.created), report.failed, report.unknown) == (40, 40, [], [])
    assert report[7].instance is rows[7]
    assert report.elapsed > 0
    assert "40 created, 0 failed" in repr(report)
    report.raise_for_errors()
    assert sorted(stored(attio_sandbox)) == sorted(f"P{number}" for number in range(40))


async def test_what_was_made_is_in_the_callers_session(attio_sandbox: Any, colour: Colour) -> None:
    rows = [{"name": f"P{number}"} for number in range(20)]
    report = await colour.call(Person.objects, "bulk_create", rows)
    again = await colour.items(Person.objects.all())

    assert {id(each) for each in again} == {id(each) for each in report.created}


async def test_failures_are_collected(attio_sandbox: Any, colour: Colour) -> None:
    rows: list[Any] = [
        {"name": "Ada", "email_addresses": ["a@x.co"]},
        {"name": "Bob", "email_addresses": ["nope"]},
        {"nmae": "Cem"},
        {"name": "Dan"},
        5,
    ]
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)

    assert [type(item.error) for item in report] == [
        type(None), ValidationError, *[type(report[2].error)], type(None), ValidationError,
    ]  # fmt: skip
    assert [item.row for item in report.failed] == [rows[1], rows[2], rows[4]]
    assert "email_addresses" in str(report[1].error)
    assert "Did you mean 'name'" in str(report[2].error)
    assert report[1].instance is None
    with pytest.raises(ExceptionGroup, match="3 of 5 rows were not created") as caught:
        report.raise_for_errors()
    assert len(caught.value.exceptions) == 3
    assert sorted(stored(attio_sandbox)) == ["Ada", "Dan"]


async def test_stop_raises_the_first_failure(attio_sandbox: Any, colour: Colour) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"name": "Ada", "email_addresses": ["a@x.co"]}
        yield {"name": "Bob", "email_addresses": ["a@x.co"]}
        yield {"name": "Cem"}

    with pytest.raises(UniquenessConflictError):
        await colour.call(Person.objects, "bulk_create", rows(), on_error="stop", concurrency=1)

    assert stored(attio_sandbox) == ["Ada"]


@pytest.mark.parametrize("fault", ["drop_after", "truncate", 500, "html"])
async def test_an_unknown_outcome_is_never_repeated(
    attio_sandbox: Any, colour: Colour, fault: Any
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next(fault, match="POST /v2/objects/people/records")
    rows = [{"name": "Ada"}, {"name": "Bob"}]
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)

    (unknown,) = report.unknown
    assert unknown.row == rows[0]
    assert isinstance(unknown.error, OutcomeUnknownError)
    assert [each.name for each in report.created] == ["Bob"]
    assert report.failed == []
    assert stored(attio_sandbox).count("Ada") == (0 if fault in (500, "html") else 1)


async def test_too_many_requests_are_waited_for(
    attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next(429, times=3, retry_after=0, match="POST /v2/objects/people/records")
    report = await colour.call(
        Person.objects, "bulk_create", [{"name": f"P{number}"} for number in range(5)]
    )

    assert len(report.created) == 5
    assert len(stored(attio_sandbox)) == 5


async def test_progress_is_told_after_each(attio_sandbox: Any, colour: Colour) -> None:
    told: list[tuple[int, int | None]] = []
    rows = [{"name": f"P{number}"} for number in range(12)]
    await colour.call(
        Person.objects, "bulk_create", rows, on_progress=lambda *given: told.append(given)
    )
    assert told == [(number, 12) for number in range(1, 13)]

    told.clear()
    await colour.call(
        Person.objects, "bulk_create", iter(rows), on_progress=lambda *given: told.append(given)
    )
    assert told == [(number, None) for number in range(1, 13)]


async def test_rows_are_taken_as_they_are_needed(attio_sandbox: Any, colour: Colour) -> None:
    taken = 0
    most_ahead = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for number in range(60):
            taken += 1
            yield {"name": f"P{number}"}

    def watch(done: int, total: int | None) -> None:
        nonlocal most_ahead
        most_ahead = max(most_ahead, taken - done)

    report = await colour.call(
        Person.objects, "bulk_create", rows(), on_progress=watch, concurrency=4
    )

    assert len(report) == 60
    assert most_ahead <= 4


async def test_no_more_than_concurrency_at_once(attio_sandbox: Any, colour: Colour) -> None:
    lock = threading.Lock()
    at_once = most = 0

    def slow(method: str, path: str) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.002)
        with lock:
            at_once -= 1
        return False

    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next(500, match=slow)
    rows = [{"name": f"P{number}"} for number in range(20)]
    await colour.call(Person.objects, "bulk_create", rows, concurrency=3)

    assert most <= 3


async def test_an_empty_run(attio_sandbox: Any, colour: Colour) -> None:
    report = await colour.call(Person.objects, "bulk_create", [])

    assert (len(report), list(report), report.created) == (0, [], [])


async def test_rows_of_the_caller_are_left_as_they_were(attio_sandbox: Any, colour: Colour) -> None:
    row = {"name": "Ada", "email_addresses": ["a@x.co"]}
    await colour.call(Person.objects, "bulk_create", [row])

    assert row == {"name": "Ada", "email_addresses": ["a@x.co"]}


async def test_rows_may_be_instances_not_yet_saved_only(attio_sandbox: Any, colour: Colour) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada")
    report = await colour.call(Person.objects, "bulk_create", [ada, Company(name="Acme")])

    assert [str(item.error)[:6] for item in report.failed]
    assert "exists already" in str(report[0].error)
    assert "neither a Person nor a dict" in str(report[1].error)


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ({"name": "Ada"}, {}),
        ("Ada", {}),
        (5, {}),
        ([], {"on_error": "ignore"}),
        ([], {"concurrency": 0}),
        ([], {"concurrency": "many"}),
    ],
)
async def test_wrong_arguments(attio_sandbox: Any, colour: Colour, rows: Any, options: Any) -> None:
    with pytest.raises(ValidationError):
        await colour.call(Person.objects, "bulk_create", rows, **options)


async def test_a_receiver_that_raises_costs_its_row_alone(
    attio_sandbox: Any, colour: Colour
) -> None:
    from attio_orm import signals

    def refuse(sender: Any, **given: Any) -> None:
        if given["instance"].name == "Bob":
            raise RuntimeError("no Bobs")

    rows = [{"name": "Ada"}, {"name": "Bob"}, {"name": "Cem"}]
    with signals.pre_save.connected_to(refuse, Person):
        report = await colour.call(Person.objects, "bulk_create", rows)

    assert [str(item.error) for item in report.failed] == ["no Bobs"]
    assert sorted(stored(attio_sandbox)) == ["Ada", "Cem"]


async def test_it_writes_where_using_says(colour: Colour) -> None:
    with connect("sandbox://") as first, connect("sandbox://") as second:
        report = await colour.call(
            Person.objects.using(first), "bulk_create", [{"name": f"P{n}"} for n in range(5)]
        )
        assert all(each.connection is first for each in report.created)
        assert not stored(second.sandbox)
        for each in (first, second):
            await each.aclose()
