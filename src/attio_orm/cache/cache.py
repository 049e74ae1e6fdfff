"""``Cache``: what ``connect(cache=...)`` takes; safe to share between connections and threads."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct

from attio_orm.cache.backends import CacheBackend
from attio_orm.cache.belonging import ANYTHING, EVERYTHING
from attio_orm.cache.memory import MemoryCache
from attio_orm.errors import ValidationError
from attio_orm.transport.caching import check_seconds
from attio_orm.wording import show

if TYPE_CHECKING:
    from cachetools import LRUCache

_PAUSE: Final = 1.0  # seconds without reads after a failure: each could wait for the same one
_BETWEEN_WARNINGS: Final = 60.0

_object_of: Final = attrgetter("_mapper.object")


class CacheStats(Struct, frozen=True):
    """What a cache did in this process: lookups that it answered, and did not; ``ratio`` of hits.

    ``bytes`` is what its backend holds (``None``: it cannot tell, as Redis), ``evicted`` how many
    answers had to make room.
    """

    hits: int
    misses: int
    ratio: float
    bytes: int | None
    evicted: int


class HotAnswer(Struct, frozen=True):
    """A request that was asked for often: its object or list, its path, what a query asks."""

    object: str
    path: str
    query: Mapping[str, Any] | None
    asked: int


class Cache:
    """Keeps what Attio answers, for ``connect(cache=...)``.

    ``ttl`` is in seconds, ``ttls`` has others by slug (``"companies"``, ``"lists/sales"``) or by
    class; 0 keeps nothing. ``size`` is how many answers are kept. It answers ``get(id=...)`` and
    the reads of ``queryset.cached()``. Raises ``ValidationError``.
    """

    def __init__(
        self,
        ttl: float = 300.0,
        size: int = 10_000,
        backend: CacheBackend | None = None,
        ttls: Mapping[str | type[Any], float] | None = None,
    ) -> None:
        self._ttl = check_seconds("ttl", ttl)
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValidationError(
                f"size is how many answers are kept, a whole number from 1 up; not {size!r}."
            )
        self._ttls = {
            _slug_of(owner): check_seconds(f"The ttl of {_slug_of(owner)!r}", seconds)
            for owner, seconds in (ttls or {}).items()
        }
        if backend is not None and (
            isinstance(backend, type) or not hasattr(backend, "generations")
        ):
            raise ValidationError(
                f"backend takes MemoryCache(), DiskCache(path), RedisCache(url) or what has the "
                f"methods of CacheBackend; not {show(backend)}."
            )
        self.backend: CacheBackend = MemoryCache() if backend is None else backend
        self.backend.size = size
        from cachetools import LRUCache  # here: few programs have a cache

        self._lock = threading.Lock()
        self._hits = self._misses = 0
        self._asked: LRUCache[tuple[str, str, bytes], list[Any]] = LRUCache(size)
        # what writes outdated and the backend was not told of yet, each with a number of its own
        self._owed: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._paused_until = self._silent_until = float("-inf")

    # -- for those who use it ---------------------------------------------------------------------

    def clear(self, what: type[Any] | str = EVERYTHING) -> None:
        """Forget what belongs to an object or list (``Person``, ``"people:*"``), or everything.

        Other processes with the same Redis or file forget it as well. Raises ``ValidationError``.
        """
        slug = _slug_of(what)
        if isinstance(what, str):
            slug = what.removesuffix(":*")
            if not slug or (slug != EVERYTHING and any(each in slug for each in "*?[:")):
                raise ValidationError(
                    f'clear() takes a class, "people:*", "lists/sales:*", or nothing for all; not '
                    f"{show(what)}."
                )
        self.outdate((slug, ANYTHING))

    def stats(self) -> CacheStats:
        """Hits and misses of this process since the cache was made, and what it holds by now."""
        with self._lock:
            hits, misses = self._hits, self._misses
        held, evicted = None, 0
        try:
            usage = self.backend.usage()
            held, evicted = usage.bytes, usage.evicted
        except Exception as error:  # a backend that cannot be reached holds back no figures
            self._warn(error)
        return CacheStats(hits, misses, hits / (hits + misses or 1), held, evicted)

    def hot(self, n: int = 10) -> list[HotAnswer]:
        """The ``n`` requests that were asked for most often in this process, hits and misses."""
        with self._lock:
            found = [(key, asked, query) for key, (asked, query) in self._asked.items()]
        found.sort(key=lambda each: -each[1])
        return [
            HotAnswer(place, target, query, asked)
            for (place, target, _), asked, query in found[: max(0, n)]
        ]

    def close(self) -> None:
        """Let go of the files and sockets of its backend; a second time does nothing."""
        self.backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Cache(ttl={self._ttl:g}, size={self.backend.size}, backend={self.backend!r})"

    # -- for the layer ----------------------------------------------------------------------------

    def ttl_of(self, place: str) -> float:
        """How long what belongs to an object or list is kept, in seconds."""
        return self._ttls.get(place, self._ttl)

    def note(
        self, place: str, target: str, body: bytes, query: Mapping[str, Any] | None, *, hit: bool
    ) -> None:
        """Count a request that was asked for."""
        with self._lock:
            if hit:
                self._hits += 1
            else:
                self._misses += 1
            known: list[Any] = self._asked.setdefault((place, target, body), [0, query])
            known[0] += 1

    def look(
        self, names: Sequence[str], key_of: Callable[[Sequence[str]], str]
    ) -> tuple[str, tuple[bytes, float] | None] | None:
        """The key by the generations of now, and what is kept under it.

        ``None`` where the backend cannot be asked: then nothing is to be kept either.
        """
        if monotonic() < self._paused_until:
            return None
        try:
            self._settle()
            key = key_of(self.backend.generations(names))
            return key, self.backend.get(key)
        except Exception as error:
            self._fail(error)
            return None

    def keep(self, key: str, value: bytes, seconds: float) -> None:
        """Keep an answer, where that can be done."""
        if monotonic() < self._paused_until:
            return
        try:
            self.backend.put(key, value, seconds)
        except Exception as error:
            self._fail(error)

    def drop(self, key: str) -> None:
        """Forget what is kept under a key and is not an answer."""
        try:
            self.backend.delete(key)
        except Exception as error:
            self._fail(error)

    def outdate(self, names: Iterable[str]) -> None:
        """Let nothing be found any more that belongs to one of these names.

        Where the backend cannot be told, nothing is read from it before it was.
        """
        with self._lock:
            self._owed.update((name, next(self._numbers)) for name in names)
        try:
            self._settle()
        except Exception as error:
            self._fail(error)

    def _settle(self) -> None:
        """Tell the backend what is outdated; raises where it cannot be told."""
        with self._lock:
            owed = self._owed.copy()
        if not owed:
            return
        self.backend.outdate(list(owed))
        with self._lock:  # what another write outdated meanwhile is still owed
            for name, number in owed.items():
                if self._owed.get(name) == number:
                    del self._owed[name]

    def _fail(self, error: Exception) -> None:
        self._paused_until = monotonic() + _PAUSE
        self._warn(error)

    def _warn(self, error: Exception) -> None:
        now = monotonic()
        with self._lock:
            if now < self._silent_until:
                return
            self._silent_until = now + _BETWEEN_WARNINGS
        import logging  # not at import time: it costs as much as the rest

        # by its type alone: the text of somebody else's error may hold a password
        logging.getLogger("attio_orm.cache").warning(
            "The cache %s cannot be used (%s): until it can, Attio is asked. Told once a minute.",
            type(self.backend).__name__,
            type(error).__name__,
        )


def _slug_of(owner: object) -> str:
    """The slug that a class stands for, or the slug itself. Raises ``ValidationError``."""
    if isinstance(owner, str):
        return owner
    try:
        slug: str = _object_of(owner)
    except AttributeError:
        slug = ""
    if not slug:
        raise ValidationError(
            f"{show(owner)} stands for no object: give a model, a ListEntry, or a slug."
        )
    return slug
