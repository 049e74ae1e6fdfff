"""Names, domains, e-mail addresses, phone numbers and locations."""

from __future__ import annotations

import re
from typing import Any

from attio_sandbox.bodies import Nullable, OneOf, Shape, Text, is_map
from attio_sandbox.errors import Refusal, bad_value
from attio_sandbox.schema import Attribute
from attio_sandbox.values.base import (
    EQ,
    PREFIX,
    SEARCH,
    Body,
    Cells,
    Lookups,
    Property,
    Stored,
    ValueType,
    check_parts,
    expect_text,
    fragment,
    members,
    named,
    split_text,
    unwrap_text,
)
from attio_sandbox.values.countries import COUNTRIES
from attio_sandbox.values.hosts import HOST, read_host, root_domain
from attio_sandbox.values.phones import read_phone

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
# Strings, of these forms (facts.md 4.1); nine decimals are kept.
_LATITUDE = re.compile(r"[-+]?([1-8]?\d(\.\d+)?|90(\.0+)?)", re.ASCII)
_LONGITUDE = re.compile(r"[-+]?(180(\.0+)?|((1[0-7]\d)|([1-9]?\d))(\.\d+)?)", re.ASCII)

LOCATION_KEYS = (
    "line_1",
    "line_2",
    "line_3",
    "line_4",
    "locality",
    "region",
    "postcode",
    "country_code",
    "latitude",
    "longitude",
)
_COUNTRY = Nullable(OneOf(*sorted(COUNTRIES)))
_NAME = Shape({"first_name": Text(), "last_name": Text(), "full_name": Text()})
_PHONE = Shape({"original_phone_number": Text()}, {"country_code": _COUNTRY})
_LOCATION = Shape(
    {name: _COUNTRY if name == "country_code" else Nullable(Text()) for name in LOCATION_KEYS},
    strict=True,
)
# Top-level domains that nobody can have (https://www.rfc-editor.org/rfc/rfc2606#section-2).
RESERVED = frozenset({".test", ".example", ".invalid", ".localhost"})


class DomainType(ValueType):
    """A domain name, lower-case, with its root domain."""

    name = "domain"
    default = "domain"
    properties = named(
        domain=Property("folded", "lower", SEARCH), root_domain=Property("s1", "lower", SEARCH)
    )
    can_be_multi = True
    can_be_unique = True

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take a domain or URL as a string, or `{"domain": it}`."""
        host = read_host(unwrap_text(raw, "domain", attribute, strict=False))
        if host is None:
            raise bad_value(attribute.slug, "Invalid domain", "domain")
        root = root_domain(host)
        body = fragment(domain=host, root_domain=root)
        return Stored(body, body, Cells(*split_text(host), s1=root))


class EmailType(ValueType):
    """An e-mail address, compared without case, with its parts."""

    name = "email-address"
    default = "email_address"
    properties = named(
        email_address=Property("folded", "lower", SEARCH),
        email_domain=Property("s1", "lower", SEARCH),
        email_root_domain=Property("s2", "lower", SEARCH),
        email_local_specifier=Property("s3", "lower", SEARCH),
        original_email_address=Property("s4", "text", SEARCH),
    )
    can_be_multi = True
    can_be_unique = True

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take an address as a string, or `{"email_address": it}`."""
        text = unwrap_text(raw, "email_address", attribute, strict=False).strip()
        local, at, domain = text.lower().rpartition("@")
        if not at or len(text) > 320 or not _LOCAL.fullmatch(local) or not HOST.fullmatch(domain):
            raise bad_value(attribute.slug, "Invalid email address", "email_address")
        address = f"{local}@{domain}"
        root = root_domain(domain)
        body = fragment(
            original_email_address=text,
            email_address=address,
            email_domain=domain,
            email_root_domain=root,
            email_local_specifier=local,
        )
        return Stored(
            body, address, Cells(*split_text(address), s1=domain, s2=root, s3=local, s4=text)
        )

    def write_problem(
        self, value: Stored, attribute: Attribute, lookups: Lookups
    ) -> Refusal | None:
        """Refuse what nobody can have: a domain that is reserved, where it is of a person."""
        domain = value.cells.s1 or ""
        top = domain[domain.rfind(".") :]
        if top not in RESERVED or lookups.reserved_emails:
            return None
        owner = lookups.schema.objects_by_num.get(attribute.owner)
        # Of people alone, as far as is known (facts.md 16, Values that are refused).
        if owner is not None and owner.is_standard and owner.slug == "people":
            message = f"Invalid email address: {top} is reserved (use one under example.com)"
            return bad_value(attribute.slug, message, "email_address")
        return None

    def key(self, body: Body) -> str | int | float:
        """Give the normalised address, as the original may differ in case."""
        return _member(body, "email_address")


