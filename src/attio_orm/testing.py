"""For tests: a fresh sandbox, in process or over HTTP, and a count of the requests code makes.

The fixtures are those of a pytest plugin; the context managers are for any test framework.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from attio_orm import context, signals

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.embedded import SandboxHandle
    from attio_orm.served import ServedSandbox

__all__ = ["assert_num_requests", "attio_sandbox", "attio_server", "sandbox", "serve"]


@contextmanager
def assert_num_requests(n: int, *, connection: Connection | None = None) -> Generator[list[str]]:
    """Fail unless the block makes exactly ``n`` requests, introspection and retries included.

    Counts on ``connection``, or on the one current when the block begins. Gives the list of what
    was sent (``"POST /v2/objects/people/records/query"``), which the failure shows.
    """
    counted: Any = connection if connection is not None else context.current_or_none()
    sent: list[str] = []
    lock = threading.Lock()

    def note(sender: Any, *, method: str, path: str, **_: Any) -> None:
        if counted is None or sender is counted:
            with lock:
                sent.append(f"{method} {path}")

    signals.request_started.connect(note, weak=False)
    try:
        yield sent
    finally:
        signals.request_started.disconnect(note)
    if len(sent) != n:
        listed = "".join(f"\n  {position}. {each}" for position, each in enumerate(sent, 1))
        raise AssertionError(f"{n} requests were expected, and {len(sent)} were made:{listed}")


@contextmanager
def sandbox(url: str = "sandbox://") -> Generator[SandboxHandle]:
    """A fresh connected sandbox for the block; the connection is closed at its end.

    ``url`` may fill it: ``"sandbox://?seed=crm"``. Raises ``ValidationError``.
    """
    from attio_orm.connecting import connect_unchecked

    connection = connect_unchecked(url)
    handle = connection.sandbox
    assert handle is not None
    with connection:
        yield handle


@contextmanager
def serve(
    url: str = "sandbox://", *, host: str = "127.0.0.1", port: int = 0
) -> Generator[ServedSandbox]:
    """A fresh sandbox that is served over HTTP for the block, and connected to that way.

    A client in any language reaches it at ``url`` with ``token``. Needs
    ``pip install "attio-orm[server]"``. Raises ``ImportError`` without, ``ValidationError``.
    """
    from attio_orm.connecting import connect_unchecked
    from attio_orm.served import ServedSandbox

    handle = ServedSandbox(url, host=host, port=port)
    try:
        with connect_unchecked(handle.url, sandbox=handle):
            yield handle
    finally:
        handle.stop()


try:
    import pytest
except ImportError:  # the plugin is for pytest; the rest works without
    pass
else:

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

    @pytest.fixture(name="assert_num_requests")
    def _assert_num_requests() -> Callable[..., AbstractContextManager[list[str]]]:
        """``with assert_num_requests(n):`` fails unless the block makes exactly ``n`` requests."""
        return assert_num_requests
