"""The workspaces that bad input is tried on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bad_input.world import Middle, World, opened


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as world:
        yield world


@pytest.fixture
def middle(no_waits: None) -> Middle:
    return Middle()
