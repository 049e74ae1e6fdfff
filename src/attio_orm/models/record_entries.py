"""``acme.entries``: the list entries that are about one record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from attio_orm.api import records
from attio_orm.conditions.q import Q
from attio_orm.effects import Operation, async_twin, gather, sync_method
from attio_orm.models.queryset import QuerySet
from attio_orm.query.pages import everything
from attio_orm.query.query import Query
from attio_orm.records.base import Record
from attio_orm.records.loading import all_pages, context_for
from attio_orm.schema.definitions import LISTS
from attio_orm.transport.decoding import lenient
from attio_orm.types.references import reference_to

if TYPE_CHECKING:
    from attio_orm.models.entries import ListEntry

E = TypeVar("E", bound="ListEntry")

PAGE = 1_000  # the most that Attio gives at once here


class _Told(Struct, frozen=True):
    """What Attio tells of one entry of a record."""

    list_api_slug: str
    entry_id: str


class _Answer(Struct):
    data: list[_Told]


_decode = lenient(msgspec.json.Decoder(_Answer).decode)


def _decode_told(body: bytes) -> list[_Told]:
    return _decode(body).data


class RecordEntries:
    """The entries of one record, in whatever list they are.

    Each is an instance of the list's model: the one that the application declared, else one made
    for the list.
    """

    __slots__ = ("_record",)

    def __init__(self, record: Record) -> None:
        self._record = record

    @sync_method
    def all(self) -> Operation[list[ListEntry]]:
        """Every entry, oldest first: a request, and one for each list that has any.

        Raises ``DoesNotExist`` where the record is gone. See
        https://docs.attio.com/rest-api/endpoint-reference/records/list-record-entries.
        """
        reference = reference_to(self._record)
        context = yield from context_for(self._record)
        connection = context.connection
        connection.check_open()

        def page(offset: int) -> Operation[list[_Told]]:
            return records.entries(
                connection.transport, reference.object, reference.id,
                limit=PAGE, offset=offset, decode=_decode_told,
            )  # fmt: skip

        told = yield from all_pages(self._record, page, PAGE)
        # Attio tells ids alone here: the values come with a query of each list
        lists = dict.fromkeys(each.list_api_slug for each in told)
        models = [connection.mapping.model(LISTS + slug) for slug in lists]
        found: list[list[ListEntry]] = yield from gather(
            everything(Query(m, source=connection, where=Q(parent=self._record))) for m in models
        )
        by_id = {entry.id: entry for entries in found for entry in entries}
        return [by_id[each.entry_id] for each in told if each.entry_id in by_id]

    aall = async_twin(all)

    def of(self, model: type[E]) -> QuerySet[E]:
        """The entries in one list, as a queryset: ``acme.entries.of(Pipeline)``."""
        found = model.objects.filter(parent=self._record)
        connection = self._record.connection
        return found.using(connection) if connection is not None else found

    def __iter__(self) -> Iterator[ListEntry]:
        return iter(self.all())

    def __repr__(self) -> str:
        return f"<entries of {self._record!r}: use .all(), or .of(Model)>"
