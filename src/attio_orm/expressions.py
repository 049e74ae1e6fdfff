"""The class expressions, for annotations: what an attribute is on its class, one per type."""

from __future__ import annotations

from attio_orm.conditions.expressions import (
    CalendarExpr,
    Expr,
    MatchedExpr,
    MomentExpr,
    Order,
    OrderedExpr,
    TextExpr,
)
from attio_orm.pickles import public_in
from attio_orm.types.actors import ActorExpr
from attio_orm.types.choices import SelectExpr, StatusExpr
from attio_orm.types.currency import CurrencyExpr
from attio_orm.types.dates import DateExpr, TimestampExpr
from attio_orm.types.domains import DomainExpr
from attio_orm.types.emails import EmailExpr
from attio_orm.types.interactions import InteractionExpr
from attio_orm.types.locations import LocationExpr
from attio_orm.types.names import NameExpr
from attio_orm.types.numbers import CheckboxExpr, NumberExpr
from attio_orm.types.phones import PhoneExpr
from attio_orm.types.references import IdExpr

__all__ = [
    "ActorExpr", "CalendarExpr", "CheckboxExpr", "CurrencyExpr", "DateExpr", "DomainExpr",
    "EmailExpr", "Expr", "IdExpr", "InteractionExpr", "LocationExpr", "MatchedExpr", "MomentExpr",
    "NameExpr", "NumberExpr", "Order", "OrderedExpr", "PhoneExpr", "SelectExpr", "StatusExpr",
    "TextExpr", "TimestampExpr",
]  # fmt: skip

public_in(__name__, *(globals()[name] for name in __all__))
