"""The stored form of a record: its active values, attribute by attribute, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from attio_orm.sandbox.schema import Holder
from attio_orm.sandbox.values.base import Body


class Value(NamedTuple):
    """One active value: since when, the number of the actor, and the stored body."""

    active_from: str
    actor: int
    body: Body


Document = dict[int, list[Value]]

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
    object: Holder
    created_at: str
    actor: int
    document: Document = field(default_factory=dict[int, list[Value]])
    parent: int | None = None
    is_dirty: bool = False
