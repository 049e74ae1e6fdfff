"""The list that an attribute of several values reads as: it belongs to its instance."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attio_orm.errors import NotLoadedError, ReadOnlyAttributeError
from attio_orm.values import ValueList, codec_for

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model

_new: Any = list.__new__
_extend = list[Any].extend


class AttributeList(ValueList[Any, Any]):
    """An instance's list: checks what comes in, and tells the instance of its changes."""

    __slots__ = ("_attribute", "_is_own", "_owner")

    def __init__(self, items: Iterable[Any], instance: Model, attribute: AnyAttribute) -> None:
        self._attribute = attribute
        self._owner = instance._state.ref or weakref.ref(instance)
        self._is_own = False
        super().__init__(items)

    @classmethod
    def of_read(
        cls, items: Iterable[Any], instance: Model, attribute: AnyAttribute
    ) -> AttributeList:
        """A list of what a record was read with: the same, made without calling ``__init__``."""
        made: AttributeList = _new(cls)
        _extend(made, items)
        made._keys = None
        made._attribute = attribute
        made._owner = instance._state.ref or weakref.ref(instance)
        made._is_own = False
        if len(made) > 1:
            made._drop_repeats()
        return made

    @property
    def _key(self) -> Callable[[Any], Hashable]:
        return key_of(self._attribute)

    def _coerce(self, value: Any) -> Any:
        live, attribute = self._owner(), self._attribute
        if live is None:
            return value
        from attio_orm.models import writing

        spec = writing.spec_of(live, attribute)
        if not spec.is_writable or not attribute.is_writable:
            raise ReadOnlyAttributeError(
                f"{type(live).__name__}.{attribute.name} is computed by Attio: it is read-only."
            )
        return writing._one(live, attribute, value, spec)

    def _on_change(self) -> None:
        live, attribute = self._owner(), self._attribute
        if live is None or self._is_own:
            return
        if live.__dict__.get(attribute.key) is not self:
            raise NotLoadedError(
                f"This list was read before {live!r} was loaded anew, and is no longer its "
                f"{attribute.name}: read {attribute.name} again, and change what that gives."
            )
        from attio_orm.models import writing

        writing.touch(live, attribute)

    def let_go(self) -> None:
        """Be a list of its own from now on, whose changes nobody is told of."""
        self._is_own = True


def key_of(attribute: AnyAttribute) -> Callable[[Any], Hashable]:
    """What tells two values of an attribute apart."""
    if attribute.type != "record-reference":
        return _key_of(attribute.type)
    from attio_orm.models.relations import identify

    return identify


@lru_cache(maxsize=256)
def _key_of(kind: str) -> Callable[[Any], Hashable]:
    key: Callable[[Any], Hashable] = codec_for(kind).key

    def identify(value: Any) -> Any:
        try:
            return key(value)
        except (TypeError, AttributeError):  # it was read in another type than the attribute's
            return type(value), repr(value)

    return identify
