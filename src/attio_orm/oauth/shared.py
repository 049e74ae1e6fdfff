"""``RedisTokens``: sealed tokens in Redis, for all processes of an app."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from attio_orm.errors import ConnectionFailedError, ValidationError
from attio_orm.oauth.stores import Keys, Sealer, TokenStore, checked_name, checked_token
from attio_orm.oauth.tokens import OAuthToken
from attio_orm.transport.tokens import ApiKey, HiddenKey
from attio_orm.wording import show

T = TypeVar("T")


class RedisTokens(TokenStore):
    """Tokens in Redis, each sealed with ``key`` under ``prefix`` and its name.

    ``url`` is like ``redis://:password@cache.example.com:6379/0``; ``key`` is one of
    ``cryptography.fernet.Fernet.generate_key()``, or several, the newest first. Other keys of the
    same Redis are left alone. Raises ``ValidationError``; ``ConnectionFailedError`` where Redis
    cannot be used. Needs ``attio-orm[oauth,redis]``.
    """

    def __init__(self, url: str, key: Keys, *, prefix: str = "attio-orm:tokens:") -> None:
        keys, address = HiddenKey(cast("ApiKey", key)), HiddenKey(url)
        del key, url  # tools print the variables of each frame; an address may hold a password
        self._sealer = Sealer(keys)
        self._prefix = prefix
        try:
            from redis import Redis
            from redis.exceptions import RedisError
        except ImportError as error:
            raise ImportError('RedisTokens needs redis: pip install "attio-orm[redis]"') from error
        self._failures = RedisError
        made: Any = None
        with suppress(ValueError, RedisError):  # told below: its frames hold the address
            made = cast("Any", Redis).from_url(
                str(address.given), socket_timeout=5.0, socket_connect_timeout=5.0
            )
        if made is None:
            raise ValidationError("url is not the address of a Redis, like redis://localhost:6379.")
        self._redis = made

    def get(self, name: str, /) -> OAuthToken | None:
        """The token of a name, ``None`` if there is none. Raises ``ValidationError``."""
        place = self._prefix + checked_name(name)
        sealed = self._answer(name, lambda: self._redis.get(place))
        return None if sealed is None else self._sealer.open(name, sealed)

    def put(self, name: str, token: OAuthToken, /) -> None:
        """Keep a token, in place of the one that was there."""
        sealed = self._sealer.seal(checked_name(name), checked_token(token))
        self._answer(name, lambda: self._redis.set(self._prefix + name, sealed))

    def delete(self, name: str, /) -> None:
        """Forget a token; nothing happens if there is none."""
        place = self._prefix + checked_name(name)
        self._answer(name, lambda: self._redis.delete(place))

    def close(self) -> None:
        """Close the connections to Redis; they are opened again when they are needed."""
        self._redis.close()

    def _answer(self, name: str, ask: Callable[[], T]) -> T:
        failure = None
        try:
            return ask()
        except self._failures as error:
            failure = f"{type(error).__name__}: {error}"
        if failure.startswith("ResponseError: WRONGTYPE"):
            raise ValidationError(
                f"What Redis has for {show(self._prefix + name)} is not a token: somebody else "
                "wrote it. Give another prefix."
            )
        raise ConnectionFailedError(f"The token store in Redis cannot be used: {failure}")

    def __repr__(self) -> str:
        return f"RedisTokens(prefix={self._prefix!r})"
