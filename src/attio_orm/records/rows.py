"""Rows: the bytes of records as Attio sends them, and where they live there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from attio_orm.api import activity_records, entries, records
from attio_orm.api.base import Json
from attio_orm.conditions.paths import PARENT
from attio_orm.effects import Operation
from attio_orm.errors import InvalidResponseError, ValidationError
from attio_orm.schema.definitions import Kind, kind_and_slug
from attio_orm.transport import Settle, Transport
from attio_orm.transport.decoding import check_id, lenient, plain
from attio_orm.transport.dry_run import NotSent, dry_run_of
from attio_orm.types.base import wires_of

T = TypeVar("T")

DecodeRows: TypeAlias = "Callable[[bytes], list[Row]]"


class RowId(Struct, gc=False):
    """A record's (or entry's) id within its workspace, and that of its object (or list)."""

    record_id: str
    object_id: str | None = None


class Row(Struct, gc=False):
    """One record as it came: ``id``, ``created_at`` (Attio's own text), ``web_url``, raw values."""

    id: RowId
    created_at: str = ""
    web_url: str | None = None
    values: Raw = Raw(b"{}")
    # when, on the monotonic clock; under a name that no member of an answer has
    asked: float = msgspec.field(default=0.0, name="(asked)")
    placed: str = msgspec.field(default="", name="(placed)")  # once it was asked for

    @property
    def moment(self) -> str:
        """When it was made by the order of creation: see ``moment_of``."""
        if not self.placed:
            self.placed = moment_of(self.values, self.created_at)
        return self.placed


class _Made(Struct, gc=False):
    value: str = ""


class _Order(Struct, gc=False):
    """What of the values says where a row stands in the order of creation."""

    created_at: list[_Made] = []


_order = lenient(msgspec.json.Decoder(_Order | None).decode)


def moment_of(values: Raw | None, created_at: str) -> str:
    """The moment that Attio's filters and orders go by, of a row with these values.

    That is the attribute ``created_at``. The row's own ``created_at`` may be minutes later, where
    the record was made in the web application, or a little earlier: it stands in only where the
    values do not have the attribute.
    """
    try:
        found = None if values is None else _order(values)
    except msgspec.DecodeError:  # an odd part of it breaks no page
        found = None
    return (found.created_at[0].value if found and found.created_at else "") or created_at


class _EntryId(Struct, gc=False):
    entry_id: str
    list_id: str | None = None


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
        # put before the others as text, so that these stay the bytes they came as
        head, rest = _encode({PARENT: [parent]}), bytes(self.entry_values)
        if rest == b"null" or rest[1:].lstrip() == b"}":  # a comma would be one too many
            values = head
        else:
            values = head[:-1] + b"," + rest[1:] if rest[:1] == b"{" else rest
        row_id = RowId(self.id.entry_id, self.id.list_id)
        return Row(row_id, self.created_at, None, Raw(values))


class _Answer(Struct, Generic[T]):
    data: T


_page = lenient(msgspec.json.Decoder(_Answer[list[Row]]).decode)
_one = lenient(msgspec.json.Decoder(_Answer[Row]).decode)
_entries = lenient(msgspec.json.Decoder(_Answer[list[_Entry]]).decode)
_entry = lenient(msgspec.json.Decoder(_Answer[_Entry]).decode)
_split = lenient(msgspec.json.Decoder(dict[str, Raw] | None).decode)
_encode = msgspec.json.encode

EMPTY = Raw(b"[]")


def decode_page(body: bytes) -> list[Row]:
    """The rows of a query's answer. Raises ``msgspec.DecodeError`` where the body is not one."""
    rows = _page(body).data
    # Without the copy a record that is kept would keep the bytes of its whole page alive.
    for row in rows:
        row.values = row.values.copy()
        if not row.id.record_id:
            raise _without_id()
    return rows


def decode_record(body: bytes, asked: str | None = None) -> Row:
    """The row of an answer that holds one record: the one of the id that was ``asked`` for."""
    row = _one(body).data
    row.values = row.values.copy()
    return _checked(row, asked)


def decode_entries(body: bytes) -> list[Row]:
    """The rows of a list's answer; their values have the parent record as ``parent_record``."""
    rows = [entry.row() for entry in _entries(body).data]
    if not all(row.id.record_id for row in rows):
        raise _without_id()
    return rows


def decode_entry(body: bytes, asked: str | None = None) -> Row:
    """The row of an answer that holds one entry: the one of the id that was ``asked`` for."""
    return _checked(_entry(body).data.row(), asked)


def _checked(row: Row, asked: str | None) -> Row:
    """The row, where it is one that was asked for. Raises ``msgspec.DecodeError``."""
    found = row.id.record_id
    if not found:
        raise _without_id()
    if asked is not None:
        check_id(found, asked)
    # what is in an object is read when it is wanted, and an odd part of it breaks no other; of
    # anything else nothing could be read, and it is better told now
    if bytes(memoryview(row.values)[:1]) not in (b"{", b"n"):
        raise msgspec.DecodeError("its values are not a JSON object")
    return row


class _OneRow(Struct, frozen=True):
    """The reader of an answer that is to hold the row of this id."""

    decode: Callable[[bytes, str], Row]
    asked: str

    def __call__(self, body: bytes) -> Row:
        return self.decode(body, self.asked)


def _accepted(decode: Callable[[bytes], Row], accept: Accept) -> Callable[[bytes], Row]:
    """The reader of the answer to a row that was made."""

    def read(body: bytes) -> Row:
        row = decode(body)
        accept(row)
        return row

    return read


def _without_id() -> msgspec.DecodeError:
    return msgspec.DecodeError("a record in it has no id")


def stamp(rows: Iterable[Row], asked: float) -> None:
    """Note when these rows were asked for: an answer may come after that of a later write."""
    for row in rows:
        row.asked = row.asked or asked  # an answer that is shared may be of an earlier request


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


def plain_values(values: Raw | None) -> dict[str, Any]:
    """The values by attribute slug, as plain ``dict`` and ``list``."""
    return {slug: plain(raw) for slug, raw in split(values).items()}


def encode_values(values: Mapping[str, object] | list[Any]) -> Raw:
    """The raw form of plain values: a row's, by slug, or those of one attribute."""
    return Raw(_encode(values))


def active_from(raw: Raw | None) -> list[Any]:
    """When each value of one attribute became active: Attio's own texts, in order.

    ``None`` of a value that came without.
    """
    return [wire.get("active_from") for wire in wires_of(raw or EMPTY)]


Values: TypeAlias = Mapping[str, Any]

Accept: TypeAlias = Callable[[Row], None]
"""Raises ``AnotherAnswer`` for a row that cannot be the answer to what was asked."""


class RowEndpoint(Struct, frozen=True):
    """An object, a list or an activity, and how its rows are asked for and written."""

    kind: Kind
    slug: str

    @property
    def is_list(self) -> bool:
        """Whether it is a list, whose rows are entries."""
        return self.kind == "lists"

    @property
    def path(self) -> str:
        """Where its rows are: ``/v2/objects/people/records``."""
        return f"/v2/{self.kind}/{self.slug}/{'entries' if self.is_list else 'records'}"

    @property
    def _records(self) -> Any:
        """The endpoints of records, of an object or an activity: they take and give the same."""
        return activity_records if self.kind == "activities" else records

    def query(
        self, transport: Transport, body: Mapping[str, object], decode: DecodeRows | None = None
    ) -> Operation[list[Row]]:
        """A page of rows, which ``decode`` makes of an answer with records."""
        if self.is_list:
            return entries.query(transport, self.slug, body, decode=decode_entries)
        made: Operation[list[Row]] = self._records.query(
            transport, self.slug, body, decode=decode or decode_page
        )
        return made

    def get(self, transport: Transport, row_id: str) -> Operation[Row]:
        """One row."""
        if self.is_list:
            decode = _OneRow(decode_entry, row_id)
            return entries.get(transport, self.slug, row_id, decode=decode)
        decode = _OneRow(decode_record, row_id)
        made: Operation[Row] = self._records.get(transport, self.slug, row_id, decode=decode)
        return made

    def create(
        self, transport: Transport, values: Values, accept: Accept
    ) -> Operation[Row | NotSent]:
        """Make a row of these values (of an entry: with its parent among them)."""
        if not self.is_list:
            decode = _accepted(decode_record, accept)
            made: Operation[Row | NotSent] = self._records.create(
                transport, self.slug, values, decode=decode
            )
            return made
        parent, rest = _parted(values, transport)
        decode = _accepted(decode_entry, accept)
        return entries.create(transport, self.slug, *parent, rest, decode=decode)

    def assert_(
        self,
        transport: Transport,
        matching: str,
        values: Values,
        accept: Accept,
        settle: Settle | None = None,
    ) -> Operation[Row | NotSent]:
        """Make a row or update the one that matches: by a unique attribute, or by the parent."""
        slug = self.slug
        if not self.is_list:
            decode = _accepted(decode_record, accept)
            made: Operation[Row | NotSent] = self._records.assert_(
                transport, slug, matching, values, decode=decode, settle=settle
            )
            return made
        parent, rest = _parted(values, transport)
        decode = _accepted(decode_entry, accept)
        return entries.assert_(transport, slug, *parent, rest, decode=decode, settle=settle)

    def change(
        self,
        transport: Transport,
        row_id: str,
        values: Values,
        method: str,
        settle: Settle | None = None,
    ) -> Operation[Row | NotSent]:
        """Change a row: PATCH adds to multi-valued attributes, PUT overwrites them.

        ``settle`` is asked where it may have arrived, and nobody said so.
        """
        slug = self.slug
        if self.is_list:
            change_entry = entries.update if method == "PATCH" else entries.overwrite
            decode = _OneRow(decode_entry, row_id)
            return change_entry(transport, slug, row_id, values, decode=decode, settle=settle)
        api = self._records
        change = api.update if method == "PATCH" else api.overwrite
        decode = _OneRow(decode_record, row_id)
        made: Operation[Row | NotSent] = change(
            transport, slug, row_id, values, decode=decode, settle=settle
        )
        return made

    def changed(self, values: Values) -> Json:
        """The body of such a change."""
        return {"data": {"entry_values" if self.is_list else "values": values}}

    def delete(self, transport: Transport, row_id: str) -> Operation[None]:
        """Delete a row for good."""
        if self.is_list:
            return entries.delete(transport, self.slug, row_id)
        made: Operation[None] = self._records.delete(transport, self.slug, row_id)
        return made

    def values(
        self, transport: Transport, row_id: str, attribute: str, *, limit: int, offset: int
    ) -> Operation[list[Json]]:
        """A page of the values that one attribute ever had."""
        ask = entries.values if self.is_list else records.values
        return ask(
            transport, self.slug, row_id, attribute, show_historic=True, limit=limit, offset=offset
        )

    def write_values(
        self,
        transport: Transport,
        row_id: str,
        attribute: str,
        sent: Sequence[Json],
        settle: Settle,
    ) -> Operation[list[Json] | NotSent]:
        """Replace every value that one attribute has and had; gives all of them."""
        write = entries.write_values if self.is_list else records.write_values
        return write(
            transport, self.slug, row_id, attribute, sent, replace_history=True, settle=settle
        )


@lru_cache(maxsize=1024)
def endpoint_of(object: str) -> RowEndpoint:
    """The endpoint of a slug: an object's, or with ``lists/`` or ``activities/`` before it."""
    return RowEndpoint(*kind_and_slug(object))


def _parted(values: Values, transport: Transport) -> tuple[tuple[str, str], dict[str, Any]]:
    """The parent's object and id, and the other values of an entry."""
    rest = dict(values)
    parent = rest.pop(PARENT, None)
    if parent is None:
        raise ValidationError("An entry cannot be made without it.", attribute="parent")
    record_id = parent.get("target_record_id")
    if record_id is None:
        if dry_run_of(transport.sender) is None:
            raise ValidationError("Give the record itself, or its id.", attribute="parent")
        record_id = "(made first)"  # what the save would make has no id yet
    return (parent["target_object"], record_id), rest
