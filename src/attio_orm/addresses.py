"""From the address that ``connect()`` is given to what carries requests there."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Literal
from weakref import WeakValueDictionary

from msgspec import Struct

from attio_orm.errors import NotConnectedError, ValidationError
from attio_orm.transport import ApiKey, Backend, HttpBackend, Limiter

if TYPE_CHECKING:
    from attio_orm.embedded import SandboxHandle

DEFAULT_URL = "https://api.attio.com"


class Way(Struct, frozen=True):
    """What carries requests, the token and the pace; ``base`` is the address as it may be shown."""

    backend: Backend
    base: str
    api_key: ApiKey | None
    limits: Limiter | None
    sandbox: SandboxHandle | None = None


def resolve(
    url: str | None,
    api_key: ApiKey | None,
    limits: Literal["auto"] | Limiter | None,
    transport: Backend | None,
) -> Way:
    """The way to a workspace, with what the environment says of it. Opens a sandbox, sends nothing.

    Raises ``ValidationError`` for what is no address, and ``NotConnectedError`` without a token.
    """
    url = url or os.environ.get("ATTIO_BASE_URL") or None
    pacing = limits if not isinstance(limits, str) else None
    if url is not None and url.startswith("sandbox:"):
        from attio_orm.embedded import open_sandbox, sandbox_options

        handle = open_sandbox(url)
        if isinstance(limits, str) and "limits" in sandbox_options(url):
            pacing = Limiter()
        key = handle.token if api_key is None else api_key
        return Way(transport or handle.backend, url, key, pacing, handle)
    base = (url or DEFAULT_URL).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise ValidationError(
            f"{_shown(base)} is no address to connect to: use https://..., sandbox:// (in memory), "
            f"sandbox:///file.db, or nothing for Attio itself. An access token goes into "
            f"connect(api_key=...)."
        )
    if api_key is None:
        api_key = os.environ.get("ATTIO_API_KEY") or None
    if api_key is None and transport is None:
        raise NotConnectedError(
            "There is no access token: set ATTIO_API_KEY, pass connect(api_key=...), or use "
            'connect("sandbox://") for a local workspace that needs no account.'
        )
    if isinstance(limits, str) and transport is None:
        pacing = _shared_limiter(base, api_key)
    shown = re.sub(r"//[^/@]*@", "//***@", base)
    return Way(transport or HttpBackend(base), shown, api_key, pacing)


_limiters: WeakValueDictionary[tuple[str, str], Limiter] = WeakValueDictionary()


def _shared_limiter(base: str, api_key: ApiKey | None) -> Limiter:
    """One limiter for all connections with one token, as Attio counts a workspace's requests."""
    if not isinstance(api_key, str):
        return Limiter()
    from hashlib import sha256  # only here, as it takes a while to import

    place = (base, sha256(api_key.encode(errors="surrogatepass")).hexdigest())
    return _limiters.setdefault(place, Limiter())


def _shown(address: str) -> str:
    """An address as a message may show it: never what could be a token given in its place."""
    if "@" not in address and ("://" in address or (len(address) <= 40 and "." in address)):
        return repr(address)
    return "The first argument of connect()"
