"""``explain()``: what evaluating a query would send, told without sending anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from attio_orm.operations import Operation
from attio_orm.plans import Plan, PlannedRequest
from attio_orm.query import splitting, views
from attio_orm.query.compiler import NeedsMembers
from attio_orm.query.paging import PAGE
from attio_orm.query.paths import NeedsObject
from attio_orm.query.reading import Reading
from attio_orm.query.resolving import NeedsSchema
from attio_orm.schema.records import kind_and_slug

if TYPE_CHECKING:
    from attio_orm.models.model import Model
    from attio_orm.query.query import Query

M = TypeVar("M", bound="Model")


def explain(query: Query[M]) -> Operation[Plan]:
    """What evaluating would send: the first page exactly, what follows described."""
    reading = Reading(query)
    path = f"{reading.target.path}/query"
    requests: list[PlannedRequest] = []
    parts: list[Any] = []
    body: dict[str, Any] | None = None
    unknown = ""
    if not query.empty:
        try:
            parts = _prepare(reading)
            reading._parts = parts
            body = _first_body(reading)
        except _NeedsMore as need:
            requests += need.requests
            unknown = need.unknown
    if body is None and not requests:
        return Plan([])
    read = PlannedRequest("POST", path, None, body, "read")
    if body is None:
        read = PlannedRequest("POST", path, None, None, f"read; {unknown}", exact=False)
    requests.append(read)
    for about in _later(query, parts):
        requests.append(PlannedRequest("POST", path, None, None, about, exact=False))
    for name in dict.fromkeys(
        each if isinstance(each, str) else each.path for each in query.includes
    ):
        requests.append(
            PlannedRequest(
                "POST", "/v2/objects/{target}/records/query", None, None,
                f"includes {name}: one for each target object and 500 ids", exact=False,
            )
        )  # fmt: skip
    return Plan(requests)
    yield  # an operation, although it never asks for anything


def _later(query: Query[Any], parts: Sequence[object]) -> Iterator[str]:
    if parts:
        number = "1 more part" if len(parts) == 2 else f"{len(parts) - 1} more parts"
        yield f"the same with the rest of the long list, in {number}"
    if query.stop is None or query.stop - query.start > PAGE:
        yield f"each further page of {PAGE}" + (" of each part" if parts else "")


class _NeedsMore(Exception):
    """Requests come first, and what is known only after them."""

    def __init__(self, unknown: str, *requests: PlannedRequest) -> None:
        super().__init__(unknown, *map(str, requests))
        self.unknown = unknown
        self.requests = requests


def _introspection(path: str) -> PlannedRequest:
    return PlannedRequest("GET", path, None, None, "introspect")


def _prepare(reading: Reading[Any]) -> list[Reading[Any]]:
    """Compile with what is known; gives the parts of a query that one request is too small for."""
    connection, query = reading.connection, reading.query
    if query.view is not None:
        reading._view_id = views.known_id(connection, query)
        if reading._view_id is None:
            raise _NeedsMore(
                f"the id of the view {query.view!r} is not known yet",
                _introspection(f"/v2/{reading.target.kind}/{reading.target.slug}/views"),
            )
    for path, value in query.where.lookups():
        if hasattr(value, "_list") and not value._whole:  # a queryset, which is read first
            raise _NeedsMore(f"{path} takes the records of the query before", *value.explain())
    try:
        reading._filter = reading._compile(record_id_in=connection.record_id_in)(None)
        reading._sorts = reading._compile_sorts()
        return splitting.foresee(reading, record_id_in=connection.record_id_in)
    except NeedsSchema as need:
        kind, slug = kind_and_slug(need.object)
        paths = [f"/v2/{kind}/{slug}/attributes"]
        if not len(connection.schema):
            paths.insert(0, "/v2/objects")
        if kind == "lists":
            paths.insert(0, "/v2/lists")
        raise _NeedsMore(
            f"{need.name!r} is not declared, and whether {need.object} has it is not known yet",
            *map(_introspection, paths),
        ) from None
    except NeedsObject as need:
        raise _NeedsMore(
            f"whether there is an object {need.object!r} is not known yet",
            _introspection("/v2/objects"),
        ) from None
    except NeedsMembers:
        raise _NeedsMore(
            "the id of a member is not known yet", _introspection("/v2/workspace_members")
        ) from None


def _first_body(reading: Reading[Any]) -> dict[str, Any] | None:
    if reading.empty:
        return None
    query = reading.query
    limit = PAGE if query.stop is None else min(PAGE, query.stop - query.start)
    if limit <= 0:
        return None
    reading.pager()  # settles the sorts, and refuses what cannot be put in order
    if reading._parts:
        limit = PAGE if query.stop is None else min(PAGE, query.stop)
        return reading._parts[0].body(limit=limit, offset=0)
    return reading.body(limit=limit, offset=query.start)
