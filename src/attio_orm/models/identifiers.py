"""``id`` and ``created_at``: what every record has, beside its attributes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

from attio_orm.query import expressions as x
from attio_orm.values import parse_timestamp

if TYPE_CHECKING:
    from attio_orm.models.model import Model


class RecordId:
    """The record's UUID; ``None`` before it is created. On the class an expression."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> x.IdExpr: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any]) -> str | None: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        return x.IdExpr(x.Path(("id",), owner)) if instance is None else instance._state.id


class CreatedAt:
    """When the record was created, an aware ``datetime`` in UTC; ``None`` before that."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> x.TimestampExpr: ...
    @overload
    def __get__(self, instance: Model, owner: type[Any]) -> datetime | None: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return x.TimestampExpr(x.Path(("created_at",), owner))
        state = instance._state
        if not state.created_at and instance._is_deferred:
            instance._split()
        if not state.created_at:
            return None
        moment = instance.__dict__["created_at"] = parse_timestamp(state.created_at)
        return moment
