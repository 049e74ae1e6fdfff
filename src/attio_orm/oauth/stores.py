"""Token stores: what each of them has, the one in memory, and how others seal what they keep."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeAlias

import msgspec
from msgspec import Struct

from attio_orm.errors import NotConnectedError, ValidationError
from attio_orm.oauth.identity import answer_of, identity_of
from attio_orm.oauth.tokens import OAuthToken
from attio_orm.transport.tokens import HIDDEN, HiddenKey
from attio_orm.wording import show

Keys: TypeAlias = str | bytes | Sequence[str | bytes]
"""A key of ``cryptography.fernet.Fernet.generate_key()``; of several, the first one seals."""


class TokenProvider:
    """Gives the token that a store has under a name, each time it is asked: for ``connect()``."""

    def __init__(self, store: TokenStore, name: str) -> None:
        self._store = store
        self._name = name

    def __call__(self) -> str:
        """The token. Raises ``NotConnectedError`` where the store has none."""
        token = self._store.get(self._name)
        if token is None:
            raise NotConnectedError(
                f"The token store has no token for {show(self._name)}: have the member authorize "
                "the app, and put() the token there."
            )
        return token.access_token

    async def acall(self) -> str:
        """The twin, which does not stop the event loop: stores read files and sockets."""
        if isinstance(self._store, MemoryTokens):
            return self()
        import asyncio  # sync programs never import it

        return await asyncio.to_thread(self)

    def __repr__(self) -> str:
        return f"TokenProvider({self._store!r}, {self._name!r})"


class TokenStore(Protocol):
    """Where tokens are kept, each under a name of yours: a user, or a workspace.

    Derive from it for a store of your own, and it has ``provider()``.
    """

    def get(self, name: str, /) -> OAuthToken | None:
        """The token of a name, ``None`` if there is none."""
        ...

    def put(self, name: str, token: OAuthToken, /) -> None:
        """Keep a token, in place of the one that was there."""
        ...

    def delete(self, name: str, /) -> None:
        """Forget a token; nothing happens if there is none."""
        ...

    def provider(self, name: str) -> TokenProvider:
        """What ``connect(api_key=...)`` asks for the token, for each request.

        So a token replaced in the store is used immediately; after a 401 it is asked once more.
        """
        return TokenProvider(self, name)


class MemoryTokens(TokenStore):
    """Tokens in this process, gone when it ends; safe to share between threads."""

    def __init__(self) -> None:
        self._tokens: dict[str, OAuthToken] = {}

    def get(self, name: str, /) -> OAuthToken | None:
        """The token of a name, ``None`` if there is none."""
        return self._tokens.get(name)

    def put(self, name: str, token: OAuthToken, /) -> None:
        """Keep a token, in place of the one that was there."""
        self._tokens[checked_name(name)] = checked_token(token)

    def delete(self, name: str, /) -> None:
        """Forget a token; nothing happens if there is none."""
        self._tokens.pop(name, None)

    def __repr__(self) -> str:
        return f"MemoryTokens({len(self._tokens)} tokens)"


class _Kept(Struct, omit_defaults=True):
    """A token as it is sealed, together with its name: nobody can put it under another one."""

    name: str
    access_token: str
    token_type: str
    url: str
    identity: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"_Kept({self.name!r}, {HIDDEN})"


class Sealer:
    """Encrypts tokens with Fernet (AES-128-CBC and HMAC-SHA256). Its repr shows no key."""

    def __init__(self, keys: HiddenKey) -> None:
        """Raises ``ValidationError`` for a bad key, ``ImportError`` without the extra."""
        try:
            from cryptography.fernet import Fernet, MultiFernet
        except ImportError as error:
            raise ImportError(
                'Sealed token stores need cryptography: pip install "attio-orm[oauth]"'
            ) from error
        made = None
        with suppress(ValueError, TypeError):  # told below: its frames hold the key
            made = MultiFernet([Fernet(key) for key in _each(keys)])
        if made is None:
            raise ValidationError(
                "key is not a key of a token store: make one with "
                "cryptography.fernet.Fernet.generate_key(), and keep it apart from the store. "
                "Several, the newest first, let you replace one."
            )
        self._fernet = made

    def seal(self, name: str, token: OAuthToken) -> bytes:
        """The token as it may be written down."""
        identity = token.identity
        kept = _Kept(
            name, token.access_token, token.token_type, token.url,
            None if identity is None else answer_of(identity),
        )  # fmt: skip
        return self._fernet.encrypt(msgspec.json.encode(kept))

    def open(self, name: str, sealed: bytes) -> OAuthToken:
        """The token again. Raises ``ValidationError`` for what none of the keys has sealed."""
        from cryptography.fernet import InvalidToken

        kept = None
        with suppress(InvalidToken, msgspec.DecodeError, TypeError):
            kept = msgspec.json.decode(self._fernet.decrypt(sealed), type=_Kept)
        if kept is None or kept.name != name:
            raise ValidationError(
                f"What the token store has for {show(name)} cannot be opened: it was sealed with "
                "another key, or somebody else wrote it. Give all keys that are in use, the newest "
                "first; or delete() it, and have the member authorize the app again."
            )
        identity = None if kept.identity is None else identity_of(kept.identity)
        return OAuthToken(kept.access_token, kept.token_type, url=kept.url, identity=identity)

    def __repr__(self) -> str:
        return f"Sealer({HIDDEN})"


def _each(keys: HiddenKey) -> list[str | bytes]:
    given: Any = keys.given
    found = [given] if isinstance(given, str | bytes) else list(given)
    if not found:
        raise ValueError("no key")
    return found


def checked_name(name: object) -> str:
    """The name of a token. Raises ``ValidationError``."""
    if not isinstance(name, str) or not name:
        raise ValidationError(f"The name of a token is a text that is not empty, not {show(name)}.")
    return name


def checked_token(token: object) -> OAuthToken:
    """A token. Raises ``ValidationError``, which does not show it."""
    if not isinstance(token, OAuthToken):
        kind = type(token).__name__
        del token
        raise ValidationError(f"A token store keeps OAuthToken objects, not a {kind}.")
    return token
