"""What querysets and managers have in common: every method that talks to Attio, in both colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attio_orm.conditions.q import Q
from attio_orm.effects import Done, Operation, async_twin, sync_method
from attio_orm.keywords import checked_keywords
from attio_orm.models.extensions import QuerySetExtensions
from attio_orm.models.missing_methods import missing
from attio_orm.models.streaming import Histories, Stream
from attio_orm.query import reads, saved_views
from attio_orm.query.query import Query
from attio_orm.query.reads import Page
from attio_orm.records.base import Record
from attio_orm.schema import View
from attio_orm.transport.dry_run import Plan
from attio_orm.writes import manager_writes
from attio_orm.writes.upserts import upsert

if TYPE_CHECKING:
    from attio_orm.records.history import HistoricValue

M = TypeVar("M", bound=Record)
T = TypeVar("T")


class QueryMethods(QuerySetExtensions[M], Generic[M]):
    """The methods that send requests. Each has an ``a``-twin over the same operation."""

    def _to_query(self, *conditions: Q, **lookups: object) -> Query[M]:
        """The query, narrowed, on the connection that the first fetch decides."""
        raise NotImplementedError

    def _to_unfetched(self) -> Query[M]:
        """The query for what does not fetch here: its connection stays open."""
        return self._to_query()

    def _start(self) -> Query[M]:
        """The query before a condition is added; its connection need not be decided."""
        raise NotImplementedError

    def _bounded(self, operation: Operation[T]) -> Operation[T]:
        """An operation of these methods, with the limits that a queryset has of its own."""
        return operation

    def _read_already(self) -> tuple[Sequence[M], bool]:
        """The records that are here, which need no request, and whether they are all."""
        return (), False

    if not TYPE_CHECKING:  # type checkers are to report the names that are not there

        def __getattr__(self, name: str) -> Any:
            raise missing(type(self).__name__, name)

    # -- one record -----------------------------------------------------------------------------

    @sync_method
    def get(self, /, *conditions: Q, **lookups: object) -> Operation[M]:
        """The only record that matches, by one request.

        Raises ``DoesNotExist`` or ``MultipleObjectsReturned`` of the model.
        """
        if len(lookups) == 1 and not conditions:
            held = reads.held_by(self._start(), lookups)
            if held is not None:
                return Done(held)
        return self._bounded(reads.one(self._to_query(*conditions, **lookups)))

    aget = async_twin(get)

    @sync_method
    def get_or_none(self, /, *conditions: Q, **lookups: object) -> Operation[M | None]:
        """Like ``get()``, and ``None`` if there is none.

        Two still raise ``MultipleObjectsReturned``.
        """
        if len(lookups) == 1 and not conditions:
            held = reads.held_by(self._start(), lookups)
            if held is not None:
                return Done(held)
        return self._bounded(reads.one_or_none(self._to_query(*conditions, **lookups)))

    aget_or_none = async_twin(get_or_none)

    @sync_method
    def find_by(self, /, *conditions: Q, **lookups: object) -> Operation[M | None]:
        """The first record that matches, or ``None``."""
        return self._bounded(reads.first(self._to_query(*conditions, **lookups)))

    afind_by = async_twin(find_by)

    @sync_method
    def first(self) -> Operation[M | None]:
        """The first record in order (the oldest, unless ordered otherwise), or ``None``."""
        records, is_all = self._read_already()
        if records or is_all:
            return records[0] if records else None
        return (yield from self._bounded(reads.first(self._to_query())))

    afirst = async_twin(first)

    @sync_method
    def last(self) -> Operation[M | None]:
        """The last record in order, or ``None``."""
        records, is_all = self._read_already()
        if is_all:
            return records[-1] if records else None
        return (yield from self._bounded(reads.last(self._to_query())))

    alast = async_twin(last)

    # -- all of them ------------------------------------------------------------------------------

    @sync_method
    def exists(self) -> Operation[bool]:
        """Whether any record matches: one request."""
        records, is_all = self._read_already()
        if records or is_all:
            return bool(records)
        return (yield from self._bounded(reads.exists(self._to_query())))

    aexists = async_twin(exists)

    @sync_method
    def count(self) -> Operation[int]:
        """How many records match, exactly while nobody writes; never reads the table.

        Attio has no count: it takes about five one-record requests for each factor of ten.
        """
        records, is_all = self._read_already()
        return len(records) if is_all else (yield from self._bounded(reads.count(self._to_query())))

    acount = async_twin(count)

    @sync_method
    def in_bulk(self, ids: Iterable[object]) -> Operation[dict[str, M]]:
        """The records of these ids that match, by id, in the order of ``ids``; 500 a request."""
        return self._bounded(reads.in_bulk(self._to_query(), ids))

    ain_bulk = async_twin(in_bulk)

    @sync_method
    def values(self, *names: str) -> Operation[list[dict[str, Any]]]:
        """A ``dict`` of the named attributes for each record; ``"company__name"`` goes through.

        A relation itself comes as the record's id, or a list of ids.
        """
        rows = yield from self._bounded(reads.values(self._to_query(), names))
        return [dict(zip(names, row, strict=True)) for row in rows]

    avalues = async_twin(values)

    @sync_method
    def values_list(self, *names: str, flat: bool = False) -> Operation[list[Any]]:
        """A tuple of the named attributes for each record; with ``flat`` the one value itself.

        Raises ``TypeError`` for ``flat`` with more names than one.
        """
        return self._values(names, flat)

    avalues_list = async_twin(values_list)

    @sync_method
    def pluck(self, name: str) -> Operation[list[Any]]:
        """The values of one attribute, one for each record (a list each where it has several)."""
        return self._values((name,), flat=True)

    apluck = async_twin(pluck)

    def _values(self, names: tuple[str, ...], flat: bool) -> Operation[list[Any]]:
        if flat and len(names) > 1:
            raise TypeError("flat=True takes exactly one name.")
        rows = yield from self._bounded(reads.values(self._to_query(), names))
        return [row[0] for row in rows] if flat else list(rows)

    @sync_method
    def page(self, number: int, size: int = 50) -> Operation[Page[M]]:
        """The ``number``-th page (from 1) of ``size`` records, and whether there is another one.

        Reads one record more than the page, and counts nothing.
        """
        read, is_all = self._read_already()
        return self._bounded(reads.page(self._to_query(), number, size, read if is_all else None))

    apage = async_twin(page)

    @checked_keywords
    def iterator(
        self, page_size: int = 500, read_ahead: int = 1, *, after: str | None = None
    ) -> Stream[M]:
        """Records one after another, without keeping them; for ``for`` and ``async for``.

        Holds at most ``read_ahead`` (1 to 8) pages of ``page_size`` (1 to 500) records. ``after``
        is the ``token`` of an earlier iterator of the same query: goes on behind the record that
        it gave last. Raises ``ValidationError`` for another token.
        """
        # each pass asks for itself, on the connection that is current when it begins
        return Stream(self._to_unfetched(), page_size, read_ahead, after)

    @checked_keywords
    def aiterator(
        self, page_size: int = 500, read_ahead: int = 1, *, after: str | None = None
    ) -> Stream[M]:
        """The same as ``iterator()``, which serves ``async for`` as well."""
        return self.iterator(page_size, read_ahead, after=after)

    @checked_keywords
    def rows(
        self, *names: str, page_size: int = 500, read_ahead: int = 1, after: str | None = None
    ) -> Stream[tuple[Any, ...]]:
        """A tuple of the named attributes for each record, one after another, none of them kept.

        For ``for`` and ``async for``. Names, ``page_size``, ``read_ahead`` and ``after`` are those
        of ``values()`` and ``iterator()``; a relation is read in batches for each page. It gives
        what Attio has, and no change that is not saved. Raises ``ValidationError`` for no name.
        """
        return Stream(self._to_unfetched(), page_size, read_ahead, after, names)

    @checked_keywords
    def arows(
        self, *names: str, page_size: int = 500, read_ahead: int = 1, after: str | None = None
    ) -> Stream[tuple[Any, ...]]:
        """The same as ``rows()``, which serves ``async for`` as well."""
        return self.rows(*names, page_size=page_size, read_ahead=read_ahead, after=after)

    @checked_keywords
    def history(self, name: str, *, page_size: int = 500) -> Stream[tuple[M, list[HistoricValue]]]:
        """Each record with every value that an attribute ever had, oldest first.

        For ``for`` and ``async for``; one request for each record, side by side, and one for each
        page. Records that are deleted meanwhile are left out. Raises ``UnknownAttributeError``.
        See https://docs.attio.com/rest-api/endpoint-reference/records/list-record-attribute-values.
        """
        return Histories(self._to_unfetched(), name, page_size)

    @checked_keywords
    def ahistory(self, name: str, *, page_size: int = 500) -> Stream[tuple[M, list[HistoricValue]]]:
        """The same as ``history()``, which serves ``async for`` as well."""
        return self.history(name, page_size=page_size)

    @sync_method
    def search(self, query: str, *, limit: int = 25) -> Operation[list[M]]:
        """Attio's fuzzy search, best match first: two requests, 25 records at most.

        Eventually consistent: a record written a moment ago may be missing. See
        https://docs.attio.com/rest-api/endpoint-reference/records/search-records.
        """
        from attio_orm.query import search  # few programs search

        return self._bounded(search.hits([self._to_query()], query, limit))

    asearch = async_twin(search)

    @sync_method
    def views(self) -> Operation[list[View]]:
        """The saved views of the object, for ``view()``: one request for each 1,000 of them.

        See https://docs.attio.com/rest-api/endpoint-reference/views/list-views-for-object.
        """
        return self._bounded(saved_views.listed(self._to_query()))

    aviews = async_twin(views)

    @sync_method
    def warm(self) -> Operation[int]:
        """Read all of it anew, so that ``cached()`` finds it; gives how many records there are.

        Raises ``ValidationError`` on a connection without a cache.
        """
        return reads.warm(self._to_query())

    awarm = async_twin(warm)

    def explain(self) -> Plan:
        """The requests that evaluating would send; sends nothing."""
        from attio_orm.query import explain  # for people, seldom for programs

        return explain.explain(self._to_unfetched())  # nothing is sent, so nothing is decided

    # -- writing ----------------------------------------------------------------------------------

    @sync_method
    def create(self, /, **values: object) -> Operation[M]:
        """Make a record by the ``save()`` of its class, and give its instance: one request.

        Raises what ``save()`` raises.
        """
        return self._bounded(manager_writes.create(self._to_query(), values))

    acreate = async_twin(create)

    @sync_method
    def get_or_create(
        self, /, defaults: dict[str, Any] | None = None, **lookups: object
    ) -> Operation[tuple[M, bool]]:
        """The record that matches, or a new one of the lookups and ``defaults``: (it, created).

        Where somebody else makes it in between, that one is given. What is callable among
        ``defaults`` is called when it is needed. Raises ``MultipleObjectsReturned``.
        """
        return self._bounded(manager_writes.get_or_create(self._to_query(), defaults, lookups))

    aget_or_create = async_twin(get_or_create)

    @sync_method
    def update_or_create(
        self, /, defaults: dict[str, Any] | None = None, **lookups: object
    ) -> Operation[tuple[M, bool]]:
        """The record that matches, updated with ``defaults``, or a new one: (it, created).

        Raises ``MultipleObjectsReturned`` where several match.
        """
        return self._bounded(manager_writes.update_or_create(self._to_query(), defaults, lookups))

    aupdate_or_create = async_twin(update_or_create)

    @sync_method
    def upsert(self, /, matching: str, **values: object) -> Operation[M]:
        """Create or update by a unique attribute, in one request (Attio's assert).

        New values of ``matching`` are added; other multi-valued attributes are overwritten with
        what is sent. See https://docs.attio.com/rest-api/endpoint-reference/records/assert-a-record.
        """
        return self._bounded(upsert(self._to_query(), matching, values))

    aupsert = async_twin(upsert)

    @sync_method
    def update(self, /, **values: object) -> Operation[int]:
        """Set these values on every record that matches; gives how many were changed.

        Reads the records and saves those that differ, one request each. The first failure stops
        it; ``bulk()`` goes on, and gives a report.
        """
        return self._bounded(manager_writes.update(self._to_query(), values))

    aupdate = async_twin(update)

    @sync_method
    def delete(self, *, confirm: int) -> Operation[int]:
        """Delete every record that matches, for good; gives how many.

        ``confirm`` is how many you expect: another number raises ``ValidationError`` and deletes
        none.
        """
        return self._bounded(manager_writes.delete(self._to_query(), confirm))

    adelete = async_twin(delete)


query_of: Callable[[QueryMethods[Any]], Query[Any]] = methodcaller("_to_query")
"""The query of a manager or queryset as data, on the connection that the first fetch decides."""
