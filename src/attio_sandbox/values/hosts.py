"""Host names, and the domain that somebody registered for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from attio_sandbox.values.countries import PUBLIC_SUFFIXES

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
# The last label is not a number: that would be an IP address, of which nobody has the root.
HOST = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")


def read_host(text: str) -> str | None:
    """Give the lower-case host of a domain or URL, or None if there is none."""
    host = text.strip().lower()  # URLs are cut down to their host (facts.md 4.1)
    host = host.partition("://")[2] or host
    host = re.split(r"[/?#]", host, maxsplit=1)[0].rpartition("@")[2]
    host = re.sub(r":\d*$", "", host).rstrip(".")
    return host if len(host) <= 253 and HOST.fullmatch(host) else None


def root_domain(host: str) -> str:
    """Give the domain that was registered, such as `acme.co.uk` for `www.acme.co.uk`.

    Read from the public-suffix list where the extra `sandbox` is installed (its part for
    registries, as with the plain rule), else by `plain_root_domain`.
    """
    registered = _registered_domain()
    if registered is None:
        return plain_root_domain(host)
    return registered(host) or host


def plain_root_domain(host: str) -> str:
    """Give the last two labels of `host`, or three under well-known suffixes like `co.uk`."""
    labels = host.split(".")
    size = 3 if ".".join(labels[-2:]) in PUBLIC_SUFFIXES else 2
    return ".".join(labels[-size:])


@cache
def _registered_domain() -> Callable[[str], str | None] | None:
    # Imported at first use: reading the list takes longer than making a workspace.
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        return None
    return PublicSuffixList(only_icann=True).privatesuffix
