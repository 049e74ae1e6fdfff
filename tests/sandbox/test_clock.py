"""The clock of a workspace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_clock_is_real_until_told_otherwise() -> None:
    before = datetime.now(UTC)
    now = Clock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_move_and_set_let_it_run_on() -> None:
    clock = Clock()
    clock.set(NEW_YEAR)
    clock.move(timedelta(days=1))
    clock.move(-3600)
    first = clock.now()
    assert timedelta(hours=23) <= first - NEW_YEAR < timedelta(hours=23, seconds=30)
    assert clock.now() >= first


def test_a_frozen_clock_stands_still() -> None:
    clock = Clock()
    clock.freeze()
    assert clock.now() == clock.now()
    clock.set(NEW_YEAR.astimezone(timezone(timedelta(hours=5))))
    clock.move(0.25)
    assert clock.now() == NEW_YEAR + timedelta(milliseconds=250)
    clock.resume()
    clock.resume()
    assert timedelta(0) <= clock.now() - NEW_YEAR < timedelta(seconds=30)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Clock().set(datetime(2026, 1, 1))


def test_records_are_created_at_the_time_of_the_clock() -> None:
    clock = Clock()
    clock.freeze()
    workspace = Workspace(clock=clock)
    clock.set(datetime(2031, 5, 6, 7, 8, 9, 123_456, tzinfo=UTC))
    record = Client(workspace).create("people", name="Ada")
    assert record["created_at"] == "2031-05-06T07:08:09.123000000Z"
    workspace.close()
