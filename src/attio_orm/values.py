"""The values of Attio's attributes, as users see them.

Text is ``str``, a number ``float``, a rating ``int``, a checkbox ``bool``, a date ``date``, a
timestamp an aware ``datetime`` in UTC; the types of this module are the rest. All are immutable,
but for ``TrackedList``, the list that an attribute with several values reads as.
"""

from __future__ import annotations

# msgspec and pydantic look up here what the annotations of these classes name
from datetime import datetime as datetime
from typing import Any as Any

from attio_orm.pickles import public_in
from attio_orm.types.actors import Actor
from attio_orm.types.base import RawValue
from attio_orm.types.choices import Option, StatusValue
from attio_orm.types.currency import Money
from attio_orm.types.domains import Domain
from attio_orm.types.emails import EmailAddress
from attio_orm.types.formatting import format_value
from attio_orm.types.interactions import Interaction
from attio_orm.types.lists import TrackedList, ValueList
from attio_orm.types.locations import Location
from attio_orm.types.names import PersonalName
from attio_orm.types.phones import PhoneNumber
from attio_orm.types.provenance import ValueMeta
from attio_orm.types.references import Reference, ReferenceMatch

__all__ = [
    "Actor", "Domain", "EmailAddress", "Interaction", "Location", "Money", "Option",
    "PersonalName", "PhoneNumber", "RawValue", "Reference", "ReferenceMatch", "StatusValue",
    "TrackedList", "ValueList", "ValueMeta", "format_value",
]  # fmt: skip

public_in(__name__, *(globals()[name] for name in __all__ if name != "format_value"))
