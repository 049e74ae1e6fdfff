"""Pages that neither repeat nor miss a record while others create and delete."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import dropwhile, takewhile
from typing import Any, ClassVar, Final, Protocol

from msgspec import Struct

from attio_orm.effects import Handle, Operation, join, spawn
from attio_orm.errors import InvalidResponseError, ValidationError
from attio_orm.records.loading import batches
from attio_orm.records.rows import Row
from attio_orm.transport.caching import uncached

PAGE = 500  # what Attio sends unless told otherwise; more is not attested
MAX_READ_AHEAD = 8
NO_END: Final = sys.maxsize  # how many rows are left where a query has no end

# Others can push rows towards the end just as fast as pages go on, but not for ever.
_MAX_SAME = 25


def check_page_size(size: int) -> int:
    """A page size of 1 to 500. Raises ``ValidationError``."""
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= PAGE:
        raise ValidationError(f"page_size is a whole number from 1 to {PAGE}, not {size!r}.")
    return size


class Fetch(Protocol):
    """One request for rows; ``after`` is an extra condition in Attio's own filter language."""

    def __call__(
        self, *, limit: int, offset: int, after: dict[str, Any] | None
    ) -> Operation[list[Row]]:
        """The rows of one page."""
        ...


def _anew(fetch: Fetch) -> Fetch:
    """The same requests, and no answers of before."""

    def fetched(*, limit: int, offset: int, after: dict[str, Any] | None) -> Operation[list[Row]]:
        return uncached(fetch(limit=limit, offset=offset, after=after))

    return fetched


class Pager(Protocol):
    """Gives page after page; an empty one ends it."""

    done: bool

    def next_page(self) -> Operation[list[Row]]:
        """The next rows, none of them seen before."""
        ...

    def close(self) -> None:
        """Drop what was read ahead."""


