"""Which connection is current: for this context first, then for the process."""

from __future__ import annotations

from attio_orm.connection.base import BaseConnection
from attio_orm.connection.defaults import active, newest
from attio_orm.errors import NotConnectedError


def current() -> BaseConnection:
    """The connection in use here. Raises ``NotConnectedError`` where there is none."""
    found = current_or_none()
    if found is None:
        raise NotConnectedError(
            "There is no connection: call connect() first (connect('sandbox://') needs no account)."
        )
    return found


def current_or_none() -> BaseConnection | None:
    """The connection in use here, or ``None``."""
    found: BaseConnection | None = active.get()
    return newest() if found is None else found
