"""Domains of the web."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, clean_text, show
from attio_orm.values.parts import TextWithParts

_ADVICE = 'give a domain, e.g. "acme.com"; of a URL its host is taken.'
_LONGEST = 253

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
    host = host.rpartition("@")[2].partition(":")[0]
    return host.rstrip(".").lower()


class DomainWire(Struct, gc=False, tag_field="attribute_type", tag="domain"):
    """A domain as Attio sends it."""

    domain: str | None = None
    root_domain: str | None = None


class Domain(TextWithParts):
    """A domain: the ``str`` in lower case, with ``domain`` and ``root_domain``."""

    __slots__ = ()

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


class DomainCodec(Codec[Domain]):
    """Domains, as ``Domain``; of a URL the host.

    https://docs.attio.com/docs/attribute-types/attribute-types-domain
    """

    type = "domain"
    shape = DomainWire
    member = "domain"
    text = Domain

    def read(self, wire: DomainWire) -> Domain | None:
        """The domain."""
        if wire.domain is None:
            return None
        return Domain.from_wire(wire.domain, wire)

    def coerce(self, value: object, attr: AttributeSpec) -> Domain:
        """A ``str``: a domain or a URL."""
        if isinstance(value, Domain) and value.wire.root_domain is not None:
            return value
        domain = Domain(clean_line(value, _ADVICE))
        if not is_host(domain):
            raise ValidationError(f"{show(value)} is no domain: {_ADVICE}")
        return domain

    def write(self, value: Domain) -> Any:
        """The domain."""
        return str.__str__(value)

    def key(self, value: Domain) -> str:
        """The domain in lower case."""
        return value.lower()

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The text to compare with, in lower case; of a URL its host."""
        text = clean_text(value, "compare a domain with a str.").strip()
        return host_of(text) if "://" in text else text.lower()
