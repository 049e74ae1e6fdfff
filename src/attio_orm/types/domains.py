"""Domains of the web."""

from __future__ import annotations

import re
from typing import Any

from attio_orm.conditions.expressions import MatchedExpr, Part, TextExpr
from attio_orm.conditions.lookups import EQUAL, MATCHED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import Attribute, AttributeSpec, JsonValue, Several
from attio_orm.types.checks import refuse_unseen
from attio_orm.types.lists import ValueList
from attio_orm.types.provenance import ValueWire
from attio_orm.types.text import PartsCodec, TextWithParts, clean_line, clean_text, plain
from attio_orm.wording import show

_ADVICE = 'give a domain, e.g. "acme.com"; of a URL its host is taken.'
_NOUN = "domain"
_LONGEST = 253  # that a name server takes

# letters of any script: an internationalised domain may come in its own letters
_HOST = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[^\W_]|-){0,61}[^\W_]"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*://"


def is_host(text: str) -> bool:
    """Whether the text can be the name of a host: labels with dots between, at least two."""
    return len(text) <= _LONGEST and re.fullmatch(_HOST, text) is not None


def host_of(text: str) -> str:
    """The host in a URL or a domain, in lower case: without scheme, user, port, path and query."""
    host = text.strip()
    scheme = re.match(_SCHEME, host)
    if scheme:
        host = host[scheme.end() :]
    host = re.split(r"[/?#\\]", host, maxsplit=1)[0]
    # the user goes before the port, as a password may have a colon in it
    host = host.rpartition("@")[2].partition(":")[0]
    return host.rstrip(".").lower()  # "acme.com." is the same host, spelt out to the root


class DomainWire(ValueWire, gc=False, tag_field="attribute_type", tag="domain"):
    """A domain as Attio sends it."""

    domain: str | None = None
    root_domain: str | None = None


class Domain(TextWithParts):
    """A domain: the ``str`` in lower case, with ``domain`` and ``root_domain``."""

    __slots__ = ()

    shape = DomainWire
    wire: DomainWire

    def __new__(cls, domain: str) -> Domain:
        """Make a domain from its text, or from a URL, whose host is taken."""
        return cls.from_wire(host_of(str.__str__(domain)), DomainWire())

    @property
    def domain(self) -> str:
        """The whole domain, as an exact ``str``."""
        return str.__str__(self)

    @property
    def root_domain(self) -> str | None:
        """The domain that somebody registered; ``None`` until Attio has said it."""
        return self.wire.root_domain


class DomainCodec(PartsCodec[Domain]):
    """Domains, as ``Domain``; of a URL the host."""

    type = "domain"
    shape = DomainWire
    lookups = TypeLookups("domain", {"domain": EQUAL | MATCHED, "root_domain": EQUAL | MATCHED})
    member = "domain"
    texts = ("domain",)
    text = value_class = Domain
    dumped_as_text = True

    def unwrap(self, given: dict[Any, Any]) -> object:
        """The domain in ``{"domain": "acme.com"}``."""
        return (
            given["domain"] if set(given) | {"root_domain"} == {"domain", "root_domain"} else given
        )

    def coerce(self, value: object, attr: AttributeSpec) -> Domain:
        """A ``str``: a domain or a URL."""
        if isinstance(value, Domain) and value.wire.root_domain is not None:
            return value  # as Attio sent it: there is nothing to check
        domain = Domain(clean_line(value, _ADVICE))
        refuse_unseen(plain(domain), _NOUN)
        if not is_host(domain):
            raise ValidationError(f"{show(value)} is not a valid domain: {_ADVICE}")
        return domain

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The text to compare with, in lower case; of a URL its host."""
        # not checked as a domain: ``contains`` and ``startswith`` are given pieces of one
        text = clean_text(value, "compare a domain with a str.").strip()
        text = host_of(text) if "://" in text else text.lower()
        refuse_unseen(text, _NOUN)
        return text


class DomainExpr(MatchedExpr[str]):
    """An internet domain; of a list of them, any."""

    root_domain = Part(TextExpr)
    """The registrable domain: ``acme.com`` of ``shop.acme.com``."""


class DomainAttribute(Attribute[DomainExpr, Domain | None, str | None]):
    """One domain.

    See https://docs.attio.com/docs/attribute-types/attribute-types-domain.
    """

    codec = DomainCodec()
    expression = DomainExpr


class DomainsAttribute(Attribute[DomainExpr, ValueList[Domain, str], Several[str] | list[Domain]]):
    """Domains, as a list without repeats."""

    codec = DomainAttribute.codec
    multi = True
    expression = DomainExpr


ATTRIBUTES = (DomainAttribute, DomainsAttribute)
