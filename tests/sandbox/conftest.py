"""A fresh workspace in memory, its clock stopped, and a bare client of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from attio_orm.sandbox import Clock, Workspace
from tests.sandbox.client import Client

START = datetime(2026, 2, 3, 10, 11, 12, 520_000, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.freeze()
    clock.set(START)
    return clock


@pytest.fixture
def ws(clock: Clock) -> Iterator[Workspace]:
    workspace = Workspace(clock=clock)
    yield workspace
    workspace.close()


@pytest.fixture
def api(ws: Workspace) -> Client:
    return Client(ws)
