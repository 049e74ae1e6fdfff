"""The layer of one connection: answers reads from the cache, and outdates what writes change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from time import monotonic
from typing import Any, TypeVar

import msgspec

from attio_orm.cache import belonging
from attio_orm.cache.answers import Seal
from attio_orm.cache.belonging import Belonging, Described, Objects
from attio_orm.cache.cache import Cache
from attio_orm.effects import Operation, call
from attio_orm.errors import RateLimitError, ServerError, TransportError
from attio_orm.transport.caching import Caching, wanted
from attio_orm.transport.exchange import Exchange, Handler
from attio_orm.transport.sharing import note_asked
from attio_orm.transport.tokens import Token

T = TypeVar("T")


class CacheLayer:
    """A ``Cache`` in front of the workspace at ``base``; ``objects`` gives what is known of it."""

    def __init__(self, cache: Cache, objects: Callable[[], Objects], base: str) -> None:
        self.cache = cache
        self._objects = objects
        self._base = base
        self._sealed: tuple[Token | None, Seal] | None = None
        self._hashes: dict[str, tuple[Described, bytes]] = {}

    def handle(self, exchange: Exchange, send: Handler) -> Operation[Any]:
        """The answer, kept or from Attio."""
        if exchange.request.purpose == "write":
            names = belonging.of_write(exchange, self._objects())
            return (yield from self._written(exchange, send, names) if names else send(exchange))
        how = wanted.get()
        if isinstance(how, Caching):
            place = belonging.of_read(exchange, self._objects())
            if place is not None:
                return (yield from self._read(exchange, send, place, how))
        return (yield from send(exchange))

    # -- reads ------------------------------------------------------------------------------------

    def _read(
        self, exchange: Exchange, send: Handler, place: Belonging, how: Caching
    ) -> Operation[Any]:
        cache = self.cache
        ttl = cache.ttl_of(place.place) if how.ttl is None else how.ttl
        if ttl <= 0:
            return (yield from send(exchange))
        seal, token = self._seal(exchange.token), exchange.token
        looked = yield from self._done(
            partial(cache.look, place.names, partial(self._key, seal, exchange, place))
        )
        kept = None if looked is None else self._opened(seal, looked)
        # how old it is by the backend's clock: how long it was to last, less what is left of that
        age = float("inf") if kept is None else max(0.0, kept[1] - kept[2])
        if kept is not None and age < ttl and not how.renew:
            try:
                result = exchange.request.decode(kept[0])
            except (msgspec.DecodeError, ValueError):
                kept = None  # not what this request asks for
            else:
                note_asked(result, monotonic() - age)
                self._note(exchange, place, hit=True)
                return result
        if looked is not None and looked[1] is not None and kept is None:
            yield from self._done(partial(cache.drop, looked[0]))
        self._note(exchange, place, hit=False)
        try:
            result = yield from send(exchange)
        except (TransportError, ServerError, RateLimitError):
            if kept is None or age >= ttl + how.stale_if_error:
                raise
            result = exchange.request.decode(kept[0])
            note_asked(result, monotonic() - age)
            return result
        response = exchange.response  # none where another's answer was shared
        # asked for with a token that has changed since, it may be of another workspace
        if looked is not None and response is not None and exchange.token == token:
            key, lasts = looked[0], ttl + how.stale_if_error
            value = seal.pack(key, response.body, lasts)
            yield from self._done(partial(cache.keep, key, value, lasts))
        return result

    def _opened(
        self, seal: Seal, looked: tuple[str, tuple[bytes, float] | None]
    ) -> tuple[bytes, float, float] | None:
        """The body that is kept, how long it was to last, and how long it still does."""
        key, found = looked
        opened = None if found is None else seal.unpack(key, found[0])
        return None if opened is None or found is None else (*opened, found[1])

    def _key(
        self, seal: Seal, exchange: Exchange, place: Belonging, generations: Sequence[str]
    ) -> str:
        return seal.key(
            exchange.request.method.encode(),
            exchange.target.encode(),
            place.body,
            self._hash(place.place),
            *(each.encode() for each in generations),
        )

    def _seal(self, token: Token | None) -> Seal:
        known = self._sealed
        if known is None or known[0] != token:
            known = self._sealed = token, Seal(self._base, "" if token is None else token.header)
        return known[1]

    def _hash(self, place: str) -> bytes:
        """A hash of what the object looks like: what is kept of another one is not read as this."""
        known = self._objects().get(place)
        if known is None:
            return b""
        made = self._hashes.get(place)
        if made is None or made[0] is not known:
            made = self._hashes[place] = known, blake2b(repr(known).encode()).digest()
        return made[1]

    def _note(self, exchange: Exchange, place: Belonging, *, hit: bool) -> None:
        self.cache.note(place.place, exchange.target, place.body, place.query, hit=hit)

    # -- writes -----------------------------------------------------------------------------------

    def _written(self, exchange: Exchange, send: Handler, names: frozenset[str]) -> Operation[Any]:
        """The write, its names outdated before it is sent and when it has ended, however it ended.

        What was read in between may be of before it, and is kept under a generation that is over.
        """
        outdate = partial(self.cache.outdate, names)
        yield from self._done(outdate)
        try:
            result = yield from send(exchange)
            yield from self._done(outdate)
        except Exception:
            yield from self._done(outdate)
            raise
        except BaseException:
            outdate()  # cancelled, or closed: nothing can be waited for any more
            raise
        return result

    def _done(self, work: Callable[[], T]) -> Operation[T]:
        """Do it here, or in a thread where it may wait and an event loop would have to."""
        if not self.cache.backend.waits:
            return work()

        async def in_thread() -> T:
            from asyncio import to_thread  # only async code needs it

            return await to_thread(work)

        return (yield from call(work, in_thread))
