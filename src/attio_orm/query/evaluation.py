"""What querysets and managers have in common: every method that talks to Attio, in both colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from attio_orm.operations import Operation, arun, run
from attio_orm.query import explaining, fetching, searching, views

if TYPE_CHECKING:
    from attio_orm.models.bulk import BulkReport
    from attio_orm.models.model import Model
    from attio_orm.plans import Plan
    from attio_orm.query.q import Q
    from attio_orm.query.query import Query
    from attio_orm.query.streaming import Stream
    from attio_orm.schema import View

    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")


class Evaluation(Generic[M]):
    """The methods that send requests. Each has an ``a``-twin over the same operation."""

    def _to_query(self, *conditions: Q, **lookups: Any) -> Query[M]:
        raise NotImplementedError

    def _to_unfetched(self) -> Query[M]:
        """The query for what does not fetch here: its connection stays open."""
        return self._to_query()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            from attio_orm.query.absent import missing

            raise missing(type(self).__name__, name)

    # -- one record -----------------------------------------------------------------------------

    def get(self, *conditions: Q, **lookups: Any) -> M:
        """The only record that matches, by one request.

        Raises ``DoesNotExist`` or ``MultipleObjectsReturned`` of the model.
        """
        return run(fetching.one(self._to_query(*conditions, **lookups)))

    async def aget(self, *conditions: Q, **lookups: Any) -> M:
        """The twin of ``get()``."""
        return await arun(fetching.one(self._to_query(*conditions, **lookups)))

    def get_or_none(self, *conditions: Q, **lookups: Any) -> M | None:
        """Like ``get()``, and ``None`` where there is none.

        Two still raise ``MultipleObjectsReturned``.
        """
        return run(fetching.one_or_none(self._to_query(*conditions, **lookups)))

    async def aget_or_none(self, *conditions: Q, **lookups: Any) -> M | None:
        """The twin of ``get_or_none()``."""
        return await arun(fetching.one_or_none(self._to_query(*conditions, **lookups)))

    def find_by(self, *conditions: Q, **lookups: Any) -> M | None:
        """The first record that matches, or ``None``."""
        return run(fetching.first(self._to_query(*conditions, **lookups)))

    async def afind_by(self, *conditions: Q, **lookups: Any) -> M | None:
        """The twin of ``find_by()``."""
        return await arun(fetching.first(self._to_query(*conditions, **lookups)))

    def first(self) -> M | None:
        """The first record in order (the oldest, unless ordered otherwise), or ``None``."""
        return run(self._first())

    async def afirst(self) -> M | None:
        """The twin of ``first()``."""
        return await arun(self._first())

    def _first(self) -> Operation[M | None]:
        return fetching.first(self._to_query())

    def last(self) -> M | None:
        """The last record in order, or ``None``."""
        return run(self._last())

    async def alast(self) -> M | None:
        """The twin of ``last()``."""
        return await arun(self._last())

    def _last(self) -> Operation[M | None]:
        return fetching.last(self._to_query())

    # -- all of them ------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether any record matches: one request."""
        return run(self._exists())

    async def aexists(self) -> bool:
        """The twin of ``exists()``."""
        return await arun(self._exists())

    def _exists(self) -> Operation[bool]:
        return fetching.exists(self._to_query())

    def count(self) -> int:
        """How many records match, exactly while nobody writes; never reads the table.

        Attio has no count: it takes about five one-record requests for each factor of ten.
        """
        return run(self._count())

    async def acount(self) -> int:
        """The twin of ``count()``."""
        return await arun(self._count())

    def _count(self) -> Operation[int]:
        from attio_orm.query.reading import Reading

        return Reading(self._to_query()).count()

    def in_bulk(self, ids: Iterable[Any]) -> dict[str, M]:
        """The records of these ids that match, by id, in the order of ``ids``; 500 a request."""
        return run(fetching.in_bulk(self._to_query(), ids))

    async def ain_bulk(self, ids: Iterable[Any]) -> dict[str, M]:
        """The twin of ``in_bulk()``."""
        return await arun(fetching.in_bulk(self._to_query(), ids))

    def values(self, *names: str) -> list[dict[str, Any]]:
        """A ``dict`` of the named attributes for each record; ``"company__name"`` goes through.

        A relation itself comes as the record's id, or a list of ids.
        """
        rows = run(fetching.picked(self._to_query(), names))
        return [dict(zip(names, row, strict=True)) for row in rows]

    async def avalues(self, *names: str) -> list[dict[str, Any]]:
        """The twin of ``values()``."""
        rows = await arun(fetching.picked(self._to_query(), names))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def values_list(self, *names: str, flat: bool = False) -> list[Any]:
        """A tuple of the named attributes for each record; with ``flat`` the one value itself."""
        return _flat(run(fetching.picked(self._to_query(), names)), names, flat=flat)

    async def avalues_list(self, *names: str, flat: bool = False) -> list[Any]:
        """The twin of ``values_list()``."""
        return _flat(await arun(fetching.picked(self._to_query(), names)), names, flat=flat)

    def pluck(self, name: str) -> list[Any]:
        """The values of one attribute, one for each record (a list each where it has several)."""
        return self.values_list(name, flat=True)

    async def apluck(self, name: str) -> list[Any]:
        """The twin of ``pluck()``."""
        return await self.avalues_list(name, flat=True)

    def iterator(self, page_size: int = 500, read_ahead: int = 1) -> Stream[M]:
        """Records one after another, without keeping them; for ``for`` and ``async for``.

        Holds at most ``read_ahead`` (1 to 8) pages of ``page_size`` (1 to 500) records.
        """
        from attio_orm.query.streaming import Stream

        return Stream(self._to_unfetched(), page_size, read_ahead)

    def aiterator(self, page_size: int = 500, read_ahead: int = 1) -> Stream[M]:
        """The same as ``iterator()``, which serves ``async for`` as well."""
        return self.iterator(page_size, read_ahead)

    def search(self, query: str, *, limit: int = 25) -> list[M]:
        """Attio's fuzzy search, best match first: two requests, 25 records at most.

        Eventually consistent: a record written a moment ago may be missing. See
        https://docs.attio.com/rest-api/endpoint-reference/records/search-records.
        """
        return run(searching.hits([self._to_query()], query, limit))

    async def asearch(self, query: str, *, limit: int = 25) -> list[M]:
        """The twin of ``search()``."""
        return await arun(searching.hits([self._to_query()], query, limit))

    def views(self) -> list[View]:
        """The saved views of the object, for ``view()``: one request for each 1,000 of them.

        See https://docs.attio.com/rest-api/endpoint-reference/views/list-views-for-object.
        """
        return run(views.listed(self._to_query()))

    async def aviews(self) -> list[View]:
        """The twin of ``views()``."""
        return await arun(views.listed(self._to_query()))

    def explain(self) -> Plan:
        """The requests that evaluating would send; sends nothing."""
        return run(explaining.explain(self._to_unfetched()))

    # -- writing ----------------------------------------------------------------------------------

    def create(self, **values: Any) -> M:
        """Make a record and give its instance: one request.

        Raises what ``save()`` raises.
        """
        from attio_orm.models import collections

        return run(collections.create(self._to_query(), values))

    async def acreate(self, **values: Any) -> M:
        """The twin of ``create()``."""
        from attio_orm.models import collections

        return await arun(collections.create(self._to_query(), values))

    def get_or_create(
        self, defaults: dict[str, Any] | None = None, **lookups: Any
    ) -> tuple[M, bool]:
        """The record that matches, or a new one of the lookups and ``defaults``: (it, created).

        Where somebody else makes it in between, that one is given. What is callable among
        ``defaults`` is called when it is needed. Raises ``MultipleObjectsReturned``.
        """
        from attio_orm.models import collections

        return run(collections.get_or_create(self._to_query(), defaults, lookups))

    async def aget_or_create(
        self, defaults: dict[str, Any] | None = None, **lookups: Any
    ) -> tuple[M, bool]:
        """The twin of ``get_or_create()``."""
        from attio_orm.models import collections

        return await arun(collections.get_or_create(self._to_query(), defaults, lookups))

    def update_or_create(
        self, defaults: dict[str, Any] | None = None, **lookups: Any
    ) -> tuple[M, bool]:
        """The record that matches, updated with ``defaults``, or a new one: (it, created).

        Raises ``MultipleObjectsReturned`` where several match.
        """
        from attio_orm.models import collections

        return run(collections.update_or_create(self._to_query(), defaults, lookups))

    async def aupdate_or_create(
        self, defaults: dict[str, Any] | None = None, **lookups: Any
    ) -> tuple[M, bool]:
        """The twin of ``update_or_create()``."""
        from attio_orm.models import collections

        return await arun(collections.update_or_create(self._to_query(), defaults, lookups))

    def upsert(self, matching: str, **values: Any) -> M:
        """Create or update by a unique attribute, in one request (Attio's assert).

        New values of ``matching`` are added; other multi-valued attributes are overwritten with
        what is sent. See https://docs.attio.com/rest-api/endpoint-reference/records/assert-a-record.
        """
        from attio_orm.models import collections

        return run(collections.upsert(self._to_query(), matching, values))

    async def aupsert(self, matching: str, **values: Any) -> M:
        """The twin of ``upsert()``."""
        from attio_orm.models import collections

        return await arun(collections.upsert(self._to_query(), matching, values))

    def bulk_create(
        self,
        rows: Iterable[M | dict[str, Any]],
        *,
        on_error: Literal["collect", "stop"] = "collect",
        on_progress: Callable[[int, int | None], Any] | None = None,
        concurrency: int | None = None,
    ) -> BulkReport[M]:
        """Make many records, one request each, side by side; the report is in the rows' order.

        ``on_progress(done, total)`` is told after each (``total`` is ``None`` for an iterator);
        ``on_error="stop"`` raises the first failure. Nothing is repeated blindly: a create whose
        outcome is not known is reported so.
        """
        from attio_orm.models import bulk

        return run(
            bulk.bulk_create(
                self._to_query(),
                rows,
                on_error=on_error,
                on_progress=on_progress,
                concurrency=concurrency,
            )
        )

    async def abulk_create(
        self,
        rows: Iterable[M | dict[str, Any]],
        *,
        on_error: Literal["collect", "stop"] = "collect",
        on_progress: Callable[[int, int | None], Any] | None = None,
        concurrency: int | None = None,
    ) -> BulkReport[M]:
        """The twin of ``bulk_create()``."""
        from attio_orm.models import bulk

        return await arun(
            bulk.bulk_create(
                self._to_query(),
                rows,
                on_error=on_error,
                on_progress=on_progress,
                concurrency=concurrency,
            )
        )

    def update(self, **values: Any) -> int:
        """Set these values on every record that matches; gives how many were changed.

        Reads the records and saves those that differ, one request each.
        """
        from attio_orm.models import collections

        return run(collections.update(self._to_query(), values))

    async def aupdate(self, **values: Any) -> int:
        """The twin of ``update()``."""
        from attio_orm.models import collections

        return await arun(collections.update(self._to_query(), values))

    def delete(self, *, confirm: int) -> int:
        """Delete every record that matches, for good; gives how many.

        ``confirm`` is how many you expect: another number raises ``ValidationError`` and deletes
        none.
        """
        from attio_orm.models import collections

        return run(collections.delete(self._to_query(), confirm))

    async def adelete(self, *, confirm: int) -> int:
        """The twin of ``delete()``."""
        from attio_orm.models import collections

        return await arun(collections.delete(self._to_query(), confirm))


def _flat(rows: list[tuple[Any, ...]], names: tuple[str, ...], *, flat: bool) -> list[Any]:
    if not flat:
        return rows
    if len(names) != 1:
        raise TypeError("flat=True takes exactly one name.")
    return [row[0] for row in rows]
