"""The sandbox over HTTP, from a thread of this process: for clients of any kind under test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attio_orm import context
from attio_orm.embedded import SandboxHandle, open_sandbox
from attio_orm.models.registry import registry
from attio_orm.transport import HttpBackend

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.sandbox.server import Server

_DEFAULTS: dict[str, Any] = {
    "schema": None,
    "on_drift": "warn",
    "timeout": 30.0,
    "max_attempts": 5,
    "transport": None,
}


class ServedSandbox(SandboxHandle):
    """A workspace that is served over HTTP; ``connection`` reaches it that way too.

    ``url`` and ``token`` are for the client under test.
    """

    def __init__(self, url: str, *, host: str, port: int) -> None:
        """Open the workspace of a ``sandbox:`` address and serve it; ``port`` 0 takes a free one.

        Raises ``ImportError`` without the extra ``server``, and ``AddressError`` for a port in use.
        """
        from attio_orm.sandbox.server import Server

        workspace = open_sandbox(url).workspace
        super().__init__(workspace)
        try:
            self._server: Server = Server(workspace, host=host, port=port).start()
        except BaseException:
            workspace.close()
            raise
        self.backend = HttpBackend(self.url)

    @property
    def url(self) -> str:
        """The address: ``http://127.0.0.1:`` and the port."""
        return self._server.url

    @property
    def environment(self) -> dict[str, str]:
        """``ATTIO_BASE_URL`` and ``ATTIO_API_KEY``, for another process that connects."""
        return {"ATTIO_BASE_URL": self.url, "ATTIO_API_KEY": self.token}

    def connect(self, **options: Any) -> Connection:
        """One more connection over HTTP, unpaced, with the options of ``attio_orm.connect()``.

        Models declared so far are compared with the workspace only where ``on_drift`` is given:
        without it, ``define()`` may still make them.
        """
        from attio_orm import connecting

        chosen: dict[str, Any] = {"api_key": self.token, "limits": None, **options}
        if "on_drift" in options:
            return connecting.connect(self.url, **chosen)
        made = connecting._connection(self.url, **{**_DEFAULTS, **chosen})
        made._checked.update(registry.declared())
        context.push(made)
        return made

    def stop(self) -> None:
        """Stop the server and close the workspace. A second time does nothing."""
        self._server.stop()
        self.workspace.close()

    def __repr__(self) -> str:
        return f"<sandbox {self.workspace.slug} at {self.url}>"
