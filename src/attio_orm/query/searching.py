"""Attio's fuzzy search: ``search("ada", Person, Company)``, and the ``search()`` of managers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from attio_orm import context, signals
from attio_orm.api import records
from attio_orm.errors import InvalidRequestError, ValidationError
from attio_orm.operations import Operation, arun, gather, run
from attio_orm.query import views
from attio_orm.query.fetching import in_bulk
from attio_orm.query.query import Query
from attio_orm.values.codec import show

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.models.model import Model

M = TypeVar("M", bound="Model")
N = TypeVar("N", bound="Model")
K = TypeVar("K", bound="Model")

MOST_HITS = 25
LONGEST_TEXT = 256


@overload
def search(
    query: str, model: type[M], /, *, limit: int = 25, connection: Connection | None = None
) -> list[M]: ...
@overload
def search(
    query: str,
    model: type[M],
    second: type[N],
    /,
    *,
    limit: int = 25,
    connection: Connection | None = None,
) -> list[M | N]: ...
@overload
def search(
    query: str,
    model: type[M],
    second: type[N],
    third: type[K],
    /,
    *,
    limit: int = 25,
    connection: Connection | None = None,
) -> list[M | N | K]: ...
@overload
def search(
    query: str,
    model: type[Model],
    second: type[Model],
    third: type[Model],
    fourth: type[Model],
    /,
    *more: type[Model],
    limit: int = 25,
    connection: Connection | None = None,
) -> list[Model]: ...
def search(
    query: str, *models: type[Any], limit: int = MOST_HITS, connection: Connection | None = None
) -> list[Any]:
    """The records of these models that Attio finds for ``query``, best match first.

    One request, and one for each object that has hits, side by side; 25 records at most, of all
    objects together. A record written a moment ago may be missing. Raises ``ValidationError``. See
    https://docs.attio.com/rest-api/endpoint-reference/records/search-records.
    """
    return run(_across(query, models, limit, connection))


@overload
async def asearch(
    query: str, model: type[M], /, *, limit: int = 25, connection: Connection | None = None
) -> list[M]: ...
@overload
async def asearch(
    query: str,
    model: type[M],
    second: type[N],
    /,
    *,
    limit: int = 25,
    connection: Connection | None = None,
) -> list[M | N]: ...
@overload
async def asearch(
    query: str,
    model: type[M],
    second: type[N],
    third: type[K],
    /,
    *,
    limit: int = 25,
    connection: Connection | None = None,
) -> list[M | N | K]: ...
@overload
async def asearch(
    query: str,
    model: type[Model],
    second: type[Model],
    third: type[Model],
    fourth: type[Model],
    /,
    *more: type[Model],
    limit: int = 25,
    connection: Connection | None = None,
) -> list[Model]: ...
async def asearch(
    query: str, *models: type[Any], limit: int = MOST_HITS, connection: Connection | None = None
) -> list[Any]:
    """The twin of ``search()``."""
    return await arun(_across(query, models, limit, connection))


def _across(
    text: str, models: Sequence[type[Any]], limit: int, connection: Connection | None
) -> Operation[list[Any]]:
    by_object: dict[str, type[Any]] = {}
    for model in models:
        object = getattr(model, "_object", None) if isinstance(model, type) else None
        if not object or getattr(model, "_is_entry", False):
            raise ValidationError(
                f"search() looks in models that have an object of their own, such as "
                f'search("ada", Person, Company); {_name(model)} is none.'
            )
        if by_object.setdefault(object, model) is not model:
            raise ValidationError(
                f"search() was given two models of the object {object!r}, "
                f"{_path(by_object[object])} and {_path(model)}: name the one that its records are "
                f"to be."
            )
    if not by_object:
        raise ValidationError('search() takes the models to look in: search("ada", Person).')
    where = connection or context.current()
    return hits([Query(model, connection=where) for model in by_object.values()], text, limit)


def hits(queries: Sequence[Query[Any]], text: str, limit: int) -> Operation[list[Any]]:
    """The records that Attio finds for ``text``, as far as the query of their object has them.

    Attio searches all records of an object; a filter picks among its hits. Loaded as the query
    says, in one more request for each object.
    """
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_HITS:
        raise ValidationError(f"search() takes a limit of 1 to {MOST_HITS}, not {limit!r}.")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        given = f"one of {len(text)}" if isinstance(text, str) else show(text)
        raise ValidationError(
            f"search() takes a text of at most {LONGEST_TEXT} characters, not {given}."
        )
    for query in queries:
        if query.model._is_entry:
            raise ValidationError(
                f"search() looks for records, and {query.model.__name__} stands for list entries: "
                f"ask for their parents, then filter(parent__in=...)."
            )
        if query.sliced:
            raise TypeError("search() of a slice is not possible: search(..., limit=...) instead.")
        views.refuse_filter(query, "search()")
    connection = queries[0].connection or context.current()
    connection.check_open()
    by_object = {
        query.model._object: query.replace(connection=connection)
        for query in queries
        if not query.empty
    }
    if not by_object:
        return []
    yield from gather(connection.ready(query.model) for query in by_object.values())
    for query in by_object.values():
        signals.refuse_coroutines(signals.post_load, query.model)
    try:
        found = yield from records.search(
            connection.transport, text, objects=list(by_object), limit=limit
        )
    except InvalidRequestError:
        for query in by_object.values():
            yield from connection.require_object(query.model)
        raise
    keys = [(hit["object_slug"], hit["id"]["record_id"]) for hit in found]
    wanted: dict[str, list[str]] = {}
    for object, record_id in keys:
        wanted.setdefault(object, []).append(record_id)
    loads = {object: ids for object, ids in wanted.items() if object in by_object}
    loaded = yield from gather(in_bulk(by_object[object], ids) for object, ids in loads.items())
    by_id = dict(zip(loads, loaded, strict=True))
    picked = dict.fromkeys(key for key in keys if key[1] in by_id.get(key[0], {}))
    return [by_id[object][record_id] for object, record_id in picked]


def _path(model: type[Any]) -> str:
    return f"{model.__module__}.{model.__qualname__}"


def _name(model: object) -> str:
    return model.__name__ if isinstance(model, type) else show(model)
