"""``iterator()``: one pass over a query that keeps nothing."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from typing import Generic, TypeVar

from attio_orm.effects import Operation, arun, run
from attio_orm.errors import ValidationError
from attio_orm.query.pagers import MAX_READ_AHEAD, check_page_size
from attio_orm.query.pages import Pages
from attio_orm.query.positions import Moment, Position, position_at, token_of
from attio_orm.query.query import Query
from attio_orm.records.base import Record, state_of
from attio_orm.records.rows import moment_of

M = TypeVar("M", bound=Record)


class Stream(Generic[M]):
    """Records page by page, for ``for``, ``async for`` and ``itertools``; each pass is new."""

    def __init__(
        self, query: Query[M], page_size: int, read_ahead: int, after: str | None = None
    ) -> None:
        if not isinstance(read_ahead, int) or not 1 <= read_ahead <= MAX_READ_AHEAD:
            raise ValidationError(
                f"read_ahead is how many pages are asked for at once, 1 to {MAX_READ_AHEAD}, not "
                f"{read_ahead!r}."
            )
        self._query = query
        self._page_size = check_page_size(page_size)
        self._read_ahead = read_ahead
        self._next: Iterator[M] | None = None  # the one pass of ``next(stream)``
        self._start = Position() if after is None else position_at(query, after)
        self._progress = _Progress(self._start, by_keyset=query.by_keyset)

    @property
    def token(self) -> str | None:
        """Where the latest pass is, for ``iterator(after=...)``: behind the record it gave last.

        A text, good for another process and another day; ``None`` before the first record.
        """
        position = self._progress.position
        return token_of(self._query, position) if position.given else None

    def _pass(self) -> _Pass[M]:
        self._progress = _Progress(self._start, by_keyset=self._query.by_keyset)
        return _Pass(self._query, self._page_size, self._read_ahead, self._progress)

    def __iter__(self) -> Iterator[M]:
        return self._pass()

    def __next__(self) -> M:
        if self._next is None:
            self._next = iter(self)
        return next(self._next)

    def __aiter__(self) -> AsyncIterator[M]:
        return self._pass()

    def __repr__(self) -> str:
        return f"<iterator of {self._query.model.__name__}, {self._page_size} a page>"


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

    def turn(self, records: Iterable[Record]) -> None:
        """Begin the next page."""
        self._before = self.position
        states = map(state_of, records)
        self._page = [
            (str(state.id), partial(moment_of, state.values, state.created_at)) for state in states
        ]
        self.given = 0


class _Pass(Iterator[M], AsyncIterator[M]):
    """One pass, in whichever colour it is asked for its records."""

    def __init__(
        self, query: Query[M], page_size: int, read_ahead: int, progress: _Progress
    ) -> None:
        after = progress.position if progress.position.given else None
        self._pages: Pages[M] = Pages(query, page=page_size, ahead=read_ahead, after=after)
        self._progress = progress
        self._records: deque[M] = deque()
        # Not every pass comes to its end: ``next(iter(stream))`` just drops it. What was read ahead
        # is called off then.
        weakref.finalize(self, self._pages.close)

    def _next_page(self) -> Operation[None]:
        found = yield from self._pages.next()
        self._progress.turn(found)
        self._records.extend(found)

    def __next__(self) -> M:
        while not self._records:
            if self._pages.done:
                raise StopIteration
            run(self._next_page(), "Iterating", "async for")
        self._progress.given += 1
        return self._records.popleft()

    async def __anext__(self) -> M:
        while not self._records:
            if self._pages.done:
                raise StopAsyncIteration
            await arun(self._next_page())
        self._progress.given += 1
        return self._records.popleft()
