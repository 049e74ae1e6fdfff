"""What a query of resources gives: page by page, all of it, or how many there are."""

from __future__ import annotations

from typing import Generic, TypeVar

from attio_orm import signals
from attio_orm.connection.sessions import Session, session_of
from attio_orm.effects import Operation
from attio_orm.resources.base import BaseResource, endpoints_of
from attio_orm.resources.endpoints import Asked
from attio_orm.resources.loading import loaded
from attio_orm.resources.query import Query, check_needs, connection_of, listing_of, pager_of
from attio_orm.resources.state import Json
from attio_orm.transport.sharing import sharing_reads

R = TypeVar("R", bound=BaseResource)


class Pages(Generic[R]):
    """The pages of a query as instances."""

    def __init__(self, model: type[R], query: Query, session: Session | None = None) -> None:
        self._model = model
        self._query = query
        self._connection = connection_of(query)
        self._session = session_of(self._connection) if session is None else session
        self._pager = pager_of(model, query, self._connection)

    @property
    def done(self) -> bool:
        """Whether there is no page left."""
        return self._pager.done

    def next_page(self) -> Operation[list[R]]:
        """The next instances; there may be none, and more behind."""
        if signals.post_load.receivers:  # refused before the answer is paid for
            signals.refuse_coroutines(signals.post_load, self._model)
        rows = yield from sharing_reads(self._pager.next_page())
        return (
            yield from loaded(
                self._model, rows, self._connection, self._session, self._query.filters
            )
        )


def everything(model: type[R], query: Query, session: Session | None = None) -> Operation[list[R]]:
    """All instances that a query asks for, in the session in use unless another one is given."""
    pages, found = Pages(model, query, session), list[R]()
    while not pages.done:
        found += yield from pages.next_page()
    return found


def rows_of(model: type[BaseResource], query: Query) -> Operation[list[Json]]:
    """The answers that a query asks for, of which no instances are made."""
    pager, found = pager_of(model, query, connection_of(query)), list[Json]()
    while not pager.done:
        found += yield from pager.next_page()
    return found


def count_of(model: type[BaseResource], query: Query) -> Operation[int]:
    """How many a query asks for."""
    if listing_of(model).by != "offset":
        return len((yield from rows_of(model, query)))
    check_needs(model, query)
    connection, stop = connection_of(query), query.stop

    def reaches(offset: int) -> Operation[bool]:
        asked = Asked(query.filters, query.order, 1, query.start + offset)
        rows, _ = yield from endpoints_of(model).page(connection, asked)
        return bool(rows)

    most = None if stop is None else max(0, stop - query.start)
    low, step = 0, 1  # so many are there
    while most is None or low < most:
        at = low + step - 1 if most is None else min(low + step, most) - 1
        if not (yield from reaches(at)):
            break
        low, step = at + 1, (at + 1) * 3
    else:
        return low
    high = at  # so many at most
    while low < high:
        middle = (low + high) // 2
        if (yield from reaches(middle)):
            low = middle + 1
        else:
            high = middle
    return low
