"""Rows of which a few columns are wanted, decoded with their page: the rest is read only on demand.

Where the columns are known before a page is asked for, as those of ``values()``, one pass over its
bytes does what otherwise takes two: one that finds the records, and one over each record.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from types import GenericAlias
from typing import Any, ClassVar

import msgspec
from msgspec import Raw, Struct

from attio_orm.records.row_decoders import Column, joint_shape
from attio_orm.records.rows import DecodeRows, Row, RowId, decode_page, encode_values

_FIRST = re.compile(rb'\s*\{\s*"data"\s*:\s*\[\s*')
_MOST_OF_ONE = 100_000  # bytes: where the first record is longer, all of them are read


class Body:
    """The bytes of one page, of which whole rows are made where somebody needs one."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._rows: list[Row] | None = None

    def row(self, at: int) -> Row:
        """The whole row at a place."""
        if self._rows is None:
            self._rows = decode_page(self._content)
        return self._rows[at]

    def first_values(self) -> Raw | None:
        """What the first row has, written anew; ``None`` where that cannot be told by itself."""
        begin = _FIRST.match(self._content)
        if begin is None:
            return None
        part = self._content[begin.end() : begin.end() + _MOST_OF_ONE].decode(errors="ignore")
        try:
            record, _ = json.JSONDecoder().raw_decode(part)
            return encode_values(record["values"])
        except (ValueError, TypeError, KeyError, RecursionError, msgspec.MsgspecError):
            return None


class ColumnRow(Struct, gc=False, kw_only=True):
    """A row, for all who only want to know which it is.

    ``columns`` are the wire values of its columns. ``body`` and ``at`` are put in after it was
    decoded, under names that no answer has.
    """

    ordered: ClassVar[str]  # where among the columns the moment of its creation is

    id: RowId
    created_at: str = ""
    web_url: str | None = None
    columns: Any
    asked: float = msgspec.field(default=0.0, name="(asked)")
    body: Any = msgspec.field(default=None, name="(body)")
    at: int = msgspec.field(default=0, name="(at)")

    @property
    def values(self) -> Raw:
        """All its raw values; of the first row of a page, what they mean."""
        # the first one tells which attributes there are: the others are not read for that
        told: Raw | None = self.body.first_values() if self.at == 0 else None
        return self.whole().values if told is None else told

    def whole(self) -> Row:
        """The row as it came, for who makes a record of it."""
        row: Row = self.body.row(self.at)
        row.asked = self.asked
        return row

    @property
    def moment(self) -> str:
        """When it was made by the order of creation: see ``moment_of``."""
        made = getattr(self.columns, self.ordered)
        return (made[0].value if made else "") or self.created_at


class _Made(Struct, gc=False):
    value: str = ""


@lru_cache(maxsize=256)
def row_shape(columns: tuple[Column, ...]) -> type[ColumnRow]:
    """The class of rows with these columns."""
    slugs = [each.slug for each in columns]
    more = () if "created_at" in slugs else (("made", "created_at", _Made),)
    shape = joint_shape(tuple((each.slug, each.type) for each in columns), more)
    # a type made at run time, which type checkers do not follow
    made: Any = msgspec.defstruct(
        "ColumnRow",
        [("columns", shape, msgspec.field(name="values"))],
        bases=(ColumnRow,),
        gc=False,
        kw_only=True,
    )
    made.ordered = "made" if more else f"column_{slugs.index('created_at')}"
    found: type[ColumnRow] = made
    return found


@lru_cache(maxsize=256)
def page_decoder(columns: tuple[Column, ...]) -> DecodeRows:
    """What gives the rows of a page with these columns; whole rows where one is not as declared."""
    answer: Any = msgspec.defstruct("Answer", [("data", GenericAlias(list, row_shape(columns)))])
    decode = msgspec.json.Decoder(answer).decode

    def rows(content: bytes) -> list[Row]:
        try:
            found: list[Any] = decode(content).data
        except (msgspec.DecodeError, ValueError, RecursionError):
            return decode_page(content)
        if not all(each.id.record_id for each in found):
            return decode_page(content)
        body = Body(content)
        for at, row in enumerate(found):
            row.body, row.at = body, at
        return found

    return rows


def whole_row(row: object) -> Row:
    """The row as it came."""
    if isinstance(row, ColumnRow):
        return row.whole()
    assert isinstance(row, Row)
    return row
