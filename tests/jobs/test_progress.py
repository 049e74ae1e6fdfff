"""How far a run has come: told in the order of the rows' ends, with an honest estimate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import Person, Progress, ValidationError, connect
from attio_orm.jobs.progress import expected
from attio_orm.limits import Limiter
from tests.colours import Colour


def people(number: int) -> list[dict[str, Any]]:
    return [{"name": f"P{at}"} for at in range(number)]


@pytest.mark.parametrize("listed", [True, False], ids=["list", "iterator"])
async def test_each_row_is_told_after_a_first_look(
    attio_sandbox: Any, colour: Colour, listed: bool
) -> None:
    told: list[Progress] = []
    rows: list[dict[str, Any]] = [*people(11), {"name": "P", "email_addresses": ["wrong"]}]
    await colour.call(
        Person.objects, "bulk_create", rows if listed else iter(rows), on_progress=told.append
    )
    assert [each.done for each in told] == list(range(13))
    assert {each.total for each in told} == {12 if listed else None}
    assert (told[0].created, told[0].failed) == (0, 0)
    assert (told[-1].created, told[-1].failed) == (11, 1)
    assert told[-1].rate > 0
    assert told[-1].eta == (0 if listed else None)


async def test_the_first_is_told_before_anything_is_written(
    attio_sandbox: Any, colour: Colour
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    stats, writes = attio_sandbox.connection.stats, []
    await colour.call(
        Person.objects,
        "bulk_create",
        people(3),
        on_progress=lambda _: writes.append(stats().writes),
    )
    assert writes[0] == 0
    assert writes[-1] == 3


async def test_callables_of_two_arguments_work_for_one_release(
    attio_sandbox: Any, colour: Colour
) -> None:
    told: list[tuple[int, int | None]] = []

    def watch(done: int, total: int | None) -> None:
        told.append((done, total))

    with pytest.warns(DeprecationWarning, match="take one Progress"):
        await colour.call(Person.objects, "bulk_create", people(4), on_progress=watch)
    assert told == [(number, 4) for number in range(1, 5)]


def test_what_limits_allow_is_expected_before_the_first_write() -> None:
    limiter = Limiter(writes=25, period=1.0)
    # 25 go out at once, the 26th a second later, and so on: the last of 1,025 after 40 seconds
    assert expected(1025, limiter) == 40.0
    assert expected(25, limiter) == 0.0
    assert expected(10, limiter) == 0.0
    assert expected(None, limiter) is None
    assert expected(1025, None) is None


class TestUnderLimits:
    def test_the_eta_holds(self) -> None:
        # few writes a second, so that the test is short and the limit all that counts
        with connect("sandbox://", limits=Limiter(writes=10)) as connection:
            told: list[Progress] = []
            report = Person.objects.using(connection).bulk_create(
                people(40), on_progress=told.append
            )
        assert report.eta is not None
        assert told[0].eta == report.eta
        assert report.eta == pytest.approx(3.06)
        assert report.elapsed == pytest.approx(report.eta, rel=0.25)
        assert [each for each in told if each.eta is None] == []

    def test_workers_that_only_wait_are_not_added(self) -> None:
        with connect("sandbox://", limits=Limiter(writes=20)) as connection:
            report = Person.objects.using(connection).bulk_create(people(50))
            assert connection.stats().rate_limited == 0
        assert len(report.created) == 50


# -- deadline -------------------------------------------------------------------------------------


async def test_past_the_deadline_the_rest_is_not_sent(attio_sandbox: Any, colour: Colour) -> None:
    from attio_orm import DeadlineExceededError

    def endless() -> Iterator[dict[str, Any]]:
        number = 0
        while True:
            yield {"name": f"P{number}"}
            number += 1

    with pytest.raises(DeadlineExceededError, match=r"bulk_create\(\) was not done") as caught:
        await colour.call(Person.objects, "bulk_create", endless(), deadline=0.2, keep="all")
    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert report.elapsed < 5
    made = await colour.call(Person.objects, "count")
    states = {item.state for item in report}
    assert states <= {"created", "failed", "unknown"}
    assert len(report.created) <= made <= len(report.created) + len(report.unknown)


@pytest.mark.parametrize("deadline", [0, -1, "soon", True])
async def test_a_deadline_is_a_number_of_seconds(
    attio_sandbox: Any, colour: Colour, deadline: Any
) -> None:
    with pytest.raises(ValidationError, match="deadline is a number of seconds"):
        await colour.call(Person.objects, "bulk_create", [], deadline=deadline)
