"""Where a pass over a query is: what it gave last, as a token to go on from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.query.query import Query
from attio_orm.records.base import mapper_of
from attio_orm.types.checks import as_uuid
from attio_orm.types.timestamps import parse_timestamp
from attio_orm.wording import show

Moment: TypeAlias = "Callable[[], str]"  # read out of the values where it is wanted

# How many of the last records a token remembers where pages go by offset: as long as one of them is
# there, the place is found again, however many rows moved meanwhile.
_REMEMBERED = 50


class Position(Struct, frozen=True):
    """A place in the order of a query, behind the ``given`` records that it gave before.

    ``moment`` is when the last of them was made, in Attio's text, and ``ids`` are those made at
    that moment; where pages go by offset there is no moment, and ``ids`` are the last ones.
    """

    given: int = 0
    moment: str | None = None
    ids: tuple[str, ...] = ()

    def past(self, more: Sequence[tuple[str, Moment]], *, by_keyset: bool) -> Position:
        """The place behind these records as well, which are ids and moments of creation."""
        if not more:
            return self
        given, ids = self.given + len(more), [each for each, _ in more]
        if not by_keyset:
            return Position(given, None, (*self.ids, *ids)[-_REMEMBERED:])
        last = more[-1][1]()
        # from the end, as they are in order: most moments need not be looked up
        same = takewhile(lambda each: each[1]() == last, reversed(more))
        ids = [each for each, _ in same][::-1]
        return Position(given, last, (*self.ids, *ids) if last == self.moment else tuple(ids))


class _Token(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    version: int
    query: str
    given: int
    moment: str | None
    ids: tuple[str, ...]


def token_of(query: Query[Any], position: Position) -> str:
    """The position as text, for ``position_at``."""
    token = _Token(1, _about(query), position.given, position.moment, position.ids)
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode()


def position_at(query: Query[Any], token: object) -> Position:
    """The position of a token. Raises ``ValidationError`` where it is not one of such a query."""
    try:
        if not isinstance(token, str):
            raise TypeError
        found = msgspec.json.decode(base64.urlsafe_b64decode(token), type=_Token)
        if found.moment is not None:
            parse_timestamp(found.moment)  # it is sent as it is
    except (TypeError, ValueError, binascii.Error, msgspec.MsgspecError):
        found = None
    if found is None or found.version != 1 or found.given < 1 or not all(map(as_uuid, found.ids)):
        raise ValidationError(
            f"{show(token)} is not a token: give after=... what `stream.token` of an earlier "
            f"iterator() or rows() was."
        )
    if found.query != _about(query) or (found.moment is None) is query.by_keyset:
        raise ValidationError(
            f"The token is of another query ({found.query}), and this one is {_about(query)}: go "
            f"on with the query that it came from, in the same order."
        )
    return Position(found.given, found.moment, found.ids)


def _about(query: Query[Any]) -> str:
    """The object and the order: what a place in one query says nothing of in another one."""
    view = f", view {query.view!r}" if query.view is not None else ""
    bounds = f"[{query.start}:{'' if query.stop is None else query.stop}]" if query.sliced else ""
    order = ", ".join(map(str, query.ordering))
    return f"{mapper_of(query.model).object} by {order}{view}{bounds}"
