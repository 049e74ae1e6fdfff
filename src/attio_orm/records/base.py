"""The base of every record: who it is, what its class stands for, and the way to its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, overload

from msgspec import Struct

from attio_orm import errors
from attio_orm.conditions.expressions import Path
from attio_orm.connection.base import BaseConnection
from attio_orm.guards import Whole
from attio_orm.records.identity import EqualById
from attio_orm.schema.definitions import ACTIVITIES
from attio_orm.signals import NeverSends
from attio_orm.types.base import AnyAttribute, HasAttributes
from attio_orm.types.dates import TimestampExpr
from attio_orm.types.references import HasReference, IdExpr, Reference
from attio_orm.types.timestamps import parse_timestamp

if TYPE_CHECKING:
    from attio_orm.records.state import RecordState


OnDrift: TypeAlias = Literal["warn", "raise", "ignore"]


class Mapper(Struct):
    """Made once for each model class, and not changed after that.

    ``object`` is the slug of its object, or ``lists/`` and the slug of its list, or
    ``activities/`` and that of its activity; empty for an abstract class. ``accept_item`` checks
    what comes into a list of a record: assignment does, and stands above the lists. ``attributes``
    are by Python name, those of base classes included; ``by_name`` has them by Python name and,
    where no other has that name, by slug. ``shipped`` classes give way to the application's for
    the same object; ``is_dynamic`` ones were made on the fly, for what nobody declares. ``strict``
    and ``on_drift`` are ``None`` where neither the class nor a base says anything of it.
    ``managers`` are those of the class, each made when it is first reached. ``dumper`` writes its
    records out: made at the first dump. ``cache_ttl`` is for how many seconds a cache may answer
    ``get(id=...)``.
    """

    name: str
    accept_item: Callable[[Record, AnyAttribute, Any], Any]
    object: str = ""
    attributes: Mapping[str, AnyAttribute] = {}
    by_slug: Mapping[str, AnyAttribute] = {}
    by_name: Mapping[str, AnyAttribute] = {}
    own_attributes: Mapping[str, AnyAttribute] = {}
    strict: bool | None = None
    shipped: bool = False
    is_entry: bool = False
    is_dynamic: bool = False
    on_drift: OnDrift | None = None
    cache_ttl: float | None = None
    managers: dict[int, tuple[Any, Any]] = {}
    dumper: Any = None

    @property
    def is_activity(self) -> bool:
        """Whether its records are those of an activity, of which Attio tells no attributes."""
        return self.object.startswith(ACTIVITIES)

    @property
    def has_page(self) -> bool:
        """Whether its records have a page in Attio's web application."""
        return not (self.is_entry or self.is_activity)


class RecordId:
    """The record's UUID; ``None`` before it is created. On the class an expression.

    Type checkers cannot tell a new record from a loaded one, and are told of the latter.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> IdExpr: ...
    @overload
    def __get__(self, instance: HasAttributes, owner: type[Any]) -> str: ...
    def __get__(self, instance: HasAttributes | None, owner: type[Any]) -> Any:
        if instance is None:
            return IdExpr(Path(("id",), owner))
        state: RecordState = instance._state  # pyright: ignore[reportPrivateUsage]
        return state.id


class CreatedAt:
    """When the record was created, an aware ``datetime`` in UTC; ``None`` before that."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> TimestampExpr: ...
    @overload
    def __get__(self, instance: HasAttributes, owner: type[Any]) -> datetime | None: ...
    def __get__(
        self, instance: HasAttributes | None, owner: type[Any]
    ) -> TimestampExpr | datetime | None:
        if instance is None:
            return TimestampExpr(Path(("created_at",), owner))
        state: RecordState = instance._state  # pyright: ignore[reportPrivateUsage]
        if not state.created_at and state.is_deferred:
            state.split()  # which loads it
        moment = created_moment(state.created_at, type(instance), state.id)
        if moment is None:
            return None
        # parsed once: without a ``__set__`` here, the next read finds what the instance has
        vars(instance)["created_at"] = moment
        return moment


def created_moment(text: str, model: type[Any], record_id: str | None) -> datetime | None:
    """When a record was created, by Attio's own text; ``None`` if there is none.

    Raises ``InvalidResponseError`` for what is not a timestamp.
    """
    if not text:
        return None
    try:
        return parse_timestamp(text)
    except ValueError as error:
        raise errors.InvalidResponseError(
            f"The created_at of {model.__name__} {record_id} is not the timestamp that Attio sends "
            f"({error}). Read the record anew; if it stays so, ask what stands between here and "
            f"Attio."
        ) from error


class Record(EqualById, HasReference, NeverSends, Whole):
    """What all rooms below the models know of a record; ``Model`` is what its users know.

    Nearly every name of an instance is its user's, an attribute's: so the state and the mapper
    have names with an underscore, and ``state_of`` and ``mapper_of`` are the way to them.
    """

    __slots__ = ("__dict__", "__weakref__", "_state")

    DoesNotExist: ClassVar[type[errors.DoesNotExist]] = errors.DoesNotExist
    """What this model raises where no record matches; every model has its own subclass."""
    MultipleObjectsReturned: ClassVar[type[errors.MultipleObjectsReturned]] = (
        errors.MultipleObjectsReturned
    )
    """What this model raises where several records match; every model has its own subclass."""

    id = RecordId()
    created_at = CreatedAt()

    _state: RecordState
    _mapper: ClassVar[Mapper]

    @property
    def connection(self) -> BaseConnection | None:
        """The connection this instance came from, ``None`` where it is new or detached."""
        return self._state.connection

    def _reference(self) -> Reference:
        record_id = self._state.id
        if record_id is None:
            raise errors.ValidationError(
                f"This {type(self).__name__} is not saved yet, so nothing can refer to it: save it "
                f"first."
            )
        return Reference(self._mapper.object, record_id)


# functions in C: they are called for every value that is read for the first time
state_of: Callable[[Record], RecordState] = attrgetter("_state")
mapper_of: Callable[[type[Record]], Mapper] = attrgetter("_mapper")

set_state: Callable[[Record, RecordState], None] = vars(Record)["_state"].__set__
"""Gives an instance its state, past ``Model.__setattr__``."""


object_of: Callable[[Record], str] = attrgetter("_mapper.object")
"""The slug of the record's object, or ``lists/`` and the slug of its list."""


def identify(value: object) -> object:
    """What tells related records apart: object and id; a match by a value stands for itself."""
    if isinstance(value, Record):
        return object_of(value), state_of(value).id
    if isinstance(value, Reference):
        return value.object, value.id
    return value
