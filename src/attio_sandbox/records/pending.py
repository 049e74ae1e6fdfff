"""What is still to be done to records after the response, on the clock of the workspace."""

from __future__ import annotations

from datetime import datetime, timedelta

from attio_sandbox.errors import Refusal
from attio_sandbox.storage import Database
from attio_sandbox.timestamps import format_timestamp

# `record` is the id of the record that something is still to be done to, `due` when.
TABLES = """
CREATE TABLE pending (
    num INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL, due TEXT NOT NULL);
CREATE INDEX pending_by_time ON pending (due, num);
CREATE INDEX pending_by_record ON pending (record, kind);
"""
MERGE = "merge"
ENRICHMENT = "enrichment"


def put_off(database: Database, kind: str, record_id: str, moment: datetime, delay: float) -> None:
    """Note that something of `kind` is due for a record, `delay` seconds after `moment`."""
    due = format_timestamp(moment + timedelta(seconds=delay))
    database.run("INSERT INTO pending (kind, record, due) VALUES (?, ?, ?)", (kind, record_id, due))


def has_due(database: Database, kind: str, moment: datetime) -> bool:
    """Tell whether something of `kind` is due at `moment`."""
    found = database.row(
        "SELECT 1 FROM pending WHERE due <= ? AND kind = ? LIMIT 1",
        (format_timestamp(moment), kind),
    )
    return found is not None


def take_due(database: Database, kind: str, moment: datetime) -> list[tuple[str, str]]:
    """Give record id and time of what is due at `moment`, oldest first, and forget it."""
    # Oldest first: somebody of the same company may have been created later.
    rows: list[tuple[int, str, str]] = database.rows(
        "SELECT num, record, due FROM pending WHERE due <= ? AND kind = ? ORDER BY due, num",
        (format_timestamp(moment), kind),
    )
    database.run_many("DELETE FROM pending WHERE num = ?", [(num,) for num, _, _ in rows])
    return [(record, due) for _, record, due in rows]


def check_merged(database: Database, record_id: str, moment: datetime, *, writes: bool) -> None:
    """Refuse a request for a record whose merge is still being applied.

    Attio answers 404 to who reads it (the page "Merge two records") and 400 to who writes it.
    """
    if database.is_empty("pending"):  # as it nearly always is
        return
    last = database.row(
        "SELECT max(due) FROM pending WHERE record = ? AND kind = ?", (record_id.lower(), MERGE)
    )[0]
    if last is not None and last > format_timestamp(moment):
        raise Refusal(
            400 if writes else 404,
            "merge_in_progress",
            f'Record with ID "{record_id}" is being merged. Please try again later.',
        )
