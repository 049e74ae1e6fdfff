"""E-mail addresses."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from attio_orm.conditions.expressions import MatchedExpr, Part, TextExpr
from attio_orm.conditions.lookups import EQUAL, MATCHED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import Attribute, AttributeSpec, JsonValue, Several
from attio_orm.types.checks import refuse_unseen
from attio_orm.types.domains import is_host
from attio_orm.types.lists import ValueList
from attio_orm.types.provenance import ValueWire
from attio_orm.types.text import PartsCodec, TextWithParts, clean_line, clean_text, plain
from attio_orm.wording import show

_ADVICE = 'give an e-mail address, e.g. "ada@lovelace.dev".'
_NOUN = "e-mail address"
_LONGEST = 320  # 64 before the @, 255 behind it, as RFC 5321 has it

# what may stand before the @: no space, control character or one of RFC 5322's specials, and no dot
# at an end or beside another dot
_LOCAL = r'[^\s\x00-\x1f\x7f@.,;:<>()\[\]\\"]+(?:\.[^\s\x00-\x1f\x7f@.,;:<>()\[\]\\"]+)*'

_COMPARED = ("email_address", "email_domain", "email_root_domain", "email_local_specifier")


class EmailWire(ValueWire, gc=False, tag_field="attribute_type", tag="email-address"):
    """An e-mail address as Attio sends it."""

    email_address: str | None = None
    original_email_address: str | None = None
    email_domain: str | None = None
    email_root_domain: str | None = None
    email_local_specifier: str | None = None


class EmailAddress(TextWithParts):
    """An e-mail address: the ``str`` in lower case, as Attio keeps it, with its parts."""

    __slots__ = ()

    shape = EmailWire
    wire: EmailWire

    def __new__(cls, email_address: str) -> EmailAddress:
        """Make an address from its text, which is put into lower case."""
        text = str.__str__(email_address).strip()
        return cls.from_wire(text.lower(), EmailWire(original_email_address=text))

    @property
    def email_domain(self) -> str:
        """What stands after the ``@``."""
        return self.wire.email_domain or self.rpartition("@")[2]

    @property
    def email_root_domain(self) -> str | None:
        """The domain that somebody registered; ``None`` until Attio has said it."""
        return self.wire.email_root_domain

    @property
    def email_local_specifier(self) -> str:
        """What stands before the ``@``."""
        return self.wire.email_local_specifier or self.rpartition("@")[0]

    @property
    def original_email_address(self) -> str:
        """The address as it was first written."""
        return self.wire.original_email_address or str.__str__(self)


def as_email(value: object) -> EmailAddress:
    """The one address in a ``str``. Raises ``ValidationError``."""
    if isinstance(value, EmailAddress) and value.wire.email_address is not None:
        return value  # as Attio sent it: there is nothing to check
    text = clean_line(value, _ADVICE)
    refuse_unseen(text, _NOUN)
    local, at, domain = text.lower().rpartition("@")
    if not at or not re.fullmatch(_LOCAL, local) or not is_host(domain) or len(text) > _LONGEST:
        raise ValidationError(f"{show(text)} is not a valid e-mail address: {_ADVICE}")
    return EmailAddress(text)


class EmailCodec(PartsCodec[EmailAddress]):
    """E-mail addresses, as ``EmailAddress``; the same whatever their case."""

    type = "email-address"
    json_schema: ClassVar = {"type": "string", "format": "email"}
    shape = EmailWire
    lookups = TypeLookups("email_address", dict.fromkeys(_COMPARED, EQUAL | MATCHED))
    member = "email_address"
    texts = ("email_address", "original_email_address")
    text = value_class = EmailAddress
    dumped_as_text = True

    def unwrap(self, given: dict[Any, Any]) -> object:
        """The address in ``{"email_address": "ada@lovelace.dev"}``, as it was first written."""
        if not set(given) <= set(EmailWire.__struct_fields__):
            return given
        return given.get("original_email_address") or given.get("email_address") or given

    def coerce(self, value: object, attr: AttributeSpec) -> EmailAddress:
        """A ``str`` that is one address."""
        return as_email(value)

    def write(self, value: EmailAddress) -> JsonValue:
        return value.original_email_address  # Attio keeps this spelling beside the lower case

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The text to compare with, in lower case as Attio keeps it."""
        text = clean_text(value, "compare an e-mail address with a str.").strip()
        refuse_unseen(text, _NOUN)
        return text.lower()

    def dump(self, value: EmailAddress) -> JsonValue:
        return plain(value)


class EmailExpr(MatchedExpr[str]):
    """An e-mail address; of a list of them, any."""

    email_domain = Part(TextExpr)
    """What follows the @: ``mail.acme.com``."""
    email_root_domain = Part(TextExpr)
    """The registrable domain of the address: ``acme.com``."""
    email_local_specifier = Part(TextExpr)
    """What precedes the @."""


class EmailAddressAttribute(Attribute[EmailExpr, EmailAddress | None, str | None]):
    """One e-mail address.

    See https://docs.attio.com/docs/attribute-types/attribute-types-email-address.
    """

    codec = EmailCodec()
    expression = EmailExpr


class EmailAddressesAttribute(
    Attribute[EmailExpr, ValueList[EmailAddress, str], Several[str] | list[EmailAddress]]
):
    """E-mail addresses, as a list without repeats."""

    codec = EmailAddressAttribute.codec
    multi = True
    expression = EmailExpr


ATTRIBUTES = (EmailAddressAttribute, EmailAddressesAttribute)
