"""Equal by class and id: what records, entries and resources have in common."""

from __future__ import annotations

from typing import Any


class EqualById:
    """Two of one class and id are equal, wherever they came from; two unsaved ones never are."""

    __slots__ = ()

    _state: Any  # which has the ``id``; each room has a class of its own for it

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or not isinstance(other, EqualById):
            return NotImplemented
        mine = self._state.id
        return mine is not None and bool(mine == other._state.id)

    def __hash__(self) -> int:
        if self._state.id is None:
            raise TypeError(
                f"An unsaved {type(self).__name__} has no id and no hash yet: save it first."
            )
        return hash((type(self), self._state.id))
