"""``QuerySet``: a lazy query whose methods each give a new one, and whose results are kept."""

from __future__ import annotations

import operator
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, SupportsIndex, TypeVar, overload

from attio_orm import context
from attio_orm.operations import Operation, arun, run
from attio_orm.plans import wrapped
from attio_orm.query import fetching, views
from attio_orm.query.evaluation import Evaluation
from attio_orm.query.expressions import Expr, Order
from attio_orm.query.including import Include, parse_includes
from attio_orm.query.paging import Pager
from attio_orm.query.q import Q
from attio_orm.query.query import FetchMode, Query
from attio_orm.query.reading import Reading

if TYPE_CHECKING:
    import asyncio
    from uuid import UUID

    from attio_orm.connection import Connection
    from attio_orm.hydration import Row
    from attio_orm.models.model import Model
    from attio_orm.query.manager import ManagerDescriptor
    from attio_orm.schema import View

    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")

    class ManagerDescriptor:
        """Only type checkers see querysets as managers; see ``Manager.from_queryset()``."""


SHOWN = 20
WIDTH = 80  # of a terminal


class QuerySet(ManagerDescriptor, Evaluation[M], Generic[M]):
    """Records of one model, asked for when they are needed.

    Iterating fetches page after page into the queryset's cache; a second pass sends nothing.
    """

    def __init__(self, model: type[M], query: Query[M] | None = None) -> None:
        self.model = model
        self._query: Query[M] = query or Query(model)
        self._found: list[M] = []
        self._whole = False
        self._reading: Reading[M] | None = None
        self._pager: Pager | None = None
        self._rows: list[Row] | None = None
        self._picked: dict[int, M] = {}
        self._connection: Connection | None = None
        self._lock = threading.RLock()
        self._busy = False
        self._pending: asyncio.Future[None] | None = None

    if TYPE_CHECKING:

        def __get__(self, instance: None, owner: type[Any]) -> Self: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]

    def _with(self, **changes: Any) -> Self:
        return type(self)(self.model, self._query.replace(**changes))

    # -- making new ones ------------------------------------------------------------------------

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """The records that meet all of these conditions as well.

        Raises ``TypeError`` after a slice, as ``exclude()``, ``order_by()`` and ``reverse()`` do.
        """
        return self._with(where=self._where_also("filter()", *conditions, **lookups))

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
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
        views.refuse_view(self._query, "view()")
        return self._with(view=views.named(view))

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

        ``"company__team"`` follows one relation after another. What is no relation raises
        ``UnknownAttributeError``.
        """
        together = (*self._query.includes, *relations)
        parse_includes(together)
        return self._with(includes=together)

    def fetch_mode(self, mode: FetchMode) -> Self:
        """What touching a relation does that was not included; see ``FetchMode``."""
        try:
            return self._with(mode=FetchMode(mode))
        except ValueError:
            known = ", ".join(f"FetchMode.{each.name}" for each in FetchMode)
            raise ValueError(f"fetch_mode() takes {known}, not {mode!r}.") from None

    def using(self, connection: Connection) -> Self:
        """On this connection instead of the current one."""
        return self._with(connection=connection)

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
        if isinstance(index, slice):
            sliced = self._query.sliced_to(index)
            made = type(self)(self.model, sliced)
            if self._whole or (index.stop is not None and index.stop <= len(self._found)):
                made._found, made._whole = self._found[index], True
            return made
        position = operator.index(index)
        if position < 0:
            raise ValueError(
                f"Attio cannot count from the end: instead of [{position}] use last(), reverse(), "
                f"or list(queryset)[{position}]."
            )
        if position < len(self._found) or self._whole:
            return self._found[position]
        if position not in self._picked:
            self._picked[position] = run(fetching.at(self._to_query(), position))
        return self._picked[position]

    def _checked(self, *conditions: Q, **lookups: Any) -> Q:
        condition = Q(*conditions, **lookups)
        for origin in condition.origins():
            if not (issubclass(self.model, origin) or origin._object == self.model._object):
                raise TypeError(
                    f"A condition on {origin.__name__} cannot filter {self.model.__name__}: "
                    f"reach it through a relation, e.g. {self.model.__name__}.company.name."
                )
        return condition

    def _where_also(self, what: str, *conditions: Q, **lookups: Any) -> Q:
        self._check_unsliced(what)
        condition = self._checked(*conditions, **lookups)
        if not condition.is_empty:
            views.refuse_filter(self._query, what)
        return self._query.where & condition

    def _check_unsliced(self, what: str) -> None:
        if self._query.sliced:
            raise TypeError(f"{what} after a slice would change what was sliced: {what} first.")

    def _to_query(self, *conditions: Q, **lookups: Any) -> Query[M]:
        query = self._narrowed(*conditions, **lookups)
        if query.connection is None:  # the first fetch decides, and the others keep to it
            if self._connection is None:
                self._connection = context.current_or_none()
            query = query.replace(connection=self._connection)
        return query

    def _to_unfetched(self) -> Query[M]:
        return self._narrowed().replace(connection=self._query.connection or self._connection)

    def _narrowed(self, *conditions: Q, **lookups: Any) -> Query[M]:
        if not conditions and not lookups:
            return self._query
        where = self._where_also("A condition", *conditions, **lookups)
        return self._query.replace(where=where)

    # -- evaluating -----------------------------------------------------------------------------

    def __iter__(self) -> Iterator[M]:
        position = 0
        while True:
            while position < len(self._found):
                yield self._found[position]
                position += 1
            with self._alone():
                if position < len(self._found):
                    continue
                if self._whole:
                    return
                run(self._fetch_page())

    def __aiter__(self) -> AsyncIterator[M]:
        return _AsyncCursor(self)

    def __len__(self) -> int:
        with self._alone():
            if not self._whole:
                run(self._fetch_rest())
            return len(self._found)

    def __bool__(self) -> bool:
        with self._alone():
            while not self._found and not self._whole:
                run(self._fetch_page())
            return bool(self._found)

    def __contains__(self, value: object) -> bool:
        return any(value == each for each in self)

    @contextmanager
    def _alone(self) -> Generator[None]:
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

    def _list(self) -> Operation[list[M]]:
        if not self._whole:
            yield from self._fetch_rest()
        return self._found

    def _open(self) -> Operation[Pager]:
        if self._pager is None:
            reading: Reading[M] = Reading(self._to_query())
            yield from reading.prepare()
            self._reading = reading
            self._pager = reading.pager()
        return self._pager

    def _fetch_page(self) -> Operation[None]:
        pager = yield from self._open()
        reading = self._reading
        assert reading is not None
        if self._rows is None:
            if reading.empty or pager.done:
                self._whole = True
                return
            self._rows = yield from pager.next_page()
        # kept until they are whole: where an include fails, the next pass asks for that again
        objects = yield from reading.objects(self._rows)
        self._found += objects
        self._rows = None
        self._whole = pager.done

    def _fetch_rest(self) -> Operation[None]:
        if self._found or self._pager is not None:
            while not self._whole:
                yield from self._fetch_page()
            return
        reading: Reading[M] = Reading(self._to_query())
        yield from reading.prepare()
        self._found = yield from fetching.everything(
            self._to_query().replace(connection=reading.connection)
        )
        self._reading, self._whole = reading, True

    def _count(self) -> Operation[int]:
        if self._whole:
            return len(self._found)
        return (yield from super()._count())

    def _exists(self) -> Operation[bool]:
        if self._found or self._whole:
            return bool(self._found)
        return (yield from super()._exists())

    def _first(self) -> Operation[M | None]:
        if self._found or self._whole:
            return self._found[0] if self._found else None
        return (yield from super()._first())

    def _last(self) -> Operation[M | None]:
        if self._whole:
            return self._found[-1] if self._found else None
        return (yield from super()._last())

    def __repr__(self) -> str:
        name = f"<QuerySet of {self.model.__name__}"
        if not self._whole:
            return wrapped(f"{name}{self._query.about}>", "  ")
        shown = [repr(each) for each in self._found[:SHOWN]]
        if len(self._found) > SHOWN:
            shown.append(f"... {len(self._found) - SHOWN:,} more")
        line = f"{name} [{', '.join(shown)}]>"
        return line if len(line) <= WIDTH else f"{name} [\n  " + ",\n  ".join(shown) + "]>"

    def __copy__(self) -> Self:
        return self._with()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._with()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.model, self._query.replace(connection=None), list(self))


class _AsyncCursor(AsyncIterator[M]):
    """One pass with ``async for``; holds nothing that would have to be cleaned up."""

    __slots__ = ("_position", "_queryset")

    def __init__(self, queryset: QuerySet[M]) -> None:
        self._queryset = queryset
        self._position = 0

    async def __anext__(self) -> M:
        queryset = self._queryset
        while self._position >= len(queryset._found):
            if queryset._whole:
                raise StopAsyncIteration
            await _advance(queryset, self._position)
        found = queryset._found[self._position]
        self._position += 1
        return found


async def _advance(queryset: QuerySet[Any], position: int) -> None:
    """One more page; where another task or thread is at it already, wait for that one."""
    import asyncio

    loop = asyncio.get_running_loop()
    pending = queryset._pending
    if pending is not None and pending.get_loop() is loop:
        await asyncio.wait([pending])
        return
    if not queryset._lock.acquire(blocking=False):
        await asyncio.sleep(0.001)
        return
    try:
        if position < len(queryset._found) or queryset._whole:
            return
        queryset._pending = done = loop.create_future()
        try:
            with queryset._alone():
                await arun(queryset._fetch_page())
        finally:
            queryset._pending = None
            done.set_result(None)
    finally:
        queryset._lock.release()


def _restored(
    kind: type[QuerySet[Any]], model: type[Any], query: Query[M], found: list[Any]
) -> QuerySet[Any]:
    made = kind(model, query)
    made._found, made._whole = found, True
    return made


def _order(order: Any) -> Order:
    if isinstance(order, Order):
        return order
    if isinstance(order, str):
        return Order.parse(order)
    if isinstance(order, Expr):
        raise TypeError(f"order_by() takes {order!r}.asc() or {order!r}.desc().")
    raise TypeError(f"order_by() takes names and orders, not {order!r}.")
