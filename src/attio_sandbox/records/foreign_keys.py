"""What becomes of the rows of other tables when the record they name is deleted or merged."""

from __future__ import annotations

from typing import NamedTuple

from attio_sandbox.storage import Database


class ForeignKey(NamedTuple):
    """A column of a resource's table that holds numbers of records or entries.

    Where the table links something to records, `links` is the column of what it links, which goes
    on without the link. `parts` are the table, and its column, of what belongs to a row.
    """

    table: str
    column: str = "record"
    links: str | None = None
    parts: tuple[str, str] | None = None

    def delete(self, database: Database, num: int) -> None:
        """Remove the rows of a record or entry that goes, and their parts.

        Attio documents no event for any of these, so none is noted.
        """
        self._delete(database, "= ?", num)

    def delete_of(self, database: Database, holder: int) -> None:
        """Remove the rows of all records of an object, or entries of a list, that goes."""
        self._delete(database, "IN (SELECT num FROM records WHERE object = ?)", holder)

    def _delete(self, database: Database, which: str, num: int) -> None:
        # The parts first: they are found by the rows.
        if self.parts is not None:
            table, column = self.parts
            database.run(
                f"DELETE FROM {table} WHERE {column} IN"
                f" (SELECT num FROM {self.table} WHERE {self.column} {which})",
                (num,),
            )
        database.run(f"DELETE FROM {self.table} WHERE {self.column} {which}", (num,))

    def move(self, database: Database, source: int, target: int) -> None:
        """Give the rows of the record `source` to `target`, into which it was merged."""
        table, column, links = self.table, self.column, self.links
        database.run(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (target, source))
        if links is not None:
            # What was linked to both records has one link to the new one: the first it had.
            database.run(
                f"DELETE FROM {table} WHERE {column} = ? AND EXISTS (SELECT 1 FROM {table} AS other"
                f" WHERE other.{links} = {table}.{links} AND other.{column} = ?"
                f" AND other.position < {table}.position)",
                (target, target),
            )
