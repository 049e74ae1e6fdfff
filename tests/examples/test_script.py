"""The nightly job writes only when told, does nothing twice, and tells of what failed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from attio_orm import Deal
from attio_orm.testing import SandboxHandle, assert_num_requests


@pytest.fixture
def job(load_example: Callable[[str], Any]) -> Any:
    return load_example("script")


@pytest.fixture
def deals(attio_sandbox: SandboxHandle) -> SandboxHandle:
    """Twelve deals in progress, and one that is won."""
    for number in range(13):
        Deal.objects.create(
            name=f"Deal {number}",
            stage="In Progress" if number < 12 else "Won 🎉",
            owner="owner@sandbox.example",
            value=100,
        )
    return attio_sandbox


def stages() -> list[str]:
    return sorted(map(str, Deal.objects.pluck("stage")))  # made in one millisecond


def test_it_only_looks_unless_told(
    job: Any, deals: SandboxHandle, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with assert_num_requests(1):
        assert job.run(deals.connection, datetime.now(UTC), write=False) == 0
    assert "12 deals of 0 companies stand still: 1200" in caplog.text
    assert stages().count("In Progress") == 12


def test_it_closes_them_and_finds_none_the_next_night(
    job: Any, deals: SandboxHandle, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    now = datetime.now(UTC)
    assert job.run(deals.connection, now, write=True) == 0
    assert "12 closed, 0 failed" in caplog.text
    assert stages() == ["Lost"] * 12 + ["Won 🎉"]
    with assert_num_requests(1):
        assert job.run(deals.connection, now, write=True) == 0


def test_it_tells_of_what_failed_and_does_the_rest(
    job: Any, deals: SandboxHandle, caplog: pytest.LogCaptureFixture
) -> None:
    deals.fail_next(403, match="PATCH")
    assert job.run(deals.connection, datetime.now(UTC), write=True) == 1
    assert stages().count("Lost") == 11
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


def test_a_deal_that_moved_not_long_ago_is_left_alone(job: Any, deals: SandboxHandle) -> None:
    deals.clock.move(3600)
    assert len(job.stale(datetime.now(UTC))) == 12
    moved = Deal.objects.get(name="Deal 3")
    moved.stage = "Lead"
    moved.save()
    moved.stage = "In Progress"
    moved.save()
    assert len(job.stale(datetime.now(UTC))) == 11


def test_the_command(job: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert job.main(["--write"]) == 0
    with pytest.raises(SystemExit):
        job.main(["--days", "soon"])
    assert "invalid int value" in capsys.readouterr().err
