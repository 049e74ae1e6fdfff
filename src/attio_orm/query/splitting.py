"""Lists that are too long for one filter: asked for in parts, and merged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from attio_orm.conditions.tree import Condition, Group, Not
from attio_orm.effects import Operation, gather
from attio_orm.errors import InvalidResponseError, UnsupportedLookup, ValidationError
from attio_orm.query.compiler import OneOf, takes_in
from attio_orm.query.pagers import NO_END, Pager, Place
from attio_orm.query.query import Query
from attio_orm.records.rows import Row

MAX_COMPARISONS: Final = 500
"""How many values of a list go in one filter where Attio has no ``$in`` for them."""

MAX_VALUES: Final = 10_000
"""How many values of a list go in one filter by ``$in``, which takes 500 of them each."""


_INSIDE_OR: Final = "inside |"
_NEGATED: Final = "inside ~ or exclude()"
_ADVICE: Final = {
    _INSIDE_OR: "Ask for each side of the | in a query of its own",
    _NEGATED: "Leave these records out in Python, where you read the others",
}


def parts_of(root: Group, *, record_id_in: bool = True) -> list[Group]:
    """The conditions to ask for one by one, whose records together are those of ``root``.

    None where one request will do. Raises ``ValidationError`` for what is too long and cannot be
    split.
    """
    long = list(_long_lists(root, "", record_id_in))
    if not long:
        return []
    whole, place, most = long[0]
    number = len(whole.operands) + whole.or_none
    if len(long) > 1:
        place = f"beside {long[1][0].path.path}, which is as long"
        advice = f"Give one of the two at most {most:,} values at a time"
    else:
        advice = _ADVICE.get(place, "")
    if place:
        raise ValidationError(
            f"a list of {number:,} values is too long for one filter ({most:,} at most), and "
            f"cannot be split over several requests {place}. {advice}.",
            attribute=whole.path.path,
        )
    parts: list[Group] = []
    for start in range(0, number, most):
        end = start + most
        # none comes last: with the last values, or by itself
        or_none = whole.or_none and end > len(whole.operands)
        part = OneOf(whole.path, whole.operands[start:end], or_none)
        terms = [part if term is whole else term for term in root.terms]
        parts.append(Group(root.junction, terms))
    return parts


def _long_lists(
    condition: Condition, place: str, record_id_in: bool
) -> Iterator[tuple[OneOf, str, int]]:
    """The lists that are too long, what they are inside of, where that matters, and the limits."""
    if isinstance(condition, Group):
        if condition.junction == "or":
            place = place or _INSIDE_OR
        for term in condition.terms:
            yield from _long_lists(term, place, record_id_in)
    elif isinstance(condition, Not):
        yield from _long_lists(condition.term, _NEGATED, record_id_in)
    elif isinstance(condition, OneOf):
        most = MAX_VALUES if takes_in(condition.path, record_id_in) else MAX_COMPARISONS
        if len(condition.operands) + condition.or_none > most:
            yield condition, place, most


def merged_pager(
    query: Query[Any], pagers: Sequence[Pager], page: int, after: Place | None = None
) -> MergedPager:
    """The records of all parts, in order of creation.

    Raises ``UnsupportedLookup`` for another order.
    """
    if not query.by_creation:
        raise UnsupportedLookup(
            f"order_by({', '.join(repr(str(each)) for each in query.order)}): the query has a list "
            f"that is too long for one filter, and Attio sorts each of its {len(pagers)} parts by "
            f"itself. Leave the order out and sort in Python: sorted(queryset, key=...)."
        )
    return MergedPager(
        pagers,
        start=query.start,
        stop=query.stop,
        page=page,
        descending=query.ordering[0].descending,
        after=after,
    )


def too_long_now() -> ValidationError:
    """The error where a workspace turns out to refuse ``$in`` on record ids, in a long list."""
    return ValidationError(
        f"This workspace refuses lists of record ids ($in), and the ids of this query are too many "
        f"to be compared one by one in one filter ({MAX_COMPARISONS} at most). From now on this "
        f"connection splits such lists over several requests: ask again."
    )


Key: TypeAlias = "tuple[int, str]"  # the moment of creation, and the id

_PLAIN = str.maketrans("", "", "-:TZ ")
_DIGITS = 9  # Attio's moments have up to nine behind the point


class _Scan:
    """One pager, and what it has brought that was not taken yet."""

    def __init__(self, pager: Pager) -> None:
        self.pager = pager
        self.rows: deque[tuple[Key, Row]] = deque()

    @property
    def is_ready(self) -> bool:
        return bool(self.rows) or self.pager.done

    def read(self) -> Operation[None]:
        # kept here at once: another scan may fail, and the page is asked for again
        while not self.is_ready:
            for row in (yield from self.pager.next_page()):
                self.rows.append(((nanoseconds(row.moment), row.id.record_id), row))


class MergedPager:
    """The rows of several pagers by moment and id, each row once; they are read side by side.

    Holds up to a page of each.
    """

    def __init__(
        self,
        pagers: Sequence[Pager],
        *,
        start: int,
        stop: int | None,
        page: int,
        descending: bool,
        after: Place | None = None,
    ) -> None:
        self._scans = [_Scan(pager) for pager in pagers]
        given = 0 if after is None else after.given
        self._skip = start if after is None else 0  # each pager goes on by itself
        self._left: int = NO_END if stop is None else max(0, stop - start - given)
        self._page = page
        self._first = max if descending else min
        self._moment = -1
        self._seen: set[str] = set()  # the ids given at that moment: a record keeps its own
        self.done = self._left == 0

    def next_page(self) -> Operation[list[Row]]:
        """The next rows in order."""
        fresh: list[Row] = []
        while not fresh and not self.done:
            yield from gather(scan.read() for scan in self._scans if not scan.is_ready)
            fresh = list(self._take())
            self._scans = [scan for scan in self._scans if scan.rows or not scan.pager.done]
            self.done = self._left == 0 or not self._scans
        return fresh

    def close(self) -> None:
        """Drop what was read ahead."""
        for scan in self._scans:
            scan.pager.close()

    def _take(self) -> Iterator[Row]:
        """Rows in order, as far as every scan that goes on has one to compare."""
        scans = [scan for scan in self._scans if scan.rows]
        taken = 0
        while scans and taken < self._page and self._left != 0:
            scan = self._first(scans, key=lambda scan: scan.rows[0][0])
            (moment, record_id), row = scan.rows.popleft()
            if moment != self._moment:
                self._moment = moment
                self._seen.clear()
            if record_id not in self._seen:
                self._seen.add(record_id)
                if self._skip:
                    self._skip -= 1
                else:
                    taken += 1
                    self._left -= 1
                    yield row
            if not scan.rows:
                if not scan.pager.done:  # its next row may come before those of the others
                    break
                scans.remove(scan)


def nanoseconds(text: str) -> int:
    """Attio's text of a moment as a number that compares as the moments do."""
    whole, _, fraction = text.partition(".")
    try:
        return int(whole.translate(_PLAIN) + fraction.rstrip("Z").ljust(_DIGITS, "0")[:_DIGITS])
    except ValueError as error:
        raise InvalidResponseError(
            f"A record came without the created_at that Attio gives each ({error}), so that it has "
            f"no place among the others. Ask again; if it stays so, ask what stands between here "
            f"and Attio."
        ) from error
