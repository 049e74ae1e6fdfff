"""What a query can be run on: Attio, through a connection, or a copy of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.query.pagers import Pager, Place

if TYPE_CHECKING:
    from attio_orm.query.query import Query


def refuse_source(query: Query[Any], what: str) -> None:
    """Raise ``TypeError`` where the query is run on something else than Attio."""
    if not query.is_on_attio:
        raise TypeError(
            f"{what} is about requests to Attio, and this queryset is read from {query.source!r}: "
            f"name a connection, {query.model.__name__}.objects.using(connection)."
        )


class Execution(Protocol):
    """One query, compiled for one source; it does not change, and can be run several times."""

    @property
    def is_empty(self) -> bool:
        """Whether no record can match, so that nothing need be asked."""
        ...

    def pager(self, *, page: int, ahead: int = 1, after: Place | None = None) -> Pager:
        """The rows of the query, ``page`` at a time, with up to ``ahead`` pages asked for at once.

        Each call begins at the query's first row, or behind what an earlier one gave.
        """
        ...

    def count(self) -> Operation[int]:
        """How many records match."""
        ...

    def exists(self) -> Operation[bool]:
        """Whether any record matches."""
        ...


class Source(Protocol):
    """Runs queries. ``queryset.using(source)`` takes it as it takes a connection.

    It is asked for all that a queryset reads. Relations that are included come from the connection,
    unless an ``Include`` has a queryset with a source.
    """

    @property
    def connection(self) -> BaseConnection:
        """Whose records these are: what is read here is saved there."""
        ...

    def compile(self, query: Query[Any]) -> Operation[Execution]:
        """The query as this source understands it.

        Raises ``UnknownAttributeError``, ``UnsupportedLookup`` and ``ValidationError``.
        """
        ...
