"""One query on Attio: compiled for a connection, and asked for page by page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.conditions.lookups import RECORD_ID
from attio_orm.conditions.q import HasSubquery, Subquery
from attio_orm.conditions.tree import Comparison, Group, resolve_conditions
from attio_orm.connection import sessions
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import (
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    ValidationError,
)
from attio_orm.query import saved_views
from attio_orm.query.compiler import (
    NONE,
    NOTHING,
    Filter,
    Nothing,
    Options,
    Sort,
    compile_sorts,
    convert,
    write_filter,
)
from attio_orm.query.includes import NO_INCLUDES
from attio_orm.query.pagers import NO_END, PAGE, EntryPager, KeysetPager, OffsetPager, Pager, Place
from attio_orm.query.query import Query
from attio_orm.query.resolver import AttributeResolver, with_schema
from attio_orm.query.source import Source
from attio_orm.query.splitting import merged_pager, parts_of, too_long_now
from attio_orm.records import rows
from attio_orm.records.assignment import refuse_foreign
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.loading import check_object, know_undeclared, prepare, with_record_id_in
from attio_orm.records.rows import DecodeRows, Row, RowEndpoint, endpoint_of
from attio_orm.transport.sharing import sharing_reads

_TIES: Final = ("created_at", "record_id")
_MOST_RECORDS: Final = 10**9  # far more than a workspace may hold


class CompiledQuery(Struct, frozen=True):
    """A query as Attio takes it: the parts of its body, but for what differs from page to page.

    ``where`` has the values as Attio takes them, and ``filter`` is what is written of it.
    ``sorts`` are those that were asked for, ``stable_sorts`` those with tie-breakers. ``uses_in``
    says that the filter may have ``$in`` on record ids, which some workspaces refuse. ``parts`` are
    the queries that one with a list too long for a filter is asked in.
    """

    query: Query[Any]
    endpoint: RowEndpoint
    where: Group
    filter: Filter | Nothing
    sorts: Sequence[Sort]
    view_id: str | None = None
    uses_in: bool = False
    parts: Sequence[CompiledQuery] = ()

    @property
    def stable_sorts(self) -> list[Sort]:
        """The sorts with tie-breakers, so that an offset means the same row in every request."""
        named = {sort.get("attribute") for sort in self.sorts}
        # the way of the last sort, so that the reverse order is exactly the reverse
        direction = self.sorts[-1]["direction"] if self.sorts else "asc"
        # entries cannot be sorted by their ids
        ties = _TIES[:1] if self.endpoint.is_list else _TIES
        return [
            *self.sorts,
            *({"direction": direction, "attribute": tie} for tie in ties if tie not in named),
        ]

    def body(self, *, limit: int, offset: int, after: Filter | None = None) -> dict[str, Any]:
        """The body of one page's request; ``after`` is a condition besides the query's own."""
        parts = [part for part in (self.filter, after) if part and part is not NOTHING]
        body: dict[str, Any] = {}
        if parts:
            body["filter"] = parts[0] if len(parts) == 1 else _joined(parts)
        if self.view_id is not None:
            body["filter_view_id"] = self.view_id
        if self.sorts:
            body["sorts"] = list(self.sorts)
        body["limit"], body["offset"] = limit, offset
        return body


def compile_query(
    connection: BaseConnection,
    query: Query[Any],
    *,
    view_id: str | None = None,
    record_id_in: bool = True,
    choices: bool = False,
) -> CompiledQuery:
    """Compile with what is known of the workspace; the pure part of an execution.

    Raises ``NeedsSchema`` and its like where something is not known yet.
    """
    endpoint = endpoint_of(mapper_of(query.model).object)
    if query.empty:  # none() sends nothing, not even to find out what a name means
        return CompiledQuery(query, endpoint, NONE, NOTHING, [])
    resolver = AttributeResolver(query.model, connection, choices=choices)
    conditions = resolve_conditions(query.where, resolver)
    for each in conditions.comparisons:
        _check_operand(connection, each)
    lists = [each.path for each in conditions.comparisons if each.path.lookup == "in"]
    sorts = compile_sorts(query.ordering, resolver)
    options = Options(connection.schema.known_members(), connection.timezone)
    root = convert(conditions.root, options)
    found = write_filter(root, record_id_in=record_id_in)
    uses_in = record_id_in and any(path.table is RECORD_ID for path in lists)
    whole = CompiledQuery(query, endpoint, root, found, sorts, view_id, uses_in)
    roots = parts_of(root, record_id_in=record_id_in) if lists else []
    if not roots:
        return whole
    # A part begins at its own start: which of its records are skipped, only all of them can tell.
    # They come in one order in all parts, those of one moment too.
    order = query.order if query.by_creation else ()
    part = query.replace(order=order, start=0, includes=NO_INCLUDES)
    in_order = replace(whole, view_id=None, sorts=compile_sorts(part.ordering, resolver))
    parts = [
        replace(
            in_order,
            query=part,
            where=each,
            filter=write_filter(each, record_id_in=record_id_in),
            sorts=in_order.stable_sorts,
        )
        for each in roots
    ]
    return replace(whole, parts=parts)


class NeedsSubquery(Exception):
    """A condition takes the records of another query, which is to be read first."""

    def __init__(self, path: str, subquery: Subquery) -> None:
        super().__init__(path)
        self.path = path
        self.subquery = subquery


def _check_operand(connection: BaseConnection, comparison: Comparison) -> None:
    """Refuse records of another workspace, and a subquery that was not read yet."""
    operand, path = comparison.operand, comparison.path.path
    values: Sequence[object] = (operand,)
    if isinstance(operand, tuple | list):
        values = cast("Sequence[object]", operand)
    if isinstance(operand, HasSubquery):  # ``company__in=Company.objects.filter(...)``
        subquery = operand.__subquery__()
        if subquery.read_already is None:
            raise NeedsSubquery(path, subquery)
        values = subquery.read_already
    # the id of a record from elsewhere would match nothing here, or a stranger
    if any(isinstance(value, Record) for value in values):
        try:
            refuse_foreign(connection, values)
        except ValidationError as error:
            raise ValidationError(str(error), attribute=path) from None


class AttioSource:
    """The workspace of a connection, as what queries are run on."""

    def __init__(self, connection: BaseConnection) -> None:
        self.connection = connection

    def compile(self, query: Query[Any]) -> Operation[AttioExecution]:
        """Compile the query, asking for what is not known of the workspace."""
        connection = self.connection
        if query.empty:
            connection.check_open()
            return AttioExecution(connection, compile_query(connection, query))
        yield from prepare(connection, query.model)
        view_id: str | None = None
        if query.view is not None:
            view_id = yield from saved_views.id_of(connection, query)
        while True:
            # taken anew: reading a subquery may be what shows that the workspace refuses $in
            in_ = connection.takes_record_id_in
            work = partial(compile_query, connection, query, view_id=view_id, record_id_in=in_)
            try:
                return AttioExecution(connection, (yield from with_schema(connection, work)))
            except NeedsSubquery as need:
                yield from need.subquery.read_for(connection)


def source_of(query: Query[Any]) -> Source:
    """What the query is run on. Raises ``NotConnectedError`` where there is no connection."""
    source = query.source
    if source is None or isinstance(source, BaseConnection):
        return AttioSource(query.connection)
    return source


class AttioExecution:
    """One compiled query on one connection."""

    def __init__(self, connection: BaseConnection, compiled: CompiledQuery) -> None:
        self._connection = connection
        self.compiled = compiled
        self.decode: DecodeRows | None = None  # where whole rows are not wanted

    @property
    def is_empty(self) -> bool:
        """Whether no record can match, so that nothing need be sent."""
        return self.compiled.filter is NOTHING

    # -- one page ---------------------------------------------------------------------------------

    def fetch(
        self,
        *,
        limit: int,
        offset: int,
        after: Filter | None = None,
        sorts: Sequence[Sort] | None = None,
        shared: bool = True,
    ) -> Operation[list[Row]]:
        """The rows of one page. The server's refusals come with what is known of the schema.

        ``shared`` is ``False`` where a write is decided by it: an equal read that is under way may
        be older than what it is to find.
        """
        connection, query = self._connection, self.compiled.query
        compiled = self.compiled if sorts is None else replace(self.compiled, sorts=sorts)
        try:
            found = yield from self._ask(compiled, limit, offset, after, shared)
        except NotFoundError:
            yield from connection.mapping.require_object(query.model)
            yield from saved_views.explain_refusal(connection, query)
            raise
        except InvalidRequestError as error:
            yield from saved_views.explain_refusal(connection, query)
            if error.code in {"value_not_found", "filter_error", None}:
                yield from connection.mapping.require_object(query.model)
                # a refused title is named with the titles there are, or sent as the workspace
                # writes it; the rest stays Attio's error
                work = partial(
                    compile_query,
                    connection,
                    query,
                    view_id=compiled.view_id,
                    record_id_in=connection.takes_record_id_in,
                    choices=True,
                )
                fresh = yield from with_schema(connection, work)
                if not (fresh.parts or fresh.filter == compiled.filter):
                    self.compiled = fresh
                    again = self.fetch(
                        limit=limit, offset=offset, after=after, sorts=sorts, shared=shared
                    )
                    return (yield from again)
            raise
        check_object(connection, mapper_of(query.model).object, found)
        if found:  # one row tells: every row has all attributes of its object
            yield from know_undeclared(connection, query.model, found[0])
        return found

    def _ask(
        self, compiled: CompiledQuery, limit: int, offset: int, after: Filter | None, shared: bool
    ) -> Operation[list[Row]]:
        connection = self._connection
        whole = True

        def ask(allowed: bool) -> Operation[list[Row]]:
            nonlocal whole
            chosen, extra = compiled, after
            if not allowed:
                # a part tells as well whether that is it, of too many ids to be compared one by one
                parts = parts_of(compiled.where, record_id_in=False)
                whole = not parts
                where = compiled.where if whole else parts[0]
                chosen = replace(compiled, filter=write_filter(where, record_id_in=False))
                extra = None if after is None else _spelled_out(after)
            body = chosen.body(limit=limit, offset=offset, after=extra)
            asked = sessions.now()  # before it is sent: the answer is at least as new as this
            asking = compiled.endpoint.query(connection.transport, body, self.decode)
            found = yield from sharing_reads(asking) if shared else asking
            rows.stamp(found, asked)
            return found

        # the keyset condition leaves out by their ids what was read at the last moment
        if not compiled.uses_in and (after is None or "$and" not in after):
            return (yield from ask(True))
        found = yield from with_record_id_in(connection, ask)
        if not whole:
            raise too_long_now()
        return found

    # -- pages ------------------------------------------------------------------------------------

    def pager(self, *, page: int = PAGE, ahead: int = 1, after: Place | None = None) -> Pager:
        """The pager for this query: keyset in the order of creation, else by offset.

        ``after`` is where an earlier one was; in the order of creation it goes on by keyset.
        Entries always do, as no order of theirs by offset is certain.
        A slice of several pages that does not start at the first record goes by offset too, and a
        saved view, which takes no filter besides.
        """
        compiled, query = self.compiled, self.compiled.query
        if compiled.parts:
            return self._merged(query, page, after)
        # the condition of a keyset page is known only from the page before: none can be read ahead
        fetch = partial(self.fetch, sorts=compiled.stable_sorts)
        is_list = compiled.endpoint.is_list
        if query.by_keyset and (ahead <= 1 or after is not None or is_list):
            kind = EntryPager if is_list else KeysetPager
            return kind(
                fetch if query.sliced else self.fetch,
                start=query.start,
                stop=query.stop,
                page=max(page, _whole_slice(query)) if is_list else page,
                descending=query.ordering[0].descending,
                after=after,
            )
        return OffsetPager(
            fetch, start=query.start, stop=query.stop, page=page, ahead=ahead, after=after
        )

    def first_body(self, limit: int) -> dict[str, Any]:
        """The body of the first request that a pager of this query makes, for ``explain()``."""
        compiled, query = self.compiled, self.compiled.query
        self.pager()  # refuses what cannot be put in order
        if compiled.parts:
            limit = PAGE if query.stop is None else min(PAGE, query.stop)
            return compiled.parts[0].body(limit=limit, offset=0)
        if query.sliced or not query.by_keyset:
            compiled = replace(compiled, sorts=compiled.stable_sorts)
        if compiled.endpoint.is_list and query.by_keyset:
            return compiled.body(limit=max(limit, _whole_slice(query)), offset=0)
        return compiled.body(limit=limit, offset=query.start)

    def _parts(self) -> list[AttioExecution]:
        return [AttioExecution(self._connection, each) for each in self.compiled.parts]

    def _merged(self, query: Query[Any], page: int, after: Place | None = None) -> Pager:
        if after is not None and not query.by_keyset:
            raise ValidationError(
                "A slice of a query with a list too long for one filter cannot go on after a token "
                "where it does not begin at the first record: leave out what it skips."
            )
        pagers = [each.pager(page=page, after=after) for each in self._parts()]
        return merged_pager(query, pagers, page, after)

    def exists(self) -> Operation[bool]:
        """Whether any record matches, by one request (of a split query, one part after another)."""
        query, parts = self.compiled.query, self._parts()
        if self.is_empty or (query.stop is not None and query.stop <= query.start):
            return False
        if parts and query.start:  # which records are skipped, only all parts in order can tell
            pager = self.pager(page=min(PAGE, query.start + 1))
            return bool((yield from _number(pager, 1)))
        for each in parts or [self]:
            if (yield from each.fetch(limit=1, offset=query.start, sorts=())):  # as in _reaches()
                return True
        return False

    # -- counting ---------------------------------------------------------------------------------

    def count(self) -> Operation[int]:
        """How many records match: by galloping and bisection, one record a request."""
        if self.is_empty:
            return 0
        if self.compiled.parts:  # parts can have records in common: they are read
            pager = self._merged(self.compiled.query.replace(order=()), PAGE)
            return (yield from _number(pager))
        start, stop = self.compiled.query.start, self.compiled.query.stop
        low, step = 0, 1  # ``low`` records are known to be there, from ``start`` on
        high: int | None = None
        if stop is not None:
            limit = stop - start
            if limit == 0 or (yield from self._reaches(stop - 1)):
                return limit
            high = limit - 1
        while high is None or low < high:
            if low >= _MOST_RECORDS:
                raise InvalidResponseError(
                    f"A count does not end: there is a record at position {low:,}, too. Something "
                    f"between here and Attio (a cache, a proxy) gives the same answer to all "
                    f"requests; ask again without it."
                )
            probe = low + step - 1 if high is None else min(low + step - 1, high - 1)
            if not (yield from self._reaches(start + probe)):
                high = probe
                break
            low = probe + 1
            step *= 4  # doubling would take a third more requests, the bisection included
        while low < high:
            middle = (low + high) // 2
            if (yield from self._reaches(start + middle)):
                low = middle + 1
            else:
                high = middle
        return low

    def _reaches(self, offset: int) -> Operation[bool]:
        # no order: Attio need not sort what is only counted
        return bool((yield from self.fetch(limit=1, offset=offset, sorts=())))


def _whole_slice(query: Query[Any]) -> int:
    """The size of a page for the slice of entries, which is read from the first one on."""
    # with the one behind it: that tells whether another is of the same moment as the last
    return 0 if query.stop is None else min(PAGE, query.stop + 1)


def _number(pager: Pager, enough: int = NO_END) -> Operation[int]:
    """How many rows a pager gives; it is not read further than to ``enough``."""
    found = 0
    while not pager.done and found < enough:
        found += len((yield from pager.next_page()))
    return found


def _joined(parts: Sequence[Any]) -> Filter:
    """Filters in one ``$and``, without nesting one that is there already."""
    terms: list[Any] = []
    for part in parts:
        terms += part["$and"] if list(part) == ["$and"] else [part]
    return {"$and": terms}


def _spelled_out(after: Filter) -> Filter:
    """The keyset condition without ``$in`` on ``record_id``."""
    terms: list[Any] = []
    for term in after["$and"]:
        inner = term.get("$not", {}).get("record_id", {})
        ids = inner.get("$in")
        terms += [term] if ids is None else [{"$not": {"record_id": {"$eq": i}}} for i in ids]
    return {"$and": terms}
