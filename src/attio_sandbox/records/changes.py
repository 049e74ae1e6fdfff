"""One unit of work on records and entries: documents, cells, history and relationships in step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attio_sandbox.errors import uniqueness_conflict
from attio_sandbox.events import Event
from attio_sandbox.records.documents import (
    INSERT_CELLS,
    Draft,
    Value,
    decode_values,
    encode_body,
    encode_document,
)
from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.schema import Activity, Attribute, Collection, List, Object, Schema
from attio_sandbox.storage import Database
from attio_sandbox.values import TYPES
from attio_sandbox.values.base import Cells, Stored
from attio_sandbox.values.references import reference


class Changes:
    """The changes of one request, made inside the caller's transaction; `flush()` ends them.

    Implements the Lookups that reading input values needs. `now` is the timestamp of every
    value written, `actor` the number of the actor who writes; `events` is where what happens is
    noted, and `foreign_keys` are the columns of other tables that name records. With
    `reserved_emails` people take e-mail addresses under the reserved domains.
    """

    def __init__(
        self,
        database: Database,
        schema: Schema,
        now: str,
        actor: int,
        events: list[Event] | None = None,
        foreign_keys: Sequence[ForeignKey] = (),
        *,
        reserved_emails: bool = False,
    ) -> None:
        self.database = database
        self.schema = schema
        self.now = now
        self.actor = actor
        self.events = events
        self.foreign_keys = foreign_keys
        self.reserved_emails = reserved_emails
        self._drafts: dict[int, Draft] = {}
        self._inserted: set[int] = set()
        self._touched: dict[tuple[int, int], Attribute] = {}

    # Reading

    def draft(self, num: int) -> Draft:
        """Give the record or entry of that number as this unit of work has it."""
        found = self._drafts.get(num)  # the same one each time, so that no change is lost
        if found is None:
            key, owner, created, actor, data, parent = self.database.row(
                "SELECT id, object, created_at, actor, doc, parent FROM records WHERE num = ?",
                (num,),
            )
            collection = self.schema.collection(owner)
            found = Draft(num, key, collection, created, actor, decode_values(data), parent)
            self._drafts[num] = found
        return found

    def record_number(self, object_num: int, record_id: str) -> int | None:
        """Give the number of a record of an object, or None."""
        row = self.database.row(
            "SELECT num FROM records WHERE id = ? AND object = ?", (record_id, object_num)
        )
        return None if row is None else int(row[0])

    def matching(self, attribute: Attribute, value: Stored) -> list[tuple[int, str]]:
        """Give number and id of up to two records that have `value` for `attribute`."""
        condition, operand = _equality(value)
        # Two tell that there are several, whatever their number.
        return self.database.rows(
            "SELECT num, id FROM records WHERE num IN"
            f" (SELECT record FROM cells WHERE attribute = ? AND {condition}) LIMIT 2",
            (attribute.num, *operand),
        )

    # Writing

    def insert(
        self, collection: Collection, key: str, created_at: str, parent: int | None = None
    ) -> Draft:
        """Add an empty record, or an empty entry of the record `parent`."""
        num = self.database.insert(
            "records",
            id=key,
            object=collection.num,
            created_at=created_at,
            actor=self.actor,
            doc=b"",
            parent=parent,
        )
        draft = Draft(num, key, collection, created_at, self.actor, parent=parent, is_dirty=True)
        self._drafts[num] = draft
        if self.events is not None:
            self._inserted.add(num)
            self._tell(draft, "created")
        return draft

    def fill(self, draft: Draft, values: Mapping[int, Sequence[Stored]]) -> None:
        """Store the values of a record that is new, by attribute number."""
        rows: list[tuple[Any, ...]] = []
        links: list[tuple[Attribute, Sequence[Stored]]] = []
        for num, found in values.items():
            if not found:
                continue
            attribute = self.schema.attributes[num]
            found = found if len(found) == 1 else _distinct(found)
            self._check_unique(draft, attribute, found)
            # There is nothing to compare with, archive or merge: this is what loads are made of.
            draft.document[num] = [Value(self.now, self.actor, value.body) for value in found]
            rows += [(draft.num, num, place, *value.cells) for place, value in enumerate(found)]
            if attribute.pair is not None:
                links.append((attribute, found))
        self.database.run_many(INSERT_CELLS, rows)
        # After the cells of this record, which the other side of a relationship may look at.
        for attribute, found in links:
            self._link_all(draft, attribute, found)

    def prepend(self, draft: Draft, attribute: Attribute, values: Sequence[Stored]) -> None:
        """Put values that are not there yet in front; those that are stay where they are."""
        # As Attio's PATCH does (facts.md 6): what is there is neither moved nor made anew.
        kind = TYPES[attribute.type]
        current = draft.document.get(attribute.num, [])
        have = {kind.key(value.body) for value in current}
        added = [value for value in _distinct(values) if value.key not in have]
        if added:
            self._check_unique(draft, attribute, added)
            self._add(draft, attribute, added)

    def overwrite(self, draft: Draft, attribute: Attribute, values: Sequence[Stored]) -> None:
        """Make `values` the attribute's values, in this order; equal ones keep their history."""
        kind = TYPES[attribute.type]
        values = _distinct(values)
        current = draft.document.get(attribute.num, [])
        have = {kind.key(value.body): value for value in current}
        if [value.key for value in values] == list(have):
            return  # no entry in the history and no event for what was there already
        wanted = {value.key for value in values}
        added = [value for value in values if value.key not in have]
        # Only what is new: a value of one's own never conflicts (facts.md 6).
        self._check_unique(draft, attribute, added)
        removed = [value for key, value in have.items() if key not in wanted]
        self._archive(draft, attribute, removed)
        merged = [have.get(v.key) or Value(self.now, self.actor, v.body) for v in values]
        self._set_document(draft, attribute, merged)
        if current:
            self.database.run(
                "DELETE FROM cells WHERE record = ? AND attribute = ?", (draft.num, attribute.num)
            )
        # A choice that stays was entered when it was, not now: filters on `active_from` see that.
        cells = [
            (value.cells._replace(s1=kept.active_from) if _is_choice(attribute) else value.cells)
            for value, kept in zip(values, merged, strict=True)
        ]
        self._insert_cells(draft, attribute, cells, 0)
        if attribute.pair is not None:
            pair = self.schema.attributes[attribute.pair]
            # Taken away first: where one is allowed, a new one finds the place free.
            for value in removed:
                self._drop_reference(self._target(value), pair, draft)
            self._link_all(draft, attribute, added)

    def delete(self, draft: Draft) -> None:
        """Remove a record with its values, history and entries, and close references to it."""
        # Entries first, each with an event of its own that still names its record.
        for (entry,) in self.database.rows(
            "SELECT num FROM records WHERE parent = ? ORDER BY num", (draft.num,)
        ):
            self.delete(self.draft(entry))
        for num, attribute in self.database.rows(
            "SELECT record, attribute FROM cells WHERE number = ? AND attribute IN"
            " (SELECT num FROM attributes WHERE type = 'record-reference')",
            (draft.num,),
        ):
            if num != draft.num:  # a record may refer to itself
                self._drop_reference(self.draft(num), self.schema.attributes[attribute], draft)
        self._tell(draft, "deleted")
        for key in self.foreign_keys:
            key.delete(self.database, draft.num)
        for table, column in (("cells", "record"), ("history", "record"), ("records", "num")):
            self.database.run(f"DELETE FROM {table} WHERE {column} = ?", (draft.num,))
        self._drafts.pop(draft.num, None)

    def flush(self) -> None:
        """Store the documents of all records that changed, and note what happened to them."""
        self.database.run_many(
            "UPDATE records SET doc = ? WHERE num = ?",
            [
                (encode_document(draft.document), draft.num)
                for draft in self._drafts.values()
                if draft.is_dirty
            ],
        )
        for (num, _), attribute in self._touched.items():
            if num in self._drafts:  # and not deleted since
                self._tell(self._drafts[num], "updated", attribute_id=attribute.id)
        self._touched.clear()
        self._inserted.clear()
        self._drafts.clear()

    # Events

    def touch(self, draft: Draft, attribute: Attribute) -> None:
        """Mark a document to be stored, and that an attribute of it changed, once an attribute."""
        draft.is_dirty = True
        # One event for each changed attribute (facts.md 9), and none beside that of the creation.
        if self.events is not None and draft.num not in self._inserted:
            self._touched[draft.num, attribute.num] = attribute

    def _tell(self, draft: Draft, what: str, **more: str) -> None:
        if self.events is None:
            return
        collection = draft.collection
        if isinstance(collection, List):
            # Read now, as a draft of the parent may be gone.
            parent, object_ = self.database.row(
                "SELECT id, object FROM records WHERE num = ?", (draft.parent,)
            )
            key = {"list_id": collection.id, "entry_id": draft.id, **more}
            extra = {
                "parent_object_id": self.schema.objects_by_num[object_].id,
                "parent_record_id": parent,
            }
            self.events.append(Event(f"list-entry.{what}", key, extra, self.actor))
        elif isinstance(collection, Activity):
            if what != "updated":  # of which Attio has no event (facts.md 9)
                key = {"activity_id": collection.id, "record_id": draft.id}
                self.events.append(Event(f"activity-record.{what}", key, {}, self.actor))
        else:
            key = {"object_id": collection.id, "record_id": draft.id, **more}
            self.events.append(Event(f"record.{what}", key, {}, self.actor))

    # The parts of a write

    def _check_unique(self, draft: Draft, attribute: Attribute, values: Sequence[Stored]) -> None:
        if not attribute.is_unique:
            return
        for value in values:
            condition, operand = _equality(value)
            taken = self.database.row(
                f"SELECT 1 FROM cells WHERE attribute = ? AND {condition} AND record != ? LIMIT 1",
                (attribute.num, *operand, draft.num),
            )
            if taken is not None:
                raise uniqueness_conflict(attribute.slug)

    def _add(self, draft: Draft, attribute: Attribute, added: Sequence[Stored]) -> None:
        current = draft.document.get(attribute.num, [])
        new = [Value(self.now, self.actor, value.body) for value in added]
        self._set_document(draft, attribute, new + current)
        self._insert_in_front(draft, attribute, [value.cells for value in added])
        self._link_all(draft, attribute, added)

    def _link_all(self, draft: Draft, attribute: Attribute, values: Sequence[Stored]) -> None:
        if attribute.pair is not None:
            pair = self.schema.attributes[attribute.pair]
            for value in values:
                self._link(draft, attribute, pair, value)

    def _link(self, draft: Draft, attribute: Attribute, pair: Attribute, value: Stored) -> None:
        """Add `draft` to the other side of a relationship, which may take it from another."""
        number = value.cells.number
        assert isinstance(number, int)
        other = self.draft(number)
        assert isinstance(draft.collection, Object)
        back = reference(draft.collection, draft.id, draft.num)
        if not pair.is_multi:
            # It has room for one: who had it loses it, on both sides.
            for old in list(other.document.get(pair.num, [])):
                self._drop_reference(self._target(old), attribute, other)
                self._drop_reference(other, pair, self._target(old))
        current = other.document.get(pair.num)
        if current is None:
            current = other.document[pair.num] = []
        current.insert(0, Value(self.now, self.actor, back.body))  # the newest in front
        self.touch(other, pair)
        self._insert_in_front(other, pair, [back.cells])

    def _target(self, value: Value) -> Draft:
        assert isinstance(value.body, tuple)
        num = self.record_number(*value.body)
        assert num is not None
        return self.draft(num)

    def _drop_reference(self, draft: Draft, attribute: Attribute, target: Draft) -> None:
        """Close the value of `draft` that refers to `target`."""
        body = (target.collection.num, target.id)
        values = draft.document.get(attribute.num, [])
        self._archive(draft, attribute, [value for value in values if value.body == body])
        kept = [value for value in values if value.body != body]
        self._set_document(draft, attribute, kept)
        self.database.run(
            "DELETE FROM cells WHERE record = ? AND attribute = ? AND number = ?",
            (draft.num, attribute.num, target.num),
        )

    def _set_document(self, draft: Draft, attribute: Attribute, values: list[Value]) -> None:
        if values:
            draft.document[attribute.num] = values
        else:
            draft.document.pop(attribute.num, None)
        self.touch(draft, attribute)

    def _archive(self, draft: Draft, attribute: Attribute, values: Sequence[Value]) -> None:
        self.database.run_many(
            "INSERT INTO history (record, attribute, active_from, active_until, actor, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (draft.num, attribute.num, v.active_from, self.now, v.actor, encode_body(v.body))
                for v in reversed(values)  # stored newest first, and listed oldest first
            ],
        )

    def _insert_in_front(self, draft: Draft, attribute: Attribute, cells: Sequence[Cells]) -> None:
        # Positions may fall below zero, so that nothing that is there has to move.
        first = self.database.row(
            "SELECT position FROM cells WHERE record = ? AND attribute = ?"
            " ORDER BY position LIMIT 1",
            (draft.num, attribute.num),
        )
        self._insert_cells(draft, attribute, cells, (first[0] if first else 0) - len(cells))

    def _insert_cells(
        self, draft: Draft, attribute: Attribute, cells: Sequence[Cells], start: int
    ) -> None:
        for position, cell in enumerate(cells, start):
            self.database.run(INSERT_CELLS, (draft.num, attribute.num, position, *cell))


def _is_choice(attribute: Attribute) -> bool:
    return attribute.type in ("select", "status")


def _distinct(values: Sequence[Stored]) -> list[Stored]:
    found: dict[str | int | float, Stored] = {}
    for value in values:
        found.setdefault(value.key, value)
    return list(found.values())


def _equality(value: Stored) -> tuple[str, tuple[str | int | float | None, ...]]:
    folded, exact, number, *_ = value.cells
    if folded is not None:
        return "folded = ? AND exact IS ?", (folded, exact)
    return "number = ?", (number,)
