"""One evaluation of a query: compiled for a connection, fetched page by page, made into objects."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar

from attio_orm import context, hydration, signals
from attio_orm.errors import InvalidRequestError, NotFoundError, ValidationError
from attio_orm.identity import session_of
from attio_orm.models.targets import target_of
from attio_orm.operations import Operation, colour
from attio_orm.query import splitting, views
from attio_orm.query.compiler import NOTHING, NeedsMembers, Nothing, compile_filter, compile_sorts
from attio_orm.query.entry_paging import EntryPager
from attio_orm.query.including import check_includes, include_all, parse_includes
from attio_orm.query.paging import PAGE, KeysetPager, OffsetPager, Pager
from attio_orm.query.paths import NeedsObject
from attio_orm.query.q import iterable
from attio_orm.query.resolving import ModelResolver, NeedsChoices, NeedsSchema
from attio_orm.values.lists import is_list

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.hydration import Row
    from attio_orm.models.model import Model
    from attio_orm.query.query import Query

    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")

T = TypeVar("T")

_TIES = ("created_at", "record_id")


def compiled(connection: Connection, work: Callable[[Any], T]) -> Operation[T]:
    """What ``work(members)`` gives, with whatever part of the schema it turns out to need."""
    members: dict[str, str] | None = None
    while True:
        try:
            return work(members)
        except NeedsSchema as need:
            yield from connection.schema.ensure(need.object)
        except NeedsChoices as need:
            yield from connection.schema.choices(need.object, need.attribute)
        except NeedsObject as need:
            if not (yield from connection.schema.ensure_many([need.object])) and need.refusal:
                raise need.refusal from None
        except NeedsMembers:
            found = yield from connection.schema.members(refresh=members is not None)
            members = {member.email.lower(): member.id for member in found}


class Reading(Generic[M]):
    """One query on one connection, in one session."""

    def __init__(self, query: Query[M]) -> None:
        self.query = query
        self.connection = query.connection or context.current()
        self.session = session_of(self.connection)
        self.tree = parse_includes(query.includes)
        self.target = target_of(query.model._object)
        self.asynchronous = False
        self._filter: dict[str, Any] | Nothing = {}
        self._sorts: list[dict[str, Any]] = []
        self._view_id: str | None = None
        self._parts: list[Reading[M]] = []
        self._prepared = False

    @property
    def empty(self) -> bool:
        """Whether no record can match, so that nothing need be sent."""
        return self.query.empty or self._filter is NOTHING

    def prepare(self) -> Operation[None]:
        """Compile the query, asking for what is not known of the workspace."""
        if self._prepared:
            return
        how = yield from colour()
        self.asynchronous = how == "async"
        self.connection.check_open()
        if self.query.empty:
            return
        yield from self.connection.ready(self.query.model)
        yield from check_includes(self.connection, self.query.model, self.tree)
        if self.query.view is not None:
            self._view_id = yield from views.id_of(self.connection, self.query)
        if signals.post_load.receivers:
            signals.refuse_coroutines(signals.post_load, self.query.model)
        for _, value in self.query.where.lookups():
            if hasattr(value, "_list"):  # a queryset: ``company__in=Company.objects.filter(...)``
                if value._connection is None:
                    value._connection = self.connection
                yield from value._list()
        self._filter = yield from compiled(self.connection, self._compile(record_id_in=True))
        self._sorts = yield from compiled(self.connection, lambda _: self._compile_sorts())
        self._parts = yield from splitting.split(self)
        self._prepared = True

    def _refuse_foreign(self) -> None:
        """Ids of another workspace would match nothing here, or a stranger."""
        from attio_orm.models.relations import refuse_foreign

        for path, value in self.query.where.lookups():
            values = value._found if hasattr(value, "_list") else value
            try:
                refuse_foreign(self.connection, values if iterable(values) else [values])
            except ValidationError as error:
                raise ValidationError(str(error), attribute=path) from None

    def _compile(self, *, record_id_in: bool, choices: bool = False) -> Callable[[Any], Any]:
        self._refuse_foreign()
        resolver = ModelResolver(self.query.model, self.connection, choices=choices)
        return lambda members: compile_filter(
            self.query.where, resolver, members=members, record_id_in=record_id_in
        )

    def _compile_sorts(self) -> list[dict[str, Any]]:
        resolver = ModelResolver(self.query.model, self.connection)
        return compile_sorts(self.query.ordering, resolver)

    # -- fetching ---------------------------------------------------------------------------------

    def body(
        self, *, limit: int, offset: int, after: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The body of one page's request."""
        return self._body(self._filter, limit, offset, after)

    def _body(
        self,
        condition: dict[str, Any] | Nothing,
        limit: int,
        offset: int,
        after: dict[str, Any] | None,
    ) -> dict[str, Any]:
        parts = [part for part in (condition, after) if part and part is not NOTHING]
        body: dict[str, Any] = {}
        if parts:
            body["filter"] = parts[0] if len(parts) == 1 else _joined(parts)
        if self._view_id is not None:
            body["filter_view_id"] = self._view_id
        if self._sorts:
            body["sorts"] = self._sorts
        body["limit"], body["offset"] = limit, offset
        return body

    def fetch(
        self,
        *,
        limit: int,
        offset: int,
        after: dict[str, Any] | None = None,
    ) -> Operation[list[Row]]:
        """The rows of one page. The server's refusals come with what is known of the schema."""
        whole = True

        def ask(allowed: bool) -> Operation[list[Row]]:
            nonlocal whole
            condition = self._filter
            if not allowed:
                condition, whole = yield from splitting.spelled_out(self)
            extra = after if allowed or after is None else _spelled_out(after)
            body = self._body(condition, limit, offset, extra)
            asked = time.monotonic()
            rows: list[Row] = yield from self.target.query(self.connection.transport, body)
            hydration.stamp(rows, asked)
            return rows

        try:
            if not _uses_record_id_in(self._filter, after):
                rows = yield from ask(True)
            else:
                rows = yield from self.connection.with_record_id_in(ask)
                if not whole:
                    raise splitting.too_long_now()
        except NotFoundError:
            yield from self.connection.require_object(self.query.model)
            yield from views.explain_refusal(self.connection, self.query)
            raise
        except InvalidRequestError as error:
            yield from views.explain_refusal(self.connection, self.query)
            yield from self._explain(error)
            raise
        if rows and not self.query.model._strict:
            yield from self._know_the_rest(rows[0])
        return rows

    def _explain(self, error: InvalidRequestError) -> Operation[None]:
        """A refused title is named with the titles there are; anything else stays Attio's error."""
        if self.query.model._object and error.code in {"value_not_found", "filter_error", None}:
            yield from self.connection.require_object(self.query.model)
            yield from compiled(self.connection, self._compile(record_id_in=True, choices=True))

    def _know_the_rest(self, row: Row) -> Operation[None]:
        from attio_orm.models.loading import know_undeclared

        yield from know_undeclared(self.connection, self.query.model, row)

    # -- pages ------------------------------------------------------------------------------------

    def pager(self, *, page: int = PAGE, ahead: int = 1) -> Pager:
        """The pager for this query: keyset in the order of creation, else by offset.

        A slice of several pages that does not start at the first record goes by offset too, and a
        saved view, which takes no filter besides.
        """
        query = self.query
        if self._parts:
            return splitting.pager_of(self, self._parts, page)
        # after a start further on, keyset could not tell the records skipped at that moment
        skips = query.start > 0 and (query.stop is None or query.stop - query.start > page)
        if self._by_creation and ahead <= 1 and not skips:
            kind = EntryPager if self.target.is_list else KeysetPager
            return kind(
                self.fetch,
                start=query.start,
                stop=query.stop,
                page=page,
                descending=query.ordering[0].descending,
            )
        self._sorts = self.stable_sorts()
        return OffsetPager(self.fetch, start=query.start, stop=query.stop, page=page, ahead=ahead)

    @property
    def _by_creation(self) -> bool:
        order = self.query.ordering
        return len(order) == 1 and order[0].path == "created_at" and self.query.view is None

    def stable_sorts(self) -> list[dict[str, Any]]:
        """The sorts with tie-breakers, so that an offset means the same row in every request.

        They go the way of the last sort, so that the reverse order is exactly the reverse.
        """
        named = {sort.get("attribute") for sort in self._sorts}
        direction = self._sorts[-1]["direction"] if self._sorts else "asc"
        ties = _TIES[:1] if self.target.is_list else _TIES  # entries cannot be sorted by their ids
        return [
            *self._sorts,
            *({"direction": direction, "attribute": tie} for tie in ties if tie not in named),
        ]

    def objects(self, rows: list[Row], *, include: bool = True) -> Operation[list[M]]:
        """The instances of these rows, with what the query includes."""
        from attio_orm.models.loading import materialize
        from attio_orm.models.state import Batch

        batch = Batch(
            self.connection,
            self.session,
            asynchronous=self.asynchronous,
            mode=self.query.mode.value,
        )
        found: list[Any] = materialize(self.query.model, rows, batch)
        if include:
            yield from self.include(found)
        return found

    def include(self, found: list[Any]) -> Operation[None]:
        """Load what the query includes, for these instances."""
        yield from include_all(self.connection, self.session, found, self.tree)

    def all_rows(self) -> Operation[list[Row]]:
        """Every row of the query."""
        yield from self.prepare()
        if self.empty:
            return []
        pager = self.pager()
        rows: list[Row] = []
        while not pager.done:
            rows += yield from pager.next_page()
        return rows

    def some(self, limit: int) -> Operation[list[M]]:
        """The first ``limit`` records of the query, in one request."""
        yield from self.prepare()
        if self.query.stop is not None:
            limit = min(limit, self.query.stop - self.query.start)
        if self.empty or limit <= 0:
            return []
        if self._parts:
            rows = yield from splitting.first_rows(self, self._parts, limit)
            return (yield from self.objects(rows))
        if not self._by_creation:  # the same record first here and in a list of them
            self._sorts = self.stable_sorts()
        rows = yield from self.fetch(limit=limit, offset=self.query.start)
        return (yield from self.objects(rows))

    def count(self) -> Operation[int]:
        """How many records match: by galloping and bisection, one record a request."""
        yield from self.prepare()
        if self.empty:
            return 0
        if self._parts:
            return (yield from splitting.count(self, self._parts))
        self._sorts = []
        start, stop = self.query.start, self.query.stop
        low, step = 0, 1  # ``low`` records are known to be there, from ``start`` on
        limit = None if stop is None else stop - start
        if limit == 0:
            return 0
        high: int | None = None
        if limit is not None:
            if (yield from self._reaches(start + limit - 1)):
                return limit
            high = limit - 1
        while high is None or low < high:
            probe = low + step - 1 if high is None else min(low + step - 1, high - 1)
            if (yield from self._reaches(start + probe)):
                low = probe + 1
                step *= 4
                if high is not None and low >= high:
                    break
            else:
                high = probe
                break
        while low < high:
            middle = (low + high) // 2
            if (yield from self._reaches(start + middle)):
                low = middle + 1
            else:
                high = middle
        return low

    def _reaches(self, offset: int) -> Operation[bool]:
        rows = yield from self.fetch(limit=1, offset=offset)
        return bool(rows)


