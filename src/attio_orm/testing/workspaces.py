"""``sandbox()`` and ``serve()``: a fresh workspace for a block of code."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attio_orm.connecting import connect_unchecked
from attio_orm.errors import ValidationError
from attio_orm.testing.handle import SandboxHandle
from attio_orm.testing.served import ServedSandbox

if TYPE_CHECKING:
    from attio_sandbox.workspace import Seed


@contextmanager
def sandbox(url: str = "sandbox://") -> Generator[SandboxHandle]:
    """A fresh connected sandbox for the block; the connection is closed at its end.

    ``url`` may fill it: ``"sandbox://?seed=crm"``. Raises ``ValidationError``.
    """
    if not url.startswith("sandbox:"):  # before tests run against a server that is somebody's
        raise ValidationError(f"{url!r} is not a valid sandbox address: use sandbox://.")
    connection = connect_unchecked(url)  # unchecked: define() makes what the models need
    handle = connection.sandbox
    assert handle is not None
    with connection:
        yield handle


@contextmanager
def serve(
    url: str = "sandbox://",
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    seed: Seed | None = None,
    data: str | os.PathLike[str] | None = None,
) -> Generator[ServedSandbox]:
    """A fresh sandbox that is served over HTTP for the block, and connected to that way.

    A client in any language reaches it at ``url`` with ``token``, which is a new one where none is
    given. ``seed`` fills it where it is new, with ``"crm"``, or what a mapping or the
    ``Path`` of a JSON file holds; ``data`` is the file that keeps it. Needs
    ``pip install "attio-orm[server]"``. Raises ``ImportError`` without, ``ValidationError``.
    """
    handle = ServedSandbox(url, host=host, port=port, token=token, seed=seed, data=data)
    try:
        with handle.connect() as connection:
            handle.attach(connection)
            yield handle
    finally:
        handle.stop()
