"""Saved views: a query that takes its filter from one, instead of having a filter of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attio_orm import context
from attio_orm.errors import NotFoundError, UnsupportedLookup, ValidationError
from attio_orm.operations import Operation
from attio_orm.query.paths import did_you_mean
from attio_orm.schema import View
from attio_orm.values.codec import show
from attio_orm.values.references import as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attio_orm.connection import Connection
    from attio_orm.query.query import Query

# How many titles an error lists.
_LISTED: Final = 20


def named(view: object) -> str:
    """The title or id that ``view()`` was given. Raises ``ValidationError``."""
    if isinstance(view, View):
        return view.id
    found = as_uuid(view) or view
    if not isinstance(found, str) or not found:
        raise ValidationError(
            f"view() takes the title or the id of a saved view, or a View of views(), not "
            f"{show(view)}."
        )
    return found


def refuse_filter(query: Query[Any], what: str) -> None:
    """Raise ``UnsupportedLookup`` where the query has a view, which takes no filter besides."""
    if query.view is not None:
        name, view = query.model.__name__, show(query.view)
        raise UnsupportedLookup(
            f"{what} on the saved view {view}: Attio takes a saved view or a filter, not both. "
            f"Put the view's records in a filter: {name}.objects.filter("
            f"id__in={name}.objects.view({view}), ...); or change the view in Attio."
        )


def refuse_view(query: Query[Any], what: str) -> None:
    """Raise ``UnsupportedLookup`` where the query has a filter, which takes no view besides."""
    if not query.where.is_empty:
        raise UnsupportedLookup(
            f"{what} on {query.where!r}: Attio takes a saved view or a filter, not both. Put the "
            f"view's records in the filter: filter(id__in={query.model.__name__}.objects."
            f"view(...), ...)."
        )


def listed(query: Query[Any]) -> Operation[list[View]]:
    """The saved views of the model's object, asked for anew."""
    connection = query.connection or context.current()
    connection.check_open()
    return list((yield from _of(connection, query, refresh=True)))


def _of(connection: Connection, query: Query[Any], *, refresh: bool) -> Operation[Sequence[View]]:
    try:
        return (yield from connection.schema.views(query.model._object, refresh=refresh))
    except NotFoundError:
        yield from connection.require_object(query.model)
        raise


def known_id(connection: Connection, query: Query[Any]) -> str | None:
    """The id of the query's view, as far as it is known without a request."""
    assert query.view is not None
    if as_uuid(query.view):
        return query.view
    known = connection.schema.known_views(query.model._object)
    same = [view.id for view in known or () if view.title == query.view]
    return same[0] if len(same) == 1 else None


def id_of(connection: Connection, query: Query[Any]) -> Operation[str]:
    """The id of the query's view. Raises ``ValidationError`` where its title names none, or two."""
    found = known_id(connection, query)
    if found is None:
        views = yield from _of(connection, query, refresh=True)
        same = [view.id for view in views if view.title == query.view]
        if len(same) != 1:
            raise _unclear(query, views, same)
        found = same[0]
    return found


def explain_refusal(connection: Connection, query: Query[Any]) -> Operation[None]:
    """Raise ``ValidationError`` where the view that Attio refused is gone; the titles are fresh."""
    if query.view is None:
        return
    views = yield from _of(connection, query, refresh=True)
    same = [view.id for view in views if query.view in (view.title, view.id)]
    if len(same) != 1:
        raise _unclear(query, views, same)


def _unclear(query: Query[Any], views: Sequence[View], same: Sequence[str]) -> ValidationError:
    view, object = show(query.view), query.model._object
    if same:
        return ValidationError(
            f"view({view}): {object} has {len(same)} saved views of this title. Name one by its "
            f"id: {' or '.join(same)}."
        )
    titles = list(dict.fromkeys(view.title for view in views))
    more = " and more" if len(titles) > _LISTED else ""
    has = ", ".join(map(repr, titles[:_LISTED])) + more if titles else "none"
    hint = did_you_mean(query.view or "", titles)
    return ValidationError(
        f"view({view}): {object} has no such saved view. {hint or f'It has {has}. '}"
        f"Archived ones do not count, and titles are compared exactly."
    )
