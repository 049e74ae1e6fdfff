"""Attio's fuzzy search: ``search("ada", Person, Company)``, and the ``search()`` of managers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, TypeVar, Unpack, overload

import msgspec
from msgspec import Struct

from attio_orm.api import records
from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, arun, gather, run
from attio_orm.errors import InvalidRequestError, NotSupportedByAttio, ValidationError
from attio_orm.query.query import Query
from attio_orm.query.reads import in_bulk
from attio_orm.query.saved_views import refuse_filter
from attio_orm.query.source import refuse_source
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.loading import prepare
from attio_orm.records.rows import RowId, endpoint_of
from attio_orm.transport.decoding import lenient
from attio_orm.transport.sharing import sharing_reads
from attio_orm.types.checks import as_uuid
from attio_orm.wording import show

M = TypeVar("M", bound=Record)
N = TypeVar("N", bound=Record)
K = TypeVar("K", bound=Record)

MOST_HITS = 25
LONGEST_TEXT = 256


class SearchOptions(TypedDict, total=False):
    """What ``search()`` takes besides: how many hits at most, and where to look."""

    limit: int
    connection: BaseConnection | None


@overload
def search(
    query: str, model: type[M], second: type[N], /, **options: Unpack[SearchOptions]
) -> list[M | N]: ...
@overload
def search(
    query: str, model: type[M], second: type[N], third: type[K], /, **options: Unpack[SearchOptions]
) -> list[M | N | K]: ...
@overload
def search(
    query: str, model: type[M], /, *more: type[M], **options: Unpack[SearchOptions]
) -> list[M]: ...
def search(
    query: str, *models: type[Any], limit: int = MOST_HITS, connection: BaseConnection | None = None
) -> list[Any]:
    """The records of these models that Attio finds for ``query``, best match first.

    One request, and one for each object that has hits, side by side; 25 records at most, of all
    objects together. A record written a moment ago may be missing. Raises ``ValidationError``. See
    https://docs.attio.com/rest-api/endpoint-reference/records/search-records.
    """
    return run(_across(query, models, limit, connection), "search()", "its twin: await asearch()")


@overload
async def asearch(
    query: str, model: type[M], second: type[N], /, **options: Unpack[SearchOptions]
) -> list[M | N]: ...
@overload
async def asearch(
    query: str, model: type[M], second: type[N], third: type[K], /, **options: Unpack[SearchOptions]
) -> list[M | N | K]: ...
@overload
async def asearch(
    query: str, model: type[M], /, *more: type[M], **options: Unpack[SearchOptions]
) -> list[M]: ...
async def asearch(
    query: str, *models: type[Any], limit: int = MOST_HITS, connection: BaseConnection | None = None
) -> list[Any]:
    """The twin of ``search()``."""
    return await arun(_across(query, models, limit, connection))


def _across(
    text: str, models: Sequence[type[Any]], limit: int, connection: BaseConnection | None
) -> Operation[list[Any]]:
    by_object: dict[str, type[Record]] = {}
    for model in models:
        is_model = isinstance(model, type) and issubclass(model, Record)
        mapper = mapper_of(model) if is_model else None
        if mapper is None or not mapper.object or endpoint_of(mapper.object).kind != "objects":
            given = model.__name__ if isinstance(model, type) else show(model)
            raise ValidationError(
                f"search() looks in models that have an object of their own, such as "
                f'search("ada", Person, Company); {given} is not one.'
            )
        if by_object.setdefault(mapper.object, model) is not model:
            raise ValidationError(
                f"search() was given two models of the object {mapper.object!r}, "
                f"{_path(by_object[mapper.object])} and {_path(model)}: name the one that its "
                f"records are to be."
            )
    if not by_object:
        raise ValidationError('search() takes the models to look in: search("ada", Person).')
    where = connection or current.current()
    return hits([Query(model, source=where) for model in by_object.values()], text, limit)


class _Hit(Struct, gc=False):
    """One record that was found, as far as it is needed to load it."""

    id: RowId
    object_slug: str


class _Hits(Struct, gc=False):
    data: list[_Hit]


_decode = lenient(msgspec.json.Decoder(_Hits).decode)


def _decode_hits(body: bytes) -> list[_Hit]:
    found = _decode(body).data
    for hit in found:
        if as_uuid(hit.id.record_id) is None:
            raise msgspec.DecodeError("a hit in it has no record's id")
    return found


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
        if endpoint_of(mapper_of(query.model).object).kind == "activities":
            raise NotSupportedByAttio(
                f"Attio's search does not look for the records of activities: use "
                f"{query.model.__name__}.objects.filter(...)."
            )
        if mapper_of(query.model).is_entry:
            raise ValidationError(
                f"search() looks for records, and {query.model.__name__} stands for list entries: "
                f"ask for their parents, then filter(parent__in=...)."
            )
        if query.sliced:
            raise TypeError("search() of a slice is not possible: search(..., limit=...) instead.")
        refuse_source(query, "search()")
        refuse_filter(query, "search()")
    connection = queries[0].connection
    connection.check_open()
    by_object = {
        mapper_of(query.model).object: query.replace(source=connection)
        for query in queries
        if not query.empty
    }
    if not by_object:
        return []
    yield from gather(prepare(connection, query.model) for query in by_object.values())
    try:
        found = yield from sharing_reads(
            records.search(
                connection.transport,
                text,
                objects=list(by_object),
                limit=limit,
                decode=_decode_hits,
            )
        )
    except InvalidRequestError:  # what other endpoints answer with 404: there is no such object
        for query in by_object.values():
            yield from connection.mapping.require_object(query.model)
        raise
    # in Attio's order, the best match first, whichever object's records come first
    keys = [(hit.object_slug, hit.id.record_id) for hit in found]
    wanted: dict[str, list[str]] = {}
    for object, record_id in keys:
        wanted.setdefault(object, []).append(record_id)
    loads = {object: ids for object, ids in wanted.items() if object in by_object}
    loaded = yield from gather(in_bulk(by_object[object], ids) for object, ids in loads.items())
    by_id = dict(zip(loads, loaded, strict=True))
    # the index is behind: a hit may be gone by now, or a filter may leave it out
    picked = dict.fromkeys(key for key in keys if key[1] in by_id.get(key[0], {}))
    return [by_id[object][record_id] for object, record_id in picked]


def _path(model: type[Any]) -> str:
    return f"{model.__module__}.{model.__qualname__}"
