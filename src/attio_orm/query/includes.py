"""What ``includes()`` is given: its paths as a tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from attio_orm.errors import ValidationError
from attio_orm.pickles import pickled_as
from attio_orm.query.saved_views import refuse_filter

if TYPE_CHECKING:
    from attio_orm.query.query import Query

MAX_DEPTH = 25  # each level is a round of requests, and of recursion


class HasQuery(Protocol):
    """The results of a queryset, as far as an ``Include`` needs them."""

    query: Query[Any]


class Includable(Protocol):
    """A queryset, as far as an ``Include`` needs it."""

    def __subquery__(self) -> HasQuery:
        """What it stands for inside another query."""
        ...


class IncludableResources(Protocol):
    """A queryset of notes or tasks, as far as an ``Include`` needs it."""

    def __included__(self) -> object:
        """Itself; the room of resources knows what to do with it."""
        ...


class Include:
    """A relation to load with the records, from a queryset of its own.

    ``Include("associated_deals", Deal.objects.filter(stage="Won"), to_attr="won")`` puts the
    related records that the queryset gives, in its order, into ``to_attr``, a read-only tuple.
    """

    __slots__ = ("path", "query", "resources", "to_attr")

    def __init__(
        self,
        path: str,
        queryset: Includable | IncludableResources | None = None,
        *,
        to_attr: str | None = None,
    ) -> None:
        if (queryset is None) != (to_attr is None):
            raise ValidationError(
                f'Include("{path}", ...) takes a queryset and to_attr together: the relation '
                f"itself always holds all related records, what a queryset picks goes into to_attr."
            )
        if to_attr is not None and (not to_attr.isidentifier() or to_attr.startswith("_")):
            raise ValidationError(f"to_attr={to_attr!r} is not a name an attribute can have.")
        given: Any = queryset
        resources: object = None
        query: Query[Any] | None = None
        if hasattr(given, "__included__"):
            resources = given.__included__()
        elif given is not None:
            query = given.__subquery__().query
        if query is not None and query.sliced:
            raise ValidationError(
                f'Include("{path}", ...) takes no slice: it asks for the related records of many '
                f"records at once. Slice {to_attr} where it is read."
            )
        if query is not None:
            refuse_filter(query, f'Include("{path}", ...)')
        self.path = path
        self.query: Query[Any] | None = query
        self.resources = resources
        self.to_attr = to_attr

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        old = state[1].pop("queryset", None)  # in place of the query: pickles made until 0.1
        self.query = None if old is None else old.__subquery__().query
        self.resources = None
        for name, value in state[1].items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        more = f", to_attr={self.to_attr!r}" if self.to_attr else ""
        return f"Include({self.path!r}{more})"


class IncludeTree:
    """The relations to load at one level, and what to load behind each.

    ``paths`` are those it was made of; it is not changed once it is made.
    """

    __slots__ = ("branches", "paths", "picks")

    def __init__(self, paths: tuple[str | Include, ...] = ()) -> None:
        self.paths = paths
        self.branches: dict[str, IncludeTree] = {}
        self.picks: list[tuple[str, Include]] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return parse_includes, (self.paths,)  # what pickles hold does not depend on the tree

    def pick(self, name: str, include: Include) -> None:
        """Add one with a queryset. Raises ``ValidationError`` where its ``to_attr`` is taken."""
        for _, other in self.picks:
            if other is include:  # ``includes()`` gives all paths again with the new ones
                return
            if other.to_attr == include.to_attr:
                raise ValidationError(
                    f'Include("{other.path}", ...) and Include("{include.path}", ...) are both to '
                    f"be found in to_attr={include.to_attr!r}: give each a name of its own."
                )
        self.picks.append((name, include))


@pickled_as("includes")
def parse_includes(paths: Iterable[str | Include]) -> IncludeTree:
    """``("company__team", "company")`` as a tree without repeats."""
    root = IncludeTree(tuple(paths))
    for path in root.paths:
        if not isinstance(path, str | Include):
            raise TypeError(f"includes() takes names of relations (or Include(...)), not {path!r}.")
        include = path if isinstance(path, Include) else Include(path)
        text = include.path
        names = text.split("__")
        if not all(names):
            raise ValidationError(f"includes({text!r}): a relation has no name between its '__'.")
        if len(names) > MAX_DEPTH:
            raise ValidationError(
                f"includes() follows at most {MAX_DEPTH} relations, and {text[:30]}.. "
                f"has {len(names)}: load the first ones, and the rest of those with load()."
            )
        tree = root
        # a queryset's own records are not a branch: what it includes, it loads itself
        for name in names if include.to_attr is None else names[:-1]:
            tree = tree.branches.setdefault(name, IncludeTree())
        if include.to_attr is not None:
            tree.pick(names[-1], include)
    return root


NO_INCLUDES = IncludeTree()
