"""All attribute types by name."""

from __future__ import annotations

from attio_orm.sandbox.values.choices import SelectType, StatusType
from attio_orm.sandbox.values.contacts import (
    DomainType,
    EmailType,
    LocationType,
    NameType,
    PhoneType,
)
from attio_orm.sandbox.values.plain import (
    CheckboxType,
    CurrencyType,
    DateType,
    InteractionType,
    NumberType,
    RatingType,
    TextType,
    TimestampType,
)
from attio_orm.sandbox.values.references import TYPES_BY_NAME, ActorType, RecordType

TYPES = TYPES_BY_NAME
for _kind in (
    TextType, NumberType, CheckboxType, CurrencyType, DateType, TimestampType, RatingType,
    StatusType, SelectType, RecordType, ActorType, LocationType, DomainType, EmailType,
    PhoneType, InteractionType, NameType,
):  # fmt: skip
    TYPES[_kind.name] = _kind()

CREATABLE = tuple(name for name in TYPES if name not in ("interaction", "personal-name"))
