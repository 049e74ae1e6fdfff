"""Sync and async by one name: `await colour.call(person, "save")` calls `save` or `asave`.

A test of an operation takes `drive` instead, which carries it out by `run` or `arun`.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from attio_orm import BlockingCallWarning
from attio_orm.effects import Operation, arun, run

Drive = Callable[[Operation[Any]], Any]


@contextmanager
def _sync_on_purpose() -> Iterator[None]:
    """The sync colour of an async test stops its loop, and nobody else waits for that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BlockingCallWarning)
        yield


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
        with _sync_on_purpose():
            return getattr(owner, method)(*args, **kwargs)

    async def items(self, source: Any) -> list[Any]:
        """What a loop over ``source`` gives."""
        if self.is_async:
            return [each async for each in source]
        with _sync_on_purpose():
            return list(source)


COLOURS = (Colour("sync"), Colour("async"))
DRIVES: dict[str, Drive] = {"sync": run, "async": lambda operation: asyncio.run(arun(operation))}
