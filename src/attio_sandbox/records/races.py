"""Two writes of one record at once: what the second was checked against is there no more."""

from __future__ import annotations

from attio_sandbox.errors import Refusal
from attio_sandbox.storage import Database


def write_conflict() -> Refusal:
    """Give the 409 of a record that another request changed meanwhile; nothing was written."""
    return Refusal(
        409,
        "concurrent_write_conflict",
        "The record was modified by another request while this write was being validated. Please "
        "try again.",
    )


def seen_values(database: Database, record_id: str) -> bytes | None:
    """Give the values of a record as they are stored, None where there is no such record."""
    row = database.row("SELECT doc FROM records WHERE id = ?", (record_id.lower(),))
    return None if row is None else bytes(row[0])


def check_unchanged(database: Database, record_id: str, seen: bytes) -> None:
    """Raise the 409 where the values of a record are not those that a request saw."""
    now = seen_values(database, record_id)
    # One that is gone is a 404, which its handler says.
    if now is not None and now != seen:
        raise write_conflict()
