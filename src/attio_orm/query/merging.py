"""Several scans in order of creation, put together as one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from attio_orm.operations import Operation, gather
from attio_orm.query.paging import Pager

if TYPE_CHECKING:
    from attio_orm.hydration import Row

Key: TypeAlias = "tuple[int, str]"  # the moment of creation, and the id

_PLAIN = str.maketrans("", "", "-:TZ ")
_DIGITS = 9  # Attio's moments have up to nine behind the point


class _Scan:
    """One pager, and what it has brought that was not taken yet."""

    def __init__(self, pager: Pager) -> None:
        self.pager = pager
        self.rows: deque[tuple[Key, Row]] = deque()

    @property
    def is_ready(self) -> bool:
        return bool(self.rows) or self.pager.done

    def read(self) -> Operation[None]:
        # kept here at once: another scan may fail, and the page is asked for again
        while not self.is_ready:
            for row in (yield from self.pager.next_page()):
                self.rows.append(((nanoseconds(row.created_at), row.id.record_id), row))


class MergingPager:
    """The rows of several pagers by moment and id, each row once; they are read side by side.

    Holds up to a page of each.
    """

    def __init__(
        self,
        pagers: Sequence[Pager],
        *,
        start: int,
        stop: int | None,
        page: int,
        descending: bool,
    ) -> None:
        self._scans = [_Scan(pager) for pager in pagers]
        self._skip = start
        self._left = None if stop is None else max(0, stop - start)
        self._page = page
        self._first = max if descending else min
        self._moment = -1
        self._seen: set[str] = set()  # the ids given at that moment: a record keeps its own
        self.done = self._left == 0

    def next_page(self) -> Operation[list[Row]]:
        """The next rows in order."""
        fresh: list[Row] = []
        while not fresh and not self.done:
            yield from gather(scan.read() for scan in self._scans if not scan.is_ready)
            fresh = list(self._take())
            self._scans = [scan for scan in self._scans if scan.rows or not scan.pager.done]
            self.done = self._left == 0 or not self._scans
        return fresh

    def close(self) -> None:
        """Drop what was read ahead."""
        for scan in self._scans:
            scan.pager.close()

    def _take(self) -> Iterator[Row]:
        """Rows in order, as far as every scan that goes on has one to compare."""
        scans = [scan for scan in self._scans if scan.rows]
        taken = 0
        while scans and taken < self._page and self._left != 0:
            scan = self._first(scans, key=_head)
            (moment, record_id), row = scan.rows.popleft()
            if moment != self._moment:
                self._moment = moment
                self._seen.clear()
            if record_id not in self._seen:
                self._seen.add(record_id)
                if self._skip:
                    self._skip -= 1
                else:
                    taken += 1
                    if self._left is not None:
                        self._left -= 1
                    yield row
            if not scan.rows:
                if not scan.pager.done:
                    break
                scans.remove(scan)


def _head(scan: _Scan) -> Key:
    return scan.rows[0][0]


def nanoseconds(text: str) -> int:
    """Attio's text of a moment as a number that compares as the moments do."""
    whole, _, fraction = text.partition(".")
    return int(whole.translate(_PLAIN) + fraction.rstrip("Z").ljust(_DIGITS, "0")[:_DIGITS])
