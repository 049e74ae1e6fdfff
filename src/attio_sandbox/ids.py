"""New ids: random UUIDs, or the same ones each time from a seed."""

from __future__ import annotations

import os
import random
import secrets
import uuid


def random_uuid() -> str:
    """Give a random UUID, version 4, lower-case."""
    # As uuid.uuid4() has them, without the number in between, which takes most of its time.
    text = os.urandom(16).hex()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


class Ids:
    """A source of UUIDs as text; with a `seed` it gives the same ones in the same order."""

    def __init__(self, seed: str | None = None) -> None:
        self._random = None if seed is None else random.Random(seed)

    def new(self) -> str:
        """Give the next UUID, version 4, lower-case."""
        if self._random is None:
            return random_uuid()
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    @staticmethod
    def token() -> str:
        """Give a new access token, always random."""
        # Hex of 64 characters, as Attio's own: it refuses other lengths (facts.md 16).
        return secrets.token_hex(32)
