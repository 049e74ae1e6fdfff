"""``includes("notes", "tasks")``: resources of many records, by as few requests as it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session
from attio_orm.effects import Operation, gather
from attio_orm.errors import NotSupportedByAttio, ValidationError
from attio_orm.records.base import Record, mapper_of
from attio_orm.resources.base import endpoints_of
from attio_orm.resources.endpoints import Asked
from attio_orm.resources.loading import loaded
from attio_orm.resources.notes import Note
from attio_orm.resources.queries import ResourceQuerySet
from attio_orm.resources.query import Query, listing_of, pager_of
from attio_orm.resources.reading import everything
from attio_orm.resources.related import include
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import Json
from attio_orm.resources.tasks import Task
from attio_orm.transport.dry_run import PlannedRequest
from attio_orm.types.references import reference_to

if TYPE_CHECKING:
    from attio_orm.query.includes import Include


class _Kind(Struct, frozen=True):
    """What can be included: its class, the filter that means a record, and its path."""

    model: type[Resource]
    lookup: str
    path: str

    def record_ids(self, row: Json) -> list[str]:
        """The records that an answer is about."""
        if self.model is Note:
            return [row["parent_record_id"]]
        return [each["target_record_id"] for each in row["linked_records"]]


_KINDS: Final[Mapping[str, _Kind]] = {
    "notes": _Kind(Note, "parent", "/v2/notes"),
    "tasks": _Kind(Task, "linked_record", "/v2/tasks"),
}


def check(models: Sequence[type[Record]], name: str, path: str, picked: Include | None) -> None:
    """Raise what ``load`` would raise for owners of these models, before anything is read."""
    kind = _KINDS[name]
    for model in models:
        if mapper_of(model).is_activity:
            raise NotSupportedByAttio(
                f'includes("{path}"): Attio has no {name} of the records of activities. Include '
                f"those of the records that they refer to."
            )
        if mapper_of(model).is_entry:
            raise NotSupportedByAttio(
                f'includes("{path}"): Attio has no {name} of list entries. Include those of the '
                f'record: "parent__{name}".'
            )
    if picked is None:
        return
    queryset: Any = picked.resources
    if not isinstance(queryset, ResourceQuerySet) or _model_of(queryset) is not kind.model:
        raise ValidationError(
            f'Include("{path}", ...) takes a queryset of {kind.model.__name__}, e.g. '
            f"{kind.model.__name__}.objects.all()."
        )
    if queryset.query.start or queryset.query.stop is not None:
        raise ValidationError(
            f'Include("{path}", ...) takes no slice: it asks for the {name} of many records at '
            f"once. Slice {picked.to_attr} where it is read."
        )
    if kind.lookup in queryset.query.filters:
        raise ValidationError(
            f'Include("{path}", ...) filters by {kind.lookup} itself, for each record: leave it '
            f"out of the queryset."
        )


def _model_of(queryset: Any) -> Any:
    return queryset.model


def load(
    connection: BaseConnection,
    session: Session,
    owners: Sequence[Record],
    name: str,
    picked: Include | None,
) -> Operation[None]:
    """Bring the resources of these records.

    Where the workspace has no more than a page for each record, it is read whole; else each record
    is asked for, side by side.
    """
    query = Query() if picked is None else cast("ResourceQuerySet[Any]", picked.resources).query
    query = replace(query, connection=connection)  # wherever the queryset was made
    return query.bounded(_load(query, connection, session, owners, name, picked))


def _load(
    query: Query,
    connection: BaseConnection,
    session: Session,
    owners: Sequence[Record],
    name: str,
    picked: Include | None,
) -> Operation[None]:
    kind = _KINDS[name]
    by_id = {reference_to(each).id: each for each in owners}
    if len(by_id) > 1 and (yield from _is_small(kind, query, connection, pages=len(by_id))):
        found = yield from _scanned(kind, query, connection, session, by_id)
    else:
        asked = [
            everything(
                kind.model,
                replace(query, filters={**query.filters, kind.lookup: reference_to(each)}),
                session,
            )
            for each in by_id.values()
        ]
        found = dict(zip(by_id, (yield from gather(asked)), strict=True))
    for each in owners:
        mine = found[reference_to(each).id]
        if picked is None:
            include(each, kind.model, list(mine))
        else:
            vars(each)[picked.to_attr or ""] = tuple(mine)


def _is_small(
    kind: _Kind, query: Query, connection: BaseConnection, *, pages: int
) -> Operation[bool]:
    """Whether the whole list has so many pages at most: one request."""
    beyond = pages * listing_of(kind.model).page
    asked = Asked(query.filters, query.order, 1, beyond)
    rows, _ = yield from endpoints_of(kind.model).page(connection, asked)
    return not rows


def _scanned(
    kind: _Kind,
    query: Query,
    connection: BaseConnection,
    session: Session,
    by_id: Mapping[str, Record],
) -> Operation[dict[str, list[Any]]]:
    pager, rows = pager_of(kind.model, query, connection), list[Json]()
    while not pager.done:
        page = yield from pager.next_page()
        # of the others nothing is made
        rows += (row for row in page if not by_id.keys().isdisjoint(kind.record_ids(row)))
    made = yield from loaded(kind.model, rows, connection, session)
    found: dict[str, list[Any]] = {each: [] for each in by_id}
    for row, each in zip(rows, made, strict=True):
        for id in dict.fromkeys(kind.record_ids(row)):
            if id in found:
                found[id].append(each)
    return found


def planned(name: str, path: str) -> list[PlannedRequest]:
    """What loading sends, as far as that is known before."""
    kind = _KINDS[name]
    page = listing_of(kind.model).page
    about = (
        f"includes {path}: one probe, of several records; where the workspace has no more than a "
        f"page of {page} for each of them, one for each page, else one for each record"
    )
    return [PlannedRequest("GET", kind.path, purpose=about, exact=False)]
