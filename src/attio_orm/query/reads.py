"""The read operations of querysets: each is written once, for sync and async."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.conditions.q import Q
from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, session_of
from attio_orm.effects import Operation, gather
from attio_orm.errors import UnsupportedLookup, ValidationError
from attio_orm.query.pagers import PAGE
from attio_orm.query.pages import Pages, cached_by, everything, load_included, some
from attio_orm.query.plain_rows import check_names, named_values
from attio_orm.query.prefetch import check_includes
from attio_orm.query.query import Query
from attio_orm.query.saved_views import refuse_filter
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.loading import (
    batches,
    check_ids,
    fetch_one,
    is_fresh,
    know_undeclared,
    load_by_ids,
    load_context,
    materialize,
    prepare,
)
from attio_orm.records.owners import bring_members
from attio_orm.transport.caching import Caching, caching, uncached
from attio_orm.transport.sharing import sharing_reads
from attio_orm.types.checks import as_uuid
from attio_orm.wording import show

M = TypeVar("M", bound=Record)


class Page(Struct, Generic[M], frozen=True):
    """One page of a query: its records, its number (from 1), and whether there is another one."""

    items: Sequence[M]
    number: int
    has_next: bool

    if not TYPE_CHECKING:

        @property
        def __dict__(self) -> dict[str, Any]:
            # what FastAPI takes of a class that it does not know, where there is no response model
            return {"items": list(self.items), "number": self.number, "has_next": self.has_next}


_ID = frozenset({"id", "id__exact", "record_id", "record_id__exact"})


def one(query: Query[M]) -> Operation[M]:
    """The only record that matches; ``DoesNotExist`` or ``MultipleObjectsReturned`` else."""
    if not query.where.is_empty:
        refuse_filter(query, "A condition")
    lone = _lone_id(query) if query.is_on_attio else None
    if lone is not None:  # a plain GET, which the session may answer instead
        return (yield from _by_id(query, lone))
    found = yield from some(query, 2)
    model = query.model
    if not found:
        raise model.DoesNotExist(
            f"No {model.__name__} matches {query.where!r}. Check the values; get_or_none() and "
            f"first() give None instead."
        )
    if len(found) > 1:
        raise model.MultipleObjectsReturned(
            f"More than one {model.__name__} matches {query.where!r}: {found[0]!r} and "
            f"{found[1]!r} at least. Narrow the filter, or use first()."
        )
    return found[0]


def page(
    query: Query[M], number: int, size: int, read: Sequence[M] | None = None
) -> Operation[Page[M]]:
    """One page, by one record more than it has; of ``read``, where all is read already."""
    for name, value in (("number", number), ("size", size)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValidationError(f"{name} is a whole number from 1 up, not {value!r}.")
    start, stop = (number - 1) * size, number * size + 1
    if read is not None:
        found = list(read[start:stop])
    else:
        picked = query.sliced_to(slice(start, stop))
        found = yield from Pages(picked, page=min(PAGE, size + 1)).all()
    return Page(found[:size], number, len(found) > size)


def one_or_none(query: Query[M]) -> Operation[M | None]:
    """Like ``one``, and ``None`` if there is none."""
    try:
        return (yield from one(query))
    except query.model.DoesNotExist:
        return None


def _lone_id(query: Query[M]) -> str | None:
    where = query.where
    if where.kind != "lookup" or query.sliced or query.empty:
        return None
    if where.path not in _ID or where.value is None:
        return None
    valid = as_uuid(where.value)
    if valid is None:
        raise ValidationError(
            f"id: {show(where.value)} is not a valid record id: give the UUID of a "
            f"{query.model.__name__}, such as its .id."
        )
    return valid


def held_by(query: Query[M], lookups: Mapping[str, object]) -> M | None:
    """What ``one`` gives of this lookup, where it is a record that the session answers with.

    Asked before a condition is made of them, which takes several times as long. Where there is
    none, or what is asked for is wrong, ``one`` is to find out.
    """
    if not query.is_whole:
        return None
    connection = current.current_or_none() if query.source is None else query.source
    name = next(iter(lookups))
    if name not in _ID or not isinstance(connection, BaseConnection):
        return None
    found = _held(session_of(connection), query.model, lookups[name])
    if found is not None:
        connection.check_open()
    return found


def _held(session: Session, model: type[M], given: object) -> M | None:
    """The record of this id that the session answers with, as it is young enough."""
    # What is held under the very text is an id: that needs no check, which most often is the case.
    found: M | None = session.get(model, given) if type(given) is str else None
    if found is None:
        valid = as_uuid(given)
        found = None if valid is None else session.get(model, valid)
    # without a ttl, what asks for an id is there to know what Attio has by now
    if found is None or not is_fresh(found, session, without_ttl=False):
        return None
    return found


def _by_id(query: Query[M], record_id: str) -> Operation[M]:
    connection, model = query.connection, query.model
    connection.check_open()
    session = session_of(connection)
    yield from check_includes(connection, [model], query.includes)
    found, cached = _held(session, model, record_id), cached_by(query)
    if found is None:
        yield from prepare(connection, model)
        how = cached
        if how is None and connection.cache is not None:  # as its class says, or the cache
            how = Caching(mapper_of(model).cache_ttl)
        row = yield from caching(sharing_reads(fetch_one(model, record_id, connection)), how)
        yield from know_undeclared(connection, model, row)
        yield from bring_members(connection, model, [row])
        context = yield from load_context(connection, session, mode=query.mode)
        (found,) = materialize(model, [row], context)
    including = load_included(connection, session, [found], query.includes)
    yield from caching(including, cached)
    return found


def first(query: Query[M]) -> Operation[M | None]:
    """The first record in the query's order, or ``None``."""
    found = yield from some(query, 1)
    return found[0] if found else None


