"""E-mail addresses."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, clean_text, show
from attio_orm.values.domains import is_host
from attio_orm.values.parts import TextWithParts

_ADVICE = 'give an e-mail address, e.g. "ada@lovelace.dev".'
_LONGEST = 320

# what may stand before the @: no space, control character or one of RFC 5322's specials, and no dot
# at an end or beside another dot
_LOCAL = r'[^\s\x00-\x1f\x7f@.,;:<>()\[\]\\"]+(?:\.[^\s\x00-\x1f\x7f@.,;:<>()\[\]\\"]+)*'


class EmailWire(Struct, gc=False, tag_field="attribute_type", tag="email-address"):
    """An e-mail address as Attio sends it."""

    email_address: str | None = None
    original_email_address: str | None = None
    email_domain: str | None = None
    email_root_domain: str | None = None
    email_local_specifier: str | None = None


class EmailAddress(TextWithParts):
    """An e-mail address: the ``str`` in lower case, as Attio keeps it, with its parts."""

    __slots__ = ()

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


class EmailCodec(Codec[EmailAddress]):
    """E-mail addresses, as ``EmailAddress``; the same whatever their case.

    https://docs.attio.com/docs/attribute-types/attribute-types-email-address
    """

    type = "email-address"
    shape = EmailWire
    member = "email_address"
    text = EmailAddress

    def read(self, wire: EmailWire) -> EmailAddress | None:
        """The address."""
        text = wire.email_address
        if text is None:
            text = wire.original_email_address
            if text is None:
                return None
        email = str.__new__(EmailAddress, text)
        email.wire = wire
        return email

    def coerce(self, value: object, attr: AttributeSpec) -> EmailAddress:
        """A ``str`` that is one address."""
        if isinstance(value, EmailAddress) and value.wire.email_address is not None:
            return value
        text = clean_line(value, _ADVICE)
        local, at, domain = text.lower().rpartition("@")
        if not at or not re.fullmatch(_LOCAL, local) or not is_host(domain) or len(text) > _LONGEST:
            raise ValidationError(f"{show(text)} is no e-mail address: {_ADVICE}")
        return EmailAddress(text)

    def write(self, value: EmailAddress) -> Any:
        """The address as it was given."""
        return value.original_email_address

    def key(self, value: EmailAddress) -> str:
        """The address in lower case."""
        return value.lower()

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The text to compare with, in lower case as Attio keeps it."""
        text = clean_text(value, "compare an e-mail address with a str.").strip()
        return text if prop == "original_email_address" else text.lower()

    def dump(self, value: EmailAddress) -> Any:
        """The address."""
        return str.__str__(value)
