"""``assert_num_requests``: what a block of code asks Attio for, counted."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from attio_orm import signals
from attio_orm.connection import current
from attio_orm.models.connection import Connection


@contextmanager
def assert_num_requests(n: int, *, connection: Connection | None = None) -> Generator[list[str]]:
    """Fail unless the block makes exactly ``n`` requests, introspection and retries included.

    Counts on ``connection``, or on the one current when the block begins. Gives the list of what
    was sent (``"POST /v2/objects/people/records/query"``), which the failure shows.
    """
    counted: Any = connection if connection is not None else current.current_or_none()
    sent: list[str] = []
    lock = threading.Lock()  # bulk operations send from several threads

    def note(sender: object, *, method: str, path: str, **_: object) -> None:
        if counted is None or sender is counted:
            with lock:
                sent.append(f"{method} {path}")

    # started, not finished: an attempt whose answer never came was one
    signals.request_started.connect(note, weak=False)
    try:
        yield sent
    finally:
        signals.request_started.disconnect(note)
    if len(sent) != n:
        listed = "".join(f"\n  {position}. {each}" for position, each in enumerate(sent, 1))
        raise AssertionError(f"{n} requests were expected, and {len(sent)} were made:{listed}")
