"""From the bytes of an answer to rows whose values stay raw until they are read.

A row keeps a copy of its own ``values`` bytes, so that it pins no page; they are split by attribute
at the first touch, and each attribute is decoded by its codec when it is read. Besides the
transport, no other module sees bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw as Raw
from msgspec import Struct

from attio_orm.errors import InvalidResponseError
from attio_orm.values import Codec, RawValue, codec_for
from attio_orm.values.codec import is_mapping


class RowId(Struct, gc=False):
    """The part of a record's (or entry's) id that names it within its workspace."""

    record_id: str


class Row(Struct, gc=False):
    """One record as it came: ``id``, ``created_at`` (Attio's own text), ``web_url``, raw values."""

    id: RowId
    created_at: str = ""
    web_url: str | None = None
    values: Raw = Raw(b"{}")
    asked: float = msgspec.field(default=0.0, name="(asked)")  # when, on the monotonic clock


class _EntryId(Struct, gc=False):
    entry_id: str


class _Entry(Struct, gc=False):
    """One list entry as it came: ``entry_values``, and the record that it is about."""

    id: _EntryId
    parent_object: str = ""
    parent_record_id: str = ""
    created_at: str = ""
    entry_values: Raw = Raw(b"{}")

    def row(self) -> Row:
        """The entry as a row, its parent record a value like the others."""
        parent = {
            "target_object": self.parent_object,
            "target_record_id": self.parent_record_id,
            "attribute_type": "record-reference",
        }
        head, rest = _encode({PARENT: [parent]}), bytes(self.entry_values)
        if rest == b"null" or rest[1:].lstrip() == b"}":
            values = head
        else:
            values = head[:-1] + b"," + rest[1:] if rest[:1] == b"{" else rest
        return Row(RowId(self.id.entry_id), self.created_at, None, Raw(values))


class _Entries(Struct):
    data: list[_Entry]


class _OneEntry(Struct):
    data: _Entry


class _Page(Struct):
    data: list[Row]


class _One(Struct):
    data: Row


_page = msgspec.json.Decoder(_Page).decode
_one = msgspec.json.Decoder(_One).decode
_entries = msgspec.json.Decoder(_Entries).decode
_entry = msgspec.json.Decoder(_OneEntry).decode
_any = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(dict[str, Raw] | None).decode
_wires = msgspec.json.Decoder(list[dict[str, Any]]).decode
_list = msgspec.json.Decoder(list[Any] | None).decode
_encode = msgspec.json.encode

EMPTY = Raw(b"[]")
PARENT = "parent_record"
"""Attio's name, in filters, for the record that a list entry is about."""


def decode_page(body: bytes) -> list[Row]:
    """The rows of a query's answer. Raises ``msgspec.DecodeError`` where the body is not one."""
    rows = _page(body).data
    for row in rows:
        row.values = row.values.copy()
    return rows


def decode_record(body: bytes) -> Row:
    """The row of an answer that holds one record."""
    row = _one(body).data
    row.values = row.values.copy()
    return row


def decode_entries(body: bytes) -> list[Row]:
    """The rows of a list's answer; their values have the parent record as ``parent_record``."""
    return [entry.row() for entry in _entries(body).data]


def decode_entry(body: bytes) -> Row:
    """The row of an answer that holds one entry."""
    return _entry(body).data.row()


def stamp(rows: Iterable[Row], asked: float) -> None:
    """Note when these rows were asked for: an answer may come after that of a later write."""
    for row in rows:
        row.asked = asked


def split(values: Raw | None) -> dict[str, Raw]:
    """The values by attribute slug, each still raw."""
    if values is None:
        return {}
    try:
        return _split(values) or {}
    except msgspec.DecodeError as error:
        raise InvalidResponseError(
            f"The values of a record are not the JSON object that Attio sends ({error}). Read the "
            f"record anew; if it stays so, ask what stands between here and Attio."
        ) from error


def plain(raw: Raw) -> Any:
    """Raw values as plain ``dict`` and ``list``."""
    return _any(raw)


def encode_values(values: Mapping[str, Any] | list[Any]) -> Raw:
    """The raw form of plain values: a row's, by slug, or those of one attribute."""
    return Raw(_encode(values))


def active_from(raw: Raw | None) -> list[str]:
    """When each value of one attribute became active: Attio's own texts, in order."""
    return [str(w.get("active_from")) for w in _wires(raw or EMPTY)]


Reader = Callable[[Raw], list[Any]]


def reader(codec: Codec[Any]) -> Reader:
    """What decodes one attribute's raw values with ``codec``, as a list of Python values.

    Values of another type than declared are read by the type that they carry themselves; what no
    codec knows comes as ``RawValue``.
    """
    decode = msgspec.json.Decoder(list[codec.shape]).decode  # type: ignore[name-defined]
    read = codec.read

    def values(raw: Raw) -> list[Any]:
        try:
            return [value for wire in decode(raw) if (value := read(wire)) is not None]
        except (msgspec.DecodeError, ValueError, TypeError, AttributeError):
            return read_any(raw)

    return values


JointReader = Callable[[Raw], Any]


@lru_cache(maxsize=256)
def joint_reader(columns: tuple[tuple[str, str], ...]) -> JointReader:
    """What decodes several attributes (slug and type) of a record's raw values in one pass.

    It gives a struct whose ``column_0``, ``column_1`` and so on are lists of wire values, in the
    order of the columns, each in the shape of its codec. Raises ``msgspec.DecodeError`` where one
    of them has another type; the rest is skipped unread.
    """
    names = [f"column_{position}" for position in range(len(columns))]
    fields: list[Any] = [
        (name, list[codec_for(type).shape], msgspec.field(default_factory=list))  # type: ignore[misc]
        for name, (_, type) in zip(names, columns, strict=True)
    ]
    slugs = dict(zip(names, (slug for slug, _ in columns), strict=True))
    shape = msgspec.defstruct("Columns", fields, rename=slugs, gc=False)
    return msgspec.json.Decoder(shape).decode


_REFERENCES = codec_for("record-reference")


def references(values: Raw, slug: str) -> list[Any] | None:
    """What one relation of a record refers to, read without splitting the record's values.

    ``None`` where the relation's values are of another type.
    """
    try:
        wires = joint_reader(((slug, _REFERENCES.type),))(values).column_0
    except msgspec.DecodeError:
        return None
    return [found for wire in wires if (found := _REFERENCES.read(wire)) is not None]


def read_any(raw: Raw) -> list[Any]:
    """One attribute's values, each read by the ``attribute_type`` that it carries."""
    try:
        wires: list[Any] = _list(raw) or []
    except msgspec.DecodeError:  # no list at all
        wires = [_any(raw)]
    present: list[Any] = [wire for wire in wires if wire is not None]
    return convert(wire if is_mapping(wire) else {"value": wire} for wire in present)


def convert(wires: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Value objects as Attio gives them (``dict``), as Python values."""
    found: list[Any] = []
    for wire in wires:
        kind = str(wire.get("attribute_type"))
        codec = codec_for(kind)
        try:
            value = codec.read(msgspec.convert(wire, codec.shape))
        except (msgspec.ValidationError, ValueError, TypeError, AttributeError):
            value = RawValue(kind, dict(wire))
        if value is not None:
            found.append(value)
    return found
