"""New ids: random UUIDs, or the same ones each time from a seed."""

from __future__ import annotations

import random
import secrets
import uuid


class Ids:
    """A source of UUIDs as text; with a `seed` it gives the same ones in the same order."""

    def __init__(self, seed: str | None = None) -> None:
        self._random = None if seed is None else random.Random(seed)

    def new(self) -> str:
        """Give the next UUID, version 4, lower-case."""
        if self._random is None:
            return str(uuid.uuid4())
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    @staticmethod
    def token() -> str:
        """Give a new access token, always random."""
        # Hex of 64 characters, as Attio's own: it refuses other lengths (facts.md 16).
        return secrets.token_hex(32)