class Place(Protocol):
    """What an earlier pager gave, behind which another one goes on."""

    @property
    def given(self) -> int:
        """How many rows."""
        ...

    @property
    def moment(self) -> str | None:
        """The moment of creation of the last, in the order of creation."""
        ...

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of that moment; in another order the last ones."""
        ...


class _Pages:
    """Where a pager is, how many rows it has left, and whether it gets anywhere."""

    _what: ClassVar = "records"

    def __init__(
        self, fetch: Fetch, *, start: int, stop: int | None, page: int, after: Place | None = None
    ) -> None:
        self._fetch = fetch
        self._offset = start
        given = 0 if after is None else after.given
        self._left: int = NO_END if stop is None else max(0, stop - start - given)
        self._page = page
        self._known: dict[tuple[str, ...], int] = {}  # pages without a new row, how often each
        self.done = self._left == 0

    def _check_progress(self, page: Sequence[str]) -> None:
        """Raise where pages without a new row come again and again, be it in turn."""
        ids = tuple(page)
        self._known[ids] = self._known.get(ids, 0) + 1
        if self._known[ids] > _MAX_SAME:
            self.close()
            raise _repeating(self._what)

    def close(self) -> None:
        """Nothing is read ahead."""


class _ByCreation(_Pages):
    """Pages in the order of ``created_at``, from either end: each begins at the last moment."""

    def __init__(
        self,
        fetch: Fetch,
        *,
        start: int,
        stop: int | None,
        page: int,
        descending: bool,
        after: Place | None = None,
    ) -> None:
        super().__init__(fetch, start=start, stop=stop, page=page, after=after)
        self._descending = descending
        self._moment: str | None = None
        self._read: dict[str, None] = {}  # the ids read at that moment, in order
        if after is not None:  # the last moment is the start, as for any page but the first
            self._offset = 0
            self._moment, self._read = after.moment, dict.fromkeys(after.ids)

    def _since(self) -> dict[str, Any] | None:
        # with the moment itself: of those that share it, some may be on the next page
        if self._moment is None:
            return None
        return {"created_at": {"$lte" if self._descending else "$gte": self._moment}}

    def _fresh(self, rows: list[Row]) -> list[Row]:
        # they are in order, so that those behind are the first ones; the others are not looked at
        ahead = dropwhile(self._is_behind, _by_id(rows).values())
        return [row for row in ahead if row.id.record_id not in self._read]

    def _is_behind(self, row: Row) -> bool:
        # Only a page that was asked for before has such rows. Texts of one length compare as
        # the moments they name.
        moment = self._moment
        if moment is None or len(moment) != len(row.moment):
            return False
        return row.moment > moment if self._descending else row.moment < moment

    def _go_on_from(self, fresh: list[Row]) -> bool:
        """Begin the next page where these end; whether that is another moment."""
        last = fresh[-1].moment
        is_later = last != self._moment
        # only what shares the last moment can come again: the rest need not be remembered
        if is_later:
            self._moment, self._read = last, {}
        same = takewhile(lambda row: row.moment == last, reversed(fresh))
        self._read.update((row.id.record_id, None) for row in reversed(list(same)))
        return is_later


class KeysetPager(_ByCreation):
    """Pages of records, which leave out by their ids what was read at the last moment."""

    def next_page(self) -> Operation[list[Row]]:
        """The next rows in order."""
        if self.done:
            return []
        limit, since = min(self._page, self._left), self._since()
        after = None if since is None else {"$and": [since, *without(list(self._read))]}
        rows = yield from self._fetch(limit=limit, offset=self._offset, after=after)
        # an offset counts from the first record alone; from now on the last moment is the start
        self._offset = 0
        fresh = self._fresh(rows)
        if fresh:
            self._go_on_from(fresh)
        elif len(rows) >= limit:
            raise _repeating()  # at once: the condition leaves no room for rows that were read
        self._left -= len(fresh)
        self.done = len(rows) < limit or self._left <= 0
        return fresh


def without(ids: list[str]) -> list[dict[str, Any]]:
    """Conditions that leave these records out, in chunks that Attio takes."""
    return [{"$not": {"record_id": {"$in": chunk}}} for chunk in batches(ids)]


def _by_id(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.id.record_id, row)
    return found


def _repeating(rows: str = "records") -> InvalidResponseError:
    query = "A query" if rows == "records" else "A query of list entries"
    return InvalidResponseError(
        f"{query} was answered with a page that was read before, although the next one was asked "
        f"for: the {rows} behind it cannot be reached. Something between here and Attio (a cache, "
        f"a proxy) repeats old answers; ask again without it."
    )


class EntryPager(_ByCreation):
    """Pages of entries, which Attio can neither leave out nor sort by their ids: in order even so.

    Those of one moment are given once all of them are read, by their ids: whatever order they come
    in, the slices of a query meet. So a slice, too, is read from the first entry on.
    """

    _what = "entries"

    def __init__(
        self,
        fetch: Fetch,
        *,
        start: int,
        stop: int | None,
        page: int,
        descending: bool,
        after: Place | None = None,
    ) -> None:
        super().__init__(
            fetch, start=start, stop=stop, page=page, descending=descending, after=after
        )
        self._offset = 0  # counts from the first entry of the last moment
        self._skip = start if after is None else 0
        self._held: list[Row] = []  # in order of their moments; of the last one there may be more
        self._is_crowded = False  # the last page had one moment alone
        self._backs = 0

    def next_page(self) -> Operation[list[Row]]:
        """The next entries in order."""
        while not self.done:
            limit = self._limit()
            rows = yield from self._fetch(limit=limit, offset=self._offset, after=self._since())
            page = [row.id.record_id for row in rows]
            if self._moment is not None and self._offset and self._read.keys().isdisjoint(page):
                self._back()  # some of that moment were deleted ahead of the offset
                continue
            fresh, is_end = self._fresh(rows), len(rows) < limit
            if self._has_missed(rows, is_end):
                # those of a moment came in another order than before: once more, until all are read
                fresh, is_end = [row for row in fresh if row.moment == self._moment], False
                self._held += fresh
                self._read.update((row.id.record_id, None) for row in fresh)
                if fresh:
                    self._backs = 0
                self._back()
                continue
            self._held += fresh
            self._go_on(page, fresh)
            found = self._take(is_end)
            self.done = is_end or self._left == 0
            if found or self.done:
                return found
        return []

    def _limit(self) -> int:
        # with one behind the last that is wanted, which tells that none of its moment is missing,
        # and those that come again; of one row, which is known, no offset would get further
        needed = self._skip + self._left - len(self._held) + len(self._read) + 1
        return max(2, min(PAGE if self._is_crowded else self._page, needed))

    def _has_missed(self, rows: list[Row], is_end: bool) -> bool:
        """Whether the last moment ends in this page, and has more entries than were read of it."""
        here = [row.id.record_id for row in rows if row.moment == self._moment]
        if self._moment is None or (len(here) == len(rows) and not is_end):
            return False
        return len(self._read.keys() | here) < self._offset + len(here)

    def _back(self) -> None:
        self._fetch = _anew(self._fetch)  # what a cache has may be of before they moved
        self._offset = 0
        self._backs += 1
        if self._backs >= _MAX_SAME:
            raise _repeating(self._what)

    def _go_on(self, page: list[str], fresh: list[Row]) -> None:
        """Where the next page begins: at the last moment, and within that where it is crowded."""
        if not fresh:
            self._check_progress(page)
            self._offset += max(0, len(page) - 1)  # one row overlaps, and shows whether rows moved
            self._is_crowded = True
            return
        self._backs = 0
        self._known.clear()
        self._is_crowded = not self._go_on_from(fresh)
        if not self._is_crowded:
            self._offset = 0
        elif self._offset:
            self._offset += len(page) - 1

    def _take(self, is_end: bool) -> list[Row]:
        """The entries of all moments that were read to their end."""
        ready: dict[str, list[Row]] = {}
        for row in self._held:
            if is_end or row.moment != self._moment:
                ready.setdefault(row.moment, []).append(row)
        found: list[Row] = []
        for rows in ready.values():
            found += sorted(rows, key=_record_id, reverse=self._descending)
        self._held = self._held[len(found) :]
        skipped = min(self._skip, len(found))
        self._skip -= skipped
        found = found[skipped : skipped + self._left]
        self._left -= len(found)
        return found


def _record_id(row: Row) -> str:
    return row.id.record_id


class _ReadAhead(Struct, frozen=True):
    """One request of an offset pager; ``new`` is how many of its rows are expected to be new."""

    offset: int
    limit: int
    new: int
    handle: Handle[list[Row]]


class OffsetPager(_Pages):
    """Pages in any order, by offset, each seam checked; reads up to ``ahead`` pages at once."""

    def __init__(
        self,
        fetch: Fetch,
        *,
        start: int,
        stop: int | None,
        page: int,
        ahead: int = 1,
        after: Place | None = None,
    ) -> None:
        # one row overlaps: as long as it is known, none was missed between two requests
        super().__init__(fetch, start=start, stop=stop, page=max(2, page), after=after)
        self._start = start
        self._goes_on = after is not None
        self._ahead = ahead
        self._whole_pages = False
        self._seen: set[str] = set()
        self._pending: deque[_ReadAhead] = deque()
        if after is not None:
            self._offset, self._seen = start + after.given - 1, set(after.ids)

    def next_page(self) -> Operation[list[Row]]:
        """The next rows in order."""
        while not self.done:
            offset, limit, rows = yield from self._one()
            page = _by_id(rows)
            known = next((at for at, each in enumerate(page) if each in self._seen), None)
            if known is None and self._seen and offset > self._start:
                self.close()
                # rows moved towards the start: go back to where one is known, by what Attio has now
                self._fetch = _anew(self._fetch)
                self._offset, self._whole_pages = max(self._start, offset - self._page + 1), True
                continue
            if known is None and self._goes_on and page:  # what was given before is not all known
                self.close()
                raise ValidationError(
                    "None of the last records that were given before this token is there any more, "
                    "so that nothing tells where to go on: begin again, without after=..."
                )
            # what comes before a known row came between: what was there all the time is read
            later = list(page.values())[known or 0 :]
            fresh = [row for row in later if row.id.record_id not in self._seen][: self._left]
            self._left -= len(fresh)
            self._seen.update(row.id.record_id for row in fresh)
            self.done = len(rows) < limit or self._left == 0
            # where rows moved, whole pages: as few as are left would only creep on
            self._whole_pages = not fresh
            if self.done:
                self.close()
                return fresh
            if fresh:
                self._known.clear()
                with suppress(RuntimeError):  # no thread to be had now: the next page asks again
                    yield from self._read_ahead(self._ahead - 1)
                return fresh
            self._check_progress(list(page))
        return []

    def _step(self) -> tuple[int, int, int]:
        """The next request: its offset and limit, and how many new rows it should bring."""
        overlap = 1 if self._seen or self._offset > self._start else 0
        new = self._page - overlap
        if not self._whole_pages:
            new = min(new, self._left - sum(each.new for each in self._pending))
        return self._offset, new + overlap, new

    def _read_ahead(self, pages: int) -> Operation[None]:
        while len(self._pending) < pages:
            offset, limit, new = self._step()
            if new <= 0:
                break
            self._offset = offset + limit - 1
            handle = yield from spawn(self._fetch(limit=limit, offset=offset, after=None))
            self._pending.append(_ReadAhead(offset, limit, new, handle))

    def _one(self) -> Operation[tuple[int, int, list[Row]]]:
        if self._ahead <= 1:
            offset, limit, _ = self._step()
            rows = yield from self._fetch(limit=limit, offset=offset, after=None)
            self._offset = offset + limit - 1  # only now: a page that failed is asked for again
            return offset, limit, rows
        # the first page comes alone: it tells whether there is more to be read ahead
        yield from self._read_ahead(self._ahead if self._seen else 1)
        first = self._pending[0]
        try:
            rows = yield from join(first.handle)
        except BaseException:
            self.close()
            self._offset = first.offset
            raise
        self._pending.popleft()
        return first.offset, first.limit, rows

    def close(self) -> None:
        """Drop what was read ahead."""
        pending, self._pending = self._pending, deque()
        for each in pending:
            each.handle.cancel()
