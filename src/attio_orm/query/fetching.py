"""The read operations of querysets: each is written once, for sync and async."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from attio_orm import context, signals
from attio_orm.errors import UnsupportedLookup, ValidationError
from attio_orm.identity import session_of
from attio_orm.operations import Operation, colour, gather
from attio_orm.query import splitting, views
from attio_orm.query.including import check_includes, include_all, load_by_ids, parse_includes
from attio_orm.query.paging import PAGE
from attio_orm.query.paths import Resolved, Resolver, resolve
from attio_orm.query.reading import Reading, compiled
from attio_orm.query.resolving import ModelResolver
from attio_orm.values.codec import show
from attio_orm.values.lists import is_list
from attio_orm.values.references import as_uuid

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.models.model import Model
    from attio_orm.query.query import Query

M = TypeVar("M", bound="Model")


def everything(query: Query[M]) -> Operation[list[M]]:
    """All records: every page first, then one batch per relation, target object and 500 ids."""
    reading = Reading(query)
    rows = yield from reading.all_rows()
    found: list[M] = []
    for at in range(0, len(rows), PAGE):  # a page is what its records load relations with
        found += yield from reading.objects(rows[at : at + PAGE], include=False)
    yield from reading.include(found)
    return found


def one(query: Query[M]) -> Operation[M]:
    """The only record that matches; ``DoesNotExist`` or ``MultipleObjectsReturned`` else."""
    if not query.where.is_empty:
        views.refuse_filter(query, "A condition")
    lone = _lone_id(query)
    if lone is not None:
        return (yield from _by_id(query, lone))
    found = yield from Reading(query).some(2)
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


def one_or_none(query: Query[M]) -> Operation[M | None]:
    """Like ``one``, and ``None`` where there is none."""
    try:
        return (yield from one(query))
    except query.model.DoesNotExist:
        return None


def _lone_id(query: Query[M]) -> str | None:
    where = query.where
    if where.kind != "lookup" or query.sliced or query.empty:
        return None
    if where.path not in {"id", "id__exact", "record_id", "record_id__exact"}:
        return None
    value = where.value
    if value is None:
        return None
    valid = as_uuid(value)
    if valid is None:
        raise ValidationError(
            f"id: {show(value)} is no record id: give the UUID of a {query.model.__name__}, such "
            f"as its .id."
        )
    return valid


def _by_id(query: Query[M], record_id: str) -> Operation[M]:
    from attio_orm.models.loading import fetch_one, materialize
    from attio_orm.models.state import Batch

    connection = query.connection or context.current()
    connection.check_open()
    session = session_of(connection)
    model = query.model
    tree = parse_includes(query.includes)
    yield from check_includes(connection, model, tree)
    live: M | None = session.get(model, record_id)
    if live is not None and _young(live, session.ttl):
        yield from include_all(connection, session, [live], tree)
        return live
    how = yield from colour()
    yield from connection.ready(model)
    if signals.post_load.receivers:
        signals.refuse_coroutines(signals.post_load, model)
    row = yield from fetch_one(model, record_id, connection)
    reading = Reading(query.replace(connection=connection))
    yield from reading._know_the_rest(row)
    batch = Batch(connection, session, asynchronous=how == "async", mode=query.mode.value)
    (found,) = materialize(model, [row], batch)
    yield from include_all(connection, session, [found], tree)
    return found


def _young(instance: Any, ttl: float | None) -> bool:
    import time

    batch = instance._state.batch
    if ttl is None or batch is None or instance._is_deferred or instance._state.deleted:
        return False
    return bool(time.monotonic() - batch.loaded_at < ttl)


def first(query: Query[M]) -> Operation[M | None]:
    """The first record in the query's order, or ``None``."""
    found = yield from Reading(query).some(1)
    return found[0] if found else None


def last(query: Query[M]) -> Operation[M | None]:
    """The last record in the query's order, or ``None``."""
    if query.stop is not None or query.start:
        raise ValueError("last() of a slice is not one request: use list(queryset[...])[-1].")
    turned = query.replace(order=tuple(each.reversed() for each in query.ordering))
    return (yield from first(turned))


def exists(query: Query[M]) -> Operation[bool]:
    """Whether any record matches, by one request."""
    reading = Reading(query)
    yield from reading.prepare()
    if reading.empty or (query.stop is not None and query.stop <= query.start):
        return False
    if reading._parts:
        return (yield from splitting.exists(reading, reading._parts))
    return bool((yield from reading.fetch(limit=1, offset=query.start)))


