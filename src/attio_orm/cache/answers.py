"""An answer as it is kept: its bytes, how long it lasts, and a seal that only the token makes."""

from __future__ import annotations

import struct
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

_MARK: Final = b"attio-orm 1\n"  # another version of what is kept has another mark
_SEAL: Final = 16
_HEAD: Final = len(_MARK) + _SEAL + 8


class Seal:
    """What hides and proves what is kept for one access token, on one address."""

    def __init__(self, base: str, token: str) -> None:
        # Derived twice, so that a key, which everybody may read, tells nothing of what seals.
        secret = blake2b(token.encode(), person=b"attio-orm").digest()
        self._whose = blake2b(base.encode(), key=secret, person=b"keys").digest()
        self._secret = blake2b(base.encode(), key=secret, person=b"seals").digest()

    def key(self, *parts: bytes) -> str:
        """The key of these parts, for nobody but this token and address."""
        digest = blake2b(key=self._whose, digest_size=20)
        for part in parts:  # each with its length, so that no two lists of parts are one text
            digest.update(len(part).to_bytes(8))
            digest.update(part)
        return digest.hexdigest()

    def pack(self, key: str, body: bytes, lasts: float) -> bytes:
        """An answer as it is kept, for ``lasts`` seconds."""
        seconds = struct.pack("<d", lasts)
        return b"".join((_MARK, self._seal(key, seconds, body), seconds, body))

    def unpack(self, key: str, kept: bytes) -> tuple[bytes, float] | None:
        """The answer and how long it was to last; ``None`` for what was not packed for this key."""
        if len(kept) < _HEAD or not kept.startswith(_MARK):
            return None
        seal = kept[len(_MARK) : len(_MARK) + _SEAL]
        seconds, body = kept[_HEAD - 8 : _HEAD], kept[_HEAD:]
        if not compare_digest(seal, self._seal(key, seconds, body)):
            return None
        (lasts,) = struct.unpack("<d", seconds)
        return body, lasts

    def _seal(self, key: str, seconds: bytes, body: bytes) -> bytes:
        digest = blake2b(key=self._secret, digest_size=_SEAL)
        digest.update(key.encode())
        digest.update(seconds)
        digest.update(body)
        return digest.digest()

    def __repr__(self) -> str:
        return "<seal>"
