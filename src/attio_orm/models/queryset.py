"""QuerySet: a lazy query whose methods each give a new one, and whose results are kept."""

from __future__ import annotations

import operator
import threading
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, SupportsIndex, TypeVar, overload

from attio_orm.conditions.expressions import Expr, Order
from attio_orm.conditions.q import HasSubquery, Q, Subquery
from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, arun, run
from attio_orm.keywords import checked_keywords
from attio_orm.models.query_methods import QueryMethods
from attio_orm.pickles import pickled_as
from attio_orm.query import reads, saved_views
from attio_orm.query.includes import Include, parse_includes
from attio_orm.query.pages import Pages
from attio_orm.query.query import Query
from attio_orm.query.source import Source
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.loading import FetchMode
from attio_orm.schema import View
from attio_orm.transport.caching import Caching, check_seconds
from attio_orm.transport.call_options import call_options
from attio_orm.transport.dry_run import Plan
from attio_orm.wording import WIDTH, wrapped

if TYPE_CHECKING:
    import asyncio
    from uuid import UUID

    # Only type checkers see querysets as managers: so that ``Manager.from_queryset(MyQuerySet)()``
    # may take the place of the stock one, under its name, and keeps its type.
    from attio_orm.models.manager import Manager as _Base
else:
    _Base = QueryMethods

M = TypeVar("M", bound=Record)
T = TypeVar("T")

SHOWN = 20

_making = threading.Lock()

# list() asks for the length first, so that both come as one call
_LISTING = "list() or len() of a queryset"
_LISTED = "[each async for each in queryset], or await acount()"


class ResultCache(Subquery, Generic[M]):
    """The records of one query, page by page, in whatever colour and thread they are asked for."""

    def __init__(self, query: Query[M]) -> None:
        self.query = query
        self.records: list[M] = []
        self.is_complete = False
        self.at: dict[int, M] = {}  # records asked for by position, so that a second time is free
        self._connection: BaseConnection | None = None
        self._on_connection: Query[M] | None = None
        self._pages: Pages[M] | None = None
        self._lock = threading.RLock()
        self._busy = False
        self._pending: asyncio.Future[None] | None = None  # done with the page under way

    @property
    def bound(self) -> Query[M]:
        """The query on its connection: the first fetch decides, and the others keep to it."""
        if self._connection is None:
            self._connection = current.current_or_none()
        return self.unbound

    @property
    def unbound(self) -> Query[M]:
        """The query on the connection it has by now, which the next fetch may still decide."""
        if self.query.source is not None or self._connection is None:
            return self.query
        if self._on_connection is None:
            self._on_connection = self.query.replace(source=self._connection)
        return self._on_connection

    # -- in place of a list -----------------------------------------------------------------------

    def read_for(self, connection: BaseConnection) -> Operation[Sequence[M]]:
        """The records, for the filter of another query."""
        if self._connection is None:
            self._connection = connection
        return self.everything()

    @property
    def read_already(self) -> Sequence[M] | None:
        """The records, ``None`` where not all of them were read yet."""
        return self.records if self.is_complete else None

    def explain(self) -> Plan:
        """The requests that reading takes; sends nothing."""
        from attio_orm.query import explain  # for people, seldom for programs

        return explain.explain(self.unbound)

    # -- reading ----------------------------------------------------------------------------------

    @contextmanager
    def alone(self) -> Generator[None]:
        """One reader at a time: other threads wait, the same one is told that it cannot."""
        with self._lock:
            if self._busy:
                raise RuntimeError(
                    f"{self!r} is being read just now, by another task of this thread or by the "
                    f"code that a signal called here: use `async for` there too, or .all()."
                )
            self._busy = True
            try:
                yield
            finally:
                self._busy = False

    def next_page(self) -> Operation[None]:
        """Fetch one more page."""
        if self._pages is None or not self._pages.has_begun:  # in the session of the first success
            self._pages = Pages(self.bound)
        self.records += yield from self.query.bounded(self._pages.next())
        self.is_complete = self._pages.done

    def everything(self) -> Operation[list[M]]:
        """All records, page by page as a ``for`` loop fetches them."""
        while not self.is_complete:
            yield from self.next_page()
        return self.records

    def __iter__(self) -> Iterator[M]:
        position = 0
        while True:
            while position < len(self.records):
                yield self.records[position]
                position += 1
            with self.alone():
                if position < len(self.records):
                    continue
                if self.is_complete:
                    return
                run(self.next_page(), "Iterating", "async for")

    def __aiter__(self) -> AsyncIterator[M]:
        return _AsyncPass(self)

    async def advance(self, position: int) -> None:
        """One more page; where another task or thread is at it already, wait for that one."""
        import asyncio  # only async code needs it, and it takes a while to import

        loop = asyncio.get_running_loop()
        if self._pending is not None and self._pending.get_loop() is loop:
            await asyncio.wait([self._pending])
            return
        # Never waits for the lock: it would stop the loop, and with it whoever is to release it.
        if not self._lock.acquire(blocking=False):
            await asyncio.sleep(0.001)
            return
        try:
            if position < len(self.records) or self.is_complete:
                return
            self._pending = done = loop.create_future()
            try:
                with self.alone():
                    await arun(self.next_page())
            finally:
                self._pending = None
                done.set_result(None)
        finally:
            self._lock.release()

    def __repr__(self) -> str:
        name = f"<QuerySet of {self.query.model.__name__}"
        if not self.is_complete:
            return wrapped(f"{name}{self.query.about}>", "  ")
        shown = [repr(each) for each in self.records[:SHOWN]]
        if len(self.records) > SHOWN:
            shown.append(f"... {len(self.records) - SHOWN:,} more")
        line = f"{name} [{', '.join(shown)}]>"
        return line if len(line) <= WIDTH else f"{name} [\n  " + ",\n  ".join(shown) + "]>"


