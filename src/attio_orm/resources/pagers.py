"""Pages of resources: by offset with each seam checked, by cursor, or all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, cast

from msgspec import Struct

from attio_orm.effects import Operation
from attio_orm.errors import InvalidResponseError
from attio_orm.query.pagers import NO_END, OffsetPager
from attio_orm.records.rows import Row
from attio_orm.resources.endpoints import Page
from attio_orm.resources.state import Json

Ask: TypeAlias = Callable[[int, int, "str | None"], Operation[Page]]
"""One request: ``(limit, offset, cursor)`` to the items and the next cursor."""


class Pager(Protocol):
    """Gives page after page; an empty one need not be the last."""

    @property
    def done(self) -> bool:
        """Whether there is no page left."""
        ...

    def next_page(self) -> Operation[list[Json]]:
        """The next items, none of them given before."""
        ...


class _Id(Struct, frozen=True):
    record_id: str


class _Item(Struct, frozen=True):
    """An item as the pager of records knows rows: by its id."""

    id: _Id
    json: Json


class OffsetPages:
    """Pages by offset: one item overlaps, so that none is missed while others write."""

    def __init__(
        self, ask: Ask, id_of: Callable[[Json], str], *, start: int, stop: int | None, page: int
    ) -> None:
        def fetch(*, limit: int, offset: int, after: Any) -> Operation[list[Row]]:
            found, _ = yield from ask(limit, offset, None)
            return cast("list[Row]", [_Item(_Id(id_of(each)), each) for each in found])

        self._pager = OffsetPager(fetch, start=start, stop=stop, page=page)

    @property
    def done(self) -> bool:
        """Whether there is no page left."""
        return self._pager.done

    def next_page(self) -> Operation[list[Json]]:
        """The next items."""
        found = yield from self._pager.next_page()
        return [cast("_Item", each).json for each in found]


class CursorPages:
    """Pages by cursor, short and empty ones taken for what they are."""

    def __init__(
        self, ask: Ask, id_of: Callable[[Json], str], *, start: int, stop: int | None, page: int
    ) -> None:
        self._ask = ask
        self._id_of = id_of
        self._skip = start
        self._left = NO_END if stop is None else max(0, stop - start)
        self._page = page
        self._cursor: str | None = None
        self._cursors: set[str] = set()
        self._seen: set[str] = set()
        self.done = self._left == 0

    def next_page(self) -> Operation[list[Json]]:
        """The next items; there may be none, and more behind."""
        if self.done:
            return []
        limit = min(self._page, self._skip + self._left)
        found, cursor = yield from self._ask(limit, 0, self._cursor)
        fresh: list[Json] = []
        for each in found:
            key = self._id_of(each)
            if key not in self._seen:
                self._seen.add(key)
                fresh.append(each)
        skipped = min(self._skip, len(fresh))
        self._skip -= skipped
        fresh = fresh[skipped : skipped + self._left]
        self._left -= len(fresh)
        self.done = cursor is None or self._left == 0
        if cursor is not None and not self.done:
            if cursor in self._cursors:
                raise InvalidResponseError(
                    "A list came with a cursor that was followed before, so that what is behind it "
                    "cannot be reached. Something between here and Attio (a cache, a proxy) "
                    "repeats old answers; ask again without it."
                )
            self._cursors.add(cursor)
            self._cursor = cursor
        return fresh


class WholePage:
    """A list that comes by one request."""

    def __init__(
        self, ask: Ask, id_of: Callable[[Json], str], *, start: int, stop: int | None, page: int
    ) -> None:
        self._ask = ask
        self._slice = slice(start, stop)
        self.done = stop is not None and stop <= start

    def next_page(self) -> Operation[list[Json]]:
        """All of them."""
        if self.done:
            return []
        found, _ = yield from self._ask(0, 0, None)
        self.done = True
        return found[self._slice]


PAGERS = {"offset": OffsetPages, "cursor": CursorPages, "whole": WholePage}
