"""``explain()``: what evaluating a query would send, told without sending anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from attio_orm.conditions.paths import NeedsObject, place_of
from attio_orm.connection.base import BaseConnection
from attio_orm.errors import ValidationError
from attio_orm.extensions import INCLUDABLE, resource_includes
from attio_orm.query import saved_views
from attio_orm.query.compiler import NeedsMembers, UnknownMember, UnknownTitle
from attio_orm.query.execution import AttioExecution, CompiledQuery, NeedsSubquery, compile_query
from attio_orm.query.pagers import PAGE
from attio_orm.query.query import Query
from attio_orm.query.resolver import NeedsChoices, NeedsSchema
from attio_orm.query.source import refuse_source
from attio_orm.records.base import mapper_of
from attio_orm.records.rows import endpoint_of
from attio_orm.schema.definitions import kind_and_slug
from attio_orm.transport.dry_run import Plan, PlannedRequest


def explain(query: Query[Any]) -> Plan:
    """What evaluating would send: the first page exactly, what follows described."""
    refuse_source(query, "explain()")
    if query.empty:
        return Plan()
    path = f"{endpoint_of(mapper_of(query.model).object).path}/query"
    found, parts = _compiled(query), 0
    if isinstance(found, _Unknown):
        if not found.first:
            return Plan()  # it takes the records of another query, which is empty
        requests = [*found.first, _described(path, f"read; {found.what}")]
    else:
        body, parts = _first_body(query, found), len(found.parts)
        if body is None:
            return Plan()
        requests = [PlannedRequest("POST", path, json=body)]
    requests += (_described(path, about) for about in _later(query, parts))
    included = dict.fromkeys(
        each if isinstance(each, str) else each.path for each in query.includes.paths
    )
    for name in included:
        last = name.rpartition("__")[2]
        if last in INCLUDABLE:
            requests += resource_includes().planned(last, name)
            continue
        about = f"includes {name}: one for each target object and 500 ids"
        requests.append(_described("/v2/objects/{target}/records/query", about))
    return Plan(requests)


def _described(path: str, about: str) -> PlannedRequest:
    return PlannedRequest("POST", path, purpose=about, exact=False)


def _later(query: Query[Any], parts: int) -> Iterator[str]:
    if parts:
        number = "1 more part" if parts == 2 else f"{parts - 1} more parts"
        yield f"the same with the rest of the long list, in {number}"
    if query.stop is None or query.stop - query.start > PAGE:
        yield f"each further page of {PAGE}" + (" of each part" if parts else "")


class _Unknown(NamedTuple):
    """What is known only after other requests, which come first."""

    what: str
    first: Sequence[PlannedRequest]


def _introspection(*paths: str) -> list[PlannedRequest]:
    return [PlannedRequest("GET", path, purpose="introspect") for path in paths]


def _compiled(query: Query[Any]) -> CompiledQuery | _Unknown:
    """Compile with what is known by now."""
    connection = query.connection
    view_id: str | None = None
    if query.view is not None:
        view_id = saved_views.known_id(connection, query)
        if view_id is None:
            endpoint = endpoint_of(mapper_of(query.model).object)
            return _Unknown(
                f"the id of the view {query.view!r} is not known yet",
                _introspection(f"/v2/{endpoint.kind}/{endpoint.slug}/views"),
            )
    try:
        return compile_query(
            connection, query, view_id=view_id, record_id_in=connection.takes_record_id_in
        )
    except NeedsSubquery as need:
        what = f"{need.path} takes the records of the query before"
        return _Unknown(what, need.subquery.explain())
    except NeedsSchema as need:
        what = f"{need.name!r} is not declared, and whether {need.object} has it is not known yet"
        return _Unknown(what, _asked_for(connection, need.object))
    except NeedsChoices as need:
        kind, slug = kind_and_slug(need.object)
        what = f"the options or statuses of {need.name!r} are not known yet"
        attribute = f"/v2/{kind}/{slug}/attributes/{need.name}"
        is_known = connection.schema.get(need.object) is not None
        first = [] if is_known else _asked_for(connection, need.object)
        return _Unknown(what, [*first, *_introspection(f"{attribute}/statuses")])
    except NeedsObject as need:
        what = f"whether there is an object {need.object!r} is not known yet"
        listed = [f"/v2/{each}" for each in connection.schema.to_list(need.object)]
        # of one that is listed its attributes follow; of one that is not, nobody knows
        asked = _introspection(*listed) if listed else _asked_for(connection, need.object)
        return _Unknown(what, asked)
    except NeedsMembers:
        what = "the id of a member is not known yet"
        return _Unknown(what, _introspection("/v2/workspace_members"))
    except UnknownMember as error:
        raise ValidationError(error.problems) from None
    except UnknownTitle as error:
        path = error.path
        if path is None or path.resolver is None or path.attribute is None:
            raise
        place = place_of(path.resolver)
        if connection.schema.known_choices(place, path.slug) is not None:
            raise ValidationError(error.problems) from None
        # only the class has told what there is, and the workspace may have more
        kind, slug = kind_and_slug(place)
        noun = "options" if path.type == "select" else "statuses"
        what = f"whether {path.slug!r} has such a title is not known yet"
        known = [] if connection.schema.get(place) is not None else _asked_for(connection, place)
        asked = _introspection(f"/v2/{kind}/{slug}/attributes/{path.slug}/{noun}")
        return _Unknown(what, [*known, *asked])


def _asked_for(connection: BaseConnection, place: str) -> list[PlannedRequest]:
    """What is asked for to know the attributes of an object or list, as ``ensure()`` does."""
    kind, slug = kind_and_slug(place)
    listed = [f"/v2/{each}" for each in connection.schema.to_list(place)]
    return _introspection(*listed, f"/v2/{kind}/{slug}/attributes")


def _first_body(query: Query[Any], compiled: CompiledQuery) -> dict[str, Any] | None:
    execution = AttioExecution(query.connection, compiled)
    limit = PAGE if query.stop is None else min(PAGE, query.stop - query.start)
    return None if execution.is_empty or limit <= 0 else execution.first_body(limit)
