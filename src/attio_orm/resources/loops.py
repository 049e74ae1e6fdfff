"""What is read whole and looped over: the notes of a record, the comments of a thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

from attio_orm.effects import Operation, arun, async_twin, run, sync_method
from attio_orm.resources.base import BaseResource

R = TypeVar("R", bound=BaseResource)


class Loop(Generic[R]):
    """For ``for`` and ``async for`` over what ``_all()`` reads."""

    __slots__ = ()

    def _all(self) -> Operation[list[R]]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[R]:
        return iter(run(self._all(), "Iterating", "async for"))

    async def __aiter__(self) -> AsyncIterator[R]:
        for each in await arun(self._all()):
            yield each


class Collection(Loop[R]):
    """The resources of one thing, which are few enough to be read whole."""

    __slots__ = ()

    @sync_method
    def all(self) -> Operation[list[R]]:
        """All of them, as a list. Raises ``DoesNotExist`` where what they belong to is gone."""
        return self._all()

    aall = async_twin(all)

    @sync_method
    def count(self) -> Operation[int]:
        """How many there are: they are read, as Attio has no count."""
        return len((yield from self._all()))

    acount = async_twin(count)
