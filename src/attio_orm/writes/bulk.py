"""``bulk_create()``: many records, one request each, side by side, each accounted for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, overload

from attio_orm import signals
from attio_orm.effects import Effect, Operation, Send, anew, check, emit, gather, watched
from attio_orm.errors import AttioError, OutcomeUnknownError, ValidationError
from attio_orm.guards import is_mapping, is_several
from attio_orm.pickles import public_in
from attio_orm.query.query import Query
from attio_orm.records.base import Record, state_of
from attio_orm.records.loading import CONCURRENCY
from attio_orm.wording import show
from attio_orm.writes import creations, saving
from attio_orm.writes.upserts import adopt, build, make

M = TypeVar("M", bound=Record)


BulkState: TypeAlias = Literal["waiting", "created", "failed", "unknown", "planned"]
"""What became of a row: made, refused, not known, or only planned in a dry run.

``waiting`` rows are under way, which none is any more in the report of a run that has ended.
"""

_ENDS: Final = ("created", "failed", "unknown", "planned")

Keep: TypeAlias = Literal["all", "errors", "none"]


@dataclass(slots=True)
class BulkItem(Generic[M]):
    """What became of one row: the instance, or the error that kept it from being made.

    Both, where the record was made and a ``post_save`` receiver failed after it. ``index`` is its
    place among the rows, ``requests`` how many were sent for it, repeats included.
    """

    row: Any
    instance: M | None = None
    error: Exception | None = None
    index: int = 0
    state: BulkState = "waiting"
    requests: int = 0

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        for name, value in state[1].items():
            setattr(self, name, value)
        if "state" not in state[1]:  # pickles made until 0.1 have the first three only
            self.index = self.requests = 0
            is_unknown = isinstance(self.error, OutcomeUnknownError)
            self.state = "unknown" if is_unknown else "failed"
            if self.instance is not None:
                self.state = "created"


class BulkReport(Sequence[BulkItem[M]], Generic[M]):
    """What became of the rows, in the order they came. ``elapsed`` is in seconds.

    ``counts`` says how many came to each state, whatever was kept; all else is about the items that
    were: see ``keep`` of ``bulk_create()``. Whatever ends a run has it as ``error.report``: an
    error, Ctrl-C, a cancellation. Rows that were under way are ``unknown`` then, and those that
    were not taken yet are not in it.
    """

    _counts: Mapping[str, int] | None = None  # of a pickle of before, which kept all items

    def __init__(
        self, items: list[BulkItem[M]], elapsed: float, counts: Mapping[str, int] | None = None
    ) -> None:
        self._items = items
        self._counts = counts
        self.elapsed = elapsed

    @property
    def counts(self) -> dict[str, int]:
        """How many rows came to each state; together, how many were read."""
        told = self._counts
        counts = Counter(item.state for item in self._items) if told is None else told
        return {state: counts.get(state, 0) for state in _ENDS}

    @property
    def created(self) -> Sequence[M]:
        """The instances that were made, those included whose ``post_save`` receiver failed.

        Raises ``ValidationError`` where they were not kept.
        """
        return [i.instance for i in self._of("created") if i.instance is not None]

    @property
    def failed(self) -> Sequence[BulkItem[M]]:
        """The rows that were refused, or not sent any more; nothing of them is in Attio.

        Raises ``ValidationError`` where they were not kept.
        """
        return self._of("failed")

    @property
    def unknown(self) -> Sequence[BulkItem[M]]:
        """The rows that were sent and got no answer: look before sending them again.

        Raises ``ValidationError`` where they were not kept.
        """
        return self._of("unknown")

    def _of(self, state: BulkState) -> Sequence[BulkItem[M]]:
        found = [item for item in self._items if item.state == state]
        number = self.counts.get(state, 0)
        if len(found) < number:
            keep = "all" if state in ("created", "planned") else "errors"
            raise ValidationError(
                f"The {state} rows ({number:,}) were not kept: report.counts has their number "
                f'alone. Call bulk_create(..., keep="{keep}") to have each of them here.'
            )
        return found

    def raise_for_errors(self) -> None:
        """Raise an ``ExceptionGroup`` of all errors, where there are any.

        Raises ``ValidationError`` where there were some that were not kept.
        """
        unknown = len(self.unknown)
        self._of("failed")  # so that all of them are here
        errors = [item.error for item in self._items if item.error is not None]
        if errors:
            perhaps = f", {unknown} of them perhaps all the same" if unknown else ""
            rows = sum(self.counts.values())
            message = f"{len(errors)} of {rows} rows were not created{perhaps}"
            raise ExceptionGroup(message, errors)

    @overload
    def __getitem__(self, index: int) -> BulkItem[M]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[BulkItem[M]]: ...
    def __getitem__(self, index: int | slice) -> BulkItem[M] | Sequence[BulkItem[M]]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        counts = self.counts
        of_a_dry_run = f"{counts['planned']} planned, " if counts["planned"] else ""
        return (
            f"<BulkReport: {counts['created']} created, {counts['failed']} failed, "
            f"{counts['unknown']} unknown, {of_a_dry_run}{self.elapsed:.1f} s>"
        )


class _Source(Generic[M]):
    """Rows handed out one by one to workers in any thread, each with its place among them.

    It holds those that are under way, and of those that have ended what is to be kept.
    """

    def __init__(self, rows: Iterable[object], keep: Keep) -> None:
        self._rows = iter(rows)
        self._keep = keep
        self._lock = threading.Lock()  # a generator that two threads enter at once raises
        self._instances: set[int] = set()  # by ``id()``, as what is not saved has no hash
        self._under_way: dict[int, BulkItem[M]] = {}  # by their places
        self._kept: list[BulkItem[M]] = []
        self._counts: Counter[str] = Counter()
        self._taken = 0
        self.stopped = False

    def take(self) -> BulkItem[M] | None:
        with self._lock:
            if self.stopped:
                return None
            for row in self._rows:
                item: BulkItem[M] = BulkItem(row, index=self._taken)
                self._under_way[self._taken] = item
                self._taken += 1
                return item
            return None

    def refuse_repeated(self, instance: Record) -> None:
        """Raise ``ValidationError`` for an instance that was a row of this run before."""
        with self._lock:
            if id(instance) in self._instances:
                raise ValidationError(
                    f"{instance!r} is among the rows twice, and one instance is one record: leave "
                    f"it out, or give a second instance."
                )
            self._instances.add(id(instance))  # the items hold it, so that the number stays its own

    def finish(self, item: BulkItem[M]) -> int:
        """Note that a row has come to its end; gives how many have."""
        with self._lock:
            self._note(self._under_way.pop(item.index))
            return self._counts.total()

    def _note(self, item: BulkItem[M]) -> None:
        self._counts[item.state] += 1
        is_error = item.error is not None or item.state in ("failed", "unknown")
        if self._keep == "all" or (self._keep == "errors" and is_error):
            self._kept.append(item)
        else:
            self._instances.discard(id(item.row))  # it may be another's number from now on

    def report(self, started: float, ended: BaseException | None = None) -> BulkReport[M]:
        """What became of the rows; of those that are under way, as something ``ended`` the run."""
        for item in list(self._under_way.values()):
            if ended is not None:
                _end(item, ended)
            self._note(self._under_way.pop(item.index))
        kept = sorted(self._kept, key=attrgetter("index"))
        return BulkReport(kept, time.perf_counter() - started, dict(self._counts))


def bulk_create(
    query: Query[M],
    rows: Iterable[object],
    *,
    on_error: str,
    on_progress: Callable[[int, int | None], Any] | None,
    concurrency: int | None,
    keep: Keep | Literal["auto"] = "auto",
) -> Operation[BulkReport[M]]:
    """Create a record for each row."""
    if keep not in {"auto", "all", "errors", "none"}:
        raise ValidationError(f'keep takes "auto", "all", "errors" or "none", not {keep!r}.')
    if on_error not in {"collect", "stop"}:
        raise ValidationError(f'on_error takes "collect" or "stop", not {on_error!r}.')
    if concurrency is not None and (not isinstance(concurrency, int) or concurrency < 1):
        raise ValidationError(f"concurrency takes a whole number from 1 up, not {concurrency!r}.")
    kind: type[Any] = type(rows)
    if not is_several(rows):
        raise ValidationError(
            f"bulk_create() takes an iterable of instances or dicts, not {kind.__name__}."
        )
    model = query.model
    connection = query.connection
    connection.check_open()
    query = query.replace(source=connection)  # for all rows, whatever is current by then
    yield from check(signals.pre_bulk, model)
    yield from check(signals.post_bulk, model)
    yield from saving.check_receivers(model)
    yield from connection.mapping.ready(model, writing=True)
    # a few workers that take row after row: the rows may come from a generator without end
    total = len(rows) if isinstance(rows, Sized) else None
    if keep == "auto":  # whoever has a list has the memory; an iterator may never end
        keep = "errors" if total is None else "all"
    source: _Source[M] = _Source(rows, keep)
    started = time.perf_counter()

    def worker() -> Operation[None]:
        try:
            while (item := source.take()) is not None:
                yield from make_one(item)
                done = source.finish(item)
                if on_progress is not None:
                    on_progress(done, total)
        except BaseException:
            source.stopped = True  # no worker takes another row
            raise

    def make_one(item: BulkItem[M]) -> Operation[None]:
        try:
            yield from anew(watched(_create(query, item, source), _counting(item)))
        except BaseException as error:
            if item.state == "waiting":  # it did not come as far as the request
                item.state = "failed"
            # a receiver's own error, too, costs its row alone: the others are accounted for
            if isinstance(error, Exception):
                item.error = error
            if on_error == "stop" or not isinstance(error, Exception):
                raise

    workers = concurrency or CONCURRENCY
    if total:
        workers = min(workers, total)
    try:
        yield from emit(
            signals.pre_bulk, model, operation="create", rows=rows, connection=connection
        )
        yield from gather((worker() for _ in range(workers)), workers)
        report = source.report(started)
        yield from emit(
            signals.post_bulk, model, operation="create", report=report, connection=connection
        )
    except BaseException as error:  # Ctrl-C and a cancellation too: what was made is told
        stopped = source.report(started, error)
        error.report = stopped  # type: ignore[attr-defined]
        error.add_note(f"Until then: {stopped!r}; the report is in this exception's `report`.")
        raise
    return report


def _counting(item: BulkItem[Any]) -> Callable[[Effect], None]:
    def count(effect: Effect) -> None:
        if isinstance(effect, Send):
            item.requests += 1

    return count


def _end(item: BulkItem[Any], ended: BaseException) -> None:
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


def _create(query: Query[M], item: BulkItem[M], source: _Source[M]) -> Operation[None]:
    row = item.row
    if isinstance(row, query.model):
        if state_of(row).id is not None:
            raise ValidationError(f"{row!r} exists already: bulk_create() makes new records.")
        source.refuse_repeated(row)
        yield from adopt(row, query)
        instance = row
    elif is_mapping(row):
        instance = yield from build(query, row)
    else:
        raise ValidationError(
            f"{show(row)} is neither an instance of {query.model.__name__} nor a dict of its "
            f"values: give one of these."
        )
    state = state_of(instance)
    try:
        yield from creations.saved(instance, lambda: saving.save(instance, make=make))
    finally:
        if state.id is not None:  # it is there, whatever a receiver made of it
            item.instance, item.state = instance, "created"
        else:
            item.state = "failed" if state.unanswered is None else "unknown"
    if state.id is None:
        item.state = "planned"


public_in("attio_orm", BulkItem, BulkReport)  # where users import them from
