"""``bulk_create()`` of resources: one request each, side by side, each accounted for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from attio_orm import signals
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, check, emit, gather
from attio_orm.errors import OutcomeUnknownError, ValidationError
from attio_orm.guards import is_mapping, is_several
from attio_orm.jobs.items import BulkItem, BulkReport
from attio_orm.records.loading import CONCURRENCY
from attio_orm.resources import saving
from attio_orm.resources.base import BaseResource
from attio_orm.resources.query import Query, connection_of
from attio_orm.wording import show


def bulk_create(
    model: type[BaseResource],
    rows: Iterable[BaseResource | Mapping[str, object]],
    given: BaseConnection | None,
    *,
    on_error: str,
    concurrency: int | None,
) -> Operation[BulkReport[Any]]:
    """Create one for each row."""
    if on_error not in {"collect", "stop"}:
        raise ValidationError(f'on_error takes "collect" or "stop", not {on_error!r}.')
    if concurrency is not None and (not isinstance(concurrency, int) or concurrency < 1):
        raise ValidationError(f"concurrency takes a whole number from 1 up, not {concurrency!r}.")
    if not is_several(rows):
        raise ValidationError(
            f"bulk_create() takes an iterable of instances or dicts, not {type(rows).__name__}."
        )
    connection = connection_of(Query(connection=given))
    yield from check(signals.pre_bulk, model)
    yield from check(signals.post_bulk, model)
    items: list[BulkItem[Any]] = [BulkItem(row, index=at) for at, row in enumerate(rows)]
    twice = len({id(each.row) for each in items}) < len(items)
    if twice and any(isinstance(each.row, BaseResource) for each in items):
        raise ValidationError("One instance is among the rows twice: give a second instance.")
    started = time.perf_counter()

    def make(item: BulkItem[Any]) -> Operation[None]:
        try:
            instance = _instance(model, item.row)
            yield from saving.save(instance, connection=connection)
        except Exception as error:
            item.error = error
            item.state = "unknown" if isinstance(error, OutcomeUnknownError) else "failed"
            if on_error == "stop":
                raise
        else:
            item.instance = instance
            item.state = "planned" if instance.id is None else "created"

    yield from emit(signals.pre_bulk, model, operation="create", rows=rows, connection=connection)
    try:
        yield from gather(map(make, items), concurrency or CONCURRENCY)
    except BaseException as error:
        for item in items:
            if item.state == "waiting":
                item.state = "unknown"  # it may have been under way
        error.report = BulkReport(items, time.perf_counter() - started)  # type: ignore[attr-defined]
        raise
    report: BulkReport[Any] = BulkReport(items, time.perf_counter() - started)
    yield from emit(
        signals.post_bulk, model, operation="create", report=report, connection=connection
    )
    return report


def _instance(model: type[BaseResource], row: object) -> BaseResource:
    if isinstance(row, model):
        if row.id is not None:
            raise ValidationError(f"{row!r} exists already: bulk_create() makes new ones.")
        return row
    if is_mapping(row):
        return model(**row)
    raise ValidationError(
        f"{show(row)} is neither an instance of {model.__name__} nor a dict of its values: give "
        f"one of these."
    )