def _joined(parts: list[Any]) -> dict[str, Any]:
    """Filters in one ``$and``, without nesting one that is there already."""
    terms: list[Any] = []
    for part in parts:
        terms += part["$and"] if list(part) == ["$and"] else [part]
    return {"$and": terms}


def _is_dict(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _uses_record_id_in(*filters: Any) -> bool:
    """Whether a filter has ``$in`` on ``record_id`` in it."""
    pending = list(filters)
    while pending:
        each = pending.pop()
        if _is_dict(each):
            path: Any = each.get("path")
            of_parent = is_list(path) and path[-1][-1:] == ["record_id"]
            condition: Any = each.get("constraints" if of_parent else "record_id")
            if of_parent and _is_dict(condition):
                condition = condition.get("value")
            if isinstance(condition, dict) and "$in" in condition:
                return True
            pending += each.values()
        elif is_list(each):
            pending += each
    return False


def _spelled_out(after: dict[str, Any]) -> dict[str, Any]:
    """The keyset condition without ``$in`` on ``record_id``."""
    terms: list[Any] = []
    for term in after["$and"]:
        inner = term.get("$not", {}).get("record_id", {})
        ids = inner.get("$in")
        terms += [term] if ids is None else [{"$not": {"record_id": {"$eq": i}}} for i in ids]
    return {"$and": terms}


def check_page_size(size: int) -> int:
    """A page size of 1 to 500. Raises ``ValidationError``."""
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= PAGE:
        raise ValidationError(f"page_size is a whole number from 1 to {PAGE}, not {size!r}.")
    return size
