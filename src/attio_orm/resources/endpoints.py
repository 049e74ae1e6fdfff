"""What Attio has for one class of resources: its list, and an operation for each endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct

from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import NotSupportedByAttio, ReadOnlyAttributeError
from attio_orm.records.changes import Change
from attio_orm.resources.state import HasState, Json
from attio_orm.transport import Settle
from attio_orm.wording import with_article

R = TypeVar("R", bound=HasState)

Changes: TypeAlias = Mapping[str, Change]
Page: TypeAlias = tuple[list[Json], "str | None"]
"""The items of one page, and the cursor of the next one where it has one."""
Scope: TypeAlias = Mapping[str, Any]
"""What else the address of a resource takes beside its id, as filters name it."""


class Listing(Struct, frozen=True):
    """What Attio's list of a resource takes; anything else is refused before it is sent.

    ``page`` is how many it gives at once. ``lookups`` are its filters, each with what checks its
    value; ``orders`` what it sorts by, either way. One of ``needs`` has to be given, and of
    ``alone`` one at most, because Attio finds what meets either.
    """

    by: Literal["offset", "cursor", "whole"]
    page: int
    lookups: Mapping[str, Callable[[Any], Any]] = {}
    orders: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


class Asked(Struct, frozen=True):
    """One request for a list. ``order`` is a name, with a ``-`` in front for the other way."""

    filters: Mapping[str, Any]
    order: str | None = None
    limit: int = 0
    offset: int = 0
    cursor: str | None = None


class Endpoints(Generic[R]):
    """What Attio has for the resources of a class; what it lacks raises, before anything is sent.

    ``key`` is of the id among those that an answer has, ``noun`` what messages call one.
    """

    key = "id"
    noun = "resource"
    listing = Listing("whole", 0)

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        """One, by its id."""
        raise NotSupportedByAttio(f"Attio gives no {self.noun} by its id: use filter(...).")

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        """One request for a list."""
        raise NotImplementedError

    def insert(self, connection: BaseConnection, instance: R, /) -> Operation[Json]:
        """The request that creates it."""
        raise ReadOnlyAttributeError(f"Attio has no way to create {with_article(self.noun)}.")

    def update(
        self, connection: BaseConnection, instance: R, /, changes: Changes, settle: Settle
    ) -> Operation[Json]:
        """The request that changes it; what may be written once alone never comes here."""
        raise ReadOnlyAttributeError(f"Attio has no way to change {with_article(self.noun)}.")

    def remove(self, connection: BaseConnection, instance: R, /) -> Operation[None]:
        """The request that deletes it."""
        raise NotSupportedByAttio(f"Attio has no way to delete {with_article(self.noun)}.")

    def before(self, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        """What reading these answers takes, such as the slugs of objects."""
        return
        yield  # an operation, which most often does nothing

    def bring(self, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        """What comes with a list, such as the members, which async code could not ask for later."""
        return
        yield

    def prepare(self, connection: BaseConnection, instance: R, /) -> Operation[None]:
        """What comes before a change is looked at, such as the ids of members given by e-mail."""
        return
        yield

    def merge(self, instance: R, /, row: Json, changes: Changes) -> Json:
        """The body of a change of lists, whose additions and removals go into what ``row`` has."""
        raise NotImplementedError

    def check(self, instance: R, /) -> None:
        """Raise ``ValidationError`` for what fields cannot tell by themselves, before a save."""
