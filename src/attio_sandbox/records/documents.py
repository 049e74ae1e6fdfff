"""The stored form of a record or entry: its row, and its active values by attribute, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from attio_sandbox.schema import Collection
from attio_sandbox.values.base import Body

# Values live twice: in `records.doc` (MessagePack, attribute number to values in order), from
# which records are rendered, and in `cells`, typed and indexed, on which filters and sorts run.
# `folded` is the casefolded text of a value's default property and `exact` the text itself
# where folding changed it; `number` also holds option numbers and the records referred to.
# An entry is a record of its list that has a parent record.
TABLES = """
CREATE TABLE records (
    num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, object INTEGER NOT NULL,
    created_at TEXT NOT NULL, actor INTEGER NOT NULL, doc BLOB NOT NULL, parent INTEGER);
CREATE INDEX records_by_time ON records (object, created_at, id);
CREATE INDEX records_by_id ON records (object, id);
CREATE INDEX records_by_parent ON records (parent, object) WHERE parent IS NOT NULL;
CREATE TABLE cells (
    record INTEGER NOT NULL, attribute INTEGER NOT NULL, position INTEGER NOT NULL,
    folded TEXT, exact TEXT, number NUMERIC, s1 TEXT, s2 TEXT, s3 TEXT, s4 TEXT, s5 TEXT,
    s6 TEXT, s7 TEXT);
CREATE INDEX cells_by_record ON cells (record, attribute, position);
CREATE INDEX cells_by_text ON cells (attribute, folded, record) WHERE folded IS NOT NULL;
CREATE INDEX cells_by_number ON cells (attribute, number, record) WHERE number IS NOT NULL;
CREATE INDEX cells_by_part ON cells (attribute, fold(s1), record) WHERE s1 IS NOT NULL;
CREATE INDEX cells_by_part_2 ON cells (attribute, fold(s2), record) WHERE s2 IS NOT NULL;
CREATE TABLE history (
    num INTEGER PRIMARY KEY, record INTEGER NOT NULL, attribute INTEGER NOT NULL,
    active_from TEXT NOT NULL, active_until TEXT NOT NULL, actor INTEGER NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX history_by_record ON history (record, attribute, active_from);
"""

RecordRow = tuple[str, str, int, bytes, str | None]
# The number of a record or entry, then its RecordRow: id, created_at, actor, document, parent's id.
SELECT_ROWS = (
    "SELECT r.num, r.id, r.created_at, r.actor, r.doc, p.id"
    " FROM records r LEFT JOIN records p ON p.num = r.parent"
)
INSERT_CELLS = "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Value(NamedTuple):
    """One active value: since when, the number of the actor, and the stored body."""

    active_from: str
    actor: int
    body: Body


Document = dict[int, list[Value]]

# Typed, which decodes faster than it would without, and plain: a Value of each would cost a page.
_decoder = msgspec.msgpack.Decoder(dict[int, list[tuple[str, int, str | int | tuple[int, str]]]])
_history_decoder: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)


def encode_document(document: Document) -> bytes:
    """Give a document as MessagePack."""
    return msgspec.msgpack.encode(document)


def decode_document(data: bytes) -> dict[int, list[tuple[str, int, Body]]]:
    """Read a document for rendering: plain tuples in the order of Value."""
    return _decoder.decode(data)


def decode_values(data: bytes) -> Document:
    """Read a document for changing it."""
    return {num: [Value(*v) for v in values] for num, values in _decoder.decode(data).items()}


def encode_body(body: Body) -> str:
    """Give a body as text, for the history."""
    return msgspec.json.encode(body).decode()


def decode_body(text: str) -> Body:
    """Read a body of the history."""
    return _history_decoder.decode(text)


@dataclass(slots=True)
class Draft:
    """A record, or an entry with the number of its parent record, while a request changes it."""

    num: int
    id: str
    collection: Collection
    created_at: str
    actor: int
    document: Document = field(default_factory=dict[int, list[Value]])
    parent: int | None = None
    is_dirty: bool = False
