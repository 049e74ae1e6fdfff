"""``iterator()``: one pass over a query that keeps nothing."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from attio_orm.errors import ValidationError
from attio_orm.operations import Operation, arun, run
from attio_orm.query.paging import MAX_READ_AHEAD, Pager
from attio_orm.query.query import Query
from attio_orm.query.reading import Reading, check_page_size

if TYPE_CHECKING:
    from attio_orm.hydration import Row
    from attio_orm.models.model import Model

    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")


class Stream(Generic[M]):
    """Records page by page, for ``for``, ``async for`` and ``itertools``; each pass is new."""

    def __init__(self, query: Query[M], page_size: int, read_ahead: int) -> None:
        if not isinstance(read_ahead, int) or not 1 <= read_ahead <= MAX_READ_AHEAD:
            raise ValidationError(
                f"read_ahead is how many pages are asked for at once, 1 to {MAX_READ_AHEAD}, not "
                f"{read_ahead!r}."
            )
        self._query = query
        self._page_size = check_page_size(page_size)
        self._read_ahead = read_ahead
        self._next: Iterator[M] | None = None

    def __iter__(self) -> Iterator[M]:
        return _Cursor(self._query, self._page_size, self._read_ahead)

    def __next__(self) -> M:
        if self._next is None:
            self._next = iter(self)
        return next(self._next)

    def __aiter__(self) -> AsyncIterator[M]:
        return _AsyncCursor(self._query, self._page_size, self._read_ahead)

    def __repr__(self) -> str:
        return f"<iterator of {self._query.model.__name__}, {self._page_size} a page>"


class _Pass(Generic[M]):
    """One pass. Where it is dropped half-way, what was read ahead is called off."""

    def __init__(self, query: Query[M], page_size: int, read_ahead: int) -> None:
        self._reading: Reading[M] = Reading(query)
        self._page_size = page_size
        self._read_ahead = read_ahead
        self._pager: Pager | None = None
        self._rows: list[Row] | None = None
        self._page: deque[M] = deque()
        self._over = False

    def _next_page(self) -> Operation[None]:
        reading = self._reading
        if self._pager is None:
            yield from reading.prepare()
            self._pager = reading.pager(page=self._page_size, ahead=self._read_ahead)
            weakref.finalize(self, self._pager.close)
        if self._rows is None:
            if reading.empty or self._pager.done:
                self._over = True
                return
            self._rows = yield from self._pager.next_page()
        # kept until they are whole: where an include fails, the next step asks for that again
        self._page.extend((yield from reading.objects(self._rows)))
        self._rows = None


class _Cursor(_Pass[M], Iterator[M]):
    def __next__(self) -> M:
        while not self._page:
            if self._over:
                raise StopIteration
            run(self._next_page())
        return self._page.popleft()


class _AsyncCursor(_Pass[M], AsyncIterator[M]):
    async def __anext__(self) -> M:
        while not self._page:
            if self._over:
                raise StopAsyncIteration
            await arun(self._next_page())
        return self._page.popleft()
