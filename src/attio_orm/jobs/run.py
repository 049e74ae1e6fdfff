"""The run of a bulk write: workers that take row after row, and the report of what became of them.

A few workers and no task a row: the rows may come from a generator without end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sized
from typing import Any, Literal, TypeVar

from msgspec import Struct

from attio_orm import signals
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Effect, Operation, Send, anew, check, emit, gather, watched
from attio_orm.errors import DeadlineExceededError, ValidationError
from attio_orm.guards import is_several
from attio_orm.jobs.items import BulkItem, BulkReport, Keep
from attio_orm.jobs.pace import Pace
from attio_orm.jobs.progress import Meter, OnProgress, expected, told_in_one
from attio_orm.jobs.rows import Rows
from attio_orm.jobs.work import Work
from attio_orm.records.base import Record
from attio_orm.transport.call_options import check_seconds, ending, under

M = TypeVar("M", bound=Record)


class BulkOptions(Struct, frozen=True):
    """What is the same for every kind of bulk write, as the user gave it."""

    on_error: Literal["collect", "stop"] = "collect"
    on_progress: Callable[..., Any] | None = None
    concurrency: int | None = None
    keep: Literal["auto", "all", "errors", "none"] = "auto"
    deadline: float | None = None

    def check(self) -> None:
        """Raise ``ValidationError`` for what none of these can be."""
        if self.keep not in {"auto", "all", "errors", "none"}:
            raise ValidationError(
                f'keep takes "auto", "all", "errors" or "none", not {self.keep!r}.'
            )
        if self.on_error not in {"collect", "stop"}:
            raise ValidationError(f'on_error takes "collect" or "stop", not {self.on_error!r}.')
        number = self.concurrency
        if number is not None and (type(number) is not int or number < 1):
            raise ValidationError(f"concurrency takes a whole number from 1 up, not {number!r}.")
        if self.deadline is not None:
            check_seconds("deadline", self.deadline)

    def kept(self, rows: Iterable[object]) -> Keep:
        """What is kept: whoever has a list has the memory, and an iterator may never end."""
        if self.keep != "auto":
            return self.keep
        return "all" if isinstance(rows, Sized) else "errors"


def check_rows(rows: object, method: str, of: str) -> None:
    """Raise ``ValidationError`` where there are no rows to iterate over."""
    kind: type[Any] = type(rows)
    if not is_several(rows):
        raise ValidationError(f"{method}() takes an iterable of {of}, not {kind.__name__}.")


def carry_out(
    model: type[M],
    connection: BaseConnection,
    work: Work[M],
    rows: Iterable[object],
    options: BulkOptions,
) -> Operation[BulkReport[M]]:
    """Do the work with each of the rows; gives the report of them.

    What ends the run before its end has the report so far as ``error.report``.
    """
    running = _Run(model, connection, work, rows, options).carry_out()
    if options.deadline is not None:
        running = under(ending(connection, options.deadline), running)
    return (yield from running)


class _Run:
    """One run, while it lasts."""

    def __init__(
        self,
        model: type[Any],
        connection: BaseConnection,
        work: Work[Any],
        given: Iterable[object],
        options: BulkOptions,
    ) -> None:
        on_progress: OnProgress | None = None
        if options.on_progress is not None:
            on_progress = told_in_one(options.on_progress)
        total = len(given) if isinstance(given, Sized) else None
        transport = connection.transport
        self._payload = {"operation": work.operation, "connection": connection}
        self._model = model
        self._work = work
        self._given = given
        self._options = options
        self._pace = Pace(options.concurrency, total, transport.tally)
        self._meter = Meter(total, expected(total, transport.limits), on_progress)
        self._rows: Rows[Any] = Rows(given, work, options.kept(given), self._note_end)
        self._started = time.perf_counter()

    def carry_out(self) -> Operation[BulkReport[Any]]:
        model, payload = self._model, self._payload
        yield from check(signals.pre_bulk, model)
        yield from check(signals.post_bulk, model)
        try:
            yield from emit(signals.pre_bulk, model, rows=self._given, **payload)
            self._started = time.perf_counter()
            self._meter.begin()
            while not self._rows.done:
                size, number = self._pace.size, self._pace.round
                yield from gather((self._worker(number) for _ in range(size)), size)
            report = self._report(None)
            yield from emit(signals.post_bulk, model, report=report, **payload)
        except BaseException as error:  # Ctrl-C and a cancellation too: what was done is told
            report = vars(error)["report"] = self._report(error)  # any exception may carry one
            error.add_note(f"Until then: {report!r}; the report is in this exception's `report`.")
            raise
        return report

    def _worker(self, number: int) -> Operation[None]:
        rows, pace = self._rows, self._pace
        try:
            while pace.round == number:
                self._check_time()
                item = yield from rows.next()
                if item is None:
                    return
                yield from self._write(item)
                rows.finish(item)
        except BaseException:
            rows.stopped = True  # no worker takes another row
            raise

    def _write(self, item: BulkItem[Any]) -> Operation[None]:
        def count(effect: Effect) -> None:
            if isinstance(effect, Send):
                item.requests += 1

        try:
            # begun anew: connect(deadline=...) is of each row, and not of all of them
            yield from anew(watched(self._work.write(item), count))
        except BaseException as error:
            if item.state == "waiting":  # it did not come as far as the request
                item.state = "failed"
            # a receiver's own error, too, costs its row alone: the others are accounted for
            if isinstance(error, Exception):
                item.error = error
            if self._options.on_error == "stop" or not isinstance(error, Exception):
                raise

    def _note_end(self, item: BulkItem[Any]) -> None:
        self._pace.ended()
        self._meter.note(item.state)
        # of one that was to be written, it is raised before
        if self._options.on_error == "stop" and item.error is not None:
            raise item.error

    def _check_time(self) -> None:
        seconds = self._options.deadline
        if seconds is not None and time.perf_counter() - self._started >= seconds:
            raise DeadlineExceededError(
                f"bulk_{self._work.operation}() was not done by its deadline of {seconds:g} s. "
                f"Give it more, or the rows that are left to another call.",
                sent=False,
            )

    def _report(self, ended: BaseException | None) -> BulkReport[Any]:
        items = self._rows.end(ended)
        elapsed, eta = time.perf_counter() - self._started, self._meter.eta
        counts, operation = dict(self._rows.counts), self._work.operation
        return BulkReport(items, elapsed, counts, operation=operation, eta=eta)
