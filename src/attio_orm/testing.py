"""For tests: a pytest plugin with a fresh sandbox, and a count of the requests that code makes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from attio_orm import context, signals

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.embedded import SandboxHandle

__all__ = ["assert_num_requests", "attio_sandbox"]


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
    """A fresh connected sandbox for the block; the connection is closed at its end."""
    from attio_orm.connection import connect_unchecked

    connection = connect_unchecked(url)
    handle = connection.sandbox
    assert handle is not None
    with connection:
        yield handle


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

    @pytest.fixture(name="assert_num_requests")
    def _assert_num_requests() -> Callable[..., AbstractContextManager[list[str]]]:
        """``with assert_num_requests(n):`` fails unless the block makes exactly ``n`` requests."""
        return assert_num_requests
