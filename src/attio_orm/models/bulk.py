"""``bulk_create()``: many records, one request each, side by side, each accounted for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from attio_orm import context, signals
from attio_orm.errors import OutcomeUnknownError, ValidationError
from attio_orm.models import collections, saving
from attio_orm.operations import Operation, check, emit, gather
from attio_orm.values.codec import show

if TYPE_CHECKING:
    from attio_orm.models.model import Model
    from attio_orm.query.query import Query

    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")

CONCURRENCY = 8


@dataclass(slots=True)
class BulkItem(Generic[M]):
    """What became of one row: the instance, or the error that kept it from being made.

    Both, where the record was made and a ``post_save`` receiver failed after it.
    """

    row: Any
    instance: M | None = None
    error: Exception | None = None


class BulkReport(Sequence[BulkItem[M]], Generic[M]):
    """What became of every row, in the order they came. ``elapsed`` is in seconds."""

    def __init__(self, items: list[BulkItem[M]], elapsed: float) -> None:
        self._items = items
        self.elapsed = elapsed

    @property
    def created(self) -> Sequence[M]:
        """The instances that were made, those included whose ``post_save`` receiver failed."""
        return [i.instance for i in self._items if i.instance is not None and i.instance.id]

    @property
    def failed(self) -> Sequence[BulkItem[M]]:
        """The rows that were refused; nothing of them is in Attio."""
        return [
            i for i in self._items
            if i.error is not None and i.instance is None
            and not isinstance(i.error, OutcomeUnknownError)
        ]  # fmt: skip

    @property
    def unknown(self) -> Sequence[BulkItem[M]]:
        """The rows that were sent and got no answer: look before sending them again."""
        return [i for i in self._items if isinstance(i.error, OutcomeUnknownError)]

    def raise_for_errors(self) -> None:
        """Raise an ``ExceptionGroup`` of all errors, where there are any."""
        errors = [item.error for item in self._items if item.error is not None]
        if errors:
            raise ExceptionGroup(f"{len(errors)} of {len(self)} rows were not created", errors)

    @overload
    def __getitem__(self, index: int) -> BulkItem[M]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[BulkItem[M]]: ...
    def __getitem__(self, index: int | slice) -> BulkItem[M] | Sequence[BulkItem[M]]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return (
            f"<BulkReport: {len(self.created)} created, {len(self.failed)} failed, "
            f"{len(self.unknown)} unknown, {self.elapsed:.1f} s>"
        )


class _Source(Generic[M]):
    """Rows handed out one by one to workers in any thread, each with its place in the report."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows: Iterator[Any] = iter(rows)
        self._lock = threading.Lock()
        self.items: list[BulkItem[M]] = []
        self.done = 0
        self.stopped = False

    def take(self) -> BulkItem[M] | None:
        with self._lock:
            if self.stopped:
                return None
            for row in self._rows:
                self.items.append(BulkItem(row))
                return self.items[-1]
            return None

    def finish(self) -> int:
        with self._lock:
            self.done += 1
            return self.done


def bulk_create(
    query: Query[M],
    rows: Iterable[Any],
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
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
        raise ValidationError(
            f"bulk_create() takes an iterable of instances or dicts, not {kind.__name__}."
        )
    model = query.model
    connection = query.connection or context.current()
    connection.check_open()
    query = query.replace(connection=connection)
    yield from check(signals.pre_bulk, model)
    yield from check(signals.post_bulk, model)
    yield from saving.check_receivers(model)
    yield from connection.ready(model, writing=True)
    yield from emit(signals.pre_bulk, model, operation="create", rows=rows, connection=connection)
    source: _Source[M] = _Source(rows)
    total = _length(rows)
    started = time.perf_counter()

    def worker() -> Operation[None]:
        while (item := source.take()) is not None:
            try:
                yield from _create(query, item)
            except Exception as error:  # a receiver's own, too: the others are accounted for
                item.error = error
                if on_error == "stop":
                    source.stopped = True
                    raise
            done = source.finish()
            if on_progress is not None:
                on_progress(done, total)

    workers = min(concurrency or CONCURRENCY, total if total else concurrency or CONCURRENCY)
    try:
        yield from gather((worker() for _ in range(workers)), workers)
    except Exception as error:  # what was made is told all the same
        stopped: BulkReport[M] = BulkReport(source.items, time.perf_counter() - started)
        error.report = stopped  # type: ignore[attr-defined]
        error.add_note(f"Until then: {stopped!r}; the report is in this exception's `report`.")
        raise
    report: BulkReport[M] = BulkReport(source.items, time.perf_counter() - started)
    yield from emit(
        signals.post_bulk, model, operation="create", report=report, connection=connection
    )
    return report


def _length(rows: Any) -> int | None:
    return len(rows) if hasattr(rows, "__len__") else None


def _create(query: Query[M], item: BulkItem[M]) -> Operation[None]:
    row = item.row
    if isinstance(row, query.model):
        if row.id is not None:
            raise ValidationError(f"{row!r} exists already: bulk_create() makes new records.")
        yield from collections.adopt(row, query)
        instance = row
    elif isinstance(row, Mapping):
        instance = yield from collections.build(query, cast("Mapping[str, Any]", row))
    else:
        raise ValidationError(
            f"{show(row)} is neither a {query.model.__name__} nor a dict of its values: give one "
            f"of these."
        )
    try:
        yield from saving.save(instance)
    finally:
        if instance.id is not None:  # it is there, whatever a receiver made of it
            item.instance = instance
