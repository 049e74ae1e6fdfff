"""Endpoints that Attio takes less often than others: each has a limiter of its own.

See the reference of each endpoint, from https://docs.attio.com/rest-api/endpoint-reference on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from attio_orm.effects import Operation
from attio_orm.transport.exchange import Exchange
from attio_orm.transport.limits import Limiter, waited_for
from attio_orm.transport.requests import Request

_LETTERS: Final = 4

# By the last part of their path: method, beginning, how many a second.
_ENDPOINTS: Final[Mapping[str, tuple[str, str, int]]] = {
    "merge": ("POST", "/v2/objects/", 5),
    "sql": ("POST", "/v2/sql", 2),
    "notes": ("GET", "/v2/notes", 10),
    "upload": ("POST", "/v2/files/upload", 1),
    "call_recordings": ("POST", "/v2/meetings/", 1),
}


# How their paths end: so many letters tell all of them, and cost least.
_ENDINGS: Final = frozenset(f"/v2/{name}"[-_LETTERS:] for name in _ENDPOINTS)


def endpoint_of(request: Request) -> str | None:
    """The endpoint of a request, where Attio limits it by itself."""
    path = request.path
    if path[-_LETTERS:] not in _ENDINGS:  # the rule, and all that most requests pay for
        if "?" not in path:
            return None
        path = path.partition("?")[0]
    name = path.rpartition("/")[2]
    if name not in _ENDPOINTS:
        return None
    method, beginning, _ = _ENDPOINTS[name]
    return name if request.method == method and path.startswith(beginning) else None


class EndpointLimits:
    """The limiters of the endpoints of one workspace, in this process."""

    def __init__(self, clock: Any = None) -> None:
        options = {} if clock is None else {"clock": clock}
        self._limiters = {
            name: Limiter(most, most, **options) for name, (_, _, most) in _ENDPOINTS.items()
        }

    def wait(self, exchange: Exchange, endpoint: str) -> Operation[None]:
        """Wait for the turn of an attempt; raises where its deadline comes first."""
        deadline = exchange.deadline

        def allows(wait: float) -> bool:
            if deadline is not None and wait >= deadline.left:
                return False
            exchange.waited += wait
            return True

        # one kind for all: whether it reads or writes, an endpoint has one limit
        limiter = self._limiters[endpoint]
        left = math.inf if deadline is None else deadline.left
        wait = limiter.reserve_within("read", left)  # who gives up keeps no time from others
        if not (yield from waited_for(limiter, wait, "read", allows)) and deadline is not None:
            raise deadline.error(exchange.request, sent=False)


# Weakly: who shares a limiter shares these, and they go with it.
_shared: WeakKeyDictionary[Any, EndpointLimits] = WeakKeyDictionary()


def endpoint_limits_of(limiter: object) -> EndpointLimits:
    """The limits of endpoints for all who share this limiter."""
    made = EndpointLimits(getattr(limiter, "clock", None))
    try:
        # setdefault is one step: of connections made at once, all get the same one
        return _shared.setdefault(limiter, made)
    except TypeError:  # a limiter of the user's that cannot be a key, or not weakly
        return made