class _AsyncPass(AsyncIterator[M]):
    """One pass with ``async for``; holds nothing that would have to be cleaned up."""

    __slots__ = ("_position", "_results")

    def __init__(self, results: ResultCache[M]) -> None:
        self._results = results
        self._position = 0

    async def __anext__(self) -> M:
        results = self._results
        while self._position >= len(results.records):
            if results.is_complete:
                raise StopAsyncIteration
            await results.advance(self._position)
        found = results.records[self._position]
        self._position += 1
        return found


class QuerySet(_Base[M], HasSubquery, Generic[M]):
    """Records of one model, asked for when they are needed.

    Iterating fetches page after page into the queryset's cache; a second pass sends nothing.
    """

    def __init__(self, model: type[M], query: Query[M] | None = None) -> None:
        # to type checkers this is a manager, whose model is a property
        self.model = model  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
        self._query: Query[M] = query or Query(model)
        self._kept: ResultCache[M] | None = None

    @property
    def _results(self) -> ResultCache[M]:
        # made when it is asked for, as a chain makes many querysets of which one is read
        if self._kept is None:
            with _making:  # of several threads that come first, all get the same one
                self._kept = self._kept or ResultCache(self._query)
        return self._kept

    def _with(self, **changes: object) -> Self:
        return type(self)(self.model, self._query.replace(**changes))

    # -- making new ones ------------------------------------------------------------------------

    def filter(self, *conditions: Q, **lookups: object) -> Self:
        """The records that meet all of these conditions as well.

        Raises ``TypeError`` after a slice, as ``exclude()``, ``order_by()`` and ``reverse()`` do.
        """
        return self._with(where=self._where_also("filter()", *conditions, **lookups))

    def exclude(self, *conditions: Q, **lookups: object) -> Self:
        """The records that do not meet all of these; those without a value stay."""
        return self._with(
            where=self._where_also("exclude()", ~self._checked(*conditions, **lookups))
        )

    def view(self, view: str | UUID | View) -> Self:
        """The records of a saved view: its title, its id, or a ``View`` of ``views()``.

        The view gives its filter alone, and takes no other one besides: ``UnsupportedLookup``.
        Order, slices and includes are the queryset's. A title that names no view, or two, raises
        ``ValidationError`` when the records are asked for. See
        https://docs.attio.com/rest-api/guides/filtering-and-sorting.
        """
        self._check_unsliced("view()")
        saved_views.refuse_view(self._query, "view()")
        return self._with(view=saved_views.named(view))

    def order_by(self, *orders: str | Order) -> Self:
        """Sorted by these, in turn: ``"-created_at"``, ``"name__last_name"``, ``"company__name"``.

        Replaces an earlier order; without any, the oldest first.
        """
        self._check_unsliced("order_by()")
        return self._with(order=tuple(map(_order, orders)))

    def reverse(self) -> Self:
        """The same records in the opposite order."""
        self._check_unsliced("reverse()")
        return self._with(order=tuple(each.reversed() for each in self._query.ordering))

    def includes(self, *relations: str | Include) -> Self:
        """With these relations loaded: one batch per relation, target object and 500 ids.

        ``"company__team"`` follows one relation after another. What is not a relation
        raises ``UnknownAttributeError``.
        """
        return self._with(includes=parse_includes((*self._query.includes.paths, *relations)))

    def fetch_mode(self, mode: FetchMode) -> Self:
        """What touching a relation does that was not included; see ``FetchMode``."""
        try:
            return self._with(mode=FetchMode(mode))
        except ValueError:
            known = ", ".join(f"FetchMode.{each.name}" for each in FetchMode)
            raise ValueError(f"fetch_mode() takes {known}, not {mode!r}.") from None

    def using(
        self,
        source: BaseConnection | Source | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_attempts: int | None = None,
    ) -> Self:
        """On this connection instead of the current one, or with limits of its own.

        ``timeout`` (seconds a wait), ``deadline`` (seconds a call) and ``max_attempts`` are those
        of ``connect()``, for what this queryset sends alone. A deadline that passes raises
        ``DeadlineExceededError``. Raises ``ValidationError`` for what cannot be meant.
        """
        # a name, as Django has for its databases; an aconnect() that was not awaited
        if not (source is None or isinstance(source, BaseConnection) or hasattr(source, "compile")):
            raise TypeError(
                f"using() takes a connection itself, such as connect() gives, not {source!r}. "
                f"Leave using() out for the current one."
            )
        options = call_options(timeout, deadline, max_attempts)
        if source is None and options is None:
            raise TypeError(
                "using() takes a connection, timeout, deadline or max_attempts; none was given."
            )
        if options is None:
            return self._with(source=source)
        before = self._query.options
        if before is not None:
            options = options.within(before)
        return self._with(source=self._query.source if source is None else source, options=options)

    @checked_keywords
    def cached(self, ttl: float | None = None, *, stale_if_error: float = 0.0) -> Self:
        """Let the connection's cache answer, with what is at most ``ttl`` seconds old.

        Without a ``ttl`` it is the cache's own for the object. ``stale_if_error`` is for how many
        seconds more it answers where Attio cannot be reached, or refuses for its own reasons. What
        is included is cached as well; ``count()`` and writes always ask Attio. Raises
        ``ValidationError``, also when it is read on a connection without a cache.
        """
        for name, seconds in (("ttl", ttl), ("stale_if_error", stale_if_error)):
            if not (seconds is None and name == "ttl"):
                check_seconds(name, seconds)
        return self._with(cached=Caching(ttl, stale_if_error))

    def all(self) -> Self:
        """The same query, without the cached results."""
        return self._with()

    def none(self) -> Self:
        """A queryset that is empty, and sends nothing."""
        return self._with(empty=True)

    @overload
    def __getitem__(self, index: SupportsIndex) -> M: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: SupportsIndex | slice) -> M | Self:
        results = self._results
        if isinstance(index, slice):
            made = type(self)(self.model, self._query.sliced_to(index))
            # what was read already answers the slice, without a request
            if results.is_complete or (
                index.stop is not None and index.stop <= len(results.records)
            ):
                made._hold(results.records[index])
            return made
        position = operator.index(index)
        if position < 0:
            raise ValueError(
                f"Attio cannot count from the end: instead of [{position}] use last(), reverse(), "
                f"or list(queryset)[{position}]."
            )
        if position < len(results.records) or results.is_complete:
            return results.records[position]
        if position not in results.at:
            results.at[position] = run(
                self._bounded(reads.at(self._to_query(), position)),
                "Indexing",
                "await queryset[n:].afirst()",
            )
        return results.at[position]

    def _checked(self, *conditions: Q, **lookups: object) -> Q:
        condition = Q(*conditions, **lookups)
        for origin in condition.origins():
            same_object = mapper_of(origin).object == mapper_of(self.model).object
            if not (issubclass(self.model, origin) or same_object):
                raise TypeError(
                    f"A condition on {origin.__name__} cannot filter {self.model.__name__}: "
                    f"reach it through a relation, e.g. {self.model.__name__}.company.name."
                )
        return condition

    def _where_also(self, what: str, *conditions: Q, **lookups: object) -> Q:
        self._check_unsliced(what)
        condition = self._checked(*conditions, **lookups)
        if not condition.is_empty:
            saved_views.refuse_filter(self._query, what)
        return self._query.where & condition

    def _check_unsliced(self, what: str) -> None:
        if self._query.sliced:
            raise TypeError(f"{what} after a slice would change what was sliced: {what} first.")

    def _to_query(self, *conditions: Q, **lookups: object) -> Query[M]:
        query = self._results.bound
        if not conditions and not lookups:
            return query
        return query.replace(where=self._where_also("A condition", *conditions, **lookups))

    def _to_unfetched(self) -> Query[M]:
        return self._query if self._kept is None else self._kept.unbound

    def _start(self) -> Query[M]:
        return self._results.bound

    def _bounded(self, operation: Operation[T]) -> Operation[T]:
        return self._query.bounded(operation)

    def _read_already(self) -> tuple[Sequence[M], bool]:
        return self._results.records, self._results.is_complete

    # -- evaluating -----------------------------------------------------------------------------

    # to type checkers this is a manager, which refuses a loop
    def __iter__(self) -> Iterator[M]:  # type: ignore[override]
        return iter(self._results)

    def __aiter__(self) -> AsyncIterator[M]:
        return aiter(self._results)

    def __len__(self) -> int:
        results = self._results
        with results.alone():
            if not results.is_complete:
                run(results.everything(), _LISTING, _LISTED)
            return len(results.records)

    def __bool__(self) -> bool:
        results = self._results
        with results.alone():
            while not results.records and not results.is_complete:
                run(results.next_page(), "bool()", "await aexists()")
            return bool(results.records)

    def __contains__(self, value: object) -> bool:
        return any(value == each for each in self)

    def __subquery__(self) -> ResultCache[M]:
        return self._results

    # -- plain forms ------------------------------------------------------------------------------

    def _hold(self, records: list[M]) -> Self:
        """Take these as what the query gives."""
        self._results.records, self._results.is_complete = records, True
        return self

    def __repr__(self) -> str:
        return repr(self._results)

    def __copy__(self) -> Self:
        return self._with()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._with()

    def __reduce__(self) -> tuple[Any, ...]:
        # read first, and without its connection: the pickle may be opened if there is none
        return restore, (type(self), self.model, self._query.replace(source=None), list(self))


@pickled_as("queryset")
def restore(
    kind: type[QuerySet[Any]], model: type[Any], query: Query[Any], found: list[Any]
) -> QuerySet[Any]:
    """The evaluated queryset of a pickle."""
    if isinstance(query.includes, tuple):  # as pickles of before have them
        query = query.replace(includes=parse_includes(query.includes))
    return kind(model, query)._hold(found)  # pyright: ignore[reportPrivateUsage]


def _order(order: object) -> Order:
    if isinstance(order, Order):
        return order
    if isinstance(order, str):
        return Order.parse(order)
    if isinstance(order, Expr):
        raise TypeError(f"order_by() takes {order!r}.asc() or {order!r}.desc().")
    raise TypeError(f"order_by() takes names and orders, not {order!r}.")
