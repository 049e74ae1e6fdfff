"""The sandbox over HTTP, from a thread of this process: for clients of any kind under test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from attio_orm.connecting import connect, connect_unchecked
from attio_orm.models.connection import Connection
from attio_orm.testing.handle import SandboxHandle, open_sandbox
from attio_orm.transport import ApiKey, HttpBackend
from attio_orm.transport.tokens import hidden

if TYPE_CHECKING:
    from attio_sandbox.server import Server
    from attio_sandbox.workspace import Seed


class ServedSandbox(SandboxHandle):
    """A workspace that is served over HTTP; ``connection`` reaches it that way too.

    ``url`` and ``token`` are for the client under test.
    """

    def __init__(
        self,
        url: str,
        *,
        host: str,
        port: int,
        token: str | None = None,
        seed: Seed | None = None,
        data: str | os.PathLike[str] | None = None,
    ) -> None:
        """Open the workspace of a ``sandbox:`` address and serve it; ``port`` 0 takes a free one.

        Raises ``ImportError`` without the extra ``server``, and ``AddressError`` for a port in use.
        """
        from attio_sandbox.server import Server  # needs the extra, which not everybody has

        workspace = open_sandbox(url, token=token, seed=seed, data=data).workspace
        super().__init__(workspace)
        try:
            self._server: Server = Server(workspace, host=host, port=port).start()
        except BaseException:  # a port in use must not keep the file open
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

    def connect(self, **options: object) -> Connection:
        """One more connection over HTTP, unpaced, with the options of ``attio_orm.connect()``.

        Models declared so far are compared with the workspace only where ``on_drift`` is given:
        without it, ``define()`` may still make them.
        """
        options.setdefault("api_key", self.token)
        options["api_key"] = hidden(cast("ApiKey | None", options["api_key"]))  # as connect() does
        chosen: dict[str, Any] = {"limits": None, **options}
        if "on_drift" in options:
            return connect(self.url, **chosen)
        return connect_unchecked(self.url, **chosen)

    def stop(self) -> None:
        """Stop the server and close the workspace. A second time does nothing."""
        self._server.stop()
        self.workspace.close()

    def __repr__(self) -> str:
        return f"<sandbox {self.workspace.slug} at {self.url}>"
