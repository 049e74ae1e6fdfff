"""``Manager``: what ``Model.objects`` is. Every method of a queryset, and not itself iterable."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from copy import copy
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Self,
    SupportsIndex,
    TypeVar,
    cast,
    overload,
)

from attio_orm.conditions.expressions import Order
from attio_orm.conditions.q import Q
from attio_orm.connection.base import BaseConnection
from attio_orm.models.query_methods import QueryMethods
from attio_orm.models.queryset import QuerySet
from attio_orm.query.includes import Include
from attio_orm.query.query import Query
from attio_orm.query.source import Source
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.loading import FetchMode
from attio_orm.schema import View
from attio_orm.signals import NeverSends

if TYPE_CHECKING:
    from uuid import UUID

M = TypeVar("M", bound=Record)
S = TypeVar("S", bound=QuerySet[Any])


class ManagerDescriptor:
    """The manager of the class: the way to its records. Instances have none."""

    _name = "objects"

    def __get__(self, instance: None, owner: type[M]) -> Manager[M]:
        if instance is None:
            made: tuple[object, Manager[M]] | None = mapper_of(owner).managers.get(id(self))
            if made is not None:
                return made[1]
        _check_owner(instance, owner, self._name)
        # by this object, which is kept with it: a class may be given another one under its name
        made = mapper_of(owner).managers.setdefault(id(self), (self, self._of(owner)))
        return made[1]

    def _of(self, owner: type[Any]) -> Any:
        """The manager of one class."""
        return Manager(owner)


class Manager(ManagerDescriptor, QueryMethods[M], NeverSends, Generic[M]):
    """The way to a model's records: ``Person.objects.filter(...)``."""

    queryset_class: ClassVar[type[QuerySet[Any]]] = QuerySet
    # whether it begins with all records: a ``get_queryset`` of one's own may narrow them
    _is_whole: ClassVar[bool] = True
    _whole: Query[M] | None = None  # the query of all, made once

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._is_whole = cls.get_queryset is cast("Any", Manager).get_queryset

    def __init__(self, model: type[M] | None = None) -> None:
        self._model = model  # ``None`` in a class body, where there is no model yet

    @classmethod
    def from_queryset(cls, queryset_class: type[S]) -> Callable[[], S]:
        """A manager class that has the methods and properties of a queryset class of yours as well.

        ``objects = Manager.from_queryset(PersonQuerySet)()`` in the class body puts it to use. Type
        checkers see the queryset class, so that its methods keep their types.
        """
        own = {name: _forward(name, given) for name, given in _own(cls, queryset_class)}
        name = f"{cls.__name__}From{queryset_class.__name__}"
        made = type(name, (cls,), {**own, "queryset_class": queryset_class})
        return cast("Callable[[], S]", made)

    @property
    def model(self) -> type[M]:
        """The model whose records these are."""
        assert self._model is not None
        return self._model

    def get_queryset(self) -> QuerySet[M]:
        """The queryset every method starts from; override it to narrow what a manager gives."""
        return self.queryset_class(self._model or self.model)

    def _methods(self) -> QueryMethods[M]:
        return self.get_queryset()

    def _to_query(self, *conditions: Q, **lookups: object) -> Query[M]:
        return self._methods()._to_query(*conditions, **lookups)

    def _to_unfetched(self) -> Query[M]:
        return self._methods()._to_unfetched()

    def _start(self) -> Query[M]:
        start = self._whole
        if start is None:
            start = self._methods()._to_unfetched()  # of a queryset that nobody else has
            if self._is_whole:
                self._whole = start
        return start

    def filter(self, *conditions: Q, **lookups: object) -> QuerySet[M]:
        """The records that meet all of these conditions."""
        return self.get_queryset().filter(*conditions, **lookups)

    def exclude(self, *conditions: Q, **lookups: object) -> QuerySet[M]:
        """The records that do not meet all of these; those without a value stay."""
        return self.get_queryset().exclude(*conditions, **lookups)

    def view(self, view: str | UUID | View) -> QuerySet[M]:
        """The records of a saved view, by its title, its id, or a ``View`` of ``views()``."""
        return self.get_queryset().view(view)

    def order_by(self, *orders: str | Order) -> QuerySet[M]:
        """All records, sorted by these."""
        return self.get_queryset().order_by(*orders)

    def reverse(self) -> QuerySet[M]:
        """All records, the newest first."""
        return self.get_queryset().reverse()

    def includes(self, *relations: str | Include) -> QuerySet[M]:
        """All records, with these relations loaded."""
        return self.get_queryset().includes(*relations)

    def fetch_mode(self, mode: FetchMode) -> QuerySet[M]:
        """All records, with this way of loading relations."""
        return self.get_queryset().fetch_mode(mode)

    def using(
        self,
        source: BaseConnection | Source | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_attempts: int | None = None,
    ) -> QuerySet[M]:
        """The records on this connection instead of the current one, or with limits of its own.

        ``timeout`` (seconds a wait), ``deadline`` (seconds a call) and ``max_attempts`` are those
        of ``connect()``, for what the queryset sends alone.
        """
        return self.get_queryset().using(
            source, timeout=timeout, deadline=deadline, max_attempts=max_attempts
        )

    def cached(self, ttl: float | None = None, *, stale_if_error: float = 0.0) -> QuerySet[M]:
        """All records, from the connection's cache where that has them."""
        return self.get_queryset().cached(ttl, stale_if_error=stale_if_error)

    def all(self) -> QuerySet[M]:
        """All records."""
        return self.get_queryset()

    def none(self) -> QuerySet[M]:
        """No records; sends nothing."""
        return self.get_queryset().none()

    @overload
    def __getitem__(self, index: SupportsIndex) -> M: ...
    @overload
    def __getitem__(self, index: slice) -> QuerySet[M]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> M | QuerySet[M]:
        return self.get_queryset()[index]

    if TYPE_CHECKING:
        __iter__ = None  # so that type checkers refuse such a loop as well
    else:

        def __iter__(self) -> Any:
            # it would send a query each time, where a queryset keeps what it has read
            raise TypeError(f"{self!r} is not iterable by itself: iterate over .all() or a slice.")

        __aiter__ = __iter__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    if TYPE_CHECKING:
        # A manager of one's own is given as it is, so that its methods keep their types: the stock
        # one, which a class with none declares, gives ``Manager[M]`` for the class it is asked of.
        def __get__(self, instance: None, owner: type[Any]) -> Self: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]

    def _of(self, owner: type[Any]) -> Any:
        # a copy, with all that its own __init__ took: one in a base class serves all that derive
        manager = copy(self)
        manager._model, manager._whole = owner, None
        return manager

    def __repr__(self) -> str:
        if self._model is None:
            return f"<{type(self).__name__}, not reached on a model>"
        name = self._model.__name__
        return f"<{type(self).__name__} of {name}: use .all(), .filter(...), or a slice>"


