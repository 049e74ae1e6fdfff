"""Pages of list entries in the order of creation.

Attio documents no filter by the id of an entry, so that those read at one moment cannot be left
out of the next page, as records are. The next page asks for everything from the last moment on,
and what was read before is dropped here. It takes an offset only where one moment has more entries
than a page holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attio_orm.errors import InvalidResponseError
from attio_orm.operations import Operation
from attio_orm.query.paging import Fetch

if TYPE_CHECKING:
    from attio_orm.hydration import Row

# Others can move entries as fast as pages go on, but not for ever.
_MOST = 25


class EntryPager:
    """Entries by ``created_at``, from either end; each once."""

    def __init__(
        self, fetch: Fetch, *, start: int, stop: int | None, page: int, descending: bool
    ) -> None:
        self._fetch = fetch
        self._offset = start
        self._left = None if stop is None else max(0, stop - start)
        self._page = page
        self._descending = descending
        self._moment: str | None = None
        self._read: set[str] = set()  # the entries read at that moment
        self._backs = self._repeats = 0
        self._page_before: list[str] = []
        self.done = self._left == 0

    def next_page(self) -> Operation[list[Row]]:
        """The next entries in order."""
        while not self.done:
            limit = self._page if self._moment is None else max(2, self._page)
            if self._left is not None:
                limit = min(limit, self._left + len(self._read))
            rows = yield from self._fetch(limit=limit, offset=self._offset, after=self._after())
            if self._moment is not None and self._offset and not self._knows_any(rows):
                self._back()  # some of that moment were deleted ahead of the offset
                continue
            fresh = self._fresh(rows)
            if self._left is not None:
                fresh = fresh[: self._left]
                self._left -= len(fresh)
            self.done = len(rows) < limit or self._left == 0
            self._go_on([row.id.record_id for row in rows], fresh)
            if fresh or self.done:
                return fresh
        return []

    def close(self) -> None:
        """Nothing is read ahead."""

    def _fresh(self, rows: list[Row]) -> list[Row]:
        found: dict[str, Row] = {}
        for row in rows:
            if row.id.record_id not in self._read and not self._is_behind(row):
                found.setdefault(row.id.record_id, row)
        return list(found.values())

    def _is_behind(self, row: Row) -> bool:
        moment = self._moment
        if moment is None or len(moment) != len(row.created_at):
            return False
        return row.created_at > moment if self._descending else row.created_at < moment

    def _knows_any(self, rows: list[Row]) -> bool:
        return any(row.id.record_id in self._read for row in rows)

    def _back(self) -> None:
        self._offset = 0
        self._backs += 1
        if self._backs >= _MOST:
            raise _repeating()

    def _go_on(self, page: list[str], fresh: list[Row]) -> None:
        """Where the next page begins: at the last moment, and within that where it is crowded."""
        if not fresh:
            self._repeats = self._repeats + 1 if page == self._page_before else 0
            self._page_before = page
            if self._repeats >= _MOST:
                raise _repeating()
            self._offset += len(page) - 1
            return
        self._backs = self._repeats = 0
        last = fresh[-1].created_at
        if last != self._moment:
            self._moment, self._read, self._offset = last, set(), 0
        elif self._offset:
            self._offset += len(page) - 1
        self._read.update(row.id.record_id for row in fresh if row.created_at == last)

    def _after(self) -> dict[str, Any] | None:
        if self._moment is None:
            return None
        return {"created_at": {"$lte" if self._descending else "$gte": self._moment}}


def _repeating() -> InvalidResponseError:
    return InvalidResponseError(
        "A query of list entries was answered with a page that was read before, although the next "
        "one was asked for: the entries behind it cannot be reached. Something between here and "
        "Attio (a cache, a proxy) repeats old answers; ask again without it."
    )
