"""``iterator()`` and ``rows()``: one pass over a query that keeps nothing."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attio_orm.connection.sessions import Session
from attio_orm.effects import Operation, arun, gather, run
from attio_orm.errors import DoesNotExist, ValidationError
from attio_orm.query.levels import Values
from attio_orm.query.pagers import MAX_READ_AHEAD, check_page_size
from attio_orm.query.pages import Pages
from attio_orm.query.plain_rows import NamedValues, check_names, named_values
from attio_orm.query.positions import Moment, Position, position_at, token_of
from attio_orm.query.query import Query
from attio_orm.records.base import Record, state_of
from attio_orm.records.loading import CONCURRENCY
from attio_orm.records.rows import Row, moment_of

if TYPE_CHECKING:
    from attio_orm.records.history import HistoricValue

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Stream(Generic[T]):
    """Records or rows, for ``for``, ``async for`` and ``itertools``; each pass is new.

    They come page by page. ``rows()`` names what its rows have.
    """

    def __init__(
        self,
        query: Query[Any],
        page_size: int,
        read_ahead: int,
        after: str | None = None,
        names: tuple[str, ...] | None = None,
    ) -> None:
        if not isinstance(read_ahead, int) or not 1 <= read_ahead <= MAX_READ_AHEAD:
            raise ValidationError(
                f"read_ahead is how many pages are asked for at once, 1 to {MAX_READ_AHEAD}, not "
                f"{read_ahead!r}."
            )
        if names is not None:
            check_names(names)
        self._query = query
        self._names = names
        self._page_size = check_page_size(page_size)
        self._read_ahead = read_ahead
        self._next: Iterator[T] | None = None  # the one pass of ``next(stream)``
        self._start = Position() if after is None else position_at(query, after)
        self._progress = _Progress(self._start, by_keyset=query.by_keyset)

    @property
    def token(self) -> str | None:
        """Where the latest pass is, for ``after``: behind the record or row that it gave last.

        A text, good for another process and another day; ``None`` before the first record.
        """
        position = self._progress.position
        return token_of(self._query, position) if position.given else None

    def _pass(self) -> _Pass[T]:
        self._progress = _Progress(self._start, by_keyset=self._query.by_keyset)
        how = self._query, self._page_size, self._read_ahead, self._progress
        made: _Pass[Any] = _Pass(*how) if self._names is None else _RowPass(*how, self._names)
        return made

    def __iter__(self) -> Iterator[T]:
        return self._pass()

    def __next__(self) -> T:
        if self._next is None:
            self._next = iter(self)
        return next(self._next)

    def __aiter__(self) -> AsyncIterator[T]:
        return self._pass()

    def __repr__(self) -> str:
        what = "iterator" if self._names is None else "rows"
        return f"<{what} of {self._query.model.__name__}, {self._page_size} a page>"


class Histories(Stream[tuple[R, "list[HistoricValue]"]]):
    """Records with every value that one attribute of them ever had; each pass is new."""

    def __init__(self, query: Query[R], name: str, page_size: int) -> None:
        from attio_orm.records.history import refuse_activity  # few programs look back

        super().__init__(query, page_size, 1)
        refuse_activity(query.model)
        self._name = name

    def _pass(self) -> _Pass[tuple[R, list[HistoricValue]]]:
        self._progress = _Progress(self._start, by_keyset=self._query.by_keyset)
        return _HistoryPass[R](self._query, self._page_size, 1, self._progress, self._name)

    def __repr__(self) -> str:
        return f"<history({self._name!r}) of {self._query.model.__name__}>"


class _Progress:
    """How far one pass is. The stream holds this alone: a pass that is dropped is to be let go."""

    def __init__(self, start: Position, *, by_keyset: bool) -> None:
        self._before = start
        self._page: list[tuple[str, Moment]] = []
        self._by_keyset = by_keyset
        self.given = 0  # of the page: all that is counted for each record, the rest when asked

    @property
    def position(self) -> Position:
        """The place behind the record that was given last."""
        return self._before.past(self._page[: self.given], by_keyset=self._by_keyset)

    def turn(self, page: list[tuple[str, Moment]]) -> None:
        """Begin the next page, of which these are the ids and the moments of creation."""
        self._before = self.position
        self._page = page
        self.given = 0


class _Pass(Iterator[T], AsyncIterator[T]):
    """One pass, in whichever colour it is asked for what it gives."""

    def __init__(
        self, query: Query[Any], page_size: int, read_ahead: int, progress: _Progress
    ) -> None:
        self._query = query
        after = progress.position if progress.position.given else None
        self._pages: Pages[Any] = Pages(query, page=page_size, ahead=read_ahead, after=after)
        self._progress = progress
        self._items: deque[T] = deque()
        # Not every pass comes to its end: ``next(iter(stream))`` just drops it. What was read ahead
        # is called off then.
        weakref.finalize(self, self._pages.close)

    def _next_page(self) -> Operation[None]:
        found = yield from self._pages.next()
        self._turn(found)
        self._items.extend(found)

    def _turn(self, found: Sequence[Record]) -> None:
        states = map(state_of, found)
        self._progress.turn(
            [
                (str(state.id), partial(moment_of, state.values, state.created_at))
                for state in states
            ]
        )

    @property
    def _is_done(self) -> bool:
        return self._pages.done

    def __next__(self) -> T:
        while not self._items:
            if self._is_done:
                raise StopIteration
            run(self._query.bounded(self._next_page()), "Iterating", "async for")
        self._progress.given += 1
        return self._items.popleft()

    async def __anext__(self) -> T:
        while not self._items:
            if self._is_done:
                raise StopAsyncIteration
            await arun(self._query.bounded(self._next_page()))
        self._progress.given += 1
        return self._items.popleft()


class _RowPass(_Pass[Values]):
    """One pass of ``rows()``: what its rows lead to is read for each page anew, and not kept."""

    def __init__(
        self,
        query: Query[Any],
        page_size: int,
        read_ahead: int,
        progress: _Progress,
        names: tuple[str, ...],
    ) -> None:
        super().__init__(query, page_size, read_ahead, progress)
        self._names = names
        self._named: NamedValues | None = None

    def _next_page(self) -> Operation[None]:
        pages, named = self._pages, self._named
        if named is None:
            named = self._named = yield from named_values(self._query, pages, self._names)
        # a session that nobody else has: no row is one of a record that is changed somewhere
        read, page = named.reader(Session(pages.connection)), list[Row]()

        def made(rows: Sequence[Row]) -> Operation[list[Values]]:
            page[:] = rows
            return read(rows)

        found = yield from pages.made(made)
        self._progress.turn([(row.id.record_id, partial(getattr, row, "moment")) for row in page])
        self._items.extend(found)


_AT_ONCE = 40  # histories that are read before the first of them is given


class _HistoryPass(_Pass[tuple[R, "list[HistoricValue]"]]):
    """One pass of ``history()``: some records of a page at a time, one request for each."""

    def __init__(
        self, query: Query[Any], page_size: int, read_ahead: int, progress: _Progress, name: str
    ) -> None:
        super().__init__(query, page_size, read_ahead, progress)
        self._name = name
        self._waiting: deque[R] = deque()

    @property
    def _is_done(self) -> bool:
        return self._pages.done and not self._waiting

    def _next_page(self) -> Operation[None]:
        if not self._waiting:
            found: Sequence[R] = yield from self._pages.next()
            self._turn(found)
            self._waiting.extend(found)
        some = list(islice(self._waiting, _AT_ONCE))
        values = yield from gather((self._of(each) for each in some), CONCURRENCY)
        for _ in some:  # only now: what failed is asked for again by who goes on
            self._waiting.popleft()
        pairs = zip(some, values, strict=True)
        self._items.extend((record, each) for record, each in pairs if each is not None)

    def _of(self, record: R) -> Operation[list[HistoricValue] | None]:
        from attio_orm.records.history import history

        try:
            return (yield from history(record, self._name))
        except DoesNotExist:  # deleted since its page was read: a moment later it was not there
            return None
