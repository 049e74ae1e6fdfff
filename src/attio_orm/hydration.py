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


class Row(Struct):
    """One record as it came: ``id``, ``created_at`` (Attio's own text), ``web_url``, raw values."""

    id: RowId
    created_at: str = ""
    web_url: str | None = None
    values: Raw = Raw(b"{}")
    asked: float = msgspec.field(default=0.0, name="(asked)")  # when, on the monotonic clock


class _Page(Struct):
    data: list[Row]


class _One(Struct):
    data: Row


_page = msgspec.json.Decoder(_Page).decode
_one = msgspec.json.Decoder(_One).decode
_any = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(dict[str, Raw] | None).decode
_wires = msgspec.json.Decoder(list[dict[str, Any]]).decode
_list = msgspec.json.Decoder(list[Any] | None).decode
_encode = msgspec.json.encode

EMPTY = Raw(b"[]")


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


def encode_values(values: Mapping[str, Any]) -> Raw:
    """The raw form of plain values, as a row would hold them."""
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


JointReader = Callable[[Raw], tuple[list[Any], ...]]


@lru_cache(maxsize=256)
def joint_reader(columns: tuple[tuple[str, str], ...]) -> JointReader:
    """What decodes several attributes (slug and type) of a record's raw values in one pass.

    It gives their wire values, in the order of the columns, each in the shape of its codec. Raises
    ``msgspec.DecodeError`` where one of them has another type; the rest is skipped unread.
    """
    names = [f"column_{position}" for position in range(len(columns))]
    fields: list[Any] = [
        (name, list[codec_for(type).shape], msgspec.field(default_factory=list))  # type: ignore[misc]
        for name, (_, type) in zip(names, columns, strict=True)
    ]
    slugs = dict(zip(names, (slug for slug, _ in columns), strict=True))
    shape = msgspec.defstruct("Columns", fields, rename=slugs, gc=False)
    decode = msgspec.json.Decoder(shape).decode
    columns_of = msgspec.structs.astuple
    return lambda raw: columns_of(decode(raw))


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
