"""What is a table: objects and lists with a column for each attribute, and the rows of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from attio_sandbox.records.documents import RecordRow, decode_document
from attio_sandbox.schema import Attribute, Collection, List, Schema
from attio_sandbox.values.base import Body, members

OBJECTS, LISTS = "objects", "lists"

# Attio publishes no types of columns. These are the plainest: the value by which a type is
# filtered, and of an attribute with several values an array of them. Each type's name in SQL, and
# the member of the stored body.
_TYPES: Mapping[str, tuple[str, str]] = {
    "text": ("VARCHAR", "value"),
    "number": ("DOUBLE", "value"),
    "rating": ("INTEGER", "value"),
    "checkbox": ("BOOLEAN", "value"),
    "date": ("DATE", "value"),
    "timestamp": ("TIMESTAMPTZ", "value"),
    "currency": ("DECIMAL(38,4)", "currency_value"),  # facts.md 4.1: at most 4 decimals
    "personal-name": ("VARCHAR", "full_name"),
    "email-address": ("VARCHAR", "email_address"),
    "domain": ("VARCHAR", "domain"),
    "phone-number": ("VARCHAR", "phone_number"),
    "interaction": ("TIMESTAMPTZ", "interacted_at"),
    "actor-reference": ("VARCHAR", "referenced_actor_id"),
}

Read = Callable[[Body], Any]


class Column(NamedTuple):
    """One column: its name, type and, where it is an attribute's, how a stored body is read."""

    name: str
    type: str
    attribute: int | None = None
    is_multi: bool = False
    read: Read | None = None


class Table(NamedTuple):
    """One object or list; `holder` is its number, `actors` are those of the workspace."""

    schema: str
    name: str
    holder: int
    columns: tuple[Column, ...]
    actors: Mapping[int, tuple[str, str | None]]

    @property
    def full_name(self) -> str:
        """The name with its schema, in quotes."""
        return f"{self.schema}.{quoted(self.name)}"

    def rows(self, records: Iterable[RecordRow]) -> list[dict[str, Any]]:
        """Give records as rows, ready for JSON."""
        return [self._row(record) for record in records]

    def _row(self, record: RecordRow) -> dict[str, Any]:
        key, created_at, actor, data, parent = record
        document = decode_document(data)
        own = {
            "record_id": key,
            "entry_id": key,
            "parent_record_id": parent,
            "created_at": created_at,
            "created_by": self.actors[actor][1],
        }
        row: dict[str, Any] = {}
        for column in self.columns:
            if column.read is None or column.attribute is None:
                row[column.name] = own[column.name]
                continue
            values = [column.read(body) for _, _, body in document.get(column.attribute, ())]
            # No value is NULL, of several as of one: an empty array would be a value.
            row[column.name] = (values if column.is_multi else values[0]) if values else None
        return row


def quoted(name: str) -> str:
    """Give a name as SQL has it in quotes."""
    return '"' + name.replace('"', '""') + '"'


def tables_of(schema: Schema, lists: Sequence[List]) -> dict[str, Table]:
    """Give a table for each object and for each of these lists, by its name with the schema."""
    found = [_table(OBJECTS, each, schema) for each in schema.objects]
    found += [_table(LISTS, each, schema) for each in lists]
    return {f"{each.schema}.{each.name}": each for each in found}


def _table(name: str, collection: Collection, schema: Schema) -> Table:
    columns = [_column(each, schema) for each in collection.active]
    if isinstance(collection, List):
        # An entry has its id and its parent beside its attributes. An attribute of the list's own
        # that is called so keeps the name.
        own = [Column("entry_id", "VARCHAR"), Column("parent_record_id", "VARCHAR")]
        columns = [each for each in own if collection.find(each.name) is None] + columns
    # Names differ by more than case, in SQL.
    once = {each.name.casefold(): each for each in reversed(columns)}
    return Table(
        name, collection.slug, collection.num, tuple(reversed(once.values())), schema.actors
    )


def _column(attribute: Attribute, schema: Schema) -> Column:
    if attribute.is_system and attribute.slug in ("record_id", "created_at", "created_by"):
        kind = "TIMESTAMPTZ" if attribute.slug == "created_at" else "VARCHAR"
        return Column(attribute.slug, kind)
    kind, read = _reader(attribute, schema)
    if attribute.is_multi:
        kind += "[]"
    return Column(attribute.slug, kind, attribute.num, attribute.is_multi, read)


def _reader(attribute: Attribute, schema: Schema) -> tuple[str, Read]:
    if attribute.type in ("select", "status"):
        # As they are now: rows are made when the schema may have changed.
        titles = {option.num: option.title for option in attribute.options}
        return "VARCHAR", lambda body: titles.get(body) if isinstance(body, int) else None
    if attribute.type == "record-reference":
        return "VARCHAR", lambda body: body[1] if isinstance(body, tuple) else None
    if attribute.type == "location":
        return "JSON", lambda body: members(str(body))
    kind, member = _TYPES[attribute.type]
    return kind, lambda body: members(str(body))[member]
