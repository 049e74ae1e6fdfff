"""Carries `connect("sandbox://")` of a test over HTTP: to a server of many workspaces.

`pytest --over-http` does so for every test but those of IN_PROCESS; without it those of BOTH_WAYS
run in process and over HTTP, unless ATTIO_ORM_ONE_WAY is set.
"""

from __future__ import annotations

import os
from typing import Any

from attio_orm.testing import SandboxHandle
from attio_orm.testing.handle import open_sandbox
from attio_orm.transport import HttpBackend
from attio_sandbox import Workspace
from attio_sandbox.server import Server

# What the client does for a user, a module for each part of it: values of every type read and
# written, querying, paging, relations, saving, bulk work, faults on the line, sessions, the API.
BOTH_WAYS = frozenset(
    {
        "api/test_with_sandbox.py",
        "writes/test_bulk.py",
        "writes/test_manager_writes.py",
        "writes/test_faults.py",
        "models/test_instances.py",
        "records/test_lazy_load_warnings.py",
        "records/test_serialization.py",
        "writes/test_saving.py",
        "query/test_count.py",
        "models/test_query_methods.py",
        "query/test_includes.py",
        "query/test_execution.py",
        "query/test_requests.py",
        "query/test_search.py",
        "query/test_table_on_sandbox.py",
        "schema/test_with_sandbox.py",
        "models/test_signals.py",
        "testing/test_plugin.py",
    }
)

# What these count are threads, tasks and forks of a process without a server, or many hundreds of
# requests at once.
IN_PROCESS = frozenset(
    {"bad_input/test_processes.py", "models/test_streaming.py", "connection/test_session_stress.py"}
)


class ServedBackend(HttpBackend):
    """Reaches one workspace of a shared server over HTTP; closing it closes the workspace."""

    def __init__(self, server: Server, workspace: Workspace) -> None:
        super().__init__(server.url)
        self.server = server
        self.workspace = workspace
        server.application.add(workspace)

    def close(self) -> None:
        super().close()
        self.server.application.remove(self.workspace)
        self.workspace.close()


class Carrier:
    """Opens sandboxes that are reached over HTTP; its server starts with the first of them."""

    def __init__(self) -> None:
        self._server: Server | None = None

    def open(self, url: str) -> SandboxHandle:
        """What stands in for ``attio_orm.testing.handle.open_sandbox``."""
        handle = open_sandbox(url)
        if self._server is None:
            self._server = Server().start()
        handle.backend = ServedBackend(self._server, handle.workspace)
        return handle

    def stop(self) -> None:
        """Stop the server, if there is one."""
        if self._server is not None:
            self._server.stop()


def ways(path: Any, *, over_http: bool) -> list[str]:
    """How the tests of a module reach their sandbox: ``["process", "http"]`` or one of them."""
    inner = path.as_posix().partition("/tests/")[2]
    if inner in IN_PROCESS:
        return ["process"]
    if over_http:
        return ["http"]
    both = inner in BOTH_WAYS and not os.environ.get("ATTIO_ORM_ONE_WAY")
    return ["process", "http"] if both else ["process"]