class PhoneType(ValueType):
    """A phone number in E.164 form, with its country."""

    name = "phone-number"
    default = "phone_number"
    properties = named(
        phone_number=Property("folded", "phone", SEARCH), country_code=Property("s1", "upper", EQ)
    )
    can_be_multi = True
    can_be_unique = True

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take `+...` as a string, or `{"original_phone_number", "country_code"}`."""
        country: Any = None
        if is_map(raw):
            check_parts(_PHONE, raw, attribute)
            country = raw.get("country_code")
        original = unwrap_text(raw, "original_phone_number", attribute, strict=False)
        phone = read_phone(original, country)
        if phone is None:
            raise bad_value(attribute.slug, "Invalid phone number", "original_phone_number")
        number, country = phone
        body = fragment(phone_number=number, original_phone_number=original, country_code=country)
        return Stored(body, number, Cells(number, s1=country))

    def key(self, body: Body) -> str | int | float:
        """Give the normalised number, as the original may be written in many ways."""
        return _member(body, "phone_number")


class NameType(ValueType):
    """The name of a person."""

    name = "personal-name"
    default = "full_name"
    properties = named(
        full_name=Property("folded", "text", SEARCH),
        last_name=Property("s1", "text", SEARCH),
        first_name=Property("s2", "text", SEARCH),
    )

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take `"Last, First"`, or an object with all of first, last and full name."""
        if is_map(raw):
            check_parts(_NAME, raw, attribute)
            first, last, full = raw["first_name"], raw["last_name"], raw["full_name"]
        else:
            text = expect_text(raw, attribute)
            # Further commas belong to the first name, and without one there is no last name.
            before, comma, after = text.partition(",")
            first, last = (after.strip(), before.strip()) if comma else (text.strip(), "")
            full = f"{first} {last}".strip()
        if not (first or last or full):
            return None
        body = fragment(first_name=first, last_name=last, full_name=full)
        return Stored(body, body, Cells(*split_text(full), s1=last, s2=first))


class LocationType(ValueType):
    """A place. A free-text string is kept as the locality: nothing is geocoded here."""

    name = "location"
    properties = named(
        locality=Property("folded", "text", SEARCH),
        country_code=Property("s1", "upper", PREFIX),
        region=Property("s2", "text", SEARCH),
        postcode=Property("s3", "text", SEARCH),
        line_1=Property("s4", "text", SEARCH),
        line_2=Property("s5", "text", SEARCH),
        line_3=Property("s6", "text", SEARCH),
        line_4=Property("s7", "text", SEARCH),
    )

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take an object with all ten members (strings or null), or one string."""
        parts: dict[str, str | None]
        if is_map(raw):
            parts = _location_parts(raw, attribute)
        else:
            text = expect_text(raw, attribute).strip()
            if not text:
                return None
            parts = {**dict.fromkeys(LOCATION_KEYS), "locality": text}
        body = fragment(**parts)
        locality = parts["locality"]
        folded, exact = (None, None) if locality is None else split_text(locality)
        rest = (parts[k] for k in ("region", "postcode", "line_1", "line_2", "line_3", "line_4"))
        return Stored(body, body, Cells(folded, exact, None, parts["country_code"], *rest))


def _location_parts(raw: dict[str, Any], attribute: Attribute) -> dict[str, str | None]:
    # A key that is missing is refused, one that is null is not.
    check_parts(_LOCATION, raw, attribute)
    parts: dict[str, str | None] = {name: raw[name] for name in LOCATION_KEYS}
    for name, pattern in (("latitude", _LATITUDE), ("longitude", _LONGITUDE)):
        degrees = parts[name]
        if degrees is None:
            continue
        if pattern.fullmatch(degrees) is None:
            raise bad_value(attribute.slug, f"Invalid {name}", name)
        whole, point, decimals = degrees.partition(".")
        parts[name] = whole + point + decimals[:9]
    return parts


def _member(body: Body, name: str) -> str:
    assert isinstance(body, str)
    found = members(body)[name]
    assert isinstance(found, str)
    return found
