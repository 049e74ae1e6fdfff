"""What reading a query of resources would send: found by asking, with nothing that sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, run
from attio_orm.resources.base import BaseResource, endpoints_of
from attio_orm.resources.endpoints import Asked
from attio_orm.resources.query import Query, check_needs, listing_of
from attio_orm.transport.dry_run import Plan, PlannedRequest
from attio_orm.transport.requests import MISSING, Request


class _Planned(Exception):
    """Carries the request that an operation was about to send."""

    def __init__(self, request: Request) -> None:
        self.request = request


class _Asking:
    """In place of a connection and of its transport: sends nothing, and tells what it would."""

    def __init__(self, connection: BaseConnection | None) -> None:
        self._connection = connection

    @property
    def transport(self) -> Self:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def send(self, request: Request) -> Operation[Any]:
        raise _Planned(request)
        yield


def planned(
    operation: Callable[[BaseConnection], Operation[object]], connection: BaseConnection | None
) -> PlannedRequest:
    """The first request of an operation."""
    asking: Any = _Asking(connection)
    try:
        run(operation(asking))
    except _Planned as found:
        request = found.request
        params = {k: v for k, v in (request.params or {}).items() if v is not None}
        json = None if request.json is MISSING else request.json
        return PlannedRequest(request.method, request.path, params or None, json, request.purpose)
    raise AssertionError("an operation that sends nothing")


def explained(model: type[BaseResource], query: Query) -> Plan:
    """The request that reading a query begins with."""
    check_needs(model, query)
    listing = listing_of(model)
    stop = query.stop
    limit = listing.page if stop is None else max(0, min(listing.page, stop - query.start))
    if stop is not None and limit == 0:
        return Plan()
    asked = Asked(query.filters, query.order, limit, query.start)
    found = planned(
        lambda connection: endpoints_of(model).page(connection, asked),
        query.connection or current.current_or_none(),
    )
    return Plan([found])
