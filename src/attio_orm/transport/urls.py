"""The base address of a server that speaks the API: checked, and never shown with a secret."""

from __future__ import annotations

from attio_orm.errors import ValidationError

_API = "/v2"


def base_address(url: object) -> str:
    """The address that the paths of requests, which begin with ``/v2``, are put after.

    A ``/v2`` at its end is dropped. Raises ``ValidationError`` for what is not an address, and for
    one with a user name, a password, a query or a fragment: those are where secrets stand.
    """
    if not isinstance(url, str):
        raise ValidationError(
            f"The address of the API is a {type(url).__name__}, not a str. Give one like "
            "https://api.attio.com."
        )
    address = url.strip()
    if not _can_be_called(address):
        raise ValidationError(
            f"The address of the API, with the host {host_of(address)!r}, is not one that can be "
            "called. Give one like https://api.attio.com."
        )
    if "?" in address or "#" in address:
        raise _secret(address, "a query or fragment")
    scheme, _, place = address.partition("://")
    # httpx makes an Authorization header of a user name, in place of the one with the token
    if "@" in place.partition("/")[0]:
        raise _secret(address, "a user name or password")
    host, _, path = place.rstrip("/").partition("/")
    return f"{scheme}://{host}/{f'/{path}'.removesuffix(_API).strip('/')}".rstrip("/")


def host_of(address: str) -> str:
    """The host and port of an address, whatever it is, without user and password."""
    place = address.rpartition("://")[2]
    end = min((at for mark in "/?#" if (at := place.find(mark)) >= 0), default=len(place))
    # a password with a slash in it is taken for a path, and its beginning for the host; what has no
    # scheme at all may be a token in place of the address
    is_doubtful = "@" in place[end:] or "://" not in address
    return "***" if is_doubtful else place[:end].rpartition("@")[2]


def is_this_machine(address: str) -> bool:
    """Whether what is sent to an address stays on this machine."""
    from ipaddress import ip_address  # only here and below: a sandbox has no address
    from urllib.parse import urlsplit

    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ip_address(host)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_loopback or found.is_unspecified


def _can_be_called(address: str) -> bool:
    from urllib.parse import urlsplit

    if any(character.isspace() or not character.isprintable() for character in address):
        return False  # urlsplit() leaves line breaks out in silence
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _secret(address: str, what: str) -> ValidationError:
    return ValidationError(
        f"The address of the API, with the host {host_of(address)!r}, holds {what}. Leave that out "
        "(in ATTIO_BASE_URL, too), and pass the access token as connect(api_key=...)."
    )
