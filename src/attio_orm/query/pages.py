"""The one loop over pages: rows of an execution, made into records, with what they include."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, session_of
from attio_orm.effects import Operation
from attio_orm.errors import ValidationError
from attio_orm.query.execution import source_of
from attio_orm.query.includes import IncludeTree, parse_includes
from attio_orm.query.pagers import PAGE, Pager, Place
from attio_orm.query.prefetch import check_includes, prefetch
from attio_orm.query.query import Query
from attio_orm.query.source import Execution
from attio_orm.records.base import Record, state_of
from attio_orm.records.loading import context_for, load_context, materialize, refresh
from attio_orm.records.owners import bring_members
from attio_orm.records.rows import Row
from attio_orm.transport.caching import Caching, caching

M = TypeVar("M", bound=Record)
T = TypeVar("T")


def cached_by(query: Query[Any]) -> Caching | None:
    """How a cache may answer the query. Raises ``ValidationError`` if there is none."""
    if query.cached is not None and query.is_on_attio and query.connection.cache is None:
        raise ValidationError(
            f"The connection has no cache that could answer a queryset of {query.model.__name__}: "
            f"connect(cache=Cache()), or leave cached() and warm() out."
        )
    return query.cached


class Pages(Generic[M]):
    """The records of a query page by page; where one fails, asking again goes on from there."""

    def __init__(
        self, query: Query[M], *, page: int = PAGE, ahead: int = 1, after: Place | None = None
    ) -> None:
        self._query = query
        self._source = source_of(query)
        # taken when a pass begins: its records stay in one identity map wherever it goes on
        self.session = session_of(self._source.connection)
        self._page = page
        self._ahead = ahead
        self._after = after
        self.brings_members = True  # with records that have an owner; see ``bring_members``
        self._execution: Execution | None = None
        self._pager: Pager | None = None
        self._rows: list[Row] | None = None
        self.done = False

    @property
    def connection(self) -> BaseConnection:
        """The connection whose records these are."""
        return self._source.connection

    @property
    def has_begun(self) -> bool:
        """Whether the query was compiled, so that another pass could not begin otherwise."""
        return self._execution is not None

    def execution(self) -> Operation[Execution]:
        """The query, compiled at its first use and then not again."""
        if self._execution is None:
            execution = yield from self._source.compile(self._query)
            # a misspelled include is refused before a page is paid for
            connection, query = self.connection, self._query
            yield from check_includes(connection, [query.model], query.includes)
            self._execution = execution
        return self._execution

    def next(self) -> Operation[list[M]]:
        """The next records; none where it is over (``done``), or where a page has no new ones."""
        return self.made(self._records)

    def made(self, make: Callable[[list[Row]], Operation[list[T]]]) -> Operation[list[T]]:
        """What ``make`` makes of the next rows, as ``next`` makes records of them."""
        return caching(self._made(make), cached_by(self._query))

    def _made(self, make: Callable[[list[Row]], Operation[list[T]]]) -> Operation[list[T]]:
        if self._pager is None:
            execution = yield from self.execution()
            if execution.is_empty:
                self.done = True
                return []
            # only where there is one: a source of somebody else's may know of none
            place = {} if self._after is None else {"after": self._after}
            self._pager = execution.pager(page=self._page, ahead=self._ahead, **place)
        if self._rows is None:
            if self._pager.done:
                self.done = True
                return []
            self._rows = yield from self._pager.next_page()
        # kept until they are whole: where an include fails, the next call asks for that again
        if self.brings_members:
            yield from bring_members(self.connection, self._query.model, self._rows)
        found = yield from make(self._rows)
        self._rows = None
        self.done = self._pager.done
        return found

    def _records(self, rows: list[Row]) -> Operation[list[M]]:
        connection, session, query = self.connection, self.session, self._query
        context = yield from load_context(connection, session, mode=query.mode)
        found = materialize(query.model, rows, context)
        yield from load_included(connection, session, found, query.includes)
        return found

    def all(self) -> Operation[list[M]]:
        """All that are left."""
        found: list[M] = []
        while not self.done:
            found += yield from self.next()
        return found

    def close(self) -> None:
        """Drop what was read ahead."""
        if self._pager is not None:
            self._pager.close()


def everything(query: Query[M]) -> Operation[list[M]]:
    """All records of a query."""
    return query.bounded(Pages(query).all())


def some(query: Query[M], most: int) -> Operation[list[M]]:
    """The first records of a query, ``most`` at most: one request."""
    picked = query.sliced_to(slice(0, most))
    assert picked.stop is not None
    if picked.stop <= picked.start and not query.empty:
        return []
    # a split query reads as much of each part as could be among them
    return (yield from Pages(picked, page=min(PAGE, picked.stop)).next())


def load_included(
    connection: BaseConnection, session: Session, owners: Iterable[Record], tree: IncludeTree
) -> Operation[None]:
    """Load what is included for these records, level by level."""
    return prefetch(connection, session, owners, tree, everything)


def load_paths(record: Record, paths: Iterable[str]) -> Operation[None]:
    """Load relations of one record, by the paths of ``includes()``."""
    context = state_of(record).context
    if context is None:
        context = yield from context_for(record)
    if state_of(record).is_deferred:  # nothing was read of it: what it refers to is not known
        yield from refresh(record, keep_changes=True)
    tree = parse_includes(paths)
    yield from check_includes(context.connection, [type(record)], tree)
    yield from load_included(context.connection, context.session, [record], tree)
