"""The bulk methods of managers and querysets, as ``extensions.py`` hands them out.

What they do for users is told there, where type checkers see them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Literal

from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.jobs import creating, deleting, updating, upserting
from attio_orm.jobs.items import BulkReport
from attio_orm.jobs.run import BulkOptions
from attio_orm.models.query_methods import QueryMethods, query_of


@sync_method
def bulk_create(
    queryset: QueryMethods[Any],
    rows: Iterable[object],
    *,
    on_error: Literal["collect", "stop"] = "collect",
    on_progress: Callable[..., Any] | None = None,
    concurrency: int | None = None,
    keep: Literal["auto", "all", "errors", "none"] = "auto",
    none: Collection[object] = (),
    deadline: float | None = None,
) -> Operation[BulkReport[Any]]:
    """See ``QuerySetExtensions``."""
    query = query_of(queryset)
    options = BulkOptions(on_error, on_progress, concurrency, keep, deadline)
    return query.bounded(creating.bulk_create(query, rows, none, options))


@sync_method
def bulk_update(
    queryset: QueryMethods[Any],
    rows: Iterable[object],
    *,
    fields: Sequence[str] | None = None,
    key: str = "id",
    on_conflict: Literal["overwrite", "raise"] = "overwrite",
    on_error: Literal["collect", "stop"] = "collect",
    on_progress: Callable[..., Any] | None = None,
    concurrency: int | None = None,
    keep: Literal["auto", "all", "errors", "none"] = "auto",
    none: Collection[object] = (),
    deadline: float | None = None,
) -> Operation[BulkReport[Any]]:
    """See ``QuerySetExtensions``."""
    query = query_of(queryset)
    options = BulkOptions(on_error, on_progress, concurrency, keep, deadline)
    return query.bounded(
        updating.bulk_update(
            query, rows, fields=fields, key=key, on_conflict=on_conflict, none=none, options=options
        )
    )


@sync_method
def bulk_upsert(
    queryset: QueryMethods[Any],
    rows: Iterable[object],
    *,
    matching: str | Sequence[str],
    multi: Literal["add", "replace"] = "add",
    duplicates: Literal["error", "last"] = "error",
    on_error: Literal["collect", "stop"] = "collect",
    on_progress: Callable[..., Any] | None = None,
    concurrency: int | None = None,
    keep: Literal["auto", "all", "errors", "none"] = "auto",
    none: Collection[object] = (),
    deadline: float | None = None,
) -> Operation[BulkReport[Any]]:
    """See ``QuerySetExtensions``."""
    query = query_of(queryset)
    options = BulkOptions(on_error, on_progress, concurrency, keep, deadline)
    return query.bounded(
        upserting.bulk_upsert(
            query,
            rows,
            matching=matching,
            multi=multi,
            duplicates=duplicates,
            none=none,
            options=options,
        )
    )


@sync_method
def bulk_delete(
    queryset: QueryMethods[Any],
    rows: Iterable[object],
    *,
    confirm: int,
    on_error: Literal["collect", "stop"] = "collect",
    on_progress: Callable[..., Any] | None = None,
    concurrency: int | None = None,
    keep: Literal["auto", "all", "errors", "none"] = "auto",
    deadline: float | None = None,
) -> Operation[BulkReport[Any]]:
    """See ``QuerySetExtensions``."""
    query = query_of(queryset)
    options = BulkOptions(on_error, on_progress, concurrency, keep, deadline)
    return query.bounded(deleting.bulk_delete(query, rows, confirm, options))


@sync_method
def bulk(queryset: QueryMethods[Any], /, **values: object) -> Operation[BulkReport[Any]]:
    """See ``QuerySetExtensions``."""
    query = query_of(queryset)
    return query.bounded(updating.bulk(query, values, BulkOptions()))


@sync_method
def add(
    queryset: QueryMethods[Any], name: str, values: Iterable[object]
) -> Operation[BulkReport[Any]]:
    """See ``QuerySetExtensions``."""
    query = query_of(queryset)
    return query.bounded(updating.bulk(query, {name: values}, BulkOptions(), "add"))


@sync_method
def remove(
    queryset: QueryMethods[Any], name: str, values: Iterable[object]
) -> Operation[BulkReport[Any]]:
    """See ``QuerySetExtensions``."""
    query = query_of(queryset)
    return query.bounded(updating.bulk(query, {name: values}, BulkOptions(), "remove"))


abulk_create = async_twin(bulk_create)
abulk_update = async_twin(bulk_update)
abulk_upsert = async_twin(bulk_upsert)
abulk_delete = async_twin(bulk_delete)
abulk = async_twin(bulk)
aadd = async_twin(add)
aremove = async_twin(remove)
