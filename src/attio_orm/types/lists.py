"""The list that an attribute with several values reads as."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, Generic, SupportsIndex, TypeVar

from attio_orm.types.pydantic_hooks import schemas

T = TypeVar("T")
W = TypeVar("W")


def _same(value: object) -> Hashable:
    return value


def without_repeats(items: Iterable[T], key: Callable[[T], Hashable]) -> list[T]:
    """The items in their order, and of those with one key the first."""
    found: dict[Hashable, T] = {}
    for item in items:
        found.setdefault(key(item), item)
    return list(found.values())


class TrackedList(list[T], Generic[T]):
    """A list without repeats that notices its own changes.

    Subclasses say what comes in (``_coerce``), what tells two items apart (``_key``: of items with
    one key the first stays) and what follows a change (``_on_change``: called after each change of
    what the list holds or of its order, and never where nothing changed; where it raises, the
    change is taken back). The first ``items`` are taken as they are. A copy or a pickle is a list
    of this class itself, which takes anything and tells nobody.
    """

    __slots__ = ("_keys",)

    def __init__(self, items: Iterable[T] = ()) -> None:
        super().__init__(items)
        self._keys: set[Hashable] | None = None
        if len(self) > 1:  # else nothing can repeat, and reading need not make keys
            self._drop_repeats()

    def _drop_repeats(self) -> None:
        if len(set(map(self._key, self))) < len(self):
            super().__setitem__(slice(None), self._without_repeats(self))

    def _coerce(self, value: Any) -> T:
        item: T = value
        return item

    @property
    def _key(self) -> Callable[[T], Hashable]:
        return _same

    def _on_change(self) -> None:
        """Nobody is told."""

    def _without_repeats(self, items: Iterable[T]) -> list[T]:
        return without_repeats(items, self._key)

    def _known(self) -> set[Hashable]:
        """The keys of what is in the list, made at the first change."""
        keys = self._keys
        if keys is None:
            keys = self._keys = {self._key(item) for item in self}
        return keys

    def _replace(self, items: list[T]) -> None:
        """Let the list hold ``items``, in their order."""
        before = list(self)
        if [self._key(item) for item in items] == [self._key(item) for item in before]:
            return
        super().__setitem__(slice(None), items)
        self._keys = None
        try:
            self._on_change()
        except BaseException:  # whoever was told refused it, or was interrupted
            super().__setitem__(slice(None), before)
            self._keys = None
            raise

    def settle(self, items: Iterable[T]) -> None:
        """Hold ``items`` from now on, and tell nobody: they are what the record has."""
        super().__setitem__(slice(None), self._without_repeats(items))
        self._keys = None

    def let_go(self) -> None:
        """Be a list of its own from now on, whose changes nobody is told of."""

    def _find(self, value: object) -> int:
        """Where the value is, by equality or by its key; -1 where it is not."""
        for at, item in enumerate(self):  # as it is first: converting a value takes longer
            if item is value or item == value:
                return at
        try:
            key = self._key(self._coerce(value))
        except Exception:  # what cannot be an item is not in the list
            return -1
        return next((at for at, item in enumerate(self) if self._key(item) == key), -1)

    def __contains__(self, value: object) -> bool:
        return self._find(value) >= 0

    def index(
        self, value: T, start: SupportsIndex = 0, stop: SupportsIndex = 9223372036854775807, /
    ) -> int:
        """Where the value is. Raises ``ValueError`` where it is not in the list (or that part)."""
        at = self._find(value)
        if at < 0 or at not in range(*slice(start, stop).indices(len(self))):
            raise ValueError(f"{value!r} is not in the list")
        return at

    def count(self, value: T, /) -> int:
        """1 where the value is in the list, else 0."""
        return int(value in self)

    def append(self, value: T, /) -> None:
        """Add the value at the end; where it is there already, nothing changes."""
        self.extend((value,))

    def extend(self, values: Iterable[T], /) -> None:
        """Add at the end those of the values that are not there yet."""
        known = self._known()
        added: dict[Hashable, T] = {}
        for value in list(values):  # read first, as they may be those of this very list
            item = self._coerce(value)
            key = self._key(item)
            if key not in known:
                added.setdefault(key, item)
        if not added:
            return
        length = len(self)
        super().extend(added.values())
        known.update(added)
        try:
            self._on_change()
        except BaseException:
            super().__delitem__(slice(length, None))
            known.difference_update(added)
            raise

    def insert(self, index: SupportsIndex, value: T, /) -> None:
        """Add the value before ``index``; where it is in the list already, nothing changes."""
        item = self._coerce(value)
        if self._key(item) not in self._known():
            items = list(self)
            items.insert(index, item)
            self._replace(items)

    def remove(self, value: T, /) -> None:
        """Take the value out. Raises ``ValueError`` where it is not in the list."""
        del self[self.index(value)]

    def pop(self, index: SupportsIndex = -1, /) -> T:
        """Take out the value at ``index``, and give it."""
        items = list(self)
        value = items.pop(index)
        self._replace(items)
        return value

    def clear(self) -> None:
        """Take everything out."""
        self._replace([])

    def sort(self, *, key: Any = None, reverse: bool = False) -> None:
        """Put the values into order."""
        items: list[Any] = list(self)
        items.sort(key=key, reverse=reverse)
        self._replace(items)

    def reverse(self) -> None:
        """Turn the order round."""
        self._replace(self[::-1])

    def __setitem__(self, index: Any, value: Any) -> None:
        items: list[T] = list(self)
        if isinstance(index, slice):
            items[index] = [self._coerce(each) for each in value]
            self._replace(self._without_repeats(items))
            return
        item = self._coerce(value)
        key = self._key(item)
        at: int = index.__index__()
        old = items[at]
        if key in self._known():
            # the two change places, so that ``l[i], l[j] = l[j], l[i]`` loses neither
            items[next(i for i, each in enumerate(items) if self._key(each) == key)] = old
        items[at] = item
        self._replace(items)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        items = list(self)
        del items[index]
        self._replace(items)

    def __iadd__(self, values: Iterable[T], /) -> TrackedList[T]:  # type: ignore[misc,override]
        self.extend(values)
        return self

    def __imul__(self, times: SupportsIndex, /) -> TrackedList[T]:
        if times.__index__() <= 0:  # more of the same is what it holds already
            self.clear()
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: Any) -> Any:
        return schemas().list_schema(cls, source, handler)

    def __reduce__(self) -> tuple[object, ...]:
        return TrackedList, (list(self),)

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return self.__reduce__()


class ValueList(TrackedList[T], Generic[T, W]):
    """The list of an attribute: it reads as ``T``, and takes ``W`` as well (a ``str``, say)."""

    __slots__ = ()

    if TYPE_CHECKING:
        # once more, to say that ``W`` is taken too
        def append(self, value: T | W, /) -> None: ...
        def extend(self, values: Iterable[T | W], /) -> None: ...
        def insert(self, index: SupportsIndex, value: T | W, /) -> None: ...
        def remove(self, value: T | W, /) -> None: ...
        def count(self, value: T | W, /) -> int: ...
        def index(
            self, value: T | W, start: SupportsIndex = 0, stop: SupportsIndex = ..., /
        ) -> int: ...
        def __iadd__(self, values: Iterable[T | W], /) -> ValueList[T, W]: ...  # type: ignore[misc,override]
