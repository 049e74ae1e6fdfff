"""A query as data: what a queryset asks for, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.conditions.expressions import Order
from attio_orm.conditions.q import Q
from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.pickles import pickled_as
from attio_orm.query.includes import NO_INCLUDES, IncludeTree
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.loading import FetchMode
from attio_orm.transport.caching import Caching
from attio_orm.transport.call_options import CallOptions, under

if TYPE_CHECKING:
    from attio_orm.query.source import Source

M = TypeVar("M", bound=Record)
T = TypeVar("T")

EVERYTHING = Q()
# Without a sort Attio gives records by their ids, so that new ones land in the middle of pages.
DEFAULT_ORDER = (Order("created_at"),)


@pickled_as("Query")
class Query(Struct, Generic[M], frozen=True):
    """One immutable query; every queryset method makes a new one."""

    model: type[M]
    source: BaseConnection | Source | None = None  # the one that is current when it is asked for
    where: Q = EVERYTHING
    order: tuple[Order, ...] = ()
    includes: IncludeTree = NO_INCLUDES
    mode: FetchMode = FetchMode.PEERS
    start: int = 0
    stop: int | None = None
    empty: bool = False
    view: str | None = None
    cached: Caching | None = None
    options: CallOptions | None = None  # of its requests alone

    def bounded(self, operation: Operation[T]) -> Operation[T]:
        """An operation of this query, with the query's own options."""
        return operation if self.options is None else under(self.options, operation)

    @property
    def connection(self) -> BaseConnection:
        """The connection that the query is about. Raises ``NotConnectedError`` without one."""
        source = self.source
        if source is None:
            return current.current()
        return source if isinstance(source, BaseConnection) else source.connection

    @property
    def is_on_attio(self) -> bool:
        """Whether Attio is asked, where there are ways besides that of a query: a GET by the id."""
        return self.source is None or isinstance(self.source, BaseConnection)

    @property
    def is_whole(self) -> bool:
        """Whether all records of the model are meant, and nothing is loaded with them."""
        return (
            (self.where is EVERYTHING or self.where.is_empty)
            and self.includes is NO_INCLUDES
            and self.view is None
            and not self.empty
            and self.start == 0
            and self.stop is None
        )

    @property
    def ordering(self) -> tuple[Order, ...]:
        """The order asked for, or the oldest first."""
        return self.order or DEFAULT_ORDER

    @property
    def by_creation(self) -> bool:
        """Whether the order is that of creation alone, either way."""
        order = self.ordering
        return len(order) == 1 and order[0].path == "created_at" and self.view is None

    @property
    def by_keyset(self) -> bool:
        """Whether each page can begin at the moment at which the one before it ended."""
        # after a start further on, nothing could tell the records skipped at that moment; entries,
        # which no id puts in order, are read from the first one on
        return self.by_creation and (self.start == 0 or mapper_of(self.model).is_entry)

    @property
    def sliced(self) -> bool:
        """Whether the query is a slice, which cannot be filtered any further."""
        return self.start > 0 or self.stop is not None

    @property
    def about(self) -> str:
        """What picks the records, for the repr of a queryset that was not evaluated."""
        if self.empty:
            return ", empty"
        parts: list[str] = []
        if self.view is not None:
            parts.append(f"the view {self.view!r}")
        if not self.where.is_empty:
            parts.append(repr(self.where))
        if self.order:
            parts.append(f"by {', '.join(map(str, self.order))}")
        if self.sliced:
            stop = "" if self.stop is None else self.stop
            parts.append(f"[{self.start or ''}:{stop}]")
        return ", not evaluated" + (f": {', '.join(parts)}" if parts else "")

    def sliced_to(self, part: slice) -> Query[M]:
        """The slice of what this query gives. Raises ``ValueError`` for what Attio cannot do."""
        start, stop, step = part.start, part.stop, part.step
        if step not in (None, 1):
            raise ValueError(
                "A queryset cannot be sliced with a step: slice list(queryset) instead."
            )
        for bound in (start, stop):
            if bound is not None and (not isinstance(bound, int) or bound < 0):
                raise ValueError(
                    f"A queryset is sliced with whole numbers from 0 up, not {bound!r}: Attio "
                    f"cannot count from the end. reverse() the order, or use list(queryset)."
                )
        first, last = self.start + (start or 0), self.stop
        if stop is not None:
            last = self.start + stop if last is None else min(last, self.start + stop)
        return replace(self, start=first if last is None else min(first, last), stop=last)

    def replace(self, **changes: object) -> Query[M]:
        """A copy with some parts changed."""
        return replace(self, **changes)
