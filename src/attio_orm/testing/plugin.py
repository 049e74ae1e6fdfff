"""The pytest plugin: its fixtures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from attio_orm.testing.handle import SandboxHandle
from attio_orm.testing.live_workspaces import VARIABLE, LiveWorkspace, live
from attio_orm.testing.request_count import assert_num_requests
from attio_orm.testing.served import ServedSandbox
from attio_orm.testing.workspaces import sandbox, serve


@pytest.fixture
def attio_sandbox() -> Iterator[SandboxHandle]:
    """A fresh connected workspace, as its ``SandboxHandle``."""
    with sandbox() as handle:
        yield handle


@pytest.fixture
def attio_server() -> Iterator[ServedSandbox]:
    """A fresh workspace served over HTTP on a free port, as its ``ServedSandbox``."""
    with serve() as handle:
        yield handle


@pytest.fixture
def attio_live() -> Iterator[LiveWorkspace]:
    """A real workspace, that of ``ATTIO_TEST_API_KEY``; what the test makes is deleted at its end.

    Without that token the test is skipped.
    """
    if not os.environ.get(VARIABLE):
        pytest.skip(f"{VARIABLE} is not set: there is no workspace of Attio to test in")
    with live() as workspace:
        yield workspace


@pytest.fixture(name="assert_num_requests")  # the plain name is that of the import
def _assert_num_requests() -> Callable[..., AbstractContextManager[list[str]]]:
    """``with assert_num_requests(n):`` fails unless the block makes exactly ``n`` requests."""
    return assert_num_requests
