"""A custom object or activity that is deleted: its records, and all that leads to them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from attio_sandbox.records.documents import decode_values, encode_document
from attio_sandbox.records.foreign_keys import ForeignKey
from attio_sandbox.schema import Activity, Attribute, Object, Schema
from attio_sandbox.storage import Database


class Removal:
    """Deletes an object or an activity with its records and their history.

    With it go the lists of its records and their entries, what is written on both (notes, files,
    comments; tasks and meetings lose the link), saved views, every value elsewhere that refers to
    a record of it, and the reference attributes that can hold nothing else, as the other side of
    a relationship. Attio documents none of it but the records; no event is noted. Nothing leads
    to records of an activity.
    """

    # By set and not record by record: an object of a hundred thousand records is one too.

    def __init__(
        self,
        database: Database,
        schema: Schema,
        foreign_keys: Sequence[ForeignKey],
        object_: Object | Activity,
    ) -> None:
        self.database = database
        self.schema = schema
        self.foreign_keys = foreign_keys
        self.object = object_

    def run(self) -> None:
        """Delete it."""
        schema, object_ = self.schema, self.object
        holders = [*(list_ for list_ in schema.lists if list_.parent == object_.num), object_]
        gone = {holder.num for holder in holders}
        elsewhere = [
            attribute
            for attribute in schema.attributes.values()
            if attribute.type == "record-reference" and attribute.owner not in gone
        ]
        # Without the object they would be allowed to refer to anything.
        useless = [each for each in elsewhere if each.allowed == (object_.num,)]
        self._forget_references(elsewhere, useless)
        # The lists first: the entries of a list name the records by their numbers.
        for holder in holders:
            self._remove_rows(holder.num)
        for attribute in useless:
            schema.remove_attribute(attribute)
        for attribute in elsewhere:
            if object_.num in attribute.allowed and attribute not in useless:
                kept = [num for num in attribute.allowed if num != object_.num]
                text = msgspec.json.encode(kept).decode()
                self.database.run(
                    "UPDATE attributes SET allowed = ? WHERE num = ?", (text, attribute.num)
                )
                schema.read("attributes", attribute.num)
        for holder in holders:
            schema.remove_collection(holder)

    def _forget_references(
        self, attributes: Sequence[Attribute], useless: Sequence[Attribute]
    ) -> None:
        """Take references to records of the object out of documents, cells and histories."""
        num = self.object.num
        dropped = {attribute.num for attribute in useless}
        owners: set[int] = set()
        for attribute in attributes:
            where, values = "attribute = ?", [attribute.num]
            if attribute.num not in dropped:
                where += " AND number IN (SELECT num FROM records WHERE object = ?)"
                values.append(num)
            owners |= {
                row[0]
                for row in self.database.rows(f"SELECT record FROM cells WHERE {where}", values)
            }
            self.database.run(f"DELETE FROM cells WHERE {where}", values)
        for owner in owners:
            data = self.database.row("SELECT doc FROM records WHERE num = ?", (owner,))[0]
            document = decode_values(data)
            for key in list(document):
                document[key] = [
                    value
                    for value in document[key]
                    if key not in dropped
                    and not (isinstance(value.body, tuple) and value.body[0] == num)
                ]
                if not document[key]:
                    del document[key]
            self.database.run(
                "UPDATE records SET doc = ? WHERE num = ?", (encode_document(document), owner)
            )
        # Past values too: they are shown by the slug of an object that is no more. A reference is
        # stored as [object, "id"].
        for attribute in attributes:
            bodies = "%" if attribute.num in dropped else f"[{num},%"
            self.database.run(
                "DELETE FROM history WHERE attribute = ? AND body LIKE ?", (attribute.num, bodies)
            )

    def _remove_rows(self, holder: int) -> None:
        for key in self.foreign_keys:
            key.delete_of(self.database, holder)
        for table in ("cells", "history"):
            self.database.run(
                f"DELETE FROM {table} WHERE record IN (SELECT num FROM records WHERE object = ?)",
                (holder,),
            )
        self.database.run("DELETE FROM views WHERE holder = ?", (holder,))
        self.database.run("DELETE FROM records WHERE object = ?", (holder,))
