"""Pages that neither repeat nor miss a record while others create and delete.

A pager knows rows (an id and Attio's own ``created_at`` text) and a ``fetch`` operation; it knows
no models. Ordered by ``created_at``, pages go by keyset: everything from the last moment on,
without the records already read at that moment. Other orders go by offset: each page overlaps the
one before by one row, and where none of its rows was read before, something was deleted ahead of
it and the pager steps back until it meets a row it knows.

A page that fails can be asked for again: nothing is noted before its rows are there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from attio_orm.errors import InvalidResponseError
from attio_orm.operations import Handle, Operation, join, spawn

if TYPE_CHECKING:
    from attio_orm.hydration import Row

PAGE = 500
MAX_READ_AHEAD = 8

# Others can push rows towards the end just as fast as pages go on, but not for ever.
_MAX_SAME = 25


class Fetch(Protocol):
    """One request for rows; ``after`` is an extra condition in Attio's own filter language."""

    def __call__(
        self, *, limit: int, offset: int, after: dict[str, Any] | None
    ) -> Operation[list[Row]]:
        """The rows of one page."""
        ...


class Pager(Protocol):
    """Gives page after page; an empty one ends it."""

    done: bool

    def next_page(self) -> Operation[list[Row]]:
        """The next rows, none of them seen before."""
        ...

    def close(self) -> None:
        """Drop what was read ahead."""
        ...


class KeysetPager:
    """Pages in the order of ``created_at``, from either end."""

    def __init__(
        self, fetch: Fetch, *, start: int, stop: int | None, page: int, descending: bool
    ) -> None:
        self._fetch = fetch
        self._offset = start
        self._left = None if stop is None else max(0, stop - start)
        self._page = page
        self._descending = descending
        self._moment: str | None = None
        self._read: dict[str, None] = {}
        self.done = self._left == 0

    def next_page(self) -> Operation[list[Row]]:
        """The next rows in order."""
        if self.done:
            return []
        limit = self._page if self._left is None else min(self._page, self._left)
        rows = yield from self._fetch(limit=limit, offset=self._offset, after=self._after())
        self._offset = 0
        fresh = [
            row
            for record_id, row in _by_id(rows).items()
            if record_id not in self._read and not self._is_behind(row)
        ]
        if len(rows) < limit:
            self.done = True
        elif not fresh:
            raise _repeating()
        if fresh:
            last = fresh[-1].created_at
            if last != self._moment:
                self._moment, self._read = last, {}
            self._read.update((r.id.record_id, None) for r in fresh if r.created_at == last)
        if self._left is not None:
            self._left -= len(fresh)
            self.done = self.done or self._left <= 0
        return fresh

    def close(self) -> None:
        """Nothing is read ahead."""

    def _is_behind(self, row: Row) -> bool:
        # Only a page that was asked for before has such rows. Texts of one length compare as
        # the moments they name.
        moment = self._moment
        if moment is None or len(moment) != len(row.created_at):
            return False
        return row.created_at > moment if self._descending else row.created_at < moment

    def _after(self) -> dict[str, Any] | None:
        if self._moment is None:
            return None
        since = {"created_at": {"$lte" if self._descending else "$gte": self._moment}}
        return {"$and": [since, *without(list(self._read))]}


def without(ids: list[str]) -> list[dict[str, Any]]:
    """Conditions that leave these records out, in chunks that Attio takes."""
    chunks = (ids[at : at + PAGE] for at in range(0, len(ids), PAGE))
    return [{"$not": {"record_id": {"$in": chunk}}} for chunk in chunks]


def _by_id(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.id.record_id, row)
    return found


def _repeating() -> InvalidResponseError:
    return InvalidResponseError(
        "A query was answered with a page that was read before, although the next one was asked "
        "for: the records behind it cannot be reached. Something between here and Attio (a cache, "
        "a proxy) repeats old answers; ask again without it."
    )


class _Flight(NamedTuple):
    """One request of an offset pager; ``new`` is how many of its rows are expected to be new."""

    offset: int
    limit: int
    new: int
    handle: Handle[list[Row]]


class OffsetPager:
    """Pages in any order, by offset, each seam checked; reads up to ``ahead`` pages at once."""

    def __init__(
        self, fetch: Fetch, *, start: int, stop: int | None, page: int, ahead: int = 1
    ) -> None:
        self._fetch = fetch
        self._start = start
        self._left = None if stop is None else max(0, stop - start)
        self._page = max(2, page)  # one row overlaps
        self._ahead = ahead
        self._next = start
        self._whole_pages = False
        self._seen: set[str] = set()
        self._flights: deque[_Flight] = deque()
        self._same: tuple[list[str], int] = ([], 0)
        self.done = self._left == 0

    def next_page(self) -> Operation[list[Row]]:
        """The next rows in order."""
        while not self.done:
            offset, limit, rows = yield from self._one()
            page = _by_id(rows)
            known = next((at for at, each in enumerate(page) if each in self._seen), None)
            if known is None and self._seen and offset > self._start:
                self.close()
                # rows moved towards the start: go back to where one is known
                self._next, self._whole_pages = max(self._start, offset - self._page + 1), True
                continue
            # what comes before a known row came between: what was there all the time is read
            later = list(page.values())[known or 0 :]
            fresh = [row for row in later if row.id.record_id not in self._seen]
            if self._left is not None:
                fresh = fresh[: self._left]
                self._left -= len(fresh)
            self._seen.update(row.id.record_id for row in fresh)
            self.done = len(rows) < limit or self._left == 0
            self._whole_pages = not fresh
            if self.done:
                self.close()
                return fresh
            if fresh:
                with suppress(RuntimeError):  # no thread to be had now: the next page asks again
                    yield from self._read_ahead(self._ahead - 1)
                return fresh
            self._check_progress(list(page))
        return []

    def _check_progress(self, page: list[str]) -> None:
        same, times = self._same
        self._same = (page, times + 1 if page == same else 0)
        if self._same[1] >= _MAX_SAME:
            self.close()
            raise _repeating()

    def _step(self) -> tuple[int, int, int]:
        """The next request: its offset and limit, and how many new rows it should bring."""
        overlap = 1 if self._seen or self._next > self._start else 0
        new = self._page - overlap
        if self._left is not None and not self._whole_pages:
            new = min(new, self._left - sum(flight.new for flight in self._flights))
        return self._next, new + overlap, new

    def _read_ahead(self, pages: int) -> Operation[None]:
        while len(self._flights) < pages:
            offset, limit, new = self._step()
            if new <= 0:
                break
            self._next = offset + limit - 1
            handle = yield from spawn(self._fetch(limit=limit, offset=offset, after=None))
            self._flights.append(_Flight(offset, limit, new, handle))

    def _one(self) -> Operation[tuple[int, int, list[Row]]]:
        if self._ahead <= 1:
            offset, limit, _ = self._step()
            rows = yield from self._fetch(limit=limit, offset=offset, after=None)
            self._next = offset + limit - 1
            return offset, limit, rows
        # the first page comes alone: it tells whether there is more to be read ahead
        yield from self._read_ahead(self._ahead if self._seen else 1)
        flight = self._flights[0]
        try:
            rows = yield from join(flight.handle)
        except BaseException:
            self.close()
            self._next = flight.offset
            raise
        self._flights.popleft()
        return flight.offset, flight.limit, rows

    def close(self) -> None:
        """Drop what was read ahead."""
        flights, self._flights = self._flights, deque()
        for flight in flights:
            flight.handle.cancel()
