"""For tests: a fresh sandbox, in process or over HTTP, and a count of the requests code makes.

``attio_sandbox``, ``attio_server``, ``attio_live`` and ``assert_num_requests`` are fixtures of a
pytest plugin; the context managers are for any test framework.
"""

from typing import TYPE_CHECKING, Any

from attio_orm.testing.handle import SandboxHandle
from attio_orm.testing.live_workspaces import Leftover, LiveWorkspace, leftovers, live
from attio_orm.testing.request_count import assert_num_requests
from attio_orm.testing.served import ServedSandbox
from attio_orm.testing.workspaces import sandbox, serve

if TYPE_CHECKING:
    from attio_orm.testing.plugin import attio_live, attio_sandbox, attio_server

__all__ = [
    "Leftover", "LiveWorkspace", "SandboxHandle", "ServedSandbox", "assert_num_requests",
    "attio_live", "attio_sandbox", "attio_server", "leftovers", "live", "sandbox", "serve",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in {"attio_live", "attio_sandbox", "attio_server"}:
        # pytest takes a while to import, and ``connect("sandbox://")`` needs none of it
        from attio_orm.testing import plugin

        return getattr(plugin, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
