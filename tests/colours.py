"""Sync and async by one name: `await colour.call(person, "save")` calls `save` or `asave`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Colour:
    """One of the two ways to call what has an ``a``-twin."""

    name: Literal["sync", "async"]

    @property
    def is_async(self) -> bool:
        """Whether this is the way of the ``a``-methods."""
        return self.name == "async"

    async def call(self, owner: Any, method: str, /, *args: Any, **kwargs: Any) -> Any:
        """What ``owner.method(...)`` gives, or ``await owner.amethod(...)``."""
        if self.is_async:
            return await getattr(owner, f"a{method}")(*args, **kwargs)
        return getattr(owner, method)(*args, **kwargs)

    async def items(self, source: Any) -> list[Any]:
        """What a loop over ``source`` gives."""
        if self.is_async:
            return [each async for each in source]
        return list(source)


COLOURS = (Colour("sync"), Colour("async"))
