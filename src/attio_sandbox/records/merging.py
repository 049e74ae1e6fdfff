"""Two records become one: values, history, references, entries and all that hangs on them."""

from __future__ import annotations

from attio_sandbox.records.changes import Changes
from attio_sandbox.records.documents import Draft, Value
from attio_sandbox.schema import Attribute
from attio_sandbox.values import TYPES


class Merging:
    """Merges record `secondary` into `primary`, which goes on under a new id.

    Of an attribute with one value the primary's wins; of one with many the secondary's are added
    behind the primary's. Attio's documents say "takes precedence" and leave the second open: a
    program that can do with the values of both is right in either case.
    """

    # The primary keeps its number, so that everything that refers to it by number follows.

    def __init__(self, changes: Changes, primary: Draft, secondary: Draft) -> None:
        self.changes = changes
        self.database = changes.database
        self.primary = primary
        self.secondary = secondary

    def run(self, new_id: str) -> None:
        """Merge; the ids of both records are gone afterwards. Notes no event."""
        changes, primary, secondary = self.changes, self.primary, self.secondary
        # Links between the two would be links of the new record to itself.
        self._part(primary, secondary)
        self._part(secondary, primary)
        self._part(secondary, secondary)
        # Before the references: what the primary takes may refer to others that refer back.
        for num in list(secondary.document):  # a copy: each is taken out of it
            self._absorb(changes.schema.attributes[num])
        # In two steps, so that who refers to both finds the second in the first.
        self._redirect(secondary, primary.id)
        self._redirect(primary, new_id)
        changes.flush()
        self.database.run(
            "UPDATE records SET parent = ? WHERE parent = ?", (primary.num, secondary.num)
        )
        for key in changes.foreign_keys:
            key.move(self.database, secondary.num, primary.num)
        for table, column in (("cells", "record"), ("history", "record"), ("records", "num")):
            self.database.run(f"DELETE FROM {table} WHERE {column} = ?", (secondary.num,))
        self.database.run(
            "UPDATE records SET id = ?, created_at = ?, actor = ? WHERE num = ?",
            (new_id, changes.now, changes.actor, primary.num),
        )

    def _absorb(self, attribute: Attribute) -> None:
        """Give the primary what it takes of the secondary's values for one attribute."""
        kind = TYPES[attribute.type]
        mine = self.primary.document.get(attribute.num, [])
        theirs = self.secondary.document.pop(attribute.num)
        have = {kind.key(value.body) for value in mine}  # alike as Attio compares them
        rows = self.database.rows(
            "SELECT rowid FROM cells WHERE record = ? AND attribute = ? ORDER BY position",
            (self.secondary.num, attribute.num),
        )
        last = self.database.row(
            "SELECT max(position) FROM cells WHERE record = ? AND attribute = ?",
            (self.primary.num, attribute.num),
        )[0]
        position = -1 if last is None else last  # the next one is behind it
        taken: list[Value] = []
        for value, (row,) in zip(theirs, rows, strict=True):
            if (mine and not attribute.is_multi) or kind.key(value.body) in have:
                # The primary's wins, or it has the same (facts.md 2.3).
                self.database.run("DELETE FROM cells WHERE rowid = ?", (row,))
                if attribute.pair is not None:
                    self._drop(self._target(value), attribute.pair, self.secondary)
                continue
            taken.append(value)
            position += 1
            self.database.run(
                "UPDATE cells SET record = ?, position = ? WHERE rowid = ?",
                (self.primary.num, position, row),
            )
        if not taken:
            return
        self.primary.document[attribute.num] = mine + taken
        self.primary.is_dirty = True
        self.database.run(
            "UPDATE history SET record = ? WHERE record = ? AND attribute = ?",
            (self.primary.num, self.secondary.num, attribute.num),
        )

    def _target(self, value: Value) -> Draft:
        assert isinstance(value.body, tuple)
        num = self.changes.record_number(*value.body)
        assert num is not None
        return self.changes.draft(num)

    def _part(self, owner: Draft, target: Draft) -> None:
        body = (target.collection.num, target.id)
        for num, values in list(owner.document.items()):
            if any(value.body == body for value in values):
                self._drop(owner, num, target)

    def _drop(self, owner: Draft, attribute: int, target: Draft) -> None:
        """Remove the value of `owner` that refers to `target`, without a trace."""
        body = (target.collection.num, target.id)
        kept = [value for value in owner.document.get(attribute, []) if value.body != body]
        owner.document[attribute] = kept
        if not kept:
            del owner.document[attribute]
        owner.is_dirty = True
        self.database.run(
            "DELETE FROM cells WHERE record = ? AND attribute = ? AND number = ?",
            (owner.num, attribute, target.num),
        )

    def _redirect(self, target: Draft, new_id: str) -> None:
        """Make every reference to `target` one to the primary, under the id `new_id`."""
        old, new = (target.collection.num, target.id), (target.collection.num, new_id)
        for num, attribute in self.database.rows(
            "SELECT record, attribute FROM cells WHERE number = ? AND attribute IN"
            " (SELECT num FROM attributes WHERE type = 'record-reference')",
            (target.num,),
        ):
            owner = self.changes.draft(num)
            values = owner.document[attribute]
            if target is not self.primary and any(value.body == new for value in values):
                self._drop(owner, attribute, target)
                continue
            owner.document[attribute] = [
                value._replace(body=new) if value.body == old else value for value in values
            ]
            owner.is_dirty = True
            self.database.run(
                "UPDATE cells SET number = ? WHERE record = ? AND attribute = ? AND number = ?",
                (self.primary.num, num, attribute, target.num),
            )
