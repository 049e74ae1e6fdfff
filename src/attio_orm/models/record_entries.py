"""``acme.entries``: the list entries that are about one record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from attio_orm.api import records
from attio_orm.errors import NotFoundError
from attio_orm.models import loading
from attio_orm.operations import Operation, arun, gather, run
from attio_orm.query import fetching
from attio_orm.query.q import Q
from attio_orm.query.query import Query
from attio_orm.schema.records import LISTS

if TYPE_CHECKING:
    from attio_orm.models.entries import ListEntry
    from attio_orm.models.model import Model
    from attio_orm.query.queryset import QuerySet

E = TypeVar("E", bound="ListEntry")

PAGE = 1_000


class RecordEntries:
    """The entries of one record, in whatever list they are.

    Each is an instance of the list's model: the one that the application declared, else one made
    for the list.
    """

    __slots__ = ("_record",)

    def __init__(self, record: Model) -> None:
        self._record = record

    def all(self) -> list[ListEntry]:
        """Every entry, oldest first: a request, and one for each list that has any.

        Raises ``DoesNotExist`` where the record is gone. See
        https://docs.attio.com/rest-api/endpoint-reference/records/list-record-entries.
        """
        return run(self._all())

    async def aall(self) -> list[ListEntry]:
        """The twin of ``all()``."""
        return await arun(self._all())

    def of(self, model: type[E]) -> QuerySet[E]:
        """The entries in one list, as a queryset: ``acme.entries.of(Pipeline)``."""
        found = model.objects.filter(parent=self._record)
        connection = self._record.connection
        return found.using(connection) if connection is not None else found

    def __iter__(self) -> Iterator[ListEntry]:
        return iter(self.all())

    def __repr__(self) -> str:
        return f"<entries of {self._record!r}: use .all(), or .of(Model)>"

    def _all(self) -> Operation[list[Any]]:
        reference = self._record._reference()
        batch = yield from loading.batch_for(self._record)
        connection = batch.connection
        connection.check_open()
        told: list[dict[str, Any]] = []
        while True:
            try:
                page = yield from records.entries(
                    connection.transport,
                    reference.object,
                    reference.id,
                    limit=PAGE,
                    offset=len(told),
                )
            except NotFoundError as error:
                raise loading.gone(self._record) from error
            told += page
            if len(page) < PAGE:
                break
        lists = dict.fromkeys(each["list_api_slug"] for each in told)
        models = [connection.model(LISTS + slug) for slug in lists]
        found = yield from gather(
            fetching.everything(Query(m, connection=connection, where=Q(parent=self._record)))
            for m in models
        )
        by_id = {entry.id: entry for entries in found for entry in entries}
        return [by_id[e["entry_id"]] for e in told if e["entry_id"] in by_id]
