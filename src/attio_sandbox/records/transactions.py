"""What works on a workspace while one transaction is open: the schema, the time, who acts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from attio_sandbox.errors import Refusal, not_found
from attio_sandbox.events import Event
from attio_sandbox.ids import Ids
from attio_sandbox.records.changes import Changes
from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.schema import Catalog, List, Object, Schema
from attio_sandbox.storage import Database
from attio_sandbox.timestamps import format_timestamp


class FoundRecord(NamedTuple):
    """A record: its number, its object and its id."""

    num: int
    object: Object
    id: str


class FoundEntry(NamedTuple):
    """An entry: its number, its list, its id, and the record it is of."""

    num: int
    list: List
    id: str
    record: FoundRecord


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One transaction: `actor` is the number of whom its writes name, `moment` when it began."""

    database: Database
    schema: Schema
    ids: Ids
    moment: datetime
    actor: int
    foreign_keys: Sequence[ForeignKey] = ()
    events: list[Event] = field(default_factory=list[Event])

    @property
    def now(self) -> str:
        """The time of the transaction as Attio writes it."""
        return format_timestamp(self.moment)

    @property
    def reserved_emails(self) -> bool:
        """Whether people take e-mail addresses that nobody can have."""
        return False

    @property
    def catalog(self) -> Catalog:
        """What changes the schema."""
        return Catalog(self.schema, self.ids, self.now)

    def changes(self, *, now: str | None = None, actor: int | None = None) -> Changes:
        """Start a unit of work on records, as of `now` and by `actor` where they are others."""
        by = self.actor if actor is None else actor
        return Changes(
            self.database,
            self.schema,
            now or self.now,
            by,
            self.events,
            self.foreign_keys,
            reserved_emails=self.reserved_emails,
        )

    def emit(self, type: str, id: dict[str, str], **extra: Any) -> None:
        """Note an event, which webhooks are told of once the transaction is committed."""
        self.events.append(Event(type, id, extra, self.actor))

    @contextmanager
    def attempt(self) -> Generator[None, None, None]:
        """Run a block that may be refused: a Refusal undoes what it did, and goes no further."""
        before = len(self.events)
        try:
            with self.database.savepoint():
                yield
        except Refusal:
            del self.events[before:]  # of what was undone, nobody is told

    def one(self, sql: str, values: Sequence[Any], missing: str) -> Any:
        """Give the row of a SELECT; raises the 404 that says `missing` if there is none."""
        row = self.database.row(sql, values)
        if row is None:
            raise not_found(missing)
        return row

    # Records and entries by their ids

    def find_record(self, object_name: str, record_id: str) -> FoundRecord:
        """Give the record of that object and id; raises the 404 if there is none."""
        object_ = self.schema.object(object_name)
        num, key = self.one(
            "SELECT num, id FROM records WHERE id = ? AND object = ?",
            (record_id.lower(), object_.num),  # a UUID is the same in either case
            f'Record with ID "{record_id}" not found.',
        )
        return FoundRecord(num, object_, key)

    def find_anywhere(self, record_id: str) -> FoundRecord | None:
        """Give the record of that id, whichever its object is, or None."""
        row = self.database.row(
            "SELECT num, object FROM records WHERE id = ?", (record_id.lower(),)
        )
        # Entries are in the table too, and are not records.
        if row is None or row[1] not in self.schema.objects_by_num:
            return None
        return self.record(row[0])

    def record(self, num: int) -> FoundRecord:
        """Give the record of that number."""
        key, owner = self.database.row("SELECT id, object FROM records WHERE num = ?", (num,))
        return FoundRecord(num, self.schema.objects_by_num[owner], key)

    def find_entry(self, list_name: str, entry_id: str) -> FoundEntry:
        """Give the entry of that list and id; raises the 404 where the actor sees none."""
        list_ = self.schema.get_list(list_name, self.actor)
        num, key, parent = self.one(
            "SELECT num, id, parent FROM records WHERE id = ? AND object = ?",
            (entry_id.lower(), list_.num),
            f'Entry with ID "{entry_id}" not found.',
        )
        return FoundEntry(num, list_, key, self.record(parent))
