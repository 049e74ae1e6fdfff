"""The values of Attio's attributes, as users see them.

Text is ``str``, a number ``float``, a rating ``int``, a checkbox ``bool``, a date ``date``, a
timestamp an aware ``datetime`` in UTC; the types of this package are the rest. All are immutable,
but for ``TrackedList``, the list that an attribute with several values reads as.
"""

from __future__ import annotations

from attio_orm.values.actors import Actor
from attio_orm.values.choices import Option, StatusValue, check_choice
from attio_orm.values.codec import AttributeSpec, Codec
from attio_orm.values.codecs import codec_for
from attio_orm.values.domains import Domain
from attio_orm.values.emails import EmailAddress
from attio_orm.values.interactions import Interaction
from attio_orm.values.lists import TrackedList, ValueList
from attio_orm.values.locations import Location
from attio_orm.values.money import Money
from attio_orm.values.names import PersonalName
from attio_orm.values.phones import PhoneNumber
from attio_orm.values.raw import RawValue
from attio_orm.values.references import Reference, ReferenceMatch
from attio_orm.values.timestamps import parse_timestamp

__all__ = [
    "Actor",
    "AttributeSpec",
    "Codec",
    "Domain",
    "EmailAddress",
    "Interaction",
    "Location",
    "Money",
    "Option",
    "PersonalName",
    "PhoneNumber",
    "RawValue",
    "Reference",
    "ReferenceMatch",
    "StatusValue",
    "TrackedList",
    "ValueList",
    "check_choice",
    "codec_for",
    "parse_timestamp",
]
