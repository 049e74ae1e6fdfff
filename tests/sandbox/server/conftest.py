"""Workspaces behind a real server, and a plain HTTP client of it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import Server


@pytest.fixture
def server(workspace: Workspace) -> Iterator[Server]:
    with Server(workspace) as server:
        yield server


@pytest.fixture
def http(server: Server, workspace: Workspace) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {workspace.token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield client
