"""``BaseResource``: what all of the room know of a resource; ``Resource`` is what users know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, ClassVar, TypeGuard

from attio_orm import errors
from attio_orm.connection.base import BaseConnection
from attio_orm.guards import Whole
from attio_orm.records.changes import Change
from attio_orm.records.identity import EqualById
from attio_orm.resources.endpoints import Endpoints
from attio_orm.resources.fields import MOMENT, Field, read_moment
from attio_orm.resources.state import HasState, ResourceState, set_state
from attio_orm.signals import NeverSends
from attio_orm.wording import did_you_mean, show


class BaseResource(EqualById, HasState, NeverSends, Whole):
    """Its fields and endpoints, its identity, and what was changed of it."""

    DoesNotExist: ClassVar[type[errors.DoesNotExist]] = errors.DoesNotExist
    """What this class raises where there is none; every class has its own subclass."""
    MultipleObjectsReturned: ClassVar[type[errors.MultipleObjectsReturned]] = (
        errors.MultipleObjectsReturned
    )
    """What this class raises where several match; every class has its own subclass."""

    created_at: Field[datetime | None, datetime | None] = Field(
        "created_at", read=read_moment, schema=MOMENT
    )

    _state: ResourceState
    _endpoints: ClassVar[Endpoints[Any]] = Endpoints()
    _fields: ClassVar[dict[str, Field[Any, Any]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls._fields = _found_fields(cls)
        cls.DoesNotExist = _exception(cls, "DoesNotExist")
        cls.MultipleObjectsReturned = _exception(cls, "MultipleObjectsReturned")

    def __init__(self, **values: object) -> None:
        set_state(self, ResourceState())
        for name, value in values.items():
            if name not in self._fields:
                raise unknown_name(type(self), name)
            setattr(self, name, value)

    @property
    def id(self) -> str | None:
        """Its UUID; ``None`` before it is created."""
        return self._state.id

    @property
    def connection(self) -> BaseConnection | None:
        """The connection it came from, ``None`` where it is new or detached."""
        return self._state.connection

    @property
    def changes(self) -> dict[str, Change]:
        """What differs from what was loaded: name to ``Change(old, new)``.

        Raises ``ValidationError`` where a list was given something that it cannot hold.
        """
        found: dict[str, Change] = {}
        for name, value in self._state.values.items():
            field = self._fields[name]
            new, old = field.accepted(value), field.loaded(self)
            if self._state.id is None or field.key(new) != field.key(old):
                found[name] = Change(old, new)
        return found

    @property
    def is_changed(self) -> bool:
        """Whether saving would send anything."""
        return self._state.id is None or bool(self.changes)

    def __repr__(self) -> str:
        state, name = self._state, type(self).__name__
        if state.id is None:
            return f"<{name} new: {', '.join(state.values) or 'empty'}>"
        raw = state.raw or {}
        title = next((raw[each] for each in ("title", "name", "content_plaintext", "subject_line")
                      if isinstance(raw.get(each), str)), None)  # fmt: skip
        return f"<{name} {state.id}{'' if title is None else f' {show(title)}'}>"


endpoints_of: Callable[[type[BaseResource]], Endpoints[Any]] = attrgetter("_endpoints")

fields_of: Callable[[type[BaseResource]], dict[str, Field[Any, Any]]] = attrgetter("_fields")
"""The fields of a class by name, those of its bases first."""


def unknown_name(model: type[BaseResource], name: str) -> errors.UnknownAttributeError:
    """The error for a name that a class does not have."""
    known = ["id", *fields_of(model)]
    return errors.UnknownAttributeError(
        f"{model.__name__} has no {name!r}. {did_you_mean(name, dir(model))}"
        f"Its fields: {', '.join(known)}."
    )


def gone(instance: BaseResource) -> errors.DoesNotExist:
    """The error for what is no longer there."""
    return instance.DoesNotExist(
        f"{type(instance).__name__} {instance.id} no longer exists in the workspace."
    )


def _is_field(value: object) -> TypeGuard[Field[Any, Any]]:
    return isinstance(value, Field)


def _found_fields(model: type[Any]) -> dict[str, Field[Any, Any]]:
    found: dict[str, Field[Any, Any]] = {}
    for kind in reversed(model.__mro__):
        for name, each in vars(kind).items():
            if _is_field(each):
                found[name] = each
    return found


def _exception(cls: type[BaseResource], name: str) -> Any:
    """The class's own subclass of the exceptions of its bases."""
    bases = tuple(
        dict.fromkeys(getattr(base, name) for base in cls.__bases__ if hasattr(base, name))
    )
    return type(
        name, bases, {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.{name}"}
    )
