"""Waits that keep no thread busy and end early where the server stops."""

from __future__ import annotations

import asyncio


class Delays:
    """The waits of one application."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._is_over = False

    async def wait(self, seconds: float) -> None:
        """Wait `seconds`, or until `end()`; after that not at all."""
        if self._is_over:
            return
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(ended)
        try:
            await asyncio.wait([ended], timeout=seconds)
        finally:
            self._waiting.discard(ended)

    def end(self) -> None:
        """End all waits; call it in their event loop."""
        self._is_over = True
        for ended in self._waiting:
            ended.set_result(None)
        self._waiting.clear()
