"""``bulk_delete()``: as many as were meant, each accounted for."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from attio_orm import Company, Person, ValidationError
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


def states(report: Any) -> dict[str, int]:
    return {state: number for state, number in report.counts.items() if number}


async def people(colour: Colour, number: int) -> list[Any]:
    rows = [{"name": f"P{at}"} for at in range(number)]
    return list((await colour.call(Person.objects, "bulk_create", rows)).created)


async def test_ids_and_instances(attio_sandbox: Any, colour: Colour) -> None:
    found = await people(colour, 5)
    with assert_num_requests(3):
        report = await colour.call(
            Person.objects, "bulk_delete", [found[0], found[1].id, found[2]], confirm=3
        )
    assert states(report) == {"deleted": 3}
    assert [each.id for each in report.deleted] == [each.id for each in found[:3]]
    left = await colour.items(Person.objects.all())
    assert {each.id for each in left} == {each.id for each in found[3:]}
    with assert_num_requests(0):
        await colour.call(found[0], "delete")  # it knows


async def test_another_number_deletes_none(attio_sandbox: Any, colour: Colour) -> None:
    found = await people(colour, 2)
    for confirm in (1, 3):
        with assert_num_requests(0), pytest.raises(ValidationError, match="nothing was deleted"):
            await colour.call(
                Person.objects, "bulk_delete", iter([each.id for each in found]), confirm=confirm
            )
    with pytest.raises(ValidationError, match="confirm is how many"):
        await colour.call(Person.objects, "bulk_delete", [], confirm=True)
    assert await colour.call(Person.objects, "count") == 2


async def test_who_is_gone_or_there_twice(attio_sandbox: Any, colour: Colour) -> None:
    (ada,) = await people(colour, 1)
    rows = [ada.id, str(uuid4()), ada, "nonsense", Company(name="x"), Person(name="new")]
    report = await colour.call(Person.objects, "bulk_delete", rows, confirm=6)
    assert [item.state for item in report] == [
        "deleted", "deleted", "unchanged", "failed", "failed", "failed",
    ]  # fmt: skip
    assert "nor a valid record id" in str(report[3].error)
    assert "nor a valid record id" in str(report[4].error)
    assert "not saved" in str(report[5].error)


async def test_a_lost_answer_is_repeated(
    attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    found = await people(colour, 2)
    attio_sandbox.fail_next("drop_after", match="DELETE")
    report = await colour.call(
        Person.objects, "bulk_delete", [each.id for each in found], confirm=2, concurrency=1
    )
    assert states(report) == {"deleted": 2}
    assert await colour.call(Person.objects, "count") == 0


async def test_one_that_nobody_answers_is_unknown(
    attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    found = await people(colour, 2)
    attio_sandbox.fail_next(
        "drop_after", times=5, match=f"DELETE /v2/objects/people/records/{found[0].id}"
    )
    report = await colour.call(
        Person.objects, "bulk_delete", [each.id for each in found], confirm=2, concurrency=1
    )
    assert [item.state for item in report] == ["unknown", "deleted"]
    assert report[0].requests == 5


async def test_a_dry_run_plans_it(attio_sandbox: Any, colour: Colour) -> None:
    found = await people(colour, 2)
    with attio_sandbox.connection.dry_run() as plan:
        report = await colour.call(Person.objects, "bulk_delete", found, confirm=2)
    assert states(report) == {"planned": 2}
    assert [each.method for each in plan] == ["DELETE", "DELETE"]
    assert await colour.call(Person.objects, "count") == 2
