"""A workspace that answers from a script, for the tests of what is asked of it and when."""

from __future__ import annotations

import pytest

from tests.schema.fakes import FakeWorkspace


@pytest.fixture
def fake() -> FakeWorkspace:
    return FakeWorkspace()
