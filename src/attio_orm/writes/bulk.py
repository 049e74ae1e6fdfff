"""``bulk_create()``: many records, one request each, side by side, each accounted for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

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
    """What became of every row, in the order they came. ``elapsed`` is in seconds.

    Whatever ends a run has it as ``error.report``: an error, Ctrl-C, a cancellation. Rows that were
    under way are ``unknown`` then, and those that were not taken yet are not in it.
    """

    def __init__(self, items: list[BulkItem[M]], elapsed: float) -> None:
        self._items = items
        self.elapsed = elapsed

    @property
    def created(self) -> Sequence[M]:
        """The instances that were made, those included whose ``post_save`` receiver failed."""
        return [i.instance for i in self._items if i.state == "created" and i.instance is not None]

    @property
    def failed(self) -> Sequence[BulkItem[M]]:
        """The rows that were refused, or not sent any more; nothing of them is in Attio."""
        return self._of("failed")

    @property
    def unknown(self) -> Sequence[BulkItem[M]]:
        """The rows that were sent and got no answer: look before sending them again."""
        return self._of("unknown")

    def _of(self, state: BulkState) -> Sequence[BulkItem[M]]:
        return [item for item in self._items if item.state == state]

    def raise_for_errors(self) -> None:
        """Raise an ``ExceptionGroup`` of all errors, where there are any."""
        errors = [item.error for item in self._items if item.error is not None]
        if errors:
            unknown = f", {len(self.unknown)} of them perhaps all the same" if self.unknown else ""
            message = f"{len(errors)} of {len(self)} rows were not created{unknown}"
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
        planned = len(self._of("planned"))
        of_a_dry_run = f"{planned} planned, " if planned else ""
        return (
            f"<BulkReport: {len(self.created)} created, {len(self.failed)} failed, "
            f"{len(self.unknown)} unknown, {of_a_dry_run}{self.elapsed:.1f} s>"
        )


class _Source(Generic[M]):
    """Rows handed out one by one to workers in any thread, each with its place in the report."""

    def __init__(self, rows: Iterable[object]) -> None:
        self._rows = iter(rows)
        self._lock = threading.Lock()  # a generator that two threads enter at once raises
        self._instances: set[int] = set()  # by ``id()``, as what is not saved has no hash
        self.items: list[BulkItem[M]] = []
        self.done = 0
        self.stopped = False

    def take(self) -> BulkItem[M] | None:
        with self._lock:
            if self.stopped:
                return None
            for row in self._rows:
                item: BulkItem[M] = BulkItem(row, index=len(self.items))
                self.items.append(item)
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

    def finish(self) -> int:
        with self._lock:
            self.done += 1
            return self.done


def bulk_create(
    query: Query[M],
    rows: Iterable[object],
    *,
    on_error: str,
    on_progress: Callable[[int, int | None], Any] | None,
    concurrency: int | None,
) -> Operation[BulkReport[M]]:
    """Create a record for each row."""
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
    source: _Source[M] = _Source(rows)
    total = len(rows) if isinstance(rows, Sized) else None
    started = time.perf_counter()

    def worker() -> Operation[None]:
        try:
            while (item := source.take()) is not None:
                yield from make_one(item)
                done = source.finish()
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
        report: BulkReport[M] = BulkReport(source.items, time.perf_counter() - started)
        yield from emit(
            signals.post_bulk, model, operation="create", report=report, connection=connection
        )
    except BaseException as error:  # Ctrl-C and a cancellation too: what was made is told
        for item in source.items:
            _end(item, error)
        stopped: BulkReport[M] = BulkReport(source.items, time.perf_counter() - started)
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
