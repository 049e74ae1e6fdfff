"""What one resource is, beside its class: all that is known of it, and the way there."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeAlias

from msgspec import Struct

from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session

Json: TypeAlias = dict[str, Any]


class ResourceState(Struct):
    """What one resource is, what Attio last told of it, and what was set since.

    ``raw`` is ``None`` where it was never loaded; ``values`` are those that were set, and the lists
    that were handed out and may have been changed, by name. ``scope`` is what else its address
    takes, by name. ``beside`` is what no answer and no pickle has: a file to be sent, a secret.
    """

    id: str | None = None
    raw: Json | None = None
    values: dict[str, Any] = {}
    connection: BaseConnection | None = None
    session: Session | None = None
    scope: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    asynchronous: bool = False
    deleted: bool = False
    loaded_at: float = float("-inf")
    is_unanswered: bool = False  # a create was sent, and nobody knows what became of it


class HasState:
    """What fields know of the resource that they are of."""

    _state: ResourceState  # underscored, as all other names of an instance are its users'

    @property
    def raw(self) -> dict[str, Any]:
        """Attio's own answer, as last loaded; empty before it is created."""
        raise NotImplementedError


resource_state: Callable[[HasState], ResourceState] = attrgetter("_state")


def set_state(instance: HasState, state: ResourceState) -> None:
    """Give an instance its state, past the ``__setattr__`` that refuses unknown names."""
    object.__setattr__(instance, "_state", state)
