"""The pytest plugin: its fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from attio_orm.testing.handle import SandboxHandle
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


@pytest.fixture(name="assert_num_requests")  # the plain name is that of the import
def _assert_num_requests() -> Callable[..., AbstractContextManager[list[str]]]:
    """``with assert_num_requests(n):`` fails unless the block makes exactly ``n`` requests."""
    return assert_num_requests
