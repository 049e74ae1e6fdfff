"""The rows of a bulk write: taken in order, looked up in batches, handed out one by one."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Final, Generic, TypeVar

from attio_orm.effects import Operation, sleep
from attio_orm.errors import AttioError, OutcomeUnknownError, UnsupportedLookup
from attio_orm.jobs.items import BulkItem, BulkState, Keep
from attio_orm.jobs.work import Work
from attio_orm.records.base import Record

M = TypeVar("M", bound=Record)

_AHEAD: Final = 64
"""How few looked-up rows are left when the next batch is asked for, so that nobody waits for it."""

_MOST_ASKED: Final = 4
"""How many batches are looked up side by side."""


class Rows(Generic[M]):
    """Rows handed out to workers in any thread, each with its place among them.

    It holds those that are under way, and of those that have ended what is to be kept.
    """

    def __init__(
        self,
        rows: Iterable[object],
        work: Work[M],
        keep: Keep,
        ended: Callable[[BulkItem[M]], object],
    ) -> None:
        self._rows = iter(rows)
        self._work = work
        self._keep = keep
        self._ended = ended
        self._lock = threading.Lock()  # a generator that two threads enter at once raises
        self._ready: deque[BulkItem[M]] = deque()
        self._under_way: dict[int, BulkItem[M]] = {}  # by their places
        self._kept: list[BulkItem[M]] = []
        self._taken = self._asking = 0
        self._is_read = False  # the rows have come to their end
        self.counts: Counter[BulkState] = Counter()
        self.stopped = False

    @property
    def done(self) -> bool:
        """Whether no row is to be handed out any more."""
        return self.stopped or (self._is_read and not self._ready and not self._asking)

    def next(self) -> Operation[BulkItem[M] | None]:
        """The next row to be written; ``None`` where there is none."""
        while not self.done:
            items = self._take()
            if items:
                yield from self._prepare(items)
                continue
            with self._lock:
                if self._ready:
                    return self._ready.popleft()
            if not self.done:  # the others are looking up what there will be to write
                yield from sleep(0.01)
        return None

    def _take(self) -> list[BulkItem[M]]:
        """The rows to be looked up now, or none: where enough are ready, or are asked for."""
        batch, items = self._work.batch, list[BulkItem[M]]()
        with self._lock:
            if self._is_read or self.stopped or self._asking >= _MOST_ASKED:
                return items
            if len(self._ready) >= min(_AHEAD, batch):
                return items
            for row in self._rows:
                item: BulkItem[M] = BulkItem(row, index=self._taken)
                self._under_way[self._taken] = item
                self._taken += 1
                items.append(item)
                self._admit(item)
                if len(items) == batch:
                    break
            else:
                self._is_read = True
            self._asking += bool(items)
        return items

    def _admit(self, item: BulkItem[M]) -> None:
        try:
            self._work.admit(item)
        except Exception as error:  # of one row alone
            item.fail(error)

    def _prepare(self, items: list[BulkItem[M]]) -> Operation[None]:
        try:
            waiting = [item for item in items if item.state == "waiting"]
            if waiting:
                yield from self._work.prepare(waiting)
        except UnsupportedLookup:  # nothing of these rows, and the same for all that follow
            raise
        except Exception as error:
            for item in items:
                if item.state == "waiting":
                    item.fail(error)
        finally:
            # told apart before others get at them: they end the ones that they are handed
            over = [item for item in items if item.state != "waiting"]
            with self._lock:
                self._ready.extend(item for item in items if item.state == "waiting")
                self._asking -= 1
        for item in over:
            self.finish(item)

    def finish(self, item: BulkItem[M]) -> None:
        """Note that a row has come to its end."""
        with self._lock:
            self._note(self._under_way.pop(item.index))
        self._ended(item)

    def _note(self, item: BulkItem[M]) -> None:
        self.counts[item.state] += 1
        if self._keep == "all" or (self._keep == "errors" and item.is_error):
            self._kept.append(item)

    def end(self, ended: BaseException | None = None) -> list[BulkItem[M]]:
        """The items that were kept; those under way end here, as something ``ended`` the run."""
        self.stopped = True
        for item in list(self._under_way.values()):
            if ended is not None:
                _end(item, ended)
            self._note(self._under_way.pop(item.index))
        return sorted(self._kept, key=attrgetter("index"))


def _end(item: BulkItem[M], ended: BaseException) -> None:
    """Say what became of a row that was under way when something ended the run."""
    if item.state == "waiting":  # nor was its end waited for, as after a second Ctrl-C
        item.state = "unknown" if item.requests else "failed"
    if item.error is not None:
        return
    what = type(ended).__name__
    if item.state == "unknown":
        item.error = OutcomeUnknownError(
            f"{what} ended the run while this row was on its way: it may be in Attio or not. Look "
            f"for it before you send it again."
        )
    elif item.state == "failed":
        item.error = AttioError(f"{what} ended the run before this row was sent.")
