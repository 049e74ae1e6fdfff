"""``connection.stats()``: what a connection has done so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from attio_orm.transport import Transport

if TYPE_CHECKING:
    from attio_orm.cache import Cache


class ConnectionStats(Struct, frozen=True, kw_only=True):
    """Counts since the connection was made; each attempt is a request.

    ``reads`` and ``writes`` are those of all ``requests``, ``retries`` the attempts after the
    first, ``rate_limited`` those that were answered with 429, ``errors`` all that failed, these
    among them. ``waited`` are the seconds that attempts were held back, by limits and between two
    of one request. ``in_flight`` is how many are under way, ``connections`` how many sockets there
    are just now (``None`` where a transport of your own has them), ``cache`` what a cache counts.
    """

    requests: int
    reads: int
    writes: int
    retries: int
    rate_limited: int
    waited: float
    errors: int
    in_flight: int
    connections: int | None
    cache: Any = None


def stats_of(transport: Transport, cache: Cache | None) -> ConnectionStats:
    """The counts of a connection by now."""
    counts = transport.tally.total()
    return ConnectionStats(
        requests=counts.begun,
        reads=counts.begun - counts.writes,
        writes=counts.writes,
        retries=counts.retries,
        rate_limited=counts.rate_limited,
        waited=counts.waited,
        errors=counts.errors,
        in_flight=max(0, counts.begun - counts.ended),
        connections=getattr(transport.backend, "connections", None),
        cache=None if cache is None else cache.stats(),
    )
