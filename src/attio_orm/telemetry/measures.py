"""The metrics: how long requests take, how long the limits hold them back, what caches answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation

from attio_orm.transport.process_locks import ProcessLock

if TYPE_CHECKING:
    from attio_orm.models.connection import Connection

Labels = Mapping[str, str | int]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The bounds that the conventions of HTTP advise."""


class Measures:
    """The instruments of one ``instrument()``."""

    def __init__(self, meter: Meter) -> None:
        self._took = _histogram(
            meter, "http.client.request.duration", "How long the attempts of requests take."
        )
        self._held_back = _histogram(
            meter, "attio_orm.limiter.wait", "How long the limits hold an attempt back."
        )
        meter.create_observable_counter(
            "attio_orm.cache.hits", [self._hits], "{hit}", "The reads that a cache has answered."
        )
        self._lock = ProcessLock()  # a fork may come while a reader collects
        self._is_stopped = False
        # a counter never falls: what connections that are gone have counted stays in the sums
        self._seen: WeakKeyDictionary[Connection, int] = WeakKeyDictionary()
        self._sums: dict[tuple[tuple[str, str | int], ...], int] = {}

    def note_attempt(self, seconds: float, labels: Labels) -> None:
        """One attempt has ended."""
        self._took.record(seconds, labels)

    def note_wait(self, seconds: float, labels: Labels) -> None:
        """One attempt was let out, after so many seconds."""
        self._held_back.record(seconds, labels)

    def note_connection(self, connection: Connection) -> None:
        """Count the hits of its cache, too."""
        if connection not in self._seen:
            with self._lock.here:
                self._seen.setdefault(connection, 0)

    def stop(self) -> None:
        """Count no more."""
        self._is_stopped = True

    def _hits(self, options: CallbackOptions) -> Iterable[Observation]:
        if self._is_stopped:
            return []
        with self._lock.here:
            for connection, before in list(self._seen.items()):
                hits = _hits_of(connection)
                if hits is not None:
                    place = tuple(server_of(connection).items())
                    self._sums[place] = self._sums.get(place, 0) + max(0, hits - before)
                    self._seen[connection] = hits
            return [Observation(count, dict(place)) for place, count in self._sums.items()]


def server_of(connection: Connection) -> dict[str, str | int]:
    """Where a connection leads, as the conventions name it."""
    return _server_of(connection.base)


@lru_cache(maxsize=64)
def _server_of(base: str) -> dict[str, str | int]:
    found = urlsplit(base)
    place: dict[str, str | int] = {"server.address": found.hostname or found.scheme}
    port = found.port or {"https": 443, "http": 80}.get(found.scheme)
    return place if port is None else {**place, "server.port": port}


def _hits_of(connection: Connection) -> int | None:
    """What the cache of a connection has answered; ``None`` where it has none."""
    stats: Any = getattr(connection, "stats", None)
    cache: Any = None if stats is None else getattr(stats(), "cache", None)
    return None if cache is None else int(cache.hits)


def _histogram(meter: Meter, name: str, description: str) -> Histogram:
    try:
        return meter.create_histogram(
            name, "s", description, explicit_bucket_boundaries_advisory=SECONDS
        )
    except TypeError:  # older versions of the API cannot be advised
        return meter.create_histogram(name, "s", description)
