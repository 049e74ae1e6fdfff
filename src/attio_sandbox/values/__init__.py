"""The 17 attribute types: what each takes, stores, gives back and can be filtered by."""

from attio_sandbox.values.base import TYPES
from attio_sandbox.values.choices import SelectType, StatusType
from attio_sandbox.values.contacts import DomainType, EmailType, LocationType, NameType, PhoneType
from attio_sandbox.values.plain import (
    CheckboxType,
    CurrencyType,
    DateType,
    InteractionType,
    NumberType,
    RatingType,
    TextType,
    TimestampType,
)
from attio_sandbox.values.references import ActorType, RecordType

__all__ = ["CREATABLE", "TYPES"]

for _kind in (
    TextType, NumberType, CheckboxType, CurrencyType, DateType, TimestampType, RatingType,
    StatusType, SelectType, RecordType, ActorType, LocationType, DomainType, EmailType,
    PhoneType, InteractionType, NameType,
):  # fmt: skip
    TYPES[_kind.name] = _kind()

# The specification lists these; the documentation doubts domain and email-address (facts.md 3).
CREATABLE = tuple(name for name in TYPES if name not in ("interaction", "personal-name"))
