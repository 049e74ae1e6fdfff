"""A cache that all processes share which reach one Redis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attio_orm.cache.backends import Usage, new_generation
from attio_orm.errors import ConnectionFailedError, ValidationError

_WAIT = 1.0  # seconds: a read does better without the cache than to wait for it any longer


class RedisCache:
    """Keeps answers in Redis, under keys that begin with ``prefix``; nothing else is touched there.

    Every process with the same Redis and prefix sees the others' writes. How much it holds is for
    Redis' ``maxmemory`` to say, and not for ``Cache(size=...)``. Needs
    ``pip install "attio-orm[redis]"``. Raises ``ImportError`` without, ``ValidationError`` for what
    is not an address of Redis. Sends nothing yet.
    """

    waits = True

    def __init__(self, url: str, prefix: str = "attio-orm") -> None:
        try:
            import redis
        except ImportError as error:
            raise ImportError(
                'RedisCache needs the extra "redis": pip install "attio-orm[redis]".'
            ) from error
        try:
            # the one place of the address, which may hold a password
            client: Any = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
                url, socket_timeout=_WAIT, socket_connect_timeout=_WAIT
            )
        except ValueError:
            del url
            raise ValidationError(
                "RedisCache takes an address such as redis://localhost:6379/0, rediss://... or "
                "unix://..."
            ) from None
        self.size = 0
        self._client = client
        self._prefix = prefix

    def _generation(self, name: str) -> str:
        return f"{self._prefix}:cache:generation:{name}"

    def _answer(self, key: str) -> str:
        return f"{self._prefix}:cache:answer:{key}"

    def generations(self, names: Sequence[str]) -> list[str]:
        """The generation of each name."""
        keys = [self._generation(name) for name in names]
        found: list[bytes | None] = self._client.mget(keys)
        if None in found:
            with self._client.pipeline(transaction=False) as steps:
                for key, known in zip(keys, found, strict=True):
                    if known is None:
                        steps.set(key, new_generation(), nx=True)
                steps.mget(keys)  # of processes that come at once, one is first
                found = steps.execute()[-1]
        known_now = [each.decode("ascii") for each in found if each is not None]
        if len(known_now) < len(names):  # it had to make room at once
            raise ConnectionFailedError("Redis lost what it was told a moment ago.")
        return known_now

    def outdate(self, names: Sequence[str]) -> None:
        """Give these names another generation."""
        # deleted, and begun anew by who reads next: a Redis that is full still deletes
        self._client.delete(*(self._generation(name) for name in names))

    def get(self, key: str) -> tuple[bytes, float] | None:
        """What was put, and for how many seconds it is kept from now on."""
        with self._client.pipeline(transaction=True) as steps:
            steps.get(self._answer(key))
            steps.pttl(self._answer(key))
            value, left = steps.execute()
        if value is None or left <= 0:  # without an end it was not put here
            return None
        return value, left / 1000

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep it for so long."""
        self._client.set(self._answer(key), value, px=max(1, round(seconds * 1000)))

    def delete(self, key: str) -> None:
        """Forget it."""
        self._client.delete(self._answer(key))

    def usage(self) -> Usage:
        """Nothing: what is under a prefix, Redis tells only who reads all of its keys."""
        return Usage(None)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        self._client.close()

    def __repr__(self) -> str:
        return f"RedisCache(prefix={self._prefix!r})"  # the address may hold a password
