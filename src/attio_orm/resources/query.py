"""A query of resources as data: what is asked for, where it is asked, and in which pages."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import Struct

from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import UnsupportedLookup
from attio_orm.resources.base import BaseResource, endpoints_of
from attio_orm.resources.endpoints import Asked, Listing, Page
from attio_orm.resources.instances import id_in
from attio_orm.resources.pagers import PAGERS, Pager
from attio_orm.resources.places import refuse_strangers
from attio_orm.resources.state import Json
from attio_orm.transport.call_options import CallOptions, under

T = TypeVar("T")


class Query(Struct, frozen=True):
    """What a queryset asks for."""

    filters: dict[str, Any] = {}
    order: str | None = None
    start: int = 0
    stop: int | None = None
    connection: BaseConnection | None = None
    options: CallOptions | None = None  # of its requests alone

    def bounded(self, operation: Operation[T]) -> Operation[T]:
        """An operation of this query, with the query's own options."""
        return operation if self.options is None else under(self.options, operation)


def listing_of(model: type[BaseResource]) -> Listing:
    """What Attio's list of a class takes."""
    return endpoints_of(model).listing


def connection_of(query: Query) -> BaseConnection:
    """The connection that a query is read on, which is open."""
    connection = current.current() if query.connection is None else query.connection
    connection.check_open()
    refuse_strangers(connection, query.filters)
    return connection


def check_needs(model: type[BaseResource], query: Query) -> None:
    """Raise ``UnsupportedLookup`` where a filter lacks without which Attio has no list."""
    needs = listing_of(model).needs
    if needs and not any(name in query.filters for name in needs):
        raise UnsupportedLookup(
            f"Attio lists {model.__name__}s by {' or '.join(needs)} alone: filter by "
            f"{'one of them' if len(needs) > 1 else 'it'} first."
        )


def pager_of(model: type[BaseResource], query: Query, connection: BaseConnection) -> Pager:
    """The pages of what a query asks for."""
    check_needs(model, query)
    endpoints = endpoints_of(model)
    listing = endpoints.listing

    def ask(limit: int, offset: int, cursor: str | None) -> Operation[Page]:
        asked = Asked(query.filters, query.order, limit, offset, cursor)
        return endpoints.page(connection, asked)

    def id_of(row: Json) -> str:
        return id_in(model, row)

    pages: type[Any] = PAGERS[listing.by]
    found: Pager = pages(ask, id_of, start=query.start, stop=query.stop, page=listing.page)
    return found
