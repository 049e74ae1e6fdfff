"""``bulk_delete()``: the records of these ids, or these instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from attio_orm.effects import Effect, Operation, watched
from attio_orm.errors import OutcomeUnknownError, TransportError, ValidationError
from attio_orm.jobs.changing import writes
from attio_orm.jobs.items import BulkItem, BulkOperation, BulkReport
from attio_orm.jobs.run import BulkOptions, carry_out, check_rows
from attio_orm.query.query import Query
from attio_orm.records.base import Record, state_of
from attio_orm.records.deferred_loading import deferred
from attio_orm.transport.dry_run import dry_run_of
from attio_orm.types.checks import as_uuid
from attio_orm.wording import show
from attio_orm.writes import saving

M = TypeVar("M", bound=Record)


def bulk_delete(
    query: Query[M], rows: Iterable[object], confirm: int, options: BulkOptions
) -> Operation[BulkReport[M]]:
    """Delete each of these records."""
    options.check()
    check_rows(rows, "bulk_delete", "ids or instances")
    if isinstance(confirm, bool) or not isinstance(confirm, int):
        raise ValidationError(
            f"confirm is how many rows you expect to be deleted, not {confirm!r}."
        )
    connection, model = query.connection, query.model
    connection.check_open()
    yield from saving.check_receivers(model, of_delete=True)
    listed = list(rows)  # deleting is for good: their number is checked before the first
    if len(listed) != confirm:
        raise ValidationError(
            f"There are {len(listed)} rows, and confirm={confirm}: nothing was deleted. Deleting "
            f"is for good; if you mean it, pass confirm={len(listed)}."
        )
    work = Deleting(query.replace(source=connection))
    return (yield from carry_out(model, connection, work, listed, options))


class Deleting:
    """Deletes the record of each row, which is an id or an instance."""

    operation: BulkOperation = "delete"
    batch = 1

    def __init__(self, query: Query[Any]) -> None:
        self._query = query
        self._seen: set[str] = set()

    def admit(self, item: BulkItem[Any]) -> None:
        """Find out which record it is; a second row of it has nothing to do."""
        row, model = item.row, self._query.model
        if isinstance(row, model):
            record: Record = row
        else:
            valid = as_uuid(row)
            if valid is None:
                raise ValidationError(
                    f"{show(row)} is neither an instance of {model.__name__} nor a valid record id."
                )
            with self._query.connection.active():
                record = deferred(model, valid)
        item.instance = record
        record_id = state_of(record).id
        if record_id in self._seen:
            item.state = "unchanged"
        elif record_id is not None:
            self._seen.add(record_id)

    def prepare(self, items: Sequence[BulkItem[Any]]) -> Operation[None]:
        """Nothing: to delete needs no look."""
        yield from ()

    def write(self, item: BulkItem[Any]) -> Operation[None]:
        """Delete the record of one row."""
        record: Any = item.instance
        wrote = False

        def note(effect: Effect) -> None:
            nonlocal wrote
            wrote = wrote or writes(effect)

        try:
            yield from watched(saving.delete(record), note)
        except (OutcomeUnknownError, TransportError) as error:
            sent = getattr(error, "sent", True) and wrote
            item.state = "unknown" if sent else "failed"
            raise
        except BaseException:
            item.state = "deleted" if state_of(record).deleted else "failed"
            raise
        planned = dry_run_of(self._query.connection) is not None
        item.state = "planned" if planned else "deleted"
