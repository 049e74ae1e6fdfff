"""Saved views: a query that takes its filter from one, instead of having a filter of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import NotFoundError, UnsupportedLookup, ValidationError
from attio_orm.records.base import mapper_of
from attio_orm.schema import View
from attio_orm.types.checks import as_uuid
from attio_orm.wording import did_you_mean, show

if TYPE_CHECKING:
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
    connection = query.connection
    connection.check_open()
    return list((yield from _fresh(connection, query)))


def _fresh(connection: BaseConnection, query: Query[Any]) -> Operation[Sequence[View]]:
    try:
        return (yield from connection.schema.views(mapper_of(query.model).object, refresh=True))
    except NotFoundError:
        yield from connection.mapping.require_object(query.model)
        raise


def known_id(connection: BaseConnection, query: Query[Any]) -> str | None:
    """The id of the query's view, as far as it is known without a request."""
    assert query.view is not None
    if as_uuid(query.view):
        return query.view
    known = connection.schema.known_views(mapper_of(query.model).object)
    same = [view.id for view in known or () if view.title == query.view]
    return same[0] if len(same) == 1 else None


def id_of(connection: BaseConnection, query: Query[Any]) -> Operation[str]:
    """The id of the query's view. Raises ``ValidationError`` where its title names none, or two."""
    return known_id(connection, query) or (yield from _fresh_id(connection, query))


def explain_refusal(connection: BaseConnection, query: Query[Any]) -> Operation[None]:
    """Raise ``ValidationError`` where the view that Attio refused is gone; the titles are fresh."""
    if query.view is not None:
        yield from _fresh_id(connection, query)


def _fresh_id(connection: BaseConnection, query: Query[Any]) -> Operation[str]:
    views = yield from _fresh(connection, query)
    # titles need not be unique, so that two views may share one
    same = [view.id for view in views if query.view in (view.title, view.id)]
    if len(same) == 1:
        return same[0]
    view, object = show(query.view), mapper_of(query.model).object
    if same:
        raise ValidationError(
            f"view({view}): {object} has {len(same)} saved views of this title. Name one by its "
            f"id: {' or '.join(same)}."
        )
    titles = list(dict.fromkeys(view.title for view in views))
    more = " and more" if len(titles) > _LISTED else ""
    has = ", ".join(map(repr, titles[:_LISTED])) + more if titles else "none"
    hint = did_you_mean(query.view or "", titles)
    raise ValidationError(
        f"view({view}): {object} has no such saved view. {hint or f'It has {has}. '}"
        f"Archived ones do not count, and titles are compared exactly."
    )
