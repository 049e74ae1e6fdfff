"""The attributes that users declare: one class per attribute type, and the relations."""

from __future__ import annotations

from attio_orm.records.relations import Many, Maybe, One
from attio_orm.types.actors import ActorAttribute as Actor
from attio_orm.types.actors import ActorsAttribute as Actors
from attio_orm.types.base import Attribute
from attio_orm.types.choices import MultiSelectAttribute as MultiSelect
from attio_orm.types.choices import SelectAttribute as Select
from attio_orm.types.choices import StatusAttribute as Status
from attio_orm.types.currency import CurrencyAttribute as Currency
from attio_orm.types.dates import DateAttribute as Date
from attio_orm.types.dates import TimestampAttribute as Timestamp
from attio_orm.types.domains import DomainAttribute as Domain
from attio_orm.types.domains import DomainsAttribute as Domains
from attio_orm.types.emails import EmailAddressAttribute as EmailAddress
from attio_orm.types.emails import EmailAddressesAttribute as EmailAddresses
from attio_orm.types.interactions import InteractionAttribute as Interaction
from attio_orm.types.locations import LocationAttribute as Location
from attio_orm.types.names import PersonalNameAttribute as PersonalName
from attio_orm.types.numbers import CheckboxAttribute as Checkbox
from attio_orm.types.numbers import NumberAttribute as Number
from attio_orm.types.numbers import RatingAttribute as Rating
from attio_orm.types.phones import PhoneNumberAttribute as PhoneNumber
from attio_orm.types.phones import PhoneNumbersAttribute as PhoneNumbers
from attio_orm.types.text import TextAttribute as Text

__all__ = [
    "Actor", "Actors", "Attribute", "Checkbox", "Currency", "Date", "Domain", "Domains",
    "EmailAddress", "EmailAddresses", "Interaction", "Location", "Many", "Maybe",
    "MultiSelect", "Number", "One", "PersonalName", "PhoneNumber", "PhoneNumbers", "Rating",
    "Select", "Status", "Text", "Timestamp",
]  # fmt: skip

# Messages about a declaration show the name that its author wrote, as in ``name: Text``.
for _name in __all__:
    _attribute = globals()[_name]
    _attribute.__name__ = _attribute.__qualname__ = _name
    _attribute.__module__ = __name__
