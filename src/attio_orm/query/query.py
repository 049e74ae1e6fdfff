"""A query as data: what a queryset asks for, before anything is sent."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.query.expressions import Order
from attio_orm.query.q import Q

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.models.model import Model
    from attio_orm.query.including import Include

    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")


class FetchMode(Enum):
    """What touching a relation does that was not included.

    ``PEERS`` loads it for all records of the page, ``ONE`` for this record alone, ``RAISE`` raises
    ``NotLoadedError``.
    """

    PEERS = "peers"
    ONE = "one"
    RAISE = "raise"


EVERYTHING = Q()
DEFAULT_ORDER = (Order("created_at"),)


class Query(Struct, Generic[M], frozen=True):
    """One immutable query; every queryset method makes a new one."""

    model: type[M]
    connection: Connection | None = None
    where: Q = EVERYTHING
    order: tuple[Order, ...] = ()
    includes: tuple[str | Include, ...] = ()
    mode: FetchMode = FetchMode.PEERS
    start: int = 0
    stop: int | None = None
    empty: bool = False
    view: str | None = None

    @property
    def ordering(self) -> tuple[Order, ...]:
        """The order asked for, or the oldest first."""
        return self.order or DEFAULT_ORDER

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
        first = self.start + (start or 0)
        ends = [
            end
            for end in (self.stop, None if stop is None else self.start + stop)
            if end is not None
        ]
        last = min(ends) if ends else None
        return replace(self, start=first if last is None else min(first, last), stop=last)

    def replace(self, **changes: Any) -> Query[M]:
        """A copy with some parts changed."""
        return replace(self, **changes)