def _check_owner(instance: object, owner: type[Record], name: str) -> None:
    """Raise for an instance, which has no manager, and for an abstract class."""
    if instance is not None:
        raise AttributeError(
            f"A manager is reached on the class: {owner.__name__}.{name}, not on one "
            f"{owner.__name__}."
        )
    if not mapper_of(owner).object:
        raise TypeError(f"{owner.__name__} is abstract, and has no records.")


def _own(
    manager_class: type[Manager[Any]], queryset_class: type[QuerySet[Any]]
) -> Iterator[tuple[str, Any]]:
    """What the queryset class adds or overrides, but for what the manager class does itself."""
    for name in dir(queryset_class):
        # static, as a property of theirs would be read here, without any records
        given, stock = _static(queryset_class, name), _static(Manager, name)
        if name.startswith("_") or given is _static(QuerySet, name):
            continue
        of_managers_alone = stock is not None and not hasattr(QuerySet, name)
        if not of_managers_alone and _static(manager_class, name) is stock:
            yield name, given


def _static(owner: type[Any], name: str) -> Any:
    """What a class has under a name, without calling a descriptor."""
    return inspect.getattr_static(owner, name, None)


def _forward(name: str, given: object) -> Any:
    if not callable(given) and not isinstance(given, classmethod | staticmethod):
        return property(lambda self: getattr(self.get_queryset(), name), doc=given.__doc__)

    def method(self: Manager[Any], *args: object, **kwargs: object) -> Any:
        return getattr(self.get_queryset(), name)(*args, **kwargs)

    method.__name__, method.__doc__ = name, given.__doc__
    return method
