"""From the address that ``connect()`` is given to what carries requests there."""

from __future__ import annotations

import os
from typing import Literal
from weakref import WeakValueDictionary

from msgspec import Struct

from attio_orm.connection.carriers import Carrier
from attio_orm.errors import NotConnectedError, ValidationError
from attio_orm.transport import ApiKey, Backend, Limiter, RateLimiter
from attio_orm.transport.tokens import HiddenKey, hidden
from attio_orm.transport.urls import base_address, host_of

DEFAULT_URL = "https://api.attio.com"


class Address(Struct, frozen=True):
    """What carries requests, the token and the pace; ``base`` is the address as it may be shown."""

    backend: Backend
    base: str
    api_key: HiddenKey | None
    limits: RateLimiter | None


def resolve(
    url: str | None,
    api_key: ApiKey | HiddenKey | None,
    limits: Literal["auto"] | RateLimiter | None,
    carrier: Carrier,
) -> Address:
    """The way to a server, with what the environment says of it. Sends nothing.

    Raises ``ValidationError`` for what is not an address, ``NotConnectedError`` without a token.
    """
    key = hidden(api_key)
    del api_key
    given = (url or DEFAULT_URL).strip()
    if not given.lower().startswith(("http://", "https://")):
        raise ValidationError(
            f"{_shown(given)} is not an address to connect to: use https://..., sandbox:// (in "
            f"memory), sandbox:///file.db, or nothing for Attio itself. An access token goes into "
            f"connect(api_key=...)."
        )
    base = base_address(given)
    if key is None:
        key = hidden(os.environ.get("ATTIO_API_KEY") or None)
    if key is not None and key.is_in(base):
        raise ValidationError(
            "The address of the API holds the access token. Leave it out there, and pass it as "
            "connect(api_key=...) alone."
        )
    if key is None and carrier.brought is None:
        raise NotConnectedError(
            "There is no access token: set ATTIO_API_KEY, pass connect(api_key=...), or use "
            'connect("sandbox://") for a local workspace that needs no account.'
        )
    # "auto" is for Attio itself: a backend that is handed in has the limits that it is given
    pacing = limits if not isinstance(limits, str) else None
    if isinstance(limits, str) and carrier.brought is None:
        pacing = _shared_limiter(base, key)
    return Address(carrier.backend(base), base, key, pacing)


# Weakly: a limiter goes with the last connection of its token.
_limiters: WeakValueDictionary[tuple[str, str], Limiter] = WeakValueDictionary()


def _shared_limiter(base: str, key: HiddenKey | None) -> Limiter:
    """One limiter for all connections with one token, as Attio counts a workspace's requests."""
    # a digest, so that no table outlives the connections with a token in it
    digest = key.digest() if key is not None else None
    if digest is None:
        return Limiter()  # what a callable will give is not known yet
    return _limiters.setdefault((base, digest), Limiter())


def _shown(address: str) -> str:
    """An address as a message may show it: never what could be a token, in its place or in it."""
    if "://" in address:
        return repr(f"{address.partition('://')[0]}://{host_of(address)}")
    if "@" not in address and len(address) <= 40 and "." in address:
        return repr(address)
    return "The first argument of connect()"
