"""The record or entry that something hangs on."""

from __future__ import annotations

from typing import NamedTuple

from attio_orm.sandbox.errors import not_found
from attio_orm.sandbox.schema import List, Object, Schema
from attio_orm.sandbox.storage import Database


class Parent(NamedTuple):
    """A record: its number, its object and its id."""

    num: int
    object: Object
    id: str


class EntryParent(NamedTuple):
    """An entry: its number, its list, its id, and the record it is of."""

    num: int
    list: List
    id: str
    record: Parent


def find_parent(database: Database, schema: Schema, object_name: str, record_id: str) -> Parent:
    """Give the record of that object and id; raises the 404 where there is none."""
    object_ = schema.object(object_name)
    row = database.row(
        "SELECT num, id FROM records WHERE id = ? AND object = ?", (record_id.lower(), object_.num)
    )
    if row is None:
        raise not_found(f'Record with ID "{record_id}" not found.')
    return Parent(row[0], object_, row[1])


def find_anywhere(database: Database, schema: Schema, record_id: str) -> Parent | None:
    """Give the record of that id, whichever its object is, or None."""
    row = database.row("SELECT num, id, object FROM records WHERE id = ?", (record_id.lower(),))
    if row is None or row[2] not in schema.objects_by_num:
        return None
    return Parent(row[0], schema.objects_by_num[row[2]], row[1])


def parent_of(database: Database, schema: Schema, num: int) -> Parent:
    """Give the record of that number."""
    key, owner = database.row("SELECT id, object FROM records WHERE num = ?", (num,))
    return Parent(num, schema.objects_by_num[owner], key)


def find_entry(
    database: Database, schema: Schema, list_name: str, entry_id: str, actor: int
) -> EntryParent:
    """Give the entry of that list and id; raises the 404 where `actor` sees none."""
    list_ = schema.get_list(list_name, actor)
    row = database.row(
        "SELECT num, id, parent FROM records WHERE id = ? AND object = ?",
        (entry_id.lower(), list_.num),
    )
    if row is None:
        raise not_found(f'Entry with ID "{entry_id}" not found.')
    return EntryParent(row[0], list_, row[1], parent_of(database, schema, row[2]))
