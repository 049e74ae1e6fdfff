"""A transport to a sandbox workspace in this process, for tests below the connection."""

from __future__ import annotations

from attio_orm.testing.backend import SandboxBackend
from attio_orm.transport.pipeline import Transport
from attio_sandbox import Workspace


def transport_to(workspace: Workspace) -> Transport:
    return Transport(
        SandboxBackend(workspace), api_key=workspace.token, base="sandbox://", max_attempts=1
    )
