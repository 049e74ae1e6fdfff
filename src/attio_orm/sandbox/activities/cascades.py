"""What becomes of notes, tasks, comments, meetings and files when their record goes."""

from __future__ import annotations

from collections.abc import Iterable

from attio_orm.sandbox.storage import Database

_OWNED = ("notes", "task_links", "meeting_links", "files", "threads")


def forget_record(database: Database, num: int) -> None:
    """Remove what hangs on a record or entry that is being deleted, and what links to it.

    Its notes, threads and files go; tasks and meetings stay and lose the link. Attio documents
    no event for any of these, so none is noted: the event of the record is all that is told.
    """
    threads = "SELECT num FROM threads WHERE record = ? OR entry = ?"
    database.run(f"DELETE FROM comments WHERE thread IN ({threads})", (num, num))
    database.run(
        "DELETE FROM file_contents WHERE file IN (SELECT num FROM files WHERE record = ?)", (num,)
    )
    database.run("DELETE FROM threads WHERE entry = ?", (num,))
    for table in _OWNED:
        database.run(f"DELETE FROM {table} WHERE record = ?", (num,))


def move_records(database: Database, sources: Iterable[int], target: int) -> None:
    """Hang everything of the records `sources`, which become one, on the record `target`."""
    for source in sources:
        for table in _OWNED:
            database.run(f"UPDATE {table} SET record = ? WHERE record = ?", (target, source))
    for table, owner in (("task_links", "task"), ("meeting_links", "meeting")):
        database.run(
            f"DELETE FROM {table} WHERE record = ? AND EXISTS (SELECT 1 FROM {table} AS other"
            f" WHERE other.{owner} = {table}.{owner} AND other.record = ?"
            f" AND other.position < {table}.position)",
            (target, target),
        )