def at(query: Query[M], index: int) -> Operation[M]:
    """The record at one position, by one request. Raises ``IndexError``."""
    picked = query.sliced_to(slice(index, index + 1))
    found = yield from Reading(picked).some(1)
    if not found:
        raise IndexError(
            f"There is no {query.model.__name__} at position {index} of this queryset."
        )
    return found[0]


def in_bulk(query: Query[M], ids: Iterable[Any]) -> Operation[dict[str, M]]:
    """The records of these ids that match, by id; 500 a request, side by side."""
    from attio_orm.query.q import Q

    if isinstance(ids, str | bytes):
        raise ValidationError("in_bulk() takes a list of ids, not one id: use get(id=...).")
    if query.sliced:
        raise TypeError("in_bulk() of a slice is not possible: in_bulk() first.")
    views.refuse_filter(query, "in_bulk()")
    wanted: list[str] = []
    for each in ids:
        valid = as_uuid(each)
        if valid is None:
            raise ValidationError(
                f"in_bulk(): {show(each)} is no record id: give the UUIDs of records, such as "
                f"their .id."
            )
        wanted.append(valid)
    wanted = list(dict.fromkeys(wanted))
    if query.model._is_entry:
        return (yield from _entries_by_id(query, wanted))
    chunks = [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)]
    found = yield from gather(
        everything(query.replace(where=query.where & Q(id__in=chunk), stop=len(chunk)))
        for chunk in chunks
    )
    by_id = {instance.id: instance for chunk in found for instance in chunk}
    return {each: by_id[each] for each in wanted if each in by_id}


def _entries_by_id(query: Query[M], ids: list[str]) -> Operation[dict[str, M]]:
    """Attio has no filter by the id of an entry: each is a request, side by side."""
    if query.where.terms or query.where.kind in {"lookup", "raw"}:
        raise UnsupportedLookup(
            f"in_bulk() of filtered entries is not possible, as Attio has no filter by the id of "
            f"an entry: {query.model.__name__}.objects.in_bulk(ids) gives all of them."
        )
    connection = query.connection or context.current()
    if query.empty:
        return {}
    yield from connection.ready(query.model)
    tree, session = parse_includes(query.includes), session_of(connection)
    found = yield from load_by_ids(connection, session, query.model, ids, mode=query.mode.value)
    yield from include_all(connection, session, found, tree)
    return {str(instance.id): instance for instance in found}


def picked(query: Query[M], names: tuple[str, ...]) -> Operation[list[tuple[Any, ...]]]:
    """The values of these attributes for every record; relations as far as they are named."""
    if not names:
        raise ValidationError("Name the attributes to read, e.g. values('name', 'job_title').")
    connection = query.connection or context.current()
    connection.check_open()
    paths = {name: name.split("__") for name in names}
    relations: dict[str, None] = {}
    for path in paths.values():
        relation = yield from _relations_of(connection, query.model, path)
        if relation:
            relations[relation] = None
    query = query.replace(connection=connection, includes=(*query.includes, *relations))
    found = yield from everything(query)
    return [tuple(_walk(instance, paths[name]) for name in names) for instance in found]


def _relations_of(connection: Connection, model: type[Model], path: list[str]) -> Operation[str]:
    """The relations that a path of values() goes through. Raises for an unknown first name."""
    if path[0] in {"id", "web_url"} or isinstance(getattr(model, path[0], None), property):
        return ""
    yield from connection.ready(model)
    resolver: Any = ModelResolver(model, connection)
    names: list[str] = []
    for name in path:
        attribute = yield from compiled(connection, _finding(resolver, name))
        if attribute is None and not names:
            resolve(name, resolver)  # says what there is
        if attribute is None or attribute.type != "record-reference" or name is path[-1]:
            break
        names.append(name)
        if attribute.target is None:
            break
        resolver = attribute.target()
    return "__".join(names)


def _finding(resolver: Resolver, name: str) -> Callable[[Any], Resolved | None]:
    return lambda _: resolver.attribute(name)


def _walk(value: Any, path: list[str]) -> Any:
    from attio_orm.models.changes import local_values
    from attio_orm.models.model import Model

    for at_, name in enumerate(path):
        if value is None:
            return None
        if is_list(value):
            return [_walk(each, path[at_:]) for each in value]
        if isinstance(value, Model):
            attribute = value._attribute(name)
            last = at_ == len(path) - 1
            if last and attribute is not None and attribute.type == "record-reference":
                # the id, whether or not the record happens to be loaded
                ids = [getattr(each, "id", None) for each in local_values(value, attribute)]
                return ids if attribute.is_multi else next(iter(ids), None)
            value = value[name] if attribute is not None else getattr(value, name)
        else:
            value = getattr(value, name)
    return value
