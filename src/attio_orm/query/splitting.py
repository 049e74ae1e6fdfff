"""Lists of ``in`` that are too long for one filter: asked in parts where the meaning allows.

A list that every record must meet is split over several requests, whose answers are put together;
a record that meets two parts is given once. Elsewhere the query is refused before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from attio_orm.errors import UnsupportedLookup, ValidationError
from attio_orm.operations import Operation
from attio_orm.query.conditions import Options, distinct_values, takes_in
from attio_orm.query.merging import MergingPager
from attio_orm.query.paging import PAGE
from attio_orm.query.paths import Resolver, resolve
from attio_orm.query.q import Q, iterable
from attio_orm.query.resolving import ModelResolver

if TYPE_CHECKING:
    from attio_orm.hydration import Row
    from attio_orm.query.reading import Reading

MAX_COMPARISONS: Final = 500
"""How many values of a list go in one filter where Attio has no ``$in`` for them."""

MAX_VALUES: Final = 10_000
"""How many values of a list go in one filter by ``$in``, which takes 500 of them each."""


_NEGATED: Final = "inside ~ or exclude()"
_INSIDE: Final = {"not": _NEGATED, "or": "inside |"}
_ADVICE: Final = {
    "inside |": "Ask for each side of the | in a query of its own",
    _NEGATED: "Leave these records out in Python, where you read the others",
}


def parts_of(where: Q, resolver: Resolver, options: Options) -> list[Q]:
    """The conditions to ask for one by one, whose records together are those of ``where``.

    None where one request will do. Raises ``ValidationError`` for what is too long and cannot be
    split.
    """
    big: list[tuple[Q, str, list[Any], int]] = []
    for q, values, place in _long_lists(where):
        target = resolve(q.path, resolver)
        most = MAX_VALUES if takes_in(target, options) else MAX_COMPARISONS
        if target.lookup == "in" and len(values) > most:
            distinct = distinct_values(target, values, options)
            if len(distinct) > most:
                big.append((q, place, distinct, most))
    if not big:
        return []
    q, place, values, most = big[0]
    if len(big) > 1:
        place = f"beside {big[1][0].path}, which is as long"
        advice = f"Give one of the two at most {most:,} values at a time"
    else:
        advice = _ADVICE.get(place, "")
    if place:
        raise ValidationError(
            f"a list of {len(values):,} values is too long for one filter ({most:,} at most), and "
            f"cannot be split over several requests {place}. {advice}.",
            attribute=q.path,
        )
    chunks = [values[at : at + most] for at in range(0, len(values), most)]
    return [_with(where, q, chunk) for chunk in chunks]


def _long_lists(where: Q) -> Iterator[tuple[Q, Sequence[object], str]]:
    """The lookups with long lists, the lists, and what they are inside of, where that matters."""
    pending = [(where, "")]
    while pending:
        q, place = pending.pop()
        if q.kind == "lookup":
            if q.path.endswith("__in"):
                # a queryset has been read by now
                value = q.value._found if hasattr(q.value, "_list") else q.value
                values = tuple(iterable(value) or ())
                if len(values) > MAX_COMPARISONS:
                    yield q, values, place
        else:
            inner = _NEGATED if _NEGATED in (place, _INSIDE.get(q.kind)) else ""
            inner = inner or place or _INSIDE.get(q.kind, "")
            pending.extend((term, inner) for term in reversed(q.terms))


def _with(where: Q, q: Q, chunk: list[Any]) -> Q:
    terms = where.terms if where.kind == "and" else (where,)
    part = Q.of(q.origin, q.path, chunk)
    return Q(*(part if term is q else term for term in terms))


def split(reading: Reading[Any]) -> Operation[list[Reading[Any]]]:
    """The readings that a reading is made of, compiled; none where one request will do."""
    if next(_long_lists(reading.query.where), None) is None:
        return []
    from attio_orm.query.reading import compiled

    allowed = reading.connection.record_id_in
    wheres = yield from compiled(reading.connection, _splitter(reading, record_id_in=allowed))
    parts: list[Reading[Any]] = []
    for where in wheres:
        part = _part(reading, where)
        part._filter = yield from compiled(reading.connection, part._compile(record_id_in=True))
        parts.append(part)
    return parts


def foresee(reading: Reading[Any], *, record_id_in: bool) -> list[Reading[Any]]:
    """What ``split()`` would give, the first one compiled, without asking for anything."""
    wheres = _splitter(reading, record_id_in=record_id_in)(None)
    parts = [_part(reading, where) for where in wheres]
    for part in parts[:1]:
        part._filter = part._compile(record_id_in=record_id_in)(None)
    return parts


def _part(reading: Reading[Any], where: Q) -> Reading[Any]:
    query = reading.query
    order = query.order if reading._by_creation else ()
    part = type(reading)(
        query.replace(where=where, order=order, start=0, includes=(), connection=reading.connection)
    )
    part._sorts = part._compile_sorts()
    part._sorts = part.stable_sorts()  # records of one moment come in one order in all parts
    part._prepared = True
    return part


def _splitter(reading: Reading[Any], *, record_id_in: bool) -> Callable[[Any], list[Q]]:
    resolver = ModelResolver(reading.query.model, reading.connection)
    return lambda members: parts_of(
        reading.query.where, resolver, Options(members, record_id_in=record_id_in)
    )


def pager_of(reading: Reading[Any], parts: Sequence[Reading[Any]], page: int) -> MergingPager:
    """The records of all parts, in order of creation.

    Raises ``UnsupportedLookup`` for another order.
    """
    query = reading.query
    if not reading._by_creation:
        raise UnsupportedLookup(
            f"order_by({', '.join(repr(str(each)) for each in query.order)}): the query has a list "
            f"that is too long for one filter, and Attio sorts each of its {len(parts)} parts by "
            f"itself. Leave the order out and sort in Python: sorted(queryset, key=...)."
        )
    return _merging(reading, parts, page)


def _merging(reading: Reading[Any], parts: Sequence[Reading[Any]], page: int) -> MergingPager:
    query = reading.query
    return MergingPager(
        [part.pager(page=page) for part in parts],
        start=query.start,
        stop=query.stop,
        page=page,
        descending=reading._by_creation and query.ordering[0].descending,
    )


def first_rows(
    reading: Reading[Any], parts: Sequence[Reading[Any]], limit: int
) -> Operation[list[Row]]:
    """The first rows of all parts together."""
    pager = pager_of(reading, parts, min(PAGE, reading.query.start + limit))
    rows: list[Row] = []
    while len(rows) < limit and not pager.done:
        rows += yield from pager.next_page()
    return rows[:limit]


def count(reading: Reading[Any], parts: Sequence[Reading[Any]]) -> Operation[int]:
    """How many records match. They are read: parts can have records in common."""
    pager = _merging(reading, parts, PAGE)
    found = 0
    while not pager.done:
        found += len((yield from pager.next_page()))
    return found


def exists(reading: Reading[Any], parts: Sequence[Reading[Any]]) -> Operation[bool]:
    """Whether any record matches: one part after another, until one has some."""
    if reading.query.start:
        pager = _merging(reading, parts, min(PAGE, reading.query.start + 1))
        while not pager.done:
            if (yield from pager.next_page()):
                return True
        return False
    for part in parts:
        if (yield from part.fetch(limit=1, offset=0)):
            return True
    return False


def spelled_out(reading: Reading[Any]) -> Operation[tuple[Any, bool]]:
    """The filter without ``$in`` on record ids, and whether all of the query is in it."""
    from attio_orm.query.reading import compiled

    parts = yield from compiled(reading.connection, _splitter(reading, record_id_in=False))
    if not parts:
        return (yield from compiled(reading.connection, reading._compile(record_id_in=False))), True
    part = type(reading)(reading.query.replace(where=parts[0], connection=reading.connection))
    return (yield from compiled(reading.connection, part._compile(record_id_in=False))), False


def too_long_now() -> ValidationError:
    """The error where a workspace turns out to refuse ``$in`` on record ids, in a long list."""
    return ValidationError(
        f"This workspace refuses lists of record ids ($in), and the ids of this query are too many "
        f"to be compared one by one in one filter ({MAX_COMPARISONS} at most). From now on this "
        f"connection splits such lists over several requests: ask again."
    )