def last(query: Query[M]) -> Operation[M | None]:
    """The last record in the query's order, or ``None``."""
    if query.stop is not None or query.start:
        raise ValueError("last() of a slice is not one request: use list(queryset[...])[-1].")
    turned = query.replace(order=tuple(each.reversed() for each in query.ordering))
    return (yield from first(turned))


def exists(query: Query[M]) -> Operation[bool]:
    """Whether any record matches, by one request."""
    execution = yield from Pages(query).execution()
    return (yield from caching(execution.exists(), cached_by(query)))


def count(query: Query[M]) -> Operation[int]:
    """How many records match; the table is never read."""
    execution = yield from Pages(query).execution()
    return (yield from uncached(execution.count()))


def at(query: Query[M], index: int) -> Operation[M]:
    """The record at one position, by one request. Raises ``IndexError``."""
    found = yield from some(query.sliced_to(slice(index, index + 1)), 1)
    if not found:
        raise IndexError(
            f"There is no {query.model.__name__} at position {index} of this queryset."
        )
    return found[0]


def in_bulk(query: Query[M], ids: Iterable[object]) -> Operation[dict[str, M]]:
    """The records of these ids that match, by id; 500 a request, side by side.

    What the session holds, and is younger than its ttl, is not asked for again.
    """
    if isinstance(ids, str | bytes):
        raise ValidationError("in_bulk() takes a list of ids, not one id: use get(id=...).")
    if query.sliced:
        raise TypeError("in_bulk() of a slice is not possible: in_bulk() first.")
    refuse_filter(query, "in_bulk()")
    wanted: dict[str, None] = {}
    for each in ids:
        valid = as_uuid(each)
        if valid is None:
            raise ValidationError(
                f"in_bulk(): {show(each)} is not a valid record id: give the UUIDs of records, "
                f"such as their .id."
            )
        wanted[valid] = None
    by_id: dict[str, M] = {}
    # whether it matches a condition, only Attio can say
    if query.is_on_attio and query.where.is_empty and not query.empty:
        by_id = yield from _all_held(query, wanted)
    lacking = [each for each in wanted if each not in by_id]
    if wanted and not lacking:
        return by_id
    if mapper_of(query.model).is_entry and query.is_on_attio:
        by_id |= yield from _entries_by_id(query, lacking)
    else:
        # with an end, or a full page would be followed by a request for an empty one
        found = yield from gather(
            everything(query.replace(where=query.where & Q(id__in=chunk), stop=len(chunk)))
            for chunk in batches(lacking)
        )
        by_id |= {str(record.id): record for chunk in found for record in chunk}
        if query.is_on_attio:
            check_ids(mapper_of(query.model).object, by_id, wanted)
    return {each: by_id[each] for each in wanted if each in by_id}


def _all_held(query: Query[M], ids: Iterable[str]) -> Operation[dict[str, M]]:
    """The records that the session holds and that are young enough, with what is included."""
    connection = query.connection
    connection.check_open()
    session = session_of(connection)
    live = ((each, _held(session, query.model, each)) for each in ids)
    found = {each: record for each, record in live if record is not None}
    if found:
        yield from check_includes(connection, [query.model], query.includes)
        yield from load_included(connection, session, found.values(), query.includes)
    return found


def _entries_by_id(query: Query[M], ids: Sequence[str]) -> Operation[dict[str, M]]:
    """Attio has no filter by the id of an entry: each is a request, side by side."""
    if query.where.terms or query.where.kind in {"lookup", "raw"}:
        raise UnsupportedLookup(
            f"in_bulk() of filtered entries is not possible, as Attio has no filter by the id of "
            f"an entry: {query.model.__name__}.objects.in_bulk(ids) gives all of them."
        )
    connection = query.connection
    if query.empty:
        return {}
    yield from prepare(connection, query.model)
    session = session_of(connection)
    asking = load_by_ids(connection, session, query.model, ids, mode=query.mode)
    found = yield from caching(asking, cached_by(query))
    yield from load_included(connection, session, found, query.includes)
    return {str(record.id): record for record in found}


def warm(query: Query[M]) -> Operation[int]:
    """Read all of a query anew, so that a cache has it; gives how many records there are."""
    how = query.cached or Caching()
    found = yield from everything(query.replace(cached=replace(how, renew=True)))
    return len(found)


# -- values() -------------------------------------------------------------------------------------


def values(query: Query[M], names: tuple[str, ...]) -> Operation[list[tuple[Any, ...]]]:
    """The values of these attributes for every record; relations as far as they are named."""
    check_names(names)
    pages = Pages(query)
    named = yield from named_values(query, pages, names)
    read = named.reader(pages.session)
    found: list[tuple[Any, ...]] = []
    while not pages.done:
        found += yield from pages.made(read)
    return found
